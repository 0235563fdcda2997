import { newId } from '#crypto/random.ts'
import type { Policy } from '#domain/policy.ts'
import type { Kind, Role } from '#domain/roles.ts'
import { addPolicy } from './policy.ts'
import type { Database } from './tables.ts'

export interface Organization {
  readonly id: string
  readonly name: string
  readonly kind: Kind
  readonly host: string | null
  readonly isSuspended: boolean
}

/** An organization as somebody stands in it: with their own role, or with the one their role in the provider above gives. */
export interface Standing extends Organization {
  readonly role: Role
  readonly actsAs: 'member' | 'provider'
}

export async function addOrganization(
  db: Database,
  now: Date,
  name: string,
  parentId: string | null,
  policy: Policy,
): Promise<Organization> {
  const id = newId(now)
  await db.insertInto('organizations').values({ id, parent_id: parentId, name, created_at: now }).execute()
  await addPolicy(db, id, policy)
  return { id, name, kind: parentId === null ? 'provider' : 'site', host: null, isSuspended: false }
}

/** Keeps an organization from being removed until the transaction ends. @returns false when it is removed already */
export async function holdOrganization(db: Database, organizationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('id', '=', organizationId)
    .where('removed_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  return row !== undefined
}

/** Whether anybody has founded this installation yet. */
export async function isFounded(db: Database): Promise<boolean> {
  return (await db.selectFrom('organizations').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** The key file this database belongs to; the first one to ask leaves its own. */
export async function claimKey(db: Database, fingerprint: string, now: Date): Promise<string> {
  await db
    .insertInto('installation')
    .values({ key_fingerprint: fingerprint, created_at: now } as never)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return (await db.selectFrom('installation').select('key_fingerprint').executeTakeFirstOrThrow()).key_fingerprint
}

/** The key file this database belongs to, if it was ever used. */
export async function keyFingerprint(db: Database): Promise<string | undefined> {
  return (await db.selectFrom('installation').select('key_fingerprint').executeTakeFirst())?.key_fingerprint
}

/**
 * An organization together with the role that an actor has there: their own, or what their role in the provider above it
 * gives. One statement, so the role and the organization cannot belong to different moments. Undefined when the actor has
 * neither: the organization might as well not exist. In a suspended one only the provider still has a role.
 */
export async function findOrganizationFor(db: Database, organizationId: string, actorId: string): Promise<Standing | undefined> {
  const row = await db
    .selectFrom('organizations as o')
    .leftJoin('memberships as own', (join) =>
      join
        .onRef('own.organization_id', '=', 'o.id')
        .on('own.user_id', '=', actorId)
        .on('own.joined_at', 'is not', null)
        .on('own.suspended_at', 'is', null)
        .on('o.suspended_at', 'is', null),
    )
    .leftJoin('memberships as above', (join) =>
      join
        .onRef('above.organization_id', '=', 'o.parent_id')
        .on('above.user_id', '=', actorId)
        .on('above.joined_at', 'is not', null)
        .on('above.suspended_at', 'is', null)
        .on('above.role', '<>', 'user'),
    )
    .select(['o.id', 'o.name', 'o.parent_id', 'o.host', 'o.suspended_at', 'own.role as own_role', 'above.role as above_role'])
    .where('o.id', '=', organizationId)
    .where('o.removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const role = strongest(row.own_role, row.above_role === 'owner' ? 'security-admin' : row.above_role)
  return (
    role && {
      id: row.id,
      name: row.name,
      kind: row.parent_id === null ? 'provider' : 'site',
      host: row.host,
      isSuspended: row.suspended_at !== null,
      role,
      actsAs: row.own_role === role ? 'member' : 'provider',
    }
  )
}

const order: readonly (Role | null)[] = ['owner', 'security-admin', 'admin', 'user']
const strongest = (...roles: readonly (Role | null)[]) => order.find((role) => roles.includes(role)) ?? undefined

/** Whether a site, which is not removed, is reached by this host name. */
export async function isHostOfSite(db: Database, host: string): Promise<boolean> {
  const found = db.selectFrom('organizations').select('id').where('host', '=', host).where('removed_at', 'is', null)
  return (await found.executeTakeFirst()) !== undefined
}
