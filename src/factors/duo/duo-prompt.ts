import type { JWTPayload } from 'jose'
import { digest, isSame, newToken } from '#crypto/random.ts'
import { type DuoPending, duoName } from '#domain/duo.ts'
import { type Answer, Failure, type FailureReason, jsonObject, outside } from '../outside.ts'
import type { DuoClientOptions } from './signed-api.ts'

export interface DuoPromptOptions extends DuoClientOptions {
  /** Where Duo sends the browser back to. */
  readonly redirectUri: string
}

/** The query with which a browser comes back from Duo. */
export type DuoReturn = Readonly<Partial<Record<'state' | 'duo_code' | 'code' | 'error' | 'error_description', string>>>

/** What Duo says about somebody, for the audit. */
export interface DuoPassed {
  /** Duo's own id of its user, which never changes for a person. */
  readonly userKey: string
  readonly txid: string
  readonly factor: string
  readonly reason: string
  readonly device: string
  readonly ip: string
  /** Duo let the person in without asking them: in bypass, not enrolled, on a remembered device. No second step was given. */
  readonly isSpared: boolean
}

export type DuoPromptAnswer =
  | ({ readonly answer: 'passed' } & DuoPassed)
  /** Duo says, signed, that it does not let the person in. */
  | { readonly answer: 'denied'; readonly status: string }
  /** Duo let in somebody whom it knows as another user than before: nobody is signed in, and somebody is told. */
  | { readonly answer: 'other-user'; readonly userKey: string; readonly expectedKey: string }
  /** The return belongs to no sign-in of this browser, was used, is too old, or Duo reports an error. */
  | { readonly answer: 'start-again'; readonly because: 'state' | 'expired' | 'code' | 'error' }

export interface DuoPrompt {
  /**
   * Whether Duo is there and takes these keys, asked before anybody is sent to it. Resolves to how many seconds its clock is ahead.
   *
   * @throws {Failure} `isOutage` tells the two cases apart that a rule may treat differently
   */
  health(): Promise<number>
  /** Where to send a browser, and what to keep. `userKey` when Duo's user is known from before. */
  begin(userName: string, userKey?: string): Promise<{ readonly url: string; readonly pending: DuoPending }>
  /**
   * The end of it: what the return says about the person who was sent.
   *
   * @throws {Failure} when Duo cannot be asked, or its token is not one for this sign-in; never a reason to let anybody in
   */
  finish(returned: DuoReturn, pending: DuoPending): Promise<DuoPromptAnswer>
}

/** How much two clocks may differ, in seconds. */
const skewSeconds = 60
const assertionSeconds = 300
/** How long somebody may take at Duo. */
const pendingSeconds = 600
const milliseconds = 5_000
const mostBytes = 100_000
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Loaded with the first sign-in by Duo: an installation without it never pays for it. */
const jose = () => import('jose')

/**
 * The Universal Prompt: Duo's OIDC Auth API. The vendor's own library has no time limit, sends no nonce and does not look at what the
 * token says about the outcome; here all of this is checked, and a token counts only if every part of it is right.
 */
export function duoPrompt({ ask, now, application, redirectUri }: DuoPromptOptions): DuoPrompt {
  const { host, key: clientId } = application
  const secret = new TextEncoder().encode(application.secret)
  const get = outside(ask)
  const at = (path: string) => `https://${host}/oauth/v1/${path}`
  const seconds = () => Math.floor(now().getTime() / 1000)

  const sign = async (claims: JWTPayload, audience: string) => {
    const { SignJWT } = await jose()
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS512', typ: 'JWT' })
      .setIssuer(clientId)
      .setAudience(audience)
      .setExpirationTime(seconds() + assertionSeconds)
      .sign(secret)
  }
  const post = async (path: string, fields: Readonly<Record<string, string>>) => {
    const assertion = await sign({ sub: clientId, jti: newToken() }, at(path))
    return get(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...fields, client_id: clientId, client_assertion: assertion }).toString(),
      milliseconds,
      mostBytes,
    })
  }
  const verified = async (token: string, pending: DuoPending) => {
    const { errors, jwtVerify } = await jose()
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ['HS512'],
        issuer: at('token'),
        audience: clientId,
        clockTolerance: skewSeconds,
        currentDate: now(),
        requiredClaims: ['exp', 'iat', 'auth_time', 'nonce', 'preferred_username', 'auth_result', 'auth_context'],
      })
      const wrong = wrongIn(payload, pending, seconds())
      if (wrong) throw new Failure('reply', `the token of Duo is not for this sign-in: ${wrong}`)
      return payload
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new Failure('reply', `the token of Duo does not hold: ${error.code}`)
      throw error
    }
  }

  return {
    health: async () => {
      const answer = await post('health_check', {})
      const reply = jsonObject(answer.text)
      const { response } = reply ?? {}
      const theirs =
        reply?.stat === 'OK' && typeof response === 'object' && response !== null && 'timestamp' in response && response.timestamp
      if (answer.status === 200 && typeof theirs === 'number') return theirs - seconds()
      throw refusal(answer, seconds())
    },
    begin: async (name, userKey) => {
      const state = newToken()
      const pending: DuoPending = {
        stateDigest: digest(state).toString('base64url'),
        nonce: newToken(),
        userName: duoName(name),
        startedAt: seconds(),
        ...(userKey === undefined ? {} : { userKey }),
      }
      const request = await sign(
        {
          response_type: 'code',
          scope: 'openid',
          client_id: clientId,
          redirect_uri: redirectUri,
          state,
          nonce: pending.nonce,
          duo_uname: pending.userName,
          use_duo_code_attribute: true,
        },
        `https://${host}`,
      )
      const query = new URLSearchParams({ response_type: 'code', client_id: clientId, scope: 'openid', redirect_uri: redirectUri, request })
      return { url: `${at('authorize')}?${query}`, pending }
    },
    finish: async (returned, pending) => {
      if (!isSame(digest(returned.state ?? '').toString('base64url'), pending.stateDigest))
        return { answer: 'start-again', because: 'state' }
      if (seconds() - pending.startedAt > pendingSeconds) return { answer: 'start-again', because: 'expired' }
      if (returned.error !== undefined) return { answer: 'start-again', because: 'error' }
      const code = returned.duo_code ?? returned.code
      if (!code || code.length > 1024) return { answer: 'start-again', because: 'code' }
      const answer = await post('token', {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_assertion_type: assertionType,
      })
      const reply = jsonObject(answer.text)
      if (answer.status === 400 && reply?.error === 'invalid_grant') return { answer: 'start-again', because: 'code' }
      if (answer.status !== 200 || typeof reply?.id_token !== 'string') throw refusal(answer, seconds())
      if (reply.token_type !== 'Bearer') throw new Failure('reply', 'the type of the token is unknown')
      const claims = await verified(reply.id_token, pending)
      const { result, status } = objectOf(claims.auth_result)
      if (typeof result !== 'string') throw new Failure('reply', 'the token of Duo does not say how it ended')
      if (result !== 'allow') return { answer: 'denied', status: typeof status === 'string' ? status : result }
      const passed = passedOf(objectOf(claims.auth_context))
      const expectedKey = pending.userKey
      if (expectedKey !== undefined && !isSame(passed.userKey, expectedKey))
        return { answer: 'other-user', userKey: passed.userKey, expectedKey }
      return { answer: 'passed', ...passed }
    },
  }
}

/** What is wrong with the claims of a token whose signature, issuer and times hold, or undefined. */
function wrongIn(claims: JWTPayload, pending: DuoPending, at: number): string | undefined {
  const { aud, iat = Number.POSITIVE_INFINITY, auth_time: authTime, nonce, preferred_username: name } = claims
  if (typeof aud !== 'string') return 'aud'
  if (iat > at + skewSeconds) return 'iat'
  if (typeof authTime !== 'number' || authTime < pending.startedAt - skewSeconds || authTime > at + skewSeconds) return 'auth_time'
  if (typeof nonce !== 'string' || !isSame(nonce, pending.nonce)) return 'nonce'
  if (name !== pending.userName) return 'preferred_username'
  return undefined
}

/** What an answer that is not the hoped-for one means. The body says more than the status, which differs between Duo's endpoints. */
function refusal({ status, text }: Answer, at: number): Failure {
  const reply = jsonObject(text)
  if (reply?.stat === 'FAIL' || typeof reply?.error === 'string') {
    const detail = [reply.message ?? reply.error, reply.message_detail ?? reply.error_description]
      .filter((each) => typeof each === 'string')
      .join(': ')
    const code = typeof reply.code === 'number' ? reply.code : undefined
    return new Failure(reasonOf(status, detail, code, reply.timestamp, at), detail, code)
  }
  if (status === 429) return new Failure('rate', `status ${status}`)
  return new Failure(status >= 500 ? 'outage' : 'not-it', `status ${status}, and no answer of Duo's`)
}

function reasonOf(status: number, detail: string, code = status * 100, theirs: unknown, at: number): FailureReason {
  const group = Math.floor(code / 100)
  if (group === 429) return 'rate'
  if (group >= 500) return 'outage'
  if (code === 40105) return 'clock'
  // Duo says "invalid assertion" for several things; its own time, which it sends along, tells one of them.
  if (typeof theirs === 'number' && Math.abs(theirs - at) > skewSeconds) return 'clock'
  if (/signature/i.test(detail)) return 'secret'
  return group === 403 ? 'permission' : 'application'
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** Factors and reasons by which Duo lets somebody in whom it has not asked. */
const spared = /bypass_user|not_available|not_enrolled|unenrolled|remembered|trusted|policy|^$/

function passedOf(context: Readonly<Record<string, unknown>>): DuoPassed {
  const device = objectOf(context.auth_device)
  const [factor, reason] = [textOf(context.factor), textOf(context.reason)]
  const userKey = textOf(objectOf(context.user).key)
  if (userKey === '') throw new Failure('reply', 'the token of Duo does not say whom it is about')
  return {
    userKey,
    txid: textOf(context.txid),
    factor,
    reason,
    device: textOf(device.name),
    ip: textOf(objectOf(context.access_device).ip) || textOf(device.ip),
    isSpared: spared.test(factor) || (reason !== '' && spared.test(reason)),
  }
}
