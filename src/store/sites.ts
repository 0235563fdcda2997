import { sql } from 'kysely'
import { phishingResistantKinds } from '#domain/assurance.ts'
import type { Database } from './tables.ts'

export type SiteOrder = 'name' | 'people' | 'secured' | 'missing'

export interface Site {
  readonly id: string
  readonly name: string
  readonly host: string | null
  readonly createdAt: Date
  readonly suspendedAt: Date | null
  readonly enabled: boolean
  readonly people: number
  readonly secured: number
  readonly missing: number
  readonly weakestKind: string | null
}

/** Where a page of the list ended: the key of its order, then the name, then the id. */
export interface SiteCursor {
  readonly key: number
  readonly name: string
  readonly id: string
}

export interface SiteQuery {
  readonly search?: string
  readonly order: SiteOrder
  readonly cursor?: SiteCursor
  readonly limit: number
  /** The kinds of authenticator, from the strongest to the weakest. */
  readonly kinds: readonly string[]
}

/** Up to so many memberships in all, the list is counted at each look; above, it shows what was counted last. */
const countedAtEachLook = 20_000

/** Whoever must use a passkey is secured by one and by nothing else, and chosen whatever is ticked. */
const live = (kinds: readonly string[]) => sql`
  select organization_id, count(*)::int as people, (count(*) filter (where is_secured))::int as secured, (count(*) filter (where is_chosen))::int as chosen,
    (count(*) filter (where is_chosen and is_secured))::int as chosen_secured, (${sql.val([...kinds])}::text[])[max(weakest)] as weakest_kind
  from (
    select m.organization_id, a.weakest, case when r.covers then a.is_resistant is true else a.user_id is not null end as is_secured,
      r.covers or (m.required and p.mode <> 'opt-in') as is_chosen
    from memberships m join policies p on p.organization_id = m.organization_id
      cross join lateral (select p.enabled and (p.phishing_resistant = 'everyone' or (p.phishing_resistant = 'administrators' and m.role <> 'user')) as covers) r
      left join (
        select user_id, max(array_position(${sql.val([...kinds])}::text[], kind)) as weakest,
          bool_or(kind = any (${sql.val([...phishingResistantKinds])}::text[])) as is_resistant
        from authenticators where retired_at is null group by user_id
      ) a on a.user_id = m.user_id
  ) member group by organization_id`

/** What each order is by; smaller comes first, and the name decides between equals. */
const keys = {
  name: sql<number>`0`,
  people: sql<number>`-people`,
  secured: sql<number>`case when people = 0 then 10000 else (secured::bigint * 10000 / people)::int end`,
  missing: sql<number>`-missing`,
} satisfies Record<SiteOrder, unknown>

/**
 * A page of the sites below a provider. `countedAt` is null when the figures are of this moment. The first look of an installation counts
 * for the others: how many people there are decides how they are counted, and nobody has told yet.
 */
export async function listSites(
  db: Database,
  now: Date,
  providerId: string,
  { search, order, cursor, limit, kinds }: SiteQuery,
): Promise<{ readonly sites: readonly (Site & SiteCursor)[]; readonly total: number; readonly countedAt: Date | null }> {
  let last = await lastCount(db)
  if (last.countedAt === null) {
    await countCoverage(db, now, kinds)
    last = await lastCount(db)
  }
  const isLive = last.people <= countedAtEachLook
  const like = search ? `%${search.replace(/[\\%_]/g, '\\$&')}%` : undefined
  const matches = like ? sql`and (o.name ilike ${like} or o.host ilike ${like})` : sql``
  const below = sql`o.parent_id = ${providerId} and o.removed_at is null ${matches}`
  const after = cursor ? sql`where (key, lower(name), id) > (${cursor.key}::int, lower(${cursor.name}), ${cursor.id}::uuid)` : sql``
  const { rows } = await sql<Site & SiteCursor>`
    select id, name, host, created_at as "createdAt", suspended_at as "suspendedAt", enabled, people, secured, missing, weakest_kind as "weakestKind", key
    from (
      select *, ${keys[order]} as key from (
        select o.id, o.name, o.host, o.created_at, o.suspended_at, p.enabled, coalesce(c.people, 0) as people, coalesce(c.secured, 0) as secured,
          case when not p.enabled then 0 when p.mode = 'everyone' then coalesce(c.people - c.secured, 0)
            else coalesce(c.chosen - c.chosen_secured, 0) end as missing, c.weakest_kind
        from organizations o join policies p on p.organization_id = o.id
          left join (${isLive ? live(kinds) : sql`select * from coverage`}) c on c.organization_id = o.id
        where ${below}
      ) one
    ) keyed ${after} order by key, lower(name), id limit ${limit}`.execute(db)
  const { rows: counted } = await sql<{ total: number }>`select count(*)::int as total from organizations o where ${below}`.execute(db)
  return { sites: rows, total: counted[0]?.total ?? 0, countedAt: isLive ? null : last.countedAt }
}

async function lastCount(db: Database): Promise<{ readonly people: number; readonly countedAt: Date | null }> {
  const { rows } = await sql<{ people: number; countedAt: Date | null }>`
    select coalesce(sum(people), 0)::int as people, min(counted_at) as "countedAt" from coverage`.execute(db)
  return rows[0] ?? { people: 0, countedAt: null }
}

/** Counts every organization anew, unless another process did a moment ago. */
export async function countCoverage(db: Database, now: Date, kinds: readonly string[]): Promise<void> {
  const recently = new Date(now.getTime() - 60_000)
  // In one order, so that two processes at once wait for each other instead of in a circle.
  await sql`
    insert into coverage (organization_id, people, secured, chosen, chosen_secured, weakest_kind, counted_at)
    select o.id, coalesce(c.people, 0), coalesce(c.secured, 0), coalesce(c.chosen, 0), coalesce(c.chosen_secured, 0), c.weakest_kind, ${now}
    from organizations o left join (${live(kinds)}) c on c.organization_id = o.id
    where o.removed_at is null and not exists (select from coverage where counted_at > ${recently})
    order by o.id
    on conflict (organization_id) do update set people = excluded.people, secured = excluded.secured, chosen = excluded.chosen,
      chosen_secured = excluded.chosen_secured, weakest_kind = excluded.weakest_kind, counted_at = excluded.counted_at`.execute(db)
}

/** A site below this provider, locked against a change by somebody else until the transaction ends. */
export async function findSite(
  db: Database,
  providerId: string,
  siteId: string,
): Promise<{ readonly id: string; readonly name: string; readonly host: string | null; readonly suspendedAt: Date | null } | undefined> {
  return db
    .selectFrom('organizations')
    .select(['id', 'name', 'host', 'suspended_at as suspendedAt'])
    .where('id', '=', siteId)
    .where('parent_id', '=', providerId)
    .where('removed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

/** @returns false when another organization has the host name */
export async function changeSite(
  db: Database,
  siteId: string,
  change: { readonly name?: string; readonly host?: string | null },
): Promise<boolean> {
  try {
    return (await db.updateTable('organizations').set(change).where('id', '=', siteId).executeTakeFirst()).numUpdatedRows === 1n
  } catch (error) {
    // The unique index decides, also between two at the same moment; the transaction is lost either way.
    if (error instanceof Error && 'code' in error && error.code === '23505') return false
    throw error
  }
}

/** Shuts a site, once: ends what only it keeps open. Undefined when it was shut already; else how many sessions ended. */
export async function suspendSite(db: Database, now: Date, siteId: string): Promise<number | undefined> {
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set({ suspended_at: now })
    .where('id', '=', siteId)
    .where('suspended_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return undefined
  const ofNobodyElse = sql`user_id in (select m.user_id from memberships m where m.organization_id = ${siteId} and m.joined_at is not null)
    and not exists (select from memberships other join organizations o on o.id = other.organization_id
      where other.user_id = ended.user_id and other.joined_at is not null and other.suspended_at is null and o.suspended_at is null)`
  await sql`delete from sign_ins ended where ${ofNobodyElse}`.execute(db)
  return Number((await sql`delete from sessions ended where ${ofNobodyElse}`.execute(db)).numAffectedRows ?? 0)
}

/** @returns false when it was open already */
export async function reinstateSite(db: Database, siteId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set({ suspended_at: null })
    .where('id', '=', siteId)
    .where('suspended_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * Removes a suspended site, once: its memberships, its open links, its look, its host name and what it sent through. The name stays for the audit.
 * Undefined when it is not suspended or was removed already; else how many memberships there were.
 */
export async function removeSite(db: Database, now: Date, siteId: string): Promise<number | undefined> {
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set({ removed_at: now, host: null, accent: null, logo: null, logo_hash: null, support_contact: null })
    .where('id', '=', siteId)
    .where('suspended_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return undefined
  // An invitation that is mailed again at this moment holds its membership until its new link is there to be deleted.
  const { numDeletedRows } = await db.deleteFrom('memberships').where('organization_id', '=', siteId).executeTakeFirst()
  await db.deleteFrom('links').where('organization_id', '=', siteId).execute()
  await db.deleteFrom('coverage').where('organization_id', '=', siteId).execute()
  await db.deleteFrom('gateways').where('organization_id', '=', siteId).execute()
  await db.deleteFrom('sending_rules').where('organization_id', '=', siteId).execute()
  return Number(numDeletedRows)
}

/** Who administers a site and hears of what happens to it. */
export async function administratorsOf(db: Database, siteId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select('u.email')
    .where('m.organization_id', '=', siteId)
    .where('m.joined_at', 'is not', null)
    .where('m.role', '=', 'security-admin')
    .execute()
  return rows.map(({ email }) => email)
}

/** A suspended site that somebody belongs to: the reason why their right password opens nothing. */
export async function findSuspendedSite(db: Database, userId: string): Promise<{ readonly name: string } | undefined> {
  return db
    .selectFrom('memberships as m')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .select('o.name')
    .where('m.user_id', '=', userId)
    .where('m.joined_at', 'is not', null)
    .where('o.suspended_at', 'is not', null)
    .orderBy('m.joined_at')
    .limit(1)
    .executeTakeFirst()
}
