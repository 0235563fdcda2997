import type { Answer, Intent, PasswordAnswer, StartFromSession } from '#contract/sign-in.ts'
import { keyedDigest, newId } from '#crypto/random.ts'
import { type Evidence, passwordEvidence } from '#domain/assurance.ts'
import { mostAuthenticators } from '#domain/authenticators.ts'
import { plainEmail } from '#domain/email.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import type { RememberedDevice } from '#domain/remembered-devices.ts'
import { isFresh } from '#domain/session.ts'
import { advance, type SignIn, signInLifetimeSeconds } from '#domain/sign-in.ts'
import { passwordsFromAnywhere, passwordsFromRecognizedDevice } from '#domain/throttle.ts'
import type { Account } from '#store/person.ts'
import type { Prompt } from '#store/second-factor.ts'
import { findAccount, type OpenSession } from '#store/session.ts'
import { type Settlement, settle } from '#store/settlement.ts'
import { dropSignIn, findClaim, findSignIn, laneKeys, type OpenSignIn, replacePasswordHash } from '#store/sign-in.ts'
import { findSuspendedSite } from '#store/sites.ts'
import { answerCode } from './code-answers.ts'
import { claimedDevice, recognizedDevice } from './device.ts'
import { answerDuo, isForDuo } from './duo-answers.ts'
import { answerEnrolling, send } from './enrollment-answers.ts'
import { answerPasskey } from './passkey-answers.ts'
import { type BearingLane, isRightPassword, passwordLane, refusePassword, shut, tooMany } from './password.ts'
import { denied, isOpenFor, withPrompt } from './prompts.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'
import { appsOf, hashOf, judgeStep, load, offer, type Reply, take, viewFor } from './settling.ts'
import type { StepView } from './step-view.ts'

export type { Reply, StepView }

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
 * @throws {Problem} `not-signed-in`, `two-factor-required`, `two-factor-not-available`, `not-enrolled`, `too-many-authenticators`,
 *   `passkey-required` for backup codes of somebody to whom they would be of no use
 */
export async function startFromSession(rooms: Rooms, visit: Visit, { intent, returnTo = '/settings' }: StartFromSession): Promise<Reply> {
  const { session, account } = await requireAccount(rooms, visit)
  const now = rooms.now()
  const requirement = requirementFor(account.memberships, account.setUpDue)
  const isEnrolled = account.authenticators.length > 0
  if (intent === 'disable') requireFreeToDisable(account)
  if ((intent === 'disable' || intent === 'backup-codes') && !isEnrolled) throw new Problem('not-enrolled')
  if (intent === 'backup-codes' && requirement.isPhishingResistant) throw new Problem('passkey-required')
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
 * password is fresh, and both where it is not or where everything is to be shown anew. Who has no authenticator yet sets one up; so does
 * who has no passkey yet where `passkey` is asked for, see {@link maySetUpPasskey}.
 *
 * @throws {Problem} `not-signed-in`
 */
export async function startStepUp(
  rooms: Rooms,
  visit: Visit,
  { returnTo, isAnew, passkey = false }: { readonly returnTo: string; readonly isAnew: boolean; readonly passkey?: boolean },
): Promise<Reply> {
  const { session, account } = await requireAccount(rooms, visit)
  const fresh = !isAnew && isFresh(session.evidence, rooms.now()) ? session.evidence : []
  const setsUpPasskey = passkey && maySetUpPasskey(account)
  // Of the second step nothing is taken over but to set something up: what was given is not what the application asks for.
  const evidence = setsUpPasskey ? fresh : fresh.filter((one) => one.kind === 'password')
  const intent = !setsUpPasskey && (isAnew || account.authenticators.length > 0) ? 'confirm' : 'enroll'
  const signIn: SignIn = { ...newSignIn(rooms, intent, safeReturn(returnTo)), userId: account.id, sessionId: session.id, evidence }
  return take(rooms, visit, { signIn: setsUpPasskey ? offer(rooms, account, signIn, ['passkey']) : signIn, account }, undefined, {})
}

/** Whether somebody has no passkey and the rules let them set one up beside what they have. */
export function maySetUpPasskey(account: Account): boolean {
  const { secondStep, methods = [] } = requirementFor(account.memberships, account.setUpDue)
  const isMissing = account.authenticators.every(({ kind }) => kind !== 'passkey')
  return isMissing && secondStep !== 'never' && methods.includes('passkey') && appsOf(account) < mostAuthenticators
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
  return viewFor(rooms, visit, open, step)
}

/**
 * Gives an answer to what the sign-in waits for, or has a code sent for it.
 *
 * @throws {Problem} of {@link answerDuo} and of {@link answerPasskey}, and `sign-in-gone`, `step-not-open`, `code-not-accepted` with a `reason`, `wrong-password`,
 *   `too-many-attempts`, `password-change-required`, `moved-on`, `sending-limit`, `invalid-phone`
 */
export async function answerSignIn(rooms: Rooms, visit: Visit, answer: Answer): Promise<Reply> {
  const open = await load(rooms, visit)
  const { step } = judgeStep(rooms, open)
  if (open.signIn.intent === 'disable') requireFreeToDisable(open.account)
  if (step.step === 'done') return take(rooms, visit, open, open.signIn.version, {})
  if ('passkey' in answer) return answerPasskey(rooms, visit, open, answer, step)
  if (step.step === 'password' && 'password' in answer) return answerPassword(rooms, visit, open, answer.password)
  if (step.step === 'answer' && 'code' in answer) return answerCode(rooms, visit, open, answer, step)
  if (isForDuo(answer)) return answerDuo(rooms, visit, open, answer, step)
  if (step.step === 'answer' && 'send' in answer && step.kinds.includes(answer.send))
    return send(rooms, visit, open, answer.send, step.opens ?? 'sign-in')
  if (step.step === 'enroll') return answerEnrolling(rooms, visit, open, answer, step)
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

// ---- smaller steps

/** @throws {Problem} `two-factor-required` where a rule asks for it, also one that was made a moment ago */
function requireFreeToDisable({ memberships, setUpDue }: Account): void {
  const { secondStep, because } = requirementFor(memberships, setUpDue)
  if (secondStep === 'always' && because?.rule !== 'set-up-due')
    throw new Problem('two-factor-required', { organization: because?.organization ?? '' })
}

/** Brings a hash up to today's cost, now that the password is at hand. */
async function renewHash(rooms: Rooms, { id, passwordHash }: Account, password: string): Promise<void> {
  if (passwordHash === undefined || !rooms.passwords.isOutdated(passwordHash)) return
  await replacePasswordHash(rooms.store.db, id, passwordHash, await rooms.passwords.hash(password))
}

/** The beginning of a sign-in: nobody is identified, and nothing is proved. */
export function newSignIn(rooms: Rooms, intent: Intent, returnTo: string): SignIn {
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

async function requireAccount(rooms: Rooms, visit: Visit): Promise<{ readonly session: OpenSession; readonly account: Account }> {
  const session = await requireSession(rooms, visit)
  const account = await findAccount(rooms.store.db, session.userId)
  if (!account) throw new Problem('not-signed-in')
  return { session, account }
}
