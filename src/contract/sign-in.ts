import { type Static, Type } from 'typebox'
import { Role } from './account.ts'

/**
 * Why somebody is asked to prove who they are. All five travel the same steps; they differ in what `done` brings about.
 *
 * `enter` opens a session; the others start from one: `confirm` makes its proof fresh, `enroll` sets up an authenticator,
 * `backup-codes` draws new ones, `disable` switches the person's second factor off.
 */
export const Intent = Type.Union([
  Type.Literal('enter'),
  Type.Literal('confirm'),
  Type.Literal('enroll'),
  Type.Literal('backup-codes'),
  Type.Literal('disable'),
])
export type Intent = Static<typeof Intent>

/** Which rule asked for a second factor, and whose it is; absent when the person chose it themselves. */
export const RequiredBy = Type.Object({
  organization: Type.String({ description: 'Name of the organization whose rule it is' }),
  rule: Type.Union([Type.Literal('everyone'), Type.Literal('chosen'), Type.Literal('set-up-due')]),
})
export type RequiredBy = Static<typeof RequiredBy>

const common = {
  intent: Intent,
  csrfToken: Type.String({ description: 'Send it back in the header X-CSRF-Token with the next answer' }),
  expiresAt: Type.String({ format: 'date-time' }),
  organization: Type.Optional(Type.String({ description: 'Name of the organization, for somebody who belongs to one only' })),
  organizationId: Type.Optional(Type.String({ description: 'Its id, for its look' })),
  returnTo: Type.String({ description: 'Path of the Console to go to in the end' }),
  language: Type.Optional(Type.String({ description: 'Language (BCP 47) that the person chose for pages and mails' })),
}

/** What the sign-in waits for. Every reply of the sign-in is one of these, on pages as in JSON. */
export const Step = Type.Union([
  Type.Object({
    step: Type.Literal('password'),
    ...common,
    email: Type.Optional(Type.String({ description: 'Fixed when a signed-in person confirms' })),
  }),
  Type.Object({
    step: Type.Literal('answer'),
    ...common,
    kinds: Type.Array(Type.String(), { description: 'Kinds of authenticator whose code the one field takes' }),
    requiredBy: Type.Optional(RequiredBy),
    rememberDays: Type.Optional(
      Type.Integer({ description: 'For how many days this device may be remembered; absent where the rules do not allow it' }),
    ),
  }),
  Type.Object({
    step: Type.Literal('enroll'),
    ...common,
    kind: Type.String(),
    key: Type.String({ description: 'Base32 key to type by hand, without spaces' }),
    uri: Type.String({ description: 'otpauth:// address, the content of the QR code' }),
    requiredBy: Type.Optional(RequiredBy),
  }),
  Type.Object({ step: Type.Literal('codes'), ...common, codes: Type.Array(Type.String()) }),
  Type.Object({ step: Type.Literal('done'), intent: Intent, returnTo: Type.String({ description: 'Path of the Console to go to' }) }),
])
export type Step = Static<typeof Step>

export const PasswordAnswer = Type.Object(
  {
    email: Type.String({ maxLength: 320 }),
    password: Type.String({ maxLength: 1024 }),
    returnTo: Type.Optional(Type.String({ maxLength: 512, description: 'Path of the Console to go to afterwards; / when absent' })),
  },
  { additionalProperties: false },
)
export type PasswordAnswer = Static<typeof PasswordAnswer>

/** One of: the password (when confirming), the code of any authenticator on offer, or the tick under the backup codes. */
export const Answer = Type.Union([
  Type.Object({ password: Type.String({ maxLength: 1024 }) }, { additionalProperties: false }),
  Type.Object(
    {
      code: Type.String({ maxLength: 64 }),
      label: Type.Optional(Type.String({ maxLength: 60, description: 'Name of the authenticator that is set up' })),
      remember: Type.Optional(
        Type.Boolean({ description: 'Remember this device, so that later sign-ins on it need no code; a wish, which rules may deny' }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ saved: Type.Literal(true) }, { additionalProperties: false }),
])
export type Answer = Static<typeof Answer>

/** Who was asked to help somebody back in, as that person may know it. */
export const AskedAdministrators = Type.Object({
  asked: Type.Array(Type.Object({ organization: Type.String(), role: Role }), {
    description: 'Roles and where they are held; empty where nobody may help, so that only the support contact is left',
  }),
  organizationId: Type.Optional(Type.String({ description: 'Id of the organization, for its look, of somebody who belongs to one only' })),
})
export type AskedAdministrators = Static<typeof AskedAdministrators>

export const StartFromSession = Type.Object(
  {
    intent: Type.Union([Type.Literal('confirm'), Type.Literal('enroll'), Type.Literal('backup-codes'), Type.Literal('disable')]),
    returnTo: Type.Optional(Type.String({ maxLength: 512, description: 'Path of the Console to come back to; /settings when absent' })),
  },
  { additionalProperties: false },
)
export type StartFromSession = Static<typeof StartFromSession>
