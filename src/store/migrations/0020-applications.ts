import { type Kysely, sql } from 'kysely'

/** What signs its people in through Countersign, by whichever door. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table applications (
      id uuid primary key,
      organization_id uuid not null references organizations (id),
      kind text not null check (kind in ('oidc', 'forward-auth', 'second-factor')),
      name text not null,
      client_id text not null unique,
      secret_sealed bytea,
      settings jsonb not null,
      is_on boolean not null,
      version integer not null,
      created_by uuid not null,
      created_at timestamptz not null,
      changed_by uuid not null,
      changed_at timestamptz not null,
      last_used_at timestamptz
    )`,
    sql`create index applications_by_organization on applications (organization_id)`,
  ]
  for (const statement of statements) await statement.execute(db)
}
