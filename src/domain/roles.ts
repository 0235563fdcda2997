/** A role is held per organization. `owner` exists in the provider organization only. */
export type Role = 'owner' | 'security-admin' | 'admin' | 'user'

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
  | 'change-roles'
  | 'see-policy'
  | 'see-audit'
  | 'change-policy'
  | 'create-sites'

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
] as const satisfies readonly Right[]

const rights: Readonly<Record<Role, readonly Right[]>> = {
  user: [],
  admin,
  'security-admin': securityAdmin,
  owner: [...securityAdmin, 'create-sites'],
}

/** The order in which a role stands above another. */
const height: Readonly<Record<Role, number>> = { user: 0, admin: 1, 'security-admin': 2, owner: 3 }

/** All that a role may do. Taking a requirement back is for Security Admins alone: `product.md`, "who may undo a requirement". */
export function rightsOf(role: Role): readonly Right[] {
  return rights[role]
}

export function may(role: Role, right: Right): boolean {
  return rights[role].includes(right)
}

/** Roles that somebody may give to others: none above their own, and `owner` only inside the provider organization. */
export function grantableRoles(role: Role, kind: 'provider' | 'site'): readonly Role[] {
  if (role === 'user') return []
  return (['owner', 'security-admin', 'admin', 'user'] as const).filter(
    (one) => height[one] <= height[role] && (one !== 'owner' || kind === 'provider'),
  )
}

/** Whether somebody may change a person who holds `target`: never somebody who stands above. */
export function standsAbove(role: Role, target: Role): boolean {
  return height[role] >= height[target]
}
