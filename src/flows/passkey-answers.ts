import type { Answer } from '#contract/sign-in.ts'
import type { Evidence } from '#domain/assurance.ts'
import type { PasskeyJudged } from '#domain/passkey.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type Step } from '#domain/sign-in.ts'
import { type Account, type Authenticator, stateOf } from '#store/person.ts'
import { settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { owning } from './code-answers.ts'
import { answerEnrollment } from './enrollment-answers.ts'
import { challengeIn, challengeOf, isPasswordless, judgeAssertion, judgeRegistration, passkeyKind, spendChallenge } from './passkeys.ts'
import { newRememberedDevice } from './remembered-devices.ts'
import { eventRow, factorOf, type Rooms, type Visit } from './rooms.ts'
import { hashOf, type Reply, take } from './settling.ts'

export type PasskeyAnswer = Extract<Answer, { readonly passkey: unknown }>

/**
 * What a browser says of a passkey: one is set up, or one was used. What was to be signed is used up first, whatever comes of it. Nobody
 * can guess a signature, so it is borne by no lane: whoever guesses at codes does not keep the owner of a passkey out.
 *
 * @throws {Problem} `step-not-open`, `moved-on`, `passkey-not-accepted` with a `reason`
 */
export async function answerPasskey(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: PasskeyAnswer, step: Step): Promise<Reply> {
  const isSetUp = step.step === 'enroll' && step.kinds.includes(passkeyKind) && open.signIn.enrollment?.kind === passkeyKind
  const isAsked = step.step === 'answer' && step.opens === undefined && step.kinds.includes(passkeyKind)
  const isWhole = step.step === 'password' && isPasswordless(open.account)
  const tokenHash = hashOf(visit.signIn)
  if (!tokenHash || !(isSetUp || isAsked || isWhole)) throw new Problem('step-not-open')
  // What answers another question uses up nothing: else an answer that is sent twice would be in its own way.
  if (challengeIn(answer.passkey) !== challengeOf(rooms, open.signIn)) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  const spent = await spendChallenge(rooms, visit, open, tokenHash)
  if (isSetUp) {
    const passkey = await judgeRegistration(rooms, visit, open, answer.passkey)
    return answerEnrollment(rooms, visit, spent, '', answer.label, undefined, { passkey })
  }
  return notingRefusal(rooms, visit, open.account, async () => {
    const used = await judgeAssertion(rooms, visit, open.account, answer.passkey, challengeOf(rooms, open.signIn), isWhole)
    return acceptPasskey(rooms, visit, spent, spent.signIn.version, used.authenticator, used.judged, answer.remember === true)
  })
}

/**
 * Takes a checked signature as what it proves, and pays for it.
 *
 * @param from the stored version of the sign-in; absent when it begins with this
 * @throws {Problem} `passkey-not-accepted` for what was signed with a copy
 */
export async function acceptPasskey(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  from: number | undefined,
  authenticator: Authenticator,
  judged: PasskeyJudged,
  remember: boolean,
): Promise<Reply> {
  const { account, signIn } = open
  const { authentication } = factorOf(rooms, passkeyKind)
  const state = stateOf(rooms.keys, account.id, authenticator)
  const verdict = authentication.answer(state, '', { tolerance: 'usual', passkey: judged })
  if (verdict.verdict === 'rejected') throw new Problem('passkey-not-accepted', { reason: verdict.reason })
  const now = rooms.now()
  const evidence: Evidence = { kind: passkeyKind, proves: verdict.proves, amr: verdict.amr, at: now }
  const device = remember && signIn.intent === 'enter' ? newRememberedDevice(rooms, visit, account.memberships) : undefined
  const about = { actorId: account.id, subjectId: account.id }
  const reply = await take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'proved', evidence }) }, from, {
    spend: { authenticatorId: authenticator.id, cost: verdict.cost },
    ...owning(account, signIn, evidence),
    ...(device ? { remember: device.row } : {}),
    events: device ? [eventRow(now, { action: 'device.remembered', ...about, detail: { id: device.row.id } })] : [],
  })
  return device ? { ...reply, cookies: { ...reply.cookies, remembered: device.cookie } } : reply
}

/** Does what may end with a passkey that is refused, and writes that down. */
export async function notingRefusal(rooms: Rooms, visit: Visit, account: Account, doing: () => Promise<Reply>): Promise<Reply> {
  try {
    return await doing()
  } catch (error) {
    if (error instanceof Problem && error.code === 'passkey-not-accepted') {
      const now = rooms.now()
      const detail = { reason: String(error.details.reason), kind: passkeyKind }
      const event = eventRow(now, { action: 'sign-in.code-refused', subjectId: account.id, detail })
      await settle(rooms.store, { now, origin: visit, events: [event], messages: [] })
    }
    throw error
  }
}
