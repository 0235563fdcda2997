import type { NewSite, Organization as OrganizationView } from '#contract/organizations.ts'
import { isId } from '#crypto/random.ts'
import { startingPolicy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, may, type Right, type Role, rightsOf } from '#domain/roles.ts'
import { note } from '#store/audit.ts'
import { addOrganization, findOrganizationFor, type Organization } from '#store/organizations.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/**
 * The organization, if whoever has this session may do this there. Somebody with no role in it learns nothing, not even that
 * it exists.
 *
 * @throws {Problem} `not-found` without any role there, `forbidden` with one that does not suffice, `second-step-required` in a
 *   session that was spared it
 */
export async function authorize(
  db: Database,
  { userId, device }: OpenSession,
  organizationId: string,
  right: Right,
): Promise<Organization & { readonly role: Role }> {
  const organization = isId(organizationId) ? await findOrganizationFor(db, organizationId, userId) : undefined
  if (!organization) throw new Problem('not-found')
  if (!may(organization.role, right)) throw new Problem('forbidden', { right, role: organization.role })
  if (device) throw new Problem('second-step-required')
  return organization
}

export async function organizationOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<OrganizationView> {
  const { userId } = await requireSession(rooms, visit)
  const found = isId(organizationId) ? await findOrganizationFor(rooms.store.db, organizationId, userId) : undefined
  if (!found) throw new Problem('not-found')
  return { ...found, rights: [...rightsOf(found.role)], grantableRoles: [...grantableRoles(found.role, found.kind)] }
}

/** A new client organization below the provider. Its two-factor authentication is off until it decides. */
export async function createSite(rooms: Rooms, visit: Visit, providerId: string, { name }: NewSite): Promise<OrganizationView> {
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  if (name.trim() === '') throw new Problem('malformed', { reason: 'name' })
  const site = await rooms.store.transaction(async (db) => {
    const provider = await authorize(db, session, providerId, 'create-sites')
    const added = await addOrganization(db, now, name.trim(), provider.id, startingPolicy)
    await note(db, now, visit, {
      action: 'organization.site-created',
      organizationId: added.id,
      actorId: session.userId,
      detail: { name: added.name },
    })
    return added
  })
  return organizationOf(rooms, visit, site.id)
}
