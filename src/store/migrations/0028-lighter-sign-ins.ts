import { type Kysely, sql } from 'kysely'

/**
 * What every sign-in and every sealing pays for, and nobody needs.
 *
 * The index of what is bound answered nothing that the index of all a person ever bound does not; each is opened and locked whenever an
 * authenticator pays. Pages that are not filled up keep the next version of a row beside it, where no index has to learn of it. And the
 * audit's guard asks the question of an ordinary sealing before the trigger is called, not in it: what is refused is the same.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`drop index authenticators_bound`,
    sql`alter table authenticators set (fillfactor = 80)`,
    sql`alter table throttles set (fillfactor = 80)`,
    sql`drop trigger audit_events_rows_are_kept on audit_events`,
    sql`drop trigger audit_concerns_rows_are_kept on audit_concerns`,
    sql`create or replace function audit_is_kept() returns trigger language plpgsql as $$
      begin
        raise exception 'The audit is only ever added to: % of % is refused.', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end
    $$`,
    // Everything but giving an event its place, once: the event itself stays as it is.
    sql`create trigger audit_events_rows_are_kept before update on audit_events for each row when (not (
        old.position is null and new.position is not null and new.hash is not null and new.concerns is not null
        and (new.id, new.at, new.action, new.address, new.request_id, new.detail::text)
          is not distinct from (old.id, old.at, old.action, old.address, old.request_id, old.detail::text)
        and (new.organization_id, new.actor_id, new.subject_id) is not distinct from (old.organization_id, old.actor_id, old.subject_id)))
      execute function audit_is_kept()`,
    sql`create trigger audit_events_rows_stay before delete on audit_events for each row execute function audit_is_kept()`,
    sql`create trigger audit_concerns_rows_are_kept before update or delete on audit_concerns for each row execute function audit_is_kept()`,
    // Also for who switches triggers off for a session.
    sql`alter table audit_events enable always trigger audit_events_rows_are_kept, enable always trigger audit_events_rows_stay`,
    sql`alter table audit_concerns enable always trigger audit_concerns_rows_are_kept`,
  ]
  for (const statement of statements) await statement.execute(db)
}
