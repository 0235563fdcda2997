import { type Kysely, sql } from 'kysely'

/**
 * Everything the house stands on.
 *
 * Rows that come and go with every sign-in (`sign_ins`, `sessions`, `throttles`, `audit_events`) carry no foreign
 * keys: each would lock and rewrite the user's row. Whoever removes a user removes those rows too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table installation (
      only_row boolean primary key default true check (only_row),
      key_fingerprint text not null,
      created_at timestamptz not null
    )`,
    sql`create table organizations (
      id uuid primary key,
      parent_id uuid references organizations (id),
      name text not null check (length(name) between 1 and 120),
      created_at timestamptz not null
    )`,
    // One provider per installation, whatever races for it.
    sql`create unique index organizations_one_provider on organizations ((parent_id is null)) where parent_id is null`,
    sql`create index organizations_by_parent on organizations (parent_id)`,
    sql`create table policies (
      organization_id uuid primary key references organizations (id),
      enabled boolean not null,
      mode text not null check (mode in ('opt-in', 'chosen', 'everyone')),
      new_users_required boolean not null,
      version integer not null
    )`,
    sql`create table users (
      id uuid primary key,
      email text not null unique,
      name text not null check (length(name) between 1 and 120),
      password_hash text,
      set_up_due boolean not null default false,
      created_at timestamptz not null
    )`,
    sql`create table memberships (
      organization_id uuid not null references organizations (id),
      user_id uuid not null references users (id),
      role text not null check (role in ('owner', 'security-admin', 'admin', 'user')),
      required boolean not null,
      invited_as text not null,
      invited_at timestamptz not null,
      joined_at timestamptz,
      primary key (organization_id, user_id)
    )`,
    sql`create index memberships_by_user on memberships (user_id)`,
    sql`create table authenticators (
      id uuid primary key,
      user_id uuid not null references users (id),
      kind text not null,
      label text not null,
      secret_sealed bytea not null,
      counter bigint not null,
      hashes text[] not null,
      used_hashes text[] not null default '{}',
      bound_at timestamptz not null,
      last_used_at timestamptz,
      retired_at timestamptz
    )`,
    // Retired ones stay: SP 800-63B-4 §4.1 asks for a record of every authenticator that was ever bound.
    sql`create index authenticators_bound on authenticators (user_id) where retired_at is null`,
    sql`create table sign_ins (
      token_hash bytea primary key,
      id uuid not null,
      intent text not null check (intent in ('enter', 'confirm', 'enroll', 'backup-codes', 'disable')),
      user_id uuid not null,
      session_id uuid,
      evidence jsonb not null,
      enrollment_sealed bytea,
      bound text[] not null,
      return_to text not null,
      expires_at timestamptz not null,
      version integer not null
    )`,
    sql`create table sessions (
      token_hash bytea primary key,
      id uuid not null,
      user_id uuid not null,
      evidence jsonb not null,
      started_at timestamptz not null,
      last_seen_at timestamptz not null,
      address text not null,
      browser text not null
    )`,
    sql`create index sessions_by_user on sessions (user_id)`,
    sql`create table throttles (
      key text primary key,
      failures integer not null,
      wait_until timestamptz,
      updated_at timestamptz not null
    )`,
    sql`create table links (
      token_hash bytea primary key,
      kind text not null check (kind in ('setup', 'invitation', 'password-reset')),
      organization_id uuid references organizations (id),
      user_id uuid references users (id),
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz
    )`,
    sql`create index links_by_user on links (user_id)`,
    sql`create table messages (
      id uuid primary key,
      template text not null,
      to_address text not null,
      values_sealed bytea not null,
      created_at timestamptz not null,
      attempts integer not null default 0,
      next_attempt_at timestamptz not null,
      sent_at timestamptz,
      failed_at timestamptz,
      last_error text
    )`,
    sql`create index messages_waiting on messages (next_attempt_at) where sent_at is null and failed_at is null`,
    sql`create table audit_events (
      id uuid not null,
      at timestamptz not null,
      action text not null,
      organization_id uuid,
      actor_id uuid,
      subject_id uuid,
      address text not null,
      request_id text not null,
      detail jsonb not null
    )`,
    sql`create index audit_events_by_subject on audit_events (subject_id, id)`,
    sql`create index audit_events_by_organization on audit_events (organization_id, id) where organization_id is not null`,
  ]
  for (const statement of statements) await statement.execute(db)
}
