import { sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import type { Channel, Message, UndeliveredReason } from '#domain/message.ts'
import { messageFrom } from './messages.ts'
import type { Database } from './tables.ts'

/** A message that left the house, or tried to. */
export interface Departed extends Message {
  readonly id: string
  readonly channel: Channel
}

export async function findDeparted(db: Database, keys: Keys, id: string): Promise<Departed | undefined> {
  const row = await db
    .selectFrom('messages')
    .select(['id', 'template', 'to_address', 'values_sealed', 'channel', 'expires_at', 'organization_id'])
    .where('id', '=', id)
    .where('attempts', '>', 0)
    .executeTakeFirst()
  return row && { ...messageFrom(keys, row), id: row.id }
}

/**
 * What a gateway reported of a message, in whatever order its reports come and however often: they only ever raise it, from nothing
 * to undelivered to delivered. The first report of all also says that the message was taken, where its answer did not get through: it is
 * not sent a second time then. A report of failure counts only for the attempt that goes by this `ref`.
 *
 * @returns whether anything changed
 */
export async function recordDelivery(
  db: Database,
  id: string,
  now: Date,
  ref: string,
  report:
    | { readonly event: 'accepted' }
    | { readonly event: 'delivered' }
    | { readonly event: 'undelivered'; readonly reason: UndeliveredReason },
): Promise<boolean> {
  const isFirst = sql<boolean>`gateway_ref is null and failed_at is null`
  const taken = { sent_at: sql<Date | null>`case when ${isFirst} then coalesce(sent_at, ${now}) else sent_at end` }
  const change = db.updateTable('messages').where('id', '=', id).where('attempts', '>', 0)
  if (report.event === 'accepted') {
    const { numUpdatedRows } = await change
      .set({ ...taken, gateway_ref: ref })
      .where(isFirst)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }
  if (report.event === 'delivered') {
    const { numUpdatedRows } = await change
      .set({
        sent_at: sql<Date>`coalesce(sent_at, ${now})`,
        failed_at: null,
        gateway_ref: sql<string>`coalesce(gateway_ref, ${ref})`,
        delivery: 'delivered',
        delivery_reason: null,
        delivery_at: now,
      })
      .where('delivery', 'is distinct from', 'delivered')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }
  const { numUpdatedRows } = await change
    .set({
      ...taken,
      gateway_ref: sql<string>`coalesce(gateway_ref, ${ref})`,
      delivery: 'undelivered',
      delivery_reason: report.reason,
      delivery_at: now,
    })
    .where('delivery', 'is', null)
    .where((one) => one.or([one('gateway_ref', 'is', null), one('gateway_ref', '=', ref)]))
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
