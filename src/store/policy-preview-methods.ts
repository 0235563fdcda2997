import { type RawBuilder, sql } from 'kysely'
import { methods } from '#domain/methods.ts'
import { methodsFor, type Policy, type PolicyInForce } from '#domain/policy.ts'
import { findPolicy, type PolicyRow, policyColumns, policyOfRow } from './policy.ts'
import { administers, type Group, group, keyOf, knownMethods, settingUp } from './policy-preview.ts'
import type { Database } from './tables.ts'

export interface MethodsPreview {
  readonly mustMove: Group
  readonly withoutNumber: Group
}

/** Methods that need a number. */
const ofPhones: readonly string[] = ['sms', 'voice']

const nobody: Group = { count: 0, names: [] }

/** Who would have to move to another method under this policy, and who of those that set one up has no number for it. */
export async function previewMethods(db: Database, organizationId: string, draft: Policy): Promise<MethodsPreview> {
  const stored = await findPolicy(db, organizationId)
  const shared = stored.isDuoShared === true ? { isDuoShared: true } : {}
  const [was, will] = [rulesOf('was', stored), rulesOf('draft', { ...draft, ...shared })]
  const isSame = stored.enabled === draft.enabled && JSON.stringify(Object.values(was)) === JSON.stringify(Object.values(will))
  // Whoever may use something stronger here is left with it, whatever the others say; so nobody lacks a number, and nobody moves.
  if (isSame && !Object.values(will).some(asksForNumber)) return { mustMove: nobody, withoutNumber: nobody }
  const given = { ...was, ...will, ...(await allowedElsewhere(db, organizationId)) }
  const isOfPhones = Object.values(given).some(asksForNumber)
  // Read out of the text once, and not for each person.
  const allowed = sql`(select rules from given)`
  const { rows } = await sql<MethodsPreview>`
    with ${settingUp(organizationId, draft)}, given as materialized (
      select ${JSON.stringify(given)}::jsonb as rules
    ), ruled as (
      select h.user_id, h.listed_as, u.phone_verified_at is not null as has_number, s.user_id is not null as sets_up,
        case when h.was_on then ${allowed} -> 'was' -> h.who end as was,
        case when h.will_be_on then ${allowed} -> 'draft' -> h.who end as kinds,
        case when h.was_on then ${allowed} -> 'was beside others' -> h.who end as was_beside,
        case when h.will_be_on then ${allowed} -> 'draft beside others' -> h.who end as kinds_beside
      from here h join users u on u.id = h.user_id left join setting_up s on s.user_id = h.user_id
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
      select c.user_id, c.listed_as, c.has_number, c.sets_up, has.kinds as has, ${leftWith('was')} as was, ${leftWith('kinds')} as kinds
      from concerned c left join others e on e.user_id = c.user_id left join has on has.user_id = c.user_id
    ), judged as (
      select *, has is not null and not kinds ?| has and (was is null or was ?| has) as moves from left_with
    ), moving as (
      select user_id, listed_as from judged where moves
    ), numberless as (
      select user_id, listed_as from judged where (moves or sets_up) and not has_number and kinds <@ ${JSON.stringify(ofPhones)}::jsonb
    )
    select ${group('moving', 'count(*)')} as "mustMove", ${group('numberless', 'count(*)')} as "withoutNumber"`.execute(db)
  const [preview] = rows
  if (!preview) throw new Error('A preview answers with one row.')
  return preview
}

type AllowedTo = Readonly<Record<string, readonly string[]>>

const asksForNumber = (allowed: AllowedTo) => Object.values(allowed).some((kinds) => kinds.some((kind) => ofPhones.includes(kind)))

/** The methods that a policy allows, by who it is for. It is computed by {@link methodsFor} itself. */
function allowedTo(policy: PolicyInForce, isOne = true): AllowedTo {
  const everybody = (['user', 'admin'] as const).flatMap((role) => ['', ...methods].map((method) => ({ role, method })))
  return Object.fromEntries(
    everybody.map(({ role, method }) => {
      const one = { policy, role, ...(method === '' ? {} : { method }) }
      // Beside another organization, what the own service of this one judges is left out: twice the same asks for that.
      return [method + (role === 'user' ? '' : administers), methodsFor(isOne ? [one] : [one, one])]
    }),
  )
}

const rulesOf = (name: string, policy: PolicyInForce) => ({
  [name]: allowedTo(policy),
  [`${name} beside others`]: allowedTo(policy, false),
})

/**
 * What all other organizations of these people allow, by organization. There are few rules and many people; they are looked up in an
 * expression rather than joined, because no planner knows how many rows come out of a join with them.
 */
async function allowedElsewhere(db: Database, organizationId: string): Promise<Readonly<Record<string, AllowedTo>>> {
  const { rows: others } = await sql<PolicyRow & { readonly organization_id: string }>`
    select p.organization_id, ${sql.raw(policyColumns)} from policies p where p.enabled and p.organization_id in (
      select other.organization_id from memberships mine join memberships other on other.user_id = mine.user_id and other.organization_id <> mine.organization_id
      where mine.organization_id = ${organizationId} and mine.elsewhere)`.execute(db)
  return Object.fromEntries(others.map((row) => [row.organization_id, allowedTo(policyOfRow(row), false)]))
}

/** The methods that all of somebody's other organizations allow. */
const everywhere = sql`array_remove(array[${sql.join(methods.map((kind) => sql`case when bool_and(kinds ? ${kind}::text) then ${kind}::text end`))}], null)`

/** What is left of the methods of this organization in view of the others; null where nobody has a say. As {@link methodsFor} has it. */
const leftWith = (own: 'was' | 'kinds') => {
  const alone = sql.ref(`c.${own}`)
  const kinds = sql.ref(`c.${own}_beside`)
  const strongest = (of: RawBuilder<unknown>) =>
    sql`jsonb_build_array((${knownMethods})[(select min(array_position(${knownMethods}, kind)) from unnest(${of}) as f (kind))])`
  return sql`case when e.user_id is null then ${alone}
    when ${kinds} is null then case when e.common = '{}' then ${strongest(sql`e.firsts`)} else to_jsonb(e.common) end
    when ${kinds} ?| e.common then (select jsonb_agg(kind) from jsonb_array_elements_text(${kinds}) as k (kind) where kind = any (e.common))
    else ${strongest(sql`e.firsts || (${kinds} ->> 0)`)} end`
}
