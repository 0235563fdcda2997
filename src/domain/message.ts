/** The way a message goes: a mail, a text message, or a call that speaks the text. */
export type Channel = 'mail' | 'text' | 'call'

/**
 * A message that waits in the queue. `values` may hold a one-time address or a code, so the queue keeps them sealed.
 * The templates and what each of them takes stand in `words/en/mails.ts`, those of texts and calls in `words/en/codes.ts`.
 */
export interface Message {
  /** A mail address; for a text or a call a phone number (E.164). */
  readonly to: string
  readonly template: string
  readonly values: Readonly<Record<string, string>>
  /** A mail when absent. */
  readonly channel?: Channel
  /** Worth nothing after this moment: it is not sent any more, however late the queue comes to it. */
  readonly expiresAt?: Date
  /** The organization through whose gateway it goes, where it has one of its own; the installation's when absent. */
  readonly organizationId?: string
}

/**
 * Why a message did not arrive, in words of our own; each gateway translates what it is told. `opted-out`: the person replied STOP.
 * `sender`: the sender may not send this way. `gateway`: the gateway could not be used in time. `unknown`: it gave a reason that we do not know.
 */
export const undeliveredReasons = [
  'invalid-number',
  'invalid-address',
  'not-mobile',
  'opted-out',
  'region-blocked',
  'no-route',
  'sender',
  'filtered',
  'unreachable',
  'busy',
  'no-answer',
  'not-heard',
  'expired',
  'gateway',
  'unknown',
] as const

export type UndeliveredReason = (typeof undeliveredReasons)[number]
