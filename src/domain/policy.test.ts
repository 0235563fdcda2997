import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  badgeFor,
  hasOneMethod,
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

const allows = (defaultMethod: string, methods: readonly string[], mayChangeMethod = true, more: Partial<Membership> = {}) => ({
  ...membership('a', true, 'opt-in'),
  ...more,
  policy: { ...startingPolicy, methods, defaultMethod, mayChangeMethod, ...more.policy },
})

test('people choose among the methods that all of their organizations allow; where change is not allowed there is one', () => {
  assert.deepEqual(methodsFor([allows('totp', ['sms', 'totp', 'voice'])]), ['totp', 'sms', 'voice'])
  assert.deepEqual(methodsFor([allows('voice', ['totp', 'voice'], false)]), ['voice'])
  assert.deepEqual(methodsFor([allows('sms', ['sms', 'totp']), allows('totp', ['totp', 'voice'])]), ['totp'])
  assert.deepEqual(methodsFor([]), [])
})

test('where organizations contradict each other the strongest of what each puts first is left, in any order', () => {
  const [texts, apps, calls] = [allows('sms', ['sms']), allows('totp', ['totp', 'voice'], false), allows('voice', ['voice', 'email'])]
  assert.deepEqual(methodsFor([texts, apps]), ['totp'])
  assert.deepEqual(methodsFor([apps, texts]), ['totp'])
  assert.deepEqual(methodsFor([calls, texts]), ['sms'])
})

test('"Two Factor Type" leaves a person that one method while the organization allows it', () => {
  const rules = ['totp', 'sms', 'voice']
  assert.deepEqual(methodsFor([allows('totp', rules, true, { method: 'sms' })]), ['sms'])
  assert.deepEqual(
    methodsFor([allows('totp', rules, false, { method: 'voice' })]),
    ['voice'],
    'it is the exception to the one method of all',
  )
  assert.deepEqual(methodsFor([allows('totp', ['totp'], true, { method: 'sms' })]), ['totp'], 'no longer allowed, it says nothing')
  assert.deepEqual(methodsFor([allows('totp', rules, true, { method: 'sms' }), allows('totp', ['totp'])]), ['totp'])
  assert.equal(hasOneMethod(allows('totp', rules, true, { method: 'sms' })), true)
  assert.equal(hasOneMethod(allows('totp', rules, true, { method: 'email' })), false)
  assert.equal(hasOneMethod(allows('totp', rules, false)), true)
})

test('e-mail is not for administrators until their organization says so, and an app is left to whoever would have nothing', () => {
  const rules = ['email', 'sms', 'totp']
  for (const role of ['admin', 'security-admin', 'owner'] as const) {
    assert.deepEqual(methodsFor([allows('email', rules, true, { role })]), ['totp', 'sms'])
    assert.deepEqual(methodsFor([allows('email', rules, false, { role })]), ['totp'])
    assert.deepEqual(methodsFor([allows('email', ['email'], false, { role })]), ['totp'])
    assert.deepEqual(methodsFor([allows('email', rules, true, { role, method: 'email' })]), ['totp', 'sms'])
    const policy = { ...startingPolicy, methods: rules, defaultMethod: 'email', emailForAdministrators: true }
    assert.deepEqual(methodsFor([{ ...membership('a', true, 'opt-in'), role, policy }]), rules)
  }
  assert.deepEqual(methodsFor([allows('email', rules, true, { role: 'user' })]), rules)
})

test('one organization that is strict about codes is enough, while its two-factor authentication is on', () => {
  const strict = (enabled: boolean) => ({ policy: { ...startingPolicy, enabled, strictTotp: true } })
  assert.equal(toleranceFor([membership('a', true, 'opt-in'), strict(true)]), 'strict')
  assert.equal(toleranceFor([membership('a', true, 'opt-in'), strict(false)]), 'usual')
  assert.equal(toleranceFor([]), 'usual')
})
