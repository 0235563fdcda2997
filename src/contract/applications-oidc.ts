import { Type } from 'typebox'

const address = Type.String({ minLength: 1, maxLength: 500 })

/** What an application of the kind `oidc` is set up with. */
export const OidcSettings = Type.Object(
  {
    kind: Type.Literal('oidc'),
    redirectUris: Type.Array(address, {
      maxItems: 20,
      description: 'Where the browser may be sent back to: https, or http on localhost; compared letter by letter',
    }),
    postLogoutRedirectUris: Type.Array(address, { maxItems: 20, description: 'Where the browser may be sent after it was signed out' }),
    backChannelLogoutUri: Type.Union([address, Type.Null()], { description: 'Is told when a session has ended' }),
    startUri: Type.Union([address, Type.Null()], { description: 'Where people begin to use it' }),
  },
  { additionalProperties: false },
)
