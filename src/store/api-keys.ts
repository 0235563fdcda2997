import { sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import type { Scope } from '#domain/api-keys.ts'
import type { Database } from './tables.ts'

/** A key as administrators see it: what it is, and never the key. */
export interface ApiKey {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  /** Its first letters, to tell it by. */
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly createdBy: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
}

const selected = (db: Database) =>
  db
    .selectFrom('api_keys as k')
    .leftJoin('users as u', 'u.id', 'k.created_by')
    .select([
      'k.id',
      'k.organization_id',
      'k.name',
      'k.prefix',
      'k.scopes',
      'k.created_at',
      'k.expires_at',
      'k.last_used_at',
      'u.name as creator',
    ])
    .where('k.revoked_at', 'is', null)

type Row = Awaited<ReturnType<ReturnType<typeof selected>['executeTakeFirstOrThrow']>>

const toKey = (row: Row): ApiKey => ({
  id: row.id,
  organizationId: row.organization_id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes as Scope[],
  createdBy: row.creator,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
})

/** The keys of an organization that are not revoked, the newest first; those that have expired are among them. */
export async function listApiKeys(db: Database, organizationId: string): Promise<readonly ApiKey[]> {
  const rows = selected(db).where('k.organization_id', '=', organizationId).orderBy('k.created_at', 'desc').orderBy('k.id', 'desc')
  return (await rows.execute()).map(toKey)
}

/** The key of this hash, while it counts: not revoked, not expired, and its organization open. */
export async function findApiKey(db: Database, tokenHash: Buffer, now: Date): Promise<ApiKey | undefined> {
  const row = await selected(db)
    .innerJoin('organizations as o', 'o.id', 'k.organization_id')
    .where('k.token_hash', '=', tokenHash)
    .where('k.expires_at', '>', now)
    .where('o.suspended_at', 'is', null)
    .where('o.removed_at', 'is', null)
    .executeTakeFirst()
  return row && toKey(row)
}

export async function addApiKey(
  db: Database,
  now: Date,
  key: Pick<ApiKey, 'organizationId' | 'name' | 'prefix' | 'scopes' | 'expiresAt'> & { readonly tokenHash: Buffer; readonly by: string },
): Promise<string> {
  const id = newId(now)
  await db
    .insertInto('api_keys')
    .values({
      id,
      organization_id: key.organizationId,
      name: key.name,
      prefix: key.prefix,
      token_hash: key.tokenHash,
      scopes: [...key.scopes],
      created_by: key.by,
      created_at: now,
      expires_at: key.expiresAt,
    })
    .execute()
  return id
}

/** Revokes a key; it is dead at once. @returns its name, or undefined when there is none, or it was revoked already */
export async function revokeApiKey(
  db: Database,
  now: Date,
  { organizationId, id, by }: { readonly organizationId: string; readonly id: string; readonly by: string },
): Promise<string | undefined> {
  const revoked = await db
    .updateTable('api_keys')
    .set({ revoked_at: now, revoked_by: by })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('name')
    .executeTakeFirst()
  return revoked?.name
}

/** Writes down that a key was used, at most once a minute. */
export async function noteKeyUse(db: Database, now: Date, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<=', new Date(now.getTime() - 60_000))]))
    .execute()
}

/**
 * Counts a request of a key in its minute, in one statement.
 *
 * @returns undefined, or when the next one may come: as many as `most` were counted already
 */
export async function countRequest(db: Database, now: Date, id: string, most: number): Promise<Date | undefined> {
  const key = `api-key:${id}`
  const { rows } = await sql`
    insert into throttles as t (key, failures, wait_until, updated_at)
      values (${key}, 1, ${new Date(now.getTime() + 60_000)}, ${now})
    on conflict (key) do update set
      failures = case when t.wait_until <= ${now} then 1 else t.failures + 1 end,
      wait_until = case when t.wait_until <= ${now} then ${new Date(now.getTime() + 60_000)} else t.wait_until end,
      updated_at = ${now}
    where t.wait_until <= ${now} or t.failures < ${most} returning key`.execute(db)
  if (rows.length > 0) return undefined
  const full = await db.selectFrom('throttles').select('wait_until').where('key', '=', key).executeTakeFirst()
  return full?.wait_until ?? now
}
