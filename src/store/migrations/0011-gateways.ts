import { type Kysely, sql } from 'kysely'

/** Who sends through what, how much may be sent, and whether what was sent was used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // A row without a kind says that one was taken away; it stays, so that its version goes on rising.
    sql`create table gateways (
      organization_id uuid not null references organizations (id),
      channel text not null check (channel in ('mail', 'text', 'call')),
      kind text check (kind in ('smtp', 'twilio', 'webhook')),
      settings_sealed bytea,
      version integer not null,
      changed_by uuid not null,
      changed_at timestamptz not null,
      primary key (organization_id, channel),
      check ((kind is null) = (settings_sealed is null))
    )`,
    sql`create table sending_rules (
      organization_id uuid primary key references organizations (id),
      countries text[],
      daily_most integer check (daily_most >= 0),
      site_daily_most integer check (site_daily_most >= 0),
      sites_bring_gateways boolean not null default false,
      version integer not null,
      changed_by uuid not null,
      changed_at timestamptz not null
    )`,
    // The check is what keeps any number of statements at once below the limit: the one too many is refused whole.
    sql`create table sending_windows (
      key text not null,
      starts_at timestamptz not null,
      ends_at timestamptz not null,
      spent integer not null,
      most integer not null,
      used integer not null default 0,
      primary key (key, starts_at),
      constraint sending_windows_within_most check (spent <= most)
    )`,
    sql`create index sending_windows_by_end on sending_windows (ends_at)`,
    sql`alter table messages add column used_at timestamptz`,
    sql`create index messages_by_time on messages (created_at)`,
  ]
  for (const statement of statements) await statement.execute(db)
}
