import { type Static, Type } from 'typebox'
import { Role } from './account.ts'

/** What a role may do in an organization; the Console offers exactly these, the flows enforce them. */
export const Right = Type.Union([
  Type.Literal('see-users'),
  Type.Literal('invite-users'),
  Type.Literal('import-users'),
  Type.Literal('edit-users'),
  Type.Literal('suspend-users'),
  Type.Literal('remove-users'),
  Type.Literal('unlock-users'),
  Type.Literal('require-two-factor'),
  Type.Literal('undo-requirement'),
  Type.Literal('reset-two-factor'),
  Type.Literal('change-roles'),
  Type.Literal('see-policy'),
  Type.Literal('see-audit'),
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
