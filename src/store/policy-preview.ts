import { type RawBuilder, sql } from 'kysely'
import { methods } from '#domain/methods.ts'
import { methodsFor, type Policy } from '#domain/policy.ts'
import { sessionLifetime } from '#domain/session.ts'
import { findPolicy, type PolicyRow, policyColumns, policyOfRow } from './policy.ts'
import type { Database } from './tables.ts'

/** How many it is, and of the people behind them the first by name. */
export interface Group {
  readonly count: number
  readonly names: string[]
}

export interface Preview {
  readonly mustSetUp: Group
  readonly mustMove: Group
  readonly withoutNumber: Group
  readonly sessionsEnd: Group
  readonly devicesEnd: Group
  readonly noLongerRequired: Group
}

const namesShown = 20

/** Methods that need a number. */
const ofPhones: readonly string[] = ['sms', 'voice']

type Rules = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/**
 * What would be different for whom if an organization had this policy. People whom another of their organizations requires it
 * from anyway are left out, and so is whatever is so already.
 */
export async function previewPolicy(db: Database, now: Date, organizationId: string, draft: Policy): Promise<Preview> {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  const group = (rows: string, count: string) =>
    sql.raw(`json_build_object('count', (select ${count}::int from ${rows}), 'names', (select coalesce(json_agg(name order by lower(name), user_id), '[]')
      from (select name, user_id from ${rows} order by lower(name), user_id limit ${namesShown}) first))`)
  const given = await allowedBy(db, organizationId, draft)
  const isOfPhones = Object.values(given).some((byWhom) =>
    Object.values(byWhom).some((kinds) => kinds.some((kind) => ofPhones.includes(kind))),
  )
  // Read out of the text once, and not for each person.
  const allowed = sql`(select rules from given)`
  const { rows } = await sql<Preview>`
    with given as materialized (
      select ${JSON.stringify(given)}::jsonb as rules
    ), here as (
      select m.user_id, u.name, u.set_up_due, u.phone_verified_at is not null as has_number, ${keyOf('m')} as who, p.enabled as was_on, ${draft.enabled}::boolean as will_be_on,
        p.enabled and (p.mode = 'everyone' or (p.mode = 'chosen' and m.required)) as was,
        ${draft.enabled}::boolean and (${draft.mode}::text = 'everyone' or (${draft.mode}::text = 'chosen' and m.required)) as will_be
      from memberships m join users u on u.id = m.user_id join policies p on p.organization_id = m.organization_id
      where m.organization_id = ${organizationId} and m.joined_at is not null and m.suspended_at is null
    ), touched as (
      select * from here where was <> will_be or (set_up_due and was_on <> will_be_on)
    ), elsewhere as (
      select t.user_id, bool_or(p.mode = 'everyone' or (p.mode = 'chosen' and m.required)) as must
      from touched t join memberships m on m.user_id = t.user_id and m.organization_id <> ${organizationId} and m.joined_at is not null and m.suspended_at is null
        join organizations o on o.id = m.organization_id and o.suspended_at is null
        join policies p on p.organization_id = m.organization_id and p.enabled
      group by t.user_id
    ), one as (
      select t.*, e.user_id is not null as is_on_elsewhere from touched t left join elsewhere e on e.user_id = t.user_id where not coalesce(e.must, false)
    ), setting_up as (
      select user_id, name from one
      where (will_be or (set_up_due and will_be_on)) and not was and not (set_up_due and (was_on or is_on_elsewhere))
        and not exists (select from authenticators a where a.user_id = one.user_id and a.retired_at is null)
    ), ruled as (
      select h.user_id, h.name, h.has_number, s.user_id is not null as sets_up,
        case when h.was_on then ${allowed} -> 'was' -> h.who end as was,
        case when h.will_be_on then ${allowed} -> 'draft' -> h.who end as kinds
      from here h left join setting_up s on s.user_id = h.user_id
    ), concerned as (
      select * from ruled where sets_up and ${isOfPhones}::boolean or was is distinct from kinds
    ), others as (
      select user_id, ${everywhere} as common, array_agg(kinds ->> 0) as firsts
      from (
        select c.user_id, ${allowed} -> m.organization_id::text -> ${keyOf('m')} as kinds
        from concerned c join memberships m on m.user_id = c.user_id and m.organization_id <> ${organizationId} and m.joined_at is not null and m.suspended_at is null
          join organizations o on o.id = m.organization_id and o.suspended_at is null
      ) elsewhere where kinds is not null group by user_id
    ), has as (
      select a.user_id, array_agg(a.kind) as kinds from authenticators a join concerned c on c.user_id = a.user_id
      where a.retired_at is null and a.kind = any (${knownMethods}) group by a.user_id
    ), left_with as (
      select c.user_id, c.name, c.has_number, c.sets_up, has.kinds as has, ${leftWith('was')} as was, ${leftWith('kinds')} as kinds
      from concerned c left join others e on e.user_id = c.user_id left join has on has.user_id = c.user_id
    ), judged as (
      select *, has is not null and not kinds ?| has and (was is null or was ?| has) as moves from left_with
    ), moving as (
      select user_id, name from judged where moves
    ), numberless as (
      select user_id, name from judged where (moves or sets_up) and not has_number and kinds <@ ${JSON.stringify(ofPhones)}::jsonb
    ), forgotten as (
      select m.user_id, u.name, d.id from memberships m join users u on u.id = m.user_id
        join remembered_devices d on d.user_id = u.id and d.epoch = u.device_epoch and d.expires_at > ${now}
      where m.organization_id = ${organizationId} and m.joined_at is not null and m.suspended_at is null and ${draft.enabled}::boolean
        and d.created_at + make_interval(days => case when ${draft.remembers}::text = 'users' and m.role <> 'user' then 0 else ${draft.rememberDays}::int end) <= ${now}
    ), devices_ending as (
      select user_id, name, count(*) as devices from forgotten group by user_id, name
    ), ending as (
      select who.user_id, who.name, count(*) as sessions from sessions s join (
          select user_id, name, null::uuid as device_id from one where will_be and not was
          union all select user_id, name, id from forgotten
        ) who on who.user_id = s.user_id and who.device_id is not distinct from s.device_id
      where s.last_seen_at > ${before(sessionLifetime.idleSeconds)} and s.started_at > ${before(sessionLifetime.overallSeconds)}
        and not exists (select from jsonb_array_elements(s.evidence) e where e ->> 'kind' <> 'password')
      group by who.user_id, who.name
    ), freed as (
      select user_id, name from one where was and not will_be
    )
    select ${group('setting_up', 'count(*)')} as "mustSetUp", ${group('moving', 'count(*)')} as "mustMove",
      ${group('numberless', 'count(*)')} as "withoutNumber", ${group('ending', 'coalesce(sum(sessions), 0)')} as "sessionsEnd",
      ${group('devices_ending', 'coalesce(sum(devices), 0)')} as "devicesEnd",
      ${group('freed', 'count(*)')} as "noLongerRequired"`.execute(db)
  const [preview] = rows
  if (!preview) throw new Error('A preview answers with one row.')
  return preview
}

/**
 * What the draft, the stored rules and those of all other organizations of these people allow: by rules, then by who it is for, the
 * methods. It is computed by {@link methodsFor} itself; there are few rules and many people. Looked up in an expression rather than
 * joined, because no planner knows how many rows come out of a join with it.
 */
async function allowedBy(db: Database, organizationId: string, draft: Policy): Promise<Rules> {
  const { rows: others } = await sql<PolicyRow & { readonly organization_id: string }>`
    select p.organization_id, ${sql.raw(policyColumns)} from policies p where p.enabled and p.organization_id in (
      select other.organization_id from memberships mine join memberships other on other.user_id = mine.user_id and other.organization_id <> mine.organization_id
      where mine.organization_id = ${organizationId})`.execute(db)
  const everybody = (['user', 'admin'] as const).flatMap((role) => ['', ...methods].map((method) => ({ role, method })))
  const byWhom = (policy: Policy) =>
    Object.fromEntries(
      everybody.map(({ role, method }) => [
        method + (role === 'user' ? '' : administers),
        methodsFor([{ policy, role, ...(method === '' ? {} : { method }) }]),
      ]),
    )
  return {
    was: byWhom(await findPolicy(db, organizationId)),
    draft: byWhom(draft),
    ...Object.fromEntries(others.map((row) => [row.organization_id, byWhom(policyOfRow(row))])),
  }
}

const administers = '+'
const knownMethods = sql`${sql.val([...methods])}::text[]`

/** Whom rules are for: the "Two Factor Type" of a membership, empty where there is none, and whether it administers something. */
const keyOf = (membership: string) => {
  const of = (column: string) => sql.ref(`${membership}.${column}`)
  return sql`(case when ${of('method')} = any (${knownMethods}) then ${of('method')} else '' end || case when ${of('role')} <> 'user' then ${administers}::text else '' end)`
}

/** The methods that all of somebody's other organizations allow. */
const everywhere = sql`array_remove(array[${sql.join(methods.map((kind) => sql`case when bool_and(kinds ? ${kind}::text) then ${kind}::text end`))}], null)`

/** What is left of the methods of this organization in view of the others; null where nobody has a say. As {@link methodsFor} has it. */
const leftWith = (own: 'was' | 'kinds') => {
  const kinds = sql.ref(`c.${own}`)
  const strongest = (of: RawBuilder<unknown>) =>
    sql`jsonb_build_array((${knownMethods})[(select min(array_position(${knownMethods}, kind)) from unnest(${of}) as f (kind))])`
  return sql`case when e.user_id is null then ${kinds}
    when ${kinds} is null then case when e.common = '{}' then ${strongest(sql`e.firsts`)} else to_jsonb(e.common) end
    when ${kinds} ?| e.common then (select jsonb_agg(kind) from jsonb_array_elements_text(${kinds}) as k (kind) where kind = any (e.common))
    else ${strongest(sql`e.firsts || (${kinds} ->> 0)`)} end`
}
