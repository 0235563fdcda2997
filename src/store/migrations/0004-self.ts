import { type Kysely, sql } from 'kysely'

/** What people keep about themselves: phone, language, and the change of one's own email. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table users
      add column phone text check (phone ~ '^\\+[1-9][0-9]{4,14}$'),
      add column phone_verified_at timestamptz,
      add column language text`,
    // The address that a link was mailed to: the one to change to, or the one that a new password was asked with.
    sql`alter table links add column email text`,
    sql`alter table links drop constraint links_kind_check`,
    sql`alter table links add check (kind in ('setup', 'invitation', 'password-reset', 'email-change'))`,
    sql`alter table links add check (kind <> 'email-change' or (user_id is not null and email is not null))`,
    // One change of email at a time for each person, whatever races for it.
    sql`create unique index links_one_email_change on links (user_id) where kind = 'email-change' and used_at is null`,
    sql`create table help_votes (
      page text not null,
      useful boolean not null,
      votes integer not null,
      primary key (page, useful)
    )`,
  ]
  for (const statement of statements) await statement.execute(db)
}
