import QRCode from 'qrcode'
import { type Asked, json, type Reply } from '../server.ts'
import { type Account, type Application, digits, newTxid, type Phone, type Push, type User } from './account.ts'

export const ok = (response: unknown, metadata?: unknown) => json(200, { stat: 'OK', response, ...(metadata ? { metadata } : {}) })
/** Duo's refusal: the first three digits of the code are the HTTP status. */
export const fail = (code: number, message: string, detail?: string) =>
  json(Math.floor(code / 100), { stat: 'FAIL', code, message, ...(detail === undefined ? {} : { message_detail: detail }) })

const invalid = (name: string) => fail(40002, 'Invalid request parameters', name)

/** Parameters in a form, in a JSON body, or in the query of a GET. */
export function parametersOf(asked: Asked): URLSearchParams {
  if (asked.method !== 'POST') return asked.query
  if (!(asked.headers['content-type'] ?? '').startsWith('application/json')) return asked.form
  const values = JSON.parse(asked.body || '{}') as Record<string, unknown>
  return new URLSearchParams(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])))
}

/** The Auth API, version 2, for a request whose signature was checked. */
export class AuthApi {
  readonly #account: Account
  readonly #pollSeconds: number
  readonly #verifications = new Map<string, { user: User; code: string }>()

  constructor(account: Account, pollSeconds: number) {
    this.#account = account
    this.#pollSeconds = pollSeconds
  }

  #seconds = () => Math.floor(this.#account.now().getTime() / 1000)

  ping = (): Reply => ok({ time: this.#seconds() })

  async answer(asked: Asked, application: Application): Promise<Reply> {
    const fields = parametersOf(asked)
    const call = `${asked.method} ${asked.path.replace('/auth/v2/', '')}`
    if (call === 'GET check') return ok({ time: this.#seconds() })
    if (call === 'POST enroll') return this.#enroll(fields, asked.host)
    if (call === 'POST enroll_status') return this.#enrollStatus(fields)
    if (call === 'POST preauth') return this.#preauth(fields, application, asked.host)
    if (call === 'POST auth') return this.#auth(fields, application, asked.ip)
    if (call === 'GET auth_status') return this.#authStatus(fields)
    if (call === 'GET logo') return fail(40002, 'Invalid request parameters', 'No logo')
    return fail(40401, 'Resource not found')
  }

  #enroll(fields: URLSearchParams, host: string): Reply {
    const username = fields.get('username') ?? `user-${digits(8)}`
    const seconds = Number(fields.get('valid_secs') ?? 86_400)
    if (username === '' || this.#account.find(username)) return invalid('username')
    if (!Number.isInteger(seconds) || seconds < 1) return invalid('valid_secs')
    const user = this.#account.addUser(username, { phones: [] })
    const code = this.#account.newActivation(user, seconds)
    return ok({
      user_id: user.id,
      username: user.username,
      activation_code: code,
      activation_barcode: `https://${host}/frame/qr?value=${encodeURIComponent(code.slice('duo://'.length))}`,
      activation_url: `https://${host}/activate/${code.slice('duo://'.length)}`,
      expiration: this.#seconds() + seconds,
    })
  }

  #enrollStatus(fields: URLSearchParams): Reply {
    const activation = this.#account.activations.get(fields.get('activation_code') ?? '')
    if (!activation || activation.user.id !== fields.get('user_id')) return ok('invalid')
    if (activation.isUsed) return ok('success')
    return ok(activation.until < this.#account.now().getTime() ? 'invalid' : 'waiting')
  }

  /** Whom a request is about: by name or by id, and never by both. */
  #whom(fields: URLSearchParams, application: Application): User | undefined | Reply {
    const [name, id] = [fields.get('username'), fields.get('user_id')]
    if ((name === null) === (id === null)) return fail(40001, 'Missing required request parameters', 'username')
    if (name !== null) return name === '' ? invalid('username') : this.#account.find(name, application.normalization)
    return this.#account.users.find((user) => user.id === id) ?? invalid('user_id')
  }

  #preauth(fields: URLSearchParams, application: Application, host: string): Reply {
    const user = this.#whom(fields, application)
    if (user && 'body' in user) return user
    if (!user || !this.#account.isEnrolled(user) || user.status !== 'active') {
      if (user?.status === 'bypass') return ok({ result: 'allow', status_msg: 'Account is bypassed' })
      if (user && user.status !== 'active') return ok({ result: 'deny', status_msg: 'Your account is disabled' })
      if (application.newUsers === 'allow') return ok({ result: 'allow', status_msg: 'Account is active' })
      if (application.newUsers === 'deny') return ok({ result: 'deny', status_msg: 'You are not enrolled' })
      return ok({ result: 'enroll', status_msg: 'Enroll an authentication device to proceed', enroll_portal_url: `https://${host}/portal` })
    }
    const verification = fields.get('client_supports_verified_push') === '1' && application.verifiedPush ? this.#verification(user) : {}
    const devices = user.phones.map((phone) => ({
      device: phone.id,
      type: 'phone',
      name: phone.name,
      display_name: `${phone.platform} (XXX-XXX-${phone.number.slice(-4)})`,
      number: `XXX-XXX-${phone.number.slice(-4)}`,
      capabilities: phone.isActivated ? ['auto', 'push', 'sms', 'phone', 'mobile_otp'] : ['auto', 'sms', 'phone'],
      sms_nextcode: '1',
    }))
    return ok({ result: 'auth', status_msg: 'Account is active', devices, ...verification })
  }

  #verification(user: User) {
    const txid = newTxid()
    const code = digits(3)
    this.#verifications.set(txid, { user, code })
    return { txid, verification_code: code, expiration: this.#seconds() + 60 }
  }

  async #auth(fields: URLSearchParams, application: Application, ip: string): Promise<Reply> {
    const user = this.#whom(fields, application)
    if (user && 'body' in user) return user
    if (!user) return invalid('username')
    const say = (result: string, status: string, message: string) =>
      fields.get('async') === '1' ? ok({ txid: this.#said(user, result, status, message) }) : ok({ result, status, status_msg: message })
    if (user.status === 'bypass') return say('allow', 'bypass', 'Account is bypassed')
    if (user.status !== 'active') return say('deny', user.status === 'locked out' ? 'locked_out' : 'deny', 'Your account is disabled')
    const factor = fields.get('factor')
    if (factor === 'passcode') {
      const passcode = fields.get('passcode')
      if (!passcode) return fail(40001, 'Missing required request parameters', 'passcode')
      return this.#account.spend(user, passcode)
        ? say('allow', 'allow', 'Success. Logging you in...')
        : say('deny', 'deny', 'Incorrect passcode.')
    }
    if (!['push', 'auto', 'sms', 'phone'].includes(factor ?? '')) return invalid('factor')
    const device = fields.get('device')
    if (!device && factor !== 'auto') return fail(40001, 'Missing required request parameters', 'device')
    const isPush = factor === 'push' || factor === 'auto'
    const can = (one: Phone) => !isPush || one.isActivated
    const phone = user.phones.find((one) => (device === 'auto' || device === null || one.id === device) && can(one))
    if (!phone) return invalid('device')
    if (factor === 'sms') {
      user.passcodes.push(digits(7))
      return say('deny', 'sent', 'New SMS passcodes sent.')
    }
    const info = fields.get('pushinfo') ?? ''
    if (info.length >= 20_000) return invalid('pushinfo')
    const verification = this.#verifications.get(fields.get('txid') ?? '')
    if (isPush && application.verifiedPush && verification?.user !== user) return invalid('txid')
    const shown = {
      type: fields.get('type') ?? 'Login',
      name: fields.get('display_username') ?? user.username,
      application: application.name,
      info,
      ip: fields.get('ipaddr') ?? ip,
    }
    const push = this.#account.push(user, phone, shown, isPush ? verification?.code : undefined)
    if (fields.get('async') === '1') return ok({ txid: push.txid })
    push.told = push.status
    while (push.result === 'waiting') await this.#account.change(push, this.#account.pushSeconds)
    return ok({ result: push.result, status: push.status, status_msg: push.message })
  }

  /** An answer that stands already, to be asked for like that of a push. */
  #said(user: User, result: string, status: string, message: string): string {
    const push: Push = this.#account.push({ ...user, habit: 'ignore' }, user.phones[0] ?? this.#account.newPhone(), {
      type: '',
      name: '',
      application: '',
      info: '',
      ip: '',
    })
    Object.assign(push, { result, status, message })
    return push.txid
  }

  /** Holds the question until something has changed since the last one, for so many seconds at most. */
  async #authStatus(fields: URLSearchParams): Promise<Reply> {
    const push = this.#account.pushes.find(({ txid }) => txid === fields.get('txid'))
    if (!push) return invalid('txid')
    await this.#account.change(push, this.#pollSeconds)
    push.told = push.status
    return ok({ result: push.result, status: push.status, status_msg: push.message })
  }
}

/** The picture behind `activation_barcode`. */
export async function barcode({ query }: Asked): Promise<Reply> {
  return { status: 200, type: 'image/png', body: await QRCode.toBuffer(`duo://${query.get('value') ?? ''}`, { margin: 2 }) }
}
