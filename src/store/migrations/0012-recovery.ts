import { type Kysely, sql } from 'kysely'

/** The ways back in: the one-time pass of an administrator, and the way to undo a change of email. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // In the row of the password, so that whatever changes the one ends the other in the same statement.
    sql`alter table users add column one_time_pass jsonb`,
    sql`alter table links drop constraint links_kind_check`,
    sql`alter table links add constraint links_kind_check
      check (kind in ('setup', 'invitation', 'password-reset', 'email-change', 'email-change-undo'))`,
    sql`alter table links add constraint links_undo_names_both
      check (kind <> 'email-change-undo' or (user_id is not null and email is not null))`,
    // The lanes of devices get the names of their people; the old names say nobody's.
    sql`delete from throttles where key like 'code:device:%' or key like 'password:device:%'`,
    // All lanes of one person begin with the same letters, and are found in the index by them.
    sql`alter table throttles alter column key type text collate "C"`,
  ]
  for (const statement of statements) await statement.execute(db)
}
