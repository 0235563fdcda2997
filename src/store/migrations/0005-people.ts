import { type Kysely, sql } from 'kysely'

/**
 * Suspension, the "Two Factor Type" of one person, and what the list of people is read from.
 *
 * `listed_as` is the name that an organization sees and the address, in lower case: the order of the list, the place where a
 * page ends and what a search looks through, in one index. It is kept by triggers, because a name changes in `users` and the
 * index is on `memberships`: nobody who changes a name can forget it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const listedAs = (joinedAt: string, invitedAs: string, name: string, email: string) =>
    `lower(case when ${joinedAt} is null then ${invitedAs} else ${name} end) || E'\\n' || ${email}`
  const statements = [
    sql`alter table memberships
      add column suspended_at timestamptz,
      add column method text,
      add column listed_as text not null default ''`,
    sql.raw(`update memberships m set listed_as = ${listedAs('m.joined_at', 'm.invited_as', 'u.name', 'u.email')}
      from users u where u.id = m.user_id`),
    sql.raw(`create function memberships_list() returns trigger language plpgsql as $$
      begin
        select ${listedAs('new.joined_at', 'new.invited_as', 'u.name', 'u.email')} into new.listed_as from users u where u.id = new.user_id;
        return new;
      end $$`),
    sql`create trigger memberships_list before insert or update of joined_at, invited_as on memberships
      for each row execute function memberships_list()`,
    sql.raw(`create function users_list() returns trigger language plpgsql as $$
      begin
        update memberships set listed_as = ${listedAs('joined_at', 'invited_as', 'new.name', 'new.email')} where user_id = new.id;
        return null;
      end $$`),
    sql`create trigger users_list after update of name, email on users
      for each row when (old.name <> new.name or old.email <> new.email) execute function users_list()`,
    sql`create index memberships_listed on memberships (organization_id, listed_as) include (user_id, role, required, joined_at, suspended_at)`,
    sql`create index audit_events_sessions on audit_events (subject_id, id) where action = 'session.started'`,
  ]
  for (const statement of statements) await statement.execute(db)
}
