import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  badgeFor,
  isRequired,
  leastPasswordLength,
  type Membership,
  type Mode,
  methodsFor,
  requirementFor,
  startingPolicy,
  toleranceFor,
} from './policy.ts'

const membership = (name: string, enabled: boolean, mode: Mode, required = false): Membership => ({
  organizationId: name,
  organizationName: name,
  kind: 'site',
  role: 'user',
  required,
  policy: { ...startingPolicy, enabled, mode },
})

test('"everyone" requires it from each member, "chosen" from the marked ones, "opt-in" from nobody', () => {
  for (const required of [false, true]) {
    assert.equal(isRequired(membership('a', true, 'everyone', required)), true)
    assert.equal(isRequired(membership('a', true, 'chosen', required)), required)
    assert.equal(isRequired(membership('a', true, 'opt-in', required)), false)
    for (const mode of ['everyone', 'chosen', 'opt-in'] as const) assert.equal(isRequired(membership('a', false, mode, required)), false)
  }
})

test('the strictest of all organizations wins, and is named', () => {
  const optIn = membership('Optional', true, 'opt-in')
  const chosen = membership('Chosen', true, 'chosen', true)
  const everyone = membership('Everyone', true, 'everyone')
  const off = membership('Off', false, 'everyone', true)
  assert.deepEqual(requirementFor([optIn, chosen, everyone, off], false), {
    secondStep: 'always',
    methods: ['totp'],
    because: { rule: 'everyone', organizationId: 'Everyone', organization: 'Everyone' },
  })
  assert.equal(requirementFor([optIn, chosen], false).because?.rule, 'chosen')
  assert.deepEqual(requirementFor([optIn], false), { secondStep: 'if-enrolled', methods: ['totp'] })
  assert.deepEqual(requirementFor([off], true), { secondStep: 'never' })
  assert.deepEqual(requirementFor([], true), { secondStep: 'never' })
})

test('who owes a set-up is asked for it even where it is a free choice', () => {
  assert.deepEqual(requirementFor([membership('A', true, 'opt-in')], true), {
    secondStep: 'always',
    methods: ['totp'],
    isSetUpDue: true,
    because: { rule: 'set-up-due', organizationId: 'A', organization: 'A' },
  })
})

test('the badge says where a person stands', () => {
  assert.equal(badgeFor({ secondStep: 'never' }, true), 'not-available')
  assert.equal(badgeFor({ secondStep: 'always' }, true), 'secured')
  assert.equal(badgeFor({ secondStep: 'always' }, false), 'required')
  assert.equal(badgeFor({ secondStep: 'if-enrolled' }, false), 'not-set-up')
})

test('a password that can open a session alone has 15 characters at least, else 8', () => {
  assert.equal(leastPasswordLength({ secondStep: 'always' }, []), 8)
  assert.equal(leastPasswordLength({ secondStep: 'if-enrolled' }, [startingPolicy]), 15)
  assert.equal(leastPasswordLength({ secondStep: 'never' }, []), 15)
})

test('an organization raises the least length of passwords and never lowers it; of several the highest counts', () => {
  const raised = (length: number) => ({ ...startingPolicy, leastPasswordLength: length })
  assert.equal(leastPasswordLength({ secondStep: 'always' }, [raised(12)]), 12)
  assert.equal(leastPasswordLength({ secondStep: 'if-enrolled' }, [raised(12)]), 15)
  assert.equal(leastPasswordLength({ secondStep: 'if-enrolled' }, [raised(20), startingPolicy, raised(24)]), 24)
})

test('people choose among the methods that all of their organizations allow; where change is not allowed there is one', () => {
  const allows = (defaultMethod: string, methods: readonly string[], mayChangeMethod = true) => ({
    policy: { ...startingPolicy, methods, defaultMethod, mayChangeMethod },
  })
  assert.deepEqual(methodsFor([allows('totp', ['sms', 'totp', 'push'])]), ['totp', 'sms', 'push'])
  assert.deepEqual(methodsFor([allows('push', ['totp', 'push'], false)]), ['push'])
  assert.deepEqual(methodsFor([allows('sms', ['sms', 'totp']), allows('totp', ['totp', 'push'])]), ['totp'])
  assert.deepEqual(methodsFor([allows('sms', ['sms']), allows('push', ['totp', 'push'], false)]), ['sms', 'push'], 'nobody is locked out')
  assert.deepEqual(methodsFor([]), [])
})

test('one organization that is strict about codes is enough, while its two-factor authentication is on', () => {
  const strict = (enabled: boolean) => ({ policy: { ...startingPolicy, enabled, strictTotp: true } })
  assert.equal(toleranceFor([membership('a', true, 'opt-in'), strict(true)]), 'strict')
  assert.equal(toleranceFor([membership('a', true, 'opt-in'), strict(false)]), 'usual')
  assert.equal(toleranceFor([]), 'usual')
})
