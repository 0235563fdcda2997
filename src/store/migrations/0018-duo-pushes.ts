import { type Kysely, sql } from 'kysely'

/** How often somebody's phone may ring, the people whom we have made in the provider's Duo, and what takes them out of it again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table duo_pushes (
      user_id uuid primary key,
      sent timestamptz[] not null,
      stopped_at timestamptz
    )`,
    // The id is also that of the authenticator which the set-up binds: so a row says whether its user in Duo is used, was, or waits.
    sql`create table duo_users (
      id uuid primary key,
      account_of uuid not null references organizations (id),
      user_id uuid not null,
      user_name text not null,
      user_key text not null,
      activation_expires_at timestamptz not null,
      created_at timestamptz not null,
      attempts integer not null,
      next_attempt_at timestamptz not null,
      trouble text
    )`,
    sql`create index duo_users_waiting on duo_users (next_attempt_at)`,
    // The application of type "Admin API", which removes people. It is optional, and proved by itself.
    sql`alter table duo add column admin_sealed bytea`,
  ]
  for (const statement of statements) await statement.execute(db)
}
