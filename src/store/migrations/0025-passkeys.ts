import { type Kysely, sql } from 'kysely'

/**
 * Passkeys: what the rules may ask of them, and what was signed already before anybody was
 * known. Nobody has such a rule yet.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table policies
      add column phishing_resistant text not null default 'off' check (phishing_resistant in ('off', 'administrators', 'everyone')),
      add column passwordless boolean not null default false`,
    // Asked for by everybody who sees the first page of a sign-in.
    sql`create index policies_passwordless on policies (organization_id) where passwordless and enabled`,
    sql`create table spent_challenges (hash bytea primary key, expires_at timestamptz not null)`,
  ]
  for (const statement of statements) await statement.execute(db)
}
