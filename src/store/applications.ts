import type { Keys } from '#crypto/keys.ts'
import { newId } from '#crypto/random.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { ApplicationSettings } from '#domain/applications.ts'
import type { Json } from '#domain/json.ts'
import type { Database } from './tables.ts'

/** Whatever signs its people in through Countersign, as it is stored; the secret has a way of its own: {@link findApplicationSecret}. */
export interface Application {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly clientId: string
  readonly settings: ApplicationSettings
  readonly isOn: boolean
  readonly hasSecret: boolean
  readonly version: number
  readonly createdBy: string | null
  readonly createdAt: Date
  readonly changedBy: string | null
  readonly changedAt: Date
  readonly lastUsedAt: Date | null
}

const secretAddress = (organizationId: string, id: string) => ({ table: 'applications', row: id, owner: organizationId })

/** Whether there is an application of a kind, in whatever organization. */
export async function hasApplicationOf(db: Database, kind: ApplicationSettings['kind']): Promise<boolean> {
  return (await db.selectFrom('applications').select('id').where('kind', '=', kind).limit(1).executeTakeFirst()) !== undefined
}

function selected(db: Database) {
  return db
    .selectFrom('applications as a')
    .leftJoin('users as creator', 'creator.id', 'a.created_by')
    .leftJoin('users as changer', 'changer.id', 'a.changed_by')
    .selectAll('a')
    .select(['creator.name as creator_name', 'changer.name as changer_name'])
}

type Row = Awaited<ReturnType<ReturnType<typeof selected>['executeTakeFirstOrThrow']>>

const toApplication = (row: Row): Application => ({
  id: row.id,
  organizationId: row.organization_id,
  name: row.name,
  clientId: row.client_id,
  settings: row.settings as ApplicationSettings,
  isOn: row.is_on,
  hasSecret: row.secret_sealed !== null,
  version: row.version,
  createdBy: row.creator_name,
  createdAt: row.created_at,
  changedBy: row.changer_name,
  changedAt: row.changed_at,
  lastUsedAt: row.last_used_at,
})

export async function listApplications(db: Database, organizationId: string): Promise<readonly Application[]> {
  const rows = await selected(db).where('a.organization_id', '=', organizationId).orderBy('a.name').orderBy('a.id').execute()
  return rows.map(toApplication)
}

export async function findApplication(db: Database, organizationId: string, id: string): Promise<Application | undefined> {
  const row = await selected(db).where('a.organization_id', '=', organizationId).where('a.id', '=', id).executeTakeFirst()
  return row && toApplication(row)
}

const client = (db: Database, clientId: string) =>
  selected(db)
    .innerJoin('organizations as o', 'o.id', 'a.organization_id')
    .where('a.client_id', '=', clientId)
    .where('o.removed_at', 'is', null)
    .where('o.suspended_at', 'is', null)
    .executeTakeFirst()

/** The application that calls itself so, switched on or not; its organization is there and open. */
export async function findClient(db: Database, clientId: string): Promise<Application | undefined> {
  const row = await client(db, clientId)
  return row && toApplication(row)
}

/** The same with what is kept of its secret, in one statement. */
export async function findClientWithSecret(
  db: Database,
  keys: Keys,
  clientId: string,
): Promise<{ readonly application: Application; readonly secret: Json | undefined } | undefined> {
  const row = await client(db, clientId)
  if (!row) return undefined
  const { id, organization_id: organizationId, secret_sealed: sealed } = row
  return { application: toApplication(row), secret: sealed ? unseal(keys.seal, secretAddress(organizationId, id), sealed) : undefined }
}

/** What is kept of the secret of an application: what its kind keeps of one. */
export async function findApplicationSecret(db: Database, keys: Keys, id: string): Promise<Json | undefined> {
  const row = await db.selectFrom('applications').select(['organization_id', 'secret_sealed']).where('id', '=', id).executeTakeFirst()
  return row?.secret_sealed ? unseal(keys.seal, secretAddress(row.organization_id, id), row.secret_sealed) : undefined
}

export interface NewApplication {
  readonly organizationId: string
  readonly name: string
  readonly clientId: string
  /** What is kept of its secret; undefined for a kind that has none. */
  readonly secret: Json | undefined
  readonly settings: ApplicationSettings
  readonly by: string
}

export async function addApplication(
  db: Database,
  keys: Keys,
  now: Date,
  { organizationId, name, clientId, secret, settings, by }: NewApplication,
): Promise<string> {
  const id = newId(now)
  await db
    .insertInto('applications')
    .values({
      id,
      organization_id: organizationId,
      kind: settings.kind,
      name,
      client_id: clientId,
      secret_sealed: secret === undefined ? null : seal(keys.seal, secretAddress(organizationId, id), secret),
      settings: JSON.stringify(settings),
      is_on: true,
      version: 1,
      created_by: by,
      created_at: now,
      changed_by: by,
      changed_at: now,
    })
    .execute()
  return id
}

/** Who changes which application, and in which version they have read it. */
export interface Changing {
  readonly organizationId: string
  readonly id: string
  readonly version: number
  readonly by: string
}

/** Changes an application if it still has the version it was read with. @returns false when somebody was faster */
export async function changeApplication(
  db: Database,
  now: Date,
  { organizationId, id, version, by }: Changing,
  next: { readonly name: string; readonly isOn: boolean; readonly settings: ApplicationSettings },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('applications')
    .set({
      name: next.name,
      is_on: next.isOn,
      settings: JSON.stringify(next.settings),
      version: version + 1,
      changed_by: by,
      changed_at: now,
    })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Puts another secret in the place of the one there was. @returns false when there is no such application */
export async function renewApplicationSecret(
  db: Database,
  keys: Keys,
  now: Date,
  { organizationId, id, by }: Omit<Changing, 'version'>,
  secret: Json,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('applications')
    .set((row) => ({
      secret_sealed: seal(keys.seal, secretAddress(organizationId, id), secret),
      version: row('version', '+', 1),
      changed_by: by,
      changed_at: now,
    }))
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** @returns false when it was removed already */
export async function removeApplication(db: Database, organizationId: string, id: string): Promise<boolean> {
  const removed = db.deleteFrom('applications').where('organization_id', '=', organizationId).where('id', '=', id)
  return (await removed.executeTakeFirst()).numDeletedRows === 1n
}

/** Writes down that an application was used, at most once a minute. */
export async function noteUse(db: Database, now: Date, id: string): Promise<void> {
  await db
    .updateTable('applications')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<', new Date(now.getTime() - 60_000))]))
    .execute()
}
