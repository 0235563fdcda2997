import { type ExpressionBuilder, sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { newId } from '#crypto/random.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { Message } from '#domain/message.ts'
import type { Database, Tables } from './tables.ts'

type Waiting = ExpressionBuilder<Tables, 'messages'>

/** A message taken from the queue for one attempt. */
export interface Leased extends Message {
  readonly id: string
  readonly attempts: number
  readonly createdAt: Date
  /** The language (BCP 47) that whoever has the address chose, if anybody has it and did. */
  readonly language: string | undefined
}

/** Seals a message's values to its row, so that a one-time address in it cannot be read in the database. */
export function sealMessage(keys: Keys, now: Date, message: Message): { readonly id: string; readonly sealed: Buffer } {
  const id = newId(now)
  return { id, sealed: seal(keys.seal, messageAddress(id, message.to), message.values) }
}

const messageAddress = (id: string, to: string) => ({ table: 'messages', row: id, owner: to })

/** Puts messages into the queue, and gives their ids. Call it with the transaction of the change they speak of. */
export async function enqueue(db: Database, keys: Keys, now: Date, ...messages: readonly Message[]): Promise<readonly string[]> {
  if (messages.length === 0) return []
  const sealedOnes = messages.map((message) => ({ message, ...sealMessage(keys, now, message) }))
  await db
    .insertInto('messages')
    .values(
      sealedOnes.map(({ message, id, sealed }) => {
        return {
          id,
          template: message.template,
          to_address: message.to,
          values_sealed: sealed,
          created_at: now,
          next_attempt_at: now,
          sent_at: null,
          failed_at: null,
          last_error: null,
          channel: message.channel ?? 'mail',
          expires_at: message.expiresAt ?? null,
          organization_id: message.organizationId ?? null,
        }
      }),
    )
    .execute()
  return sealedOnes.map(({ id }) => id)
}

/**
 * Takes due messages for one attempt each. Their next attempt is set before they are handed out: a process that dies while
 * sending gives them back by the passing of time, and no two processes hold the same one. What has expired is given up instead. What has an end goes
 * first: a code that somebody waits for is not behind ten thousand notices.
 */
export async function lease(db: Database, keys: Keys, now: Date, limit: number, leaseSeconds: number): Promise<readonly Leased[]> {
  const waiting = (one: Waiting) => one.and([one('sent_at', 'is', null), one('failed_at', 'is', null), one('next_attempt_at', '<=', now)])
  await db
    .updateTable('messages')
    .set({ failed_at: now, last_error: 'expired' })
    .where((one) => one.and([waiting(one), one('expires_at', '<=', now)]))
    .execute()
  const due = db
    .selectFrom('messages')
    .select('id')
    .where(waiting)
    .orderBy(sql`expires_at is null`)
    .orderBy('next_attempt_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
  const rows = await db
    .updateTable('messages')
    .set({ attempts: sql<number>`attempts + 1`, next_attempt_at: new Date(now.getTime() + leaseSeconds * 1000) })
    .where('id', 'in', due)
    .returning((one) => [
      'id',
      'template',
      'to_address',
      'values_sealed',
      'attempts',
      'created_at',
      'channel',
      'expires_at',
      'organization_id',
      one.selectFrom('users').select('language').whereRef('users.email', '=', 'messages.to_address').as('language'),
    ])
    .execute()
  return rows.map((row) => ({
    id: row.id,
    template: row.template,
    to: row.to_address,
    values: unseal(keys.seal, messageAddress(row.id, row.to_address), row.values_sealed) as Record<string, string>,
    attempts: row.attempts,
    createdAt: row.created_at,
    language: row.language ?? undefined,
    channel: row.channel,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.organization_id === null ? {} : { organizationId: row.organization_id }),
  }))
}

export async function markSent(db: Database, id: string, now: Date): Promise<void> {
  await db.updateTable('messages').set({ sent_at: now, last_error: null }).where('id', '=', id).execute()
}

/** Another attempt at `retryAt`, or none when it is absent. */
export async function markFailed(db: Database, id: string, now: Date, error: string, retryAt: Date | undefined): Promise<void> {
  const change = retryAt ? { next_attempt_at: retryAt, last_error: error } : { failed_at: now, last_error: error }
  await db.updateTable('messages').set(change).where('id', '=', id).execute()
}
