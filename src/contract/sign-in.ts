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

/** The code that was sent last. Times are those of the server. */
export const Sent = Type.Object({
  kind: Type.String(),
  to: Type.String({ description: 'Where it went: masked, or whole where it was typed in this sign-in' }),
  at: Type.String({ format: 'date-time' }),
  expiresAt: Type.String({ format: 'date-time', description: 'From then on it is refused, and the next one is another code' }),
  resendAt: Type.String({ format: 'date-time', description: 'From then on the same code is sent again' }),
  delivery: Type.Optional(
    Type.Union([Type.Literal('delivered'), Type.Literal('undelivered')], { description: 'What the gateway has reported, once it has' }),
  ),
  reason: Type.Optional(Type.String({ description: 'Why it was not delivered, as the gateway names it' })),
})
export type Sent = Static<typeof Sent>

/** Of Duo: where the browser is sent, and what became of what was sent to a phone. */
export const DuoView = Type.Object({
  host: Type.String({ description: "Duo's API hostname, where the prompt is" }),
  organization: Type.String({ description: 'Name of the organization whose rules about Duo hold' }),
  isManaged: Type.Optional(Type.Literal(true, { description: "The account is the provider's" })),
  address: Type.Optional(
    Type.String({ description: 'Where to send the browser now; only in the reply to {"open":"duo"}, and good for one return' }),
  ),
  isAway: Type.Optional(
    Type.Literal(true, { description: 'Duo was away when this sign-in asked, so whatever else the person has is taken for now' }),
  ),
  devices: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
      description: 'Phones that a push can be sent to, the one that Duo would choose first; known once one was asked for',
    }),
  ),
  push: Type.Optional(
    Type.Object({
      state: Type.Union([Type.Literal('waiting'), Type.Literal('denied'), Type.Literal('fraud'), Type.Literal('timeout')]),
      device: Type.String({ description: 'Name of the phone' }),
      sentAt: Type.String({ format: 'date-time' }),
      expiresAt: Type.String({ format: 'date-time' }),
      code: Type.Optional(Type.String({ description: 'Digits to type on the phone' })),
    }),
  ),
  activation: Type.Optional(
    Type.Object(
      {
        state: Type.Union([Type.Literal('none'), Type.Literal('waiting'), Type.Literal('expired'), Type.Literal('done')], {
          description: 'Ask for one with {"send":"duo"}; it waits until it was scanned, and then the first push goes out',
        }),
        uri: Type.Optional(Type.String({ description: 'duo:// address, the content of the QR code' })),
        address: Type.Optional(Type.String({ description: 'Opens Duo Mobile on the phone itself' })),
        expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
        administrator: Type.String({ description: 'Who looks after Duo: the name of the provider' }),
        contact: Type.Optional(Type.String({ description: 'Whom to ask about it' })),
      },
      { description: "Setting up Duo in the provider's account" },
    ),
  ),
})
export type DuoView = Static<typeof DuoView>

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
    kinds: Type.Array(Type.String(), {
      description: 'Kinds of authenticator whose code the one field takes, the one that the organization puts first at the front',
    }),
    ways: Type.Array(Type.Object({ kind: Type.String(), to: Type.String({ description: 'Masked' }) }), {
      description: 'Those of the kinds whose code can be sent, and where to',
    }),
    sent: Type.Optional(Sent),
    opens: Type.Optional(
      Type.Literal('set-up', {
        description: 'The authenticators were reset: a temporary passcode by mail opens the set-up and nothing else',
      }),
    ),
    asksPin: Type.Optional(Type.Literal(true, { description: 'Of AuthAnvil: a PIN may be typed beside the passcode' })),
    duo: Type.Optional(DuoView),
    withoutDuo: Type.Optional(
      Type.Array(Type.String(), { description: 'Organizations whose Duo is not for this person, who belongs to several' }),
    ),
    requiredBy: Type.Optional(RequiredBy),
    rememberDays: Type.Optional(
      Type.Integer({ description: 'For how many days this device may be remembered; absent where the rules do not allow it' }),
    ),
  }),
  Type.Object({
    step: Type.Literal('enroll'),
    ...common,
    kind: Type.String({ description: 'The kind that is being set up' }),
    kinds: Type.Array(Type.String(), { description: 'Kinds that may be set up instead; the first is offered first' }),
    key: Type.Optional(Type.String({ description: 'Of an app: Base32 key to type by hand, without spaces' })),
    uri: Type.Optional(Type.String({ description: 'Of an app: otpauth:// address, the content of the QR code' })),
    to: Type.Optional(Type.String({ description: 'Of a kind whose code is sent: where it goes. Without it give a phone number first' })),
    sent: Type.Optional(Sent),
    asksPin: Type.Optional(Type.Literal(true, { description: 'Of AuthAnvil: a PIN may be typed beside the passcode' })),
    duo: Type.Optional(DuoView),
    withoutDuo: Type.Optional(
      Type.Array(Type.String(), { description: 'Organizations whose Duo is not for this person, who belongs to several' }),
    ),
    requiredBy: Type.Optional(RequiredBy),
  }),
  Type.Object({ step: Type.Literal('codes'), ...common, codes: Type.Array(Type.String()) }),
  Type.Object({
    step: Type.Literal('refused'),
    ...common,
    reason: Type.Literal('ask-administrator', { description: 'Nothing that this person has left is enough; an administrator can help' }),
    requiredBy: Type.Optional(RequiredBy),
  }),
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

/**
 * One of: the password (when confirming), the code of any authenticator on offer, the tick under the backup codes, what Duo sent the
 * browser back with; or a wish: to have a code or a push sent, to go to Duo, to hear what became of a push, to set up another kind, to
 * have a code sent to a phone number that is being set up.
 */
export const Answer = Type.Union([
  Type.Object({ password: Type.String({ maxLength: 1024 }) }, { additionalProperties: false }),
  Type.Object(
    {
      code: Type.String({ maxLength: 128 }),
      pin: Type.Optional(Type.String({ maxLength: 32, description: 'Of AuthAnvil: the own PIN, where one is asked for' })),
      label: Type.Optional(Type.String({ maxLength: 60, description: 'Name of the authenticator that is set up' })),
      remember: Type.Optional(
        Type.Boolean({ description: 'Remember this device, so that later sign-ins on it need no code; a wish, which rules may deny' }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ saved: Type.Literal(true) }, { additionalProperties: false }),
  Type.Object(
    {
      send: Type.String({ maxLength: 40, description: 'Kind whose code, or whose push, is to be sent' }),
      device: Type.Optional(Type.String({ maxLength: 64, description: 'Of Duo: the phone that the push goes to' })),
      remember: Type.Optional(Type.Boolean({ description: 'Of Duo: remember this device once the push is approved' })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      open: Type.Literal('duo', { description: 'Go to the prompt of Duo' }),
      remember: Type.Optional(Type.Boolean({ description: 'Remember this device once Duo has let the person in' })),
    },
    { additionalProperties: false },
  ),
  Type.Object({ check: Type.Literal('duo', { description: 'What became of the push' }) }, { additionalProperties: false }),
  Type.Object(
    {
      returned: Type.Object(
        {
          state: Type.String({ maxLength: 1024 }),
          code: Type.Optional(Type.String({ maxLength: 1024 })),
          duo_code: Type.Optional(Type.String({ maxLength: 1024 })),
          error: Type.Optional(Type.String({ maxLength: 256 })),
          error_description: Type.Optional(Type.String({ maxLength: 1024 })),
        },
        { additionalProperties: false, description: 'The query with which Duo sent the browser back' },
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ choose: Type.String({ maxLength: 40, description: 'Kind to set up' }) }, { additionalProperties: false }),
  Type.Object(
    { phone: Type.String({ maxLength: 40, description: 'Number to set up, beginning with the plus and the country code' }) },
    { additionalProperties: false },
  ),
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
