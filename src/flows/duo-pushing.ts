import type { Answer } from '#contract/sign-in.ts'
import { newId } from '#crypto/random.ts'
import { type DuoPhone, type DuoPush, duoChallenge } from '#domain/challenge.ts'
import type { DuoPin } from '#domain/duo.ts'
import { activationIn, pushRefusal, pushSeconds } from '#domain/duo-push.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type Intent } from '#domain/sign-in.ts'
import type { DuoPreauth, DuoPushText } from '#factors/duo/duo-auth.ts'
import type { DuoService } from '#store/duo.ts'
import { findPushes, givePushBack, spendPush } from '#store/duo-pushes.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { inLane } from './code-answers.ts'
import { askDuo, duoAuthOf, unknownToDuo } from './duo-asking.ts'
import { away } from './duo-away.ts'
import { letInByDuo, takeUp } from './duo-letting-in.ts'
import { boundDuo } from './duo-service.ts'
import { eventRow, type Rooms, type Visit } from './rooms.ts'
import { type Reply, take } from './settling.ts'

const kind = 'duo'

/** The wish for a push. */
export type DuoSend = Extract<Answer, { readonly send: string }> & { readonly send: 'duo' }

/** Whom a push is about: whom the authenticator stands for, or whom the set-up has made in Duo. */
export function pinOf(rooms: Rooms, { account, signIn }: OpenSignIn): DuoPin {
  const pin = activationIn(signIn.enrollment) ?? boundDuo(rooms, account)?.pin
  if (!pin) throw new Problem('step-not-open')
  const { accountOf, userKey, userName } = pin
  return { accountOf, userKey, userName }
}

/**
 * Asks Duo who the person is to it, then has one phone ring. What hung open in the sign-in before is spent first, so that of several
 * wishes at once for one sign-in, one makes a phone ring.
 *
 * @returns the step; where Duo is away and the organization wants that, with other kinds
 */
export async function push(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  service: DuoService,
  { device, remember = false }: Omit<DuoSend, 'send'>,
): Promise<Reply> {
  requirePause(rooms, open)
  const now = rooms.now()
  const marker = { ...ringing, devices: [], remember, sentAt: now, expiresAt: now }
  const reserved = advance(open.signIn, { event: 'sent', challenge: marker })
  const signIn = await inLane(rooms, visit, open.account, (lane) => takeUp(rooms, visit, open, lane, reserved))
  try {
    return await pushOnce(rooms, visit, { ...open, signIn }, service, { remember, ...(device === undefined ? {} : { device }) })
  } catch (error) {
    await takeUp(rooms, visit, { ...open, signIn }).catch(() => undefined)
    throw error
  }
}

/** What stands in a sign-in while Duo is being asked to ring. */
const ringing = { kind, way: 'push', txid: '', device: { id: '', name: '' } } as const

/** How long a push that was just sent is waited for, before the same sign-in may send another one. */
const pauseMilliseconds = 10_000

/** Who clicks twice has one push. @throws {Problem} `moved-on` while one is on its way */
function requirePause(rooms: Rooms, { signIn }: OpenSignIn): void {
  const before = duoChallenge(signIn.challenge)
  if (before?.way !== 'push' || before.ended !== undefined) return
  if (rooms.now().getTime() < before.sentAt.getTime() + pauseMilliseconds) throw new Problem('moved-on')
}

async function pushOnce(rooms: Rooms, visit: Visit, open: OpenSignIn, service: DuoService, wish: Omit<DuoSend, 'send'>): Promise<Reply> {
  const { device, remember = false } = wish
  const { account, signIn } = open
  const pin = pinOf(rooms, open)
  const who = { key: pin.userKey }
  let known: DuoPreauth
  try {
    known = await duoAuthOf(rooms, service).preauth(who, { ip: visit.address, canVerify: true })
  } catch (error) {
    const unknown = unknownToDuo(error)
    if (unknown) throw unknown
    return away(rooms, visit, open, service, error)
  }
  if (known.result === 'allow') {
    // Whom Duo does not ask has shown no phone that could be bound.
    if (activationIn(signIn.enrollment)) throw new Problem('duo-refused', { reason: 'spared' })
    const said = { ...pin, attempt: newId(rooms.now()), factor: 'bypass', isSpared: true }
    return letInByDuo(rooms, visit, open, service, said, { remember, circumstances: {} })
  }
  const devices = phonesOf(known)
  const [first, ...others] = devices
  if (device === undefined && others.length > 0) {
    const challenge = { kind, way: 'device', devices, remember, expiresAt: signIn.expiresAt } as const
    return take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'sent', challenge }) }, signIn.version, {})
  }
  const chosen = device === undefined ? first : devices.find(({ id }) => id === device)
  if (!chosen) throw new Problem('duo-refused', { reason: 'no-such-device' })
  const now = rooms.now()
  await chargePush(rooms, account.id, now)
  const verification = known.result === 'auth' ? known.verification : undefined
  const text = pushText(rooms, visit, open, service.organizationId)
  const ring = askDuo(rooms, visit, open, service, (duo) => duo.push(who, chosen.id, text, verification))
  const txid = await ring.catch(async (error: unknown) => {
    await givePushBack(rooms.store.db, account.id, now)
    throw error
  })
  const challenge: DuoPush = {
    kind,
    way: 'push',
    txid,
    device: chosen,
    devices,
    remember,
    sentAt: now,
    expiresAt: new Date(now.getTime() + pushSeconds * 1000),
    ...(verification ? { code: verification.code } : {}),
  }
  const events = [eventRow(now, { action: 'duo.push-sent', subjectId: account.id, detail: { device: chosen.name } })]
  return take(rooms, visit, { ...open, signIn: advance(signIn, { event: 'sent', challenge }) }, signIn.version, { events })
}

/** Phones that take a push. @throws {Problem} `duo-refused` where there are none, or Duo would ask nobody */
function phonesOf(known: DuoPreauth): readonly DuoPhone[] {
  if (known.result !== 'auth') throw new Problem('duo-refused', { reason: known.result === 'enroll' ? 'not-enrolled' : 'refused' })
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
