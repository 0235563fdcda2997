import { createHmac, timingSafeEqual } from 'node:crypto'
import type { UndeliveredReason } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'
import { type Answer, type Door, objectIn } from './door.ts'
import {
  Busy,
  type Callback,
  type Gateway,
  type Heard,
  type OutgoingCall,
  type OutgoingText,
  retryAfter,
  Uncertain,
  Undeliverable,
} from './gateway.ts'

export interface TwilioOptions {
  /** `AC…` */
  readonly accountSid: string
  /** Opens the account when there is no API key, and is what Twilio signs its callbacks with in any case. */
  readonly authToken?: string
  readonly apiKey?: { readonly sid: string; readonly secret: string }
  /** A number of the account (E.164), or a sender's name for texts. */
  readonly from?: string
  /** `MG…`: texts go out through this messaging service, whatever `from` is. */
  readonly messagingService?: string
  /** Where Twilio reaches us; without it nothing is reported, and a call speaks without waiting for a key. Asks for the auth token. */
  readonly callbackUrl?: string
  /** Twilio's own when absent. */
  readonly apiUrl?: string
  readonly door: Door
  readonly now: Clock
  readonly milliseconds?: number
}

/**
 * What Twilio's error codes mean for the queue: final for this message, with the reason in our words, or `later`. Codes that are not
 * here are final and of unknown reason (https://www.twilio.com/docs/api/errors).
 */
const refusals: Readonly<Record<number, UndeliveredReason | 'later'>> = {
  13223: 'invalid-number',
  13224: 'invalid-number',
  13225: 'region-blocked',
  13227: 'region-blocked',
  20003: 'later',
  20404: 'later',
  21210: 'sender',
  21211: 'invalid-number',
  21214: 'invalid-number',
  21215: 'region-blocked',
  21217: 'invalid-number',
  21408: 'region-blocked',
  21606: 'sender',
  21608: 'sender',
  21610: 'opted-out',
  21611: 'later',
  21612: 'no-route',
  21614: 'not-mobile',
  30001: 'later',
}

/** What a text that was taken first came to, by the `ErrorCode` of its callback. */
const failures: Readonly<Record<string, UndeliveredReason>> = {
  21610: 'opted-out',
  30001: 'gateway',
  30002: 'sender',
  30003: 'unreachable',
  30004: 'filtered',
  30005: 'invalid-number',
  30006: 'not-mobile',
  30007: 'filtered',
  30008: 'unknown',
  30032: 'sender',
  30034: 'sender',
  30036: 'expired',
}

const callEndings: Readonly<Record<string, UndeliveredReason>> = {
  busy: 'busy',
  'no-answer': 'no-answer',
  canceled: 'no-answer',
  failed: 'unreachable',
  completed: 'not-heard',
}

/** Twilio's names for the languages that we speak. */
const voices: Readonly<Record<string, string>> = { en: 'en-US' }

/** Texts and calls through Twilio's REST API of 2010-04-01. */
export function twilio(options: TwilioOptions): Gateway {
  const { accountSid, authToken, apiKey, from, messagingService, door, now, milliseconds = 15_000 } = options
  const callbackUrl = authToken ? options.callbackUrl : undefined
  const api = `${options.apiUrl ?? 'https://api.twilio.com'}/2010-04-01/Accounts/${accountSid}`
  const [user, secret] = apiKey ? [apiKey.sid, apiKey.secret] : [accountSid, authToken ?? '']
  const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
  const pathOf = (id: string) => `/callbacks/twilio/${id}`

  const post = async (resource: 'Messages' | 'Calls', fields: [name: string, value: string][]): Promise<{ readonly ref: string }> => {
    const answer = await door.fetch(`${api}/${resource}.json`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
      milliseconds,
    })
    return { ref: refOf(answer, resource === 'Messages' ? /^(?:SM|MM)[0-9a-f]{32}$/ : /^CA[0-9a-f]{32}$/) }
  }

  const text = ({ id, to, text: body, expiresAt }: OutgoingText, at: number) =>
    post('Messages', [
      ['To', to],
      messagingService ? ['MessagingServiceSid', messagingService] : ['From', from ?? ''],
      ['Body', body],
      // Held back by a carrier beyond its life, it would only mislead.
      ...(expiresAt
        ? [['ValidityPeriod', String(Math.min(14_400, Math.max(5, Math.ceil((expiresAt.getTime() - at) / 1000))))] as [string, string]]
        : []),
      ...(callbackUrl ? [['StatusCallback', `${callbackUrl}${pathOf(id)}`] as [string, string]] : []),
    ])

  const call = (outgoing: OutgoingCall) =>
    post('Calls', [
      ['To', outgoing.to],
      ['From', from ?? ''],
      ['Twiml', callbackUrl ? asking(outgoing, `${callbackUrl}${pathOf(outgoing.id)}/key`) : speaking(outgoing)],
      ['Timeout', '30'],
      ['TimeLimit', '120'],
      ...(callbackUrl
        ? ([
            ['StatusCallback', `${callbackUrl}${pathOf(outgoing.id)}`],
            ['StatusCallbackEvent', 'completed'],
          ] as [string, string][])
        : []),
    ])

  const isSigned = ({ path, headers, body }: Callback): boolean => {
    const given = headers['x-twilio-signature'] ?? ''
    return (
      authToken !== undefined &&
      publicForms(callbackUrl).some((origin) => isSame(given, twilioSignature(authToken, `${origin}${path}`, new URLSearchParams(body))))
    )
  }

  return {
    send: async (outgoing) => {
      if (outgoing.channel === 'text') return text(outgoing, now().getTime())
      if (outgoing.channel === 'call') return call(outgoing)
      throw new TypeError('Twilio takes no mails.')
    },
    heard: (callback) => {
      if (!isSigned(callback)) return undefined
      const form = new URLSearchParams(callback.body)
      return form.get('AccountSid') === accountSid ? heardFrom(form, callback.path.endsWith('/key')) : undefined
    },
    spoken: (outgoing) => ({ type: 'text/xml; charset=utf-8', body: speaking(outgoing) }),
  }
}

/** The name of what was taken. @throws whatever anything but a clear yes means for the queue */
function refOf({ status, headers, text }: Answer, name: RegExp): string {
  const reply = objectIn(text)
  const code = typeof reply?.code === 'number' ? reply.code : undefined
  const said = code === undefined ? `${status}` : `${status}, ${code}`
  if (status >= 200 && status < 300) {
    if (typeof reply?.sid === 'string' && name.test(reply.sid)) return reply.sid
    throw new Uncertain(`Twilio answered ${status} without naming the message.`)
  }
  if (status === 429 || code === 20429) throw new Busy(`Twilio takes no more for now (${said}).`, retryAfter(headers['retry-after']))
  if (status === 503) throw new Busy(`Twilio is out of service (${said}).`, retryAfter(headers['retry-after']))
  if (status >= 500) throw new Uncertain(`Twilio failed (${said}).`)
  const meaning = code === undefined ? 'later' : (refusals[code] ?? 'unknown')
  if (meaning === 'later')
    throw new Error(`Twilio does not take it (${said}): ${status === 401 ? 'the credentials are wrong' : 'see its console'}.`)
  throw new Undeliverable(`Twilio refused it (${said}: ${meaning}).`, meaning)
}

function heardFrom(form: URLSearchParams, isKey: boolean): Heard | undefined {
  const call = form.get('CallSid')
  if (call !== null) {
    if (isKey) return { ref: call, event: form.get('Digits') ? 'key-pressed' : 'accepted' }
    // A call that ended without a key being pressed was spoken to nobody; one that was, is known as delivered by then or soon.
    const reason = callEndings[form.get('CallStatus') ?? '']
    return { ref: call, event: reason ? 'undelivered' : 'accepted', ...(reason ? { reason } : {}) }
  }
  const ref = form.get('MessageSid')
  if (ref === null) return undefined
  const status = form.get('MessageStatus') ?? ''
  if (status === 'delivered' || status === 'read') return { ref, event: 'delivered' }
  if (['undelivered', 'failed', 'canceled'].includes(status))
    return { ref, event: 'undelivered', reason: failures[form.get('ErrorCode') ?? ''] ?? 'unknown' }
  return { ref, event: 'accepted' }
}

/** Base64 of HMAC-SHA1 over the address and all fields by name (https://www.twilio.com/docs/usage/security). */
export function twilioSignature(token: string, url: string, form: URLSearchParams): string {
  const names = [...new Set(form.keys())].sort()
  const fields = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value))
  return createHmac('sha1', token)
    .update(`${url}${fields.join('')}`)
    .digest('base64')
}

/** Twilio signs the address with its port or without, by how it connects. */
function publicForms(callbackUrl: string | undefined): readonly string[] {
  if (!callbackUrl) return []
  const { protocol, hostname, port } = new URL(callbackUrl)
  return [callbackUrl, port ? `${protocol}//${hostname}` : `${callbackUrl}:${protocol === 'https:' ? 443 : 80}`]
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const escaped = (text: string) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/\p{Cc}/gu, ' ')

const say = (text: string, language: string, times = 1) =>
  `<Say language="${voices[language.split('-')[0] ?? ''] ?? 'en-US'}"${times > 1 ? ` loop="${times}"` : ''}>${escaped(text)}</Say>`

const twiml = (content: string) => `<?xml version="1.0" encoding="UTF-8"?><Response>${content}<Hangup/></Response>`

/** Digits one by one, with pauses to write them down in: every voice reads "4, 7, 1" as digits and none reads 471 so. */
const digitByDigit = (text: string) => text.replace(/\d{2,}/g, (digits) => [...digits].join(', '))

const speaking = ({ text, language }: OutgoingCall) => twiml(`<Pause length="1"/>${say(digitByDigit(text), language, 2)}`)

/** Nothing secret in it: an answering machine presses no key, and so it keeps no code. */
const asking = ({ prompt, language }: OutgoingCall, action: string) =>
  twiml(
    `<Gather input="dtmf" numDigits="1" timeout="10" finishOnKey="" method="POST" action="${escaped(action)}"><Pause length="1"/>${say(prompt, language, 2)}</Gather>`,
  )
