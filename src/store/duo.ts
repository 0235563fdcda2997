import { sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { DuoApplication, DuoSettings } from '#domain/duo.ts'
import type { Database } from './tables.ts'

/** The last time that Duo was away when somebody wanted to sign in. */
export interface DuoTrouble {
  readonly reason: string
  readonly at: Date
}

/** What an organization has stored; version 0 and nothing else while it never has. */
export interface StoredDuo {
  readonly settings?: DuoSettings
  /** When Duo last said yes to both pairs of keys. */
  readonly provedAt: Date | null
  readonly version: number
  readonly changedBy: string | null
  readonly changedAt: Date | null
  readonly lastTrouble?: DuoTrouble
}

/** The Duo that a sign-in asks: by whose rules, and with whose applications. */
export interface DuoService {
  /** Whose people use it, and whose settings decide. */
  readonly organizationId: string
  /** Whose account at Duo it is. */
  readonly accountOf: string
  /** The account is the provider's, who sets up the people in it. */
  readonly isManaged: boolean
  readonly prompt: DuoApplication
  readonly auth: DuoApplication
  readonly whenAway: DuoSettings['whenAway']
  readonly countsBypass: boolean
}

type Which = 'prompt' | 'auth'
const address = (organizationId: string, which: Which) => ({ table: 'duo', row: which, owner: organizationId })

function sealed(keys: Keys, organizationId: string, which: Which, application: DuoApplication | undefined): Buffer | null {
  if (!application) return null
  const { host, key, secret } = application
  return seal(keys.seal, address(organizationId, which), { host, key, secret })
}

function opened(keys: Keys, organizationId: string, which: Which, bytes: Buffer | null): { [which in Which]?: DuoApplication } {
  if (bytes === null) return {}
  const { host, key, secret } = Object(unseal(keys.seal, address(organizationId, which), bytes))
  return { [which]: { host: String(host), key: String(key), secret: String(secret) } }
}

export async function findDuo(db: Database, keys: Keys, organizationId: string): Promise<StoredDuo> {
  const row = await db
    .selectFrom('duo as d')
    .leftJoin('users as u', 'u.id', 'd.changed_by')
    .selectAll('d')
    .select('u.name')
    .where('d.organization_id', '=', organizationId)
    .executeTakeFirst()
  if (!row) return { provedAt: null, version: 0, changedBy: null, changedAt: null }
  return {
    settings: {
      isOn: row.is_on,
      account: row.account,
      ...opened(keys, organizationId, 'prompt', row.prompt_sealed),
      ...opened(keys, organizationId, 'auth', row.auth_sealed),
      whenAway: row.when_away,
      countsBypass: row.counts_bypass,
      servesSites: row.serves_sites,
    },
    provedAt: row.proved_at,
    version: row.version,
    changedBy: row.name,
    changedAt: row.changed_at,
    ...(row.trouble_reason === null || row.trouble_at === null ? {} : { lastTrouble: { reason: row.trouble_reason, at: row.trouble_at } }),
  }
}

/**
 * An organization's settings beside the row whose keys they lead to: its own, or the provider's while that is on and serves sites.
 * Nothing while it is off or there are no keys to use.
 */
const inUse = (db: Database, organizationId: string) =>
  db
    .selectFrom('duo as d')
    .innerJoin('organizations as o', 'o.id', 'd.organization_id')
    .innerJoin('duo as k', (join) =>
      join.on((on) =>
        on.or([
          on.and([on('d.account', '=', 'own'), on('k.organization_id', '=', on.ref('d.organization_id'))]),
          on.and([
            on('d.account', '=', 'provider'),
            on('k.organization_id', '=', on.ref('o.parent_id')),
            on('k.account', '=', 'own'),
            on('k.is_on', '=', true),
            on('k.serves_sites', '=', true),
          ]),
        ]),
      ),
    )
    .where('d.organization_id', '=', organizationId)
    .where('d.is_on', '=', true)

/** Whether an organization's people can use Duo: it is on, and there are keys. */
export async function hasDuo(db: Database, organizationId: string): Promise<boolean> {
  return (await inUse(db, organizationId).select('d.organization_id').executeTakeFirst()) !== undefined
}

/** The Duo that an organization's people use; undefined while it is off, or while the provider's, which it chose, is not to be had. */
export async function findDuoService(db: Database, keys: Keys, organizationId: string): Promise<DuoService | undefined> {
  const row = await inUse(db, organizationId)
    .select(['d.account', 'd.when_away', 'd.counts_bypass', 'k.organization_id as account_of', 'k.prompt_sealed', 'k.auth_sealed'])
    .executeTakeFirst()
  if (!row) return undefined
  const { prompt } = opened(keys, row.account_of, 'prompt', row.prompt_sealed)
  const { auth } = opened(keys, row.account_of, 'auth', row.auth_sealed)
  if (!prompt || !auth) return undefined
  return {
    organizationId,
    accountOf: row.account_of,
    isManaged: row.account === 'provider',
    prompt,
    auth,
    whenAway: row.when_away,
    countsBypass: row.counts_bypass,
  }
}

/**
 * Stores settings if they still have the version they were read with; in a transaction, which is taken back where they have not.
 *
 * @returns false when somebody was faster
 */
export async function changeDuo(
  db: Database,
  keys: Keys,
  now: Date,
  change: {
    readonly organizationId: string
    readonly settings: DuoSettings
    readonly version: number
    readonly changedBy: string
    /** When Duo said yes to both pairs of keys. */
    readonly provedAt?: Date | null
  },
): Promise<boolean> {
  const { organizationId, settings, version, changedBy, provedAt = null } = change
  const row = {
    is_on: settings.isOn,
    account: settings.account,
    prompt_sealed: sealed(keys, organizationId, 'prompt', settings.prompt),
    auth_sealed: sealed(keys, organizationId, 'auth', settings.auth),
    when_away: settings.whenAway,
    counts_bypass: settings.countsBypass,
    serves_sites: settings.servesSites ?? false,
    proved_at: provedAt,
    version: version + 1,
    changed_by: changedBy,
    changed_at: now,
  }
  // Each sign-in reads the rules, and so whether the account is one that other organizations have, too.
  const shares = settings.isOn && (settings.account === 'provider' || settings.servesSites === true)
  await db.updateTable('policies').set({ shares_duo: shares }).where('organization_id', '=', organizationId).execute()
  if (version === 0) {
    const added = db.insertInto('duo').values({ organization_id: organizationId, ...row, trouble_reason: null, trouble_at: null })
    return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  }
  const changed = db.updateTable('duo').set(row).where('organization_id', '=', organizationId).where('version', '=', version)
  return (await changed.executeTakeFirst()).numUpdatedRows === 1n
}

/** Notes that Duo was away at a sign-in, for the people who look after an organization's Duo. It is no change of its settings. */
export async function noteDuoTrouble(db: Database, now: Date, organizationId: string, reason: string): Promise<void> {
  await db.updateTable('duo').set({ trouble_reason: reason, trouble_at: now }).where('organization_id', '=', organizationId).execute()
}

/** Notes that Duo has just said yes to both pairs of an organization's keys. */
export async function noteDuoProved(db: Database, now: Date, organizationId: string): Promise<void> {
  await db.updateTable('duo').set({ proved_at: now }).where('organization_id', '=', organizationId).execute()
}

/** Whether an organization is a site whose provider lets it use the provider's account. */
export async function isDuoOffered(db: Database, organizationId: string): Promise<boolean> {
  const found = await db
    .selectFrom('organizations as o')
    .innerJoin('duo as k', 'k.organization_id', 'o.parent_id')
    .select('o.id')
    .where('o.id', '=', organizationId)
    .where('k.account', '=', 'own')
    .where('k.is_on', '=', true)
    .where('k.serves_sites', '=', true)
    .executeTakeFirst()
  return found !== undefined
}

/** How many sites use a provider's account while their rules allow Duo: they would be left without it. */
export async function sitesUsingDuoOf(db: Database, providerId: string): Promise<number> {
  const { count } = await db
    .selectFrom('duo as d')
    .innerJoin('organizations as o', 'o.id', 'd.organization_id')
    .innerJoin('policies as p', 'p.organization_id', 'd.organization_id')
    .where('o.parent_id', '=', providerId)
    .where('d.account', '=', 'provider')
    .where('d.is_on', '=', true)
    .where('o.removed_at', 'is', null)
    .where(sql<boolean>`'duo' = any(p.methods)`)
    .select((select) => select.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
