import assert from 'node:assert/strict'
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { challengeAfter, type Sent } from '#domain/challenge.ts'
import type { Factor } from '#domain/factor.ts'
import { sentMethods } from '#domain/methods.ts'
import { factorContract } from '../../test/factor-contract.ts'
import { allFactors } from './all.ts'
import { authAnvilPasscodes } from './authanvil/passcodes.ts'
import { backupCodes } from './backup-codes.ts'
import { fromBase32 } from './base32.ts'
import { duoApprovals } from './duo/approvals.ts'
import { sentCodes } from './sent-codes.ts'
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

factorContract(() => {
  const organizationId = randomUUID()
  const passcode = (nth: number) => `${organizationId} ${nth}`
  return {
    factor: authAnvilPasscodes,
    asked: (nth) => ({ tolerance: 'usual', said: { answer: passcode(nth), isRight: true, organizationId, hasTypedPin: false } }),
    enrolling: () => passcode(-1),
    answering: (_show, nth) => passcode(nth),
    wait: () => {},
  }
})

test('A72 a yes of AuthAnvil counts for the answer it was about, and of the organization that bound it', () => {
  const { authentication } = authAnvilPasscodes
  const state = { secret: { organizationId: 'a' }, counter: 0, hashes: [], usedHashes: [] }
  const judged = (more: object) =>
    authentication.answer(state, '123456', {
      tolerance: 'usual',
      said: { answer: '123456', isRight: true, organizationId: 'a', hasTypedPin: false, ...more },
    })
  const yes = judged({ hasTypedPin: true })
  assert.deepEqual(yes.verdict === 'accepted' && yes.proves, ['have', 'know'])
  for (const more of [{ answer: '123457' }, { isRight: false }, { organizationId: 'b' }]) assert.equal(judged(more).verdict, 'rejected')
})

factorContract(() => {
  const userKey = randomUUID()
  const attempt = (nth: number) => `${userKey} ${nth}`
  const said = { accountOf: 'a', userKey, userName: 'ada@example.org', factor: 'duo_push', isSpared: false }
  return {
    factor: duoApprovals,
    asked: (nth) => ({ tolerance: 'usual', duo: { ...said, attempt: attempt(nth) } }),
    enrolling: () => attempt(-1),
    answering: (_show, nth) => attempt(nth),
    wait: () => {},
  }
})

test("trap 7: Duo's yes counts for the attempt it was about, of the user and the account that were bound, and proves what it names", () => {
  const { authentication } = duoApprovals
  const pin = { accountOf: 'a', userKey: 'DU1', userName: 'ada@example.org' }
  const state = { secret: pin, counter: 0, hashes: [], usedHashes: [] }
  const judged = (more: object) =>
    authentication.answer(state, 'one', {
      tolerance: 'usual',
      duo: { ...pin, attempt: 'one', factor: 'duo_push', isSpared: false, ...more },
    })
  for (const [factor, amr] of [
    ['duo_push', ['mca']],
    ['phone_call', ['tel', 'mca']],
    ['u2f_token', ['hwk']],
    ['something_new', []],
  ] as const) {
    const yes = judged({ factor })
    assert.deepEqual(yes.verdict === 'accepted' && [yes.proves, yes.amr], [['have'], amr], factor)
  }
  const spared = judged({ isSpared: true })
  assert.deepEqual(spared.verdict === 'accepted' && [spared.proves, spared.amr], [[], []], 'who was not asked has proved nothing')
  for (const more of [{ attempt: 'two' }, { userKey: 'DU2' }, { accountOf: 'b' }]) assert.equal(judged(more).verdict, 'rejected')
  assert.equal(authentication.answer(state, 'one', { tolerance: 'usual' }).verdict, 'rejected', 'nobody has said anything')
})

for (const kind of sentMethods) {
  factorContract(() => {
    const now = new Date(1_700_000_000_000)
    const factor = sentCodes({ now: () => now, sentKey: key }).find((one) => one.kind === kind) as Factor
    const signInId = randomUUID()
    const sent = (nth: number): Sent => {
      const wanted = { kind, now, until: new Date(now.getTime() + 300_000), newChallengeId: `${signInId}-${nth}`, messageId: '' }
      return { signInId, to: kind === 'email' ? 'ada@example.org' : '+4930901820', challenge: challengeAfter(undefined, wanted) }
    }
    const code = (nth: number) => factor.sending?.code(sent(nth)) ?? ''
    return {
      factor,
      asked: (nth) => ({ tolerance: 'usual', sent: sent(nth) }),
      enrolling: () => code(-1),
      answering: (_show, nth) => code(nth),
      wait: () => {},
      keepsNoSecret: true,
    }
  })
}

test('every kind on the list has a name of its own', () => {
  const kinds = allFactors({ now: () => new Date(0), random: randomBytes, issuer: 'Acme', key, sentKey: key }).map((one) => one.kind)
  assert.deepEqual(kinds, [...new Set(kinds)])
})
