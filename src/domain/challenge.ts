import type { DuoPending } from './duo.ts'

/**
 * What a sign-in knows of the code it has sent last. The code itself is kept nowhere: the factor derives it anew from this, the
 * sign-in and the address, with a key outside the database.
 */
export interface Challenge {
  /** Drawn anew for each code, so that no two codes of a sign-in follow from each other. */
  readonly id: string
  /** The kind of factor that was asked. */
  readonly kind: string
  /** When the code was sent first. Sending it again does not make it live longer. */
  readonly sentAt: Date
  readonly lastSentAt: Date
  readonly expiresAt: Date
  /** How often it was sent. */
  readonly sends: number
  /** The message that carried it last, whose delivery is shown. */
  readonly messageId: string
  /** Codes that were sent before this one, newest first: they are told from a mistyped one, and are good for nothing. */
  readonly earlier: readonly { readonly id: string; readonly kind: string }[]
}

/** What a sign-in waits for at Duo: the return of the browser that was sent there, or what becomes of a push. */
export type DuoChallenge = DuoPrompting | DuoChoosing | DuoPush

export interface DuoPrompting {
  readonly kind: 'duo'
  readonly way: 'prompt'
  readonly pending: DuoPending
  /** Whether this device shall be remembered once Duo has let the person in. */
  readonly remember: boolean
  readonly expiresAt: Date
}

/** A phone that a push can go to, as Duo describes it to the person. */
export interface DuoPhone {
  readonly id: string
  readonly name: string
}

/** Duo has several phones of the person: which one shall ring? */
export interface DuoChoosing {
  readonly kind: 'duo'
  readonly way: 'device'
  readonly devices: readonly DuoPhone[]
  readonly remember: boolean
  readonly expiresAt: Date
}

export interface DuoPush {
  readonly kind: 'duo'
  readonly way: 'push'
  /** Duo's id of the push; empty while Duo is being asked for one. */
  readonly txid: string
  readonly device: DuoPhone
  /** All that a push could have gone to. */
  readonly devices: readonly DuoPhone[]
  readonly remember: boolean
  readonly sentAt: Date
  /** When the phone stops ringing. */
  readonly expiresAt: Date
  /** What became of it, once that is known and was no approval. */
  readonly ended?: 'denied' | 'fraud' | 'timeout'
  /** The digits that the person types on the phone, where Duo asks for that. */
  readonly code?: string
}

/** Of what a sign-in waits for, the code that was sent. */
export function sentChallenge(challenge: Challenge | DuoChallenge | undefined): Challenge | undefined {
  return challenge && 'way' in challenge ? undefined : challenge
}

/** Of what a sign-in waits for, what hangs open at Duo. */
export function duoChallenge(challenge: Challenge | DuoChallenge | undefined): DuoChallenge | undefined {
  return challenge && 'way' in challenge ? challenge : undefined
}

/** A challenge with where it belongs: its sign-in, and the address that the code went to. */
export interface Sent {
  readonly signInId: string
  readonly to: string
  readonly challenge: Challenge
}

/** How long to wait before the same code is sent once more, in seconds: a message may take that long. */
export const resendAfterSeconds = 30

/** How many earlier codes are told from mistyped ones. */
const mostEarlier = 6

/** From when on the code of this kind may be sent once more. */
export const resendAt = ({ lastSentAt }: Challenge): Date => new Date(lastSentAt.getTime() + resendAfterSeconds * 1000)

/** What is asked for now, by the ids it would get. */
export interface Sending {
  readonly kind: string
  readonly now: Date
  /** When a code that is sent first now is worth nothing any more. */
  readonly until: Date
  readonly newChallengeId: string
  readonly messageId: string
}

/** The challenge after a sending: the same code inside its life, and by the same way; a new one after it, or by another way. */
export function challengeAfter(before: Challenge | undefined, { kind, now, until, newChallengeId, messageId }: Sending): Challenge {
  if (before?.kind === kind && now < before.expiresAt) return { ...before, lastSentAt: now, sends: before.sends + 1, messageId }
  return {
    id: newChallengeId,
    kind,
    sentAt: now,
    lastSentAt: now,
    expiresAt: until,
    sends: 1,
    messageId,
    earlier: before ? [{ id: before.id, kind: before.kind }, ...before.earlier].slice(0, mostEarlier) : [],
  }
}
