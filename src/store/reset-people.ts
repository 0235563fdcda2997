import { type RawBuilder, sql } from 'kysely'
import type { LeftAlone, ResetOutcome, ResetState } from '#domain/organization-reset.ts'
import type { Database } from './tables.ts'

/** Somebody whose turn it is in the reset of an organization. */
export interface Enlisted {
  readonly id: string
  readonly email: string
}

/**
 * Locks the next people of a reset, and with each the person's own row, so that nothing about their factors changes meanwhile. Whoever
 * is locked elsewhere at this moment has their turn later. Nobody waits long for a lock here: a person who signs in goes first.
 *
 * @returns undefined when the reset is in another state by now
 */
export async function takeTurns(
  db: Database,
  resetId: string,
  state: ResetState & ('running' | 'taking-back'),
  limit: number,
): Promise<readonly Enlisted[] | undefined> {
  const { rows: found } = await sql`
    select set_config('lock_timeout', '100ms', true) from resets where id = ${resetId} and state = ${state} for share`.execute(db)
  if (found.length === 0) return undefined
  const isNext = state === 'running' ? sql`p.outcome is null` : sql`p.outcome = 'reset'`
  const { rows } = await sql<Enlisted>`
    select p.user_id as id, u.email from reset_people p join users u on u.id = p.user_id
    where p.reset_id = ${resetId} and ${isNext} order by p.user_id limit ${limit}
    for update of p skip locked for no key update of u skip locked`.execute(db)
  return rows
}

/** Whether a transaction gave way to somebody who held a lock that it needed, and may be tried again. */
export function gaveWay(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01')
}

const ids = (people: readonly { readonly id: string }[]) => sql`${people.map(({ id }) => id)}::uuid[]`

/** Who of them still has something to lose, still belongs here, and has joined nothing else since the reset began. */
export async function stillReached(db: Database, resetId: string, people: readonly Enlisted[]): Promise<readonly Enlisted[]> {
  return chosen(
    db,
    people,
    sql`select m.user_id from resets r join memberships m on m.organization_id = r.organization_id
    where r.id = ${resetId} and m.user_id = any(${ids(people)}) and m.joined_at is not null
      and exists (select from authenticators a where a.user_id = m.user_id and a.retired_at is null)
      and not exists (select from memberships other where other.user_id = m.user_id and other.organization_id <> r.organization_id
        and other.joined_at > r.started_at)`,
  )
}

/**
 * Whose authenticators can come back: they still owe the set-up, have bound nothing since (a pass that an administrator gave them to get
 * in is not that), and no other reset has decided about them after this one.
 */
export async function stillOwing(db: Database, resetId: string, people: readonly Enlisted[]): Promise<readonly Enlisted[]> {
  return chosen(
    db,
    people,
    sql`select p.user_id from reset_people p join users u on u.id = p.user_id
    where p.reset_id = ${resetId} and p.user_id = any(${ids(people)}) and u.set_up_due
      and not exists (select from authenticators a where a.user_id = p.user_id and a.kind <> 'one-time-pass' and (a.retired_at is null or a.bound_at > p.done_at))
      and not exists (select from reset_people o join resets r on r.id = o.reset_id where o.user_id = p.user_id and o.reset_id <> p.reset_id
        and o.done_at >= p.done_at and o.outcome in ('reset', 'nothing') and r.state in ('running', 'done', 'closed'))`,
  )
}

async function chosen(db: Database, people: readonly Enlisted[], query: RawBuilder<unknown>): Promise<readonly Enlisted[]> {
  const { rows } = await (query as RawBuilder<{ user_id: string }>).execute(db)
  const found = new Set(rows.map(({ user_id }) => user_id))
  return people.filter(({ id }) => found.has(id))
}

/** Brings back what this reset retired, and lifts the debt. The people must be locked. Their sign-ins on the way end. */
export async function restoreAll(db: Database, resetId: string, people: readonly Enlisted[]): Promise<void> {
  await sql`delete from sign_ins where user_id = any(${ids(people)})`.execute(db)
  // What stands for a user outside whom somebody else here has bound meanwhile stays away.
  await sql`update authenticators a set retired_at = null, retired_by = null where user_id = any(${ids(people)}) and retired_by = ${resetId}
    and not exists (select from authenticators o where o.known_as = a.known_as and o.retired_at is null)`.execute(db)
  await sql`update users set set_up_due = false where id = any(${ids(people)})`.execute(db)
}

/** What became of one person, and the mail that told them. */
export interface Turn {
  readonly userId: string
  readonly outcome: ResetOutcome
  readonly authenticators?: number
  readonly sessions?: number
  readonly devices?: number
  readonly messageId?: string
}

export async function noteTurns(db: Database, now: Date, resetId: string, turns: readonly Turn[]): Promise<void> {
  await sql`
    update reset_people p set outcome = t.outcome, done_at = ${now}, message_id = coalesce(t."messageId", p.message_id),
      authenticators = coalesce(t.authenticators, p.authenticators), sessions = coalesce(t.sessions, p.sessions), devices = coalesce(t.devices, p.devices)
    from json_to_recordset(${JSON.stringify(turns)}::json)
      as t ("userId" uuid, outcome text, authenticators int, sessions int, devices int, "messageId" uuid)
    where p.reset_id = ${resetId} and p.user_id = t."userId" and p.user_id = any(${turns.map(({ userId }) => userId)}::uuid[])`.execute(db)
}

/** A reset with how far it is, for those who may reset the organization. */
export interface ResetReport {
  readonly id: string
  readonly state: ResetState
  readonly proposedBy: string
  readonly proposedById: string
  readonly proposedAt: Date
  readonly expiresAt: Date | null
  readonly asked: readonly string[]
  readonly startedBy: string | null
  readonly startedAt: Date | null
  readonly undoMinutes: number
  readonly finishedAt: Date | null
  readonly undoUntil: Date | null
  readonly endedBy: string | null
  readonly endedAt: Date | null
  readonly erasedAt: Date | null
  readonly counts: {
    readonly people: number
    readonly done: number
    readonly reset: number
    readonly nothing: number
    readonly spared: number
    readonly restored: number
    readonly kept: number
    readonly authenticators: number
    readonly sessions: number
    readonly devices: number
  }
  readonly leftAlone: { readonly count: number; readonly people: readonly { readonly name: string; readonly reason: LeftAlone }[] }
  readonly mails: { readonly waiting: number; readonly sent: number; readonly failed: number; readonly failedFor: readonly string[] }
}

/** The latest reset of an organization. */
export async function reportReset(db: Database, organizationId: string): Promise<ResetReport | undefined> {
  const { rows } = await sql<ResetReport>`
    with r as (select * from resets where organization_id = ${organizationId} order by id desc limit 1),
      one as (select p.*, u.name from r join reset_people p on p.reset_id = r.id join users u on u.id = p.user_id),
      mailed as (select one.name, one.user_id, m.sent_at, m.failed_at, m.delivery from one join messages m on m.id = one.message_id)
    select r.id, r.state, proposer.name as "proposedBy", r.proposed_by as "proposedById", r.proposed_at as "proposedAt", r.expires_at as "expiresAt",
      r.asked, starter.name as "startedBy", r.started_at as "startedAt", r.undo_minutes as "undoMinutes", r.finished_at as "finishedAt",
      r.undo_until as "undoUntil", ender.name as "endedBy", r.ended_at as "endedAt", r.erased_at as "erasedAt",
      (select json_build_object('people', count(*) filter (where outcome is distinct from 'left-alone'), 'done', count(*) filter (where outcome <> 'left-alone'),
        'reset', count(*) filter (where outcome in ('reset', 'restored', 'kept')), 'nothing', count(*) filter (where outcome = 'nothing'),
        'spared', count(*) filter (where outcome = 'spared'), 'restored', count(*) filter (where outcome = 'restored'),
        'kept', count(*) filter (where outcome = 'kept'), 'authenticators', coalesce(sum(authenticators), 0), 'sessions', coalesce(sum(sessions), 0),
        'devices', coalesce(sum(devices), 0)) from one) as counts,
      json_build_object('count', (select count(*) from one where outcome = 'left-alone'), 'people', (
        select coalesce(json_agg(json_build_object('name', name, 'reason', reason)), '[]')
        from (select name, reason from one where outcome = 'left-alone' order by lower(name), user_id limit 20) first)) as "leftAlone",
      (select json_build_object('waiting', count(*) filter (where sent_at is null and failed_at is null),
        'sent', count(*) filter (where sent_at is not null and delivery is distinct from 'undelivered'),
        'failed', count(*) filter (where failed_at is not null or delivery = 'undelivered'),
        'failedFor', (select coalesce(json_agg(name), '[]') from (select name from mailed where failed_at is not null or delivery = 'undelivered'
          order by lower(name), user_id limit 20) first)) from mailed) as mails
    from r join users proposer on proposer.id = r.proposed_by left join users starter on starter.id = r.started_by
      left join users ender on ender.id = r.ended_by`.execute(db)
  return rows[0]
}
