import { type Static, Type } from 'typebox'

/** Whom the requirement covers: everybody decides alone, the chosen ones must, or all must. */
export const Mode = Type.Union([Type.Literal('opt-in'), Type.Literal('chosen'), Type.Literal('everyone')])
export type Mode = Static<typeof Mode>

const version = Type.Integer({ description: 'Send it back with a change; an older one is refused' })

const rules = {
  enabled: Type.Boolean({ description: 'The master switch "Enable 2FA"' }),
  mode: Mode,
  newUsersRequired: Type.Boolean({ description: 'New users start as "Required 2FA"' }),
  methods: Type.Array(Type.String(), { minItems: 1, maxItems: 20, uniqueItems: true, description: 'Kinds that may be used' }),
  defaultMethod: Type.String({ description: '"2FA Communication Method": one of `methods`' }),
  mayChangeMethod: Type.Boolean({ description: '"Allow Users to Change 2FA Communication"' }),
  emailForAdministrators: Type.Boolean({ description: 'Whether `email`, where it is allowed, is so for administrators, too' }),
  passcodeTimeoutMinutes: Type.Integer({ minimum: 1, maximum: 10, description: '"2FA Passcode Timeout", for codes that are sent' }),
  rememberDays: Type.Integer({ minimum: 0, maximum: 365, description: 'How long a device is remembered; 0 is never' }),
  remembers: Type.Union([Type.Literal('everyone'), Type.Literal('users')], {
    description: 'Whom devices are remembered for: all members, or only those with the role user',
  }),
  strictTotp: Type.Boolean({ description: 'The current code of an app, and the one before for ten seconds only' }),
  leastPasswordLength: Type.Union([Type.Integer({ minimum: 8, maximum: 64 }), Type.Null()], {
    description: 'Raises the least length of passwords; null leaves it as it is, and it never lowers it',
  }),
  phishingResistant: Type.Union([Type.Literal('off'), Type.Literal('administrators'), Type.Literal('everyone')], {
    description:
      'Who signs in with a passkey or security key and with nothing weaker, recovery included; `everyone` takes the mode `everyone`',
  }),
  passwordless: Type.Boolean({ description: 'A passkey that has asked for a PIN or a finger is a whole sign-in' }),
}

export const Policy = Type.Object({
  ...rules,
  version,
  availableMethods: Type.Array(Type.String(), { description: 'Kinds that this installation can use, the strongest first' }),
  weakerAccepted: Type.Union([Type.Object({ by: Type.String(), at: Type.String({ format: 'date-time' }) }), Type.Null()], {
    description: 'Who accepted last that methods weaker than an app are allowed; null where none is',
  }),
  people: Type.Object({
    total: Type.Integer(),
    secured: Type.Integer({ description: 'With an authenticator set up' }),
    required: Type.Integer({ description: 'Who must have one, by the stored rules' }),
    missing: Type.Integer({ description: 'Who must have one and has not' }),
  }),
})
export type Policy = Static<typeof Policy>

/** A draft: what is not stored yet. */
export const PolicyDraft = Type.Object(rules, { additionalProperties: false })
export type PolicyDraft = Static<typeof PolicyDraft>

const group = (description: string) =>
  Type.Object(
    { count: Type.Integer(), names: Type.Array(Type.String(), { description: 'Of these people the first 20, by name' }) },
    { description },
  )

/** What a draft would bring about if it were stored now: only what it changes, in view of all organizations of each person. */
export const PolicyPreview = Type.Object({
  mustSetUp: group('People who will set up an authenticator at their next sign-in'),
  mustMove: group('People who have none but of a method that is no longer allowed to them: they set up another at their next sign-in'),
  withoutNumber: group('Of these two, who can only have codes sent to a phone and has no verified number: they are asked for it then'),
  cannotSignIn: group(
    'People who will have to use a passkey and have none: two administrators must give them a pass. People without any authenticator set one up',
  ),
  sessionsEnd: group('Sessions that end at their next request, and whose they are'),
  devicesEnd: group('Remembered devices that are forgotten, and whose they are'),
  noLongerRequired: group('People who may then switch it off'),
})
export type PolicyPreview = Static<typeof PolicyPreview>

export const PolicyChange = Type.Object(
  {
    ...rules,
    version,
    acceptsWeaker: Type.Optional(
      Type.Boolean({ description: 'Must be true where a method is newly allowed that is weaker than an app; who said so is kept' }),
    ),
  },
  { additionalProperties: false },
)
export type PolicyChange = Static<typeof PolicyChange>
