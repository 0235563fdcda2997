import { sql } from 'kysely'
import { phishingResistantKinds } from '#domain/assurance.ts'
import type { Json } from '#domain/json.ts'
import type { Policy, PolicyInForce } from '#domain/policy.ts'
import type { Database, Tables } from './tables.ts'

export interface StoredPolicy extends PolicyInForce {
  readonly version: number
}

/** The columns of a policy that a statement reads by name; `p` is its row. */
export const policyColumns = `p.enabled, p.mode, p.new_users_required, p.methods, p.default_method, p.may_change_method,
    p.passcode_timeout_minutes, p.remember_days, p.remembers, p.strict_totp, p.least_password_length,
    p.email_for_administrators, p.phishing_resistant, p.passwordless, p.shares_duo`

type DecidedRow = Omit<Tables['policies'], 'organization_id' | 'version' | 'weaker_accepted_by' | 'weaker_accepted_at' | 'shares_duo'>
export type PolicyRow = DecidedRow & { readonly shares_duo: boolean }

/** The same columns as a list of values, in the order of {@link policyColumns}. */
export type PolicyValues = readonly [
  enabled: boolean,
  mode: Policy['mode'],
  newUsersRequired: boolean,
  methods: readonly string[],
  defaultMethod: string,
  mayChangeMethod: boolean,
  passcodeTimeoutMinutes: number,
  rememberDays: number,
  remembers: Policy['remembers'],
  strictTotp: boolean,
  leastPasswordLength: number | null,
  emailForAdministrators: boolean,
  phishingResistant: Policy['phishingResistant'],
  passwordless: boolean,
  sharesDuo: boolean,
]

export function policyOfRow(row: PolicyRow): PolicyInForce {
  return {
    enabled: row.enabled,
    mode: row.mode,
    newUsersRequired: row.new_users_required,
    methods: row.methods,
    defaultMethod: row.default_method,
    mayChangeMethod: row.may_change_method,
    passcodeTimeoutMinutes: row.passcode_timeout_minutes,
    rememberDays: row.remember_days,
    remembers: row.remembers,
    strictTotp: row.strict_totp,
    leastPasswordLength: row.least_password_length,
    emailForAdministrators: row.email_for_administrators,
    phishingResistant: row.phishing_resistant,
    passwordless: row.passwordless,
    ...(row.shares_duo ? { isDuoShared: true } : {}),
  }
}

export function policyOfValues(values: PolicyValues): PolicyInForce {
  const [enabled, mode, newUsersRequired, methods, defaultMethod, mayChangeMethod] = values
  const [, , , , , , passcodeTimeoutMinutes, rememberDays, remembers, strictTotp, leastPasswordLength, ...rest] = values
  const [emailForAdministrators, phishingResistant, passwordless, sharesDuo] = rest
  return {
    enabled,
    mode,
    newUsersRequired,
    methods,
    defaultMethod,
    mayChangeMethod,
    passcodeTimeoutMinutes,
    rememberDays,
    remembers,
    strictTotp,
    leastPasswordLength,
    emailForAdministrators,
    phishingResistant,
    passwordless,
    ...(sharesDuo ? { isDuoShared: true } : {}),
  }
}

function rowOf(policy: Policy): DecidedRow {
  return {
    enabled: policy.enabled,
    mode: policy.mode,
    new_users_required: policy.newUsersRequired,
    methods: [...policy.methods],
    default_method: policy.defaultMethod,
    may_change_method: policy.mayChangeMethod,
    passcode_timeout_minutes: policy.passcodeTimeoutMinutes,
    remember_days: policy.rememberDays,
    remembers: policy.remembers,
    strict_totp: policy.strictTotp,
    least_password_length: policy.leastPasswordLength,
    email_for_administrators: policy.emailForAdministrators,
    phishing_resistant: policy.phishingResistant,
    passwordless: policy.passwordless,
  }
}

export async function addPolicy(db: Database, organizationId: string, policy: Policy): Promise<void> {
  await db
    .insertInto('policies')
    .values({ organization_id: organizationId, ...rowOf(policy), version: 1 })
    .execute()
}

export async function findPolicy(db: Database, organizationId: string): Promise<StoredPolicy> {
  const row = await db.selectFrom('policies').selectAll().where('organization_id', '=', organizationId).executeTakeFirstOrThrow()
  return { ...policyOfRow(row), version: row.version }
}

/** Stores a policy if it still has the version it was read with. @returns false when somebody was faster */
export async function changePolicy(db: Database, organizationId: string, policy: Policy, from: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('policies')
    .set({ ...rowOf(policy), version: from + 1 })
    .where('organization_id', '=', organizationId)
    .where('version', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Who accepted that weaker methods are allowed, and when. */
export interface Acceptance {
  readonly name: string
  readonly at: Date
}

/** The last acceptance of an organization; undefined where it allows none of the weaker methods. */
export async function findAcceptance(db: Database, organizationId: string): Promise<Acceptance | undefined> {
  return db
    .selectFrom('policies as p')
    .innerJoin('users as u', 'u.id', 'p.weaker_accepted_by')
    .select(['u.name', 'p.weaker_accepted_at as at'])
    .where('p.organization_id', '=', organizationId)
    .$narrowType<{ at: Date }>()
    .executeTakeFirst()
}

/** Keeps who accepted it, or, with nobody, that there is nothing accepted any more. */
export async function keepAcceptance(db: Database, organizationId: string, by: string | null, at: Date | null): Promise<void> {
  await db
    .updateTable('policies')
    .set({ weaker_accepted_by: by, weaker_accepted_at: at })
    .where('organization_id', '=', organizationId)
    .execute()
}

/** A change of what an organization keeps with a version, as it was written down. */
export interface VersionedChange {
  readonly by: string | null
  readonly from: Readonly<Record<string, Json>>
  readonly to: Readonly<Record<string, Json>>
}

/** The changes after a version, oldest first, out of the thousand newest events of the organization. */
export async function changesSince(
  db: Database,
  organizationId: string,
  action: 'policy.changed' | 'organization.look-changed',
  version: number,
): Promise<readonly VersionedChange[]> {
  const { rows } = await sql<VersionedChange>`
    select u.name as by, e.detail -> 'from' as from, e.detail -> 'to' as to
    from (select * from audit_events where organization_id = ${organizationId} order by id desc limit 1000) e left join users u on u.id = e.actor_id
    where e.action = ${action} and (e.detail ->> 'version')::int > ${version} order by (e.detail ->> 'version')::int`.execute(db)
  return rows
}

export interface Coverage {
  readonly total: number
  readonly secured: number
  readonly required: number
  readonly missing: number
}

/** Whether the member `m` has what no look-alike page can pass on. */
export const hasResistant = sql<boolean>`exists (
    select from authenticators a where a.user_id = m.user_id and a.retired_at is null and a.kind = any (${sql.val([...phishingResistantKinds])}::text[]))`

/**
 * How many people an organization has, the suspended left out, how many of them have an authenticator, and how many must. Whoever must use a
 * passkey has one, or counts as having none.
 */
export async function coverageOf(db: Database, organizationId: string): Promise<Coverage> {
  const { rows } = await sql<Coverage>`
    select count(*)::int as total,
      (count(*) filter (where secured))::int as secured,
      (count(*) filter (where must))::int as required,
      (count(*) filter (where must and not secured))::int as missing
    from (
      select m.joined_at is not null and m.enrolled and (not r.covers or ${hasResistant}) as secured,
        p.enabled and (r.covers or p.mode = 'everyone' or (p.mode = 'chosen' and m.required)) as must
      from policies p join memberships m on m.organization_id = p.organization_id
        cross join lateral (select p.enabled and (p.phishing_resistant = 'everyone' or (p.phishing_resistant = 'administrators' and m.role <> 'user')) as covers) r
      where p.organization_id = ${organizationId} and m.suspended_at is null
    ) one`.execute(db)
  return rows[0] ?? { total: 0, secured: 0, required: 0, missing: 0 }
}

/** Addresses of the members who have an authenticator: those whom a switched-off policy concerns. */
export async function securedMembers(
  db: Database,
  organizationId: string,
): Promise<readonly { readonly id: string; readonly email: string }[]> {
  return db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.id', 'u.email'])
    .where('m.organization_id', '=', organizationId)
    .where('m.joined_at', 'is not', null)
    .where('m.suspended_at', 'is', null)
    .where('m.enrolled', '=', true)
    .execute()
}
