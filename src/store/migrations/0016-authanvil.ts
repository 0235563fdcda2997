import { type Kysely, sql } from 'kysely'

/** The AuthAnvil of an organization, and what it knows a person by where that is not what the organization has set. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // How the service wants to be asked stands in `sas`: it is read from the service whenever settings are saved.
    sql`create table authanvil (
      organization_id uuid primary key references organizations (id),
      is_on boolean not null,
      url text not null,
      site_id integer not null check (site_id >= 0),
      pin_sealed bytea not null,
      pin_order text not null check (pin_order in ('none', 'before', 'behind', 'both')),
      shows_pin boolean not null,
      sas jsonb,
      version integer not null,
      changed_by uuid not null,
      changed_at timestamptz not null,
      check (sas is not null or not is_on)
    )`,
    sql`create table authanvil_people (
      organization_id uuid not null references organizations (id),
      user_id uuid not null,
      user_name text,
      pin_sealed bytea,
      changed_by uuid not null,
      changed_at timestamptz not null,
      primary key (organization_id, user_id)
    )`,
  ]
  for (const statement of statements) await statement.execute(db)
}
