import { type Static, Type } from 'typebox'

const nullable = (description: string, longest: number) => Type.Union([Type.String({ maxLength: longest }), Type.Null()], { description })

export const Profile = Type.Object({
  name: Type.String(),
  email: Type.String(),
  pendingEmail: Type.Union([Type.Object({ email: Type.String(), expiresAt: Type.String({ format: 'date-time' }) }), Type.Null()], {
    description: 'The email to change to, until its link is confirmed',
  }),
  phone: Type.Union([Type.Object({ number: Type.String({ description: 'E.164' }), isVerified: Type.Boolean() }), Type.Null()]),
  language: nullable('BCP 47 tag for pages and mails; null: as the browser says', 35),
  languages: Type.Array(Type.Object({ tag: Type.String(), name: Type.String() }), { description: 'What can be chosen' }),
  leastPasswordLength: Type.Integer({ description: 'How long a new password must be at least, by the rules that hold for this person' }),
  passwordLengthRaisedBy: Type.Union([Type.String(), Type.Null()], { description: 'The organization that asks for this length' }),
})
export type Profile = Static<typeof Profile>

export const ProfileChange = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    language: Type.Optional(nullable('One of `languages`; null: as the browser says', 35)),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type ProfileChange = Static<typeof ProfileChange>

export const PhoneChange = Type.Object(
  { phone: nullable('With the plus and the country code; null takes it away', 40) },
  { additionalProperties: false },
)
export type PhoneChange = Static<typeof PhoneChange>

export const EmailChange = Type.Object({ email: Type.String({ maxLength: 320 }) }, { additionalProperties: false })
export type EmailChange = Static<typeof EmailChange>

export const PasswordChange = Type.Object(
  { current: Type.String({ maxLength: 1024 }), password: Type.String({ maxLength: 1024 }) },
  { additionalProperties: false },
)
export type PasswordChange = Static<typeof PasswordChange>
