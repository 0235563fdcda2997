import { longestPassword } from '#crypto/password.ts'
import { keyedDigest } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { passwordsFromAnywhere, passwordsFromRecognizedDevice } from '#domain/throttle.ts'
import type { Account } from '#store/person.ts'
import { type Settled, type Settlement, settle } from '#store/settlement.ts'
import { laneKeys } from '#store/sign-in.ts'
import { recognizedDevice } from './device.ts'
import { eventRow, type Rooms, type Visit } from './rooms.ts'

/** The lane that bears an answer: its row, and its rules. */
export type BearingLane = Omit<NonNullable<Settlement['lane']>, 'effect'>

/** The lane of wrong passwords of somebody who is known already: the device's own where it is recognized. */
export function passwordLane(rooms: Rooms, visit: Visit, account: Account): BearingLane {
  const device = recognizedDevice(rooms, account, visit.device)
  const digest = keyedDigest(rooms.keys.lane, account.email)
  return device
    ? { key: laneKeys.passwordsFrom(digest, device), rules: passwordsFromRecognizedDevice }
    : { key: laneKeys.passwordsOf(digest), rules: passwordsFromAnywhere }
}

export async function isRightPassword(
  rooms: Rooms,
  account: Account | undefined,
  password: string,
  { rules }: BearingLane,
): Promise<boolean> {
  if (Buffer.byteLength(password) > longestPassword.bytes) return false
  return rooms.passwords.verify(account?.passwordHash, password, rules === passwordsFromRecognizedDevice ? 'recognized' : 'unknown')
}

/** Counts a wrong password and says what to tell. */
export async function refusePassword(rooms: Rooms, visit: Visit, lane: BearingLane, subjectId: string | undefined): Promise<Problem> {
  const now = rooms.now()
  const events = [eventRow(now, { action: 'sign-in.password-refused', ...(subjectId ? { subjectId } : {}) })]
  const settled = await settle(rooms.store, { now, origin: visit, lane: { ...lane, effect: 'charge' }, events, messages: [] })
  return settled.isOpen ? new Problem('wrong-password') : shut(now, settled, lane)
}

/**
 * Asks a person for their password outside of a sign-in. Wrong ones count like those of a sign-in, in the same lanes.
 *
 * @throws {Problem} `wrong-password`, `too-many-attempts`, `password-change-required`, `busy`
 */
export async function requirePassword(rooms: Rooms, visit: Visit, account: Account, password: string): Promise<void> {
  const lane = passwordLane(rooms, visit, account)
  if (!(await isRightPassword(rooms, account, password, lane))) throw await refusePassword(rooms, visit, lane, account.id)
  const now = rooms.now()
  const settled = await settle(rooms.store, { now, origin: visit, lane: { ...lane, effect: 'clear' }, events: [], messages: [] })
  if (!settled.isOpen) throw shut(now, settled, lane)
}

/** The answer of a lane that is shut: wait, or change the password where waiting does not open it again. */
export function shut(now: Date, settled: Settled, lane: BearingLane | undefined): Problem {
  const isUsedUp = lane !== undefined && settled.failures >= lane.rules.limit
  return isUsedUp ? new Problem('password-change-required') : tooMany(now, settled.waitUntil)
}

export function tooMany(now: Date, waitUntil: Date | null): Problem {
  const seconds = waitUntil ? Math.ceil((waitUntil.getTime() - now.getTime()) / 1000) : 0
  return new Problem('too-many-attempts', { retryAfterSeconds: Math.max(1, seconds) })
}
