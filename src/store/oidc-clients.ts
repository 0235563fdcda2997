import { sql } from 'kysely'
import type { Allowance } from '#domain/oidc-clients.ts'
import type { Database } from './tables.ts'

/**
 * Counts an attempt to show the secret of an application, in one statement.
 *
 * @returns undefined, or when the next one may come: as many as there may be were counted already
 */
export async function countSecret(db: Database, now: Date, key: string, { most, seconds }: Allowance): Promise<Date | undefined> {
  const until = new Date(now.getTime() + seconds * 1000)
  const { rows } = await sql`
    insert into throttles as t (key, failures, wait_until, updated_at) values (${key}, 1, ${until}, ${now})
    on conflict (key) do update set
      failures = case when t.wait_until <= ${now} then 1 else t.failures + 1 end,
      wait_until = case when t.wait_until <= ${now} then ${until} else t.wait_until end,
      updated_at = ${now}
    where t.wait_until <= ${now} or t.failures < ${most} returning key`.execute(db)
  if (rows.length > 0) return undefined
  const full = await db.selectFrom('throttles').select('wait_until').where('key', '=', key).executeTakeFirst()
  return full?.wait_until ?? now
}

/** Gives an attempt back whose secret was right. */
export async function uncountSecret(db: Database, key: string): Promise<void> {
  await sql`update throttles set failures = failures - 1 where key = ${key} and failures > 0`.execute(db)
}

/** Removes counts whose time is over. Nothing waits for this; they begin anew by themselves. */
export async function sweepSecretCounts(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('throttles').where('key', 'like', 'client-secret:%').where('wait_until', '<', now).execute()
}
