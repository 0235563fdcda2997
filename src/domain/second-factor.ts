import type { Json } from './json.ts'

/*
 * The language of the Duo Universal Prompt, as a portal speaks it: how long things may be, what a signed request must say, and what we
 * answer. Which vendor's library differs from which is told in `docs/guides/second-factor.md`.
 */

/** How far a portal's clock may be from ours, in seconds. */
export const clockSkewSeconds = 60
/** An assertion, or a request, may not be good for longer than this. */
const mostAheadSeconds = 3600
/** A code is redeemed by a server within seconds of the browser's return. */
export const codeSeconds = 60
/** How long a portal may rely on the token: it is looked at once, at the return. */
export const tokenSeconds = 300
/** How long a person may take once a portal has sent them. */
export const promptSeconds = 600

/** The claims of a token, once its signature was found right. */
export type Claims = Readonly<Record<string, unknown>>

const text = (value: unknown, least: number, most: number): string | undefined =>
  typeof value === 'string' && value.length >= least && value.length <= most ? value : undefined

/** A time in seconds: whole, with a fraction (Python) or as text (C#). */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,12}(\.\d{1,9})?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** The one audience of a token, which may stand in a list of its own. */
function audience(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value
}

/** Why an assertion is refused: what a portal's developer is told. */
export type AssertionFault = 'issuer' | 'audience' | 'expired' | 'too-long' | 'from-the-future' | 'jti'

export interface Assertion {
  readonly jti: string
  /** When it need not be remembered any more. */
  readonly until: Date
}

/** Looks at the claims by which a portal's server says who it is, for one of our addresses. */
export function readAssertion(claims: Claims, clientId: string, address: string, now: Date): Assertion | AssertionFault {
  const at = now.getTime() / 1000
  if (claims.iss !== clientId || claims.sub !== clientId) return 'issuer'
  if (audience(claims.aud) !== address) return 'audience'
  const fault = timeFault(claims, at)
  if (fault) return fault
  const jti = text(claims.jti, 16, 256)
  return jti === undefined ? 'jti' : { jti, until: until(claims) }
}

const until = ({ exp }: Claims) => new Date(((seconds(exp) ?? 0) + clockSkewSeconds) * 1000)

function timeFault({ exp, iat, nbf }: Claims, at: number): AssertionFault | undefined {
  const expires = seconds(exp)
  if (expires === undefined || expires <= at - clockSkewSeconds) return 'expired'
  if (expires > at + mostAheadSeconds + clockSkewSeconds) return 'too-long'
  const isFuture = [iat, nbf].some((one) => one !== undefined && (seconds(one) ?? Number.POSITIVE_INFINITY) > at + clockSkewSeconds)
  return isFuture ? 'from-the-future' : undefined
}

/** What a portal asks, once its request was found right. */
export interface PortalRequest {
  readonly redirectUri: string
  readonly state: string
  readonly nonce?: string
  /** The name of the person, letter by letter as it was sent. */
  readonly userName: string
  /** The parameter in which the code goes back. */
  readonly codeParameter: 'duo_code' | 'code'
  /** When the request need not be remembered any more. */
  readonly until: Date
}

export type RequestFault = AssertionFault | 'response-type' | 'scope' | 'client' | 'redirect' | 'state' | 'user-name' | 'nonce'

/** What the outer query of a request may add to what was signed. */
export interface OuterQuery {
  readonly nonce?: string
}

/**
 * Looks at the claims of a request that a browser brought. Whatever is in the address beside them is only a hint, but for a nonce, which
 * one library sends there alone.
 *
 * @param host as the portal was set up with it, with its port
 * @param redirects the addresses that the application may be answered at; another one is a fault, letter by letter
 */
export function readRequest(
  claims: Claims,
  outer: OuterQuery,
  {
    clientId,
    host,
    redirects,
    now,
  }: { readonly clientId: string; readonly host: string; readonly redirects: readonly string[]; readonly now: Date },
): PortalRequest | RequestFault {
  const isUnnamed = claims.iss === undefined && claims.aud === undefined
  if (!isUnnamed && claims.iss !== clientId) return 'issuer'
  if (!isUnnamed && ![`https://${host}`, `https://${host}/oauth/v1/authorize`].includes(String(audience(claims.aud)))) return 'audience'
  const fault = timeFault(claims, now.getTime() / 1000)
  if (fault) return fault
  if (claims.response_type !== 'code') return 'response-type'
  if (!String(claims.scope).split(' ').includes('openid')) return 'scope'
  if (claims.client_id !== clientId) return 'client'
  const redirectUri = text(claims.redirect_uri, 1, 2000)
  if (redirectUri === undefined || !redirects.includes(redirectUri)) return 'redirect'
  const state = text(claims.state, 16, 1024)
  if (state === undefined) return 'state'
  const userName = text(claims.duo_uname, 1, 320)
  if (userName === undefined) return 'user-name'
  const given = claims.nonce ?? outer.nonce
  const nonce = given === undefined ? undefined : text(given, 16, 1024)
  if (given !== undefined && nonce === undefined) return 'nonce'
  const isDuoCode = claims.use_duo_code_attribute === true || String(claims.use_duo_code_attribute).toLowerCase() === 'true'
  return {
    redirectUri,
    state,
    ...(nonce === undefined ? {} : { nonce }),
    userName,
    codeParameter: isDuoCode ? 'duo_code' : 'code',
    until: until(claims),
  }
}

/** The address that a browser goes back to. What the portal's address has in its query stays. */
export function returnAddress(redirectUri: string, more: Readonly<Record<string, string>>): string {
  const added = new URLSearchParams(more).toString()
  const glue = redirectUri.includes('?') ? (/[?&]$/.test(redirectUri) ? '' : '&') : '?'
  return `${redirectUri}${glue}${added}`
}

/** How somebody proved themselves to a portal: kept with the prompt, and said in the token. */
export interface Passed {
  /** The kind of factor that was answered. */
  readonly kind: string
  readonly at: Date
  /** It was set up in this very prompt. */
  readonly isNew: boolean
  readonly address: string
  readonly browser: string
}

/** Our kinds of factors as a token names them; where Duo has a word that is true of ours, that one. */
const factorNames: Readonly<Record<string, string>> = {
  totp: 'passcode',
  sms: 'sms_passcode',
  voice: 'phone_passcode',
  email: 'email_passcode',
  'backup-codes': 'backup_code',
  authanvil: 'authanvil_passcode',
}

/** What a token calls a kind of factor. */
export const factorName = (kind: string): string => factorNames[kind] ?? kind.replaceAll('-', '_')

/** What the token is about. */
export interface TokenSubject {
  readonly host: string
  readonly clientId: string
  readonly application: string
  readonly promptId: string
  readonly userName: string
  readonly nonce?: string
  readonly person: { readonly id: string; readonly email: string }
  readonly passed: Passed
}

const nowhere = { city: null, state: null, country: null }

/**
 * The claims of the token that says that somebody passed. All that Duo's libraries read is there; what we do not know is null, and
 * nothing is said that did not happen.
 */
export function tokenClaims(subject: TokenSubject, now: Date): { readonly [claim: string]: Json } {
  const { host, clientId, userName, nonce, person, passed } = subject
  const at = Math.floor(now.getTime() / 1000)
  const passedAt = Math.floor(passed.at.getTime() / 1000)
  return {
    iss: `https://${host}/oauth/v1/token`,
    aud: clientId,
    sub: person.email,
    iat: at,
    exp: at + tokenSeconds,
    auth_time: passedAt,
    preferred_username: userName,
    ...(nonce === undefined ? {} : { nonce }),
    auth_result: { result: 'allow', status: 'allow', status_msg: 'Login Successful' },
    auth_context: {
      txid: subject.promptId,
      timestamp: passedAt,
      isotimestamp: passed.at.toISOString(),
      result: 'success',
      reason: passed.isNew ? 'user_enrolled' : 'valid_passcode',
      factor: factorName(passed.kind),
      event_type: 'authentication',
      alias: '',
      email: person.email,
      ood_software: null,
      user: { name: person.email, key: person.id, groups: [] },
      application: { name: subject.application, key: clientId },
      auth_device: { ip: null, name: null, location: nowhere },
      access_device: {
        ip: passed.address,
        hostname: null,
        epkey: null,
        browser: passed.browser === '' ? null : passed.browser,
        browser_version: null,
        flash_version: null,
        java_version: null,
        os: null,
        os_version: null,
        is_encryption_enabled: 'unknown',
        is_firewall_enabled: 'unknown',
        is_password_set: 'unknown',
        location: nowhere,
      },
    },
  }
}
