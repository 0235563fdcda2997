import { type Kysely, sql } from 'kysely'

/** Each channel is waited for by itself, and what did not arrive is found again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`drop index messages_waiting`,
    sql`create index messages_waiting on messages (channel, next_attempt_at) where sent_at is null and failed_at is null`,
    sql`create index messages_failed on messages (organization_id, id) where failed_at is not null or delivery = 'undelivered'`,
  ]
  for (const statement of statements) await statement.execute(db)
}
