import type { Answer, Intent, PasswordAnswer, StartFromSession } from '#contract/sign-in.ts'
import { digest, keyedDigest, newId, newToken } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import { type Assurance, type Evidence, hasSecondStep, ownsPassword, passwordEvidence, setUpPasscode } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Said } from '#domain/authanvil.ts'
import { byPhone, fewBackupCodes, isNumberGood, mostAuthenticators, plainLabel } from '#domain/authenticators.ts'
import { plainEmail } from '#domain/email.ts'
import type { Rejection, Verdict } from '#domain/factor.ts'
import { masked } from '#domain/masked.ts'
import type { Message } from '#domain/message.ts'
import { isOpenPass } from '#domain/one-time-pass.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { type RememberedDevice, rememberedUntil } from '#domain/remembered-devices.ts'
import { isFresh } from '#domain/session.ts'
import { advance, type Means, nextStep, type SignIn, type Step, signInLifetimeSeconds } from '#domain/sign-in.ts'
import {
  codesFromAnywhere,
  codesFromRecognizedDevice,
  noticeAfterWrongCodes,
  passwordsFromAnywhere,
  passwordsFromRecognizedDevice,
} from '#domain/throttle.ts'
import { type Account, authenticatorAddress } from '#store/person.ts'
import type { Prompt } from '#store/second-factor.ts'
import { findAccount, type OpenSession } from '#store/session.ts'
import { type EventRow, type MessageRow, type Settlement, settle } from '#store/settlement.ts'
import { dropSignIn, findClaim, findSignIn, laneKeys, type OpenSignIn, replacePasswordHash, toSignInRow } from '#store/sign-in.ts'
import { findSuspendedSite } from '#store/sites.ts'
import { askAuthAnvil, isForAuthAnvil, stepViewOf } from './authanvil-asking.ts'
import { claimedDevice, newDeviceCookie, recognizedDevice } from './device.ts'
import { askedIn, judgeCode, notAccepted } from './judging.ts'
import { afterPass, judgePass } from './one-time-pass.ts'
import { type BearingLane, isRightPassword, passwordLane, refusePassword, shut, tooMany } from './password.ts'
import { askedBy, denied, isOpenFor, passing, portalCookie, withPrompt } from './prompts.ts'
import { newRememberedDevice } from './remembered-devices.ts'
import { type Cookies, eventRow, factorOf, messageRow, type Rooms, type Visit } from './rooms.ts'
import { keptAddress, noteEntered, sendCode, withNumber } from './sent-codes.ts'
import { requireSession } from './session.ts'
import type { StepView } from './step-view.ts'

export type { StepView }

export interface Reply {
  readonly step: StepView
  readonly cookies: Cookies
}

/** Starts a sign-in with an email and a password. @throws {Problem} `wrong-password`, `site-suspended`, `too-many-attempts`, `busy` */
export async function startSignIn(rooms: Rooms, visit: Visit, { email, password, returnTo }: PasswordAnswer): Promise<Reply> {
  const now = rooms.now()
  const key = plainEmail(email) ?? email.slice(0, 320).toLowerCase()
  const emailDigest = keyedDigest(rooms.keys.lane, key)
  const anywhere: BearingLane = { key: laneKeys.passwordsOf(emailDigest), rules: passwordsFromAnywhere }
  const claimed = claimedDevice(visit.device)
  const lanes = [anywhere.key, ...(claimed ? [laneKeys.passwordsFrom(emailDigest, claimed)] : [])]
  const claim = await findClaim(rooms.store, now, key, lanes, hashOf(visit.remembered))
  const failuresOf = (lane: BearingLane) => claim.lanes.find((one) => one.key === lane.key)?.failures ?? 0

  const account = claim.account && claim.account.memberships.length > 0 ? claim.account : undefined
  const device = account && recognizedDevice(rooms, account, visit.device)
  const own: BearingLane | undefined = device
    ? { key: laneKeys.passwordsFrom(emailDigest, device), rules: passwordsFromRecognizedDevice }
    : undefined
  const lane = own && failuresOf(own) < own.rules.limit ? own : anywhere
  if (failuresOf(lane) >= lane.rules.limit) throw new Problem('password-change-required')
  const waitUntil = claim.lanes.find((one) => one.key === lane.key)?.waitUntil
  if (waitUntil && waitUntil > now) throw tooMany(now, waitUntil)

  const isRight = await isRightPassword(rooms, claim.account, password, lane)
  if (!isRight || !account) throw await refuseEntrance(rooms, visit, lane, claim.account, isRight)
  const reply = await enter(rooms, visit, account, {
    lane: { ...lane, effect: 'clear' },
    ...(returnTo === undefined ? {} : { returnTo }),
    ...(claim.device ? { remembered: claim.device } : {}),
  })
  await renewHash(rooms, account, password)
  return reply
}

/** Why somebody does not come in. Only whoever gave the right password is told that their organization is suspended. */
async function refuseEntrance(
  rooms: Rooms,
  visit: Visit,
  lane: BearingLane,
  account: Account | undefined,
  isRight: boolean,
): Promise<Problem> {
  const site = isRight && account ? await findSuspendedSite(rooms.store.db, account.id) : undefined
  if (!site) return refusePassword(rooms, visit, lane, account?.id)
  const now = rooms.now()
  const settled = await settle(rooms.store, { now, origin: visit, lane: { ...lane, effect: 'keep' }, events: [], messages: [] })
  return settled.isOpen ? new Problem('site-suspended', { organization: site.name }) : shut(now, settled, lane)
}

/** What a sign-in brings along when it begins with a password that was just set or found right. */
export interface Entrance {
  readonly lane?: NonNullable<Settlement['lane']>
  readonly returnTo?: string
  readonly remembered?: RememberedDevice
}

/** Opens a sign-in for somebody whose password was right a moment ago, and takes it as far as it goes by itself. */
export async function enter(rooms: Rooms, visit: Visit, account: Account, { lane, returnTo = '/', remembered }: Entrance): Promise<Reply> {
  const now = rooms.now()
  const identified = advance(newSignIn(rooms, 'enter', safeReturn(returnTo)), { event: 'identified', userId: account.id })
  const signIn = advance(identified, { event: 'proved', evidence: passwordEvidence(now) })
  const effects = { ...(lane ? { lane } : {}), ...heldPassword(account) }
  return take(rooms, visit, { signIn, account, ...(remembered ? { remembered } : {}) }, undefined, effects)
}

/**
 * Opens the sign-in in which somebody gives a portal their second step. The portal's word, which stands in the evidence, is all that it
 * begins with, and a session never comes of it.
 *
 * @throws {Problem} `sign-in-gone` where the person does not belong to whoever asks
 */
export async function enterForPortal(
  rooms: Rooms,
  visit: Visit,
  { account, prompt, evidence }: { readonly account: Account; readonly prompt: Prompt; readonly evidence: readonly Evidence[] },
): Promise<Reply> {
  if (!isOpenFor(account, prompt)) throw new Problem('sign-in-gone')
  const fresh = newSignIn(rooms, 'second-factor', '/')
  const signIn: SignIn = { ...fresh, id: prompt.signInId ?? fresh.id, userId: account.id, evidence, expiresAt: prompt.expiresAt }
  return take(rooms, visit, { signIn, account, prompt }, undefined, {})
}

/**
 * Starts a sign-in from a session: to confirm, to enroll, to draw backup codes, to disable. A proof that is still fresh counts;
 * disabling asks for a code in any case.
 *
 * @throws {Problem} `not-signed-in`, `two-factor-required`, `two-factor-not-available`, `not-enrolled`, `too-many-authenticators`
 */
export async function startFromSession(rooms: Rooms, visit: Visit, { intent, returnTo = '/settings' }: StartFromSession): Promise<Reply> {
  const { session, account } = await requireAccount(rooms, visit)
  const now = rooms.now()
  const requirement = requirementFor(account.memberships, account.setUpDue)
  const isEnrolled = account.authenticators.length > 0
  if (intent === 'disable') requireFreeToDisable(account)
  if ((intent === 'disable' || intent === 'backup-codes') && !isEnrolled) throw new Problem('not-enrolled')
  if ((intent === 'enroll' || intent === 'backup-codes') && requirement.secondStep === 'never')
    throw new Problem('two-factor-not-available')
  if (intent === 'enroll' && appsOf(account) >= mostAuthenticators) throw new Problem('too-many-authenticators')

  const fresh = isFresh(session.evidence, now) && intent !== 'confirm' ? session.evidence : []
  const evidence = intent === 'disable' ? fresh.filter((one) => one.kind === 'password') : fresh
  const signIn: SignIn = { ...newSignIn(rooms, intent, safeReturn(returnTo)), userId: account.id, sessionId: session.id, evidence }
  return take(rooms, visit, { signIn, account }, undefined, {})
}

/**
 * Starts a sign-in from a session for an application that asks for more than the session has shown: the second step alone where the
 * password is fresh, and both where it is not or where everything is to be shown anew. Who has no authenticator yet sets one up.
 *
 * @throws {Problem} `not-signed-in`
 */
export async function startStepUp(
  rooms: Rooms,
  visit: Visit,
  { returnTo, isAnew }: { readonly returnTo: string; readonly isAnew: boolean },
): Promise<Reply> {
  const { session, account } = await requireAccount(rooms, visit)
  const evidence = !isAnew && isFresh(session.evidence, rooms.now()) ? session.evidence : []
  const intent = isAnew || account.authenticators.length > 0 ? 'confirm' : 'enroll'
  const signIn: SignIn = { ...newSignIn(rooms, intent, safeReturn(returnTo)), userId: account.id, sessionId: session.id, evidence }
  return take(rooms, visit, { signIn, account }, undefined, {})
}

/** The step that a sign-in is at. @throws {Problem} `sign-in-gone` */
export async function currentStep(rooms: Rooms, visit: Visit): Promise<StepView> {
  const open = await load(rooms, visit)
  const { step } = judgeStep(rooms, open)
  // The rule that it waited for is gone; looking must not open a session, so the person starts again and is let in.
  if (step.step === 'done') throw new Problem('sign-in-gone')
  if (step.step === 'enroll' && !step.kinds.includes(open.signIn.enrollment?.kind ?? '')) {
    return (await take(rooms, visit, open, open.signIn.version, {})).step
  }
  return viewFor(rooms, open, step)
}

/**
 * Gives an answer to what the sign-in waits for, or has a code sent for it.
 *
 * @throws {Problem} `sign-in-gone`, `step-not-open`, `code-not-accepted` with a `reason`, `wrong-password`,
 *   `too-many-attempts`, `password-change-required`, `moved-on`, `sending-limit`, `invalid-phone`
 */
export async function answerSignIn(rooms: Rooms, visit: Visit, answer: Answer): Promise<Reply> {
  const open = await load(rooms, visit)
  const { step } = judgeStep(rooms, open)
  if (open.signIn.intent === 'disable') requireFreeToDisable(open.account)
  if (step.step === 'done') return take(rooms, visit, open, open.signIn.version, {})
  if (step.step === 'password' && 'password' in answer) return answerPassword(rooms, visit, open, answer.password)
  if (step.step === 'answer' && 'code' in answer) return answerCode(rooms, visit, open, answer, step)
  if (step.step === 'answer' && 'send' in answer && step.kinds.includes(answer.send))
    return send(rooms, visit, open, answer.send, step.opens ?? 'sign-in')
  const { enrollment } = open.signIn
  if (step.step === 'enroll' && enrollment && step.kinds.includes(enrollment.kind)) {
    const { form } = enrollment.show
    if ('code' in answer && form === 'secret') return answerEnrollment(rooms, visit, open, answer.code, answer.label)
    if ('code' in answer && form === 'sent') return answerSentEnrollment(rooms, visit, open, answer.code)
    if ('code' in answer && form === 'passcode') return answerPasscodeEnrollment(rooms, visit, open, answer)
    if ('saved' in answer && form === 'list') return answerEnrollment(rooms, visit, open, 'saved')
    if ('send' in answer && answer.send === enrollment.kind) return send(rooms, visit, open, enrollment.kind, 'set-up')
    if ('phone' in answer) return answerPhone(rooms, visit, open, answer.phone)
    if ('choose' in answer && step.kinds.includes(answer.choose)) {
      const signIn = answer.choose === enrollment.kind ? open.signIn : offer(rooms, open.account, open.signIn, [answer.choose])
      return take(rooms, visit, { ...open, signIn }, open.signIn.version, {})
    }
  }
  throw new Problem('step-not-open')
}

/**
 * Drops a sign-in; nothing of it has had any effect. Gives the way back for one that was started from a session, or by a portal, which
 * is told where it wants to be.
 */
export async function cancelSignIn(rooms: Rooms, visit: Visit): Promise<string> {
  const tokenHash = hashOf(visit.signIn)
  const open = tokenHash && (await findSignIn(rooms.store, rooms.keys, tokenHash))
  if (tokenHash && open?.signIn.intent === 'second-factor') {
    const back = await denied(rooms, visit, await withPrompt(rooms, open))
    await dropSignIn(rooms.store.db, tokenHash)
    return back
  }
  if (tokenHash) await dropSignIn(rooms.store.db, tokenHash)
  return open && open.signIn.sessionId !== undefined ? open.signIn.returnTo : '/sign-in'
}

// ---- the answers

type CodeAnswer = Extract<Answer, { readonly code: string }>

async function answerPassword(rooms: Rooms, visit: Visit, open: OpenSignIn, password: string): Promise<Reply> {
  const { account } = open
  const lane = passwordLane(rooms, visit, account)
  if (!(await isRightPassword(rooms, account, password, lane))) throw await refusePassword(rooms, visit, lane, account.id)
  const signIn = advance(open.signIn, { event: 'proved', evidence: passwordEvidence(rooms.now()) })
  const effects = { lane: { ...lane, effect: 'clear' }, ...heldPassword(account) } as const
  const reply = await take(rooms, visit, { ...open, signIn }, open.signIn.version, effects)
  await renewHash(rooms, account, password)
  return reply
}

const heldPassword = ({ passwordHash }: Account) => (passwordHash === undefined ? {} : { passwordHash })

/** Sends a code. Of several at once one is sent; the others find that the sign-in has moved on. */
async function send(rooms: Rooms, visit: Visit, open: OpenSignIn, kind: string, purpose: 'sign-in' | 'set-up'): Promise<Reply> {
  const { signIn, ...effects } = await sendCode(rooms, visit, open, kind, purpose)
  // What the gateway said of the message before is not said of this one.
  const { account, prompt } = open
  return take(rooms, visit, { signIn, account, ...(prompt ? { prompt } : {}) }, open.signIn.version, effects)
}

/** Takes the number that is set up and sends a code to it. The number stays even when nothing more may be sent now. */
async function answerPhone(rooms: Rooms, visit: Visit, open: OpenSignIn, typed: string): Promise<Reply> {
  const signIn = withNumber(rooms, open.signIn, typed)
  if (signIn !== open.signIn) await take(rooms, visit, { ...open, signIn }, open.signIn.version, {})
  return send(rooms, visit, { ...open, signIn }, signIn.enrollment?.kind ?? '', 'set-up')
}

/**
 * Judges in the lane of the device if it is recognized. A device that used up its own lane is a stranger from then on: the same
 * answer is then borne by the lane of strangers.
 */
async function inLane(rooms: Rooms, visit: Visit, account: Account, judge: (lane: BearingLane) => Promise<Reply>): Promise<Reply> {
  const device = recognizedDevice(rooms, account, visit.device)
  if (device) {
    try {
      return await judge({ key: laneKeys.codesFrom(account.id, device), rules: codesFromRecognizedDevice })
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'password-change-required') throw error
    }
  }
  return judge({ key: laneKeys.codesOf(account.id), rules: codesFromAnywhere })
}

/** What a right answer does to the lane that bears it: only a recognized device is forgiven. */
const borne = (lane: BearingLane) => ({ ...lane, effect: lane.rules === codesFromRecognizedDevice ? 'clear' : 'keep' }) as const

type AnswerStep = Extract<Step, { readonly step: 'answer' }>

function answerCode(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: CodeAnswer, step: AnswerStep): Promise<Reply> {
  return inLane(rooms, visit, open.account, (lane) => answerCodeIn(rooms, visit, open, answer, step, lane))
}

async function answerCodeIn(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  answer: CodeAnswer,
  step: AnswerStep,
  lane: BearingLane,
): Promise<Reply> {
  const { account, signIn } = open
  const pass = signIn.intent === 'enter' ? judgePass(rooms, account, answer.code) : undefined
  if (pass === 'gone') throw notAccepted({ reason: 'pass-gone' })
  if (pass) return answerPass(rooms, visit, open, pass, lane)
  const code = answer.code.trim()
  const own = judgeCode(rooms, open, code, step.kinds)
  if (own.verdict.verdict === 'rejected' && own.verdict.reason === 'mismatch' && isForAuthAnvil(rooms, account, step.kinds, code)) {
    const asked = await askAuthAnvil(rooms, visit, open, { ...answer, code }, lane)
    if (!asked.said.isRight) throw await refuseCharged(rooms, visit, account, asked.lane)
    return acceptCode(rooms, visit, open, answer, step, asked.lane, judgeCode(rooms, open, code, step.kinds, asked.said))
  }
  return acceptCode(rooms, visit, open, answer, step, lane, own)
}

/** A refusal whose attempt was charged before AuthAnvil was asked: only the rest of it is left to be written. */
export async function refuseCharged(rooms: Rooms, visit: Visit, account: Account, lane: BearingLane): Promise<Problem> {
  const { lane: _charged, events, messages, ...rest } = refusal(rooms, visit, account, lane, { reason: 'mismatch' })
  const isNow = ({ whenFailures }: { readonly whenFailures?: number }) => whenFailures === undefined || whenFailures === lane.charged
  const always = <Row extends { readonly whenFailures?: number }>({ whenFailures: _mark, ...row }: Row) => row
  const told = messages.filter(isNow).map(always)
  await settle(rooms.store, { ...rest, events: events.filter(isNow).map(always), messages: told })
  if (told.length > 0) rooms.onMessage()
  return notAccepted({ reason: 'mismatch' })
}

async function acceptCode(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  answer: CodeAnswer,
  step: AnswerStep,
  lane: BearingLane,
  { kind, authenticator, verdict }: ReturnType<typeof judgeCode>,
): Promise<Reply> {
  const now = rooms.now()
  const { account, signIn } = open
  if (verdict.verdict === 'rejected') {
    const settled = await settle(rooms.store, refusal(rooms, visit, account, lane, verdict))
    throw settled.isOpen ? notAccepted(verdict) : shut(now, settled, lane)
  }
  const opensSetUp = step.opens !== undefined && kind === 'email'
  const evidence: Evidence = { kind: opensSetUp ? setUpPasscode : kind, proves: verdict.proves, amr: verdict.amr, at: now }
  const isBackupCode = 'hash' in verdict.cost
  const about = { actorId: account.id, subjectId: account.id }
  const isRemembering = answer.remember && signIn.intent === 'enter' && !opensSetUp
  const device = isRemembering ? newRememberedDevice(rooms, visit, account.memberships) : undefined
  const reply = await take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'proved', evidence }) }, signIn.version, {
    lane: borne(lane),
    ...(authenticator ? { spend: { authenticatorId: authenticator.id, cost: verdict.cost } } : {}),
    ...owning(account, signIn, evidence),
    ...(device ? { remember: device.row } : {}),
    events: [
      ...(isBackupCode ? [{ action: 'backup-codes.used', ...about } as const] : []),
      ...(device ? [{ action: 'device.remembered', ...about, detail: { id: device.row.id } } as const] : []),
    ].map((one) => eventRow(now, one)),
    messages:
      isBackupCode && authenticator
        ? [
            { to: account.email, template: 'backup-code-used', values: { left: String(authenticator.hashes.length - 1) } },
            { to: account.email, template: 'backup-codes-few', values: { left: String(fewBackupCodes) }, whenCodesLeft: fewBackupCodes },
          ]
        : [],
  })
  if ('challenge' in verdict.cost) await noteEntered(rooms, open)
  return device ? { ...reply, cookies: { ...reply.cookies, remembered: device.cookie } } : reply
}

/**
 * A one-time pass is spent, all that was bound dies with it, and the same sign-in goes on with a set-up. There is no session before
 * that: the pass opens nothing else.
 */
async function answerPass(rooms: Rooms, visit: Visit, open: OpenSignIn, verdict: Verdict, lane: BearingLane): Promise<Reply> {
  const now = rooms.now()
  const { account, signIn } = open
  if (verdict.verdict === 'rejected') {
    const settled = await settle(rooms.store, refusal(rooms, visit, account, lane, verdict))
    throw settled.isOpen ? notAccepted(verdict) : shut(now, settled, lane)
  }
  const { cost, proves, amr } = verdict
  if (!('hash' in cost)) throw new Error('A pass costs its hash.')
  const evidence: Evidence = { kind: 'one-time-pass', proves, amr, at: now }
  const advanced = advance(signIn, { event: 'proved', evidence })
  return take(rooms, visit, { account: afterPass(account), signIn: advanced }, signIn.version, {
    lane: { ...lane, effect: 'keep' },
    spendPass: { hash: cost.hash },
    retire: {},
    endOthers: {},
    events: [eventRow(now, { action: 'one-time-pass.used', actorId: account.id, subjectId: account.id })],
    messages: [{ to: account.email, template: 'one-time-pass-used', values: {} }],
  })
}

/** What clears a password of having come by mail: the same person has now shown what no mailbox holds. */
const owning = ({ isPasswordMailed }: Account, signIn: SignIn, proved: Evidence): Pick<Settlement, 'passwordOwned'> =>
  isPasswordMailed && signIn.userId !== undefined && ownsPassword([proved]) && signIn.evidence.some((one) => one.kind === 'password')
    ? { passwordOwned: true }
    : {}

/** A sent code proves an address, so a wrong one counts as at any other time: nobody binds a number by guessing. */
function answerSentEnrollment(rooms: Rooms, visit: Visit, open: OpenSignIn, code: string): Promise<Reply> {
  return inLane(rooms, visit, open.account, (lane) => answerEnrollment(rooms, visit, open, code, undefined, lane))
}

/** The first passcode that AuthAnvil takes binds it. It is asked like at any other time: charged before, given back with a yes. */
function answerPasscodeEnrollment(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: CodeAnswer): Promise<Reply> {
  return inLane(rooms, visit, open.account, async (lane) => {
    const code = answer.code.trim()
    const asked = await askAuthAnvil(rooms, visit, open, { ...answer, code }, lane)
    if (!asked.said.isRight) throw await refuseCharged(rooms, visit, open.account, asked.lane)
    return answerEnrollment(rooms, visit, open, code, undefined, asked.lane, asked.said)
  })
}

async function answerEnrollment(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  answer: string,
  name?: string,
  lane?: BearingLane,
  said?: Said,
): Promise<Reply> {
  const { account, signIn } = open
  const { enrollment } = signIn
  if (!enrollment) throw new Problem('step-not-open')
  const now = rooms.now()
  const { kind } = enrollment
  const { sending, ...factor } = factorOf(rooms, kind)
  const binding = factor.enrollment.answer(enrollment.keep, answer, askedIn(rooms, open, said))
  if (binding.verdict === 'rejected') {
    const costsNothing = binding.reason === 'malformed' || binding.reason === 'not-sent'
    const settled = lane && !costsNothing ? await settle(rooms.store, refusal(rooms, visit, account, lane, binding)) : undefined
    throw settled && lane && !settled.isOpen ? shut(now, settled, lane) : notAccepted(binding)
  }

  const id = newId(now)
  const secretSealed = seal(rooms.keys.seal, authenticatorAddress(id, account.id), binding.state.secret)
  const before = appsOf(account)
  const label = labelFor(account, kind, name)
  const about = { actorId: account.id, subjectId: account.id }
  const evidence: Evidence = { kind, proves: binding.proves, amr: binding.amr, at: now }
  const isCodes = kind === 'backup-codes'
  const bound = advance(signIn, { event: 'bound', kind, ...(isCodes ? {} : { evidence }) })
  const isRedrawn = isCodes && signIn.intent === 'backup-codes'
  const number = sending && sending.channel !== 'mail' ? keptAddress(enrollment) : undefined
  // One authenticator for each way of sending, and none for a number that is another one from now on.
  const retired = number !== undefined && number !== account.phone ? byPhone : [kind]
  const to = sending && keptAddress(enrollment)
  const authenticator = to === undefined ? label : `${label} (${masked(to)})`
  const reply = await take(rooms, visit, { ...open, signIn: bound }, signIn.version, {
    ...(lane ? { lane: borne(lane) } : {}),
    bind: { id, kind, label, secretSealed, counter: binding.state.counter, hashes: binding.state.hashes },
    ...(isCodes || sending || enrollment.show.form === 'passcode' ? { retire: { kinds: retired } } : {}),
    ...(number === undefined ? {} : { verifiedPhone: number }),
    ...(isCodes
      ? {}
      : {
          endOthers: signIn.sessionId === undefined ? {} : { butSession: signIn.sessionId },
          setUpDone: true,
          ...owning(account, signIn, evidence),
        }),
    events: [
      { action: isCodes ? ('backup-codes.drawn' as const) : ('authenticator.bound' as const), ...about, detail: { kind, id } },
      ...(number !== undefined && number !== account.phone ? [{ action: 'phone.verified' as const, ...about }] : []),
    ].map((one) => eventRow(now, one)),
    messages: isCodes
      ? isRedrawn
        ? [{ to: account.email, template: 'backup-codes-new', values: {} }]
        : []
      : [{ to: account.email, template: before === 0 ? 'two-factor-enabled' : 'authenticator-added', values: { authenticator } }],
  })
  if (sending) await noteEntered(rooms, open)
  return reply
}

/** What an authenticator is called: as the person says, or by its kind. */
function labelFor(account: Account, kind: string, name: string | undefined): string {
  const own: Readonly<Record<string, string>> = {
    'backup-codes': 'Backup codes',
    email: 'Email',
    sms: 'Text Message',
    voice: 'Phone Call',
    authanvil: 'AuthAnvil',
  }
  const before = account.authenticators.filter((one) => own[one.kind] === undefined).length
  return own[kind] ?? plainLabel(name ?? '') ?? (before === 0 ? 'Authenticator app' : `Authenticator app ${before + 1}`)
}

// ---- where every answer ends

interface Effects extends Omit<Partial<Settlement>, 'events' | 'messages' | 'now' | 'origin'> {
  readonly events?: readonly EventRow[]
  readonly messages?: readonly (Message & Pick<MessageRow, 'whenCodesLeft'>)[]
  /** Messages whose ids the sign-in has to know. */
  readonly rows?: readonly MessageRow[]
}

/** A sign-in that may come from a remembered device. */
interface Taking extends OpenSignIn {
  readonly remembered?: RememberedDevice
}

const isStillRemembered = ({ remembered, account }: Taking, now: Date) =>
  remembered !== undefined && now < rememberedUntil(remembered.rememberedAt, account.memberships)

/**
 * Settles what an answer changes and says what comes next. The only place where a session is born: the branch of `done`.
 *
 * @param from the stored version that the answer was given to; absent when the sign-in is not stored yet
 */
async function take(rooms: Rooms, visit: Visit, open: Taking, from: number | undefined, effects: Effects): Promise<Reply> {
  const now = rooms.now()
  const { account } = open
  let { signIn } = open
  const means = meansOf(open, now, signIn.bound)
  const requirement = requirementFor(account.memberships, account.setUpDue)
  const step = nextStep(signIn, { ...requirement, isRemembered: isStillRemembered(open, now) }, means, now)
  if (step.step === 'refused' && step.reason === 'expired') throw new Problem('sign-in-gone')
  const restsOnDevice = step.step === 'done' && nextStep(signIn, requirement, means, now).step !== 'done'
  if (step.step === 'enroll' && !step.kinds.includes(signIn.enrollment?.kind ?? '')) signIn = offer(rooms, account, signIn, step.kinds)

  const isNew = from === undefined
  const token = isNew ? `${signIn.intent === 'second-factor' ? portalCookie : ''}${newToken()}` : (visit.signIn ?? '')
  const tokenHash = digest(token)
  const finish =
    step.step === 'done'
      ? finishing(rooms, visit, { ...open, signIn }, step.assurance, restsOnDevice ? open.remembered : undefined)
      : undefined
  const { events = [], messages = [], rows = [], ...rest } = effects
  const notices: NonNullable<Effects['messages']> = [...messages, ...(finish?.messages ?? [])]
  const told = notices.map(({ whenCodesLeft, ...one }) =>
    messageRow(rooms, visit, one, whenCodesLeft === undefined ? {} : { whenCodesLeft }),
  )
  const settled = await settle(rooms.store, {
    ...rest,
    ...finish?.settlement,
    now,
    origin: visit,
    userId: account.id,
    ...(finish
      ? isNew
        ? {}
        : { signIn: { change: 'close', tokenHash, from } }
      : {
          signIn: isNew
            ? { change: 'add', tokenHash, row: toSignInRow(rooms.keys, signIn) }
            : { change: 'advance', tokenHash, from, row: toSignInRow(rooms.keys, signIn) },
        }),
    events: [...events, ...(finish?.events ?? []).map((one) => eventRow(now, one))],
    messages: [...rows, ...told],
  })
  if (!settled.isOpen) throw shut(now, settled, effects.lane)
  if (!settled.isSpent && effects.spend && 'challenge' in effects.spend.cost) throw new Problem('moved-on')
  if (!settled.isSpent && effects.spendPass) throw notAccepted({ reason: 'pass-gone' })
  if (!settled.isSpent) throw notAccepted({ reason: effects.spend && 'hash' in effects.spend.cost ? 'used-backup-code' : 'replayed' })
  if (!settled.isDone) throw new Problem('moved-on')
  if (rows.length + told.length > 0) rooms.onMessage()
  if (finish)
    return {
      step: { step: 'done', intent: signIn.intent, returnTo: finish.returnTo ?? signIn.returnTo },
      cookies: { ...finish.cookies, ...(isNew && signIn.intent !== 'enter' ? {} : { signIn: null }) },
    }
  return { step: await viewFor(rooms, { ...open, signIn }, step), cookies: isNew ? { signIn: token } : {} }
}

/** What `done` brings about, by intent. */
function finishing(rooms: Rooms, visit: Visit, open: OpenSignIn, assurance: Assurance, restsOn?: RememberedDevice): Finish {
  const { signIn, account } = open
  // No session, and no recognized device: a portal's word is no password.
  if (signIn.intent === 'second-factor') return { ...passing(rooms, visit, open), cookies: {} }
  const now = rooms.now()
  const token = newToken()
  const about = { actorId: account.id, subjectId: account.id }
  const how = { ...about, detail: { amr: assurance.amr, aal: assurance.aal, ...(restsOn ? { rememberedDevice: restsOn.id } : {}) } }
  const isNewDevice = hasSecondStep(signIn.evidence) && recognizedDevice(rooms, account, visit.device) === undefined
  const cookies: Cookies = { session: token, ...(isNewDevice ? { device: newDeviceCookie(rooms, account) } : {}) }
  if (signIn.intent === 'enter') {
    return {
      settlement: {
        session: {
          change: 'add',
          tokenHash: digest(token),
          id: newId(now),
          evidence: signIn.evidence,
          browser: visit.browser,
          ...(restsOn ? { deviceId: restsOn.id } : {}),
        },
        ...(restsOn ? { recall: { deviceId: restsOn.id } } : {}),
        ...(visit.session ? { replaces: digest(visit.session) } : {}),
      },
      events: [{ action: 'session.started', ...how }],
      cookies,
    }
  }
  const session = { change: 'prove', tokenHash: digest(token), id: signIn.sessionId ?? '', evidence: signIn.evidence } as const
  if (signIn.intent === 'disable') {
    return {
      settlement: { session, retire: {}, endOthers: { butSession: session.id }, setUpDone: true },
      events: [{ action: 'two-factor.disabled', ...about }],
      messages: [{ to: account.email, template: 'two-factor-disabled', values: { by: 'self' } }],
      cookies,
    }
  }
  return { settlement: { session }, events: [{ action: 'session.confirmed', ...how }], cookies }
}

interface Finish {
  readonly settlement: Partial<Settlement>
  readonly events: readonly AuditEvent[]
  readonly messages?: NonNullable<Effects['messages']>
  readonly cookies: Cookies
  /** Where the browser goes, where that is not what the sign-in was begun with. */
  readonly returnTo?: string
}

// ---- smaller steps

/** How many authenticators a person has, backup codes not counted. */
const appsOf = ({ authenticators }: Account) => authenticators.filter((one) => one.kind !== 'backup-codes').length

/** @throws {Problem} `two-factor-required` where a rule asks for it, also one that was made a moment ago */
function requireFreeToDisable({ memberships, setUpDue }: Account): void {
  const { secondStep, because } = requirementFor(memberships, setUpDue)
  if (secondStep === 'always' && because?.rule !== 'set-up-due')
    throw new Problem('two-factor-required', { organization: because?.organization ?? '' })
}

async function load(rooms: Rooms, visit: Visit): Promise<OpenSignIn> {
  const tokenHash = hashOf(visit.signIn)
  const open = tokenHash && (await findSignIn(rooms.store, rooms.keys, tokenHash))
  if (!open || open.account.memberships.length === 0) throw new Problem('sign-in-gone')
  if (open.signIn.intent !== 'second-factor') return open
  const asked = await withPrompt(rooms, open)
  if (asked.prompt?.state !== 'waiting' || !isOpenFor(asked.account, asked.prompt)) throw new Problem('sign-in-gone')
  return asked
}

/** What the person sees of a step, and who has asked for it. */
async function viewFor(rooms: Rooms, open: OpenSignIn, step: Step): Promise<StepView> {
  const view = await stepViewOf(rooms, open, step)
  return open.prompt && view.step !== 'done' ? { ...view, ...askedBy(open.prompt) } : view
}

/** @throws {Problem} `sign-in-gone` once it has expired */
function judgeStep(rooms: Rooms, open: OpenSignIn): { readonly step: Step } {
  const { signIn, account } = open
  const now = rooms.now()
  const step = nextStep(signIn, requirementFor(account.memberships, account.setUpDue), meansOf(open, now), now)
  if (step.step === 'refused' && step.reason === 'expired') throw new Problem('sign-in-gone')
  return { step }
}

/**
 * What the person can be asked for: what is bound, and to let somebody in the one-time pass that waits for them.
 *
 * @param bound kinds that are about to be bound
 */
export function meansOf({ signIn, account }: OpenSignIn, now: Date, bound: readonly string[] = []): Means {
  const { authenticators, phoneVerifiedAt, isPasswordMailed, oneTimePass } = account
  const isPassOpen = signIn.intent === 'enter' && isOpenPass(oneTimePass, isPasswordMailed, now)
  return {
    enrolled: [...new Set([...authenticators.map((one) => one.kind), ...(isPassOpen ? ['one-time-pass'] : []), ...bound])],
    hasPhone: isNumberGood(phoneVerifiedAt, now),
    isPasswordMailed,
  }
}

/** What a wrong code changes: the lane is charged, and at two marks the owner is told. */
export function refusal(rooms: Rooms, visit: Visit, account: Account, lane: BearingLane, rejection: Rejection): Settlement {
  const now = rooms.now()
  const about = { subjectId: account.id }
  const isRecognized = lane.rules === codesFromRecognizedDevice
  return {
    now,
    origin: visit,
    lane: { ...lane, effect: 'charge' },
    events: [
      eventRow(now, {
        action: 'sign-in.code-refused',
        ...about,
        detail: { reason: rejection.reason, isRecognizedDevice: isRecognized },
      }),
      eventRow(now, { action: 'sign-in.limit-reached', ...about, detail: { limit: lane.rules.limit } }, lane.rules.limit),
    ],
    messages: isRecognized
      ? []
      : [
          messageRow(
            rooms,
            visit,
            { to: account.email, template: 'wrong-codes', values: { count: String(noticeAfterWrongCodes) } },
            { whenFailures: noticeAfterWrongCodes },
          ),
          messageRow(rooms, visit, { to: account.email, template: 'wrong-codes-limit', values: {} }, { whenFailures: lane.rules.limit }),
        ],
  }
}

/** Brings a hash up to today's cost, now that the password is at hand. */
async function renewHash(rooms: Rooms, { id, passwordHash }: Account, password: string): Promise<void> {
  if (passwordHash === undefined || !rooms.passwords.isOutdated(passwordHash)) return
  await replacePasswordHash(rooms.store.db, id, passwordHash, await rooms.passwords.hash(password))
}

/** Puts a fresh secret on show. Opening the page again shows the same one until it is answered or the sign-in ends. */
function offer(rooms: Rooms, account: Account, signIn: SignIn, kinds: readonly string[]): SignIn {
  const [kind = ''] = kinds
  const { show, keep } = factorOf(rooms, kind).enrollment.begin(account)
  return advance(signIn, { event: 'offered', enrollment: { kind, show, keep } })
}

function newSignIn(rooms: Rooms, intent: Intent, returnTo: string): SignIn {
  const now = rooms.now()
  return {
    id: newId(now),
    intent,
    evidence: [],
    bound: [],
    returnTo,
    expiresAt: new Date(now.getTime() + signInLifetimeSeconds * 1000),
    version: 0,
  }
}

/** A path of this site, or the front door. */
export function safeReturn(path: string): string {
  return /^\/(?![/\\])[^\s\\\p{Cc}]*$/u.test(path) ? path : '/'
}

const hashOf = (token: string | undefined): Buffer | undefined => (token === undefined || token === '' ? undefined : digest(token))

async function requireAccount(rooms: Rooms, visit: Visit): Promise<{ readonly session: OpenSession; readonly account: Account }> {
  const session = await requireSession(rooms, visit)
  const account = await findAccount(rooms.store.db, session.userId)
  if (!account) throw new Problem('not-signed-in')
  return { session, account }
}
