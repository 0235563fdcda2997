import { type Kysely, sql } from 'kysely'

/**
 * What a list of a hundred thousand people is counted from, kept in the row that the list stands in, and a version of the look.
 *
 * `enrolled` says whether the person has an authenticator. `elsewhere` says whether they ever belonged to another organization too:
 * where it is false nobody has to look. Both are kept by triggers, so that no change can forget them, and each trigger locks the
 * person first, so that two changes of the same person see each other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Backup codes and a pass for once stand in for an authenticator and are none.
  const isAuthenticator = `kind not in ('backup-codes', 'one-time-pass')`
  const isEnrolled = (userId: string) =>
    `exists (select from authenticators a where a.user_id = ${userId} and a.retired_at is null and a.${isAuthenticator})`
  const lock = 'perform from users where id = new.user_id for no key update;'
  const statements = [
    sql`alter table memberships
      add column enrolled boolean not null default false,
      add column elsewhere boolean not null default false`,
    sql.raw(`update memberships m set enrolled = ${isEnrolled('m.user_id')},
      elsewhere = exists (select from memberships other where other.user_id = m.user_id and other.organization_id <> m.organization_id)`),
    sql.raw(`create function memberships_stand() returns trigger language plpgsql as $$
      begin
        ${lock}
        new.enrolled := ${isEnrolled('new.user_id')};
        new.elsewhere := exists (select from memberships where user_id = new.user_id and organization_id <> new.organization_id);
        return new;
      end $$`),
    sql`create trigger memberships_stand before insert on memberships for each row execute function memberships_stand()`,
    sql.raw(`create function memberships_elsewhere() returns trigger language plpgsql as $$
      begin
        update memberships set elsewhere = true where user_id = new.user_id and organization_id <> new.organization_id and not elsewhere;
        return null;
      end $$`),
    sql`create trigger memberships_elsewhere after insert on memberships
      for each row when (new.elsewhere) execute function memberships_elsewhere()`,
    sql.raw(`create function authenticators_enroll() returns trigger language plpgsql as $$
      begin
        ${lock}
        update memberships set enrolled = not enrolled where user_id = new.user_id and enrolled <> ${isEnrolled('new.user_id')};
        return null;
      end $$`),
    sql.raw(`create trigger authenticators_enroll after insert or update of retired_at on authenticators
      for each row when (new.${isAuthenticator}) execute function authenticators_enroll()`),
    sql`drop index memberships_listed`,
    sql`create index memberships_listed on memberships (organization_id, listed_as)
      include (user_id, role, required, joined_at, suspended_at, enrolled, elsewhere)`,
    sql`create index users_set_up_due on users (id) where set_up_due`,
    sql`alter table organizations add column look_version integer not null default 1`,
  ]
  for (const statement of statements) await statement.execute(db)
}
