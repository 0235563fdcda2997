import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { AuthAnvilPerson, AuthAnvilSettings } from '#domain/authanvil.ts'
import type { Database } from './tables.ts'

/** What an organization has stored; version 0 and nothing else while it never has. */
export interface StoredAuthAnvil {
  readonly settings?: AuthAnvilSettings
  /** How the service wants to be asked, as it said itself when the settings were saved; JSON that only its client reads. */
  readonly sas?: unknown
  readonly version: number
  readonly changedBy: string | null
  readonly changedAt: Date | null
}

const pinAddress = (organizationId: string) => ({ table: 'authanvil', row: 'pin', owner: organizationId })
const ownPinAddress = (organizationId: string, userId: string) => ({ table: 'authanvil_people', row: userId, owner: organizationId })

export async function findAuthAnvil(db: Database, keys: Keys, organizationId: string): Promise<StoredAuthAnvil> {
  const row = await db
    .selectFrom('authanvil as a')
    .leftJoin('users as u', 'u.id', 'a.changed_by')
    .selectAll('a')
    .select('u.name')
    .where('a.organization_id', '=', organizationId)
    .executeTakeFirst()
  if (!row) return { version: 0, changedBy: null, changedAt: null }
  return {
    settings: {
      isOn: row.is_on,
      url: row.url,
      siteId: row.site_id,
      pin: String(unseal(keys.seal, pinAddress(organizationId), row.pin_sealed)),
      pinOrder: row.pin_order,
      showsPin: row.shows_pin,
    },
    ...(row.sas === null ? {} : { sas: row.sas }),
    version: row.version,
    changedBy: row.name,
    changedAt: row.changed_at,
  }
}

/** Whether an organization's AuthAnvil is switched on. */
export async function hasAuthAnvil(db: Database, organizationId: string): Promise<boolean> {
  const found = db.selectFrom('authanvil').select('is_on').where('organization_id', '=', organizationId)
  return (await found.executeTakeFirst())?.is_on === true
}

/** Stores settings if they still have the version they were read with. @returns false when somebody was faster */
export async function changeAuthAnvil(
  db: Database,
  keys: Keys,
  now: Date,
  change: {
    readonly organizationId: string
    readonly settings: AuthAnvilSettings
    readonly sas: unknown
    readonly version: number
    readonly changedBy: string
  },
): Promise<boolean> {
  const { organizationId, settings, sas, version, changedBy } = change
  const row = {
    is_on: settings.isOn,
    url: settings.url,
    site_id: settings.siteId,
    pin_sealed: seal(keys.seal, pinAddress(organizationId), settings.pin),
    pin_order: settings.pinOrder,
    shows_pin: settings.showsPin,
    sas: sas === undefined ? null : JSON.stringify(sas),
    version: version + 1,
    changed_by: changedBy,
    changed_at: now,
  }
  if (version === 0) {
    const added = db.insertInto('authanvil').values({ organization_id: organizationId, ...row })
    return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  }
  const changed = db.updateTable('authanvil').set(row).where('organization_id', '=', organizationId).where('version', '=', version)
  return (await changed.executeTakeFirst()).numUpdatedRows === 1n
}

/** What one person is known by at an organization's AuthAnvil, beside what holds for everybody. */
export async function findAuthAnvilPerson(db: Database, keys: Keys, organizationId: string, userId: string): Promise<AuthAnvilPerson> {
  const row = await db
    .selectFrom('authanvil_people')
    .select(['user_name', 'pin_sealed'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (!row) return {}
  return {
    ...(row.user_name === null ? {} : { userName: row.user_name }),
    ...(row.pin_sealed === null ? {} : { pin: String(unseal(keys.seal, ownPinAddress(organizationId, userId), row.pin_sealed)) }),
  }
}

export async function changeAuthAnvilPerson(
  db: Database,
  keys: Keys,
  now: Date,
  change: AuthAnvilPerson & { readonly organizationId: string; readonly userId: string; readonly changedBy: string },
): Promise<void> {
  const { organizationId, userId, userName, pin, changedBy } = change
  const row = {
    user_name: userName ?? null,
    pin_sealed: pin === undefined ? null : seal(keys.seal, ownPinAddress(organizationId, userId), pin),
    changed_by: changedBy,
    changed_at: now,
  }
  await db
    .insertInto('authanvil_people')
    .values({ organization_id: organizationId, user_id: userId, ...row })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doUpdateSet(row))
    .execute()
}
