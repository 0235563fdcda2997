import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assuranceOf, duoAway, type Evidence, portalSetUp, portalWord, setUpPasscode } from '#domain/assurance.ts'
import type { Challenge } from '#domain/challenge.ts'
import type { Requirement } from '#domain/policy.ts'
import { acceptedKinds, advance, type Event, type Intent, type Means, nextStep, type SignIn } from '#domain/sign-in.ts'
import { wayOf } from '#domain/ways.ts'

const now = new Date(0)
const later = new Date(600_000)
const evidence = (kind: string, proves: Evidence['proves']): Evidence => ({ kind, proves, amr: [], at: now })
const challenge: Challenge = { id: '', kind: 'sms', sentAt: now, lastSentAt: now, expiresAt: later, sends: 1, messageId: '', earlier: [] }
const alphabet: readonly Event[] = [
  { event: 'identified', userId: 'ada' },
  { event: 'identified', userId: 'bob' },
  { event: 'proved', evidence: evidence('password', ['know']) },
  { event: 'proved', evidence: evidence('totp', ['have']) },
  { event: 'proved', evidence: evidence('sms', ['have']) },
  { event: 'proved', evidence: evidence('backup-codes', ['have']) },
  { event: 'proved', evidence: evidence(setUpPasscode, ['mailbox']) },
  { event: 'sent', challenge },
  { event: 'offered', enrollment: { kind: 'totp', show: { form: 'secret', key: '', uri: '' }, keep: null } },
  { event: 'bound', kind: 'totp', evidence: evidence('totp', ['have']) },
  { event: 'bound', kind: 'email', evidence: evidence('email', ['mailbox']) },
  { event: 'bound', kind: 'backup-codes' },
]
const intents: readonly Intent[] = ['enter', 'confirm', 'enroll', 'backup-codes', 'disable']
const allowed: readonly (readonly string[] | undefined)[] = [undefined, ['totp'], ['sms', 'email']]
const requirements: readonly Requirement[] = [
  ...(['always', 'if-enrolled'] as const).flatMap((secondStep) =>
    allowed.flatMap((methods) => {
      const plain: Requirement = { secondStep, ...(methods ? { methods } : {}) }
      return [plain, { ...plain, isRemembered: true }]
    }),
  ),
  { secondStep: 'always', methods: ['totp', 'email'], isSetUpDue: true },
  { secondStep: 'never' },
  { secondStep: 'never', isRemembered: true },
]
const enrollments: readonly Means[] = [
  { enrolled: [] },
  { enrolled: [], isPasswordMailed: true },
  { enrolled: ['totp', 'backup-codes'], hasPhone: true },
  { enrolled: ['backup-codes'] },
  { enrolled: ['sms'], hasPhone: true },
  { enrolled: ['email', 'backup-codes'], isPasswordMailed: true },
  { enrolled: ['email'], isPasswordMailed: true },
]

interface Seen {
  readonly signIn: SignIn
  readonly requirement: Requirement
  readonly before: Means
  readonly means: Means
  /** What happened since the person was last identified. */
  readonly since: readonly Event[]
}

/** Every sequence of so many events, for every intent, requirement and set of authenticators. */
function walk(depth: number, look: (seen: Seen) => void, events: readonly Event[] = alphabet, wanted = intents): number {
  let walked = 0
  const step = (seen: Seen, left: number): void => {
    walked += 1
    look(seen)
    if (left === 0) return
    for (const event of events) {
      const signIn = advance(seen.signIn, event)
      const since = event.event === 'identified' ? [] : [...seen.since, event]
      const means = { ...seen.before, enrolled: [...new Set([...seen.before.enrolled, ...signIn.bound])] }
      step({ ...seen, signIn, since, means }, left - 1)
    }
  }
  for (const intent of wanted)
    for (const requirement of requirements)
      for (const before of enrollments) {
        const signIn: SignIn = { id: 's', intent, evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
        step({ signIn, requirement, before, means: before, since: [] }, depth)
      }
  return walked
}

const isProof = (event: Event, kind: string) => 'evidence' in event && event.evidence?.kind === kind
const isMethod = (kind: string) => kind !== 'backup-codes'
const isAllowed = ({ methods }: Requirement, kind: string) => isMethod(kind) && (methods?.includes(kind) ?? true)
/** A remembered device spares the second step to whoever enters with a method that is still allowed, binds nothing, and to nobody else. */
const isSpared = ({ signIn, requirement, before }: Seen) =>
  requirement.isRemembered === true &&
  signIn.intent === 'enter' &&
  signIn.bound.length === 0 &&
  before.enrolled.some((kind) => isAllowed(requirement, kind))
const hasSecond = (since: readonly Event[]) =>
  since.some((event) => ['totp', 'sms', 'email', 'backup-codes'].some((kind) => isProof(event, kind)))

test('no sequence of four events ends short of what was required, or with the proof of another person', () => {
  let done = 0
  const walked = walk(4, (seen) => {
    const { signIn, requirement, means, since } = seen
    const step = nextStep(signIn, requirement, means, now)
    if (step.step !== 'done') return
    done += 1
    assert.ok(signIn.userId !== undefined)
    assert.ok(
      since.some((event) => isProof(event, 'password')),
      'done without a password given since the person was identified',
    )
    if (signIn.intent === 'enter' && requirement.secondStep === 'always')
      assert.ok(hasSecond(since) || isSpared(seen), 'done without the required second step')
    if (means.enrolled.length > 0 && (requirement.secondStep !== 'never' || signIn.intent === 'disable'))
      assert.ok(hasSecond(since) || isSpared(seen), 'done without asking what is bound')
    if (signIn.intent === 'enter' && requirement.isSetUpDue) assert.ok(means.enrolled.some(isMethod), 'done without the set-up that is due')
    if (signIn.intent === 'enter' && requirement.secondStep !== 'never' && seen.before.enrolled.some(isMethod))
      assert.ok(
        means.enrolled.some((kind) => isAllowed(requirement, kind)) || signIn.bound.some(isMethod),
        'done with nothing but what is not allowed any more',
      )
    assert.deepEqual(step.assurance, assuranceOf(signIn.evidence))
    if (signIn.intent === 'enter') assert.ok(wayOf(signIn.evidence, !hasSecond(since) && isSpared(seen)), 'in by a way that is not listed')
  })
  assert.ok(walked > 1_000_000 && done > 1000, `walked ${walked}, done ${done}`)
})

test('a password alone never opens an enrollment while an authenticator is bound', () => {
  walk(3, ({ signIn, requirement, before, since }) => {
    const step = nextStep(signIn, requirement, before, now)
    if (step.step === 'enroll' && before.enrolled.length > 0 && requirement.secondStep !== 'never') assert.ok(hasSecond(since))
  })
})

test('A26 a one-time pass is no way in by itself: whoever enters on one sets up an authenticator first', () => {
  const pass: Event = { event: 'proved', evidence: evidence('one-time-pass', ['have']) }
  let opened = 0
  const look = (seen: Seen) => {
    const { signIn, requirement, means, since } = seen
    if (signIn.intent !== 'enter' || requirement.secondStep === 'never' || !since.some((event) => isProof(event, 'one-time-pass'))) return
    const step = nextStep(signIn, requirement, means, now)
    if (step.step === 'done') assert.ok(signIn.bound.some(isMethod))
    if (step.step === 'enroll' && !hasSecond(since)) opened += 1
  }
  const events = alphabet.filter((event) => event.event === 'bound' || isProof(event, 'password') || isProof(event, 'totp'))
  walk(5, look, [alphabet[0] as Event, ...events, pass])
  assert.ok(opened > 500, String(opened))
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const [identified, password] = [alphabet[0] as Event, alphabet[2] as Event]
  const due = advance(advance(signIn, identified), password)
  assert.deepEqual(nextStep(due, { secondStep: 'always' }, { enrolled: ['one-time-pass'] }, now), {
    step: 'answer',
    kinds: ['one-time-pass'],
  })
})

test('A30 A31 a remembered device spares one question only, and makes nothing stronger', () => {
  let spared = 0
  walk(3, (seen) => {
    const { signIn, requirement, means } = seen
    if (requirement.isRemembered !== true) return
    const [step, plain] = [nextStep(signIn, requirement, means, now), nextStep(signIn, { ...requirement, isRemembered: false }, means, now)]
    if (isSpared(seen) && (plain.step === 'answer' || plain.step === 'refused')) {
      spared += 1
      assert.equal(step.step, 'done')
      if (step.step === 'done') assert.deepEqual([step.assurance.aal, step.assurance.amr.includes('mfa')], [1, false])
    } else assert.deepEqual(step, plain)
  })
  assert.ok(spared > 100, String(spared))
})

test('every sign-in that is not at its end says what it waits for, and an expired one waits for nothing', () => {
  walk(3, ({ signIn, requirement, means }) => {
    const step = nextStep(signIn, requirement, means, now)
    if (step.step === 'answer') assert.ok(step.kinds.length > 0)
    if (step.step === 'enroll') assert.ok(step.kinds.length > 0)
    assert.deepEqual(nextStep(signIn, requirement, means, later), { step: 'refused', reason: 'expired' })
  })
})

test('each event makes a new version and closes what was on show', () => {
  walk(3, ({ signIn }) => {
    for (const event of alphabet) {
      const after = advance(signIn, event)
      assert.equal(after.version, signIn.version + 1)
      const keeps = event.event === 'sent' ? signIn.enrollment : event.event === 'offered' ? event.enrollment : undefined
      assert.deepEqual([after.enrollment, after.challenge], [keeps, event.event === 'sent' ? challenge : undefined])
    }
  })
})

test('what is set up is what the organizations of the person allow, the one that is offered first at the front', () => {
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const [identified, password] = [alphabet[0] as Event, alphabet[2] as Event]
  const due = advance(advance(signIn, identified), password)
  assert.deepEqual(nextStep(due, { secondStep: 'always', methods: ['push', 'totp'] }, { enrolled: [] }, now), {
    step: 'enroll',
    kinds: ['push', 'totp'],
  })
})

test('a set-up that is due is opened by a mailed passcode or a second step, never by the password alone, and not at all once the password was mailed', () => {
  let opened = 0
  walk(3, ({ signIn, requirement, before, means, since }) => {
    const step = nextStep(signIn, requirement, means, now)
    if (!requirement.isSetUpDue || step.step !== 'enroll' || before.enrolled.length > 0) return
    if (signIn.intent !== 'enter' && signIn.intent !== 'enroll') return
    opened += 1
    const isOpened = since.some((event) => isProof(event, setUpPasscode)) || hasSecond(since)
    assert.ok(isOpened, 'the password alone opened a set-up that is due')
  })
  assert.ok(opened > 90, String(opened))
  const due: Requirement = { secondStep: 'always', methods: ['totp', 'email'], isSetUpDue: true }
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const entered = advance(advance(signIn, alphabet[0] as Event), alphabet[2] as Event)
  assert.deepEqual(nextStep(entered, due, { enrolled: [] }, now), { step: 'answer', kinds: ['email'], opens: 'set-up' })
  assert.deepEqual(nextStep(entered, due, { enrolled: [], isPasswordMailed: true }, now), { step: 'refused', reason: 'ask-administrator' })
})

test('A36 who has only the mailbox gets nowhere: a mailed password makes a code by mail worth nothing, and says whom to ask', () => {
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const entered = advance(advance(signIn, alphabet[0] as Event), alphabet[2] as Event)
  const requirement: Requirement = { secondStep: 'always', methods: ['email', 'totp'] }
  const step = (enrolled: readonly string[], isPasswordMailed: boolean) =>
    nextStep(entered, requirement, { enrolled, isPasswordMailed }, now)
  assert.deepEqual(step(['email'], false), { step: 'answer', kinds: ['email'] })
  assert.deepEqual(step(['email'], true), { step: 'refused', reason: 'ask-administrator' })
  assert.deepEqual(step(['email', 'backup-codes'], true), { step: 'answer', kinds: ['backup-codes'] })
  assert.deepEqual(step(['email', 'totp'], true), { step: 'answer', kinds: ['totp'] })
})

test('S3.18 S3.27 text and call count where the number is verified and the rules allow them, the mail where it was set up; the first rule leads', () => {
  const allows = (methods: readonly string[]): Requirement => ({ secondStep: 'always', methods })
  assert.deepEqual(acceptedKinds(allows(['totp', 'sms', 'voice', 'email']), { enrolled: ['totp'], hasPhone: true }), [
    'totp',
    'sms',
    'voice',
  ])
  assert.deepEqual(acceptedKinds(allows(['sms', 'totp']), { enrolled: ['totp'], hasPhone: true }), ['sms', 'totp'])
  assert.deepEqual(acceptedKinds(allows(['totp', 'sms']), { enrolled: ['totp'] }), ['totp'])
  assert.deepEqual(acceptedKinds(allows(['totp']), { enrolled: ['totp', 'sms'], hasPhone: true }), ['totp'])
})

test('S0.59 a method that is not allowed any more is asked for once, and then an allowed one is set up', () => {
  const signIn: SignIn = { id: 's', intent: 'enter', evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
  const entered = advance(advance(signIn, alphabet[0] as Event), alphabet[2] as Event)
  const means: Means = { enrolled: ['sms', 'backup-codes'], hasPhone: true }
  const requirement: Requirement = { secondStep: 'if-enrolled', methods: ['totp'], isRemembered: true }
  assert.deepEqual(nextStep(entered, requirement, means, now), { step: 'answer', kinds: ['sms', 'backup-codes'] })
  const proved = advance(entered, alphabet[4] as Event)
  assert.deepEqual(nextStep(proved, requirement, means, now), { step: 'enroll', kinds: ['totp'] })
  const bound = advance(proved, alphabet[9] as Event)
  assert.equal(nextStep(bound, requirement, { ...means, enrolled: [...means.enrolled, 'totp'] }, now).step, 'done')
})

const asked = evidence('passkey', ['have', 'know'])
const touched = evidence('passkey', ['have'])
const ofPasskeys: readonly Event[] = [
  ...alphabet.filter((event) => event.event === 'identified' || isProof(event, 'password') || isProof(event, 'totp')),
  ...alphabet.filter((event) => isProof(event, 'backup-codes') || isProof(event, setUpPasscode)),
  { event: 'proved', evidence: asked },
  { event: 'proved', evidence: touched },
  { event: 'proved', evidence: evidence('one-time-pass', ['have']) },
  { event: 'bound', kind: 'passkey', evidence: asked },
]
const isPasskey = (event: Event) => isProof(event, 'passkey')
const isWholeProof = (event: Event) => 'evidence' in event && event.evidence === asked

/** The same walk under rules about passkeys. */
function walkWith(rules: readonly Requirement[], depth: number, look: (seen: Seen) => void): void {
  const holding: readonly Means[] = [
    { enrolled: [] },
    { enrolled: [], isPasswordMailed: true },
    { enrolled: ['passkey', 'totp', 'backup-codes'] },
    { enrolled: ['totp', 'backup-codes', 'one-time-pass'] },
    { enrolled: ['one-time-pass'] },
  ]
  const step = (seen: Seen, left: number): void => {
    look(seen)
    if (left === 0) return
    for (const event of ofPasskeys) {
      const signIn = advance(seen.signIn, event)
      const since = event.event === 'identified' ? [] : [...seen.since, event]
      const usedPass = signIn.evidence.some((one) => one.kind === 'one-time-pass')
      // A pass that is used takes everything else with it.
      const enrolled = [...new Set([...(usedPass ? [] : seen.before.enrolled), ...signIn.bound])]
      step({ ...seen, signIn, since, means: { ...seen.before, enrolled } }, left - 1)
    }
  }
  for (const intent of intents)
    for (const requirement of rules)
      for (const before of holding) {
        const signIn: SignIn = { id: 's', intent, evidence: [], bound: [], returnTo: '/', expiresAt: later, version: 0 }
        step({ signIn, requirement, before, means: before, since: [] }, depth)
      }
}

test('A38 where nothing weaker than a passkey is taken, no sequence of events ends, binds or asks by anything weaker', () => {
  const strict: Requirement = { secondStep: 'always', methods: ['passkey'], isPhishingResistant: true }
  const rules: readonly Requirement[] = [
    strict,
    { ...strict, isSetUpDue: true },
    { ...strict, isRemembered: true },
    { ...strict, isPasswordless: true },
  ]
  const seenSteps = { done: 0, enroll: 0, answer: 0 }
  walkWith(rules, 4, ({ signIn, requirement, before, means, since }) => {
    const step = nextStep(signIn, requirement, means, now)
    if (step.step === 'refused' || step.step === 'password') return
    seenSteps[step.step] += 1
    if (step.step === 'answer')
      assert.ok(step.kinds.every((kind) => kind === 'passkey' || (kind === 'one-time-pass' && before.enrolled.includes(kind))))
    if (step.step === 'done') assert.ok(since.some(isPasskey), 'done without a passkey')
    if (step.step === 'done') assert.ok(step.assurance.phishingResistant)
    if (step.step === 'enroll') {
      assert.deepEqual(step.kinds, ['passkey'], 'something else is set up')
      const isFirstDay = before.enrolled.length === 0 && !requirement.isSetUpDue && !before.isPasswordMailed
      const isOnPass = since.some((event) => isProof(event, 'one-time-pass'))
      assert.ok(since.some(isPasskey) || isOnPass || isFirstDay, 'a set-up that mailbox and password open')
    }
  })
  assert.ok(
    Object.values(seenSteps).every((count) => count > 100),
    JSON.stringify(seenSteps),
  )
})

test('a passkey stands for the password only where the rules say so and only when it has asked for a PIN or a finger', () => {
  const rules: readonly Requirement[] = (['always', 'if-enrolled'] as const).flatMap((secondStep) => [
    { secondStep, methods: ['passkey', 'totp'] },
    { secondStep, methods: ['passkey', 'totp'], isPasswordless: true },
  ])
  let alone = 0
  walkWith(rules, 4, ({ signIn, requirement, means, since }) => {
    const step = nextStep(signIn, requirement, means, now)
    if (step.step === 'password' || step.step === 'refused') return
    const hasPassword = since.some((event) => isProof(event, 'password'))
    if (hasPassword) return
    assert.ok(requirement.isPasswordless && since.some(isWholeProof), 'went on without a password')
    if (step.step === 'done') {
      alone += 1
      assert.deepEqual([step.assurance.aal, step.assurance.phishingResistant], [2, true])
    }
  })
  assert.ok(alone > 100, String(alone))
})

test('A66 that Duo was away proves nothing: no sequence with it ends without the second step that is required', () => {
  const away: Event = { event: 'proved', evidence: evidence(duoAway, []) }
  const events = [
    alphabet[0] as Event,
    alphabet[2] as Event,
    alphabet[3] as Event,
    away,
    ...alphabet.filter((one) => one.event === 'bound'),
  ]
  let done = 0
  const look = (seen: Seen) => {
    const { signIn, requirement, means, since } = seen
    const isDuoAway = since.includes(away)
    const step = nextStep(signIn, requirement, { ...means, isDuoAway }, now)
    if (!isDuoAway || step.step !== 'done' || requirement.secondStep !== 'always') return
    done += 1
    assert.ok(hasSecond(since) || isSpared(seen), 'done because Duo was away')
  }
  walk(4, look, events, ['enter'])
  assert.ok(done > 50, `done ${done}`)
})

test('A33 A43 what a portal has asked ends with a second step and no other way; its word is no password elsewhere, and sets nobody up by itself', () => {
  const [identified, password, totp] = [alphabet[0] as Event, alphabet[2] as Event, alphabet[3] as Event]
  const word: Event = { event: 'proved', evidence: evidence(portalWord, []) }
  const trusted: Event = { event: 'proved', evidence: evidence(portalSetUp, []) }
  const mailed: Event = { event: 'proved', evidence: evidence(setUpPasscode, ['mailbox']) }
  const events = [identified, password, totp, word, trusted, mailed, ...alphabet.filter((one) => one.event === 'bound')]
  let [done, opened] = [0, 0]
  const look = ({ signIn, requirement, before, means, since }: Seen) => {
    const step = nextStep(signIn, requirement, means, now)
    const has = (kind: string) => since.some((event) => isProof(event, kind))
    assert.notEqual(step.step, 'password')
    if (step.step !== 'refused') assert.ok(has(portalWord), `${step.step} without the word of the portal`)
    if (step.step === 'done') {
      done += 1
      assert.ok(hasSecond(since), 'done without a second step')
    }
    if (step.step === 'enroll' && !step.kinds.includes('backup-codes') && before.enrolled.length === 0 && !hasSecond(since)) {
      opened += 1
      assert.notEqual(requirement.secondStep, 'never')
      assert.ok(has(setUpPasscode) || (has(portalSetUp) && !requirement.isSetUpDue), 'set up on the word of a portal')
    }
    const strict: Requirement = { ...requirement, secondStep: 'always', methods: ['passkey'], isPhishingResistant: true }
    assert.equal(nextStep(signIn, strict, means, now).step, 'refused', 'A38 a portal opens something to whom only passkeys are left')
  }
  walk(4, look, events, ['second-factor'])
  assert.ok(done > 500 && opened > 100, `done ${done}, opened ${opened}`)
  const others = ({ signIn, requirement, means, since }: Seen) => {
    if (since.some((event) => isProof(event, 'password'))) return
    assert.equal(nextStep(signIn, requirement, means, now).step, 'password')
  }
  walk(3, others, events)
  assert.deepEqual(assuranceOf([word, trusted].flatMap((one) => ('evidence' in one && one.evidence ? [one.evidence] : []))), {
    aal: 1,
    amr: [],
    phishingResistant: false,
  })
})
