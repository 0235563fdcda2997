import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { newId } from '#crypto/random.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { Channel, Message, UndeliveredReason } from '#domain/message.ts'
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

/** Gives up what waits for its next attempt and is worth nothing any more. */
export async function giveUpExpired(db: Database, now: Date): Promise<void> {
  await db
    .updateTable('messages')
    .set({ failed_at: now, last_error: 'expired', delivery: 'undelivered', delivery_reason: 'expired', delivery_at: now })
    .where((one) => one.and([isDue(one, now), one('expires_at', '<=', now)]))
    .execute()
}

const isDue = (one: Waiting, now: Date) =>
  one.and([one('sent_at', 'is', null), one('failed_at', 'is', null), one('next_attempt_at', '<=', now)])

/**
 * Takes due messages of one channel for one attempt each. Their next attempt is set before they are handed out: a process that dies while
 * sending gives them back by the passing of time, and no two processes hold the same one. What has expired is never taken, and what has an end
 * goes first: a code that somebody waits for is not behind ten thousand notices. What goes through the gateways of `passedOver` organizations stays where it is.
 */
export async function lease(
  db: Database,
  keys: Keys,
  now: Date,
  channel: Channel,
  limit: number,
  leaseSeconds: number,
  passedOver: readonly string[] = [],
): Promise<readonly Leased[]> {
  const waiting = (one: Waiting) =>
    one.and([one('channel', '=', channel), isDue(one, now), one.or([one('expires_at', 'is', null), one('expires_at', '>', now)])])
  const due = db
    .selectFrom('messages')
    .select('id')
    .where(waiting)
    .$if(passedOver.length > 0, (query) =>
      query.where((one) => one.or([one('organization_id', 'is', null), one('organization_id', 'not in', passedOver)])),
    )
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
    ...messageFrom(keys, row),
    id: row.id,
    attempts: row.attempts,
    createdAt: row.created_at,
    language: row.language ?? undefined,
  }))
}

type MessageColumns = Pick<
  Selectable<Tables['messages']>,
  'id' | 'template' | 'to_address' | 'values_sealed' | 'channel' | 'expires_at' | 'organization_id'
>

/** The message that a row holds, unsealed. */
export function messageFrom(keys: Keys, row: MessageColumns): Message & { readonly channel: Channel } {
  return {
    template: row.template,
    to: row.to_address,
    values: unseal(keys.seal, messageAddress(row.id, row.to_address), row.values_sealed) as Record<string, string>,
    channel: row.channel,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.organization_id === null ? {} : { organizationId: row.organization_id }),
  }
}

/** It was taken, under this name of the gateway's. What was reported of an earlier attempt no longer counts against it. */
export async function markSent(db: Database, id: string, now: Date, ref?: string): Promise<void> {
  const isAnother = ref === undefined ? sql<boolean>`false` : sql<boolean>`delivery = 'undelivered' and gateway_ref is distinct from ${ref}`
  await db
    .updateTable('messages')
    .set({
      sent_at: sql<Date>`coalesce(sent_at, ${now})`,
      failed_at: null,
      last_error: null,
      delivery: sql`case when ${isAnother} then null else delivery end`,
      delivery_reason: sql`case when ${isAnother} then null else delivery_reason end`,
      delivery_at: sql`case when ${isAnother} then null else delivery_at end`,
      ...(ref === undefined ? {} : { gateway_ref: ref }),
    })
    .where('id', '=', id)
    .execute()
}

/** What follows a failed attempt: another one at a time, which counts as one more unless it was not really made, or none. */
export type AfterFailure =
  | { readonly retryAt: Date; readonly wasMade: boolean }
  | { readonly givenUp: true; readonly reason: UndeliveredReason }

/** Unless the gateway has said in the meantime that it has the message after all. `error` must quote nothing of the message. */
export async function markFailed(db: Database, id: string, now: Date, error: string, after: AfterFailure): Promise<void> {
  const change =
    'givenUp' in after
      ? { failed_at: now, delivery: 'undelivered' as const, delivery_reason: after.reason, delivery_at: now }
      : { next_attempt_at: after.retryAt, ...(after.wasMade ? {} : { attempts: sql<number>`greatest(attempts - 1, 0)` }) }
  await db
    .updateTable('messages')
    .set({ ...change, last_error: error })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .execute()
}

/** A message that did not arrive, without anything it says. */
export interface FailedMessage {
  readonly id: string
  readonly channel: Channel
  readonly to: string
  readonly template: string
  readonly organizationId: string | null
  readonly createdAt: Date
  /** When it was given up here; null when the gateway took it and reported later that it did not arrive. */
  readonly failedAt: Date | null
  readonly attempts: number
  readonly reason: UndeliveredReason
  /** What the last attempt met, for an operator. */
  readonly error: string | null
  /** After this moment it is not sent again. */
  readonly expiresAt: Date | null
}

/**
 * Messages that were given up or came back, the youngest first: of one organization, or of all when none is named. `before` is the id of
 * the last one of the page above.
 */
export async function listFailed(
  db: Database,
  { organizationId, before, limit }: { readonly organizationId?: string; readonly before?: string; readonly limit: number },
): Promise<readonly FailedMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .select([
      'id',
      'channel',
      'to_address',
      'template',
      'organization_id',
      'created_at',
      'failed_at',
      'attempts',
      'delivery_reason',
      'last_error',
      'expires_at',
    ])
    .where(didNotArrive)
    .$if(organizationId !== undefined, (query) => query.where(isOf(organizationId ?? '')))
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    to: row.to_address,
    template: row.template,
    organizationId: row.organization_id,
    createdAt: row.created_at,
    failedAt: row.failed_at,
    attempts: row.attempts,
    reason: (row.delivery_reason ?? 'unknown') as UndeliveredReason,
    error: row.last_error,
    expiresAt: row.expires_at,
  }))
}

/** What an organization may see of the queue: what was sent for it, and mails to those who have joined it and nothing else. */
const isOf = (organizationId: string) =>
  sql<boolean>`(organization_id = ${organizationId} or (organization_id is null and channel = 'mail' and exists (
    select from users u join memberships m on m.user_id = u.id and m.joined_at is not null
    where u.email = to_address group by u.id having bool_and(m.organization_id = ${organizationId}))))`

const didNotArrive = (one: Waiting) => one.or([one('failed_at', 'is not', null), one('delivery', '=', 'undelivered')])

/**
 * Puts a message that did not arrive into the queue once more, as if it were new. `expired` when it is worth nothing any more; `gone` for
 * one that does not exist, belongs to another organization than the one named, waits already, or did arrive.
 */
export async function sendAgain(db: Database, id: string, now: Date, organizationId?: string): Promise<'queued' | 'expired' | 'gone'> {
  const ours = (one: Waiting) =>
    one.and([one('id', '=', id), didNotArrive(one), ...(organizationId === undefined ? [] : [isOf(organizationId)])])
  const queued = await db
    .updateTable('messages')
    .set({
      attempts: 0,
      next_attempt_at: now,
      sent_at: null,
      failed_at: null,
      last_error: null,
      gateway_ref: null,
      delivery: null,
      delivery_reason: null,
      delivery_at: null,
    })
    .where(ours)
    .where((one) => one.or([one('expires_at', 'is', null), one('expires_at', '>', now)]))
    .executeTakeFirst()
  if (queued.numUpdatedRows > 0n) return 'queued'
  return (await db.selectFrom('messages').select('id').where(ours).executeTakeFirst()) ? 'expired' : 'gone'
}
