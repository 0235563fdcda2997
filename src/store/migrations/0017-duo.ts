import { type Kysely, sql } from 'kysely'

/** How an organization uses Duo: with applications of its own, or with those of the provider. And the provider's notice about it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // Host, key and secret of an application are sealed together: whoever can write rows cannot lead a secret to another host.
    // What happened last stands beside the version, not under it: an outage is no change of settings.
    sql`create table duo (
      organization_id uuid primary key references organizations (id),
      is_on boolean not null,
      account text not null check (account in ('own', 'provider')),
      prompt_sealed bytea,
      auth_sealed bytea,
      when_away text not null check (when_away in ('closed', 'other-factor')),
      counts_bypass boolean not null,
      serves_sites boolean not null,
      proved_at timestamptz,
      trouble_reason text,
      trouble_at timestamptz,
      version integer not null,
      changed_by uuid not null,
      changed_at timestamptz not null,
      check (account <> 'own' or not is_on or (prompt_sealed is not null and auth_sealed is not null)),
      check (not serves_sites or account = 'own')
    )`,
    // Whether the Duo of its people is the provider's, kept with the rules because each sign-in reads them.
    sql`alter table policies add column shares_duo boolean not null default false`,
    // Whom a service outside knows the person as, as a digest: one of its users stands for one person here, also in a race.
    sql`alter table authenticators add column known_as bytea`,
    sql`create unique index authenticators_known_as on authenticators (known_as) where retired_at is null`,
    sql`create table duo_notices (
      organization_id uuid primary key references organizations (id),
      text text not null,
      label text,
      url text,
      version integer not null,
      changed_by uuid not null,
      changed_at timestamptz not null,
      check ((label is null) = (url is null))
    )`,
  ]
  for (const statement of statements) await statement.execute(db)
}
