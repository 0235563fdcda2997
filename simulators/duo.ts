import { Account, type Habit, type Phone, type User } from './duo/account.ts'
import { admin } from './duo/admin.ts'
import { AuthApi, barcode, fail } from './duo/auth.ts'
import { OAuth, type TokenFault, tokenFaults } from './duo/oauth.ts'
import { panel } from './duo/panel.ts'
import { phone } from './duo/phone.ts'
import { prompt } from './duo/prompt.ts'
import { checkSignature } from './duo/signature.ts'
import { button, page, seeOther } from './html.ts'
import { type Asked, type Reply, type Server, startServer, type TransportFault, transportFaults } from './server.ts'

/**
 * How Duo can misbehave beyond what every server can: `rate` answers 42901, `internal` 50001, `unavailable` 503, `denied` 40301,
 * `clock` 40105, and all of {@link tokenFaults} at the token endpoint.
 */
export type DuoFault = TransportFault | TokenFault | 'rate' | 'internal' | 'unavailable' | 'denied' | 'clock'
const answers = {
  rate: () => fail(42901, 'Too Many Requests'),
  internal: () => fail(50001, 'Internal server error'),
  unavailable: () => fail(50301, 'Service unavailable'),
  denied: () => fail(40301, 'Access forbidden'),
  clock: () => fail(40105, 'Bad request timestamp'),
} as const
export const duoFaults: readonly DuoFault[] = [...transportFaults, ...tokenFaults, ...(Object.keys(answers) as (keyof typeof answers)[])]

export interface DuoOptions {
  readonly port?: number
  /** Host names beside localhost that the certificate is for, such as `api-00000000.duosecurity.com`. */
  readonly names?: readonly string[]
  readonly certificate?: 'right' | 'other-host' | 'expired'
  /** Duo's clock. */
  readonly now?: () => Date
  /** How long a push rings, 60 seconds as with Duo. */
  readonly pushSeconds?: number
  /** How long a question for the outcome is held at most while nothing changes. */
  readonly pollSeconds?: number
}

export interface DuoSimulator extends Server<DuoFault> {
  /** Applications, users and pushes, to look at and to set. */
  readonly account: Account
  /** Scans the QR code of an activation with a new phone. */
  activate(code: string, phone?: Partial<Omit<Phone, 'id'>>): boolean
  /** What somebody does with every push by themselves. */
  habit(user: User, habit: Habit, afterSeconds?: number): void
}

/**
 * A Duo account on loopback: the OIDC Auth API with the Universal Prompt, the Auth API, the Admin API, the Admin Panel to look at, the
 * phones, and at `/` a page to make it misbehave. It is as strict as Duo is documented to be, and knows nothing of whoever asks it.
 */
export async function start(options: DuoOptions = {}): Promise<DuoSimulator> {
  const account = new Account(options.now ?? (() => new Date()), options.pushSeconds ?? 60)
  const oauth = new OAuth(account)
  const auth = new AuthApi(account, options.pollSeconds ?? 20)

  const signed = (asked: Asked, type: 'authapi' | 'adminapi', answer: (key: string) => Reply | Promise<Reply>) => {
    const secretOf = (key: string) => account.applications.find((one) => one.id === key && one.type === type)?.secret
    const result = checkSignature(asked, secretOf, account.now())
    return 'code' in result ? fail(result.code, result.message) : answer(result.key)
  }
  const applicationOf = (key: string) => {
    const found = account.applications.find(({ id }) => id === key)
    if (!found) throw new Error('An application went while it was asking')
    return found
  }
  const handle = (asked: Asked): Reply | Promise<Reply> => {
    const { path, method } = asked
    const call = `${method} ${path}`
    if (call === 'POST /oauth/v1/health_check') return oauth.health(asked)
    if (call === 'GET /oauth/v1/authorize') return oauth.authorize(asked)
    if (call === 'POST /oauth/v1/token') return oauth.token(asked)
    if (call === 'GET /auth/v2/ping') return auth.ping()
    if (path.startsWith('/auth/v2/')) return signed(asked, 'authapi', (key) => auth.answer(asked, applicationOf(key)))
    if (path.startsWith('/admin/v1/')) return signed(asked, 'adminapi', (key) => admin(asked, account, applicationOf(key)))
    if (call === 'GET /frame/qr') return barcode(asked)
    if (path.startsWith('/prompt/')) return prompt(asked, account, oauth)
    if (path === '/phone' || path.startsWith('/phone/')) return phone(asked, account)
    if (path === '/panel') return panel(account, asked.host)
    if (path === '/') return control(asked)
    return fail(40401, 'Resource not found')
  }
  const control = ({ method, form }: Asked): Reply => {
    if (method !== 'POST') {
      const faults = duoFaults.map((fault) => button('/', fault, { fault }))
      return page(
        'Simulated Duo',
        `<p><a href="/panel">Admin Panel</a></p><p><a href="/phone">Phones</a></p>${button('/', 'Behave', {})}<h2>Misbehave</h2>${faults.join('')}`,
      )
    }
    const fault = duoFaults.find((one) => one === form.get('fault'))
    if (fault) server.misbehave(fault, isTokenFault(fault) ? { on: '/token' } : {})
    else server.behave()
    return seeOther('/')
  }
  const isTokenFault = (fault: string): fault is TokenFault => (tokenFaults as readonly string[]).includes(fault)
  const tokens = Object.fromEntries(
    tokenFaults.map((fault) => [fault, (asked: Asked) => (asked.path === '/oauth/v1/token' ? oauth.token(asked, fault) : undefined)]),
  ) as Record<TokenFault, (asked: Asked) => Reply | undefined>

  const server: Server<DuoFault> = await startServer<DuoFault>({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.names ? { names: options.names } : {}),
    ...(options.certificate ? { certificate: options.certificate } : {}),
    handle,
    own: { ...answers, ...tokens },
    pages: /^\/(?:$|phone|panel|prompt|frame)/,
  })
  return {
    ...server,
    account,
    activate: (code, more) => account.activate(code, more),
    habit: (user, habit, afterSeconds = 0) => Object.assign(user, { habit, habitAfterSeconds: afterSeconds }),
    stop: async () => {
      account.stop()
      await server.stop()
    },
  }
}
