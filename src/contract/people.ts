import { type Static, Type } from 'typebox'
import { Badge, Role } from './account.ts'

/** Whether a membership counts: not before the invitation is accepted, and not while it is suspended. */
export const Status = Type.Union([Type.Literal('invited'), Type.Literal('active'), Type.Literal('suspended')])
export type Status = Static<typeof Status>

export const Member = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role: Role,
  status: Status,
  required: Type.Boolean({ description: 'The tick "Required 2FA" of this person in this organization' }),
  isRequired: Type.Boolean({ description: 'Whether the rules as a whole require it from this person' }),
  method: Type.Union([Type.String(), Type.Null()], { description: '"Two Factor Type"; null is the default of the organization' }),
  kinds: Type.Array(Type.String(), { description: 'Kinds of authenticator that are set up, backup codes left out' }),
  phone: Type.Union([Type.Object({ number: Type.String({ description: 'E.164' }), isVerified: Type.Boolean() }), Type.Null()], {
    description: 'null also where the person belongs to an organization that the one who asks does not administer',
  }),
  badge: Badge,
  lastSignInAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  oneTimePass: Type.Union(
    [
      Type.Object({
        state: Type.Union([Type.Literal('waiting'), Type.Literal('good'), Type.Literal('expired')], {
          description: '`waiting` for the word of a second administrator',
        }),
        expiresAt: Type.String({ format: 'date-time' }),
        isByYou: Type.Boolean({ description: 'Whether the one who asks has issued it, where it takes two' }),
      }),
      Type.Null(),
    ],
    { description: 'The pass that was issued last and not used; null also a week after it expired' },
  ),
  isSelf: Type.Boolean(),
  isShared: Type.Boolean({ description: 'Whether the person also belongs to an organization that the one who asks does not administer' }),
  isWithoutDuo: Type.Optional(
    Type.Literal(true, {
      description: 'Of one person alone: they belong to several organizations, so that the Duo of this one is not for them',
    }),
  ),
})
export type Member = Static<typeof Member>

export const Members = Type.Object({
  users: Type.Array(Member),
  total: Type.Integer({ description: 'Matches in all, on every page together' }),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Send it as ?cursor= for the next page' }),
})
export type Members = Static<typeof Members>

/** What a list of people is narrowed by; all of it together. */
export const MemberFilter = Type.Object(
  {
    search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name or the address' })),
    status: Type.Optional(Status),
    badge: Type.Optional(Badge),
    role: Type.Optional(Role),
    method: Type.Optional(Type.String({ maxLength: 40, description: 'A kind of authenticator that is set up' })),
    cursor: Type.Optional(Type.String({ maxLength: 1000 })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', description: '1 to 200; 50 when absent' })),
  },
  { additionalProperties: false },
)
export type MemberFilter = Static<typeof MemberFilter>

export const Invitation = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 120 }), email: Type.String({ minLength: 3, maxLength: 320 }), role: Role },
  { additionalProperties: false },
)
export type Invitation = Static<typeof Invitation>

export const MemberChange = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    role: Type.Optional(Role),
    required: Type.Optional(Type.Boolean()),
    method: Type.Optional(Type.Union([Type.String({ maxLength: 40 }), Type.Null()])),
    phone: Type.Optional(
      Type.Union([Type.String({ maxLength: 40 }), Type.Null()], {
        description: 'With the plus and the country code; not verified before the person proves it. null takes it away',
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type MemberChange = Static<typeof MemberChange>

/** "Issue one-time pass": why, and for how many minutes it is good. */
export const OneTimePassRequest = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Why it is needed and how you knew that it is them; kept in the audit',
    }),
    minutes: Type.Integer({ minimum: 15, maximum: 1440 }),
  },
  { additionalProperties: false },
)
export type OneTimePassRequest = Static<typeof OneTimePassRequest>

/** The pass itself is in the person's mail and nowhere else. */
export const OneTimePassIssued = Type.Object({
  expiresAt: Type.String({ format: 'date-time' }),
  spoken: Type.Union([Type.String(), Type.Null()], {
    description: 'The last group of the pass, to be given by voice, where the password was set through a mailed link; shown this once',
  }),
  needsApproval: Type.Boolean({ description: 'The pass counts once another administrator has approved it' }),
})
export type OneTimePassIssued = Static<typeof OneTimePassIssued>

/** "Enable" makes it required of this person, "Disable" takes the requirement and the authenticators away, "Reset" the authenticators only. */
export const TwoFactorAction = Type.Object(
  { action: Type.Union([Type.Literal('enable'), Type.Literal('disable'), Type.Literal('reset')]) },
  { additionalProperties: false },
)
export type TwoFactorAction = Static<typeof TwoFactorAction>

export const BulkAction = Type.Object(
  {
    action: Type.Union([Type.Literal('enable'), Type.Literal('disable'), Type.Literal('invite-again'), Type.Literal('suspend')]),
    users: Type.Array(Type.String({ maxLength: 40 }), { minItems: 1, maxItems: 50, uniqueItems: true }),
  },
  { additionalProperties: false },
)
export type BulkAction = Static<typeof BulkAction>

/** What became of each person, in the order of the request. What could be done is done, whatever was refused beside it. */
export const BulkOutcome = Type.Object({
  results: Type.Array(
    Type.Object({
      userId: Type.String(),
      refused: Type.Union([Type.Object({ code: Type.String(), title: Type.String() }), Type.Null()], {
        description: 'The problem that this person alone would have been answered with; null when it is done',
      }),
    }),
  ),
})
export type BulkOutcome = Static<typeof BulkOutcome>

export const ImportRequest = Type.Object(
  {
    csv: Type.String({ description: 'The file as text; its first line names the columns name, email and role' }),
    isTrial: Type.Boolean({ description: 'Only tells what would happen' }),
  },
  { additionalProperties: false },
)
export type ImportRequest = Static<typeof ImportRequest>

export const LineProblem = Type.Union([
  Type.Literal('invalid-email'),
  Type.Literal('name-missing'),
  Type.Literal('invalid-name'),
  Type.Literal('unknown-role'),
  Type.Literal('role-above-yours'),
  Type.Literal('twice'),
  Type.Literal('already-member'),
  Type.Literal('invited-often'),
])
export type LineProblem = Static<typeof LineProblem>

/** What becomes of each line, or what would in a trial. */
export const ImportReport = Type.Object({
  invited: Type.Integer({ description: 'How many people are invited' }),
  lines: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'Where it stands in the file' }),
      name: Type.String(),
      email: Type.String(),
      role: Role,
      problem: Type.Union([LineProblem, Type.Null()], { description: 'Why this line invites nobody' }),
    }),
  ),
})
export type ImportReport = Static<typeof ImportReport>
