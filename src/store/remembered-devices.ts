import { sql } from 'kysely'
import type { RememberedDevice } from '#domain/remembered-devices.ts'
import type { Database } from './tables.ts'

export interface DeviceEntry extends RememberedDevice {
  readonly tokenHash: Buffer
  readonly browser: string
  readonly address: string
  readonly lastUsedAt: Date
  readonly expiresAt: Date
}

/** The device row that counts: of this person, of their present epoch, not run out. `d` is its row and `u` the person's. */
export const isLiveDevice = (now: string) => `d.user_id = u.id and d.epoch = u.device_epoch and d.expires_at > ${now}`

/** A person's remembered devices, the one used last first. */
export async function listDevices(db: Database, userId: string, now: Date): Promise<readonly DeviceEntry[]> {
  return db
    .selectFrom('remembered_devices as d')
    .innerJoin('users as u', (join) => join.onRef('u.id', '=', 'd.user_id').onRef('u.device_epoch', '=', 'd.epoch'))
    .select([
      'd.id',
      'd.created_at as rememberedAt',
      'd.token_hash as tokenHash',
      'd.browser',
      'd.address',
      'd.last_used_at as lastUsedAt',
      'd.expires_at as expiresAt',
    ])
    .where('d.user_id', '=', userId)
    .where('d.expires_at', '>', now)
    .orderBy('d.last_used_at', 'desc')
    .limit(200)
    .execute()
}

/** Forgets one device of a person. @returns false when there is none of that id */
export async function forgetDevice(db: Database, userId: string, deviceId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('remembered_devices')
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/**
 * Forgets all devices of a person, also one that is being remembered at this moment: those of an earlier epoch count no more.
 * Every change of a password or a factor does it, too. Tells how many there were.
 */
export async function forgetDevices(db: Database, userId: string): Promise<number> {
  await db
    .updateTable('users')
    .set((where) => ({ device_epoch: where('device_epoch', '+', 1) }))
    .where('id', '=', userId)
    .execute()
  const { numDeletedRows } = await db.deleteFrom('remembered_devices').where('user_id', '=', userId).executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * Cuts the time of remembered devices to what an organization allows now, for all its members or for one. Whoever reads a device asks
 * the rules again in any case; this makes it final, so that a rule which is loosened later brings nothing back.
 */
export async function shortenDevices(db: Database, organizationId: string, userId?: string): Promise<void> {
  const whose = userId === undefined ? sql`` : sql`and m.user_id = ${userId}`
  await sql`
    update remembered_devices d set expires_at = r.ends_at
    from (
      select one.id, one.created_at + make_interval(days => case when p.remembers = 'users' and m.role <> 'user' then 0 else p.remember_days end) as ends_at
      from memberships m join policies p on p.organization_id = m.organization_id join remembered_devices one on one.user_id = m.user_id
      where m.organization_id = ${organizationId} and m.joined_at is not null and p.enabled ${whose}
    ) r
    where r.id = d.id and r.ends_at < d.expires_at`.execute(db)
}
