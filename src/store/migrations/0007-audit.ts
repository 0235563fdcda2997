import { type Kysely, sql } from 'kysely'

/**
 * The audit becomes a chain that nobody unpicks unseen, and a list that every organization reads quickly.
 *
 * A sign-in only inserts, as before. A moment later the sealing gives each event its place in the chain, and says in
 * `audit_concerns` which organizations it concerns: the indexes of the viewer grow there, behind the sign-in's back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table audit_events add column position bigint, add column concerns uuid[], add column hash text`,
    // What waits to be sealed: as small as the last seconds, and written at its right end only.
    sql`create index audit_events_unsealed on audit_events (id) where position is null`,
    // No two sealings can ever give the same place.
    sql`create unique index audit_events_chain on audit_events (position) where position is not null`,
    // The events of a person are read from the lists below, and the last sign-in from an index of its own.
    sql`drop index audit_events_by_subject`,
    sql`create table audit_concerns (
      organization_id uuid not null,
      event_id uuid not null,
      position bigint not null,
      action text not null,
      actor_id uuid,
      subject_id uuid,
      primary key (organization_id, event_id)
    )`,
    sql`create index audit_concerns_by_action on audit_concerns (organization_id, action, event_id)`,
    sql`create index audit_concerns_by_subject on audit_concerns (organization_id, subject_id, event_id) where subject_id is not null`,
    // Whoever acts on themselves is found as the one concerned.
    sql`create index audit_concerns_by_actor on audit_concerns (organization_id, actor_id, event_id) where actor_id is distinct from subject_id`,
    sql`create function audit_is_kept() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and tg_table_name = 'audit_events' then
          if old.position is null and new.position is not null and new.hash is not null and new.concerns is not null
            and (new.id, new.at, new.action, new.address, new.request_id, new.detail::text)
              = (old.id, old.at, old.action, old.address, old.request_id, old.detail::text)
            and (new.organization_id, new.actor_id, new.subject_id) is not distinct from (old.organization_id, old.actor_id, old.subject_id)
          then
            return new;
          end if;
        end if;
        raise exception 'The audit is only ever added to: % of % is refused.', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end
    $$`,
    ...['audit_events', 'audit_concerns'].flatMap((table) => [
      sql`create trigger ${sql.ref(`${table}_rows_are_kept`)} before update or delete on ${sql.table(table)} for each row execute function audit_is_kept()`,
      sql`create trigger ${sql.ref(`${table}_is_kept`)} before truncate on ${sql.table(table)} for each statement execute function audit_is_kept()`,
      // Also for who switches triggers off for a session.
      sql`alter table ${sql.table(table)} enable always trigger ${sql.ref(`${table}_rows_are_kept`)}, enable always trigger ${sql.ref(`${table}_is_kept`)}`,
    ]),
  ]
  for (const statement of statements) await statement.execute(db)
}
