import type { NewSite, Organization as OrganizationView, PolicyChange, Policy as PolicyView } from '#contract/organizations.ts'
import { isId } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, may, type Right, type Role, rightsOf } from '#domain/roles.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import {
  addOrganization,
  changePolicy,
  coverageOf,
  findOrganizationFor,
  findPolicy,
  type Organization,
  securedMembers,
} from '#store/organizations.ts'
import type { Database } from '#store/tables.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/**
 * The organization, if the actor may do this there. Somebody with no role in it learns nothing, not even that it exists.
 *
 * @throws {Problem} `not-found` without any role there, `forbidden` with one that does not suffice
 */
export async function authorize(
  db: Database,
  actorId: string,
  organizationId: string,
  right: Right,
): Promise<Organization & { readonly role: Role }> {
  const organization = isId(organizationId) ? await findOrganizationFor(db, organizationId, actorId) : undefined
  if (!organization) throw new Problem('not-found')
  if (!may(organization.role, right)) throw new Problem('forbidden', { right, role: organization.role })
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
    const provider = await authorize(db, session.userId, providerId, 'create-sites')
    const added = await addOrganization(db, now, name.trim(), provider.id, { enabled: false, mode: 'chosen', newUsersRequired: true })
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

export async function policyOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<PolicyView> {
  const { userId } = await requireSession(rooms, visit)
  await authorize(rooms.store.db, userId, organizationId, 'see-policy')
  return view(rooms.store.db, organizationId)
}

/**
 * Stores what a Security Admin decided. Switching off tells everybody who has an authenticator, because their password alone
 * will open their account.
 *
 * @throws {Problem} `forbidden`, `proof-required`, `moved-on` when somebody else saved in the meantime
 */
export async function changePolicyOf(rooms: Rooms, visit: Visit, organizationId: string, change: PolicyChange): Promise<PolicyView> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session.userId, organizationId, 'change-policy')
  await requireFreshSession(rooms, visit)
  const now = rooms.now()
  const { version, ...policy } = change
  await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session.userId, organizationId, 'change-policy')
    const before = await findPolicy(db, organization.id)
    if (!(await changePolicy(db, organization.id, policy, version))) throw new Problem('moved-on')
    const { version: _version, ...from } = before
    await note(db, now, visit, {
      action: 'policy.changed',
      organizationId: organization.id,
      actorId: session.userId,
      detail: { from, to: policy },
    })
    if (before.enabled && !policy.enabled) {
      const told = await securedMembers(db, organization.id)
      const messages = told.map(({ email }) => ({ to: email, template: 'policy-off', values: { organization: organization.name } }))
      await enqueue(db, rooms.keys, now, ...messages.map((message) => withCircumstances(now, visit, message)))
    }
  })
  rooms.onMessage()
  return view(rooms.store.db, organizationId)
}

async function view(db: Database, organizationId: string): Promise<PolicyView> {
  const [policy, people] = [await findPolicy(db, organizationId), await coverageOf(db, organizationId)]
  return { ...policy, people }
}
