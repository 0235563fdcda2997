import { type Expression, type SqlBool, sql } from 'kysely'
import { digest } from '#crypto/random.ts'
import type { Look } from '#domain/look.ts'
import type { Database } from './tables.ts'

/** A look as it is stored; the logo itself is read by {@link findLogo}. */
export interface StoredLook extends Look {
  readonly organizationId: string
  readonly logoHash: string | null
  readonly version: number
}

const columns = [
  'id as organizationId',
  'name',
  'accent',
  'logo_hash as logoHash',
  'support_contact as supportContact',
  'look_version as version',
] as const

export async function findLook(db: Database, organizationId: string): Promise<StoredLook> {
  return db.selectFrom('organizations').select(columns).where('id', '=', organizationId).executeTakeFirstOrThrow()
}

/** The look of whoever has this host name; else of this organization; else, where the provider's own address was asked, the provider's. */
export async function findPageLook(
  db: Database,
  { host, organizationId, isProviders }: { readonly host?: string; readonly organizationId?: string; readonly isProviders: boolean },
): Promise<StoredLook | undefined> {
  const byHost = host === undefined ? undefined : sql<boolean>`host is not distinct from ${host}`
  const byId = organizationId === undefined ? undefined : sql<boolean>`id = ${organizationId}`
  const wanted = [
    ...(host === undefined ? [] : [sql<SqlBool>`host = ${host}`]),
    ...(byId ? [byId] : []),
    ...(isProviders ? [sql<SqlBool>`parent_id is null`] : []),
  ] as readonly Expression<SqlBool>[]
  if (wanted.length === 0) return undefined
  let query = db
    .selectFrom('organizations')
    .select(columns)
    .where('removed_at', 'is', null)
    .where((where) => where.or(wanted))
  if (byHost) query = query.orderBy(byHost, 'desc')
  if (byId) query = query.orderBy(byId, 'desc')
  return query.limit(1).executeTakeFirst()
}

/**
 * The look for a mail: of the organization it speaks for, or of the only one that its reader belongs to. Somebody in several
 * gets the provider's, because none of them speaks alone.
 */
export async function findMailLook(db: Database, to: string, organizationId: string | undefined): Promise<StoredLook | undefined> {
  if (organizationId !== undefined)
    return db.selectFrom('organizations').select(columns).where('id', '=', organizationId).executeTakeFirst()
  const { rows } = await sql<StoredLook>`
    select o.id as "organizationId", o.name, o.accent, o.logo_hash as "logoHash", o.support_contact as "supportContact", o.look_version as version
    from organizations o where o.id = coalesce((
      select case when count(*) = 1 then min(m.organization_id::text)::uuid end from users u join memberships m on m.user_id = u.id join organizations own on own.id = m.organization_id
      where u.email = ${to} and m.joined_at is not null and m.suspended_at is null and own.suspended_at is null
    ), (select id from organizations where parent_id is null))`.execute(db)
  return rows[0]
}

/** A logo, if it is still the one that this hash is of. */
export async function findLogo(db: Database, organizationId: string, hash: string): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('organizations')
    .select('logo')
    .where('id', '=', organizationId)
    .where('logo_hash', '=', hash)
    .executeTakeFirst()
  return row?.logo ? Buffer.from(row.logo) : undefined
}

/** Stores a look if it still has the version it was read with. @returns false when somebody was faster */
export async function changeLook(
  db: Database,
  organizationId: string,
  change: { readonly accent: string | null; readonly supportContact: string | null; readonly logo?: Buffer | null },
  from: number,
): Promise<boolean> {
  const { accent, supportContact, logo } = change
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set({
      accent,
      support_contact: supportContact,
      look_version: from + 1,
      ...(logo === undefined ? {} : { logo, logo_hash: logo && digest(logo.toString('base64')).toString('base64url').slice(0, 22) }),
    })
    .where('id', '=', organizationId)
    .where('look_version', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
