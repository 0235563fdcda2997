import { type Static, Type } from 'typebox'

const moment = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const leftAlone = Type.Object({
  count: Type.Integer(),
  people: Type.Array(
    Type.Object({
      name: Type.String(),
      reason: Type.Union([Type.Literal('elsewhere'), Type.Literal('above'), Type.Literal('yourself')], {
        description:
          'They also belong to an organization that the one who decides does not administer; they stand above; or it is their own click',
      }),
    }),
    { description: 'The first 20, by name' },
  ),
})

/** What a reset would do if it began now. */
export const ResetPreview = Type.Object({
  people: Type.Object({ count: Type.Integer(), names: Type.Array(Type.String(), { description: 'The first 20, by name' }) }),
  kinds: Type.Array(Type.Object({ kind: Type.String(), people: Type.Integer() }), { description: 'What is taken away, and from how many' }),
  sessions: Type.Integer({ description: 'Sessions that end' }),
  devices: Type.Integer({ description: 'Remembered devices that are forgotten' }),
  mailedPasswords: Type.Integer({
    description: 'Of them, whose password was last set by a mailed link: they need an administrator to set up again',
  }),
  leftAlone,
  without: Type.Integer({ description: 'Members without an authenticator, whom nothing happens to' }),
  isAvailable: Type.Boolean({ description: 'Whether two-factor authentication is on here, so that set-up is asked for again' }),
})
export type ResetPreview = Static<typeof ResetPreview>

const rules = {
  needsApproval: Type.Boolean({ description: 'A second Security Admin must approve a reset' }),
  undoMinutes: Type.Integer({ minimum: 0, maximum: 1440, description: 'How long a reset can be taken back after it has run; 0 is never' }),
}

export const ResetRulesChange = Type.Object(rules, { additionalProperties: false })
export type ResetRulesChange = Static<typeof ResetRulesChange>

export const ResetRules = Type.Object({
  ...rules,
  lapsesAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When the rule of two ends that was switched off; until then it holds',
  }),
  asksForTwo: Type.Boolean({ description: 'Whether a reset needs a second person now' }),
  admins: Type.Integer({ description: 'How many people may reset this organization' }),
})
export type ResetRules = Static<typeof ResetRules>

/** The latest reset of an organization, and how far it is. */
export const OrganizationReset = Type.Object({
  id: Type.String(),
  state: Type.Union([
    Type.Literal('proposed'),
    Type.Literal('withdrawn'),
    Type.Literal('expired'),
    Type.Literal('running'),
    Type.Literal('done'),
    Type.Literal('taking-back'),
    Type.Literal('taken-back'),
    Type.Literal('closed'),
  ]),
  proposedBy: Type.String(),
  proposedAt: Type.String({ format: 'date-time' }),
  expiresAt: moment,
  startedBy: Type.Union([Type.String(), Type.Null()]),
  startedAt: moment,
  undoMinutes: Type.Integer(),
  finishedAt: moment,
  undoUntil: moment,
  endedBy: Type.Union([Type.String(), Type.Null()], { description: 'Who withdrew it or took it back' }),
  endedAt: moment,
  erasedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'When the last of the old secrets was erased' }),
  counts: Type.Object({
    people: Type.Integer({ description: 'Who was to be reset' }),
    done: Type.Integer({ description: 'Who has had their turn' }),
    reset: Type.Integer(),
    nothing: Type.Integer({ description: 'Who had nothing left to reset when it was their turn' }),
    spared: Type.Integer({ description: 'Whose turn never came, because it was taken back' }),
    restored: Type.Integer({ description: 'Who got their authenticators back' }),
    kept: Type.Integer({ description: 'Who had set up anew, and keeps that' }),
    authenticators: Type.Integer(),
    sessions: Type.Integer(),
    devices: Type.Integer(),
  }),
  leftAlone,
  mails: Type.Object({
    waiting: Type.Integer(),
    sent: Type.Integer(),
    failed: Type.Integer(),
    failedFor: Type.Array(Type.String(), { description: 'To whom; the first 20, by name' }),
  }),
  isOwn: Type.Boolean({ description: 'Whether whoever asks has proposed it' }),
  mayApprove: Type.Boolean(),
  mayTakeBack: Type.Boolean(),
})
export type OrganizationReset = Static<typeof OrganizationReset>

export const ResetStanding = Type.Object({
  reset: Type.Union([OrganizationReset, Type.Null()]),
  rules: ResetRules,
})
export type ResetStanding = Static<typeof ResetStanding>

/** The name of the organization, typed by the person who resets it. */
export const ResetOrder = Type.Object({ name: Type.String({ minLength: 1, maxLength: 120 }) }, { additionalProperties: false })
export type ResetOrder = Static<typeof ResetOrder>

export const ResetAnswer = Type.Object(
  {
    answer: Type.Union([Type.Literal('approve'), Type.Literal('withdraw'), Type.Literal('take-back')]),
    resetId: Type.String({ maxLength: 36 }),
  },
  { additionalProperties: false },
)
export type ResetAnswer = Static<typeof ResetAnswer>
