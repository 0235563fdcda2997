import { duoAway, type Evidence } from '#domain/assurance.ts'
import { rescues } from '#domain/authenticators.ts'
import { Problem } from '#domain/problem.ts'
import { advance } from '#domain/sign-in.ts'
import { Failure } from '#factors/outside.ts'
import { type DuoService, noteDuoTrouble } from '#store/duo.ts'
import { settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { eventRow, type Rooms, type Visit } from './rooms.ts'
import { judgeStep, type Reply, take } from './settling.ts'

/** What somebody could bring about from here, by asking much at once, opens no other way. */
const broughtAbout = ['busy', 'rate']

/**
 * Duo is away before anybody was sent to it. Where the organization wants that, and it is a real outage, what else the person has is
 * taken in this sign-in, though the rules allow only Duo.
 *
 * @throws {Problem} `duo-unavailable` with a `reason`, where there is no other way
 */
export async function away(rooms: Rooms, visit: Visit, open: OpenSignIn, service: DuoService, error: unknown): Promise<Reply> {
  const isOutage = error instanceof Failure && error.isOutage && !broughtAbout.includes(error.reason)
  if (!isOutage || service.whenAway !== 'other-factor') throw await unanswered(rooms, visit, open, service, error)
  const { account, signIn } = open
  const now = rooms.now()
  const evidence: Evidence = { kind: duoAway, proves: [], amr: [], at: now }
  const opened = { account, signIn: advance(signIn, { event: 'proved', evidence }) }
  const { step } = judgeStep(rooms, opened)
  const isOther = (kind: string) => kind !== 'duo' && !rescues.includes(kind)
  if (step.step !== 'done' && !(step.step === 'answer' && step.kinds.some(isOther)))
    throw await unanswered(rooms, visit, open, service, error)
  await noteDuoTrouble(rooms.store.db, now, service.organizationId, error.reason)
  const detail = { reason: error.reason, otherFactor: true }
  const events = [eventRow(now, { action: 'duo.unanswered', subjectId: account.id, detail })]
  return take(rooms, visit, opened, signIn.version, { events })
}

/** Writes down that Duo gave no answer, for the audit and for those who look after it. @returns what to throw */
export async function unanswered(
  rooms: Rooms,
  visit: Visit,
  { account }: OpenSignIn,
  service: DuoService,
  error: unknown,
): Promise<unknown> {
  const now = rooms.now()
  const reason = error instanceof Failure ? error.reason : 'internal'
  const detail = { reason, otherFactor: false }
  const events = [eventRow(now, { action: 'duo.unanswered', subjectId: account.id, detail })]
  await settle(rooms.store, { now, origin: visit, userId: account.id, events, messages: [] })
  await noteDuoTrouble(rooms.store.db, now, service.organizationId, reason)
  return error instanceof Failure ? new Problem('duo-unavailable', { reason }, { cause: error }) : error
}
