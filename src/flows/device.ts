import { isId, isSame, keyedDigest, newId } from '#crypto/random.ts'
import type { Account } from '#store/person.ts'
import type { Rooms } from './rooms.ts'

/**
 * A recognized device is one that a person has signed in fully on since their password was last changed. Recognition proves
 * nothing and skips nothing: it only gives the device a lane of its own, so that guessing elsewhere never keeps the owner out.
 *
 * The cookie carries an id and a proof over it, the person and the password's hash. Nothing is stored: whoever changes their
 * password is a stranger everywhere again.
 */
const proofOf = (rooms: Rooms, { id, passwordHash = '' }: Account, deviceId: string) =>
  keyedDigest(rooms.keys.device, `${deviceId} ${id} ${passwordHash}`)

export function newDeviceCookie(rooms: Rooms, account: Account): string {
  const deviceId = newId(rooms.now())
  return `${deviceId}.${proofOf(rooms, account, deviceId)}`
}

/** The device that a cookie claims to be, before anything is known about the person. */
export function claimedDevice(cookie: string | undefined): string | undefined {
  const id = cookie?.split('.')[0]
  return id !== undefined && isId(id) ? id : undefined
}

/** The device behind a cookie, if it is recognized for this person. */
export function recognizedDevice(rooms: Rooms, account: Account, cookie: string | undefined): string | undefined {
  const id = claimedDevice(cookie)
  return id !== undefined && isSame(cookie?.slice(id.length + 1) ?? '', proofOf(rooms, account, id)) ? id : undefined
}
