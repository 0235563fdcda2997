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
  Type.Literal('reset-organization'),
  Type.Literal('change-roles'),
  Type.Literal('see-policy'),
  Type.Literal('see-audit'),
  Type.Literal('change-policy'),
  Type.Literal('change-gateways'),
  Type.Literal('change-authanvil'),
  Type.Literal('change-duo'),
  Type.Literal('change-duo-notice'),
  Type.Literal('see-sites'),
  Type.Literal('create-sites'),
  Type.Literal('change-sites'),
])
export type Right = Static<typeof Right>

export const Organization = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('provider'), Type.Literal('site')]),
  host: Type.Union([Type.String(), Type.Null()], { description: 'Host name of its own' }),
  isSuspended: Type.Boolean({ description: 'Nobody signs in through it' }),
  role: Role,
  actsAs: Type.Union([Type.Literal('member'), Type.Literal('provider')], {
    description: 'Where the role comes from: a membership here, or one in the provider above. The audit says the same of every change.',
  }),
  rights: Type.Array(Right, { description: 'What the person who asks may do here' }),
  grantableRoles: Type.Array(Role, { description: 'Roles the person who asks may give to others here' }),
})
export type Organization = Static<typeof Organization>
