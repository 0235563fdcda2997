import { keyedDigest } from '#crypto/random.ts'
import type { Channel } from '#domain/message.ts'
import { networkOf } from '#domain/network.ts'
import { Problem } from '#domain/problem.ts'
import {
  breaker,
  bucketAt,
  type LimitReason,
  type Purpose,
  ruleFor,
  type Sending,
  type Window,
  watchesFor,
  windowsFor,
} from '#domain/sending-limits.ts'
import { countUsed, findSendingRules, markUsed, spendWindows } from '#store/sending-limits.ts'
import type { Origin } from '#store/settlement.ts'
import type { Database } from '#store/tables.ts'
import { placeOf } from './phone.ts'
import type { Rooms } from './rooms.ts'

/** What is about to be sent. `purpose` is a code when absent. */
export interface Wanted {
  readonly channel: Channel
  /** A mail address, or a number (E.164) that was read by `plainPhone`. */
  readonly to: string
  readonly userId?: string | undefined
  readonly organizationId?: string | undefined
  readonly purpose?: Purpose
}

/**
 * Charges a message to every limit that bears on it, before it is put into the queue. When one of them is reached nothing is charged.
 * Call it outside of a transaction, unless the transaction is given as `db` and is left by what this throws.
 *
 * @throws {Problem} `sending-limit` with `reason`, and `retryAfterSeconds` where waiting helps
 */
export async function maySend(
  rooms: Rooms,
  { address }: Pick<Origin, 'address'>,
  wanted: Wanted,
  db: Database = rooms.store.db,
): Promise<void> {
  const now = rooms.now()
  const { channel, to, userId, organizationId, purpose = 'code' } = wanted
  const phone = channel === 'mail' ? undefined : await placeOf(to)
  if (channel !== 'mail' && !phone) throw refusal('number')
  const { installation, organization } = phone ? await findSendingRules(db, organizationId) : { installation: unset, organization: unset }
  const rule = ruleFor(installation, organizationId === undefined ? undefined : organization, rooms.phoneCountries ?? [])
  if (phone && !rule.countries.includes(phone.country)) throw refusal('country-not-allowed')
  const sending: Sending = {
    purpose,
    channel,
    address: keyedDigest(rooms.keys.lane, to),
    network: networkOf(address),
    ...(userId === undefined ? {} : { userId }),
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(phone ? { phone } : {}),
  }
  const windows = windowsFor(sending, now, rule.most)
  const spent = await spendWindows(db, windows, phone ? watchesFor(phone) : [], bucketAt(now))
  if (spent.isSpent) return
  if (spent.isTripped) throw refusal('few-used', breaker.bucketSeconds)
  throw reached(now, windows, spent.full)
}

/**
 * Charges an invitation to each of many addresses, by one statement for all of them. Call it outside of a transaction.
 *
 * @returns those that may be invited and are charged; the others were invited too often already
 */
export async function chargeInvitations(
  rooms: Rooms,
  { address }: Pick<Origin, 'address'>,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  const now = rooms.now()
  const most = ruleFor(unset, undefined, []).most
  let wanted = addresses.map((to) => ({
    to,
    windows: windowsFor(
      { purpose: 'invitation', channel: 'mail', address: keyedDigest(rooms.keys.lane, to), network: networkOf(address) },
      now,
      most,
    ),
  }))
  while (wanted.length > 0) {
    const windows = wanted.flatMap((one) => one.windows)
    const spent = await spendWindows(rooms.store.db, windows, [], bucketAt(now))
    if (spent.isSpent) break
    const full = new Set(spent.full)
    const left = wanted.filter((one) => !one.windows.some(({ key }) => full.has(key)))
    // Somebody else took the last place and has it no more: whoever imports tries again.
    if (left.length === wanted.length) throw refusal('address', 60)
    wanted = left
  }
  return new Set(wanted.map(({ to }) => to))
}

/**
 * Counts that the code of a message was entered, once per message: a place where codes are asked for and never entered is one where
 * somebody earns by having them sent, and gets no more for a while.
 */
export async function noteUsed(
  rooms: Rooms,
  { channel, to, messageId }: Pick<Wanted, 'channel' | 'to'> & { readonly messageId: string },
): Promise<void> {
  const { db } = rooms.store
  if (!(await markUsed(db, messageId, rooms.now()))) return
  const phone = channel === 'mail' ? undefined : await placeOf(to)
  if (phone) await countUsed(db, watchesFor(phone), bucketAt(rooms.now()))
}

const unset = { countries: null, dailyMost: null, siteDailyMost: null }

/** Of all limits that were reached the one that holds longest. */
function reached(now: Date, windows: readonly Window[], full: readonly string[]): Problem {
  const [longest] = windows.filter(({ key }) => full.includes(key)).sort((one, other) => other.endsAt.getTime() - one.endsAt.getTime())
  if (!longest) return refusal('address', 60)
  return refusal(longest.reason, Math.max(1, Math.ceil((longest.endsAt.getTime() - now.getTime()) / 1000)))
}

function refusal(reason: LimitReason, retryAfterSeconds?: number): Problem {
  return new Problem('sending-limit', { reason, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
}
