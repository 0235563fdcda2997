import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assuranceOf, duoAway, type Evidence, hasSecondStep, passwordEvidence, portalEvidence, setUpPasscode } from './assurance.ts'
import { plainEmail } from './email.ts'
import { Problem, problems } from './problem.ts'
import { grantableRoles, may, type Role, rightsOf, standsAbove } from './roles.ts'
import { freshProofSeconds, isFresh, provedAt } from './session.ts'
import * as throttle from './throttle.ts'

const at = new Date('2026-06-01T12:00:00Z')
const totp: Evidence = { kind: 'totp', proves: ['have'], amr: ['otp'], at }

test('two different proofs with possession make AAL2, two of a kind never add up', () => {
  assert.deepEqual(assuranceOf([]), { aal: 1, amr: [], phishingResistant: false })
  assert.deepEqual(assuranceOf([passwordEvidence(at)]), { aal: 1, amr: ['pwd'], phishingResistant: false })
  assert.deepEqual(assuranceOf([passwordEvidence(at), totp]), { aal: 2, amr: ['pwd', 'otp', 'mfa'], phishingResistant: false })
  assert.deepEqual(assuranceOf([totp, { ...totp, kind: 'backup-codes' }]), { aal: 1, amr: ['otp'], phishingResistant: false })
  assert.deepEqual(assuranceOf([passwordEvidence(at), { kind: 'face', proves: ['are'], amr: [], at }]), {
    aal: 1,
    amr: ['pwd'],
    phishingResistant: false,
  })
})

test('A66 neither a password nor a word, nor that Duo was away, is a second step', () => {
  const away: Evidence = { kind: duoAway, proves: [], amr: [], at }
  const passcode: Evidence = { kind: setUpPasscode, proves: ['mailbox'], amr: [], at }
  assert.equal(hasSecondStep([passwordEvidence(at), passcode, away, ...portalEvidence(at, true)]), false)
  assert.equal(hasSecondStep([passwordEvidence(at), away, totp]), true)
})

test('a proof is fresh for five minutes and counts from the youngest piece of evidence', () => {
  const later = (seconds: number) => new Date(at.getTime() + seconds * 1000)
  assert.equal(isFresh([passwordEvidence(at)], later(freshProofSeconds)), true)
  assert.equal(isFresh([passwordEvidence(at)], later(freshProofSeconds + 1)), false)
  assert.equal(isFresh([], at), false)
  assert.deepEqual(provedAt([passwordEvidence(at), { ...totp, at: later(60) }]), later(60))
})

test('one address has one key, whatever its case and space, and what is not one address has none', () => {
  assert.equal(plainEmail('  Ada@Example.ORG '), 'ada@example.org')
  assert.equal(plainEmail('ａｄａ@example.org'), 'ada@example.org')
  const refused = [
    '',
    'ada',
    '@',
    'ada@',
    '@x.org',
    'a@b@c',
    'a b@x.org',
    'a@x.org,b@x.org',
    'a@x.org;b',
    '<a@x.org>',
    '"a"@x.org',
    'a@x..org',
    'a..b@x.org',
    'a@x.org.',
    'a@.x.org',
    'a@x\n.org',
    'a\u0000@x.org',
    `${'a'.repeat(65)}@x.org`,
  ]
  for (const text of refused) assert.equal(plainEmail(text), undefined, JSON.stringify(text))
})

test('only Security Admins and owners change the policy or take a requirement back; admins look', () => {
  const allowed = (role: Role) =>
    ['see-policy', 'change-policy', 'undo-requirement', 'change-roles'].map((right) => may(role, right as 'see-policy'))
  assert.deepEqual(allowed('user'), [false, false, false, false])
  assert.deepEqual(allowed('admin'), [true, false, false, false])
  assert.deepEqual(allowed('security-admin'), [true, true, true, true])
  assert.deepEqual(allowed('owner'), [true, true, true, true])
  assert.deepEqual(rightsOf('user'), [])
  assert.ok(may('owner', 'create-sites') && !may('security-admin', 'create-sites'))
})

test('nobody gives a role above their own, and a site has no owner', () => {
  assert.deepEqual(grantableRoles('user', 'provider'), [])
  assert.deepEqual(grantableRoles('admin', 'site'), ['admin', 'user'])
  assert.deepEqual(grantableRoles('security-admin', 'provider'), ['security-admin', 'admin', 'user'])
  assert.deepEqual(grantableRoles('owner', 'provider'), ['owner', 'security-admin', 'admin', 'user'])
  assert.deepEqual(grantableRoles('owner', 'site'), ['security-admin', 'admin', 'user'])
  assert.equal(standsAbove('admin', 'security-admin'), false)
  assert.equal(standsAbove('security-admin', 'security-admin'), true)
})

test('the lanes are as decided: waits after five, a notice at ten, an end at twenty', () => {
  const { codesFromAnywhere: lane } = throttle
  assert.equal(lane.limit, 20)
  assert.equal(throttle.noticeAfterWrongCodes, 10)
  assert.deepEqual(lane.waits.slice(0, 5), [0, 0, 0, 0, 60])
  assert.equal(Math.max(...lane.waits), 3600)
  for (const one of [lane, throttle.codesFromRecognizedDevice, throttle.passwordsFromAnywhere, throttle.passwordsFromRecognizedDevice]) {
    assert.deepEqual(
      [...one.waits].sort((a, b) => a - b),
      one.waits,
      'waits never shrink',
    )
  }
})

test('every problem has a status and a sentence, and carries its details', () => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    assert.ok(status >= 400 && status < 600, code)
    assert.match(title, /^[A-Z].*\.$/, code)
  }
  const problem = new Problem('busy', { retryAfterSeconds: 5 }, { cause: 'load' })
  assert.deepEqual([problem.code, problem.details, problem.cause], ['busy', { retryAfterSeconds: 5 }, 'load'])
})
