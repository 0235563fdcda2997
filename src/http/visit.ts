import type { KeyObject } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isSame, keyedDigest, newToken } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import type { Cookies, Visit } from '#flows/rooms.ts'

/** How requests carry who asks, and how replies change it: four cookies and one proof against forgery. */
export interface Visits {
  of(request: FastifyRequest): Visit
  setCookies(reply: FastifyReply, cookies: Cookies): void
  /** The sign-in cookie of a visitor, set if there is none: every form needs something its proof is tied to. */
  signInCookie(request: FastifyRequest, reply: FastifyReply): string
  /** The proof against forgery that goes with a cookie. */
  csrfToken(cookie: string): string
  /** @throws {Problem} `forged-request` when the proof is not the one that goes with the cookie */
  requireCsrf(cookie: string | undefined, proof: unknown): void
}

export interface VisitsOptions {
  /** With https, cookies are `Secure` and carry the prefix that ties them to this host. */
  readonly publicUrl: string
  readonly csrfKey: KeyObject
}

/** Begins the sign-in cookie of a visitor who has not given a password yet: nothing is stored under it. */
const blank = 'new.'

export function openVisits({ publicUrl, csrfKey }: VisitsOptions): Visits {
  const isSecure = publicUrl.startsWith('https:')
  const name = (cookie: keyof Cookies) =>
    `${isSecure ? '__Host-' : ''}countersign-${{ signIn: 'sign-in', session: 'session', device: 'device', remembered: 'remembered' }[cookie]}`
  const names = { signIn: name('signIn'), session: name('session'), device: name('device'), remembered: name('remembered') }
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure } as const
  const deviceSeconds = 400 * 86_400
  const csrfToken = (cookie: string) => keyedDigest(csrfKey, cookie)

  const visits: Visits = {
    of: (request) => {
      const { [names.signIn]: signIn, [names.session]: session, [names.device]: device, [names.remembered]: remembered } = request.cookies
      return {
        ...(signIn ? { signIn } : {}),
        ...(session ? { session } : {}),
        ...(device ? { device } : {}),
        ...(remembered ? { remembered } : {}),
        address: request.ip,
        requestId: request.id,
        host: request.hostname,
        browser: (request.headers['user-agent'] ?? '').slice(0, 300),
      }
    },
    setCookies: (reply, { signIn, session, device, remembered }) => {
      const set = (cookie: string, value: string | null | undefined, maxAge?: number) => {
        if (value === null) reply.clearCookie(cookie, attributes)
        else if (value !== undefined) reply.setCookie(cookie, value, maxAge === undefined ? attributes : { ...attributes, maxAge })
      }
      set(names.signIn, signIn)
      set(names.session, session)
      set(names.device, device, deviceSeconds)
      set(names.remembered, remembered?.token, remembered?.seconds)
    },
    signInCookie: (request, reply) => {
      const present = request.cookies[names.signIn]
      if (present) return present
      const token = `${blank}${newToken()}`
      reply.setCookie(names.signIn, token, attributes)
      return token
    },
    csrfToken,
    requireCsrf: (cookie, proof) => {
      if (!cookie || typeof proof !== 'string' || !isSame(csrfToken(cookie), proof)) throw new Problem('forged-request')
    },
  }
  return visits
}

/** Whether a sign-in cookie only served a form so far. */
export const isBlank = (cookie: string | undefined): boolean => cookie === undefined || cookie.startsWith(blank)

/**
 * Refuses a change that another site's page sent. Browsers say where a request comes from; programs, which have no ambient
 * cookies to abuse, say nothing. Our own pages send no referrer, so their forms come with the origin `null`: a `form` may, for
 * the proof in it decides; a `call` from a script may only where the browser says that it is ours.
 *
 * @throws {Problem} `forged-request`
 */
export function requireSameOrigin(request: FastifyRequest, publicUrl: string, kind: 'form' | 'call'): void {
  const { origin, host, 'sec-fetch-site': site } = request.headers
  const isOurs =
    origin === undefined ||
    origin === publicUrl ||
    (origin === 'null' && (kind === 'form' || site === 'same-origin')) ||
    (URL.canParse(origin) && new URL(origin).host === host)
  if (!isOurs || (site !== undefined && site !== 'same-origin' && site !== 'none')) throw new Problem('forged-request')
}
