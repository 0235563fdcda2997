import type { Organization } from '#contract/organizations.ts'
import type { NewSite, SiteChange, SiteRemoval, Sites, Site as SiteView } from '#contract/sites.ts'
import { isId } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import { plainHost } from '#domain/host.ts'
import { methods } from '#domain/methods.ts'
import { startingPolicy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import { addOrganization } from '#store/organizations.ts'
import {
  administratorsOf,
  changeSite,
  findSite,
  listSites,
  reinstateSite,
  removeSite,
  type Site,
  type SiteCursor,
  type SiteOrder,
  suspendSite,
} from '#store/sites.ts'
import type { Database } from '#store/tables.ts'
import { authorize, organizationOf } from './organizations.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

export interface SiteFilter {
  readonly search?: string
  readonly order?: SiteOrder
  readonly cursor?: string
  readonly limit?: number
}

/** The client organizations below the provider, with how well each is covered. */
export async function sitesOf(
  rooms: Rooms,
  visit: Visit,
  providerId: string,
  { search, order = 'name', cursor, limit = 50 }: SiteFilter,
): Promise<Sites> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, providerId, 'see-sites')
  const after = cursor === undefined ? undefined : readCursor(order, cursor)
  const { sites, total, countedAt } = await listSites(rooms.store.db, rooms.now(), id, {
    order,
    limit: limit + 1,
    kinds: methods,
    ...(search ? { search } : {}),
    ...(after ? { cursor: after } : {}),
  })
  const page = sites.slice(0, limit)
  const last = page.at(-1)
  return {
    sites: page.map(view),
    total,
    countedAt: countedAt?.toISOString() ?? null,
    nextCursor: sites.length > limit && last ? writeCursor(order, last) : null,
  }
}

/** A new client organization below the provider. Its two-factor authentication is off until it decides. */
export async function createSite(rooms: Rooms, visit: Visit, providerId: string, { name }: NewSite): Promise<Organization> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session, providerId, 'create-sites')
  await requireFreshSession(rooms, visit)
  const now = rooms.now()
  const site = await rooms.store.transaction(async (db) => {
    const provider = await authorize(db, session, providerId, 'create-sites')
    const added = await addOrganization(db, now, plainName(name), provider.id, startingPolicy)
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

/**
 * Renames a site, gives it a host name or takes it away, suspends or reinstates it. A suspended site lets nobody in: sessions
 * that rest on it alone end at once, and its Security Admins are told by mail.
 *
 * @throws {Problem} `forbidden`, `proof-required`, `invalid-host`, `host-taken`, `moved-on` when it is suspended already, or not any more
 */
export async function changeSiteOf(
  rooms: Rooms,
  visit: Visit,
  providerId: string,
  siteId: string,
  { name, host, isSuspended }: SiteChange,
): Promise<Organization> {
  const [newName, newHost] = [name === undefined ? undefined : plainName(name), host == null ? host : requireHost(rooms, host)]
  await changeBelow(rooms, visit, providerId, siteId, async ({ db, now, site }) => {
    const events: Omit<AuditEvent, 'actorId'>[] = []
    if (newName !== undefined && newName !== site.name) {
      await changeSite(db, site.id, { name: newName })
      events.push({ action: 'organization.renamed', detail: { from: site.name, to: newName } })
    }
    if (newHost !== undefined && newHost !== site.host) {
      if (!(await changeSite(db, site.id, { host: newHost }))) throw new Problem('host-taken')
      events.push({ action: 'organization.host-changed', detail: { from: site.host, to: newHost } })
    }
    if (isSuspended === true) {
      const sessions = await suspendSite(db, now, site.id)
      if (sessions === undefined) throw new Problem('moved-on')
      events.push({ action: 'organization.suspended', detail: { sessions } })
    }
    if (isSuspended === false) {
      if (!(await reinstateSite(db, site.id))) throw new Problem('moved-on')
      events.push({ action: 'organization.reinstated' })
    }
    if (isSuspended !== undefined) await tellAdministrators(rooms, visit, db, site, isSuspended ? 'site-suspended' : 'site-reinstated')
    return events
  })
  return organizationOf(rooms, visit, siteId)
}

/**
 * Removes a suspended site: its memberships and open invitations go, and nobody finds it any more. People stay where else they
 * belong; what was written down stays.
 *
 * @throws {Problem} `name-mismatch`, `not-suspended`, `forbidden`, `proof-required`
 */
export async function removeSiteOf(rooms: Rooms, visit: Visit, providerId: string, siteId: string, { name }: SiteRemoval): Promise<void> {
  await changeBelow(rooms, visit, providerId, siteId, async ({ db, now, site }) => {
    if (name.trim() !== site.name) throw new Problem('name-mismatch')
    await tellAdministrators(rooms, visit, db, site, 'site-removed')
    const people = await removeSite(db, now, site.id)
    if (people === undefined) throw new Problem('not-suspended')
    return [{ action: 'organization.removed', detail: { name: site.name, people } }]
  })
}

interface Below {
  readonly db: Database
  readonly now: Date
  readonly site: NonNullable<Awaited<ReturnType<typeof findSite>>>
}

/** One change to one site: the right in the provider, the fresh proof, the lock on the site, the audit. */
async function changeBelow(
  rooms: Rooms,
  visit: Visit,
  providerId: string,
  siteId: string,
  change: (below: Below) => Promise<readonly Omit<AuditEvent, 'actorId'>[]>,
): Promise<void> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, providerId, 'change-sites')
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const provider = await authorize(db, session, providerId, 'change-sites')
    const site = isId(siteId) ? await findSite(db, provider.id, siteId) : undefined
    if (!site) throw new Problem('not-found')
    const events = await change({ db, now, site })
    // What the provider alone may do, also somebody does as the provider who has a role in the site as well.
    const acting = { organizationId: site.id, actorId: session.userId, actsAs: 'provider' as const }
    await note(db, now, visit, ...events.map((event) => ({ ...event, ...acting })))
  })
  rooms.onMessage()
  rooms.onRules?.({ organizationId: siteId })
}

async function tellAdministrators(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  site: { readonly id: string; readonly name: string },
  template: 'site-suspended' | 'site-reinstated' | 'site-removed',
): Promise<void> {
  const now = rooms.now()
  const told = await administratorsOf(db, site.id)
  const messages = told.map((to) => withCircumstances(now, visit, { to, template, values: { organization: site.name } }))
  await enqueue(db, rooms.keys, now, ...messages)
}

function plainName(text: string): string {
  const name = text.trim()
  if (name === '') throw new Problem('malformed', { reason: 'name' })
  return name
}

/** A host name that may be given away: a name, and not the one that the installation itself is reached by. */
function requireHost({ publicUrl }: Rooms, text: string): string {
  const host = plainHost(text)
  if (host === undefined) throw new Problem('invalid-host')
  if (host === new URL(publicUrl).hostname) throw new Problem('host-taken')
  return host
}

function view(site: Site): SiteView {
  return {
    id: site.id,
    name: site.name,
    host: site.host,
    createdAt: site.createdAt.toISOString(),
    suspendedAt: site.suspendedAt?.toISOString() ?? null,
    isAvailable: site.enabled,
    people: { total: site.people, secured: site.secured, missing: site.missing, weakestKind: site.weakestKind },
  }
}

const writeCursor = (order: SiteOrder, { key, name, id }: SiteCursor) =>
  Buffer.from(JSON.stringify([order, key, name, id])).toString('base64url')

function readCursor(order: SiteOrder, text: string): SiteCursor {
  try {
    const [ofOrder, key, name, id] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[]
    const isOurs = ofOrder === order && Number.isInteger(key) && typeof name === 'string' && typeof id === 'string' && isId(id)
    if (isOurs && Math.abs(key as number) < 2 ** 31) return { key: key as number, name, id }
  } catch {
    // Falls through to the answer below: a cursor is ours or it is nothing.
  }
  throw new Problem('malformed', { reason: 'cursor' })
}
