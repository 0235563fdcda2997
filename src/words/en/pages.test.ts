import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '#domain/problem.ts'
import { pages } from './pages.ts'

const { explain } = pages
const code = (reason: string, more = {}) => explain({ code: 'code-not-accepted', reason, ...more })

test('every problem says what it was and what to do next', () => {
  for (const name of [...Object.keys(problems), 'unheard-of', 'toString']) {
    const { title, advice } = explain({ code: name })
    assert.match(title, /^[A-Z].*\.$/, name)
    assert.match(advice, /^[A-Z].*\.$/, name)
  }
})

test('a wrong code is explained by its reason', () => {
  assert.match(code('mismatch').advice, /change every 30 seconds/)
  assert.match(code('replayed').advice, /next one/)
  assert.match(code('late').advice, /shows now/)
  assert.match(code('malformed').advice, /six digits/)
  assert.match(explain({ code: 'code-not-accepted', reason: 'mismatch' }, { isBackupCode: true }).advice, /saved last/)
})

test("a phone's clock is told as far off as it is", () => {
  assert.match(code('clock', { clockOffBySeconds: -180 }).advice, /about 3 minutes behind.*automatic/)
  assert.match(code('clock', { clockOffBySeconds: 30 }).advice, /about 30 seconds ahead/)
  assert.match(code('clock', { clockOffBySeconds: 60 }).advice, /about 1 minute ahead/)
})

test('a wait is told in words and never too short', () => {
  const waitOf = (retryAfterSeconds: number) => explain({ code: 'too-many-attempts', retryAfterSeconds }).advice
  assert.match(waitOf(0), /Wait 1 second,/)
  assert.match(waitOf(30), /Wait 30 seconds,/)
  assert.match(waitOf(61), /Wait 2 minutes,/)
  assert.match(waitOf(3600), /Wait 1 hour,/)
})

test('A87 whoever gets no code is told why in a sentence of its own; where waiting does not help, another way is named and no wait', () => {
  const limit = (reason: string, more = {}) => explain({ code: 'sending-limit', reason, ...more })
  for (const reason of ['country-not-allowed', 'number']) {
    assert.match(limit(reason).advice, /another way/, reason)
    assert.doesNotMatch(limit(reason).advice, /[Ww]ait/, reason)
  }
  for (const reason of ['few-used', 'prefix', 'country', 'organization', 'installation'])
    assert.match(limit(reason, { retryAfterSeconds: 600 }).advice, /another way.*wait 10 minutes, then ask again/, reason)
  for (const reason of ['person', 'address', 'network'])
    assert.match(limit(reason, { retryAfterSeconds: 30 }).advice, /^Wait 30 seconds, then ask again/, reason)
  assert.equal(new Set(['country-not-allowed', 'number', 'few-used', 'prefix', 'network', 'person'].map((one) => limit(one).title)).size, 6)
})

test('a weak password is refused with its reason', () => {
  const weak = (reason: string) => explain({ code: 'password-too-weak', reason, minLength: 15 }).advice
  assert.match(weak('too-short'), /at least 15 characters/)
  assert.match(weak('common'), /lists/)
  assert.match(weak('contains-context'), /your name/)
  assert.match(weak('too-long'), /shorter/)
})
