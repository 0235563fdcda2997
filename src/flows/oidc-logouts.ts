import { newId } from '#crypto/random.ts'
import { signToken } from '#crypto/signing.ts'
import { type Concerned, dropLogout, type Logout, leaseLogouts, retryLogout, sessionsToTellOf } from '#store/oidc-logouts.ts'
import { namesOf } from './oidc.ts'
import { signingKeys } from './oidc-keys.ts'
import type { Rooms } from './rooms.ts'
import { endIfOutlawed } from './session.ts'

/** Seconds to wait after each attempt that was not taken; after the last one the application is not told. */
const retries = [10, 60, 300, 1800]
const leaseSeconds = 60
const mostAtOnce = 10
const mostBytes = 16_384

export interface LogoutWork {
  /** Looks at once whose session a rule that was changed no longer lets in, and tells the applications of its end. */
  ruled(concerned: Concerned): void
  /** Tells everybody who is to be told now; for tests and for a clean stop. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/**
 * Tells applications that a session has ended (OpenID Connect Back-Channel Logout 1.0). Whatever ends a session leaves a row in its
 * own transaction; any number of processes may work them off.
 */
export function startLogouts(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 2000): LogoutWork {
  let working: Promise<void> | undefined
  const work = async () => {
    for (;;) {
      const due = await leaseLogouts(rooms.store.db, rooms.now(), mostAtOnce, leaseSeconds)
      await Promise.all(due.map((one) => tell(rooms, one, log)))
      if (due.length < mostAtOnce) return
    }
  }
  const look = () => {
    working ??= work()
      .catch((error: unknown) => log(error, 'applications could not be told of ended sessions'))
      .finally(() => {
        working = undefined
      })
    return working
  }
  /** What a changed rule has ended is looked for in one change after another, so that many at once are no flood. */
  let ruling = Promise.resolve()
  const ruled = (concerned: Concerned) => {
    ruling = ruling
      .then(() => endOutlawedSessions(rooms, concerned))
      .catch((error: unknown) => log(error, 'sessions that the rules let in no longer could not be ended'))
      .then(() => void look())
  }
  const ticker = setInterval(() => void look(), everyMilliseconds)
  ticker.unref()
  return {
    ruled,
    drain: () => ruling.then(look),
    stop: async () => {
      clearInterval(ticker)
      await ruling
      await working
    },
  }
}

/**
 * Ends the sessions that a changed rule no longer lets in, where an application is to be told. A change asks for it at once; the sweep does
 * too, for what no change has asked for: because time has passed, or a process died behind its change.
 */
export async function endOutlawedSessions(rooms: Rooms, concerned?: Concerned): Promise<void> {
  const most = 200
  for (let after: string | undefined; ; ) {
    const ids = await sessionsToTellOf(rooms.store.db, concerned, after, most)
    for (const id of ids) await endIfOutlawed(rooms, id)
    if (ids.length < most) return
    after = ids.at(-1)
  }
}

async function tell(rooms: Rooms, logout: Logout, log: (error: unknown, what: string) => void): Promise<void> {
  const { db } = rooms.store
  if (logout.address === undefined) return dropLogout(db, logout.id)
  try {
    const { status } = await rooms.outside(logout.address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' },
      body: new URLSearchParams({ logout_token: await logoutToken(rooms, logout) }).toString(),
      milliseconds: 5000,
      mostBytes,
    })
    if (status !== 200 && status !== 204) throw new Error(`The application answered ${status}.`)
    await dropLogout(db, logout.id)
  } catch (error) {
    const seconds = retries[logout.attempts - 1]
    if (seconds !== undefined) return retryLogout(db, logout.id, new Date(rooms.now().getTime() + seconds * 1000))
    log(error, 'an application was not told that a session has ended')
    await dropLogout(db, logout.id)
  }
}

async function logoutToken(rooms: Rooms, { clientId, userId, sessionId }: Logout): Promise<string> {
  const [key] = await signingKeys(rooms)
  if (!key) throw new Error('There is no key to sign with.')
  const at = Math.floor(rooms.now().getTime() / 1000)
  return signToken(
    key.jwk,
    { typ: 'logout+jwt', kid: key.id },
    {
      iss: rooms.publicUrl,
      aud: clientId,
      sub: userId,
      sid: namesOf(rooms, sessionId, clientId).sid,
      iat: at,
      exp: at + 120,
      jti: newId(rooms.now()),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
  )
}
