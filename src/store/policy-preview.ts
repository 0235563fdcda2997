import { type RawBuilder, sql } from 'kysely'
import { phishingResistantKinds } from '#domain/assurance.ts'
import { methods } from '#domain/methods.ts'
import type { Policy } from '#domain/policy.ts'
import { sessionLifetime } from '#domain/session.ts'
import type { Database } from './tables.ts'

/** How many it is, and of the people behind them the first by name. */
export interface Group {
  readonly count: number
  readonly names: string[]
}

export interface Preview {
  readonly mustSetUp: Group
  readonly cannotSignIn: Group
  readonly sessionsEnd: Group
  readonly devicesEnd: Group
  readonly noLongerRequired: Group
}

const namesShown = 20

/**
 * What would be different for whom if an organization had this policy. People whom another of their organizations requires it
 * from anyway are left out, and so is whatever is so already.
 */
export async function previewPolicy(db: Database, now: Date, organizationId: string, draft: Policy): Promise<Preview> {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  // Nothing is kept of a hundred thousand people on the way: each question reads the index of the list once, in its order.
  const { rows } = await sql<Preview>`
    with ${settingUp(organizationId, draft)}, forgotten as (
      select m.user_id, m.listed_as, d.id from memberships m join users u on u.id = m.user_id
        join remembered_devices d on d.user_id = u.id and d.epoch = u.device_epoch and d.expires_at > ${now}
      where m.organization_id = ${organizationId} and m.joined_at is not null and m.suspended_at is null and ${draft.enabled}::boolean
        and d.created_at + make_interval(days => case when ${draft.remembers}::text = 'users' and m.role <> 'user' or ${covered(draft)} then 0 else ${draft.rememberDays}::int end) <= ${now}
    ), devices_ending as (
      select user_id, listed_as, count(*) as devices from forgotten group by user_id, listed_as
    ), living as not materialized (
      select * from sessions s where s.last_seen_at > ${before(sessionLifetime.idleSeconds)} and s.started_at > ${before(sessionLifetime.overallSeconds)}
    ), covered_anew as not materialized (
      select m.user_id, m.listed_as, m.enrolled from memberships m
      where m.organization_id = ${organizationId} and m.joined_at is not null and m.suspended_at is null and ${draft.enabled}::boolean and ${covered(draft)}
        and not exists (select from policies p where p.organization_id = m.organization_id and p.enabled
          and (p.phishing_resistant = 'everyone' or (p.phishing_resistant = 'administrators' and m.role <> 'user')))
    ), shut_out as not materialized (
      select c.user_id, c.listed_as from covered_anew c join users u on u.id = c.user_id
      where (c.enrolled or u.set_up_due or u.password_mailed)
        and not exists (select from authenticators a where a.user_id = c.user_id and a.kind = any (${resistant}) and a.retired_at is null)
    ), sessions_ending as (
      select who.user_id, who.listed_as, s.id from (
          select user_id, listed_as, null::uuid as device_id from here where will_be and not was and not must_elsewhere
          union all select user_id, listed_as, id from forgotten
        ) who join living s on s.user_id = who.user_id and s.device_id is not distinct from who.device_id
      where not exists (select from jsonb_array_elements(s.evidence) e where e ->> 'kind' <> 'password')
      union select c.user_id, c.listed_as, s.id from covered_anew c join living s on s.user_id = c.user_id
      where not exists (select from jsonb_array_elements(s.evidence) e where e ->> 'kind' = any (${resistant}))
    ), ending as (
      select user_id, listed_as, count(*) as sessions from sessions_ending group by user_id, listed_as
    ), freed as not materialized (
      select user_id, listed_as from here where was and not will_be and not must_elsewhere
    )
    select ${group('setting_up', 'count(*)')} as "mustSetUp", ${group('shut_out', 'count(*)')} as "cannotSignIn",
      ${group('ending', 'coalesce(sum(sessions), 0)')} as "sessionsEnd",
      ${group('devices_ending', 'coalesce(sum(devices), 0)')} as "devicesEnd",
      ${group('freed', 'count(*)')} as "noLongerRequired"`.execute(db)
  const [preview] = rows
  if (!preview) throw new Error('A preview answers with one row.')
  return preview
}

const resistant = sql`${sql.val([...phishingResistantKinds])}::text[]`

/** Whether a draft leaves the member `m` nothing weaker than a passkey. */
const covered = ({ phishingResistant }: Pick<Policy, 'phishingResistant'>) =>
  sql`(${phishingResistant}::text = 'everyone' or (${phishingResistant}::text = 'administrators' and m.role <> 'user'))`

/** A group out of the rows of one part of the statement, in the order of the list. */
export const group = (rows: string, count: string) =>
  sql.raw(`json_build_object('count', (select ${count}::int from ${rows}), 'names', (select coalesce(json_agg(u.name order by listed_as), '[]')
    from (select user_id, listed_as from ${rows} order by listed_as limit ${namesShown}) first join users u on u.id = first.user_id))`)

/**
 * Two parts of a statement: `here`, the members with what is and would be required of them, and `setting_up`, those of them who would set
 * up at their next sign-in. Members alone are asked what others require of them who belong elsewhere too.
 */
export function settingUp(organizationId: string, draft: Pick<Policy, 'enabled' | 'mode' | 'phishingResistant'>): RawBuilder<unknown> {
  // Only where somebody belongs elsewhere too, the others are asked for.
  const elsewhere = (asks: string) => sql`(m.elsewhere and exists (select from memberships other
      join organizations o on o.id = other.organization_id and o.suspended_at is null
      join policies p on p.organization_id = other.organization_id and p.enabled
    where other.user_id = m.user_id and other.organization_id <> ${organizationId} and other.joined_at is not null and other.suspended_at is null
      and ${sql.raw(asks)}))`
  return sql`rule as materialized (
      select enabled, mode, phishing_resistant from policies where organization_id = ${organizationId}
    ), here as not materialized (
      select m.user_id, m.listed_as, m.enrolled, ${keyOf('m')} as who, exists (select from users due where due.id = m.user_id and due.set_up_due) as set_up_due,
        (select enabled from rule) as was_on, ${draft.enabled}::boolean as will_be_on,
        (select enabled from rule) and ((select mode from rule) = 'everyone' or ((select mode from rule) = 'chosen' and m.required)
          or ((select phishing_resistant from rule) = 'administrators' and m.role <> 'user')) as was,
        ${draft.enabled}::boolean and (${draft.mode}::text = 'everyone' or (${draft.mode}::text = 'chosen' and m.required) or ${covered(draft)}) as will_be,
        ${elsewhere('true')} as is_on_elsewhere, ${elsewhere(`(p.mode = 'everyone' or (p.mode = 'chosen' and other.required))`)} as must_elsewhere
      from memberships m where m.organization_id = ${organizationId} and m.joined_at is not null and m.suspended_at is null
    ), setting_up as not materialized (
      select user_id, listed_as from here
      where (will_be or (set_up_due and will_be_on)) and not was and not enrolled and not (set_up_due and (was_on or is_on_elsewhere)) and not must_elsewhere
    )`
}

/** Added to a method for whoever administers something. */
export const administers = '+'
export const knownMethods = sql`${sql.val([...methods])}::text[]`

/** Whom rules are for: the "Two Factor Type" of a membership, empty where there is none, and whether it administers something. */
export const keyOf = (membership: string) => {
  const of = (column: string) => sql.ref(`${membership}.${column}`)
  return sql`(case when ${of('method')} = any (${knownMethods}) then ${of('method')} else '' end || case when ${of('role')} <> 'user' then ${administers}::text else '' end)`
}
