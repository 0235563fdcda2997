import type { Store } from './store.ts'

/** So many messages in so many seconds, counted from the first of them. */
export interface SendingLimit {
  readonly most: number
  readonly seconds: number
}

// The rows are those of the lanes; here `updated_at` is when the count began.
const countText = `insert into throttles as t (key, failures, wait_until, updated_at) values ($1, 1, null, $2::timestamptz)
  on conflict (key) do update set
    failures = case when t.updated_at <= $2::timestamptz - make_interval(secs => $4::int) then 1 else t.failures + 1 end,
    updated_at = case when t.updated_at <= $2::timestamptz - make_interval(secs => $4::int) then $2::timestamptz else t.updated_at end
  where t.failures < $3::int or t.updated_at <= $2::timestamptz - make_interval(secs => $4::int)
  returning failures`

/**
 * Counts one message, in one statement with the limit in its condition: of any number at once exactly as many get through as are left.
 *
 * @returns nothing, or how many seconds to wait where the limit is reached
 */
export async function countSending(
  { db, run }: Store,
  now: Date,
  key: string,
  { most, seconds }: SendingLimit,
): Promise<number | undefined> {
  const [row] = await run(countText, [key, now.toISOString(), most, seconds])
  if (row) return undefined
  const since = await db.selectFrom('throttles').select('updated_at').where('key', '=', key).executeTakeFirst()
  const until = (since?.updated_at ?? now).getTime() + seconds * 1000
  return Math.max(1, Math.ceil((until - now.getTime()) / 1000))
}
