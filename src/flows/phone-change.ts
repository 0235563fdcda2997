import type { Json } from '#domain/json.ts'
import { retireKinds } from '#store/authenticators.ts'
import { retireAuthenticators } from '#store/people.ts'
import { changeProfile } from '#store/profile.ts'
import { forgetDevices } from '#store/remembered-devices.ts'
import { endSessions } from '#store/session.ts'
import type { Database } from '#store/tables.ts'

/** What became of a person's number, and of what rested on it. */
export interface PhoneChanged {
  readonly from: string | null
  /** How many authenticators ended because their codes went to the number before. */
  readonly retired: number
  /** Whether none is left, so that the next sign-in begins with a set-up. */
  readonly isSetUpDue: boolean
}

/** The methods whose code goes to a phone. */
const ofPhones: readonly string[] = ['sms', 'voice']

/**
 * Stores another number, or none, inside a transaction. It does not count before a code has proved it. What sent its codes to the
 * number before ends, with other sessions and remembered devices; where nothing is left it is as after a reset.
 *
 * @param butSession the session that the change comes from, where it is one's own
 * @returns undefined when it is the number already
 */
export async function replacePhone(
  db: Database,
  now: Date,
  userId: string,
  phone: string | null,
  butSession?: string,
): Promise<PhoneChanged | undefined> {
  const { phone: from } = await changeProfile(db, userId, { phone })
  if (from === phone) return undefined
  const { retired, left } = await retireKinds(db, now, userId, ofPhones)
  if (retired === 0) return { from, retired, isSetUpDue: false }
  if (left === 0) await retireAuthenticators(db, now, userId, true)
  else await forgetDevices(db, userId)
  await endSessions(db, userId, butSession === undefined ? {} : { except: butSession })
  return { from, retired, isSetUpDue: left === 0 }
}

/** The change for the audit. The number itself is left out: whoever reads the audit need not know it. */
export function phoneDetail(phone: string | null, { retired }: PhoneChanged): Readonly<Record<string, Json>> {
  return { isRemoved: phone === null, ...(retired === 0 ? {} : { authenticators: retired }) }
}
