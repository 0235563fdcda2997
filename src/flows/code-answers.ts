import type { Answer } from '#contract/sign-in.ts'
import { duoAway, type Evidence, ownsPassword, setUpPasscode } from '#domain/assurance.ts'
import { fewBackupCodes } from '#domain/authenticators.ts'
import type { Rejection, Verdict } from '#domain/factor.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type SignIn, type Step } from '#domain/sign-in.ts'
import { codesFromAnywhere, codesFromRecognizedDevice, noticeAfterWrongCodes } from '#domain/throttle.ts'
import type { Account } from '#store/person.ts'
import { type Settlement, settle } from '#store/settlement.ts'
import { laneKeys, type OpenSignIn } from '#store/sign-in.ts'
import { askAuthAnvil, isForAuthAnvil } from './authanvil-asking.ts'
import { recognizedDevice } from './device.ts'
import { askDuoPasscode, isDuoPasscode } from './duo-passcode.ts'
import { type Accepted, type Judged, judgeCode, notAccepted } from './judging.ts'
import { afterPass, judgePass } from './one-time-pass.ts'
import { type BearingLane, shut } from './password.ts'
import { newRememberedDevice } from './remembered-devices.ts'
import { eventRow, messageRow, type Rooms, sendingOf, type Visit } from './rooms.ts'
import { noteEntered } from './sent-codes.ts'
import { type Effects, type Reply, take } from './settling.ts'

export type CodeAnswer = Extract<Answer, { readonly code: string }>

/**
 * Judges in the lane of the device if it is recognized. A device that used up its own lane is a stranger from then on: the same
 * answer is then borne by the lane of strangers.
 */
export async function inLane<T>(rooms: Rooms, visit: Visit, account: Account, judge: (lane: BearingLane) => Promise<T>): Promise<T> {
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
export const borne = (lane: BearingLane) => ({ ...lane, effect: lane.rules === codesFromRecognizedDevice ? 'clear' : 'keep' }) as const

export type AnswerStep = Extract<Step, { readonly step: 'answer' }>

export function answerCode(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: CodeAnswer, step: AnswerStep): Promise<Reply> {
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
  const pass = signIn.intent === 'enter' ? judgePass(rooms, account, answer.code, step.kinds) : undefined
  if (pass === 'gone') throw notAccepted({ reason: 'pass-gone' })
  if (pass) return answerPass(rooms, visit, open, pass, lane)
  const judged = await judgeAnywhere(rooms, visit, open, { ...answer, code: answer.code.trim() }, step.kinds, lane)
  return acceptCode(rooms, visit, open, answer, step, judged.lane, judged.code)
}

/**
 * Judges a code here, and where it is not ours and may be AuthAnvil's or Duo's, there. What is asked elsewhere has been charged to the
 * lane before: it comes back with the attempt that a yes gives back.
 *
 * @throws {Problem} `code-not-accepted` for what was refused elsewhere, and those of {@link askAuthAnvil} and {@link askDuoPasscode}
 */
export async function judgeAnywhere(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  answer: Pick<CodeAnswer, 'code' | 'pin'>,
  kinds: readonly string[],
  lane: BearingLane,
): Promise<{ readonly code: Judged; readonly lane: BearingLane }> {
  const { account } = open
  const { code } = answer
  const own = judgeCode(rooms, open, code, kinds)
  const isOurs = own.verdict.verdict !== 'rejected' || own.verdict.reason !== 'mismatch'
  if (!isOurs && isForAuthAnvil(rooms, account, kinds, code)) {
    const { said, lane: charged } = await askAuthAnvil(rooms, visit, open, answer, lane)
    if (!said.isRight) throw await refuseCharged(rooms, visit, account, charged)
    return { code: judgeCode(rooms, open, code, kinds, { said }), lane: charged }
  }
  if (!isOurs && isDuoPasscode(rooms, account, kinds, code)) {
    const { duo, lane: charged } = await askDuoPasscode(rooms, visit, open, code, lane)
    if (!duo) throw await refuseCharged(rooms, visit, account, charged)
    return { code: judgeCode(rooms, open, code, kinds, { duo }), lane: charged }
  }
  return { code: own, lane }
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
  { verdict, ...judged }: Judged,
): Promise<Reply> {
  if (verdict.verdict === 'accepted') return accept(rooms, visit, open, answer, step, { ...judged, verdict }, { lane: borne(lane) })
  const settled = await settle(rooms.store, refusal(rooms, visit, open.account, lane, verdict))
  throw settled.isOpen ? notAccepted(verdict) : shut(rooms.now(), settled, lane)
}

/** An answer that was accepted, whatever it was: the second step of this sign-in is proved, and its price is paid. */
export async function accept(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  { remember }: { readonly remember?: boolean },
  step: AnswerStep,
  { kind, authenticator, verdict }: Accepted,
  { events = [], ...effects }: Effects = {},
): Promise<Reply> {
  const now = rooms.now()
  const { account, signIn } = open
  const opensSetUp = step.opens !== undefined && kind === 'email'
  const evidence: Evidence = { kind: opensSetUp ? setUpPasscode : kind, proves: verdict.proves, amr: verdict.amr, at: now }
  const isBackupCode = 'hash' in verdict.cost
  const about = { actorId: account.id, subjectId: account.id }
  // What lets in without a proof, or only while Duo is away, lets in once.
  const isPassing = verdict.proves.length > 0 && !signIn.evidence.some((one) => one.kind === duoAway)
  const isRemembering = remember && signIn.intent === 'enter' && !opensSetUp && isPassing
  const device = isRemembering ? newRememberedDevice(rooms, visit, account.memberships) : undefined
  const noted = [
    ...(isBackupCode ? [{ action: 'backup-codes.used', ...about } as const] : []),
    ...(device ? [{ action: 'device.remembered', ...about, detail: { id: device.row.id } } as const] : []),
  ]
  const reply = await take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'proved', evidence }) }, signIn.version, {
    ...effects,
    ...(authenticator ? { spend: { authenticatorId: authenticator.id, cost: verdict.cost } } : {}),
    ...owning(account, signIn, evidence),
    ...(device ? { remember: device.row } : {}),
    events: [...events, ...noted.map((one) => eventRow(now, one))],
    messages:
      isBackupCode && authenticator
        ? [
            { to: account.email, template: 'backup-code-used', values: { left: String(authenticator.hashes.length - 1) } },
            { to: account.email, template: 'backup-codes-few', values: { left: String(fewBackupCodes) }, whenCodesLeft: fewBackupCodes },
          ]
        : [],
  })
  if ('challenge' in verdict.cost && sendingOf(rooms, kind)) await noteEntered(rooms, open)
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
export const owning = ({ isPasswordMailed }: Account, signIn: SignIn, proved: Evidence): Pick<Settlement, 'passwordOwned'> =>
  isPasswordMailed && signIn.userId !== undefined && ownsPassword([proved]) && signIn.evidence.some((one) => one.kind === 'password')
    ? { passwordOwned: true }
    : {}

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
