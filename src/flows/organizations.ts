import type { Organization as OrganizationView } from '#contract/organizations.ts'
import { isId } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, may, type Right, rightsOf } from '#domain/roles.ts'
import { findOrganizationFor, type Standing } from '#store/organizations.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'

/**
 * The organization, if whoever has this session may do this there. Somebody with no role in it learns nothing, not even that
 * it exists.
 *
 * @throws {Problem} `not-found` without any role there, `forbidden` with one that does not suffice, `second-step-required` in a
 *   session that was spared it
 */
export async function authorize(db: Database, { userId, device }: OpenSession, organizationId: string, right: Right): Promise<Standing> {
  const organization = isId(organizationId) ? await findOrganizationFor(db, organizationId, userId) : undefined
  if (!organization) throw new Problem('not-found')
  if (!may(organization.role, right, organization.kind)) throw new Problem('forbidden', { right, role: organization.role })
  if (device) throw new Problem('second-step-required')
  return organization
}

export async function organizationOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<OrganizationView> {
  const { userId } = await requireSession(rooms, visit)
  const found = isId(organizationId) ? await findOrganizationFor(rooms.store.db, organizationId, userId) : undefined
  if (!found) throw new Problem('not-found')
  return { ...found, rights: [...rightsOf(found.role, found.kind)], grantableRoles: [...grantableRoles(found.role, found.kind)] }
}
