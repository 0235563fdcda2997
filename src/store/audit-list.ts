import { type RawBuilder, sql } from 'kysely'
import type { Json } from '#domain/json.ts'
import type { Database } from './tables.ts'

/** A sealed event as the list of one organization has it, and the names by which that organization knows the people in it. */
export interface ListedEvent {
  readonly id: string
  readonly at: Date
  readonly action: string
  readonly organization?: { readonly id: string; readonly name: string }
  readonly actor?: Somebody
  readonly subject?: Somebody
  readonly address: string
  readonly requestId: string
  readonly detail: Readonly<Record<string, Json>>
  readonly position: number
}

export interface Somebody {
  readonly id: string
  readonly name: string
}

/** What the list is narrowed by; all of it together. */
export interface EventFilter {
  readonly action?: string
  /** Who acted, or was acted upon. */
  readonly person?: string
  /** Event ids of which those before the first and from the second on are left out: an id begins with its moment. */
  readonly from?: string
  readonly before?: string
  /** Events with one of these actions, or with one of these people in it. */
  readonly search?: { readonly actions: readonly string[]; readonly people: readonly string[] }
}

type Column = 'action' | 'actor_id' | 'subject_id'

const list = (values: readonly string[]) => sql`(select json_array_elements_text(${JSON.stringify(values)}::json))`
const ids = (values: readonly string[]) => sql`(select json_array_elements_text(${JSON.stringify(values)}::json)::uuid)`

/**
 * A page of what concerns an organization, newest first. Each value that is looked for has its own way through an index in the
 * order of time, and no more than a page is read of it: what it costs does not depend on how many events there are.
 */
export async function listEvents(
  db: Database,
  organizationId: string,
  filter: EventFilter,
  limit: number,
): Promise<readonly ListedEvent[]> {
  const { action, person, from, before, search } = filter
  const bounds = [
    sql`c.organization_id = ${organizationId}`,
    ...(from === undefined ? [] : [sql`c.event_id >= ${from}::uuid`]),
    ...(before === undefined ? [] : [sql`c.event_id < ${before}::uuid`]),
  ]
  const page = (conditions: readonly RawBuilder<unknown>[]) =>
    sql`select c.event_id, c.position from audit_concerns c where ${sql.join([...bounds, ...conditions], sql` and `)} order by c.event_id desc limit ${limit}`
  /** Whoever acts on themselves is found as the one concerned. */
  const each = (column: Column, values: readonly string[], conditions: readonly RawBuilder<unknown>[]) => sql`
    select found.* from ${column === 'action' ? list(values) : ids(values)} as given (value) cross join lateral (
      ${page([sql`c.${sql.ref(column)} = given.value`, ...(column === 'actor_id' ? [sql`c.actor_id is distinct from c.subject_id`] : []), ...conditions])}) found`
  const ofAction = action === undefined ? [] : [sql`c.action = ${action}`]
  const ways = (() => {
    if (person !== undefined) {
      const matching = search
        ? [sql`(c.action in ${list(search.actions)} or c.actor_id in ${ids(search.people)} or c.subject_id in ${ids(search.people)})`]
        : []
      return (['actor_id', 'subject_id'] as const).map((column) => each(column, [person], [...ofAction, ...matching]))
    }
    if (search !== undefined) {
      const actions = search.actions.filter((one) => action === undefined || one === action)
      return [...(['actor_id', 'subject_id'] as const).map((column) => each(column, search.people, ofAction)), each('action', actions, [])]
    }
    return action === undefined ? [page([])] : [each('action', [action], [])]
  })()
  const { rows } = await sql<EventRow>`
    with found as (select distinct event_id, position from (${sql.join(
      ways.map((way) => sql`(${way})`),
      sql` union all `,
    )}) one order by event_id desc limit ${limit})
    select e.id, e.at, e.action, e.address, e.request_id, e.detail, e.position, e.actor_id, e.subject_id,
      o.id as organization_id, o.name as organization_name, ${nameOf('actor', organizationId)} as actor_name, ${nameOf('subject', organizationId)} as subject_name
    from found join audit_events e on e.position = found.position
      left join organizations o on o.id = e.organization_id
      left join users actor on actor.id = e.actor_id
      left join users subject on subject.id = e.subject_id
    order by e.id desc`.execute(db)
  return rows.map(toEvent)
}

/**
 * Whoever has acted here is known by name. Others go by the name they were invited as, and once they are no longer here by their
 * address, which those who invited them know: what somebody is called elsewhere is not told. The provider knows people as its sites do.
 */
function nameOf(who: 'actor' | 'subject', organizationId: string): RawBuilder<string | null> {
  const id = sql.ref(`${who}.id`)
  const name = sql.ref(`${who}.name`)
  const here = sql`m.organization_id in (${organizationId}, e.organization_id) and m.user_id = ${id}`
  const known = sql`exists (select from memberships m where ${here} and m.joined_at is not null)
    or exists (select from audit_concerns c where c.organization_id = ${organizationId} and c.subject_id = ${id} and c.actor_id = ${id})
    or exists (select from audit_concerns c where c.organization_id = ${organizationId} and c.actor_id = ${id} and c.actor_id is distinct from c.subject_id)`
  return sql`case when ${id} is null then null when ${who === 'actor' ? sql`true` : known} then ${name}
    else coalesce((select m.invited_as from memberships m where ${here} limit 1), ${sql.ref(`${who}.email`)}) end`
}

/**
 * People whose name or address contains the text, as far as this organization knows them: its own, and those of the provider
 * above it who administer it. Whoever is gone is found by the whole address.
 */
export async function findPeople(db: Database, organizationId: string, text: string, most: number): Promise<readonly string[]> {
  const like = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const { rows } = await sql<{ user_id: string }>`
    (select m.user_id from memberships m where m.organization_id = ${organizationId} and m.listed_as like ${like} limit ${most})
    union (select m.user_id from organizations o join memberships m on m.organization_id = o.parent_id
      where o.id = ${organizationId} and m.role <> 'user' and m.joined_at is not null and m.listed_as like ${like} limit ${most})
    union (select u.id from users u where u.email = ${text.toLowerCase()} and (
      exists (select from audit_concerns c where c.organization_id = ${organizationId} and c.subject_id = u.id)
      or exists (select from audit_concerns c where c.organization_id = ${organizationId} and c.actor_id = u.id and c.actor_id is distinct from c.subject_id)))`.execute(
    db,
  )
  return rows.map((row) => row.user_id)
}

interface EventRow {
  readonly id: string
  readonly at: Date
  readonly action: string
  readonly address: string
  readonly request_id: string
  readonly detail: Readonly<Record<string, Json>>
  readonly position: number
  readonly actor_id: string | null
  readonly subject_id: string | null
  readonly organization_id: string | null
  readonly organization_name: string | null
  readonly actor_name: string | null
  readonly subject_name: string | null
}

function toEvent(row: EventRow): ListedEvent {
  const somebody = (id: string | null, name: string | null) => (id === null ? undefined : { id, name: name ?? id })
  const actor = somebody(row.actor_id, row.actor_name)
  const subject = somebody(row.subject_id, row.subject_name)
  return {
    id: row.id,
    at: row.at,
    action: row.action,
    ...(row.organization_id === null
      ? {}
      : { organization: { id: row.organization_id, name: row.organization_name ?? row.organization_id } }),
    ...(actor ? { actor } : {}),
    ...(subject ? { subject } : {}),
    address: row.address,
    requestId: row.request_id,
    detail: row.detail,
    position: row.position,
  }
}
