import { type Kysely, sql } from 'kysely'

/**
 * The reset of a whole organization: a job of its own, worked off person by person, so that it can be stopped at any moment, goes
 * on wherever it was, and says afterwards what became of each.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table resets (
      id uuid primary key,
      organization_id uuid not null references organizations (id),
      state text not null check (state in ('proposed', 'withdrawn', 'expired', 'running', 'done', 'taking-back', 'taken-back', 'closed')),
      proposed_by uuid not null references users (id),
      proposed_at timestamptz not null,
      expires_at timestamptz,
      asked uuid[] not null,
      started_by uuid references users (id),
      started_at timestamptz,
      undo_minutes integer not null check (undo_minutes between 0 and 1440),
      finished_at timestamptz,
      undo_until timestamptz,
      ended_by uuid references users (id),
      ended_at timestamptz,
      erased_at timestamptz,
      address text not null,
      request_id text not null,
      check ((state = 'proposed') <= (expires_at is not null)),
      check ((started_at is null) = (state in ('proposed', 'withdrawn', 'expired'))),
      check ((state in ('done', 'closed')) <= (finished_at is not null and undo_until is not null))
    )`,
    // One at a time in each organization, whatever races for it.
    sql`create unique index resets_one_open on resets (organization_id) where state in ('proposed', 'running', 'taking-back')`,
    sql`create index resets_by_organization on resets (organization_id, id)`,
    // What the next look may have to do something about.
    sql`create index resets_at_work on resets (id) where state in ('proposed', 'running', 'taking-back', 'done') or (state in ('closed', 'taken-back') and erased_at is null)`,
    // No foreign keys: ten thousand rows are written while somebody waits for the answer, of people who were read in the same statement.
    sql`create table reset_people (
      reset_id uuid not null,
      user_id uuid not null,
      outcome text check (outcome in ('left-alone', 'reset', 'nothing', 'spared', 'restored', 'kept')),
      reason text,
      done_at timestamptz,
      authenticators integer not null default 0,
      sessions integer not null default 0,
      devices integer not null default 0,
      message_id uuid,
      primary key (reset_id, user_id),
      check ((outcome is null) = (done_at is null))
    )`,
    sql`create index reset_people_waiting on reset_people (reset_id, user_id) where outcome is null`,
    sql`create index reset_people_to_restore on reset_people (reset_id, user_id) where outcome = 'reset'`,
    sql`create index reset_people_by_user on reset_people (user_id)`,
    sql`create table reset_rules (
      organization_id uuid primary key references organizations (id),
      needs_approval boolean not null,
      lapses_at timestamptz,
      undo_minutes integer not null check (undo_minutes between 0 and 1440),
      check (not needs_approval or lapses_at is null)
    )`,
    // The order that the queue takes messages in: what has an end goes first, however many notices of a reset wait before it.
    sql`create index messages_in_order on messages ((expires_at is null), next_attempt_at) where sent_at is null and failed_at is null`,
    // The reset that an authenticator was retired by: while the window is open, it can come back by it.
    sql`alter table authenticators add column retired_by uuid`,
    sql`create index authenticators_by_reset on authenticators (retired_by, user_id) where retired_by is not null`,
    // Whoever is asked whether they have bound anything since: the index of what is bound knows nothing of what was retired again.
    sql`create index authenticators_by_user on authenticators (user_id)`,
  ]
  for (const statement of statements) await statement.execute(db)
}
