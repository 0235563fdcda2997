import { sql } from 'kysely'
import type { ForwardAuthSettings, Strength } from '#domain/applications-forward-auth.ts'
import { phishingResistantKinds } from '#domain/assurance.ts'
import { byPhone, rescues } from '#domain/authenticators.ts'
import { gathered, sorted } from './gathering.ts'
import { isLive, type OpenSession, openSession, type SessionValues, sessionJoins, sessionValues } from './session.ts'
import type { Store } from './store.ts'
import type { Database } from './tables.ts'

/** An application behind a reverse proxy, with what is asked of it at every request. */
export interface PortalApplication {
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly isProviders: boolean
  /** The host name that its organization's people sign in at, where it has one of its own. */
  readonly host: string | null
  readonly settings: ForwardAuthSettings
}

type ApplicationValues = readonly [
  id: string,
  name: string,
  organizationId: string,
  isProviders: boolean,
  host: string | null,
  settings: ForwardAuthSettings,
  isStale: boolean,
]
const applicationLength = 7

// One statement says all that a check must know. Nothing of it is kept from one check to the next, so that whatever is changed or ended
// holds for the very next request, on every process. Checks of one moment are asked for together; `$2` is the latest of their times.
const portalText = (of: string, from: string, where: string, sessions: string) => `select ${of}json_build_array(
    a.id, a.name, a.organization_id, ao.parent_id is null, ao.host, a.settings,
    coalesce(a.last_used_at < $2::timestamptz - interval '1 minute', true), ${sessionValues}) as row
  from ${from} join organizations ao on ao.id = a.organization_id and ao.suspended_at is null and ao.removed_at is null
    left join lateral (${sessions}) s on true
    left join users u on u.id = s.user_id
    ${sessionJoins}
  where ${where}a.kind = 'forward-auth' and a.is_on order by m.joined_at, m.organization_id`

/** Sessions that a cookie opens, which a check of this application came with. */
const opened = {
  /** By the cookie that the host of the portal has. */
  portal: (cookie: string, application: string) => `select s.* from portal_sessions p
    join sessions s on s.user_id = p.user_id and s.id = p.session_id
    where p.token_hash = decode(${cookie}, 'hex') and p.application_id = ${application} and ${isLive}`,
  /** By the session's own cookie. */
  session: (cookie: string) => `select s.* from sessions s where s.token_hash = decode(${cookie}, 'hex') and ${isLive}`,
}

/** Which cookie a request came with: that of the portal's host, or that of the session itself. */
export type PortalCookie = { readonly by: 'portal' | 'session'; readonly tokenHash: Buffer }

type PortalRow = { readonly row: readonly [...ApplicationValues, ...SessionValues] }
interface Question {
  readonly clientId: string
  readonly cookie: string
  readonly now: Date
}

function readerBy(by: PortalCookie['by']) {
  const ofOne = opened[by]('$3::text', '(select id from applications where client_id = $1)')
  const oneText = portalText('', 'applications a', 'a.client_id = $1 and ', ofOne)
  const asked = 'unnest($1::text[], $3::text[]) with ordinality k(client_id, cookie, at) join applications a on a.client_id = k.client_id'
  const manyText = portalText('k.at::int as at, ', asked, '', opened[by]('k.cookie', 'a.id'))
  return gathered<Question, readonly PortalRow[]>(async ({ read }, questions) => {
    const now = new Date(Math.max(...questions.map((one) => one.now.getTime()))).toISOString()
    const [clients, cookies] = [questions.map(({ clientId }) => clientId), questions.map(({ cookie }) => cookie)]
    if (questions.length === 1) return [await read<PortalRow>(oneText, [clients[0], now, cookies[0]])]
    return sorted(await read<PortalRow & { readonly at: number }>(manyText, [clients, now, cookies]), questions.length)
  })
}
const readers = { portal: readerBy('portal'), session: readerBy('session') }

/** An application that is switched on, and the session that a cookie opens for it. A use or a look after a minute is written down. */
export async function findPortal(
  store: Store,
  now: Date,
  clientId: string,
  { by, tokenHash }: PortalCookie,
): Promise<{ readonly application: PortalApplication; readonly session?: OpenSession } | undefined> {
  const { db } = store
  const rows = await readers[by](store, { clientId, cookie: tokenHash.toString('hex'), now })
  const [first] = rows
  if (!first) return undefined
  const [id, name, organizationId, isProviders, host, settings, isStale] = first.row
  const values = rows.map(({ row }) => row.slice(applicationLength) as unknown as SessionValues | readonly [null])
  const session = await openSession(db, values.filter(isSession), now)
  if (isStale && session) await noteUse(db, now, id)
  return { application: { id, name, organizationId, isProviders, host, settings }, ...(session ? { session } : {}) }
}

const isSession = (values: SessionValues | readonly [null]): values is SessionValues => values[0] !== null

async function noteUse(db: Database, now: Date, id: string): Promise<void> {
  await sql`update applications set last_used_at = ${now}
    where id = ${id} and (last_used_at is null or last_used_at < ${new Date(now.getTime() - 60_000)})`.execute(db)
}

/** What takes a session to the host of a portal, once. */
export interface PortalTicket {
  readonly applicationId: string
  readonly userId: string
  readonly sessionId: string
  /** Where it is good. */
  readonly origin: string
  /** Where the browser wanted to go there. */
  readonly uri: string
  /** Of the cookie that the browser must have there. */
  readonly wayHash: Buffer
  readonly expiresAt: Date
}

export async function addTicket(db: Database, tokenHash: Buffer, ticket: PortalTicket): Promise<void> {
  await db
    .insertInto('portal_tickets')
    .values({
      token_hash: tokenHash,
      application_id: ticket.applicationId,
      user_id: ticket.userId,
      session_id: ticket.sessionId,
      origin: ticket.origin,
      uri: ticket.uri,
      way_hash: ticket.wayHash,
      expires_at: ticket.expiresAt,
    })
    .execute()
}

// The ticket is gone whatever is found of it. `$2` is now.
const spendText = `with spent as (delete from portal_tickets where token_hash = $1 returning *),
  opened as (
    insert into portal_sessions (token_hash, application_id, user_id, session_id, started_at)
    select $3::bytea, t.application_id, t.user_id, t.session_id, $2::timestamptz from spent t
      join applications a on a.id = t.application_id and a.is_on and a.client_id = $4
      join sessions s on s.user_id = t.user_id and s.id = t.session_id and ${isLive}
    where t.expires_at > $2::timestamptz and t.origin = $5 and t.way_hash = $6::bytea
    returning session_id)
  select t.uri from spent t join opened on true`

/** Spends a ticket for a cookie of the portal's host. @returns where the browser wanted to go, or undefined where it is good for nothing */
export async function spendTicket(
  { run }: Pick<Store, 'run'>,
  now: Date,
  ticket: { readonly tokenHash: Buffer; readonly clientId: string; readonly origin: string; readonly wayHash: Buffer },
  portalTokenHash: Buffer,
): Promise<string | undefined> {
  const values = [ticket.tokenHash, now.toISOString(), portalTokenHash, ticket.clientId, ticket.origin, ticket.wayHash]
  return (await run<{ readonly uri: string }>(spendText, values))[0]?.uri
}

/**
 * How many people of an organization, or of others too, have one of these roles, and how many of them have an authenticator with which
 * they can show what is asked. As a sign-in would judge it: nobody is asked for a second step where two-factor authentication is off in all
 * of their organizations, nothing but a passkey is taken of whom one of them leaves nothing else, and a code is sent to nobody whose number
 * was never proved, or by mail after a password that came by mail.
 */
export async function countLetIn(
  db: Database,
  organizations: readonly string[] | 'all',
  roles: readonly string[],
  asks: Exclude<Strength, 'fresh'>,
): Promise<{ readonly letIn: number; readonly secured: number }> {
  const isWithout = sql`${asks === 'any'}::boolean`
  const isResistant = sql`(${asks === 'phishing-resistant'}::boolean or bool_or(p.phishing_resistant = 'everyone' or (p.phishing_resistant = 'administrators' and theirs.role <> 'user')))`
  const counts = sql`case when ${isResistant} then bool_or(a.kind = any(${[...phishingResistantKinds]}::text[]))
    else bool_or(a.kind <> all(${[...rescues]}::text[]) and (a.kind <> all(${[...byPhone]}::text[]) or u.phone_verified_at is not null)
      and not (a.kind = 'email' and u.password_mailed)) end`
  const [row] = (
    await sql<{ let_in: number; secured: number }>`
      select count(distinct m.user_id)::int as let_in,
        count(distinct m.user_id) filter (where ${isWithout} or (m.enrolled and exists (
          select from memberships theirs join organizations open on open.id = theirs.organization_id and open.suspended_at is null
            join policies p on p.organization_id = theirs.organization_id and p.enabled
            join users u on u.id = theirs.user_id join authenticators a on a.user_id = u.id and a.retired_at is null
          where theirs.user_id = m.user_id and theirs.joined_at is not null and theirs.suspended_at is null
          group by u.id having ${counts})))::int as secured
      from memberships m join organizations o on o.id = m.organization_id
      where m.joined_at is not null and m.suspended_at is null and o.suspended_at is null and o.removed_at is null
        and m.role = any(${[...roles]}::text[])
        and ${organizations === 'all' ? sql`true` : sql`m.organization_id = any(${[...organizations]}::uuid[])`}`.execute(db)
  ).rows
  return { letIn: row?.let_in ?? 0, secured: row?.secured ?? 0 }
}

/** Ends what is open at one application; the sessions of Countersign go on. */
export async function endPortalSessions(db: Database, applicationId: string): Promise<void> {
  await db.deleteFrom('portal_tickets').where('application_id', '=', applicationId).execute()
  await db.deleteFrom('portal_sessions').where('application_id', '=', applicationId).execute()
}

/** Removes tickets that have run out, and what belongs to sessions that have ended. Nothing waits for it. */
export async function sweepPortals(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('portal_tickets').where('expires_at', '<', now).execute()
  await sql`delete from portal_sessions p where not exists (select from sessions s where s.id = p.session_id)`.execute(db)
}
