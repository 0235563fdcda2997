import { sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import type { Policy } from '#domain/policy.ts'
import type { Role } from '#domain/roles.ts'
import type { Database } from './tables.ts'

export interface Organization {
  readonly id: string
  readonly name: string
  readonly kind: 'provider' | 'site'
}

export interface StoredPolicy extends Policy {
  readonly version: number
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
  await db
    .insertInto('policies')
    .values({ organization_id: id, enabled: policy.enabled, mode: policy.mode, new_users_required: policy.newUsersRequired, version: 1 })
    .execute()
  return { id, name, kind: parentId === null ? 'provider' : 'site' }
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
 * neither: the organization might as well not exist.
 */
export async function findOrganizationFor(
  db: Database,
  organizationId: string,
  actorId: string,
): Promise<(Organization & { readonly role: Role }) | undefined> {
  const row = await db
    .selectFrom('organizations as o')
    .leftJoin('memberships as own', (join) =>
      join.onRef('own.organization_id', '=', 'o.id').on('own.user_id', '=', actorId).on('own.joined_at', 'is not', null),
    )
    .leftJoin('memberships as above', (join) =>
      join
        .onRef('above.organization_id', '=', 'o.parent_id')
        .on('above.user_id', '=', actorId)
        .on('above.joined_at', 'is not', null)
        .on('above.role', '<>', 'user'),
    )
    .select(['o.id', 'o.name', 'o.parent_id', 'own.role as own_role', 'above.role as above_role'])
    .where('o.id', '=', organizationId)
    .executeTakeFirst()
  if (!row) return undefined
  const role = strongest(row.own_role, row.above_role === 'owner' ? 'security-admin' : row.above_role)
  return role && { id: row.id, name: row.name, kind: row.parent_id === null ? 'provider' : 'site', role }
}

const order: readonly (Role | null)[] = ['owner', 'security-admin', 'admin', 'user']
const strongest = (...roles: readonly (Role | null)[]) => order.find((role) => roles.includes(role)) ?? undefined

export async function findPolicy(db: Database, organizationId: string): Promise<StoredPolicy> {
  const row = await db.selectFrom('policies').selectAll().where('organization_id', '=', organizationId).executeTakeFirstOrThrow()
  return { enabled: row.enabled, mode: row.mode, newUsersRequired: row.new_users_required, version: row.version }
}

/** Stores a policy if it still has the version it was read with. @returns false when somebody was faster */
export async function changePolicy(db: Database, organizationId: string, policy: Policy, from: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('policies')
    .set({ enabled: policy.enabled, mode: policy.mode, new_users_required: policy.newUsersRequired, version: from + 1 })
    .where('organization_id', '=', organizationId)
    .where('version', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface Coverage {
  readonly total: number
  readonly secured: number
  readonly required: number
  readonly missing: number
}

/** How many people an organization has, how many of them have an authenticator, and how many must. */
export async function coverageOf(db: Database, organizationId: string): Promise<Coverage> {
  const { rows } = await sql<Coverage>`
    select count(*)::int as total,
      (count(*) filter (where secured))::int as secured,
      (count(*) filter (where must))::int as required,
      (count(*) filter (where must and not secured))::int as missing
    from (
      select exists (select from authenticators a where a.user_id = m.user_id and a.retired_at is null) as secured,
        p.enabled and (p.mode = 'everyone' or (p.mode = 'chosen' and m.required)) as must
      from memberships m join policies p on p.organization_id = m.organization_id where m.organization_id = ${organizationId}
    ) one`.execute(db)
  return rows[0] ?? { total: 0, secured: 0, required: 0, missing: 0 }
}

/** Addresses of the members who have an authenticator: those whom a switched-off policy concerns. */
export async function securedMembers(
  db: Database,
  organizationId: string,
): Promise<readonly { readonly id: string; readonly email: string }[]> {
  return db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.id', 'u.email'])
    .where('m.organization_id', '=', organizationId)
    .where('m.joined_at', 'is not', null)
    .where((where) =>
      where.exists(
        where.selectFrom('authenticators as a').select('a.id').whereRef('a.user_id', '=', 'u.id').where('a.retired_at', 'is', null),
      ),
    )
    .execute()
}
