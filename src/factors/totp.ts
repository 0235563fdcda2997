import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { isSame } from '#crypto/random.ts'
import type { Factor, Rejection, Tolerance } from '#domain/factor.ts'
import type { Clock, Random } from '#domain/ports.ts'
import { base32, fromBase32 } from './base32.ts'

export interface TotpOptions {
  readonly now: Clock
  readonly random: Random
  /** Shown in the app above the code; a colon is not allowed there and is replaced. */
  readonly issuer: string
}

const periodSeconds = 30
/** The current step first, then one either side: phones' clocks differ. Each step is good once. */
const window = [0, -1, 1] as const
/** How long the code before is taken where the organization is strict: about as long as it takes to type one. */
const strictGraceSeconds = 10
const pattern = /^[0-9]{6}$/
const cleaned = (answer: string) => answer.replace(/[\s-]/g, '')
/** How far to look for a clock that is off, in steps; only to say so, never to accept. */
const clockSearch = 20

/** RFC 4226 §5.3 with SHA-1 and six digits: all that every authenticator app honours. */
export function hotp(key: Uint8Array | KeyObject, counter: number): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac('sha1', key).update(message).digest()
  const offset = (mac[mac.length - 1] ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** RFC 6238 §4.2: the number of whole periods since 1970. */
export function stepAt(at: Date): number {
  return Math.floor(at.getTime() / 1000 / periodSeconds)
}

const secondsInto = (at: Date) => (at.getTime() / 1000) % periodSeconds

/** The address in the QR code: `protocols` call it the Key URI. Issuer in both places, nothing that an app might ignore. */
export function keyUri(issuer: string, account: string, key: string): string {
  const clean = (text: string) => encodeURIComponent(text.replaceAll(':', ' ').trim())
  return `otpauth://totp/${clean(issuer)}:${clean(account)}?secret=${key}&issuer=${clean(issuer)}&algorithm=SHA1&digits=6&period=${periodSeconds}`
}

/**
 * Codes of an authenticator app (RFC 6238). A step that was accepted, and every earlier one, is dead for every purpose: the
 * verdict carries the step it costs, and the statement that saves it refuses a step that is not higher than the stored one.
 */
export function totp({ now, random, issuer }: TotpOptions): Factor {
  const judge = (secret: unknown, lastStep: number, answer: string, tolerance: Tolerance): { readonly step: number } | Rejection => {
    const digits = cleaned(answer)
    if (!pattern.test(digits)) return { reason: 'malformed' }
    const key = createSecretKey(fromBase32(String(secret)))
    const at = now()
    const current = stepAt(at)
    const isTaken = (away: number) => tolerance === 'usual' || away === 0 || (away === -1 && secondsInto(at) < strictGraceSeconds)
    let isUsed = false
    let isLate = false
    for (const away of window) {
      const step = current + away
      if (!isSame(hotp(key, step), digits)) continue
      if (step <= lastStep) isUsed = true
      else if (isTaken(away)) return { step }
      else isLate = away < 0
    }
    if (isUsed) return { reason: 'replayed' }
    if (isLate) return { reason: 'late' }
    for (let away = 1; away <= clockSearch; away++) {
      for (const sign of [-1, 1]) {
        if (isSame(hotp(key, current + sign * away), digits)) return { reason: 'clock', clockOffBySeconds: sign * away * periodSeconds }
      }
    }
    return { reason: 'mismatch' }
  }
  const evidence = { proves: ['have'], amr: ['otp'] } as const

  return {
    kind: 'totp',
    enrollment: {
      begin: (person) => {
        const key = base32(random(20))
        return { show: { form: 'secret', key, uri: keyUri(issuer, person.email, key) }, keep: key }
      },
      answer: (kept, answer, { tolerance }) => {
        const judged = judge(kept, -1, answer, tolerance)
        if ('reason' in judged) return { verdict: 'rejected', ...judged }
        return { verdict: 'accepted', state: { secret: kept, counter: judged.step, hashes: [], usedHashes: [] }, ...evidence }
      },
    },
    authentication: {
      fits: (answer) => pattern.test(cleaned(answer)),
      answer: ({ secret, counter }, answer, { tolerance }) => {
        const judged = judge(secret, counter, answer, tolerance)
        return 'reason' in judged
          ? { verdict: 'rejected', ...judged }
          : { verdict: 'accepted', cost: { counter: judged.step }, ...evidence }
      },
    },
  }
}
