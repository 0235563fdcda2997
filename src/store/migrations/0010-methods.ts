import { type Kysely, sql } from 'kysely'

/**
 * Weaker methods: whether e-mail is for administrators too, and who accepted last that a weaker one is allowed, and when. Nobody allows
 * one yet, so there is nothing to accept.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table policies
    add column email_for_administrators boolean not null default false,
    add column weaker_accepted_by uuid,
    add column weaker_accepted_at timestamptz`.execute(db)
}
