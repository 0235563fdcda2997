import { createHmac, type KeyObject } from 'node:crypto'
import { isSame } from '#crypto/random.ts'
import type { Amr, Proof } from '#domain/assurance.ts'
import type { Sent } from '#domain/challenge.ts'
import type { Factor, Person, Rejection } from '#domain/factor.ts'
import type { Channel } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'

export interface SentCodesOptions {
  readonly now: Clock
  /** Key outside the database, without which no code can be derived from what a sign-in keeps. */
  readonly sentKey: KeyObject
}

interface SentKind {
  readonly kind: string
  readonly channel: Channel
  readonly proves: readonly Proof[]
  readonly amr: readonly Amr[]
  readonly addressOf: (person: Person) => string | undefined
}

/** A mailbox is no device, so a code by mail is AAL1; the other two are restricted authenticators (SP 800-63B-4 §3.1.3.3). */
const kinds: readonly SentKind[] = [
  { kind: 'email', channel: 'mail', proves: ['mailbox'], amr: ['otp'], addressOf: ({ email }) => email },
  { kind: 'sms', channel: 'text', proves: ['have'], amr: ['sms'], addressOf: ({ phone }) => phone },
  { kind: 'voice', channel: 'call', proves: ['have'], amr: ['tel'], addressOf: ({ phone }) => phone },
]

const pattern = /^[0-9]{6}$/
const cleaned = (answer: string) => answer.replace(/[\s-]/g, '')

/**
 * Codes by mail, text message and phone call: six digits for one sign-in. None is stored. A code is derived from the id that its
 * challenge drew, the sign-in, the kind and the address, so it is another one in every other sign-in, by every other way and
 * after every other life, and it proves no address but the one it went to. Why: `docs/decisions/0014-sent-codes.md`.
 */
export function sentCodes({ now, sentKey }: SentCodesOptions): readonly Factor[] {
  const derive = (sent: Sent, { id, kind }: { readonly id: string; readonly kind: string }) => {
    const mac = createHmac('sha256', sentKey)
      .update(JSON.stringify([sent.signInId, id, kind, sent.to]))
      .digest()
    // 48 bits, so that no code is more than a hundred-millionth likelier than another.
    return String(mac.readUIntBE(0, 6) % 1_000_000).padStart(6, '0')
  }
  const judge = (kind: string, answer: string, sent: Sent | undefined): { readonly challenge: string } | Rejection => {
    const digits = cleaned(answer)
    if (!pattern.test(digits)) return { reason: 'malformed' }
    if (sent?.challenge.kind !== kind) return { reason: 'not-sent' }
    const { challenge } = sent
    if (isSame(derive(sent, challenge), digits)) return now() < challenge.expiresAt ? { challenge: challenge.id } : { reason: 'expired' }
    return { reason: challenge.earlier.some((one) => isSame(derive(sent, one), digits)) ? 'superseded' : 'mismatch' }
  }

  return kinds.map(({ kind, channel, proves, amr, addressOf }) => ({
    kind,
    sending: { channel, addressOf, code: (sent) => derive(sent, sent.challenge) },
    enrollment: {
      begin: (person) => {
        const to = addressOf(person)
        return { show: { form: 'sent', ...(to === undefined ? {} : { to }) }, keep: { to: to ?? null } }
      },
      answer: (kept, answer, { sent }) => {
        const { to } = kept as { readonly to: string | null }
        const judged = judge(kind, answer, sent?.to === to ? sent : undefined)
        if ('reason' in judged) return { verdict: 'rejected', ...judged }
        return { verdict: 'accepted', state: { secret: null, counter: 0, hashes: [], usedHashes: [] }, proves, amr }
      },
    },
    authentication: {
      fits: (answer) => pattern.test(cleaned(answer)),
      answer: (_state, answer, { sent }) => {
        const judged = judge(kind, answer, sent)
        return 'reason' in judged ? { verdict: 'rejected', ...judged } : { verdict: 'accepted', cost: judged, proves, amr }
      },
    },
  }))
}
