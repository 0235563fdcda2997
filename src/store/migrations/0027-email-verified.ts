import { type Kysely, sql } from 'kysely'

/**
 * Whether the person has shown that they read the mail of their address. An address changes by a mailed link and in no other way, so
 * whoever has ever used one that is written down has shown it; of everybody else nothing is known.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table users add column email_verified boolean not null default false`.execute(db)
  await sql`update users set email_verified = true where id in (
    select subject_id from audit_events where action in ('user.joined', 'email.changed', 'email.change-undone'))`.execute(db)
}
