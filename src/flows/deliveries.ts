import { isId } from '#crypto/random.ts'
import type { Callback } from '#delivery/gateway.ts'
import { Problem } from '#domain/problem.ts'
import { findDeparted, recordDelivery } from '#store/deliveries.ts'
import { wordsFor } from '#words/words.ts'
import { gatewayFor } from './gateways.ts'
import { writtenOut } from './messages.ts'
import type { Rooms } from './rooms.ts'

/** What a gateway is answered that waits for words: those of a call in which a key was pressed. */
export interface Spoken {
  readonly type: string
  readonly body: string
}

/**
 * A report of what became of a message, signed by the gateway that took it. Reports may come late, twice and in any order; one about a
 * message that is not known changes nothing. A call's code is spoken once: the key press is spent before the code is looked at.
 *
 * @throws {Problem} `forged-request` when it is not signed by that gateway
 */
export async function hear(rooms: Rooms, messageId: string, callback: Callback): Promise<Spoken | undefined> {
  const { store, keys } = rooms
  const message = isId(messageId) ? await findDeparted(store.db, keys, messageId) : undefined
  if (!message) {
    if (Object.values(rooms.gateways).some((one) => one.heard?.(callback))) return undefined
    throw new Problem('forged-request')
  }
  const gateway = await gatewayFor(rooms, message.channel, message.organizationId)
  const heard = gateway?.heard?.(callback)
  if (!gateway || !heard) throw new Problem('forged-request')
  const { event, ref, reason = 'unknown' } = heard
  if (event === 'undelivered') await recordDelivery(store.db, message.id, rooms.now(), ref, { event, reason })
  else if (event === 'accepted' || event === 'delivered') await recordDelivery(store.db, message.id, rooms.now(), ref, { event })
  else if (message.channel === 'call' && gateway.spoken) {
    const words = wordsFor(message.values.language)
    const isInTime = !message.expiresAt || message.expiresAt > rooms.now()
    const isOurs = isInTime && (await recordDelivery(store.db, message.id, rooms.now(), ref, { event: 'delivered' }))
    const call = await writtenOut(rooms, message)
    return call.channel === 'call' ? gateway.spoken(isOurs ? call : { ...call, text: words.calls.over }) : undefined
  }
  return undefined
}
