import { type RawBuilder, sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import {
  type LeftAlone,
  proposalLifetimeSeconds,
  type ResetRules,
  type ResetState,
  startingResetRules,
} from '#domain/organization-reset.ts'
import { sessionLifetime } from '#domain/session.ts'
import { isSharedFor } from './people.ts'
import type { Group } from './policy-preview.ts'
import type { Origin } from './settlement.ts'
import type { Database } from './tables.ts'

/** The reset of an organization, as its work needs it. */
export interface OrganizationReset {
  readonly id: string
  readonly organizationId: string
  readonly organization: string
  readonly state: ResetState
  readonly proposedBy: string
  readonly proposer: string
  readonly asked: readonly string[]
  readonly expiresAt: Date | null
  readonly undoMinutes: number
  readonly undoUntil: Date | null
  readonly startedBy: string | null
  readonly startedAt: Date | null
  readonly endedBy: string | null
  /** Where it was started from, for the audit of what follows from it. */
  readonly origin: Origin
}

// ---- the rules

export async function findResetRules(db: Database, organizationId: string): Promise<ResetRules> {
  const row = await db
    .selectFrom('reset_rules')
    .select(['needs_approval as needsApproval', 'lapses_at as lapsesAt', 'undo_minutes as undoMinutes'])
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  return row ?? startingResetRules
}

/** The same, held against a change until the transaction ends; of two changes at once the second sees the first. */
export async function lockResetRules(db: Database, organizationId: string): Promise<ResetRules> {
  const { needsApproval, lapsesAt, undoMinutes } = startingResetRules
  await db
    .insertInto('reset_rules')
    .values({ organization_id: organizationId, needs_approval: needsApproval, lapses_at: lapsesAt, undo_minutes: undoMinutes })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await db.selectFrom('reset_rules').select('organization_id').where('organization_id', '=', organizationId).forUpdate().execute()
  return findResetRules(db, organizationId)
}

export async function storeResetRules(
  db: Database,
  organizationId: string,
  { needsApproval, lapsesAt, undoMinutes }: ResetRules,
): Promise<void> {
  await db
    .updateTable('reset_rules')
    .set({ needs_approval: needsApproval, lapses_at: lapsesAt, undo_minutes: undoMinutes })
    .where('organization_id', '=', organizationId)
    .execute()
}

/** Everybody who may reset this organization: its Security Admins, and for a site those of the provider above, owners included. */
export async function resettersOf(
  db: Database,
  organizationId: string,
): Promise<readonly { readonly id: string; readonly email: string }[]> {
  const { rows } = await sql<{ id: string; email: string }>`
    select distinct u.id, u.email from organizations o join memberships m on m.organization_id in (o.id, o.parent_id) join users u on u.id = m.user_id
    where o.id = ${organizationId} and m.role in ('owner', 'security-admin') and m.joined_at is not null and m.suspended_at is null
      and (o.suspended_at is null or m.organization_id = o.parent_id)
    order by u.id`.execute(db)
  return rows
}

// ---- whom it reaches

/** Whose decision it is, in what standing, and whose click begins it: who begins it stays as they are, to see it through. */
export interface Reach {
  readonly organizationId: string
  readonly by: string
  readonly isOwner: boolean
  readonly except: string
}

/** Everybody here who has an authenticator, with the reason for those who are left alone. */
const candidates = ({ organizationId, by, isOwner, except }: Reach): RawBuilder<unknown> => sql`
  select m.user_id, u.name, u.password_mailed, case
      when m.user_id = ${except} then 'yourself'
      when m.role = 'owner' and not ${isOwner}::boolean then 'above'
      when ${isSharedFor(by)} then 'elsewhere'
    end as reason
  from memberships m join users u on u.id = m.user_id
  where m.organization_id = ${organizationId} and m.joined_at is not null
    and exists (select from authenticators a where a.user_id = m.user_id and a.retired_at is null)`

export interface ResetPreview {
  /** Who loses their authenticators. */
  readonly people: Group
  /** How many of them have an authenticator of each kind. */
  readonly kinds: readonly { readonly kind: string; readonly people: number }[]
  readonly sessions: number
  readonly devices: number
  /** Whose password was last set by a mailed link: a mailed code does not open the set-up to them. */
  readonly mailedPasswords: number
  readonly leftAlone: { readonly count: number; readonly people: readonly { readonly name: string; readonly reason: LeftAlone }[] }
  /** Members without an authenticator, whom nothing happens to. */
  readonly without: number
}

const namesShown = 20

/** Who would be reset now, and what would end. Nothing is stored. */
export async function previewReset(db: Database, now: Date, reach: Reach): Promise<ResetPreview> {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  const { rows } = await sql<ResetPreview>`
    with one as materialized (${candidates(reach)}), reached as (select * from one where reason is null), left_alone as (select * from one where reason is not null)
    select json_build_object('count', (select count(*)::int from reached), 'names', (select coalesce(json_agg(name), '[]')
        from (select name from reached order by lower(name), user_id limit ${namesShown}) first)) as people,
      (select coalesce(json_agg(json_build_object('kind', kind, 'people', people) order by people desc, kind), '[]') from (
        select a.kind, count(distinct a.user_id)::int as people from reached r join authenticators a on a.user_id = r.user_id and a.retired_at is null
        group by a.kind) k) as kinds,
      (select count(*)::int from reached r join sessions s on s.user_id = r.user_id
        where s.last_seen_at > ${before(sessionLifetime.idleSeconds)} and s.started_at > ${before(sessionLifetime.overallSeconds)}) as sessions,
      (select count(*)::int from reached r join users u on u.id = r.user_id join remembered_devices d
        on d.user_id = u.id and d.epoch = u.device_epoch and d.expires_at > ${now}) as devices,
      (select count(*)::int from reached where password_mailed) as "mailedPasswords",
      json_build_object('count', (select count(*)::int from left_alone), 'people', (
        select coalesce(json_agg(json_build_object('name', name, 'reason', reason)), '[]')
        from (select name, reason from left_alone order by lower(name), user_id limit ${namesShown}) first)) as "leftAlone",
      (select count(*)::int from memberships m where m.organization_id = ${reach.organizationId} and m.joined_at is not null
        and not exists (select from authenticators a where a.user_id = m.user_id and a.retired_at is null)) as without`.execute(db)
  const [preview] = rows
  if (!preview) throw new Error('A preview answers with one row.')
  return preview
}

// ---- how one begins

interface Beginning extends Reach {
  readonly undoMinutes: number
  readonly origin: Origin
  /** Whom a proposal waits for; without it the reset runs at once. */
  readonly asked?: readonly string[]
}

/** Adds a proposal, or a reset that runs from now on. @returns undefined when another one is open in this organization */
export async function addReset(db: Database, now: Date, { asked, ...beginning }: Beginning): Promise<string | undefined> {
  const id = newId(now)
  const runs = asked === undefined
  const added = await db
    .insertInto('resets')
    .values({
      id,
      organization_id: beginning.organizationId,
      state: runs ? 'running' : 'proposed',
      proposed_by: beginning.by,
      proposed_at: now,
      expires_at: runs ? null : new Date(now.getTime() + proposalLifetimeSeconds * 1000),
      asked: [...(asked ?? [])],
      started_by: runs ? beginning.by : null,
      started_at: runs ? now : null,
      undo_minutes: beginning.undoMinutes,
      address: beginning.origin.address,
      request_id: beginning.origin.requestId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n ? id : undefined
}

/** A proposal begins to run, once: only by somebody who was asked, and in its time. */
export async function approveReset(db: Database, now: Date, organizationId: string, resetId: string, userId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('resets')
    .set({ state: 'running', started_by: userId, started_at: now })
    .where('id', '=', resetId)
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'proposed')
    .where('expires_at', '>', now)
    .where('proposed_by', '<>', userId)
    .where(sql<boolean>`${userId}::uuid = any(asked)`)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Writes down who is to be reset, and who is left alone and why. @returns how many are to be reset */
export async function enlist(db: Database, now: Date, resetId: string, reach: Reach): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    with enlisted as (
      insert into reset_people (reset_id, user_id, outcome, reason, done_at)
      select ${resetId}, user_id, case when reason is not null then 'left-alone' end, reason, case when reason is not null then ${now}::timestamptz end
      from (${candidates(reach)}) one
      returning outcome
    ) select (count(*) filter (where outcome is null))::int as people from enlisted`.execute(db)
  return rows[0]?.people ?? 0
}

/** Everybody whose turn is still to come. */
export async function enlistedIn(db: Database, resetId: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('reset_people').select('user_id').where('reset_id', '=', resetId).where('outcome', 'is', null).execute()
  return new Set(rows.map((row) => row.user_id))
}

// ---- how one goes on and ends

const resetColumns = sql`
  r.id, r.organization_id as "organizationId", o.name as organization, r.state, r.proposed_by as "proposedBy", p.name as proposer, r.asked,
  r.expires_at as "expiresAt", r.undo_minutes as "undoMinutes", r.undo_until as "undoUntil", r.started_by as "startedBy", r.started_at as "startedAt",
  r.ended_by as "endedBy", json_build_object('address', r.address, 'requestId', r.request_id) as origin`
const resetTables = sql`resets r join organizations o on o.id = r.organization_id join users p on p.id = r.proposed_by`

export async function findReset(db: Database, organizationId: string, resetId: string): Promise<OrganizationReset | undefined> {
  const { rows } = await sql<OrganizationReset>`
    select ${resetColumns} from ${resetTables} where r.id = ${resetId} and r.organization_id = ${organizationId}`.execute(db)
  return rows[0]
}

/** Everything that somebody may have to do something about now. */
export async function resetsAtWork(db: Database, now: Date): Promise<readonly OrganizationReset[]> {
  const { rows } = await sql<OrganizationReset>`
    select ${resetColumns} from ${resetTables}
    where (r.state in ('proposed', 'running', 'taking-back', 'done') or (r.state in ('closed', 'taken-back') and r.erased_at is null))
      and (r.state <> 'proposed' or r.expires_at <= ${now}) and (r.state <> 'done' or r.undo_until <= ${now})
    order by r.id`.execute(db)
  return rows
}

/** Takes a reset from one state to another, if it is still there. The row decides, whoever else wants the same or the opposite. */
export async function moveReset(
  db: Database,
  now: Date,
  resetId: string,
  from: 'proposed' | 'done',
  to: 'withdrawn' | 'expired' | 'closed',
  by?: string,
): Promise<boolean> {
  const isOver =
    to === 'expired' ? sql<boolean>`expires_at <= ${now}` : to === 'closed' ? sql<boolean>`undo_until <= ${now}` : sql<boolean>`true`
  const { numUpdatedRows } = await db
    .updateTable('resets')
    .set({ state: to, ...(to === 'closed' ? {} : { ended_at: now }), ...(by === undefined ? {} : { ended_by: by }) })
    .where('id', '=', resetId)
    .where('state', '=', from)
    .where(isOver)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** All are done: from now on the window runs. @returns the figures of the whole, once, to whoever came first */
export async function finishReset(db: Database, now: Date, resetId: string): Promise<Readonly<Record<string, number>> | undefined> {
  const { numAffectedRows } = await sql`
    update resets set state = 'done', finished_at = ${now}, undo_until = ${now}::timestamptz + make_interval(mins => undo_minutes)
    where id = ${resetId} and state = 'running' and not exists (select from reset_people where reset_id = ${resetId} and outcome is null)`.execute(
    db,
  )
  if (numAffectedRows !== 1n) return undefined
  const { rows } = await sql<Record<string, number>>`
    select (count(*) filter (where outcome = 'reset'))::int as people, sum(authenticators)::int as authenticators, sum(sessions)::int as sessions,
      sum(devices)::int as devices, (count(*) filter (where outcome = 'left-alone'))::int as "leftAlone"
    from reset_people where reset_id = ${resetId}`.execute(db)
  return rows[0]
}

/**
 * Begins to take a reset back, once, while it runs or while its window is open. Batches on their way are waited for; whoever had not had
 * their turn is spared.
 */
export async function beginTakeBack(db: Database, now: Date, organizationId: string, resetId: string, userId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update resets set state = 'taking-back', ended_by = ${userId}, ended_at = ${now}
    where id = ${resetId} and organization_id = ${organizationId} and undo_minutes > 0
      and (state = 'running' or (state = 'done' and undo_until > ${now}))
      and not exists (select from resets other where other.organization_id = ${organizationId} and other.id <> ${resetId}
        and other.state in ('proposed', 'running', 'taking-back'))`.execute(db)
  if (numAffectedRows !== 1n) return false
  await db
    .updateTable('reset_people')
    .set({ outcome: 'spared', done_at: now })
    .where('reset_id', '=', resetId)
    .where('outcome', 'is', null)
    .execute()
  return true
}

/** Everybody was looked at. @returns how many got theirs back and how many had set up anew, once, to whoever came first */
export async function finishTakeBack(db: Database, resetId: string): Promise<Readonly<Record<string, number>> | undefined> {
  const { numAffectedRows } = await sql`
    update resets set state = 'taken-back'
    where id = ${resetId} and state = 'taking-back' and not exists (select from reset_people where reset_id = ${resetId} and outcome = 'reset')`.execute(
    db,
  )
  if (numAffectedRows !== 1n) return undefined
  const { rows } = await sql<Record<string, number>>`
    select (count(*) filter (where outcome = 'restored'))::int as people, (count(*) filter (where outcome = 'kept'))::int as kept
    from reset_people where reset_id = ${resetId}`.execute(db)
  return rows[0]
}

/** Erases secrets that can no longer come back by this reset, so many at most. @returns how many there were */
export async function eraseSecrets(db: Database, resetId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update authenticators set secret_sealed = '', hashes = '{}', used_hashes = '{}' where id in (
      select a.id from authenticators a join resets r on r.id = a.retired_by
      where a.retired_by = ${resetId} and r.state in ('closed', 'taken-back') and (a.secret_sealed <> '' or a.hashes <> '{}' or a.used_hashes <> '{}') limit ${limit} for update of a skip locked)`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}

export async function noteErased(db: Database, now: Date, resetId: string): Promise<void> {
  await sql`update resets set erased_at = ${now} where id = ${resetId} and erased_at is null and state in ('closed', 'taken-back')
    and not exists (select from authenticators where retired_by = ${resetId} and (secret_sealed <> '' or hashes <> '{}' or used_hashes <> '{}'))`.execute(
    db,
  )
}
