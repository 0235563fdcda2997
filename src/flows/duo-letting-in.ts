import { digest } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { DuoSaid } from '#domain/duo.ts'
import { originOf } from '#domain/host.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type SignIn } from '#domain/sign-in.ts'
import type { DuoService } from '#store/duo.ts'
import { resettersOf } from '#store/organization-reset.ts'
import { type Account, stateOf } from '#store/person.ts'
import { type Settlement, settle } from '#store/settlement.ts'
import { type OpenSignIn, toSignInRow } from '#store/sign-in.ts'
import { accept } from './code-answers.ts'
import { boundDuo } from './duo-service.ts'
import { answerEnrollment } from './enrollment-answers.ts'
import { askedIn, notAccepted } from './judging.ts'
import { type BearingLane, shut } from './password.ts'
import { eventRow, factorOf, messageRow, type Rooms, type Visit } from './rooms.ts'
import { judgeStep, type Reply } from './settling.ts'

/** What Duo says about whom it let in, for the audit. */
export type Circumstances = NonNullable<AuditEvent['detail']>

/**
 * Takes up what hangs open at Duo, by one statement, before anybody looks at it or asks Duo anything: of any number at once one goes on.
 *
 * @param next the sign-in afterwards, where something takes the place of what hung open
 * @param lane asks whether wrong codes have shut the sign-in; nothing is charged, for this is no guess
 * @throws {Problem} `moved-on`, `too-many-attempts`, `password-change-required`
 */
export async function takeUp(
  rooms: Rooms,
  visit: Visit,
  { signIn, account }: OpenSignIn,
  lane?: BearingLane,
  next: SignIn = advance(signIn, { event: 'taken-up' }),
): Promise<SignIn> {
  const row = toSignInRow(rooms.keys, next)
  const change: Settlement['signIn'] = { change: 'advance', tokenHash: digest(visit.signIn ?? ''), from: signIn.version, row }
  const now = rooms.now()
  const kept = lane ? { lane: { ...lane, effect: 'keep' as const } } : {}
  const settled = await settle(rooms.store, { now, origin: visit, userId: account.id, ...kept, signIn: change, events: [], messages: [] })
  if (!settled.isOpen) throw shut(now, settled, lane)
  if (!settled.isDone) throw new Problem('moved-on')
  return next
}

/**
 * Duo has let somebody in, by its prompt or by a push. Sets Duo up if that is what the sign-in was about, and is the second step of it
 * otherwise.
 *
 * @param open with the sign-in as it stands since the attempt was taken up
 * @throws {Problem} `duo-refused` where Duo did not ask the person, or let in somebody else; `moved-on`, `step-not-open`
 */
export async function letInByDuo(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  service: DuoService,
  said: DuoSaid,
  { remember, circumstances }: { readonly remember: boolean; readonly circumstances: Circumstances },
): Promise<Reply> {
  const { account } = open
  if (said.isSpared && !service.countsBypass)
    throw await refuseDuo(rooms, visit, account, 'duo.refused', { reason: 'spared', factor: said.factor })
  const { step } = judgeStep(rooms, open)
  const approved = eventRow(rooms.now(), {
    action: 'duo.approved',
    subjectId: account.id,
    detail: { factor: said.factor, ...circumstances },
  })
  if (step.step === 'enroll' && open.signIn.enrollment?.kind === 'duo') {
    try {
      return await answerEnrollment(rooms, visit, open, said.attempt, undefined, undefined, { duo: said }, [approved])
    } catch (error) {
      if (error instanceof Problem && error.code === 'duo-refused') throw await alarm(rooms, visit, open, service, 'taken')
      throw error
    }
  }
  const bound = boundDuo(rooms, account)
  if (step.step !== 'answer' || !bound) throw new Problem('step-not-open')
  const { authenticator } = bound
  const asked = askedIn(rooms, open, { duo: said })
  const verdict = factorOf(rooms, 'duo').authentication.answer(stateOf(rooms.keys, account.id, authenticator), said.attempt, asked)
  if (verdict.verdict === 'rejected') throw notAccepted(verdict)
  return accept(rooms, visit, open, { remember }, step, { kind: 'duo', authenticator, verdict }, { events: [approved] })
}

/** Writes down that Duo did not let somebody in. Nothing is charged: nobody has guessed anything. @returns what to throw */
export async function refuseDuo(
  rooms: Rooms,
  visit: Visit,
  account: Account,
  action: 'duo.refused' | 'duo.other-user',
  detail: { readonly reason: string; readonly factor?: string; readonly status?: string },
  messages: Settlement['messages'] = [],
): Promise<Problem> {
  const now = rooms.now()
  const event = eventRow(now, { action, subjectId: account.id, detail })
  await settle(rooms.store, { now, origin: visit, userId: account.id, events: [event], messages })
  if (messages.length > 0) rooms.onMessage()
  return new Problem(
    'duo-refused',
    detail.status === undefined ? { reason: detail.reason } : { reason: detail.reason, duoStatus: detail.status },
  )
}

/**
 * Duo has let in somebody else than the person who signs in. Nobody is let in here; the person and those who administer the organization
 * are told. @returns what to throw
 */
export async function alarm(
  rooms: Rooms,
  visit: Visit,
  { account }: OpenSignIn,
  { organizationId }: DuoService,
  reason: 'other-user' | 'taken',
): Promise<Problem> {
  const at = account.memberships.find((one) => one.organizationId === organizationId)
  const organization = at?.organizationName ?? ''
  const origin = at?.host ? originOf(at.host, rooms.publicUrl) : rooms.publicUrl
  const values = {
    name: account.name,
    person: account.email,
    organization,
    isTaken: reason === 'taken' ? 'yes' : '',
    url: `${origin}/users/${account.id}?organization=${organizationId}`,
  }
  const administrators = (await resettersOf(rooms.store.db, organizationId)).filter(({ id }) => id !== account.id)
  return refuseDuo(rooms, visit, account, 'duo.other-user', { reason }, [
    messageRow(rooms, visit, { to: account.email, template: 'duo-other-user', values: { organization } }),
    ...administrators.map(({ email }) => messageRow(rooms, visit, { to: email, template: 'duo-other-user-notice', values })),
  ])
}
