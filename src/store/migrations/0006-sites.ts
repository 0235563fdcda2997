import { type Kysely, sql } from 'kysely'

/** Sites are suspended and removed, and each organization has a look and, if it wants one, a host name of its own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // A removed site stays as a name, so that its audit can still be read; everything else of it goes.
    sql`alter table organizations
      add column suspended_at timestamptz,
      add column removed_at timestamptz,
      add column host text check (host = lower(host) and length(host) between 4 and 253),
      add column accent text check (accent ~ '^#[0-9a-f]{6}$'),
      add column logo bytea check (length(logo) <= 65536),
      add column logo_hash text,
      add column support_contact text check (length(support_contact) between 1 and 200),
      add constraint organizations_logo_has_a_hash check ((logo is null) = (logo_hash is null)),
      add constraint organizations_suspended_before_removed check (removed_at is null or suspended_at is not null),
      add constraint organizations_provider_stays check (parent_id is not null or (suspended_at is null and removed_at is null))`,
    sql`create unique index organizations_by_host on organizations (host)`,
    // What the list of sites is ordered by where counting anew for each look would take too long.
    sql`create table coverage (
      organization_id uuid primary key references organizations (id),
      people integer not null,
      secured integer not null,
      chosen integer not null,
      chosen_secured integer not null,
      weakest_kind text,
      counted_at timestamptz not null
    )`,
  ]
  for (const statement of statements) await statement.execute(db)
}
