import { type Static, Type } from 'typebox'
import { Badge, Role } from './account.ts'

/** What a role may do in an organization; the Console offers exactly these, the flows enforce them. */
export const Right = Type.Union([
  Type.Literal('see-users'),
  Type.Literal('invite-users'),
  Type.Literal('require-two-factor'),
  Type.Literal('undo-requirement'),
  Type.Literal('reset-two-factor'),
  Type.Literal('change-roles'),
  Type.Literal('see-policy'),
  Type.Literal('change-policy'),
  Type.Literal('create-sites'),
])
export type Right = Static<typeof Right>

export const Organization = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('provider'), Type.Literal('site')]),
  role: Role,
  rights: Type.Array(Right, { description: 'What the person who asks may do here' }),
  grantableRoles: Type.Array(Role, { description: 'Roles the person who asks may give to others here' }),
})
export type Organization = Static<typeof Organization>

export const NewSite = Type.Object({ name: Type.String({ minLength: 1, maxLength: 120 }) }, { additionalProperties: false })
export type NewSite = Static<typeof NewSite>

export const Member = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role: Role,
  status: Type.Union([Type.Literal('invited'), Type.Literal('active')]),
  required: Type.Boolean({ description: 'The tick "Required 2FA" of this person in this organization' }),
  isRequired: Type.Boolean({ description: 'Whether the rules as a whole require it from this person' }),
  badge: Badge,
  lastSignInAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  isSelf: Type.Boolean(),
})
export type Member = Static<typeof Member>

export const Members = Type.Object({
  users: Type.Array(Member),
  total: Type.Integer({ description: 'Matches in all, on every page together' }),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Send it as ?cursor= for the next page' }),
})
export type Members = Static<typeof Members>

export const Invitation = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 120 }), email: Type.String({ minLength: 3, maxLength: 320 }), role: Role },
  { additionalProperties: false },
)
export type Invitation = Static<typeof Invitation>

export const MemberChange = Type.Object(
  { role: Type.Optional(Role), required: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
)
export type MemberChange = Static<typeof MemberChange>

/** "Enable" makes it required of this person, "Disable" takes the requirement and the authenticators away, "Reset" the authenticators only. */
export const TwoFactorAction = Type.Object(
  { action: Type.Union([Type.Literal('enable'), Type.Literal('disable'), Type.Literal('reset')]) },
  { additionalProperties: false },
)
export type TwoFactorAction = Static<typeof TwoFactorAction>
