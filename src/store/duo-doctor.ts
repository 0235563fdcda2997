import { sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import type { DuoApplication, DuoNormalization, DuoPerson, DuoSettings } from '#domain/duo.ts'
import { findDuo } from './duo.ts'
import type { Database } from './tables.ts'

/** The account at Duo that the key doctor asks, also while Duo is still switched off. */
export interface DuoAccount {
  readonly account: DuoSettings['account']
  readonly accountOf: string
  readonly auth: DuoApplication
}

/** The account that an organization's people use or would use; undefined while there are no keys of it. */
export async function findDuoAccount(db: Database, keys: Keys, organizationId: string): Promise<DuoAccount | undefined> {
  const { settings } = await findDuo(db, keys, organizationId)
  if (settings?.account === 'own') return settings.auth && { account: 'own', accountOf: organizationId, auth: settings.auth }
  if (settings?.account !== 'provider') return undefined
  const site = await db.selectFrom('organizations').select('parent_id').where('id', '=', organizationId).executeTakeFirst()
  if (!site?.parent_id) return undefined
  const { settings: above } = await findDuo(db, keys, site.parent_id)
  if (above?.account !== 'own' || !above.isOn || above.servesSites !== true || !above.auth) return undefined
  return { account: 'provider', accountOf: site.parent_id, auth: above.auth }
}

/** Somebody who uses an account at Duo. */
export interface DuoUserHere extends DuoPerson {
  readonly shownName: string
  /** Whether they belong to the organization that was asked about, and not merely to another one that uses the same account. */
  readonly isOwn: boolean
}

/**
 * Everybody who would use an account at Duo, by name: the people of an organization, those of the organization whose account it is, and
 * those of all sites that use it as well. Who is suspended does not count.
 */
export async function listDuoPeople(db: Database, organizationId: string, accountOf: string): Promise<readonly DuoUserHere[]> {
  const { rows } = await sql<{ id: string; email: string; shown_name: string; is_own: boolean }>`
    select u.id, u.email, bool_or(m.organization_id = ${organizationId}) as is_own,
      min(case when m.organization_id = ${organizationId} and m.joined_at is null then m.invited_as else u.name end) as shown_name
    from memberships m join users u on u.id = m.user_id
    where m.suspended_at is null and (m.organization_id in (${organizationId}, ${accountOf}) or m.organization_id in (
      select d.organization_id from duo d join organizations o on o.id = d.organization_id
      where o.parent_id = ${accountOf} and o.removed_at is null and d.account = 'provider' and d.is_on))
    group by u.id, u.email order by lower(min(u.name)), u.id`.execute(db)
  return rows.map(({ id, email, shown_name, is_own }) => ({ id, name: email, shownName: shown_name, isOwn: is_own }))
}

/** How the applications read names, as far as the last run of the key doctor knows. */
export interface DuoReading {
  readonly prompt: DuoNormalization
  readonly auth: DuoNormalization
  readonly checkedBy: string | null
  readonly checkedAt: Date | null
}

export async function findDuoReading(db: Database, organizationId: string): Promise<DuoReading> {
  const row = await db
    .selectFrom('duo_doctor as d')
    .leftJoin('users as u', 'u.id', 'd.checked_by')
    .select(['d.prompt', 'd.auth', 'd.checked_at', 'u.name'])
    .where('d.organization_id', '=', organizationId)
    .executeTakeFirst()
  return {
    prompt: row?.prompt ?? 'unknown',
    auth: row?.auth ?? 'unknown',
    checkedBy: row?.name ?? null,
    checkedAt: row?.checked_at ?? null,
  }
}

export async function keepDuoReading(
  db: Database,
  organizationId: string,
  reading: { readonly prompt: DuoNormalization; readonly auth: DuoNormalization; readonly checkedBy: string; readonly checkedAt: Date },
): Promise<void> {
  const { prompt, auth, checkedBy, checkedAt } = reading
  const set = { prompt, auth, checked_by: checkedBy, checked_at: checkedAt }
  await db.updateTable('duo_doctor').set(set).where('organization_id', '=', organizationId).execute()
}

/** For how long a run counts as under way without a word: a process that dies frees the place after that. */
const leaseMilliseconds = 90_000

/** Takes the one place that an organization has for a run. @returns false while another run is under way */
export async function beginDuoRun(db: Database, now: Date, organizationId: string, runId: string): Promise<boolean> {
  const lease = { run_id: runId, running_until: new Date(now.getTime() + leaseMilliseconds) }
  const taken = await db
    .insertInto('duo_doctor')
    .values({ organization_id: organizationId, ...lease })
    .onConflict((conflict) =>
      conflict
        .column('organization_id')
        .doUpdateSet(lease)
        .where(({ or, eb }) => or([eb('duo_doctor.running_until', 'is', null), eb('duo_doctor.running_until', '<', now)])),
    )
    .executeTakeFirst()
  return taken.numInsertedOrUpdatedRows === 1n
}

/** Holds the place for longer. */
export async function holdDuoRun(db: Database, now: Date, organizationId: string, runId: string): Promise<void> {
  const until = new Date(now.getTime() + leaseMilliseconds)
  await db
    .updateTable('duo_doctor')
    .set({ running_until: until })
    .where('organization_id', '=', organizationId)
    .where('run_id', '=', runId)
    .execute()
}

export async function endDuoRun(db: Database, organizationId: string, runId: string): Promise<void> {
  await db
    .updateTable('duo_doctor')
    .set({ run_id: null, running_until: null })
    .where('organization_id', '=', organizationId)
    .where('run_id', '=', runId)
    .execute()
}
