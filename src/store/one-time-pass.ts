import { sql } from 'kysely'
import type { OneTimePass } from '#domain/one-time-pass.ts'
import type { Database } from './tables.ts'

/** Locks a person's row against a change of the password until the transaction ends. */
export async function lockForPass(db: Database, userId: string): Promise<void> {
  await db.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute()
}

/** A second administrator agrees to the pass of a person. False when none waits for that, or the agreement would be of one alone. */
export async function approvePass(db: Database, now: Date, userId: string, approverId: string): Promise<boolean> {
  const { numAffectedRows } =
    await sql`update users set one_time_pass = jsonb_set(one_time_pass, '{agreed,approvedBy}', to_jsonb(${approverId}::text))
    where id = ${userId} and id <> ${approverId} and one_time_pass #>> '{agreed,issuedBy}' <> ${approverId}
      and one_time_pass #>> '{agreed,approvedBy}' is null and (one_time_pass ->> 'expiresAt')::timestamptz > ${now}`.execute(db)
  return numAffectedRows === 1n
}

/** The one pass of a person; the one before is dead from then on. */
export async function setPass(db: Database, userId: string, pass: OneTimePass): Promise<void> {
  await db
    .updateTable('users')
    .set({ one_time_pass: JSON.stringify({ ...pass, expiresAt: pass.expiresAt.toISOString() }) })
    .where('id', '=', userId)
    .execute()
}
