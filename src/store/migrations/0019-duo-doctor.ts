import { type Kysely, sql } from 'kysely'

/** What the key doctor found out last about how the applications in Duo read names, and until when a run of it is under way. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table duo_doctor (
    organization_id uuid primary key references organizations (id),
    prompt text not null default 'unknown' check (prompt in ('none', 'simple', 'unknown')),
    auth text not null default 'unknown' check (auth in ('none', 'simple', 'unknown')),
    checked_by uuid,
    checked_at timestamptz,
    run_id uuid,
    running_until timestamptz
  )`.execute(db)
}
