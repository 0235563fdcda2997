import { type Kysely, sql } from 'kysely'

/**
 * All that an organization decides beyond whom it asks.
 *
 * Organizations that are there already go on as they were: their devices are never remembered until somebody says so. New ones
 * bring every value along.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table policies
    add column methods text[] not null default '{totp}' check (cardinality(methods) > 0),
    add column default_method text not null default 'totp',
    add column may_change_method boolean not null default true,
    add column passcode_timeout_minutes integer not null default 5 check (passcode_timeout_minutes between 1 and 10),
    add column remember_days integer not null default 0 check (remember_days between 0 and 365),
    add column remembers text not null default 'everyone' check (remembers in ('everyone', 'users')),
    add column strict_totp boolean not null default false,
    add column least_password_length integer check (least_password_length between 8 and 64),
    add constraint policies_default_is_allowed check (default_method = any (methods))`.execute(db)
}
