import { newId } from '#crypto/random.ts'
import { type Challenge, challengeAfter, resendAt, type Sent, sentChallenge } from '#domain/challenge.ts'
import { masked } from '#domain/masked.ts'
import { passcodeTimeoutFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type Enrollment, type SignIn } from '#domain/sign-in.ts'
import { proveAgain } from '#store/authenticators.ts'
import { proveEmail } from '#store/people.ts'
import type { Account } from '#store/person.ts'
import type { EventRow, MessageRow } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { plainPhone } from './phone.ts'
import { eventRow, messageRow, originFor, type Rooms, sendingOf, type Visit } from './rooms.ts'
import { maySend, noteUsed } from './sending-limits.ts'

/** Those of these kinds that a code can be sent for, each with where it would go. */
export function waysOf(rooms: Rooms, account: Account, kinds: readonly string[]): { readonly kind: string; readonly to: string }[] {
  return kinds.flatMap((kind) => {
    const to = sendingOf(rooms, kind)?.addressOf(account)
    return to === undefined ? [] : [{ kind, to: masked(to) }]
  })
}

/** Where a code of this kind goes: to the address that is being set up, or to the one that the person has. */
function addressOf(rooms: Rooms, { account, signIn }: OpenSignIn, kind: string): string | undefined {
  if (signIn.enrollment?.kind === kind) return keptAddress(signIn.enrollment)
  return sendingOf(rooms, kind)?.addressOf(account)
}

/** The address of a set-up, once there is one. */
export const keptAddress = ({ keep }: Enrollment): string | undefined => (keep as { readonly to: string | null }).to ?? undefined

/** What the sign-in has sent last, with the address that a code of it would prove now. */
export function sentIn(rooms: Rooms, open: OpenSignIn): Sent | undefined {
  const { id } = open.signIn
  const challenge = sentChallenge(open.signIn.challenge)
  const to = challenge && addressOf(rooms, open, challenge.kind)
  return challenge && to !== undefined ? { signInId: id, to, challenge } : undefined
}

/** Notes that the code of this sign-in was entered: for the breaker of sending, and because it proves an address once more. */
export async function noteEntered(rooms: Rooms, open: OpenSignIn): Promise<void> {
  const sent = sentIn(rooms, open)
  const sending = sent && sendingOf(rooms, sent.challenge.kind)
  if (!sent || !sending) return
  await noteUsed(rooms, { channel: sending.channel, to: sent.to, messageId: sent.challenge.messageId })
  const { db } = rooms.store
  if (sending.channel === 'mail') await proveEmail(db, open.account.id, sent.to)
  else await proveAgain(db, open.account.id, sent.to, rooms.now())
}

/** What a page says about what was sent. */
export function sentView(rooms: Rooms, open: OpenSignIn) {
  const sent = sentIn(rooms, open)
  if (!sent) return {}
  const { challenge } = sent
  return {
    sent: {
      kind: challenge.kind,
      to: shownAddress(open.account, sent.to),
      at: challenge.lastSentAt.toISOString(),
      expiresAt: challenge.expiresAt.toISOString(),
      resendAt: resendAt(challenge).toISOString(),
      ...(open.delivery ? { delivery: open.delivery.state } : {}),
      ...(open.delivery?.reason === undefined ? {} : { reason: open.delivery.reason }),
    },
  }
}

/** An address of the account is masked; one that was typed in this sign-in is shown whole, so that a slip can be seen. */
export const shownAddress = ({ email, phone }: Account, to: string): string => (to === email || to === phone ? masked(to) : to)

interface Sending {
  readonly signIn: SignIn
  readonly events: readonly EventRow[]
  readonly rows: readonly MessageRow[]
}

/**
 * Sends a code: the same one inside its life, a new one after it or by another way. Nothing has happened until the result is settled.
 *
 * @throws {Problem} `step-not-open` without an address, `sending-limit`
 */
export async function sendCode(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  kind: string,
  purpose: 'sign-in' | 'set-up',
): Promise<Sending> {
  const { account, signIn } = open
  const sending = sendingOf(rooms, kind)
  const to = addressOf(rooms, open, kind)
  if (!sending || to === undefined) throw new Problem('step-not-open')
  const now = rooms.now()
  const before = sentChallenge(signIn.challenge)
  requirePause(before, kind, now)
  const organizationId = gatewayOf(account, kind)
  await maySend(rooms, visit, { channel: sending.channel, to, userId: account.id, organizationId })

  const until = new Date(Math.min(now.getTime() + passcodeTimeoutFor(account.memberships) * 60_000, signIn.expiresAt.getTime()))
  const challenge = challengeAfter(before, { kind, now, until, newChallengeId: newId(now), messageId: '' })
  const [only, ...others] = account.memberships
  const row = messageRow(rooms, visit, {
    to,
    template: 'sign-in-code',
    channel: sending.channel,
    expiresAt: challenge.expiresAt,
    ...(organizationId === undefined ? {} : { organizationId }),
    values: {
      code: sending.code({ signInId: signIn.id, to, challenge }),
      minutes: String(Math.ceil((challenge.expiresAt.getTime() - now.getTime()) / 60_000)),
      host: new URL(originFor(rooms, account)).hostname,
      organization: only && others.length === 0 ? only.organizationName : '',
      purpose,
      // A number is nobody's by itself, unlike a mail address: the text says whose language it is in.
      ...(account.language === undefined ? {} : { language: account.language }),
    },
  })
  return {
    signIn: advance(signIn, { event: 'sent', challenge: { ...challenge, messageId: row.id } }),
    events: [eventRow(now, { action: 'sign-in.code-sent', subjectId: account.id, detail: { kind } })],
    rows: [row],
  }
}

/** A code that was sent a moment ago is waited for before it is sent again. */
function requirePause(challenge: Challenge | undefined, kind: string, now: Date): void {
  if (challenge?.kind !== kind || now >= challenge.expiresAt || now >= resendAt(challenge)) return
  const retryAfterSeconds = Math.ceil((resendAt(challenge).getTime() - now.getTime()) / 1000)
  throw new Problem('sending-limit', { reason: 'person', retryAfterSeconds })
}

/** The organization through whose gateway a code goes: one that allows the kind, or at least one that asks for a second step. */
function gatewayOf({ memberships }: Account, kind: string): string | undefined {
  const enabled = memberships.filter(({ policy }) => policy.enabled)
  return (enabled.find(({ policy }) => policy.methods.includes(kind)) ?? enabled[0] ?? memberships[0])?.organizationId
}

/**
 * The set-up with the number that somebody has typed. What was sent to another one is void.
 *
 * @throws {Problem} `invalid-phone`, `step-not-open` where no number is asked for
 */
export async function withNumber(rooms: Rooms, signIn: SignIn, typed: string): Promise<SignIn> {
  const { enrollment } = signIn
  const channel = enrollment && sendingOf(rooms, enrollment.kind)?.channel
  if (!enrollment || (channel !== 'text' && channel !== 'call')) throw new Problem('step-not-open')
  const to = await plainPhone(typed.trim())
  if (to === keptAddress(enrollment)) return signIn
  return advance(signIn, { event: 'offered', enrollment: { kind: enrollment.kind, show: { form: 'sent', to }, keep: { to } } })
}
