import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type Challenge, challengeAfter, type Sent } from '#domain/challenge.ts'
import type { Factor } from '#domain/factor.ts'
import { sentCodes } from './sent-codes.ts'

let at = 1_700_000_000_000
const now = () => new Date(at)
const factors = sentCodes({ now, sentKey: createSecretKey(randomBytes(32)) })
const of = (kind: string) => factors.find((one) => one.kind === kind) as Factor
const lifeMilliseconds = 600_000
const nothingKept = { secret: null, counter: 0, hashes: [], usedHashes: [] }

let drawn = 0
const next = (before: Challenge | undefined, kind = 'sms') =>
  challengeAfter(before, {
    kind,
    now: now(),
    until: new Date(at + lifeMilliseconds),
    newChallengeId: `challenge ${drawn++}`,
    messageId: '',
  })
const sentOf = (challenge: Challenge, wish: Partial<Sent> = {}): Sent => ({ signInId: 'sign-in', to: '+4930901820', challenge, ...wish })
const codeOf = (sent: Sent) => of(sent.challenge.kind).sending?.code(sent) ?? ''
const judge = (sent: Sent | undefined, code: string, kind = 'sms') => {
  const verdict = of(kind).authentication.answer(nothingKept, code, { tolerance: 'usual', ...(sent ? { sent } : {}) })
  return verdict.verdict === 'accepted' ? 'accepted' : verdict.reason
}

test('R042 a code is good until the end of its life, to the millisecond, and says afterwards that it has run out', () => {
  const sent = sentOf(next(undefined))
  const code = codeOf(sent)
  assert.match(code, /^[0-9]{6}$/)
  for (const [away, expected] of [
    [0, 'accepted'],
    [lifeMilliseconds - 1, 'accepted'],
    [lifeMilliseconds, 'expired'],
    [lifeMilliseconds + 86_400_000, 'expired'],
  ] as const) {
    at += away
    assert.equal(judge(sent, code), expected, `${away} ms`)
    at -= away
  }
  assert.equal(judge(sent, `${code.slice(0, 3)} ${code.slice(3)}`), 'accepted', 'digits may be typed in two groups')
})

test('A17 another sign-in, another address, another kind and another life have other codes', () => {
  const first = next(undefined)
  const sent = sentOf(first)
  const others = [
    sentOf(first, { signInId: 'another' }),
    sentOf(first, { to: '+4930901821' }),
    sentOf({ ...first, kind: 'voice' }),
    sentOf({ ...first, id: 'another' }),
  ]
  const codes = [sent, ...others].map(codeOf)
  assert.equal(new Set(codes).size, codes.length)
  for (const other of others.slice(0, 2)) assert.equal(judge(other, codeOf(sent)), 'mismatch')
  assert.equal(judge(undefined, codeOf(sent)), 'not-sent')
  assert.equal(judge(sent, codeOf(sent), 'voice'), 'not-sent')
})

test('S2.43 sending once more inside a life changes nothing of the code; another way or another life makes a new one, and the old is called so', () => {
  const first = next(undefined)
  at += 60_000
  const again = next(first)
  assert.deepEqual([again.id, again.sends, again.expiresAt], [first.id, 2, first.expiresAt])
  assert.equal(codeOf(sentOf(again)), codeOf(sentOf(first)))
  assert.ok(again.lastSentAt > first.lastSentAt)
  const call = next(again, 'voice')
  assert.equal(judge(sentOf(call), codeOf(sentOf(first)), 'voice'), 'superseded')
  at += lifeMilliseconds
  const later = next(call, 'voice')
  assert.notEqual(later.id, call.id)
  assert.equal(judge(sentOf(later), codeOf(sentOf(call)), 'voice'), 'superseded')
  let many = later
  for (let nth = 0; nth < 20; nth++) many = next(many, nth % 2 === 0 ? 'sms' : 'voice')
  assert.ok(many.earlier.length <= 6, 'what is remembered stays small')
})

test('R042 codes fall evenly: each first digit and each last one as often as the others', () => {
  const challenge = next(undefined)
  const counts = [new Map<string, number>(), new Map<string, number>()] as const
  const draws = 50_000
  for (let nth = 0; nth < draws; nth++) {
    const code = codeOf(sentOf({ ...challenge, id: String(nth) }))
    counts[0].set(code.slice(0, 1), (counts[0].get(code.slice(0, 1)) ?? 0) + 1)
    counts[1].set(code.slice(5), (counts[1].get(code.slice(5)) ?? 0) + 1)
  }
  // Six standard deviations of a fair draw: one run in many millions fails by chance.
  const deviation = 6 * Math.sqrt(draws * 0.1 * 0.9)
  for (const digits of counts) {
    assert.equal(digits.size, 10)
    for (const [digit, count] of digits) assert.ok(Math.abs(count - draws / 10) < deviation, `${digit}: ${count}`)
  }
})

test('a code by mail proves a mailbox and never adds up; text and call prove possession, each under its own name', () => {
  const proofOf = (kind: string) => {
    const sent = sentOf(next(undefined, kind))
    const verdict = of(kind).authentication.answer(nothingKept, codeOf(sent), { tolerance: 'usual', sent })
    return verdict.verdict === 'accepted' ? [verdict.proves, verdict.amr] : []
  }
  assert.deepEqual(proofOf('email'), [['mailbox'], ['otp']])
  assert.deepEqual(proofOf('sms'), [['have'], ['sms']])
  assert.deepEqual(proofOf('voice'), [['have'], ['tel']])
})
