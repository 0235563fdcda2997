import { fromBase32 } from '#factors/base32.ts'
import { hotp, stepAt } from '#factors/totp.ts'
import type { Services } from './services.ts'

/** Somebody in the demo, as whoever tries it needs them. */
export interface Player {
  readonly name: string
  readonly email: string
  readonly password: string
  /** Key (Base32) of the authenticator app, once there is one. */
  key?: string
  backupCodes?: readonly string[]
  /** Uses Duo or an AuthAnvil token, in the place of an app; the token shows the codes of `key`. */
  readonly with?: 'duo' | 'authanvil'
  /** Has codes sent, in the place of an app. */
  readonly sent?: { readonly kind: 'email' | 'sms' | 'voice' /** E.164, for text and call. */; readonly phone?: string }
}

// biome-ignore lint/suspicious/noExplicitAny: replies of every shape, of which the story reads what it needs.
type Reply = any

/** The demo's server, and the time that it believes it is. */
export interface Stage {
  /** Where it answers, without a path. */
  readonly origin: string
  readonly services: Services
  now(): Date
  /** Moves its clock on, and never past the present. */
  pass(seconds: number): Promise<void>
  /** Moves its clock to the present. */
  catchUp(): Promise<void>
}

/** The six digits that an app shows at a moment. */
export const codeOf = (key: string, at: Date): string => hotp(fromBase32(key), stepAt(at))

/** A browser: it keeps cookies and sends the proof against forgery. Any refusal ends the demo, with what was refused. */
export class Browser {
  readonly #stage: Stage
  readonly #cookies = new Map<string, string>()
  #csrf = ''

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const { status, json, text } = await this.attempt(method, path, body)
    if (status >= 400) throw new Error(`${method} ${path} was refused: ${status} ${text}`)
    return json
  }

  /** The same, where a refusal is part of the story. */
  async attempt(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly json: Reply; readonly text: string }> {
    const reply = await this.#ask(method, `/api/v1${path}`, body)
    const text = await reply.text()
    const json = text === '' ? undefined : JSON.parse(text)
    if (typeof json?.csrfToken === 'string') this.#csrf = json.csrfToken
    return { status: reply.status, json, text }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Response> {
    const reply = await fetch(`${this.#stage.origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
        ...(this.#cookies.size > 0 ? { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...(this.#csrf ? { 'x-csrf-token': this.#csrf } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return reply
  }

  /** Answers every step as an honest person does, until the session is open. */
  async goOn(player: Player, first: Reply, wish: { readonly remember?: boolean } = {}): Promise<void> {
    let step = first
    while (step.step !== 'done') {
      if (player.with === 'duo' && step.step !== 'codes') {
        step = await this.#throughDuo()
        continue
      }
      if (step.step === 'enroll' && !player.sent && player.with === undefined) player.key = step.key
      if (step.step === 'codes') player.backupCodes = step.codes
      // An app shows another code every 30 seconds, and each is taken once.
      if (step.step === 'answer') await this.#stage.pass(31)
      const code = player.sent
        ? await this.#askForCode(player, step)
        : player.key === undefined
          ? ''
          : codeOf(player.key, this.#stage.now())
      const given =
        step.step === 'codes' ? { saved: true } : step.step === 'answer' ? { code, ...(wish.remember ? { remember: true } : {}) } : { code }
      step = await this.call('POST', '/sign-ins/current/answers', given)
    }
    await this.call('GET', '/session')
  }

  /** Goes to Duo and comes back; what is asked then, or that nothing is. */
  async #throughDuo(): Promise<Reply> {
    const { duo } = await this.call('POST', '/sign-ins/current/answers', { open: 'duo' })
    const returned = await this.#stage.services.throughDuo(duo.address)
    await this.#ask('GET', `/sign-in/duo${returned}`)
    const { status, json } = await this.attempt('GET', '/sign-ins/current')
    return status === 200 ? json : { step: 'done' }
  }

  /** Has a code sent, or chooses the method first where it is set up, and reads the code in the inbox. */
  async #askForCode({ email, sent }: Player, step: Reply): Promise<string> {
    if (!sent || (step.step !== 'enroll' && step.step !== 'answer')) return ''
    const { kind, phone } = sent
    if (step.step === 'enroll') await this.call('POST', '/sign-ins/current/answers', { choose: kind })
    const isNumberNew = step.step === 'enroll' && phone !== undefined
    await this.call('POST', '/sign-ins/current/answers', isNumberNew ? { phone } : { send: kind })
    return codeInInbox(this.#stage.origin, phone ?? email)
  }

  async signIn(player: Player, wish: { readonly remember?: boolean } = {}): Promise<this> {
    await this.goOn(player, await this.call('POST', '/sign-ins', { email: player.email, password: player.password }), wish)
    return this
  }
}

const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const spoken = new RegExp(`(?:${digits.join('|')})(?: – (?:${digits.join('|')})){5}`)

/** The newest code in the inbox for an address or a number; that of a call stands there as it is spoken. */
async function codeInInbox(origin: string, to: string): Promise<string> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const page = await (await fetch(`${origin}/inbox`, { signal: AbortSignal.timeout(30_000) })).text()
    for (const article of page.split('<article').filter((one) => one.includes(`<strong>${to}</strong>`))) {
      const text = article.slice(article.indexOf('</time>'))
      const said = spoken.exec(text)?.[0].split(' – ')
      const code = said?.map((digit) => digits.indexOf(digit)).join('') ?? /(?<![0-9])[0-9]{6}(?![0-9])/.exec(text)?.[0]
      if (code !== undefined) return code
    }
  }
  throw new Error(`No code for ${to} arrived in the inbox.`)
}
