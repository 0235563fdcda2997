import { sql } from 'kysely'
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
  const group = (rows: string, count: string) =>
    sql.raw(`json_build_object('count', (select ${count}::int from ${rows}), 'names', (select coalesce(json_agg(name order by lower(name), user_id), '[]')
      from (select name, user_id from ${rows} order by lower(name), user_id limit ${namesShown}) first))`)
  const { rows } = await sql<Preview>`
    with here as (
      select m.user_id, u.name, u.set_up_due, p.enabled as was_on, ${draft.enabled}::boolean as will_be_on,
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
    select ${group('setting_up', 'count(*)')} as "mustSetUp", ${group('ending', 'coalesce(sum(sessions), 0)')} as "sessionsEnd",
      ${group('devices_ending', 'coalesce(sum(devices), 0)')} as "devicesEnd",
      ${group('freed', 'count(*)')} as "noLongerRequired"`.execute(db)
  const [preview] = rows
  if (!preview) throw new Error('A preview answers with one row.')
  return preview
}
