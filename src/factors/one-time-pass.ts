import type { KeyObject } from 'node:crypto'
import { keyedDigest } from '#crypto/random.ts'
import type { Factor } from '#domain/factor.ts'
import type { Random } from '#domain/ports.ts'
import { base32 } from './base32.ts'

export interface OneTimePassOptions {
  readonly random: Random
  /** Key outside the database, without which a hash cannot be tried. */
  readonly key: KeyObject
}

/** Twenty letters, fifteen without the last group: neither is ever taken for a backup code, which has sixteen. */
const pattern = /^[A-Z2-7]{20}$/
const hashLength = 22

/** What a person may write instead: lower case, spaces, dashes, and the digits 0, 1, 8 for the letters they look like. */
const cleaned = (answer: string) =>
  answer
    .slice(0, 64)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B')

interface Kept {
  readonly salt: string
  readonly hash: string
}

/**
 * The pass that an administrator has sent to one person: 100 random bits, `XXXXX-XXXXX-XXXXX-XXXXX`, kept only as a keyed hash and
 * spent by being taken out of its row. It opens nothing but the set-up of a new authenticator. Who may get one, how it travels and
 * when it dies is not its matter: `docs/decisions/0021-one-time-pass.md`.
 */
export function oneTimePass({ random, key }: OneTimePassOptions): Factor {
  const hash = (salt: string, pass: string) => keyedDigest(key, `one-time-pass ${salt} ${pass}`).slice(0, hashLength)
  return {
    kind: 'one-time-pass',
    enrollment: {
      begin: () => {
        const salt = base32(random(10))
        const pass = base32(random(13)).slice(0, 20)
        return {
          show: { form: 'list', codes: [pass.replace(/(.{5})(?!$)/g, '$1-')] },
          keep: { salt, hash: hash(salt, pass) },
        }
      },
      answer: (kept, answer) => {
        const { salt, hash } = kept as unknown as Kept
        if (answer !== 'sent') return { verdict: 'rejected', reason: 'malformed' }
        return { verdict: 'accepted', state: { secret: salt, counter: 0, hashes: [hash], usedHashes: [] }, proves: [], amr: [] }
      },
    },
    authentication: {
      fits: (answer) => pattern.test(cleaned(answer)),
      answer: ({ secret, hashes }, answer) => {
        const pass = cleaned(answer)
        if (!pattern.test(pass)) return { verdict: 'rejected', reason: 'malformed' }
        const spent = hash(String(secret), pass)
        if (!hashes.includes(spent)) return { verdict: 'rejected', reason: 'mismatch' }
        return { verdict: 'accepted', cost: { hash: spent }, proves: ['have'], amr: ['otp'] }
      },
    },
  }
}
