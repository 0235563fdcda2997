import { type Kysely, sql } from 'kysely'

/** What OpenID Connect leaves behind: codes, tokens, who signed in to which application from which session, and the keys that sign. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // The hash of what its bearer holds, and never that itself.
    sql`create table oidc_artifacts (
      kind text not null,
      id_hash bytea not null,
      client_id text,
      session_id uuid,
      user_id uuid,
      grant_id text,
      payload jsonb not null,
      consumed_at timestamptz,
      expires_at timestamptz not null,
      primary key (kind, id_hash)
    )`,
    sql`create index oidc_artifacts_by_session on oidc_artifacts (session_id) where session_id is not null`,
    sql`create index oidc_artifacts_by_grant on oidc_artifacts (grant_id) where grant_id is not null`,
    sql`create index oidc_artifacts_by_client on oidc_artifacts (client_id) where client_id is not null`,
    sql`create index oidc_artifacts_by_end on oidc_artifacts (expires_at)`,
    sql`create table oidc_logouts (
      id uuid primary key default gen_random_uuid(),
      client_id text not null,
      user_id uuid not null,
      session_id uuid not null,
      attempts integer not null default 0,
      next_attempt_at timestamptz
    )`,
    // Two processes that find the same number missing add one key: the number is taken once.
    sql`create table oidc_keys (
      number integer primary key,
      key_id text not null unique,
      private_sealed bytea not null,
      signs_from timestamptz not null
    )`,
    // However a session ends, what rests on it ends in the same statement, and the applications are told. What has merely run out is
    // taken away by the sweep, before the session is, and nobody is told.
    sql`create function end_oidc_of_session() returns trigger language plpgsql as $$
      begin
        insert into oidc_logouts (client_id, user_id, session_id)
          select client_id, user_id, session_id from oidc_artifacts where session_id = old.id and kind = 'Grant';
        delete from oidc_artifacts where session_id = old.id;
        return null;
      end $$`,
    sql`create trigger sessions_end_oidc after delete on sessions for each row execute function end_oidc_of_session()`,
  ]
  for (const statement of statements) await statement.execute(db)
}
