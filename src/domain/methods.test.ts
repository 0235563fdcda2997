import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelOf, hasToMove, methods, newlyWeaker, sentMethods, strongest } from './methods.ts'

test('a call is weaker than a text message, that than a mail, and an app is the strongest, in whatever order they are given', () => {
  assert.deepEqual(methods, ['totp', 'duo', 'authanvil', 'email', 'sms', 'voice'])
  assert.equal(strongest(['voice', 'sms']), 'sms')
  assert.equal(strongest(['sms', 'voice', 'email']), 'email')
  assert.equal(strongest(['voice', 'email', 'totp', 'sms']), 'totp')
  assert.equal(strongest(['carrier-pigeon', 'voice']), 'voice', 'what is not known outranks nothing')
  assert.equal(strongest([]), undefined)
})

test('whatever is sent has a way to go, and an app has none', () => {
  assert.deepEqual(sentMethods.map(channelOf), ['mail', 'text', 'call'])
  assert.equal(channelOf('totp'), undefined)
  assert.deepEqual(
    sentMethods,
    methods.filter((kind) => channelOf(kind) !== undefined),
  )
})

test('whoever has authenticators, and none of an allowed method, has to move to another', () => {
  const bound = ['totp', 'sms', 'backup-codes']
  assert.equal(hasToMove(bound, ['totp', 'email']), false)
  assert.equal(hasToMove(bound, ['voice']), true)
  assert.equal(hasToMove(['backup-codes'], ['totp']), false, 'codes alone are nothing to move from')
  assert.equal(hasToMove([], ['totp']), false)
  assert.equal(hasToMove(bound, []), false, 'where nobody has a say everything stays as it is')
})

test('what a change newly allows is asked about; what was allowed, or is only taken away, is not', () => {
  const rules = (kinds: readonly string[], emailForAdministrators = false) => ({ methods: kinds, emailForAdministrators })
  assert.deepEqual(newlyWeaker(rules(['totp']), rules(['totp', 'voice', 'sms'])), ['sms', 'voice'])
  assert.deepEqual(newlyWeaker(rules(['totp', 'sms']), rules(['sms'])), [])
  assert.deepEqual(newlyWeaker(rules(['totp', 'email']), rules(['totp', 'email'], true)), ['email'], 'wider than before')
  assert.deepEqual(newlyWeaker(rules(['totp']), rules(['totp'], true)), [], 'not allowed to anybody')
  assert.deepEqual(newlyWeaker(rules(['email'], true), rules(['email'], true)), [])
})
