import { type RawBuilder, sql, type Updateable } from 'kysely'
import { isId, newId } from '#crypto/random.ts'
import { methods } from '#domain/methods.ts'
import type { Badge, Mode, PhishingResistant } from '#domain/policy.ts'
import type { Role } from '#domain/roles.ts'
import { hasResistant } from './policy.ts'
import { forgetDevices } from './remembered-devices.ts'
import { laneKeys } from './sign-in.ts'
import type { Database, Tables } from './tables.ts'

export interface Member {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly required: boolean
  readonly joinedAt: Date | null
  readonly suspendedAt: Date | null
  /** "Two Factor Type": a kind of factor, or null for the organization's default. */
  readonly method: string | null
  /** Kinds of authenticator that are bound, backup codes left out. */
  readonly kinds: readonly string[]
  /** E.164, and whether a code has proved it. */
  readonly phone: string | null
  readonly isPhoneVerified: boolean
  readonly isEnrolled: boolean
  /** The one-time pass that was issued for them last and not used: until when it is good, and whose word it has where it takes two. */
  readonly pass: { readonly expiresAt: Date; readonly issuedBy: string | null; readonly needsWord: boolean } | null
  readonly lastSignInAt: Date | null
  /** Whether the person also belongs to an organization that the one who looks has no administrative role over. */
  readonly isShared: boolean
  readonly policy: { readonly enabled: boolean; readonly mode: Mode; readonly phishingResistant: PhishingResistant }
  /** Where the person stands in the list of people. */
  readonly listedAs: string
}

interface MemberRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly required: boolean
  readonly joined_at: Date | null
  readonly suspended_at: Date | null
  readonly method: string | null
  readonly listed_as: string
  readonly enrolled: boolean
  readonly pass: { readonly expiresAt: string; readonly issuedBy: string | null; readonly needsWord: boolean } | null
  readonly kinds: string[]
  readonly phone: string | null
  readonly phone_verified_at: Date | null
  readonly last_sign_in_at: Date | null
  readonly shared: boolean
  readonly enabled: boolean
  readonly mode: Mode
  readonly phishing_resistant: PhishingResistant
}

/** Whoever has not accepted yet goes by the name they were invited as: what they are called elsewhere is not told. */
const shownName = sql`case when m.joined_at is null then m.invited_as else u.name end`

/** Whether the person `u` also belongs to an organization that somebody has no administrative role over. */
export const isSharedFor = (actorId: string) => sql<boolean>`exists (
    select from memberships other join organizations oo on oo.id = other.organization_id
    where other.user_id = u.id and other.joined_at is not null and not exists (
      select from memberships mine where mine.user_id = ${actorId} and mine.joined_at is not null and mine.suspended_at is null and mine.role <> 'user'
        and mine.organization_id in (oo.id, oo.parent_id)))`

const memberColumns = (actorId: string) => sql`
  u.id, u.email, ${shownName} as name, m.role, m.required, m.joined_at, m.suspended_at, m.method, m.listed_as, p.enabled, p.mode, p.phishing_resistant,
  m.joined_at is not null and m.enrolled as enrolled,
  case when m.joined_at is not null and u.one_time_pass is not null then jsonb_build_object(
    'expiresAt', u.one_time_pass ->> 'expiresAt', 'issuedBy', u.one_time_pass #>> '{agreed,issuedBy}',
    'needsWord', u.one_time_pass -> 'agreed' is not null and u.one_time_pass #> '{agreed,approvedBy}' is null) end as pass,
  case when m.joined_at is null then '{}' else array(
    select distinct a.kind from authenticators a where a.user_id = u.id and a.retired_at is null and a.kind = any (${sql.val([...methods])}::text[]) order by a.kind
  ) end as kinds, case when m.joined_at is not null then u.phone end as phone, u.phone_verified_at,
  case when m.joined_at is not null then (
    select e.at from audit_events e where e.subject_id = u.id and e.action = 'session.started' order by e.id desc limit 1) end as last_sign_in_at,
  ${isSharedFor(actorId)} as shared`

/** One member, locked against a change by somebody else until the transaction ends. */
export async function findMember(db: Database, organizationId: string, userId: string, actorId: string): Promise<Member | undefined> {
  const { rows } = await sql<MemberRow>`
    select ${memberColumns(actorId)} from memberships m join users u on u.id = m.user_id join policies p on p.organization_id = m.organization_id
    where m.organization_id = ${organizationId} and m.user_id = ${userId} for update of m`.execute(db)
  return rows[0] && toMember(rows[0])
}

/** What a list of people is narrowed by; all of it together. */
export interface MemberFilter {
  /** Part of the name as it is shown, or of the address. */
  readonly search?: string
  readonly status?: 'invited' | 'active' | 'suspended'
  readonly badge?: Badge
  readonly role?: Role
  /** A kind of authenticator that is bound. */
  readonly method?: string
}

const statuses = {
  invited: sql`m.joined_at is null`,
  active: sql`m.joined_at is not null and m.suspended_at is null`,
  suspended: sql`m.suspended_at is not null`,
} as const

const enrolled = sql`m.joined_at is not null and m.enrolled`
/** The policy is asked for once and not for each member, so that no plan can join it to a hundred thousand of them one by one. */
function badges(organizationId: string): Readonly<Record<Badge, RawBuilder<unknown>>> {
  const policy = (column: 'enabled' | 'mode' | 'phishing_resistant') =>
    sql`(select ${sql.ref(column)} from policies where organization_id = ${organizationId})`
  const must = sql`(${policy('mode')} = 'everyone' or (${policy('mode')} = 'chosen' and m.required)
    or (${policy('phishing_resistant')} = 'administrators' and m.role <> 'user'))`
  const covers = sql`(${policy('phishing_resistant')} = 'everyone' or (${policy('phishing_resistant')} = 'administrators' and m.role <> 'user'))`
  const secured = sql`(${enrolled} and (not ${covers} or ${hasResistant}))`
  return {
    'not-available': sql`not ${policy('enabled')}`,
    secured: sql`${policy('enabled')} and ${secured}`,
    required: sql`${policy('enabled')} and ${must} and not ${secured}`,
    'not-set-up': sql`${policy('enabled')} and not ${must} and not ${secured}`,
  }
}

/** Everything it asks stands in `memberships_listed`, but for the method, which is looked up by person. */
function matches(organizationId: string, { search, status, badge, role, method }: MemberFilter): RawBuilder<unknown> {
  const conditions = [
    sql`m.organization_id = ${organizationId}`,
    ...(search ? [sql`m.listed_as like lower(${`%${search.replace(/[\\%_]/g, '\\$&')}%`})`] : []),
    ...(status ? [statuses[status]] : []),
    ...(role ? [sql`m.role = ${role}`] : []),
    ...(badge ? [badges(organizationId)[badge]] : []),
    ...(method
      ? [
          sql`m.joined_at is not null and exists (
            select from authenticators a where a.user_id = m.user_id and a.retired_at is null and a.kind = ${method})`,
        ]
      : []),
  ]
  return sql.join(conditions, sql` and `)
}

/**
 * A page of members in the order of their names, after the one who is listed as `after`. The page is found in the index alone,
 * and only who is on it is looked up elsewhere.
 */
export async function listMembers(
  db: Database,
  organizationId: string,
  actorId: string,
  filter: MemberFilter,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<readonly Member[]> {
  const { rows } = await sql<MemberRow>`
    select ${memberColumns(actorId)} from (
      select m.user_id from memberships m
      where ${matches(organizationId, filter)} ${after === undefined ? sql`` : sql`and m.listed_as > ${after}`}
      order by m.listed_as limit ${limit}
    ) page join memberships m on m.organization_id = ${organizationId} and m.user_id = page.user_id
      join users u on u.id = m.user_id join policies p on p.organization_id = m.organization_id
    order by m.listed_as`.execute(db)
  return rows.map(toMember)
}

/** How many members there are on all pages together. */
export async function countMembers(db: Database, organizationId: string, filter: MemberFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from memberships m where ${matches(organizationId, filter)}`.execute(db)
  return rows[0]?.total ?? 0
}

function toMember(row: MemberRow): Member {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    required: row.required,
    joinedAt: row.joined_at,
    suspendedAt: row.suspended_at,
    method: row.method,
    kinds: row.kinds,
    phone: row.phone,
    isPhoneVerified: row.phone_verified_at !== null,
    isEnrolled: row.enrolled,
    pass: row.pass && { ...row.pass, expiresAt: new Date(row.pass.expiresAt) },
    lastSignInAt: row.last_sign_in_at,
    isShared: row.shared,
    policy: { enabled: row.enabled, mode: row.mode, phishingResistant: row.phishing_resistant },
    listedAs: row.listed_as,
  }
}

/** The person with this address, made if there is none yet. */
export async function findOrAddUser(
  db: Database,
  now: Date,
  { email, name }: { readonly email: string; readonly name: string },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into users (id, email, name, created_at) values (${newId(now)}, ${email}, ${name}, ${now})
    on conflict (email) do update set email = excluded.email returning id`.execute(db)
  const id = rows[0]?.id
  if (id === undefined) throw new Error('An upsert answers with one row.')
  return id
}

/** @returns false when the person is a member already */
export async function addMembership(
  db: Database,
  now: Date,
  membership: {
    readonly organizationId: string
    readonly userId: string
    readonly role: Role
    readonly required: boolean
    readonly name: string
    readonly hasJoined: boolean
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('memberships')
    .values({
      organization_id: membership.organizationId,
      user_id: membership.userId,
      role: membership.role,
      required: membership.required,
      invited_as: membership.name,
      invited_at: now,
      joined_at: membership.hasJoined ? now : null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The person has shown that they read the mail of this address; without effect where it is not theirs any more. */
export async function proveEmail(db: Database, userId: string, email: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ email_verified: true })
    .where('id', '=', userId)
    .where('email', '=', email)
    .where('email_verified', '=', false)
    .execute()
}

/** Accepts a membership. @returns false when it is not open any more */
export async function join(db: Database, now: Date, organizationId: string, userId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('memberships')
    .set({ joined_at: now })
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('joined_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function changeMembership(
  db: Database,
  organizationId: string,
  userId: string,
  change: Updateable<Pick<Tables['memberships'], 'role' | 'required' | 'method' | 'invited_as' | 'suspended_at'>>,
): Promise<void> {
  await db.updateTable('memberships').set(change).where('organization_id', '=', organizationId).where('user_id', '=', userId).execute()
}

/** The audit stays, and so does the person. */
export async function removeMembership(db: Database, organizationId: string, userId: string): Promise<void> {
  await db.deleteFrom('memberships').where('organization_id', '=', organizationId).where('user_id', '=', userId).execute()
}

export async function renameUser(db: Database, userId: string, name: string): Promise<void> {
  await db.updateTable('users').set({ name }).where('id', '=', userId).execute()
}

/** Role changes of one organization happen one after another; whoever comes second acts with the role they then have. */
export async function lockRoles(db: Database, organizationId: string): Promise<void> {
  if (isId(organizationId)) await db.selectFrom('organizations').select('id').where('id', '=', organizationId).forNoKeyUpdate().execute()
}

/** How many others could still change the policy here if this person could not. Locks them, so that two cannot leave at once. */
export async function otherSecurityAdmins(db: Database, organizationId: string, userId: string): Promise<number> {
  const rows = await db
    .selectFrom('memberships')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '<>', userId)
    .where('role', 'in', ['owner', 'security-admin'])
    .where('joined_at', 'is not', null)
    .where('suspended_at', 'is', null)
    .forUpdate()
    .execute()
  return rows.length
}

/**
 * Sets a password, forgets the remembered devices, and forgives the wrong answers in the lanes named: wrong codes count since the
 * password was last changed.
 *
 * A one-time pass ends with the password that it was issued beside.
 *
 * @param from the hash that must still be stored, where the present password was asked, or null where there must be none yet; false
 *   when it is another by now
 * @param isMailed whether it is set through a mailed link; false where a second step proved who sets it; as it was when absent
 */
export async function setPassword(
  db: Database,
  userId: string,
  hash: string,
  lanes: readonly string[],
  from?: string | null,
  isMailed?: boolean,
): Promise<boolean> {
  let query = db
    .updateTable('users')
    .set({
      password_hash: hash,
      one_time_pass: null,
      ...(isMailed === undefined ? {} : { password_mailed: isMailed }),
      ...(isMailed === true ? { email_verified: true } : {}),
    })
    .where('id', '=', userId)
  if (from === null) query = query.where('password_hash', 'is', null)
  else if (from !== undefined) query = query.where('password_hash', '=', from)
  const { numUpdatedRows } = await query.executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await forgetDevices(db, userId)
  await db
    .deleteFrom('throttles')
    .where('key', 'in', [laneKeys.codesOf(userId), ...lanes])
    .execute()
  return true
}

/** Retires all that one person has bound, as {@link retireAll} does, and says how many there were. */
export async function retireAuthenticators(db: Database, now: Date, userId: string, setUpDue: boolean): Promise<number> {
  await lockPeople(db, [userId])
  return (await retireAll(db, now, [userId], { setUpDue })).get(userId)?.authenticators ?? 0
}

/** Locks people against every other change of a factor or a password until the transaction ends, in one order for all. */
export async function lockPeople(db: Database, userIds: readonly string[]): Promise<void> {
  await sql`select from users where id = any(${[...userIds]}::uuid[]) order by id for no key update`.execute(db)
}

/** What was taken from one person. */
export interface Retired {
  readonly authenticators: number
  readonly devices: number
}

/**
 * Retires all that these people have bound: the one way for one person and for a whole organization. With `setUpDue` they set up again
 * at the next sign-in. Remembered devices are forgotten with it. The people must be locked: {@link lockPeople}.
 *
 * @param by the reset of an organization that it belongs to, which can bring them back
 */
export async function retireAll(
  db: Database,
  now: Date,
  userIds: readonly string[],
  { setUpDue, by = null }: { readonly setUpDue: boolean; readonly by?: string | null },
): Promise<ReadonlyMap<string, Retired>> {
  const whose = sql`${[...userIds]}::uuid[]`
  const retired = await sql<{ user_id: string }>`
    update authenticators set retired_at = ${now}, retired_by = ${by}::uuid where user_id = any(${whose}) and retired_at is null
    returning user_id`.execute(db)
  await sql`update users set set_up_due = ${setUpDue}, one_time_pass = null, device_epoch = device_epoch + 1 where id = any(${whose})`.execute(
    db,
  )
  const forgotten = await sql<{ user_id: string }>`delete from remembered_devices where user_id = any(${whose}) returning user_id`.execute(
    db,
  )
  const countOf = (rows: readonly { readonly user_id: string }[]) => {
    const counts = new Map<string, number>()
    for (const { user_id } of rows) counts.set(user_id, (counts.get(user_id) ?? 0) + 1)
    return (userId: string) => counts.get(userId) ?? 0
  }
  const [authenticators, devices] = [countOf(retired.rows), countOf(forgotten.rows)]
  return new Map(userIds.map((id) => [id, { authenticators: authenticators(id), devices: devices(id) }]))
}

/** What a page about a link may say of the person behind it. */
export async function findInvited(db: Database, organizationId: string, userId: string) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .innerJoin('policies as p', 'p.organization_id', 'm.organization_id')
    .select([
      'u.email',
      'm.invited_as as name',
      'o.name as organization',
      'u.password_hash as passwordHash',
      'm.required',
      'm.role',
      'p.enabled',
      'p.mode',
      'p.least_password_length as leastPasswordLength',
    ])
    .where('m.organization_id', '=', organizationId)
    .where('m.user_id', '=', userId)
    .where('m.joined_at', 'is', null)
    .where('o.suspended_at', 'is', null)
    .executeTakeFirst()
}
