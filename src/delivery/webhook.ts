import { createHmac, timingSafeEqual } from 'node:crypto'
import { type UndeliveredReason, undeliveredReasons } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'
import { type Door, objectIn } from './door.ts'
import { Busy, type Callback, type Gateway, type Heard, type Outgoing, retryAfter, Uncertain, Undeliverable } from './gateway.ts'

export interface WebhookOptions {
  readonly url: string
  /** Both sides sign with it. */
  readonly secret: string
  /** Where the gateway reaches us. */
  readonly callbackUrl: string
  readonly door: Door
  readonly now: Clock
  readonly milliseconds?: number
}

/** How far the clocks of the two sides may be apart. */
const toleranceSeconds = 300

/** `v1=` and the HMAC-SHA-256, in hex, over the time in seconds, a dot, and the body. */
export function webhookSignature(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** Any gateway behind an address of its own. What it is sent and must answer stands in `docs/guides/delivery.md`. */
export function webhook({ url, secret, callbackUrl, door, now, milliseconds = 15_000 }: WebhookOptions): Gateway {
  return {
    send: async (outgoing) => {
      const body = JSON.stringify({ ...shown(outgoing), callback: `${callbackUrl}/callbacks/webhook/${outgoing.id}` })
      const timestamp = String(Math.floor(now().getTime() / 1000))
      const { status, headers, text } = await door.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': outgoing.id,
          'countersign-timestamp': timestamp,
          'countersign-signature': webhookSignature(secret, timestamp, body),
        },
        body,
        milliseconds,
      })
      const reply = objectIn(text)
      if (status >= 200 && status < 300) {
        if (text === '' && status === 204) return {}
        if (typeof reply?.ref === 'string' && reply.ref !== '' && reply.ref.length <= 200) return { ref: reply.ref }
        throw new Uncertain(`The gateway answered ${status} without a ref.`)
      }
      if (status === 429 || status === 503)
        throw new Busy(`The gateway takes no more for now (${status}).`, retryAfter(headers['retry-after']))
      if (status === 422) {
        const reason = reasonIn(reply?.reason)
        throw new Undeliverable(`The gateway refused it (422: ${reason}).`, reason)
      }
      if (status >= 500) throw new Uncertain(`The gateway failed (${status}).`)
      throw new Error(`The gateway does not take it (${status}).`)
    },
    heard: (callback) => (isSigned(secret, callback, now()) ? heardFrom(callback.body) : undefined),
  }
}

function shown(outgoing: Outgoing): Readonly<Record<string, unknown>> {
  const { id, to, channel, expiresAt } = outgoing
  const about = { id, channel, to, ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}) }
  if (outgoing.channel === 'text') return { ...about, text: outgoing.text }
  if (outgoing.channel === 'call') return { ...about, prompt: outgoing.prompt, text: outgoing.text, language: outgoing.language }
  const { subject, text, html, logo } = outgoing
  return {
    ...about,
    subject,
    text,
    html,
    ...(logo ? { logo: { type: logo.type, base64: Buffer.from(logo.bytes).toString('base64') } } : {}),
  }
}

function isSigned(secret: string, { headers, body }: Callback, now: Date): boolean {
  const timestamp = headers['countersign-timestamp'] ?? ''
  const given = Buffer.from(headers['countersign-signature'] ?? '')
  const right = Buffer.from(webhookSignature(secret, timestamp, body))
  const isNow = /^\d{1,12}$/.test(timestamp) && Math.abs(now.getTime() / 1000 - Number(timestamp)) <= toleranceSeconds
  return given.length === right.length && timingSafeEqual(given, right) && isNow
}

function heardFrom(body: string): Heard | undefined {
  const { ref, status, reason } = objectIn(body) ?? {}
  if (typeof ref !== 'string' || ref === '' || ref.length > 200) return undefined
  if (status === 'delivered' || status === 'accepted') return { ref, event: status }
  return status === 'undelivered' ? { ref, event: 'undelivered', reason: reasonIn(reason) } : undefined
}

const reasonIn = (value: unknown): UndeliveredReason => undeliveredReasons.find((one) => one === value) ?? 'unknown'
