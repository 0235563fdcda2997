import { CompiledQuery, sql } from 'kysely'
import type { Evidence } from '#domain/assurance.ts'
import type { Membership } from '#domain/policy.ts'
import type { RememberedDevice } from '#domain/remembered-devices.ts'
import type { Role } from '#domain/roles.ts'
import { sessionLifetime } from '#domain/session.ts'
import { gathered, sorted } from './gathering.ts'
import { type Account, type AccountValues, accountValue, toAccount } from './person.ts'
import { type PolicyValues, policyColumns, policyOfValues } from './policy.ts'
import { isLiveDevice } from './remembered-devices.ts'
import { toEvidence } from './sign-in.ts'
import type { Store } from './store.ts'
import type { Database } from './tables.ts'

export interface Session {
  readonly id: string
  readonly userId: string
  readonly evidence: readonly Evidence[]
  readonly startedAt: Date
  readonly lastSeenAt: Date
  readonly address: string
  readonly browser: string
  /** The remembered device it rests on. */
  readonly deviceId: string | null
}

/** A live session with its person, and the memberships as the session check needs them. */
export interface OpenSession extends Pick<Session, 'id' | 'userId' | 'evidence' | 'startedAt'> {
  readonly email: string
  readonly name: string
  readonly memberships: Account['memberships']
  /** The remembered device that spared this session its second step; without one the evidence is all it rests on. */
  readonly device?: RememberedDevice | 'forgotten'
}

const columns = 's.id, s.user_id, s.evidence, s.started_at, s.last_seen_at, s.address, s.browser, s.device_id'
/** A session `s` that has not run out; `$2` is now. */
export const isLive = `s.last_seen_at > $2::timestamptz - interval '${sessionLifetime.idleSeconds} seconds'
  and s.started_at > $2::timestamptz - interval '${sessionLifetime.overallSeconds} seconds'`

/** What is read of a session with its person beside one of the memberships: the order is that of {@link SessionValues}. */
export const sessionValues = `s.id, s.user_id, s.evidence, s.started_at, s.last_seen_at < $2::timestamptz - interval '1 minute', u.email, u.name,
    s.device_id, d.created_at, case when o.suspended_at is null then m.organization_id end, o.name, o.parent_id is null, o.host, m.role, m.required, ${policyColumns}`
/** What is joined to a person `u` with a session `s` for it. */
export const sessionJoins = `left join remembered_devices d on d.id = s.device_id and ${isLiveDevice('$2::timestamptz')}
    left join memberships m on m.user_id = s.user_id and m.joined_at is not null and m.suspended_at is null
    left join organizations o on o.id = m.organization_id
    left join policies p on p.organization_id = m.organization_id`

// A row for each membership, because plain joins cost the database less than one row with lists in it; and one value in each row, because
// the driver reads the description of every column again each time.
const readText = (of: string, from: string, where = '') => `select ${of}json_build_array(${sessionValues}) as row
  from ${from} join users u on u.id = s.user_id
    ${sessionJoins}
  where ${where}${isLive} order by m.joined_at, m.organization_id`

/**
 * Sessions are asked for with every request, so those of one moment are asked for together. One alone goes by a statement of its own, which
 * is a little cheaper. `$2` is the latest of their times.
 */
function readerBy(column: string, fromText: (text: string) => string) {
  const oneText = readText('', 'sessions s', `${column} = ${fromText('$1::text')} and `)
  const manyText = readText(
    'k.at::int as at, ',
    `unnest($1::text[]) with ordinality k(key, at) join sessions s on ${column} = ${fromText('k.key')}`,
  )
  return gathered<{ readonly key: string; readonly now: Date }, readonly SessionValues[]>(async ({ read }, questions) => {
    const [keys, now] = [questions.map(({ key }) => key), new Date(Math.max(...questions.map((one) => one.now.getTime()))).toISOString()]
    if (keys.length === 1) return [(await read<{ readonly row: SessionValues }>(oneText, [keys[0], now])).map(({ row }) => row)]
    const rows = await read<{ readonly at: number; readonly row: SessionValues }>(manyText, [keys, now])
    return sorted(rows, keys.length).map((own) => own.map(({ row }) => row))
  })
}
const byToken = readerBy('s.token_hash', (text) => `decode(${text}, 'hex')`)
const byId = readerBy('s.id', (text) => `${text}::uuid`)

interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly evidence: unknown
  readonly started_at: Date
  readonly last_seen_at: Date
  readonly address: string
  readonly browser: string
  readonly device_id: string | null
}

/** A session beside one of its person's memberships; what is of the membership is null where there is none that counts. */
export type SessionValues = readonly [
  id: string,
  userId: string,
  evidence: unknown,
  startedAt: string,
  isStale: boolean,
  email: string,
  name: string,
  deviceId: string | null,
  rememberedAt: string | null,
  organizationId: string | null,
  organizationName: string,
  isProvider: boolean,
  host: string | null,
  role: Role,
  required: boolean,
  ...policy: PolicyValues,
]

/** The session of a cookie, if it is alive. A look that comes a minute after the last one is written down. */
export async function findSession(store: Store, tokenHash: Buffer, now: Date): Promise<OpenSession | undefined> {
  return openSession(store.db, await byToken(store, { key: tokenHash.toString('hex'), now }), now)
}

/** The same by its id, for an application that asks in its person's name: also a look, unless nobody has asked. */
export async function findSessionById(store: Store, id: string, now: Date, isLook = true): Promise<OpenSession | undefined> {
  return openSession(store.db, await byId(store, { key: id, now }), now, isLook)
}

/** Ends a session, whoever's it is. */
export async function dropSession(db: Database, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}

/** A session of what was read of it, written down as seen where the last time is a minute ago. */
export async function openSession(
  db: Database,
  rows: readonly SessionValues[],
  now: Date,
  isLook = true,
): Promise<OpenSession | undefined> {
  const [first] = rows
  if (!first) return undefined
  const [id, userId, evidence, startedAt, isStale, email, name, deviceId, rememberedAt] = first
  if (isStale && isLook) {
    const session = db.updateTable('sessions').where('user_id', '=', userId).where('id', '=', id)
    await session.set({ last_seen_at: now }).where('last_seen_at', '<', now).execute()
  }
  return {
    id,
    userId,
    evidence: toEvidence(evidence),
    startedAt: new Date(startedAt),
    email,
    name,
    memberships: rows.flatMap(toMembership),
    ...(deviceId === null ? {} : { device: rememberedAt === null ? 'forgotten' : { id: deviceId, rememberedAt: new Date(rememberedAt) } }),
  }
}

function toMembership([, , , , , , , , , organizationId, organizationName, isProvider, ...rest]: SessionValues): readonly Membership[] {
  const [host, role, required, ...policy] = rest
  if (organizationId === null) return []
  return [
    { organizationId, organizationName, kind: isProvider ? 'provider' : 'site', host, role, required, policy: policyOfValues(policy) },
  ]
}

const accountText = `select ${accountValue} as account from users u where u.id = $1`

/** A person with all that decides about their sign-in. */
export async function findAccount(db: Database, userId: string): Promise<Account | undefined> {
  const { rows } = await db.executeQuery<{ readonly account: AccountValues }>(CompiledQuery.raw(accountText, [userId]))
  return rows[0] && toAccount(rows[0].account)
}

const listText = `select ${columns} from sessions s join users u on u.id = s.user_id
    left join remembered_devices d on d.id = s.device_id and ${isLiveDevice('$2::timestamptz')}
  where s.user_id = $1 and ${isLive} and (s.device_id is null or d.id is not null) order by s.last_seen_at desc`

export async function listSessions(db: Database, userId: string, now: Date): Promise<readonly Session[]> {
  const { rows } = await db.executeQuery<SessionRow>(CompiledQuery.raw(listText, [userId, now.toISOString()]))
  return rows.map(toSession)
}

/** Gives a session a new cookie; the old one is dead. False when the session has ended. */
export async function renewSession(db: Database, sessionId: string, tokenHash: Buffer): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('sessions').set({ token_hash: tokenHash }).where('id', '=', sessionId).executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * Ends sessions of one person: one of them, or all but one. Sign-ins on the way end with them: those that were started from
 * an ended session, and where more than one session ends also those that came from none. Tells how many sessions there were.
 */
export async function endSessions(
  db: Database,
  userId: string,
  which: { readonly only: string } | { readonly except?: string },
): Promise<number> {
  let sessions = db.deleteFrom('sessions').where('user_id', '=', userId)
  let signIns = db.deleteFrom('sign_ins').where('user_id', '=', userId)
  if ('only' in which) {
    sessions = sessions.where('id', '=', which.only)
    signIns = signIns.where('session_id', '=', which.only)
  } else if (which.except !== undefined) {
    sessions = sessions.where('id', '<>', which.except)
    signIns = signIns.where('session_id', 'is distinct from', which.except)
  }
  const { numDeletedRows } = await sessions.executeTakeFirst()
  await signIns.execute()
  return Number(numDeletedRows)
}

/** Ends everything that several people have open, sign-ins first: one that is about to end in a session is waited for. */
export async function endEverythingOf(db: Database, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  await sql`delete from sign_ins where user_id = any(${[...userIds]}::uuid[])`.execute(db)
  const { rows } = await sql<{ user_id: string; ended: number }>`
    with ended as (delete from sessions where user_id = any(${[...userIds]}::uuid[]) returning user_id)
    select user_id, count(*)::int as ended from ended group by user_id`.execute(db)
  return new Map(rows.map(({ user_id, ended }) => [user_id, ended]))
}

/** Ends everything that a person has open: sessions and sign-ins on the way. */
export async function endEverything(db: Database, userId: string): Promise<void> {
  await endSessions(db, userId, {})
}

/**
 * Ends everything that a person has open if no membership of theirs counts any more. With one that does, sessions go on, and
 * the next request finds what is left of them.
 */
export async function endIfHomeless(db: Database, userId: string): Promise<void> {
  const home = await db
    .selectFrom('memberships')
    .select('organization_id')
    .where('user_id', '=', userId)
    .where('joined_at', 'is not', null)
    .where('suspended_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (!home) await endEverything(db, userId)
}

/** Removes what has run out. Nothing waits for this; what has run out is refused already. */
export async function sweep(db: Database, now: Date): Promise<void> {
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  await db.deleteFrom('sign_ins').where('expires_at', '<', now).execute()
  // What rests on a session that has merely run out goes quietly: an application is told only where a session was ended.
  await sql`delete from oidc_artifacts where session_id in (select id from sessions
    where last_seen_at < ${ago(sessionLifetime.idleSeconds)} or started_at < ${ago(sessionLifetime.overallSeconds)})`.execute(db)
  await db.deleteFrom('sessions').where('last_seen_at', '<', ago(sessionLifetime.idleSeconds)).execute()
  await db.deleteFrom('sessions').where('started_at', '<', ago(sessionLifetime.overallSeconds)).execute()
  await sql`delete from remembered_devices d using users u
    where u.id = d.user_id and (d.epoch <> u.device_epoch or d.expires_at < ${now})`.execute(db)
  await db.deleteFrom('spent_challenges').where('expires_at', '<', now).execute()
  await db.deleteFrom('throttles').where('failures', '=', 0).where('updated_at', '<', ago(86_400)).execute()
  await db
    .deleteFrom('links')
    .where('expires_at', '<', ago(7 * 86_400))
    .execute()
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    evidence: toEvidence(row.evidence),
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    address: row.address,
    browser: row.browser,
    deviceId: row.device_id,
  }
}
