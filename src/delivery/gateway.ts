import type { Channel, UndeliveredReason } from '#domain/message.ts'
import type { Mail } from '#words/en/mails.ts'

interface ToOne {
  /** The same at every attempt, so that a message that was taken twice can be known as one. */
  readonly id: string
  /** One mail address, or one phone number (E.164). */
  readonly to: string
  /** Worth nothing after this moment. */
  readonly expiresAt?: Date
}

export interface OutgoingMail extends ToOne, Mail {
  readonly channel: 'mail'
}

export interface OutgoingText extends ToOne {
  readonly channel: 'text'
  readonly text: string
}

/** A call says `prompt`, waits for a key, and then speaks `text` twice, its digits one by one. */
export interface OutgoingCall extends ToOne {
  readonly channel: 'call'
  readonly text: string
  readonly prompt: string
  /** BCP 47, the language of both. */
  readonly language: string
}

/** A message written out, on its way to one address. */
export type Outgoing = OutgoingMail | OutgoingText | OutgoingCall

/** Something the outside told us about a message, as it came. Nothing in it is to be believed before its signature was checked. */
export interface Callback {
  /** Where it came to, below the public address, without a query. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** What a signed callback says. `ref` is the gateway's own name of the message. */
export interface Heard {
  readonly ref: string
  readonly event: 'accepted' | 'delivered' | 'undelivered' | 'key-pressed'
  readonly reason?: UndeliveredReason
}

/**
 * Takes one message to one address, within 45 seconds. It never tries again: that is the queue's work.
 *
 * `send` gives the gateway's own name of the message where it has one, and throws {@link Undeliverable} where another attempt would
 * fail as well, {@link Busy} where the gateway says when to come back, {@link Uncertain} where it may have taken the message all the
 * same; anything else is a failure that may pass.
 */
export interface Gateway {
  send(outgoing: Outgoing): Promise<{ readonly ref?: string }>
  /** Reads a callback; undefined when it does not carry this gateway's signature. Absent where a gateway reports nothing. */
  heard?(callback: Callback): Heard | undefined
  /** What a call says to somebody who has pressed a key, in the gateway's own form. */
  spoken?(call: OutgoingCall): { readonly type: string; readonly body: string }
}

/** Which channels there are, each with its gateway. */
export type Gateways = { readonly [C in Channel]?: Gateway }

/** A refusal that another attempt would meet as well. */
export class Undeliverable extends Error {
  readonly isFinal = true
  readonly reason: UndeliveredReason

  constructor(message: string, reason: UndeliveredReason = 'unknown', options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The gateway takes no more for now. */
export class Busy extends Error {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The message was handed over and no answer came that can be trusted: it may be on its way. */
export class Uncertain extends Error {
  readonly isUncertain = true
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3), at least one and at most an hour; `otherwise` for what is not a number of seconds. */
export function retryAfter(header: string | undefined, otherwise = 30): number {
  return header && /^\d{1,9}$/.test(header) ? Math.min(3600, Math.max(1, Number(header))) : otherwise
}
