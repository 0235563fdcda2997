import { sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { GatewaySettings } from '#domain/gateways.ts'
import type { Json } from '#domain/json.ts'
import type { Channel } from '#domain/message.ts'
import type { Database } from './tables.ts'

/** What an organization has stored for a channel; without settings it once had some, or never did (version 0). */
export interface StoredGateway {
  readonly settings?: GatewaySettings
  readonly version: number
  readonly changedBy: string | null
  readonly changedAt: Date | null
}

const addressOf = (organizationId: string, channel: Channel) => ({ table: 'gateways', row: channel, owner: organizationId })

/** The gateways that an organization has stored, by channel. */
export async function findGateways(
  db: Database,
  keys: Keys,
  organizationId: string,
): Promise<Readonly<Partial<Record<Channel, StoredGateway>>>> {
  const rows = await db
    .selectFrom('gateways as g')
    .leftJoin('users as u', 'u.id', 'g.changed_by')
    .select(['g.channel', 'g.settings_sealed', 'g.version', 'g.changed_at', 'u.name'])
    .where('g.organization_id', '=', organizationId)
    .execute()
  return Object.fromEntries(
    rows.map((row) => [
      row.channel,
      {
        ...(row.settings_sealed === null ? {} : { settings: opened(keys, organizationId, row.channel, row.settings_sealed) }),
        version: row.version,
        changedBy: row.name,
        changedAt: row.changed_at,
      },
    ]),
  )
}

/**
 * The stored settings that a message of an organization goes by: the organization's own where the provider lets sites bring their own, else
 * the provider's. Undefined where neither has any.
 */
export async function findGatewayFor(
  db: Database,
  keys: Keys,
  channel: Channel,
  organizationId: string | undefined,
): Promise<{ readonly settings: GatewaySettings; readonly isOwn: boolean } | undefined> {
  const { rows } = await sql<{ organization_id: string; settings_sealed: Buffer; is_site: boolean }>`
    select g.organization_id, g.settings_sealed, o.parent_id is not null as is_site
    from gateways g join organizations o on o.id = g.organization_id
    where g.channel = ${channel} and g.settings_sealed is not null and (o.parent_id is null or (
      o.id = ${organizationId ?? null}::uuid and o.removed_at is null
        and exists (select from sending_rules r where r.organization_id = o.parent_id and r.sites_bring_gateways)))
    order by is_site desc limit 1`.execute(db)
  const [row] = rows
  return row && { settings: opened(keys, row.organization_id, channel, row.settings_sealed), isOwn: row.is_site }
}

function opened(keys: Keys, organizationId: string, channel: Channel, sealed: Buffer): GatewaySettings {
  return unseal(keys.seal, addressOf(organizationId, channel), sealed) as unknown as GatewaySettings
}

/** Stores settings, or takes them away, if they still have the version they were read with. @returns false when somebody was faster */
export async function changeGateway(
  db: Database,
  keys: Keys,
  now: Date,
  change: {
    readonly organizationId: string
    readonly channel: Channel
    readonly settings: GatewaySettings | null
    readonly version: number
    readonly changedBy: string
  },
): Promise<boolean> {
  const { organizationId, channel, settings, version, changedBy } = change
  const row = {
    kind: settings?.kind ?? null,
    settings_sealed: settings && seal(keys.seal, addressOf(organizationId, channel), settings as unknown as Json),
    version: version + 1,
    changed_by: changedBy,
    changed_at: now,
  }
  if (version === 0) {
    const added = db.insertInto('gateways').values({ organization_id: organizationId, channel, ...row })
    return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  }
  const changed = db
    .updateTable('gateways')
    .set(row)
    .where('organization_id', '=', organizationId)
    .where('channel', '=', channel)
    .where('version', '=', version)
  return (await changed.executeTakeFirst()).numUpdatedRows === 1n
}

/** The only organization that whoever has a mail address has joined; undefined for who has joined none or several. */
export async function findOnlyOrganization(db: Database, email: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string | null }>`
    select case when count(*) = 1 then min(m.organization_id::text) end as id from users u join memberships m on m.user_id = u.id
    where u.email = ${email} and m.joined_at is not null`.execute(db)
  return rows[0]?.id ?? undefined
}

/** What was sent on one day (UTC) by one channel. */
export interface SentOnDay {
  readonly day: string
  readonly channel: Channel
  readonly sent: number
  readonly delivered: number
  readonly failed: number
  /** Of those that carried a code: whose code was entered. */
  readonly used: number
}

/** Counts of the days from `since` on that anything was sent on, of all organizations or of one. */
export async function countSent(db: Database, since: Date, organizationId?: string): Promise<readonly SentOnDay[]> {
  const ofOne = organizationId === undefined ? sql`` : sql`and organization_id = ${organizationId}`
  const { rows } = await sql<SentOnDay>`
    select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as day, channel,
      (count(*) filter (where sent_at is not null))::int as sent,
      (count(*) filter (where delivery = 'delivered'))::int as delivered,
      (count(*) filter (where failed_at is not null or delivery = 'undelivered'))::int as failed,
      (count(*) filter (where used_at is not null))::int as used
    from messages where created_at >= ${since} ${ofOne} group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

/** Where a person can be sent a test: their mail address, and the number of their profile, verified or not. */
export async function findOwnAddresses(db: Database, userId: string): Promise<{ readonly mail: string; readonly phone: string | null }> {
  return db.selectFrom('users').select(['email as mail', 'phone']).where('id', '=', userId).executeTakeFirstOrThrow()
}
