import { digest, newId, newToken } from '#crypto/random.ts'
import { type Assurance, duoAway, hasSecondStep } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import { isNumberGood } from '#domain/authenticators.ts'
import type { Message } from '#domain/message.ts'
import { isOpenPass } from '#domain/one-time-pass.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { type RememberedDevice, rememberedUntil } from '#domain/remembered-devices.ts'
import { advance, type Means, nextStep, type SignIn, type Step } from '#domain/sign-in.ts'
import type { Account } from '#store/person.ts'
import { type EventRow, type MessageRow, type Settlement, settle } from '#store/settlement.ts'
import { findSignIn, type OpenSignIn, toSignInRow } from '#store/sign-in.ts'
import { newDeviceCookie, recognizedDevice } from './device.ts'
import { notAccepted } from './judging.ts'
import { shut } from './password.ts'
import { type Cookies, eventRow, factorOf, messageRow, type Rooms, type Visit } from './rooms.ts'
import type { StepView } from './step-view.ts'
import { stepViewOf } from './step-view-outside.ts'

export interface Reply {
  readonly step: StepView
  readonly cookies: Cookies
}

export interface Effects extends Omit<Partial<Settlement>, 'events' | 'messages' | 'now' | 'origin'> {
  readonly events?: readonly EventRow[]
  readonly messages?: readonly (Message & Pick<MessageRow, 'whenCodesLeft'>)[]
  /** Messages whose ids the sign-in has to know. */
  readonly rows?: readonly MessageRow[]
}

/** A sign-in that may come from a remembered device. */
export interface Taking extends OpenSignIn {
  readonly remembered?: RememberedDevice
}

const isStillRemembered = ({ remembered, account }: Taking, now: Date) =>
  remembered !== undefined && now < rememberedUntil(remembered.rememberedAt, account.memberships)

/**
 * Settles what an answer changes and says what comes next. The only place where a session is born: the branch of `done`.
 *
 * @param from the stored version that the answer was given to; absent when the sign-in is not stored yet
 */
export async function take(rooms: Rooms, visit: Visit, open: Taking, from: number | undefined, effects: Effects): Promise<Reply> {
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
  const token = isNew ? newToken() : (visit.signIn ?? '')
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
  if (settled.isTaken) throw new Problem('duo-refused', { reason: 'taken' })
  if (!settled.isSpent && effects.spend && 'challenge' in effects.spend.cost) throw new Problem('moved-on')
  if (!settled.isSpent && effects.spendPass) throw notAccepted({ reason: 'pass-gone' })
  if (!settled.isSpent) throw notAccepted({ reason: effects.spend && 'hash' in effects.spend.cost ? 'used-backup-code' : 'replayed' })
  if (!settled.isDone) throw new Problem('moved-on')
  if (rows.length + told.length > 0) rooms.onMessage()
  if (finish)
    return {
      step: { step: 'done', intent: signIn.intent, returnTo: signIn.returnTo },
      cookies: { ...finish.cookies, ...(isNew && signIn.intent !== 'enter' ? {} : { signIn: null }) },
    }
  return { step: await stepViewOf(rooms, { ...open, signIn }, step), cookies: isNew ? { signIn: token } : {} }
}

/** What `done` brings about, by intent. */
function finishing(rooms: Rooms, visit: Visit, { signIn, account }: OpenSignIn, assurance: Assurance, restsOn?: RememberedDevice) {
  const now = rooms.now()
  const token = newToken()
  const about = { actorId: account.id, subjectId: account.id }
  const how = { ...about, detail: { amr: assurance.amr, aal: assurance.aal, ...(restsOn ? { rememberedDevice: restsOn.id } : {}) } }
  // That Duo was away is nothing a session rests on.
  const evidence = signIn.evidence.filter((one) => one.kind !== duoAway)
  const isNewDevice = hasSecondStep(signIn.evidence) && recognizedDevice(rooms, account, visit.device) === undefined
  const cookies: Cookies = { session: token, ...(isNewDevice ? { device: newDeviceCookie(rooms, account) } : {}) }
  if (signIn.intent === 'enter') {
    return {
      settlement: {
        session: {
          change: 'add',
          tokenHash: digest(token),
          id: newId(now),
          evidence,
          browser: visit.browser,
          ...(restsOn ? { deviceId: restsOn.id } : {}),
        },
        ...(restsOn ? { recall: { deviceId: restsOn.id } } : {}),
        ...(visit.session ? { replaces: digest(visit.session) } : {}),
      },
      events: [{ action: 'session.started', ...how }],
      cookies,
    } satisfies Finish
  }
  const session = { change: 'prove', tokenHash: digest(token), id: signIn.sessionId ?? '', evidence } as const
  if (signIn.intent === 'disable') {
    return {
      settlement: { session, retire: {}, endOthers: { butSession: session.id }, setUpDone: true },
      events: [{ action: 'two-factor.disabled', ...about }],
      messages: [{ to: account.email, template: 'two-factor-disabled', values: { by: 'self' } }],
      cookies,
    } satisfies Finish
  }
  return { settlement: { session }, events: [{ action: 'session.confirmed', ...how }], cookies } satisfies Finish
}

interface Finish {
  readonly settlement: Partial<Settlement>
  readonly events: readonly AuditEvent[]
  readonly messages?: NonNullable<Effects['messages']>
  readonly cookies: Cookies
}

export async function load(rooms: Rooms, visit: Visit): Promise<OpenSignIn> {
  const tokenHash = hashOf(visit.signIn)
  const open = tokenHash && (await findSignIn(rooms.store, rooms.keys, tokenHash))
  if (!open || open.account.memberships.length === 0) throw new Problem('sign-in-gone')
  return open
}

/** @throws {Problem} `sign-in-gone` once it has expired */
export function judgeStep(rooms: Rooms, open: OpenSignIn): { readonly step: Step } {
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
function meansOf({ signIn, account }: OpenSignIn, now: Date, bound: readonly string[] = []): Means {
  const { authenticators, phoneVerifiedAt, isPasswordMailed, oneTimePass } = account
  const isPassOpen = signIn.intent === 'enter' && isOpenPass(oneTimePass, isPasswordMailed, now)
  return {
    enrolled: [...new Set([...authenticators.map((one) => one.kind), ...(isPassOpen ? ['one-time-pass'] : []), ...bound])],
    hasPhone: isNumberGood(phoneVerifiedAt, now),
    isPasswordMailed,
    isDuoAway: signIn.evidence.some((one) => one.kind === duoAway),
  }
}

/** Puts a fresh secret on show. Opening the page again shows the same one until it is answered or the sign-in ends. */
export function offer(rooms: Rooms, account: Account, signIn: SignIn, kinds: readonly string[]): SignIn {
  const [kind = ''] = kinds
  const { show, keep } = factorOf(rooms, kind).enrollment.begin(account)
  return advance(signIn, { event: 'offered', enrollment: { kind, show, keep } })
}

export const hashOf = (token: string | undefined): Buffer | undefined => (token === undefined || token === '' ? undefined : digest(token))

/** How many authenticators a person has, backup codes not counted. */
export const appsOf = ({ authenticators }: Account) => authenticators.filter((one) => one.kind !== 'backup-codes').length
