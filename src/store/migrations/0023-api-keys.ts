import { type Kysely, sql } from 'kysely'

/** Keys of an organization, with which programs call the API. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table api_keys (
      id uuid primary key,
      organization_id uuid not null references organizations (id),
      name text not null,
      prefix text not null,
      token_hash bytea not null unique,
      scopes text[] not null,
      created_by uuid not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      last_used_at timestamptz,
      revoked_at timestamptz,
      revoked_by uuid,
      check (expires_at <= created_at + interval '366 days')
    )`,
    sql`create index api_keys_by_organization on api_keys (organization_id)`,
  ]
  for (const statement of statements) await statement.execute(db)
}
