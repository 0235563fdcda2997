import { sql } from 'kysely'
import type { SendingRules, Watch, Window } from '#domain/sending-limits.ts'
import { breaker } from '#domain/sending-limits.ts'
import type { Database } from './tables.ts'

/** Charged to all windows, or to none: then to which of them it could not be, or that the breaker is open. */
export type Spent = { readonly isSpent: true } | { readonly isSpent: false; readonly full: readonly string[]; readonly isTripped: boolean }

/** The moment of a spending: the bucket that the breaker counts in now, and since when it looks. */
export interface Bucket {
  readonly startsAt: Date
  readonly endsAt: Date
  readonly since: Date
}

/** What the breaker's own rows may hold: they count, and limit nothing. */
const unlimited = 2_147_483_647

/**
 * Charges one message to all its windows with ONE statement, and counts it where the breaker looks. Whatever is at its limit refuses the
 * whole. Of two that both saw the last place in a window, the second waits for the first and then breaks the table's own check, which
 * takes back everything it had counted. Rows are written in the order of their keys, so that no two wait for each other in a circle.
 *
 * In a transaction that is refused this way nothing more can be done: throw.
 */
export async function spendWindows(db: Database, windows: readonly Window[], watches: readonly Watch[], bucket: Bucket): Promise<Spent> {
  const keys = [...windows.map(({ key }) => key), ...watches.map(({ key }) => key)]
  const starts = [...windows.map(({ startsAt }) => startsAt), ...watches.map(() => bucket.startsAt)].map((at) => at.toISOString())
  const ends = [...windows.map(({ endsAt }) => endsAt), ...watches.map(() => bucket.endsAt)].map((at) => at.toISOString())
  const mosts = [...windows.map(({ most }) => most), ...watches.map(() => unlimited)]
  const wanted = sql`select * from unnest(${sql.val(keys)}::text[], ${sql.val(starts)}::timestamptz[], ${sql.val(ends)}::timestamptz[], ${sql.val(mosts)}::integer[])
    as one (key, starts_at, ends_at, most)`
  const full = sql`select s.key from sending_windows s join wanted w on w.key = s.key and w.starts_at = s.starts_at where s.spent >= w.most
    union all select key from wanted where most < 1`
  const tripped = sql`select w.key from unnest(${sql.val(watches.map(({ key }) => key))}::text[], ${sql.val(watches.map(({ sample }) => sample))}::integer[]) as w (key, sample)
    join sending_windows s on s.key = w.key and s.starts_at >= ${bucket.since}
    group by w.key, w.sample
    having coalesce(sum(s.spent) filter (where s.starts_at < ${bucket.startsAt}), 0) >= w.sample
      and sum(s.used) < ${breaker.leastShare}::float8 * sum(s.spent) filter (where s.starts_at < ${bucket.startsAt})`
  const look = async (): Promise<Spent> => {
    const { rows } = await sql<Closed>`with wanted as (${wanted}) select array(${full}) as full, array(${tripped}) as tripped`.execute(db)
    return { ...closedBy(rows[0]), isSpent: false }
  }
  try {
    const { rows } =
      await sql<Closed>`with wanted as (${wanted}), closed as materialized (select array(${full}) as full, array(${tripped}) as tripped),
      charged as (insert into sending_windows as s (key, starts_at, ends_at, spent, most)
        select key, starts_at, ends_at, 1, most from wanted, closed where cardinality(closed.full) = 0 and cardinality(closed.tripped) = 0
        order by key, starts_at
        on conflict (key, starts_at) do update set spent = s.spent + 1, most = excluded.most)
      select closed.full, tripped from closed`.execute(db)
    const closed = closedBy(rows[0])
    return closed.full.length === 0 && !closed.isTripped ? { isSpent: true } : { ...closed, isSpent: false }
  } catch (error) {
    if (!isOverTheLimit(error)) throw error
    return db.isTransaction ? { isSpent: false, full: windows.map(({ key }) => key), isTripped: false } : look()
  }
}

/** Which windows are at their limit, and for which watches the breaker is open. */
interface Closed {
  readonly full: readonly string[]
  readonly tripped: readonly string[]
}

const closedBy = (row: Closed | undefined) => ({ full: row?.full ?? [], isTripped: (row?.tripped.length ?? 0) > 0 })

const isOverTheLimit = (error: unknown) => error instanceof Error && 'code' in error && error.code === '23514'

/** Counts that a code was entered where the breaker looks. */
export async function countUsed(db: Database, watches: readonly Watch[], bucket: Bucket): Promise<void> {
  const keys = watches.map(({ key }) => key)
  await sql`insert into sending_windows as s (key, starts_at, ends_at, spent, most, used)
    select key, ${bucket.startsAt}, ${bucket.endsAt}, 0, ${unlimited}::integer, 1 from unnest(${sql.val(keys)}::text[]) as one (key) order by key
    on conflict (key, starts_at) do update set used = s.used + 1`.execute(db)
}

/** Notes that the code of a message was entered, once. */
export async function markUsed(db: Database, messageId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('messages')
    .set({ used_at: now })
    .where('id', '=', messageId)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Forgets counts. @returns how many there were */
export async function dropWindows(db: Database, keys: readonly string[]): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('sending_windows').where('key', 'in', keys).executeTakeFirst()
  return Number(numDeletedRows)
}

/** Removes windows that neither a limit nor the breaker looks at any more. */
export async function sweepWindows(db: Database, now: Date): Promise<void> {
  const seen = breaker.bucketSeconds * (breaker.buckets + 1) * 1000
  await db
    .deleteFrom('sending_windows')
    .where('ends_at', '<', new Date(now.getTime() - seen))
    .execute()
}

/** What an organization has set about sending; the provider's row is the installation's. */
export interface StoredRules extends SendingRules {
  /** Of the provider: what a site may send in a day, and whether sites may bring gateways of their own. */
  readonly siteDailyMost: number | null
  readonly sitesBringGateways: boolean
  readonly version: number
}

const unset: StoredRules = { countries: null, dailyMost: null, siteDailyMost: null, sitesBringGateways: false, version: 0 }

/** The rules of the installation and, where one is named, of an organization. */
export async function findSendingRules(
  db: Database,
  organizationId?: string,
): Promise<{ readonly installation: StoredRules; readonly organization: StoredRules }> {
  const rows = await db
    .selectFrom('organizations as o')
    .leftJoin('sending_rules as r', 'r.organization_id', 'o.id')
    .select(['o.id', 'o.parent_id', 'r.countries', 'r.daily_most', 'r.site_daily_most', 'r.sites_bring_gateways', 'r.version'])
    .where((where) =>
      where.or([where('o.parent_id', 'is', null), ...(organizationId === undefined ? [] : [where('o.id', '=', organizationId)])]),
    )
    .execute()
  const rules = (row: (typeof rows)[number] | undefined): StoredRules =>
    row
      ? {
          countries: row.countries,
          dailyMost: row.daily_most,
          siteDailyMost: row.site_daily_most,
          sitesBringGateways: row.sites_bring_gateways ?? false,
          version: row.version ?? 0,
        }
      : unset
  return {
    installation: rules(rows.find((row) => row.parent_id === null)),
    organization: rules(rows.find((row) => row.id === organizationId)),
  }
}

/** Stores rules if they still have the version they were read with. @returns false when somebody was faster */
export async function changeSendingRules(
  db: Database,
  now: Date,
  { organizationId, changedBy }: { readonly organizationId: string; readonly changedBy: string },
  rules: StoredRules,
): Promise<boolean> {
  const { version, ...rest } = rules
  const row = {
    countries: rest.countries === null ? null : [...rest.countries],
    daily_most: rest.dailyMost,
    site_daily_most: rest.siteDailyMost,
    sites_bring_gateways: rest.sitesBringGateways,
    version: version + 1,
    changed_by: changedBy,
    changed_at: now,
  }
  if (version === 0) {
    const added = db.insertInto('sending_rules').values({ organization_id: organizationId, ...row })
    return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  }
  const changed = db.updateTable('sending_rules').set(row).where('organization_id', '=', organizationId).where('version', '=', version)
  return (await changed.executeTakeFirst()).numUpdatedRows === 1n
}
