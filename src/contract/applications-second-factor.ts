import { Type } from 'typebox'

/** What an application of the kind `second-factor` is set up with. */
export const SecondFactorSettings = Type.Object(
  {
    kind: Type.Literal('second-factor'),
    redirectUris: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
      maxItems: 20,
      description: 'Where the browser may be sent back to: https, or http on localhost; compared letter by letter',
    }),
    opensSetUp: Type.Boolean({
      description:
        'Whether somebody without an authenticator sets up the first one on the word of this portal, without a code by mail before',
    }),
    returnsRefusals: Type.Boolean({ description: 'Whether the portal is told by error=access_denied when somebody cancels' }),
  },
  { additionalProperties: false },
)
