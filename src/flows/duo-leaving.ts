import type { DuoSettings } from '#domain/duo.ts'
import { Problem } from '#domain/problem.ts'
import { noteEach } from '#store/audit.ts'
import { type BoundToDuo, duoAccountOf, findBoundToDuo, retireDuoOf } from '#store/duo-bound.ts'
import { enqueue } from '#store/messages.ts'
import type { Standing } from '#store/organizations.ts'
import { lockPeople } from '#store/people.ts'
import { endEverythingOf, endSessions, type OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'

type Settings = DuoSettings | undefined

/**
 * Whom new settings leave without the account that their Duo is bound to. It is a reset of these people, so who may not reset them does
 * not take it from them in this way either.
 *
 * @throws {Problem} `duo-account-in-use` with the number of `people` and the reason: `above` where an owner is among them and somebody
 *   else asks, `approval` where a reset of the others takes two
 */
export async function leftByDuo(
  rooms: Rooms,
  db: Database,
  {
    organization,
    by,
    before,
    next,
  }: { readonly organization: Standing; readonly by: string; readonly before: Settings; readonly next: DuoSettings },
): Promise<readonly BoundToDuo[]> {
  const account = await duoAccountOf(db, organization.id, before)
  if (account === undefined) return []
  // In another account the same person is another user.
  const stays = account === (await duoAccountOf(db, organization.id, next))
  if (stays && (account !== organization.id || before?.prompt?.host === next.prompt?.host)) return []
  const bound = await findBoundToDuo(db, rooms.keys, rooms.now(), { organizationId: organization.id, accountOf: account, by })
  const others = bound.filter(({ userId }) => userId !== by)
  const above = others.filter(({ isOwner }) => isOwner)
  if (above.length > 0 && organization.role !== 'owner') throw new Problem('duo-account-in-use', { reason: 'above', people: above.length })
  // Whom a reset would leave alone does not stand in the way for ever.
  const reset = others.filter(({ takesTwo, isElsewhere }) => takesTwo && !isElsewhere)
  if (reset.length > 0) throw new Problem('duo-account-in-use', { reason: 'approval', people: reset.length })
  return bound
}

/**
 * Takes from these people the Duo that nobody asks any more, ends what they have open, writes it down and mails each of them. Whoever
 * does this keeps the session it is done in.
 */
export async function retireLeft(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  { organization, session, left }: { readonly organization: Standing; readonly session: OpenSession; readonly left: readonly BoundToDuo[] },
): Promise<void> {
  if (left.length === 0) return
  const now = rooms.now()
  const ids = (people: readonly BoundToDuo[]) => people.map(({ userId }) => userId)
  await lockPeople(db, ids(left))
  await endEverythingOf(
    db,
    ids(left).filter((id) => id !== session.userId),
  )
  if (left.some(({ userId }) => userId === session.userId)) await endSessions(db, session.userId, { except: session.id })
  const due = await retireDuoOf(db, now, left)
  const [reset, others] = [left.filter(({ userId }) => due.has(userId)), left.filter(({ userId }) => !due.has(userId))]
  const about = { organizationId: organization.id, actorId: session.userId, detail: { because: 'duo-account' } }
  await noteEach(db, now, visit, { action: 'two-factor.reset', ...about }, ids(reset))
  await noteEach(db, now, visit, { action: 'authenticator.removed', ...about }, ids(others))
  const values = { by: session.name, organization: organization.name }
  const messages = [
    ...reset.map(({ email }) => ({ to: email, template: 'two-factor-reset', values })),
    ...others.map(({ email }) => ({ to: email, template: 'authenticator-removed', values: { authenticator: 'Duo' } })),
  ]
  await enqueue(db, rooms.keys, now, ...messages.map((message) => withCircumstances(now, visit, message)))
}
