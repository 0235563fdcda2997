import { randomBytes } from 'node:crypto'
import { page, seeOther } from '../html.ts'
import { type Asked, json, type Reply } from '../server.ts'
import type { Account, Application, Phone, User } from './account.ts'
import { newTxid } from './account.ts'
import { type Claims, signed, unverified, verified } from './jwt.ts'

/** What can be wrong with a token that Duo gives, or with what it answers in place of one. Each must be refused. */
export const tokenFaults = [
  'alg-none',
  'alg-hs256',
  'other-secret',
  'wrong-issuer',
  'wrong-audience',
  'many-audiences',
  'expired',
  'not-yet',
  'issued-in-future',
  'old-sign-in',
  'wrong-nonce',
  'no-nonce',
  'wrong-user',
  'no-user',
  'result-deny',
  'result-fraud',
  'result-unknown',
  'no-result',
  'no-context',
  'other-key',
  'no-key',
  'no-expiry',
  'not-bearer',
  'not-a-token',
] as const
export type TokenFault = (typeof tokenFaults)[number]

/** What the authorize request asked for, while a person is at the prompt. */
export interface Prompting {
  readonly id: string
  readonly application: Application
  readonly userName: string
  readonly user: User | undefined
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string | undefined
  readonly codeParameter: 'duo_code' | 'code'
  readonly host: string
  readonly ip: string
  txid: string | undefined
  setUp: { kind?: string; number?: string; platform?: string; code?: string }
}

interface Granted {
  readonly prompting: Prompting
  readonly user: User
  readonly phone: Phone | undefined
  readonly factor: string
  readonly until: number
  isSpent: boolean
}

const skewSeconds = 60
const codeSeconds = 300
const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const one = (value: unknown) => (Array.isArray(value) && value.length === 1 ? value[0] : value)

/** Duo's OIDC Auth API, which the Universal Prompt is reached by. */
export class OAuth {
  readonly promptings = new Map<string, Prompting>()
  readonly #account: Account
  readonly #granted = new Map<string, Granted>()
  readonly #seen = new Map<string, number>()

  constructor(account: Account) {
    this.#account = account
  }

  #seconds = () => Math.floor(this.#account.now().getTime() / 1000)

  #fail(detail: string): Reply {
    return json(200, { stat: 'FAIL', code: 40002, message: 'invalid_client', message_detail: detail, timestamp: this.#seconds() })
  }

  /** Whether an expiry may stand: a number (or its text, as one SDK sends), not past and not more than an hour ahead. */
  #isCurrent(exp: unknown): boolean {
    const until = typeof exp === 'string' && /^\d+(\.\d+)?$/.test(exp) ? Number(exp) : exp
    return typeof until === 'number' && until > this.#seconds() - skewSeconds && until <= this.#seconds() + 3600 + skewSeconds
  }

  /** The application that asks, by the assertion it signed; otherwise what is wrong with it. */
  #client(asked: Asked, fields: URLSearchParams): Application | string {
    const assertion = fields.get('client_assertion') ?? ''
    const claims = unverified(assertion)
    if (!claims) return 'The provided client_assertion was invalid.'
    const id = fields.get('client_id') ?? text(claims.iss)
    const application = this.#account.applications.find((each) => each.type === 'websdk' && each.id === id)
    if (!application) return 'The provided client_id was invalid.'
    if (!verified(assertion, application.secret)) return 'Failed to verify signature.'
    if (claims.iss !== id || claims.sub !== id) return 'The iss claim of the client_assertion does not match the client_id.'
    if (one(claims.aud) !== `https://${asked.host}${asked.path}`) return 'The aud claim of the client_assertion is wrong.'
    if (!this.#isCurrent(claims.exp)) return 'The provided client_assertion was invalid.'
    const jti = text(claims.jti)
    if (!jti || jti.length < 16) return 'The client_assertion needs a jti claim.'
    if (this.#seen.has(`${id} ${jti}`)) return 'The client_assertion was used before.'
    this.#seen.set(`${id} ${jti}`, Number(claims.exp))
    return application
  }

  health(asked: Asked): Reply {
    const client = this.#client(asked, fieldsOf(asked))
    return typeof client === 'string' ? this.#fail(client) : json(200, { stat: 'OK', response: { timestamp: this.#seconds() } })
  }

  /** Begins a prompt, or says on a page what is wrong: a request that does not verify is never redirected anywhere. */
  authorize(asked: Asked): Reply {
    const wrong = (why: string) => page('Duo cannot go on', `<p>${why}</p>`, { status: 400 })
    const id = asked.query.get('client_id') ?? ''
    const request = asked.query.get('request') ?? ''
    if (asked.query.get('response_type') !== 'code') return wrong('response_type must be code.')
    const application = this.#account.applications.find((each) => each.type === 'websdk' && each.id === id)
    if (!application) return wrong('The client_id is not known.')
    const claims = verified(request, application.secret)
    if (!claims) return wrong('The request is not signed with this secret and HS512.')
    const { state, redirect_uri: redirectUri, duo_uname: userName, nonce, exp } = claims
    if (claims.response_type !== 'code' || claims.client_id !== id) return wrong('response_type or client_id in the request is wrong.')
    if (typeof claims.scope !== 'string' || !claims.scope.split(' ').includes('openid')) return wrong('The scope must contain openid.')
    const audiences = [undefined, `https://${asked.host}`, `https://${asked.host}/oauth/v1/authorize`]
    if (!audiences.includes(one(claims.aud) as string | undefined)) return wrong('The aud of the request is wrong.')
    if (claims.iss !== undefined && claims.iss !== id) return wrong('The iss of the request is wrong.')
    if (!this.#isCurrent(exp)) return wrong('The request has expired.')
    if (typeof state !== 'string' || state.length < 16 || state.length > 1024) return wrong('The state must have 16 to 1024 characters.')
    if (nonce !== undefined && (typeof nonce !== 'string' || nonce.length <= 16 || nonce.length >= 1024))
      return wrong('The nonce is too short.')
    if (typeof userName !== 'string' || userName === '') return wrong('duo_uname is missing.')
    if (typeof redirectUri !== 'string' || !URL.canParse(redirectUri)) return wrong('redirect_uri is not an address.')
    const prompting: Prompting = {
      id: randomBytes(16).toString('hex'),
      application,
      userName,
      user: this.#account.find(userName, application.normalization),
      redirectUri,
      state,
      nonce: text(nonce) ?? asked.query.get('nonce') ?? undefined,
      codeParameter: String(claims.use_duo_code_attribute) === 'true' ? 'duo_code' : 'code',
      host: asked.host,
      ip: asked.ip,
      txid: undefined,
      setUp: {},
    }
    this.promptings.set(prompting.id, prompting)
    return seeOther(`/prompt/${prompting.id}`)
  }

  /** Back to the application, with a code that is good once. */
  grant(prompting: Prompting, user: User, factor: string, phone?: Phone): Reply {
    const code = randomBytes(16).toString('hex')
    this.#granted.set(code, { prompting, user, phone, factor, until: this.#seconds() + codeSeconds, isSpent: false })
    this.promptings.delete(prompting.id)
    const back = new URL(prompting.redirectUri)
    back.searchParams.set('state', prompting.state)
    back.searchParams.set(prompting.codeParameter, code)
    return seeOther(back.href)
  }

  token(asked: Asked, fault?: TokenFault): Reply {
    const fields = fieldsOf(asked)
    const refuse = (error: string, description: string) => json(400, { error, error_description: description })
    if (fields.get('grant_type') !== 'authorization_code') return refuse('unsupported_grant_type', 'grant_type must be authorization_code')
    if (fields.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      return refuse('invalid_request', 'client_assertion_type is wrong')
    const client = this.#client(asked, fields)
    if (typeof client === 'string') return refuse('invalid_client', client)
    const granted = this.#granted.get(fields.get('code') ?? '')
    const isGood =
      granted &&
      !granted.isSpent &&
      granted.until >= this.#seconds() &&
      granted.prompting.application === client &&
      granted.prompting.redirectUri === fields.get('redirect_uri')
    if (!isGood) return refuse('invalid_grant', 'The provided authorization grant or redirect_uri is invalid')
    granted.isSpent = true
    const token = this.#token(granted, `https://${asked.host}${asked.path}`, fault)
    return json(200, {
      id_token: fault === 'not-a-token' ? 'nonsense' : token,
      access_token: randomBytes(20).toString('hex'),
      expires_in: 3600,
      token_type: fault === 'not-bearer' ? 'mac' : 'Bearer',
    })
  }

  #token({ prompting, user, phone, factor }: Granted, issuer: string, fault?: TokenFault): string {
    const at = this.#seconds()
    const { application } = prompting
    const place = { city: 'Ann Arbor', state: 'Michigan', country: 'United States' }
    const claims: Claims = {
      iss: issuer,
      aud: application.id,
      sub: user.username,
      preferred_username: prompting.userName,
      exp: at + 300,
      iat: at,
      auth_time: at,
      ...(prompting.nonce === undefined ? {} : { nonce: prompting.nonce }),
      auth_result: { result: 'allow', status: 'allow', status_msg: 'Login Successful' },
      auth_context: {
        txid: prompting.txid ?? newTxid(),
        timestamp: at,
        isotimestamp: new Date(at * 1000).toISOString(),
        result: 'success',
        reason: factor === 'bypass_user' ? 'bypass_user' : 'user_approved',
        factor,
        event_type: 'authentication',
        alias: user.aliases.find((each) => each !== undefined) ?? '',
        email: user.email,
        ood_software: null,
        user: { name: user.username, key: user.id, groups: [] },
        application: { name: application.name, key: application.id },
        auth_device: { ip: prompting.ip, name: phone?.name || phone?.number || '', location: place },
        access_device: {
          ip: prompting.ip,
          hostname: null,
          epkey: null,
          browser: 'Chrome',
          browser_version: '140',
          flash_version: null,
          java_version: null,
          os: 'Linux',
          os_version: '6',
          is_encryption_enabled: 'unknown',
          is_firewall_enabled: 'unknown',
          is_password_set: 'unknown',
          location: place,
        },
      },
    }
    return withFault(claims, application, at, fault)
  }
}

/** Parameters of a POST: in the form, or in the query as one SDK sends them. */
function fieldsOf({ query, form }: Asked): URLSearchParams {
  return new URLSearchParams([...query, ...form])
}

function withFault(claims: Claims, { secret, id }: Application, at: number, fault?: TokenFault): string {
  const result = (value: string) => ({ auth_result: { result: value, status: value, status_msg: value } })
  const changes: Readonly<Partial<Record<TokenFault, Claims>>> = {
    'wrong-issuer': { iss: 'https://api-elsewhere.duosecurity.com/oauth/v1/token' },
    'wrong-audience': { aud: 'DIXXXXXXXXXXXXXXXXXX' },
    'many-audiences': { aud: [id, 'DIXXXXXXXXXXXXXXXXXX'] },
    expired: { exp: at - 120, iat: at - 420 },
    'not-yet': { nbf: at + 300 },
    'issued-in-future': { iat: at + 300, exp: at + 600 },
    'old-sign-in': { auth_time: at - 3600 },
    'wrong-nonce': { nonce: 'another-nonce-of-another-sign-in' },
    'no-nonce': { nonce: undefined },
    'wrong-user': { preferred_username: 'mallory@example.org' },
    'no-user': { preferred_username: undefined },
    'result-deny': result('deny'),
    'result-fraud': result('fraud'),
    'result-unknown': result('Allow'),
    'no-result': { auth_result: undefined },
    'no-context': { auth_context: undefined },
    'other-key': {
      auth_context: { ...(claims.auth_context as Claims), user: { name: 'somebody', key: 'DUSOMEBODYELSE000000', groups: [] } },
    },
    'no-key': { auth_context: { ...(claims.auth_context as Claims), user: { name: 'somebody', groups: [] } } },
    'no-expiry': { exp: undefined },
  }
  const changed = { ...claims, ...(fault ? changes[fault] : {}) }
  if (fault === 'alg-none') return signed(changed, secret, 'none')
  if (fault === 'alg-hs256') return signed(changed, secret, 'HS256')
  return signed(changed, fault === 'other-secret' ? 'x'.repeat(40) : secret)
}
