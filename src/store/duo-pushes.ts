import { sql } from 'kysely'
import { type Pushes, pushLimits } from '#domain/duo-push.ts'
import type { Database } from './tables.ts'

/**
 * Charges one push to a person, before Duo is asked for it, with one statement that has every limit in its condition: of any number at
 * once exactly as many are charged as there may be. Who was stopped goes on once another authenticator has proved them since: an approval
 * cannot have, because none counts while pushes are stopped.
 *
 * @returns whether it was charged
 */
export async function spendPush(db: Database, now: Date, userId: string): Promise<boolean> {
  const since = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()
  const at = now.toISOString()
  const { rows } = await sql`
    insert into duo_pushes as p (user_id, sent, stopped_at) values (${userId}, array[${at}::timestamptz], null)
    on conflict (user_id) do update set stopped_at = null,
      sent = (select coalesce(array_agg(s), '{}') from unnest(p.sent) s where s > ${since(pushLimits.daySeconds)}::timestamptz) || ${at}::timestamptz
    where (p.stopped_at is null or ${isProvedSince(sql`p.stopped_at`)})
      and (select count(*) from unnest(p.sent) s where s > ${since(pushLimits.seconds)}::timestamptz) < ${pushLimits.most}
      and (select count(*) from unnest(p.sent) s where s > ${since(pushLimits.daySeconds)}::timestamptz) < ${pushLimits.mostInDay}
    returning user_id`.execute(db)
  return rows.length > 0
}

/** Whether an authenticator of the person was bound or used after a moment. */
const isProvedSince = (moment: ReturnType<typeof sql>) => sql<boolean>`exists (
  select from authenticators a where a.user_id = p.user_id and a.retired_at is null and greatest(a.bound_at, a.last_used_at) > ${moment})`

/** What a person's pushes come to. */
export async function findPushes(db: Database, userId: string): Promise<Pushes> {
  const { rows } = await sql<{ sent: Date[]; stopped_at: Date | null }>`
    select p.sent, case when ${isProvedSince(sql`p.stopped_at`)} then null else p.stopped_at end as stopped_at
    from duo_pushes p where p.user_id = ${userId}`.execute(db)
  const [row] = rows
  if (!row) return { sent: [] }
  return { sent: row.sent, ...(row.stopped_at === null ? {} : { stoppedAt: row.stopped_at }) }
}

/** Gives a push back that never went out. */
export async function givePushBack(db: Database, userId: string, at: Date): Promise<void> {
  const place = sql`array_position(sent, ${at.toISOString()}::timestamptz)`
  await sql`update duo_pushes set sent = sent[:${place} - 1] || sent[${place} + 1:] where user_id = ${userId} and ${place} is not null`.execute(
    db,
  )
}

/** Stops all pushes to a person: one was denied or reported. */
export async function stopPushes(db: Database, now: Date, userId: string): Promise<void> {
  await sql`insert into duo_pushes (user_id, sent, stopped_at) values (${userId}, '{}', ${now.toISOString()}::timestamptz)
    on conflict (user_id) do update set stopped_at = excluded.stopped_at`.execute(db)
}

/** Forgets the pushes of somebody who has approved one, or whom an administrator unlocks. @returns whether there were any */
export async function forgetPushes(db: Database, userId: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('duo_pushes').where('user_id', '=', userId).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Removes counts that no limit looks at any more. */
export async function sweepPushes(db: Database, now: Date): Promise<void> {
  const since = new Date(now.getTime() - pushLimits.daySeconds * 1000).toISOString()
  await sql`delete from duo_pushes where stopped_at is null
    and not exists (select from unnest(sent) s where s > ${since}::timestamptz)`.execute(db)
}
