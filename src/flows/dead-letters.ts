import type { FailedMessages } from '#contract/gateways.ts'
import { isId } from '#crypto/random.ts'
import { masked } from '#domain/masked.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { findDeparted } from '#store/deliveries.ts'
import { listFailed, sendAgain } from '#store/messages.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

const pageLength = 50

/** Messages that did not arrive, the youngest first: for the provider all, for a site its own. */
export async function failedMessagesOf(rooms: Rooms, visit: Visit, organizationId: string, cursor?: string): Promise<FailedMessages> {
  const session = await requireSession(rooms, visit)
  const { id, kind } = await authorize(rooms.store.db, session, organizationId, 'change-gateways')
  if (cursor !== undefined && !isId(cursor)) throw new Problem('malformed', { reason: 'cursor' })
  const found = await listFailed(rooms.store.db, {
    ...(kind === 'site' ? { organizationId: id } : {}),
    ...(cursor === undefined ? {} : { before: cursor }),
    limit: pageLength + 1,
  })
  const page = found.slice(0, pageLength)
  const messages: FailedMessages['messages'] = []
  for (const one of page) {
    messages.push({
      id: one.id,
      channel: one.channel,
      to: masked(one.to),
      template: one.template,
      createdAt: one.createdAt.toISOString(),
      failedAt: one.failedAt?.toISOString() ?? null,
      attempts: one.attempts,
      reason: one.reason,
      said: one.error,
      isExpired: await isExpired(rooms, one.id),
    })
  }
  return { messages, nextCursor: found.length > pageLength ? (page.at(-1)?.id ?? null) : null }
}

/**
 * Puts a message that did not arrive into the queue once more. One that carries an address or a code that is dead by now is refused.
 *
 * @throws {Problem} `message-expired`, `not-found` for one that belongs elsewhere, waits already or did arrive
 */
export async function sendMessageAgain(rooms: Rooms, visit: Visit, organizationId: string, messageId: string): Promise<void> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-gateways')
  const session = await requireFreshSession(rooms, visit)
  await rooms.store.transaction(async (db) => {
    const { id, kind } = await authorize(db, session, organizationId, 'change-gateways')
    if (!isId(messageId)) throw new Problem('not-found')
    const message = await findDeparted(db, rooms.keys, messageId)
    const outcome = message ? await sendAgain(db, messageId, rooms.now(), kind === 'site' ? id : undefined) : 'gone'
    if (!message || outcome === 'gone') throw new Problem('not-found')
    // The transaction takes the sending back.
    if (outcome === 'expired' || isDead(message.values.expiresAt, rooms.now())) throw new Problem('message-expired')
    await note(db, rooms.now(), visit, {
      action: 'message.sent-again',
      organizationId: id,
      actorId: session.userId,
      detail: { address: masked(message.to), channel: message.channel ?? 'mail', template: message.template },
    })
  })
  rooms.onMessage()
}

/** A mail knows until when the address in it is good, beside what the queue was told. */
async function isExpired(rooms: Rooms, id: string): Promise<boolean> {
  const message = await findDeparted(rooms.store.db, rooms.keys, id)
  return message === undefined || isDead(message.expiresAt?.toISOString(), rooms.now()) || isDead(message.values.expiresAt, rooms.now())
}

const isDead = (until: string | undefined, now: Date) => until !== undefined && Date.parse(until) <= now.getTime()
