import type { Answer } from '#contract/sign-in.ts'
import { newId } from '#crypto/random.ts'
import type { DuoPhone, DuoPush } from '#domain/challenge.ts'
import type { DuoPin } from '#domain/duo.ts'
import { activationIn, pushRefusal, pushSeconds } from '#domain/duo-push.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type Intent, type Step } from '#domain/sign-in.ts'
import type { DuoPreauth, DuoPushText, DuoVerification } from '#factors/duo/duo-auth.ts'
import type { DuoService } from '#store/duo.ts'
import { findPushes, givePushBack, spendPush } from '#store/duo-pushes.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { acceptCode, inLane } from './code-answers.ts'
import { askDuo } from './duo-asking.ts'
import { boundDuo } from './duo-service.ts'
import { answerEnrollment } from './enrollment-answers.ts'
import { eventRow, factorOf, type Rooms, type Visit } from './rooms.ts'
import { type Reply, take } from './settling.ts'

const kind = 'duo'

/** The wish for a push. */
export type DuoSend = Extract<Answer, { readonly send: string }> & { readonly send: 'duo' }

/** Whom a push is about: whom the authenticator stands for, or whom the set-up has made in Duo. */
function pinOf(rooms: Rooms, { account, signIn }: OpenSignIn): DuoPin {
  const pin = activationIn(signIn.enrollment) ?? boundDuo(rooms, account)?.pin
  if (!pin) throw new Problem('step-not-open')
  const { accountOf, userKey, userName } = pin
  return { accountOf, userKey, userName }
}

/** Asks Duo who the person is to it, then has one phone ring. */
export async function push(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  service: DuoService,
  step: Step,
  { device, remember = false }: Omit<DuoSend, 'send'>,
): Promise<Reply> {
  const { account, signIn } = open
  const who = { key: pinOf(rooms, open).userKey }
  const known = await askDuo(rooms, visit, open, service, (duo) => duo.preauth(who, { ip: visit.address, canVerify: true }))
  if (known.result === 'allow' && service.countsBypass && step.step === 'answer') return acceptSpared(rooms, visit, open, step, remember)
  const devices = phonesOf(known)
  const [first, ...others] = devices
  if (device === undefined && first && others.length > 0) {
    const challenge = { kind, way: 'device', devices, remember, expiresAt: signIn.expiresAt } as const
    return take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'sent', challenge }) }, signIn.version, {})
  }
  const chosen = device === undefined ? first : devices.find(({ id }) => id === device)
  if (!chosen) throw new Problem('duo-refused', { reason: 'no-such-device' })

  const now = rooms.now()
  await chargePush(rooms, account.id, now)
  const verification = known.result === 'auth' ? known.verification : undefined
  const challenge: DuoPush = {
    kind,
    way: 'push',
    txid: '',
    device: chosen,
    devices,
    remember,
    sentAt: now,
    expiresAt: new Date(now.getTime() + pushSeconds * 1000),
    ...(verification ? { code: verification.code } : {}),
  }
  const sending = { ...open, signIn: advance(signIn, { event: 'sent', challenge }) }
  const giveBack = async (error: unknown): Promise<never> => {
    await givePushBack(rooms.store.db, account.id, now)
    throw error
  }
  // Of several wishes at once for this sign-in, one makes a phone ring.
  await take(rooms, visit, sending, signIn.version, {}).catch(giveBack)
  const { version } = sending.signIn
  const txid = await ring(rooms, visit, sending, service, chosen, verification).catch(async (error: unknown) => {
    const nothing = { ...open, signIn: advance(sending.signIn, { event: 'taken-up' }) }
    await take(rooms, visit, nothing, version, {}).catch(() => undefined)
    return giveBack(error)
  })
  const rung = { ...open, signIn: advance(sending.signIn, { event: 'sent', challenge: { ...challenge, txid } }) }
  const events = [eventRow(now, { action: 'duo.push-sent', subjectId: account.id, detail: { device: chosen.name } })]
  return take(rooms, visit, rung, version, { events })
}

/** Why Duo would ask nobody. */
const unasked = { allow: 'spared', deny: 'refused', enroll: 'not-enrolled' } as const

/** Phones that take a push. @throws {Problem} `duo-refused` where there are none, or Duo would ask nobody */
function phonesOf(known: DuoPreauth): readonly DuoPhone[] {
  if (known.result !== 'auth') throw new Problem('duo-refused', { reason: unasked[known.result] })
  const phones = known.devices.filter(({ canPush }) => canPush).map(({ id, name }) => ({ id, name }))
  if (phones.length === 0) throw new Problem('duo-refused', { reason: 'no-device' })
  return phones
}

/** @throws {Problem} `duo-push-limit` */
async function chargePush(rooms: Rooms, userId: string, now: Date): Promise<void> {
  if (await spendPush(rooms.store.db, now, userId)) return
  const { reason, until } = pushRefusal(await findPushes(rooms.store.db, userId), now)
  const wait = until ? { retryAfterSeconds: Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)) } : {}
  throw new Problem('duo-push-limit', { reason, ...wait })
}

const types: Readonly<Record<Intent, string>> = {
  enter: 'Login',
  confirm: 'Confirmation',
  enroll: 'Set-up',
  'backup-codes': 'New backup codes',
  disable: 'Switching off 2FA',
}

/** What the phone shows beside the buttons: what for, whose, from where and when. */
function pushText(rooms: Rooms, visit: Visit, { account, signIn }: OpenSignIn, organizationId: string): DuoPushText {
  const organization = account.memberships.find((one) => one.organizationId === organizationId)?.organizationName ?? ''
  return {
    type: types[signIn.intent],
    displayName: account.email,
    lines: {
      Organization: organization,
      Address: visit.address,
      Time: `${rooms.now().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    },
    ip: visit.address,
  }
}

function ring(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  service: DuoService,
  device: DuoPhone,
  verification: DuoVerification | undefined,
): Promise<string> {
  const text = pushText(rooms, visit, open, service.organizationId)
  const who = { key: pinOf(rooms, open).userKey }
  return askDuo(rooms, visit, open, service, (duo) => duo.push(who, device.id, text, verification))
}

interface Approved {
  readonly attempt: string
  readonly factor: string
  readonly isSpared: boolean
  readonly remember: boolean
}

/** Duo has let the person in: the sign-in goes on, or the set-up is bound. */
export function accept(rooms: Rooms, visit: Visit, open: OpenSignIn, step: Step, { remember, ...approved }: Approved): Promise<Reply> {
  const duo = { ...pinOf(rooms, open), ...approved }
  const { attempt } = approved
  return inLane(rooms, visit, open.account, (lane) => {
    if (step.step === 'enroll') return answerEnrollment(rooms, visit, open, attempt, undefined, lane, { duo })
    const bound = boundDuo(rooms, open.account)
    if (step.step !== 'answer' || !bound) throw new Problem('step-not-open')
    const state = { secret: { ...bound.pin }, counter: 0, hashes: [], usedHashes: [] }
    const verdict = factorOf(rooms, kind).authentication.answer(state, attempt, { tolerance: 'usual', duo })
    return acceptCode(rooms, visit, open, { code: attempt, remember }, step, lane, { kind, authenticator: bound.authenticator, verdict })
  })
}

/** Duo would ask nobody, and the organization has said that this counts. It proves nothing. */
function acceptSpared(rooms: Rooms, visit: Visit, open: OpenSignIn, step: Step, remember: boolean): Promise<Reply> {
  return accept(rooms, visit, open, step, { attempt: newId(rooms.now()), factor: 'bypass', isSpared: true, remember })
}
