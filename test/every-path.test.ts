import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assuranceOf, type Evidence } from '#domain/assurance.ts'
import type { Requirement } from '#domain/policy.ts'
import { advance, type Event, type Intent, nextStep, type SignIn } from '#domain/sign-in.ts'

const now = new Date(0)
const later = new Date(600_000)
const evidence = (kind: string, proves: Evidence['proves']): Evidence => ({ kind, proves, amr: [], at: now })
const alphabet: readonly Event[] = [
  { event: 'identified', userId: 'ada' },
  { event: 'identified', userId: 'bob' },
  { event: 'proved', evidence: evidence('password', ['know']) },
  { event: 'proved', evidence: evidence('totp', ['have']) },
  { event: 'proved', evidence: evidence('backup-codes', ['have']) },
  { event: 'offered', enrollment: { kind: 'totp', show: { form: 'secret', key: '', uri: '' }, keep: null } },
  { event: 'bound', kind: 'totp', evidence: evidence('totp', ['have']) },
  { event: 'bound', kind: 'backup-codes' },
]
const intents: readonly Intent[] = ['enter', 'confirm', 'enroll', 'backup-codes', 'disable']
const requirements: readonly Requirement[] = (['always', 'if-enrolled', 'never'] as const).flatMap((secondStep) => [
  { secondStep },
  { secondStep, isRemembered: true },
])
const enrollments: readonly (readonly string[])[] = [[], ['totp'], ['backup-codes'], ['totp', 'backup-codes']]

interface Seen {
  readonly signIn: SignIn
  readonly requirement: Requirement
  readonly before: readonly string[]
  readonly enrolled: readonly string[]
  /** What happened since the person was last identified. */
  readonly since: readonly Event[]
}

/** Every sequence of so many events, for every intent, requirement and set of authenticators. */
function walk(depth: number, look: (seen: Seen) => void, events: readonly Event[] = alphabet): number {
  let walked = 0
  const step = (seen: Seen, left: number): void => {
    walked += 1
    look(seen)
    if (left === 0) return
    for (const event of events) {
      const signIn = advance(seen.signIn, event)
      const since = event.event === 'identified' ? [] : [...seen.since, event]
      step({ ...seen, signIn, since, enrolled: [...new Set([...seen.before, ...signIn.bound])] }, left - 1)
    }
  }
  for (const intent of intents)
    for (const requirement of requirements)
      for (const before of enrollments) {
        const signIn: SignIn = { id: 's', intent, evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
        step({ signIn, requirement, before, enrolled: before, since: [] }, depth)
      }
  return walked
}

const isProof = (event: Event, kind: string) => 'evidence' in event && event.evidence?.kind === kind
/** A remembered device spares the second step to whoever enters with an app bound before, binds nothing, and to nobody else. */
const isSpared = ({ signIn, requirement, before }: Seen) =>
  requirement.isRemembered === true && signIn.intent === 'enter' && signIn.bound.length === 0 && before.includes('totp')
const hasSecond = (since: readonly Event[]) => since.some((event) => isProof(event, 'totp') || isProof(event, 'backup-codes'))

test('no sequence of five events ends short of what was required, or with the proof of another person', () => {
  let done = 0
  const walked = walk(5, (seen) => {
    const { signIn, requirement, enrolled, since } = seen
    const step = nextStep(signIn, requirement, enrolled, now)
    if (step.step !== 'done') return
    done += 1
    assert.ok(signIn.userId !== undefined)
    assert.ok(
      since.some((event) => isProof(event, 'password')),
      'done without a password given since the person was identified',
    )
    if (signIn.intent === 'enter' && requirement.secondStep === 'always')
      assert.ok(hasSecond(since) || isSpared(seen), 'done without the required second step')
    if (enrolled.length > 0 && (requirement.secondStep !== 'never' || signIn.intent === 'disable'))
      assert.ok(hasSecond(since) || isSpared(seen), 'done without asking what is bound')
    assert.deepEqual(step.assurance, assuranceOf(signIn.evidence))
  })
  assert.ok(walked > 1_000_000 && done > 1000, `walked ${walked}, done ${done}`)
})

test('a password alone never opens an enrollment while an authenticator is bound', () => {
  walk(4, ({ signIn, requirement, before, since }) => {
    const step = nextStep(signIn, requirement, before, now)
    if (step.step === 'enroll' && before.length > 0 && requirement.secondStep !== 'never') assert.ok(hasSecond(since))
  })
})

test('A26 a one-time pass is no way in by itself: whoever enters on one sets up an authenticator first', () => {
  const pass: Event = { event: 'proved', evidence: evidence('one-time-pass', ['have']) }
  let opened = 0
  const look = (seen: Seen) => {
    const { signIn, requirement, enrolled, since } = seen
    if (signIn.intent !== 'enter' || requirement.secondStep === 'never' || !since.some((event) => isProof(event, 'one-time-pass'))) return
    const step = nextStep(signIn, requirement, enrolled, now)
    if (step.step === 'done') assert.ok(signIn.bound.includes('totp'))
    if (step.step === 'enroll' && !hasSecond(since)) opened += 1
  }
  walk(5, look, [...alphabet.filter((event) => !isProof(event, 'backup-codes')), pass])
  assert.ok(opened > 500, String(opened))
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const [identified, password] = [alphabet[0] as Event, alphabet[2] as Event]
  const due = advance(advance(signIn, identified), password)
  assert.deepEqual(nextStep(due, { secondStep: 'always' }, ['one-time-pass'], now), { step: 'answer', kinds: ['one-time-pass'] })
})

test('A30 A31 a remembered device spares one question only, and makes nothing stronger', () => {
  let spared = 0
  walk(4, (seen) => {
    const { signIn, requirement, enrolled } = seen
    if (requirement.isRemembered !== true) return
    const [step, plain] = [
      nextStep(signIn, requirement, enrolled, now),
      nextStep(signIn, { ...requirement, isRemembered: false }, enrolled, now),
    ]
    if (isSpared(seen) && plain.step === 'answer') {
      spared += 1
      assert.equal(step.step, 'done')
      if (step.step === 'done') assert.deepEqual([step.assurance.aal, step.assurance.amr.includes('mfa')], [1, false])
    } else assert.deepEqual(step, plain)
  })
  assert.ok(spared > 500, String(spared))
})

test('every sign-in that is not at its end says what it waits for, and an expired one waits for nothing', () => {
  walk(4, ({ signIn, requirement, enrolled }) => {
    const step = nextStep(signIn, requirement, enrolled, now)
    if (step.step === 'answer') assert.ok(step.kinds.length > 0)
    if (step.step === 'enroll') assert.ok(step.kinds.length > 0)
    assert.deepEqual(nextStep(signIn, requirement, enrolled, later), { step: 'refused', reason: 'expired' })
  })
})

test('each event makes a new version and closes what was on show', () => {
  walk(3, ({ signIn }) => {
    for (const event of alphabet) {
      const after = advance(signIn, event)
      assert.equal(after.version, signIn.version + 1)
      assert.equal(after.enrollment === undefined, event.event !== 'offered')
    }
  })
})

test('what is set up is what the organizations of the person allow, the one that is offered first at the front', () => {
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const [identified, password] = [alphabet[0] as Event, alphabet[2] as Event]
  const due = advance(advance(signIn, identified), password)
  assert.deepEqual(nextStep(due, { secondStep: 'always', methods: ['push', 'totp'] }, [], now), { step: 'enroll', kinds: ['push', 'totp'] })
})
