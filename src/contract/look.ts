import { type Static, Type } from 'typebox'

const Color = Type.String({ pattern: '^#[0-9a-f]{6}$' })
const SupportContact = Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
  description: 'Whom its people ask for help: a mail address, a web address or a phone number',
})

/** How an organization looks to its people, in the Prompt and in mails. */
export const Look = Type.Object({
  version: Type.Integer({ description: 'Sent back with a change, so that nothing is overwritten that nobody has seen' }),
  accent: Type.Union([Color, Type.Null()], { description: 'The color that was chosen' }),
  shown: Type.Union([Type.Object({ light: Color, dark: Color }), Type.Null()], {
    description: 'What is made of it in each scheme, so that white text on it has a contrast of 4.5:1',
  }),
  logo: Type.Union([Type.String(), Type.Null()], { description: 'Address of the image' }),
  supportContact: SupportContact,
})
export type Look = Static<typeof Look>

export const LookChange = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    accent: Type.Union([Color, Type.Null()]),
    supportContact: SupportContact,
    logo: Type.Optional(
      Type.Union([Type.String({ maxLength: 90_000, pattern: '^[A-Za-z0-9+/]+={0,2}$' }), Type.Null()], {
        description: 'A PNG, JPEG or WebP image of at most 64 KB in base64; null takes it away, without it the logo stays',
      }),
    ),
  },
  { additionalProperties: false },
)
export type LookChange = Static<typeof LookChange>
