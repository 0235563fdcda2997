import { keyedDigest } from '#crypto/random.ts'
import type { Channel } from '#domain/message.ts'
import { Problem } from '#domain/problem.ts'
import { countSending, type SendingLimit } from '#store/sending-limits.ts'
import type { Rooms, Visit } from './rooms.ts'

/** A message that somebody asks for. */
export interface WantedSending {
  readonly channel: Channel
  readonly to: string
  readonly userId: string
  /** Whose gateway takes it; the installation's when absent. */
  readonly organizationId?: string | undefined
}

const perPerson: SendingLimit = { most: 10, seconds: 1800 }
const perAddress: SendingLimit = { most: 10, seconds: 1800 }

/**
 * Counts a message that is about to be sent, for the person who asks and for the address it goes to.
 *
 * @throws {Problem} `sending-limit` with a `reason` and `retryAfterSeconds`
 */
export async function maySend(rooms: Rooms, _visit: Visit, { channel, to, userId }: WantedSending): Promise<void> {
  const now = rooms.now()
  const limits = [
    ['person', `send:${channel}:person:${userId}`, perPerson],
    ['address', `send:${channel}:address:${keyedDigest(rooms.keys.lane, to)}`, perAddress],
  ] as const
  for (const [reason, key, limit] of limits) {
    const retryAfterSeconds = await countSending(rooms.store, now, key, limit)
    if (retryAfterSeconds !== undefined) throw new Problem('sending-limit', { reason, retryAfterSeconds })
  }
}
