import type { OneTimePass } from '#domain/one-time-pass.ts'
import type { Database } from './tables.ts'

/** Locks a person's row against a change of the password until the transaction ends. */
export async function lockForPass(db: Database, userId: string): Promise<void> {
  await db.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute()
}

/** The one pass of a person; the one before is dead from then on. */
export async function setPass(db: Database, userId: string, pass: OneTimePass): Promise<void> {
  await db
    .updateTable('users')
    .set({ one_time_pass: JSON.stringify({ ...pass, expiresAt: pass.expiresAt.toISOString() }) })
    .where('id', '=', userId)
    .execute()
}
