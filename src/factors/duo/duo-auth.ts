import { duoName } from '#domain/duo.ts'
import { Failure } from '../outside.ts'
import { type DuoClientOptions, listIn, objectIn, type Parameters, signedApi, textIn } from './signed-api.ts'

/** A phone or token of somebody, as Duo describes it to the person: its number is masked. */
export interface DuoDevice {
  readonly id: string
  readonly name: string
  readonly canPush: boolean
}

/**
 * What Duo says before it asks anybody.
 *
 * `allow` means that Duo would not ask at all: the person is in bypass, or not enrolled and let in. It proves nothing, and does not
 * count as a second step unless the organization has said so. `enroll` leads to an enrollment, never to a session.
 */
export type DuoPreauth =
  | { readonly result: 'auth'; readonly devices: readonly DuoDevice[]; readonly verification?: DuoVerification }
  | { readonly result: 'allow' | 'deny'; readonly said: string }
  | { readonly result: 'enroll'; readonly said: string; readonly portal?: string }

/** A push that carries a number from the screen to the phone: `code` is shown, and typed on the phone. */
export interface DuoVerification {
  readonly txid: string
  readonly code: string
}

/** What became of a push or a passcode. Only `allow` with a status that says that somebody was asked is a second step. */
export type DuoOutcome =
  | { readonly result: 'waiting'; readonly status: string }
  /** `isBypass`: Duo let the person in without asking. */
  | { readonly result: 'allow'; readonly status: string; readonly isBypass: boolean }
  /** `isFraud`: the person said that this was not them. */
  | { readonly result: 'deny'; readonly status: string; readonly isFraud: boolean; readonly said: string }

/** What a new user of Duo is shown to activate Duo Mobile. `code` is what the QR code holds. */
export interface DuoActivation {
  readonly userKey: string
  readonly userName: string
  readonly code: string
  /** A picture of the QR code at Duo's own host. */
  readonly barcode: string
  readonly link: string
  readonly expiresAt: Date
}

/** What the phone shows beside the buttons, so that nobody approves what they did not begin. */
export interface DuoPushText {
  /** The word before "request", such as "Login". */
  readonly type: string
  readonly displayName: string
  /** Further lines: where, what, from which address. */
  readonly lines: Readonly<Record<string, string>>
  readonly ip?: string
}

/** Whom a question is about: a name, or Duo's own id of a user, which stays the same when names and aliases change hands. */
export type DuoWho = string | { readonly key: string }

const whoIn = (who: DuoWho): Parameters => (typeof who === 'string' ? { username: duoName(who) } : { user_id: who.key })

export interface DuoAuth {
  /** Duo's time, asked without a key: proves host and network. */
  ping(): Promise<Date>
  /** Proves key, secret, type of application and clock. Resolves to Duo's time. */
  check(): Promise<Date>
  preauth(who: DuoWho, options?: { ip?: string; canVerify?: boolean }): Promise<DuoPreauth>
  /** Sends a push to a device and returns at once; `device` may be `auto`. Resolves to the id to ask for the outcome by. */
  push(who: DuoWho, device: string, text: DuoPushText, verification?: DuoVerification): Promise<string>
  /** Duo holds this question until something changes; after so many seconds without a word it is "waiting". */
  outcome(txid: string, seconds?: number): Promise<DuoOutcome>
  passcode(who: DuoWho, passcode: string, options?: { ip?: string }): Promise<DuoOutcome>
  /** Makes a user in Duo, with a code for Duo Mobile. A name that Duo knows already is a {@link Failure} `request`. */
  enroll(userName: string, validSeconds: number): Promise<DuoActivation>
  enrollment(activation: Pick<DuoActivation, 'userKey' | 'code'>): Promise<'done' | 'waiting' | 'expired'>
}

const mostInfoBytes = 20_000
const usualPollSeconds = 20

/** Whether a passcode can be one at all: digits, as typed with spaces or without. */
export const fitsPasscode = (passcode: string) => /^\d{4,16}$/.test(passcode.replace(/[\s-]/g, ''))

/**
 * Duo's Auth API, version 2: what Countersign asks Duo without the Universal Prompt. All names are sent in the one form of
 * {@link duoName}.
 *
 * Every method throws {@link Failure} for whatever is not an answer; no failure ever lets anybody in.
 */
export function duoAuth(options: DuoClientOptions): DuoAuth {
  const api = signedApi(options)
  const time = (response: unknown) => {
    const { time: seconds } = objectIn(response)
    if (typeof seconds !== 'number') throw new Failure('reply', 'the time is missing')
    return new Date(seconds * 1000)
  }
  const auth = (parameters: Parameters) => api.call('POST', '/auth/v2/auth', parameters).then(({ response }) => objectIn(response))

  return {
    ping: async () => time((await api.unsigned('/auth/v2/ping')).response),
    check: async () => time((await api.call('GET', '/auth/v2/check')).response),
    preauth: async (who, { ip, canVerify = false } = {}) => {
      const { response } = await api.call('POST', '/auth/v2/preauth', {
        ...whoIn(who),
        ...(ip === undefined ? {} : { ipaddr: ip }),
        ...(canVerify ? { client_supports_verified_push: '1' } : {}),
      })
      const reply = objectIn(response)
      const result = textIn(reply, 'result')
      const said = String(reply.status_msg ?? '')
      if (result === 'auth') {
        const { txid, verification_code: code } = reply
        const verification = typeof txid === 'string' && typeof code === 'string' ? { verification: { txid, code } } : {}
        return { result, devices: listIn(reply.devices ?? []).map(deviceOf), ...verification }
      }
      if (result === 'allow' || result === 'deny') return { result, said }
      if (result !== 'enroll') throw new Failure('reply', 'an unknown result')
      return { result, said, ...(typeof reply.enroll_portal_url === 'string' ? { portal: reply.enroll_portal_url } : {}) }
    },
    push: async (who, device, { type, displayName, lines, ip }, verification) => {
      // Duo shows the pairs as they are written, so that a plus would stay a plus.
      const info = Object.entries(lines)
        .map((pair) => pair.map(encodeURIComponent).join('='))
        .join('&')
      if (Buffer.byteLength(info) >= mostInfoBytes) throw new RangeError('What the push shows is too long')
      const reply = await auth({
        ...whoIn(who),
        factor: 'push',
        device,
        async: '1',
        type,
        display_username: displayName,
        pushinfo: info,
        ...(ip === undefined ? {} : { ipaddr: ip }),
        ...(verification ? { txid: verification.txid } : {}),
      })
      return textIn(reply, 'txid')
    },
    outcome: async (txid, seconds = usualPollSeconds) => {
      try {
        return outcomeOf(objectIn((await api.call('GET', '/auth/v2/auth_status', { txid }, seconds * 1000)).response))
      } catch (error) {
        // Duo keeps silent while nothing changes, and that is no failure. Who asks ends the waiting by the life of the push.
        if (error instanceof Failure && error.reason === 'timeout') return { result: 'waiting', status: 'unchanged' }
        throw error
      }
    },
    passcode: async (who, passcode, { ip } = {}) => {
      const reply = await auth({
        ...whoIn(who),
        factor: 'passcode',
        passcode: passcode.replace(/[\s-]/g, ''),
        ...(ip === undefined ? {} : { ipaddr: ip }),
      })
      return outcomeOf(reply)
    },
    enroll: async (userName, validSeconds) => {
      const { response } = await api.call('POST', '/auth/v2/enroll', { username: duoName(userName), valid_secs: String(validSeconds) })
      const reply = objectIn(response)
      if (typeof reply.expiration !== 'number') throw new Failure('reply', 'the expiration is missing')
      return {
        userKey: textIn(reply, 'user_id'),
        userName: textIn(reply, 'username'),
        code: textIn(reply, 'activation_code'),
        barcode: textIn(reply, 'activation_barcode'),
        link: textIn(reply, 'activation_url'),
        expiresAt: new Date(reply.expiration * 1000),
      }
    },
    enrollment: async ({ userKey, code }) => {
      const { response } = await api.call('POST', '/auth/v2/enroll_status', { user_id: userKey, activation_code: code })
      if (response === 'success') return 'done'
      if (response === 'waiting') return 'waiting'
      if (response === 'invalid') return 'expired'
      throw new Failure('reply', 'an unknown state of the enrollment')
    },
  }
}

function deviceOf(device: Readonly<Record<string, unknown>>): DuoDevice {
  const { capabilities } = device
  const name = [device.display_name, device.name, device.number].find((each) => typeof each === 'string' && each !== '')
  return {
    id: textIn(device, 'device'),
    name: String(name ?? ''),
    canPush: Array.isArray(capabilities) && capabilities.includes('push'),
  }
}

function outcomeOf(reply: Readonly<Record<string, unknown>>): DuoOutcome {
  const result = textIn(reply, 'result')
  const status = textIn(reply, 'status')
  if (result === 'waiting') return { result, status }
  if (result === 'allow') return { result, status, isBypass: status !== 'allow' }
  if (result === 'deny') return { result, status, isFraud: status === 'fraud', said: String(reply.status_msg ?? '') }
  throw new Failure('reply', 'an unknown result')
}
