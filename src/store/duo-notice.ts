import type { Database } from './tables.ts'

/** What a provider says beside the settings of Duo; version 0 and an empty text while it never has. */
export interface StoredDuoNotice {
  readonly text: string
  readonly label: string | null
  readonly url: string | null
  readonly version: number
  readonly changedBy: string | null
}

/** The notice of the provider above an organization, or of the provider itself. */
export async function findDuoNotice(db: Database, organizationId: string): Promise<StoredDuoNotice> {
  const row = await db
    .selectFrom('organizations as o')
    .innerJoin('duo_notices as n', (join) => join.on((on) => on('n.organization_id', '=', on.fn.coalesce('o.parent_id', 'o.id'))))
    .leftJoin('users as u', 'u.id', 'n.changed_by')
    .select(['n.text', 'n.label', 'n.url', 'n.version', 'u.name'])
    .where('o.id', '=', organizationId)
    .executeTakeFirst()
  if (!row) return { text: '', label: null, url: null, version: 0, changedBy: null }
  const { name, ...notice } = row
  return { ...notice, changedBy: name }
}

/** Stores it if it still has the version it was read with. @returns false when somebody was faster */
export async function changeDuoNotice(
  db: Database,
  now: Date,
  change: Omit<StoredDuoNotice, 'changedBy'> & { readonly organizationId: string; readonly changedBy: string },
): Promise<boolean> {
  const { organizationId, version, changedBy, text, label, url } = change
  const row = { text, label, url, version: version + 1, changed_by: changedBy, changed_at: now }
  if (version === 0) {
    const added = db.insertInto('duo_notices').values({ organization_id: organizationId, ...row })
    return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  }
  const changed = db.updateTable('duo_notices').set(row).where('organization_id', '=', organizationId).where('version', '=', version)
  return (await changed.executeTakeFirst()).numUpdatedRows === 1n
}
