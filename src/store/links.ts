import { sql } from 'kysely'
import { digest, newToken } from '#crypto/random.ts'
import type { Database, LinkKind } from './tables.ts'

export interface Link {
  readonly kind: LinkKind
  readonly organizationId: string | null
  readonly userId: string | null
  readonly expiresAt: Date
}

export interface NewLink {
  readonly kind: LinkKind
  readonly organizationId?: string
  readonly userId?: string
  /** The address it is mailed to; one for a new password is dead once the person has another. */
  readonly email?: string
  readonly expiresAt: Date
}

/** Makes a one-time address and kills the earlier ones of the same kind for the same person. Returns its token. */
export async function addLink(db: Database, now: Date, { kind, organizationId, userId, email, expiresAt }: NewLink): Promise<string> {
  const token = newToken()
  await dropLinks(db, { kind, ...(organizationId ? { organizationId } : {}), ...(userId ? { userId } : {}) })
  await db
    .insertInto('links')
    .values({
      token_hash: digest(token),
      kind,
      organization_id: organizationId ?? null,
      user_id: userId ?? null,
      email: email ?? null,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    })
    .execute()
  return token
}

/** Kills links that were not used yet. */
export async function dropLinks(
  db: Database,
  which: { readonly kind?: LinkKind; readonly organizationId?: string; readonly userId?: string },
): Promise<void> {
  let query = db.deleteFrom('links').where('used_at', 'is', null)
  if (which.kind) query = query.where('kind', '=', which.kind)
  if (which.organizationId) query = query.where('organization_id', '=', which.organizationId)
  if (which.userId) query = query.where('user_id', '=', which.userId)
  await query.execute()
}

/** Whether the address that a link was mailed to is the person's, where it says one. */
const isStillTheirs = sql<boolean>`(links.email is null or exists (select from users u where u.id = links.user_id and u.email = links.email))`

/** Looks at a link without using it: for the page that is behind it. */
export async function findLink(db: Database, kind: LinkKind, token: string, now: Date): Promise<Link | undefined> {
  const row = await db
    .selectFrom('links')
    .select(['kind', 'organization_id', 'user_id', 'expires_at'])
    .where('token_hash', '=', digest(token))
    .where('kind', '=', kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where(isStillTheirs)
    .executeTakeFirst()
  return row && toLink(row)
}

/** Uses a link up, once: of any number at the same moment exactly one gets it. */
export async function spendLink(db: Database, kind: LinkKind, token: string, now: Date): Promise<Link | undefined> {
  const row = await db
    .updateTable('links')
    .set({ used_at: now })
    .where('token_hash', '=', digest(token))
    .where('kind', '=', kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where(isStillTheirs)
    .returning(['kind', 'organization_id', 'user_id', 'expires_at'])
    .executeTakeFirst()
  return row && toLink(row)
}

function toLink(row: { kind: LinkKind; organization_id: string | null; user_id: string | null; expires_at: Date }): Link {
  return { kind: row.kind, organizationId: row.organization_id, userId: row.user_id, expiresAt: row.expires_at }
}
