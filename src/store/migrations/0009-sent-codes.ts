import { type Kysely, sql } from 'kysely'

/** A sign-in knows what it has sent: when, by which way, with which message. The code itself stands nowhere. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sign_ins add column challenge jsonb`.execute(db)
}
