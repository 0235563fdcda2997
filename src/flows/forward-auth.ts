import { digest, newToken } from '#crypto/random.ts'
import { acrs, acrsOf } from '#domain/acr.ts'
import { isPhishingResistant } from '#domain/assurance.ts'
import { headerValue, judgeEntry, readAddress, type Target, takesPasskey } from '#domain/forward-auth.ts'
import { originOf } from '#domain/host.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { addTicket, findPortal, type PortalApplication, type PortalCookie, spendTicket } from '#store/forward-auth.ts'
import type { Account } from '#store/person.ts'
import { findAccount, type OpenSession } from '#store/session.ts'
import type { Rooms, Visit } from './rooms.ts'
import { isEnough, requireSession } from './session.ts'
import { maySetUpPasskey, type Reply, startFromSession, startStepUp } from './sign-in.ts'

/** How long a ticket is good: the browser carries it over at once. */
const ticketSeconds = 60

/** What the proxy of an application asks about one request of a browser. */
export interface Check {
  readonly clientId: string
  /** What the browser asked for, if it can be read in one way only. */
  readonly target: Target | undefined
  /** Whether the browser would show a page, so that it can be sent to sign in. */
  readonly isNavigation: boolean
  /** The cookie that the host of the portal has of us. */
  readonly portal?: string | undefined
  /** The cookie of the session itself, which a portal under our own address has. */
  readonly session?: string | undefined
  /** The cookie that ties a way to the sign-in and back to this browser. */
  readonly way?: string | undefined
}

/** Who somebody is, as a portal is told it in headers. */
export type Identity = Readonly<Record<'user' | 'email' | 'name' | 'organization' | 'organizationId' | 'role' | 'acr', string>>

export type Checked =
  | { readonly answer: 'let-in'; readonly identity: Identity }
  /** Where a browser goes to be let in, and the cookie that it must bring back from there. */
  | { readonly answer: 'sign-in'; readonly address?: string; readonly way?: string }
  | { readonly answer: 'refused' }

/** How long an answer of the database may serve further checks: what is ended or changed elsewhere holds after this, on every process. */
export const checkMemoryMilliseconds = 500
/** As many answers are kept at once; a flood of cookies that are none only makes the database be asked more often. */
const mostRemembered = 20_000

type Found = Awaited<ReturnType<typeof findPortal>>

/** The check of every request. Whoever is not let in for whatever reason gets nothing but `refused` or `sign-in`. */
export type Checks = (check: Check) => Checked | Promise<Checked>

/**
 * Opens the checks. Each is one statement, and within `milliseconds` the same cookie is not looked up twice: a page of a portal is fifty
 * requests at once. What was found is judged anew each time, by the time and the path. A failure is not kept. With 0 nothing is.
 */
export function openChecks(rooms: Rooms, milliseconds = checkMemoryMilliseconds, clock = () => performance.now()): Checks {
  const kept = new Map<string, { readonly at: number; readonly found: Found }>()
  return (check) => {
    const { target, clientId } = check
    if (!target) return { answer: 'refused' }
    const now = rooms.now()
    const by = check.portal === undefined && check.session !== undefined ? 'session' : 'portal'
    const cookie = (by === 'session' ? check.session : check.portal) ?? ''
    const key = `${by} ${clientId} ${cookie}`
    const at = clock()
    const known = kept.get(key)
    if (known && at - known.at < milliseconds) return judge(rooms, now, check, target, by, known.found)
    return findPortal(rooms.store, now, clientId, { by, tokenHash: digest(cookie) }).then((found) => {
      if (kept.size >= mostRemembered) kept.clear()
      if (milliseconds > 0) kept.set(key, { at, found })
      return judge(rooms, now, check, target, by, found)
    })
  }
}

function judge(rooms: Rooms, now: Date, check: Check, target: Target, by: PortalCookie['by'], found: Found): Checked {
  if (!found?.application.settings.origins.includes(target.origin)) return { answer: 'refused' }
  const { application } = found
  // Where the portal lives under our own address, its browser has the cookie of the session itself; elsewhere that cookie is not believed.
  const session = by === 'session' && target.origin !== homeOf(rooms, application) ? undefined : found.session
  const entry = session && isEnough(session, now) ? judgeEntry(application, session, target.path, now) : undefined
  if (session && entry?.entry === 'let-in') return { answer: 'let-in', identity: identityOf(session, entry.as) }
  if (!check.isNavigation) return { answer: entry?.entry === 'not-let-in' ? 'refused' : 'sign-in' }
  const way = check.way ?? newToken()
  const entering = { clientId: check.clientId, to: `${target.origin}${target.uri}`, way: digest(way).toString('base64url') }
  const address = `${homeOf(rooms, application)}${enterPath(entering)}`
  return { answer: 'sign-in', address, ...(check.way === undefined ? { way } : {}) }
}

/** Where the people of an application sign in. */
const homeOf = ({ publicUrl }: Rooms, { host }: PortalApplication) => (host === null ? publicUrl : originOf(host, publicUrl))

/**
 * The way to an address of a portal. `page`: not by a redirect but by a page that goes on by itself, because where a form was sent
 * before, browsers follow redirects only to where that form may be sent: to ourselves.
 */
export const enterPath = ({ clientId, to, way }: Entering, by?: 'page') =>
  `/forward-auth/${clientId}/enter?${new URLSearchParams({ to, way, ...(by ? { page: '1' } : {}) })}`

/** By the membership, of which each session that was found has its own. */
const identities = new WeakMap<OpenSession['memberships'][number], Identity>()

function identityOf(session: OpenSession, as: OpenSession['memberships'][number]): Identity {
  const known = identities.get(as)
  if (known) return known
  const identity: Identity = {
    user: session.userId,
    email: headerValue(session.email),
    name: headerValue(session.name),
    organization: headerValue(as.organizationName),
    organizationId: as.organizationId,
    role: as.role,
    acr: acrsOf(session.evidence)[0] ?? acrs.oneFactor,
  }
  identities.set(as, identity)
  return identity
}

/** What somebody wants who was sent here by a portal's proxy. */
export interface Entering {
  readonly clientId: string
  readonly to: string
  /** Hash of the cookie that the browser has at the portal. */
  readonly way: string
}

export type Entered =
  | { readonly go: 'sign-in' }
  | ({ readonly go: 'portal'; readonly address: string } & NamedPortal)
  | ({ readonly go: 'not-let-in' } & NamedPortal)
  | ({ readonly go: 'step-up' } & SteppingUp & NamedPortal)

interface SteppingUp {
  /** Nothing else will do. */
  readonly passkey: boolean
  /** Why this person cannot show more, whatever they do. */
  readonly hindrance?: Hindrance
  /** Where the portal lets them in as they are. */
  readonly back?: string
}

type Hindrance = 'two-factor-not-available' | 'passkey-not-available'

interface NamedPortal {
  readonly portal: string
  /** Whose look its pages have. */
  readonly organizationId: string
}

/**
 * Lets somebody through to a portal: with a ticket where it lives on another host. It leads to addresses that are registered for the
 * application and to nothing else.
 *
 * @throws {Problem} `not-found` for an application or an address that is none
 */
export async function enterPortal(rooms: Rooms, visit: Visit, { clientId, to, way }: Entering): Promise<Entered> {
  const now = rooms.now()
  const target = readAddress(to)
  const found = await findPortal(rooms.store, now, clientId, { by: 'session', tokenHash: digest(visit.session ?? '') })
  if (!target || !found?.application.settings.origins.includes(target.origin) || !/^[\w-]{43}$/.test(way)) throw new Problem('not-found')
  const { application, session } = found
  if (!session || !isEnough(session, now)) return { go: 'sign-in' }
  const { entry } = judgeEntry(application, session, target.path, now)
  const named = { portal: application.name, organizationId: application.organizationId }
  if (entry === 'step-up') {
    const passkey = takesPasskey(application.settings, target.path)
    const account = await findAccount(rooms.store.db, session.userId)
    const hindrance = account ? hindranceOf(account, passkey) : 'two-factor-not-available'
    const isOpenElsewhere = judgeEntry(application, session, '/', now).entry === 'let-in'
    const hindered = hindrance && { hindrance, ...(isOpenElsewhere ? { back: `${target.origin}/` } : {}) }
    return { go: entry, passkey, ...hindered, ...named }
  }
  if (entry === 'not-let-in') return { go: entry, ...named }
  if (target.origin === homeOf(rooms, application)) return { go: 'portal', address: target.uri, ...named }
  const token = newToken()
  await addTicket(rooms.store.db, digest(token), {
    applicationId: application.id,
    userId: session.userId,
    sessionId: session.id,
    origin: target.origin,
    uri: target.uri,
    wayHash: Buffer.from(way, 'base64url'),
    expiresAt: new Date(now.getTime() + ticketSeconds * 1000),
  })
  return { go: 'portal', address: `${target.origin}/.countersign/return?ticket=${token}`, ...named }
}

export interface Returning {
  readonly clientId: string
  readonly target: Target | undefined
  readonly ticket: string
  readonly way: string | undefined
}

/** Back at the portal with a ticket, which is spent. @returns the cookie of the portal's host, and where to go; undefined where it is good for nothing */
export async function returnToPortal(
  rooms: Rooms,
  { clientId, target, ticket, way }: Returning,
): Promise<{ readonly portal: string; readonly uri: string } | undefined> {
  const portal = newToken()
  const spending = { tokenHash: digest(ticket), clientId, origin: target?.origin ?? '', wayHash: digest(way ?? '') }
  const uri = await spendTicket(rooms.store, rooms.now(), spending, digest(portal))
  return uri === undefined ? undefined : { portal, uri }
}

/**
 * Starts what gives a session the second step that a portal asks for: a confirmation, or the set-up of a first authenticator or passkey.
 *
 * @throws {Problem} `not-signed-in`, `two-factor-not-available` and `passkey-not-available` where the rules let them set none up, `not-found`
 */
export async function stepUp(rooms: Rooms, visit: Visit, entering: Entering): Promise<Reply> {
  const target = readAddress(entering.to)
  if (!target) throw new Problem('not-found')
  const { userId } = await requireSession(rooms, visit)
  const found = await findPortal(rooms.store, rooms.now(), entering.clientId, { by: 'portal', tokenHash: digest('') })
  const account = await findAccount(rooms.store.db, userId)
  const passkey = found !== undefined && takesPasskey(found.application.settings, target.path)
  const hindrance = account ? hindranceOf(account, passkey) : 'two-factor-not-available'
  if (!account || hindrance) throw new Problem(hindrance ?? 'two-factor-not-available')
  const returnTo = enterPath(entering, 'page')
  if (passkey && !hasPasskey(account)) return startStepUp(rooms, visit, { returnTo, isAnew: false, passkey: true })
  const intent = account.authenticators.some((one) => one.kind !== 'backup-codes') ? 'confirm' : 'enroll'
  return startFromSession(rooms, visit, { intent, returnTo })
}

const hasPasskey = ({ authenticators }: Account) => authenticators.some(({ kind }) => isPhishingResistant(kind))

/** What keeps somebody from ever showing more than they have: the rules ask them for no second step, or let them have no passkey. */
function hindranceOf(account: Account, isPasskeyAsked: boolean): Hindrance | undefined {
  if (requirementFor(account.memberships, account.setUpDue).secondStep === 'never') return 'two-factor-not-available'
  return isPasskeyAsked && !hasPasskey(account) && !maySetUpPasskey(account) ? 'passkey-not-available' : undefined
}

/** Whether what a proxy says that a browser asked for belongs to an application that is switched on. */
export async function isOriginOf(rooms: Rooms, clientId: string, target: Target | undefined): Promise<boolean> {
  const found = await findPortal(rooms.store, rooms.now(), clientId, { by: 'portal', tokenHash: digest('') })
  return target !== undefined && found?.application.settings.origins.includes(target.origin) === true
}

/** A portal by what it calls itself, for pages that lead back to it. @throws {Problem} `not-found` */
export async function portalOf(
  rooms: Rooms,
  clientId: string,
): Promise<{ readonly name: string; readonly address: string; readonly organizationId: string }> {
  const found = await findPortal(rooms.store, rooms.now(), clientId, { by: 'portal', tokenHash: digest('') })
  const [address] = found?.application.settings.origins ?? []
  if (!found || address === undefined) throw new Problem('not-found')
  return { name: found.application.name, address: `${address}/`, organizationId: found.application.organizationId }
}
