import { type Kysely, sql } from 'kysely'

/**
 * How a session of Countersign reaches the host of a portal: a ticket that the browser carries over, and what it was given for there.
 * Without foreign keys, as all that comes and goes with sign-ins: what belongs to a session that has ended is found by nobody.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table portal_tickets (
      token_hash bytea primary key,
      application_id uuid not null,
      user_id uuid not null,
      session_id uuid not null,
      origin text not null,
      uri text not null,
      way_hash bytea not null,
      expires_at timestamptz not null
    )`,
    sql`create table portal_sessions (
      token_hash bytea primary key,
      application_id uuid not null,
      user_id uuid not null,
      session_id uuid not null,
      started_at timestamptz not null
    )`,
  ]
  for (const statement of statements) await statement.execute(db)
}
