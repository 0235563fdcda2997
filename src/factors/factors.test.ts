import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { factorContract } from '../../test/factor-contract.ts'
import { allFactors } from './all.ts'
import { backupCodes } from './backup-codes.ts'
import { fromBase32 } from './base32.ts'
import { hotp, stepAt, totp } from './totp.ts'

const key = createSecretKey(randomBytes(32))

factorContract(() => {
  let at = 1_700_000_000_000
  const now = () => new Date(at)
  const code = (show: { form: string }) => ('key' in show ? hotp(fromBase32(String(show.key)), stepAt(now())) : '')
  return {
    factor: totp({ now, random: randomBytes, issuer: 'Acme' }),
    enrolling: code,
    answering: code,
    wait: () => {
      at += 30_000
    },
  }
})

factorContract(() => ({
  factor: backupCodes({ random: randomBytes, key }),
  enrolling: () => 'saved',
  answering: (show, nth) => (show.form === 'list' ? (show.codes[nth] ?? '') : ''),
  wait: () => {},
}))

test('every kind on the list has a name of its own', () => {
  const kinds = allFactors({ now: () => new Date(0), random: randomBytes, issuer: 'Acme', key }).map((one) => one.kind)
  assert.deepEqual(kinds, [...new Set(kinds)])
})
