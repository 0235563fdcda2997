import type { KeyObject } from 'node:crypto'
import { keyedDigest } from '#crypto/random.ts'
import type { Factor } from '#domain/factor.ts'
import type { Random } from '#domain/ports.ts'
import { base32 } from './base32.ts'

export interface BackupCodesOptions {
  readonly random: Random
  /** Key outside the database, without which a hash cannot be tried. */
  readonly key: KeyObject
}

export const backupCodesPerSet = 10
/** 132 bits of the keyed hash, in base64url: more than the code itself carries. */
const hashLength = 22
const pattern = /^[A-Z2-7]{16}$/

/** What a person may write instead: lower case, spaces, dashes, and the digits 0, 1, 8 for the letters they look like. */
const cleaned = (answer: string) =>
  answer
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B')

interface Kept {
  readonly salt: string
  readonly hashes: readonly string[]
}

/**
 * Look-up secrets (SP 800-63B-4 §3.1.2) that also recover an account: 80 random bits each, kept only as keyed hashes, spent
 * by being taken out of the row. They are shown once, as `XXXX-XXXX-XXXX-XXXX`, and bound when the person says that they are
 * saved. Why a keyed hash is enough: `docs/decisions/0002-backup-codes.md`.
 */
export function backupCodes({ random, key }: BackupCodesOptions): Factor {
  const hash = (salt: string, code: string) => keyedDigest(key, `${salt} ${code}`).slice(0, hashLength)
  return {
    kind: 'backup-codes',
    enrollment: {
      begin: () => {
        const salt = base32(random(10))
        const codes = Array.from({ length: backupCodesPerSet }, () => base32(random(10)))
        return {
          show: { form: 'list', codes: codes.map((code) => code.replace(/(.{4})(?!$)/g, '$1-')) },
          keep: { salt, hashes: codes.map((code) => hash(salt, code)) },
        }
      },
      answer: (kept, answer) => {
        const { salt, hashes } = kept as unknown as Kept
        if (answer !== 'saved') return { verdict: 'rejected', reason: 'malformed' }
        return { verdict: 'accepted', state: { secret: salt, counter: 0, hashes, usedHashes: [] }, proves: [], amr: [] }
      },
    },
    authentication: {
      fits: (answer) => pattern.test(cleaned(answer)),
      answer: ({ secret, hashes, usedHashes }, answer) => {
        const code = cleaned(answer)
        if (!pattern.test(code)) return { verdict: 'rejected', reason: 'malformed' }
        const spent = hash(String(secret), code)
        if (!hashes.includes(spent)) return { verdict: 'rejected', reason: usedHashes.includes(spent) ? 'used-backup-code' : 'mismatch' }
        return { verdict: 'accepted', cost: { hash: spent }, proves: ['have'], amr: ['otp'] }
      },
    },
  }
}
