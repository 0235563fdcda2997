import { type Kysely, sql } from 'kysely'

/**
 * Remembered devices. One counts while it has the epoch of its person: whatever must end all of them raises that number, so
 * that also one which is being written at the same moment is dead. `sessions.device_id` says which sessions rest on one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table users add column device_epoch integer not null default 0`,
    sql`create table remembered_devices (
      id uuid primary key,
      token_hash bytea not null unique,
      user_id uuid not null references users (id) on delete cascade,
      epoch integer not null,
      browser text not null,
      address text not null,
      created_at timestamptz not null,
      last_used_at timestamptz not null,
      expires_at timestamptz not null
    )`,
    sql`create index remembered_devices_by_user on remembered_devices (user_id)`,
    sql`alter table sessions add column device_id uuid`,
  ]
  for (const statement of statements) await statement.execute(db)
}
