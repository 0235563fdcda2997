import type { RememberedDevices } from '#contract/account.ts'
import { digest, isId, newId, newToken } from '#crypto/random.ts'
import type { Membership } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { rememberDaysFor, rememberedUntil } from '#domain/remembered-devices.ts'
import { note } from '#store/audit.ts'
import * as store from '#store/remembered-devices.ts'
import type { Settlement } from '#store/settlement.ts'
import type { Cookies, Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'

/** What remembering the device of a visit takes: the row to write and the cookie to set. Undefined where the rules do not allow it. */
export function newRememberedDevice(
  rooms: Rooms,
  visit: Visit,
  memberships: readonly Membership[],
): { readonly row: NonNullable<Settlement['remember']>; readonly cookie: NonNullable<Cookies['remembered']> } | undefined {
  if (rememberDaysFor(memberships) === 0) return undefined
  const now = rooms.now()
  const token = newToken()
  const expiresAt = rememberedUntil(now, memberships)
  return {
    row: { id: newId(now), tokenHash: digest(token), browser: visit.browser, expiresAt },
    cookie: { token, seconds: (expiresAt.getTime() - now.getTime()) / 1000 },
  }
}

/** One's own remembered devices: those that would spare the second step at this moment. */
export async function devicesOf(rooms: Rooms, visit: Visit): Promise<RememberedDevices> {
  const { userId, memberships } = await requireSession(rooms, visit)
  const now = rooms.now()
  const own = visit.remembered === undefined ? undefined : digest(visit.remembered)
  const listed = await store.listDevices(rooms.store.db, userId, now)
  return {
    days: rememberDaysFor(memberships),
    devices: listed.flatMap(({ id, tokenHash, browser, address, rememberedAt, lastUsedAt, expiresAt }) => {
      const until = rememberedUntil(rememberedAt, memberships)
      if (until <= now) return []
      return {
        id,
        isCurrent: own?.equals(tokenHash) ?? false,
        browser,
        address,
        rememberedAt: rememberedAt.toISOString(),
        lastUsedAt: lastUsedAt.toISOString(),
        expiresAt: new Date(Math.min(until.getTime(), expiresAt.getTime())).toISOString(),
      }
    }),
  }
}

/** Forgets one of one's own devices; sessions that rest on it are over. @throws {Problem} `not-found` */
export async function forgetDevice(rooms: Rooms, visit: Visit, deviceId: string): Promise<void> {
  const { userId } = await requireSession(rooms, visit)
  if (!isId(deviceId)) throw new Problem('not-found')
  await rooms.store.transaction(async (db) => {
    if (!(await store.forgetDevice(db, userId, deviceId))) throw new Problem('not-found')
    await note(db, rooms.now(), visit, { action: 'device.forgotten', actorId: userId, subjectId: userId, detail: { id: deviceId } })
  })
  rooms.onRules?.({ userId })
}

/** Forgets all of one's own devices, also one that is being remembered at this moment. */
export async function forgetAllDevices(rooms: Rooms, visit: Visit): Promise<void> {
  const { userId } = await requireSession(rooms, visit)
  await rooms.store.transaction(async (db) => {
    const devices = await store.forgetDevices(db, userId)
    await note(db, rooms.now(), visit, { action: 'device.forgotten', actorId: userId, subjectId: userId, detail: { devices } })
  })
  rooms.onRules?.({ userId })
}
