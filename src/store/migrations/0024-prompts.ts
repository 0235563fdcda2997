import { type Kysely, sql } from 'kysely'

/** What portals ask of people: a second step, by the language of the Universal Prompt or with an API key. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // Rows that come and go with every sign-in carry no foreign keys: docs/decisions/0007.
    sql`create table prompts (
      id uuid primary key,
      organization_id uuid not null,
      user_id uuid not null,
      application_id uuid,
      api_key_id uuid,
      sign_in_id uuid unique,
      state text not null check (state in ('waiting', 'approved', 'denied')),
      request jsonb not null,
      request_hash bytea,
      link_hash bytea unique,
      code_hash bytea unique,
      code_expires_at timestamptz,
      code_used_at timestamptz,
      passed jsonb,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      check ((application_id is null) <> (api_key_id is null)),
      check ((state = 'approved') = (passed is not null)),
      unique (application_id, request_hash)
    )`,
    sql`create index prompts_by_expiry on prompts (expires_at)`,
    sql`create index prompts_by_key_and_person on prompts (api_key_id, user_id) where api_key_id is not null`,
    // What a portal's server has shown once to say who it is; until it runs out it counts no second time.
    sql`create table spent_assertions (
      application_id uuid not null,
      jti_hash bytea not null,
      expires_at timestamptz not null,
      primary key (application_id, jti_hash)
    )`,
    sql`create index spent_assertions_by_expiry on spent_assertions (expires_at)`,
    sql`alter table sign_ins drop constraint sign_ins_intent_check`,
    sql`alter table sign_ins add constraint sign_ins_intent_check
      check (intent in ('enter', 'confirm', 'enroll', 'backup-codes', 'disable', 'second-factor'))`,
  ]
  for (const statement of statements) await statement.execute(db)
}
