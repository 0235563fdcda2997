import type { DuoPush } from '#domain/challenge.ts'
import { originOf } from '#domain/host.ts'
import type { Message } from '#domain/message.ts'
import { Problem } from '#domain/problem.ts'
import { advance } from '#domain/sign-in.ts'
import { findCoveringAdministrators } from '#store/ask-administrator.ts'
import { stopPushes } from '#store/duo-pushes.ts'
import { settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { inLane, refusal } from './code-answers.ts'
import { eventRow, type Rooms, type Visit } from './rooms.ts'
import { type Reply, take } from './settling.ts'

/**
 * A push that came to nothing. One that nobody answered can be sent again. One that was denied or reported stops all pushes to the person,
 * counts like a wrong code, and is told to them; a report is told to the administrators, too. Of any number who hear of it at once, one
 * writes it down.
 *
 * @throws {Problem} `duo-refused` with `denied` or `fraud`, `moved-on`
 */
export async function endPush(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  challenge: DuoPush,
  ended: NonNullable<DuoPush['ended']>,
): Promise<Reply> {
  const { account, signIn } = open
  const now = rooms.now()
  const after = { ...open, signIn: advance(signIn, { event: 'sent', challenge: { ...challenge, ended } }) }
  if (ended === 'timeout') return take(rooms, visit, after, signIn.version, {})
  await stopPushes(rooms.store.db, now, account.id)
  const isFraud = ended === 'fraud'
  await take(rooms, visit, after, signIn.version, {
    events: [
      eventRow(now, {
        action: isFraud ? 'duo.push-reported' : 'duo.push-denied',
        subjectId: account.id,
        detail: { device: challenge.device.name },
      }),
    ],
    messages: [
      { to: account.email, template: 'duo-push-denied', values: { isFraud: isFraud ? 'yes' : '' } },
      ...(isFraud ? await reports(rooms, open) : []),
    ],
  })
  await strike(rooms, visit, open)
  throw new Problem('duo-refused', { reason: ended })
}

/** Who is told that somebody has this person's password: the Security Admins, and the Owner, of all that they belong to. */
async function reports(rooms: Rooms, { account }: OpenSignIn): Promise<readonly Message[]> {
  const covering = await findCoveringAdministrators(rooms.store.db, account.id)
  const hosts = new Map(account.memberships.map((one) => [one.organizationId, one.host ?? undefined]))
  const told = covering.filter(({ holds }) => holds.role !== 'admin')
  const first = told.filter(({ userId }, at) => told.findIndex((one) => one.userId === userId) === at)
  return first.map(({ email, member, isOwn }) => {
    const host = isOwn ? hosts.get(member.organizationId) : undefined
    const origin = host ? originOf(host, rooms.publicUrl) : rooms.publicUrl
    return {
      to: email,
      template: 'duo-fraud-reported',
      values: {
        name: account.name,
        person: account.email,
        organization: member.organization,
        url: `${origin}/users/${account.id}?organization=${member.organizationId}`,
      },
    }
  })
}

/** What was denied counts against whoever knows the password, in the same budget as wrong codes. */
async function strike(rooms: Rooms, visit: Visit, { account, ...open }: OpenSignIn): Promise<void> {
  await inLane(rooms, visit, account, async (lane) => {
    const { events, ...rest } = refusal(rooms, visit, account, lane, { reason: 'mismatch' })
    await settle(rooms.store, { ...rest, events: events.filter(({ action }) => action !== 'sign-in.code-refused') })
    return { step: { step: 'done', intent: open.signIn.intent, returnTo: '' }, cookies: {} }
  })
}
