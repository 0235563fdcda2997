/** A role is held per organization. `owner` exists in the provider organization only. */
export type Role = 'owner' | 'security-admin' | 'admin' | 'user'

/** The provider runs the installation; sites are the organizations below it. */
export type Kind = 'provider' | 'site'

export type Right =
  | 'see-users'
  | 'invite-users'
  | 'import-users'
  | 'edit-users'
  | 'suspend-users'
  | 'remove-users'
  | 'unlock-users'
  | 'require-two-factor'
  | 'undo-requirement'
  | 'reset-two-factor'
  | 'reset-organization'
  | 'change-roles'
  | 'see-policy'
  | 'see-audit'
  | 'change-policy'
  | 'change-gateways'
  | 'change-authanvil'
  | 'change-duo'
  | 'change-duo-notice'
  | 'see-sites'
  | 'create-sites'
  | 'change-sites'

const admin = [
  'see-users',
  'invite-users',
  'import-users',
  'edit-users',
  'suspend-users',
  'require-two-factor',
  'reset-two-factor',
  'see-policy',
  'see-audit',
] as const satisfies readonly Right[]
const securityAdmin = [
  ...admin,
  'undo-requirement',
  'remove-users',
  'unlock-users',
  'change-roles',
  'change-policy',
  'change-gateways',
  'change-authanvil',
  'change-duo',
  'reset-organization',
] as const satisfies readonly Right[]

const rights: Readonly<Record<Role, readonly Right[]>> = {
  user: [],
  admin,
  'security-admin': securityAdmin,
  owner: [...securityAdmin, 'see-sites', 'change-duo-notice', 'create-sites', 'change-sites'],
}

/** The order in which a role stands above another. */
const height: Readonly<Record<Role, number>> = { user: 0, admin: 1, 'security-admin': 2, owner: 3 }

/** All that a role may do. Taking a requirement back is for Security Admins alone: `product.md`, "who may undo a requirement". */
export function rightsOf(role: Role, kind: Kind = 'site'): readonly Right[] {
  return kind === 'provider' && role === 'security-admin' ? [...rights[role], 'see-sites', 'change-duo-notice'] : rights[role]
}

export function may(role: Role, right: Right, kind: Kind = 'site'): boolean {
  return rightsOf(role, kind).includes(right)
}

/** Roles that somebody may give to others: none above their own, and `owner` only inside the provider organization. */
export function grantableRoles(role: Role, kind: Kind): readonly Role[] {
  if (role === 'user') return []
  return (['owner', 'security-admin', 'admin', 'user'] as const).filter(
    (one) => height[one] <= height[role] && (one !== 'owner' || kind === 'provider'),
  )
}

/** Whether somebody may change a person who holds `target`: never somebody who stands above. */
export function standsAbove(role: Role, target: Role): boolean {
  return height[role] >= height[target]
}
