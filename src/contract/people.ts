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
  badge: Badge,
  lastSignInAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  isSelf: Type.Boolean(),
  isShared: Type.Boolean({ description: 'Whether the person also belongs to an organization that the one who asks does not administer' }),
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
  },
  { additionalProperties: false, minProperties: 1 },
)
export type MemberChange = Static<typeof MemberChange>

/** "Enable" makes it required of this person, "Disable" takes the requirement and the authenticators away, "Reset" the authenticators only. */
export const TwoFactorAction = Type.Object(
  { action: Type.Union([Type.Literal('enable'), Type.Literal('disable'), Type.Literal('reset')]) },
  { additionalProperties: false },
)
export type TwoFactorAction = Static<typeof TwoFactorAction>
