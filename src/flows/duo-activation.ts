import { newId, newToken } from '#crypto/random.ts'
import { type DuoActivating, managedName, mostActivationsInDay } from '#domain/duo-push.ts'
import { Problem } from '#domain/problem.ts'
import { bucketAt } from '#domain/sending-limits.ts'
import { advance, type Step } from '#domain/sign-in.ts'
import type { DuoActivation, DuoAuth } from '#factors/duo/duo-auth.ts'
import { Failure } from '#factors/outside.ts'
import type { DuoService } from '#store/duo.ts'
import { dropDuoUser, keepDuoUser } from '#store/duo-users.ts'
import { spendWindows } from '#store/sending-limits.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { askDuo } from './duo-asking.ts'
import { push } from './duo-pushing.ts'
import { eventRow, type Rooms, type Visit } from './rooms.ts'
import { type Reply, take } from './settling.ts'
import { stepViewOf } from './step-view-outside.ts'

const kind = 'duo'

/** Duo gives a QR code no less time than this, and the sign-in that shows it has no more. */
const leastSeconds = 60

/**
 * Begins the set-up of Duo in the provider's account: a user is made there under a name that nobody else has or had, with a QR code that
 * this sign-in shows and no other one does. Whoever began a set-up elsewhere with the same password has another user, so nobody's phone
 * gets into somebody else's set-up.
 *
 * @throws {Problem} `duo-push-limit` with the reason `activations`, `duo-unavailable`, `duo-refused`, `moved-on`
 */
export async function activate(rooms: Rooms, visit: Visit, open: OpenSignIn, service: DuoService): Promise<Reply> {
  const { account, signIn } = open
  const now = rooms.now()
  await chargeActivation(rooms, account.id, now)
  const validSeconds = Math.max(leastSeconds, Math.floor((signIn.expiresAt.getTime() - now.getTime()) / 1000))
  const name = managedName(
    account.email,
    newToken()
      .replace(/[^a-zA-Z0-9]/g, '')
      .slice(0, 8)
      .toLowerCase(),
  )
  const id = newId(now)
  const { accountOf } = service
  // Written down before Duo is asked: whoever is made there is taken out again, also if this process dies now or the answer is lost.
  const intended = { id, accountOf, userId: account.id, userName: name }
  await keepDuoUser(rooms.store.db, now, { ...intended, activationExpiresAt: new Date(now.getTime() + validSeconds * 1000) })
  const made = await askDuo(rooms, visit, open, service, (duo) => enrollOrForget(rooms, duo, id, name, validSeconds))
  const { userKey, userName } = made
  await keepDuoUser(rooms.store.db, now, { ...intended, userName, userKey, activationExpiresAt: made.expiresAt })
  const activating: DuoActivating = {
    id,
    accountOf,
    userKey,
    userName,
    code: made.code,
    link: made.link,
    expiresAt: made.expiresAt.toISOString(),
    state: 'waiting',
  }
  const events = [eventRow(now, { action: 'duo.user-added', actorId: account.id, subjectId: account.id, detail: { duoUser: userName } })]
  return take(rooms, visit, { ...open, signIn: withActivation(open, activating) }, signIn.version, { events })
}

/** Has a user made in Duo. Where Duo itself says that it has made nobody, nobody is kept; where its answer is lost, they may be there. */
async function enrollOrForget(rooms: Rooms, duo: DuoAuth, id: string, name: string, validSeconds: number): Promise<DuoActivation> {
  try {
    return await duo.enroll(name, validSeconds)
  } catch (error) {
    if (error instanceof Failure && isRefusal(error)) await dropDuoUser(rooms.store.db, id)
    throw error
  }
}

/** Whether Duo has answered, in its own envelope, that it did nothing. */
const isRefusal = ({ code, reason }: Failure) => code !== undefined && reason !== 'outage'

const withActivation = ({ signIn }: OpenSignIn, activating: DuoActivating) =>
  advance(signIn, { event: 'offered', enrollment: { kind, show: { form: 'duo' }, keep: { activating: { ...activating } } } })

/** Each set-up makes a user in an account that somebody pays for. @throws {Problem} `duo-push-limit` */
async function chargeActivation(rooms: Rooms, userId: string, now: Date): Promise<void> {
  const day = 86_400_000
  const startsAt = new Date(Math.floor(now.getTime() / day) * day)
  const endsAt = new Date(startsAt.getTime() + day)
  const window = { reason: 'person', key: `duo-set-up:person:86400:${userId}`, startsAt, endsAt, most: mostActivationsInDay } as const
  const spent = await spendWindows(rooms.store.db, [window], [], bucketAt(now))
  if (spent.isSpent) return
  const retryAfterSeconds = Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000))
  throw new Problem('duo-push-limit', { reason: 'activations', retryAfterSeconds })
}

/** Whether a phone has scanned the QR code. Once one has, the first push goes to it. */
export async function checkActivation(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  service: DuoService,
  step: Step,
  activating: DuoActivating,
): Promise<Reply> {
  const { signIn } = open
  const state = await askDuo(rooms, visit, open, service, (duo) => duo.enrollment(activating))
  if (state === 'waiting') return { step: await stepViewOf(rooms, visit, open, step), cookies: {} }
  const known = withActivation(open, { ...activating, state })
  const reply = await take(rooms, visit, { ...open, signIn: known }, signIn.version, {})
  if (state === 'expired') return reply
  return push(rooms, visit, { ...open, signIn: known }, service, {})
}
