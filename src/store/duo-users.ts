import { sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { DuoApplication } from '#domain/duo.ts'
import type { Database } from './tables.ts'

/** A user whom we make in an account at Duo, for one set-up of one person. */
export interface DuoUserRow {
  /** Also the id of the authenticator that this set-up binds. */
  readonly id: string
  readonly accountOf: string
  readonly userId: string
  readonly userName: string
  /** Duo's own id, once Duo has said that the user is made. */
  readonly userKey?: string
  readonly activationExpiresAt: Date
}

/**
 * Keeps whom we make in Duo, so that they are taken out again once nobody uses them: before Duo is asked by their name alone, and again
 * with what Duo has answered.
 */
export async function keepDuoUser(db: Database, now: Date, user: DuoUserRow): Promise<void> {
  const said = { user_name: user.userName, user_key: user.userKey ?? null, activation_expires_at: user.activationExpiresAt }
  await db
    .insertInto('duo_users')
    .values({
      id: user.id,
      account_of: user.accountOf,
      user_id: user.userId,
      ...said,
      created_at: now,
      attempts: 0,
      next_attempt_at: now,
      trouble: null,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(said))
    .execute()
}

/** A user in Duo who is used by nobody any more. */
export interface LeftDuoUser {
  readonly id: string
  readonly accountOf: string
  readonly userId: string
  readonly userName: string
  /** Missing where Duo never said whether it has made the user: then it is looked for by its name, which nobody else has. */
  readonly userKey: string | undefined
  readonly attempts: number
}

/** How long a sign-in may still be on its way after the activation that it shows has run out. */
const graceSeconds = 600

/**
 * Users of whom nothing is left here: their authenticator was retired for good, their set-up was never finished, their person belongs to
 * nothing any more, or has another method while no organization of theirs allows Duo. A reset that can still be taken back leaves them.
 * Whom Duo was only asked to make is left by time alone: earlier, the question may still be on its way.
 */
const isLeft = (now: Date) => sql<boolean>`(
  exists (select from authenticators a left join resets r on r.id = a.retired_by
    where a.id = d.id and a.retired_at is not null and (r.id is null or r.state in ('closed', 'taken-back')))
  or (not exists (select from authenticators a where a.id = d.id)
    and d.activation_expires_at < ${new Date(now.getTime() - graceSeconds * 1000).toISOString()}::timestamptz)
  or (d.user_key is not null and not exists (select from memberships m where m.user_id = d.user_id))
  or (d.user_key is not null and exists (select from authenticators a where a.user_id = d.user_id and a.retired_at is null and a.kind not in ('duo', 'backup-codes'))
    and not exists (select from memberships m join policies p on p.organization_id = m.organization_id
      where m.user_id = d.user_id and 'duo' = any (p.methods))))`

/** Takes users who are to be taken out of Duo, each for so long. No two processes take the same one. */
export async function leaseLeftDuoUsers(db: Database, now: Date, limit: number, leaseSeconds: number): Promise<readonly LeftDuoUser[]> {
  const due = db
    .selectFrom('duo_users as d')
    .select('d.id')
    .where('d.next_attempt_at', '<=', now)
    .where(isLeft(now))
    .orderBy('d.next_attempt_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
  const rows = await db
    .updateTable('duo_users')
    .set({ attempts: sql<number>`attempts + 1`, next_attempt_at: new Date(now.getTime() + leaseSeconds * 1000) })
    .where('id', 'in', due)
    .returning(['id', 'account_of', 'user_id', 'user_name', 'user_key', 'attempts'])
    .execute()
  return rows.map((row) => ({
    id: row.id,
    accountOf: row.account_of,
    userId: row.user_id,
    userName: row.user_name,
    userKey: row.user_key ?? undefined,
    attempts: row.attempts,
  }))
}

/** Who is left in an account at Duo, for whoever takes them out by hand. */
export async function findLeftDuoUsers(db: Database, now: Date, accountOf: string, limit: number): Promise<readonly LeftInDuo[]> {
  const rows = await db
    .selectFrom('duo_users as d')
    .leftJoin('users as u', 'u.id', 'd.user_id')
    .select(['d.id', 'd.user_name', 'd.user_key', 'd.trouble', 'u.name', 'd.created_at'])
    .where('d.account_of', '=', accountOf)
    .where(isLeft(now))
    .orderBy('d.created_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    userName: row.user_name,
    person: row.name ?? '',
    isSure: row.user_key !== null,
    trouble: row.trouble ?? undefined,
  }))
}

export interface LeftInDuo {
  readonly id: string
  readonly userName: string
  readonly person: string
  /** Whether Duo has said that it has made this user. */
  readonly isSure: boolean
  /** Why they could not be taken out, once that was tried. */
  readonly trouble: string | undefined
}

/** Puts the next attempt off and keeps why it failed. */
export async function noteLeftDuoUser(db: Database, id: string, trouble: string, nextAttemptAt: Date): Promise<void> {
  await db.updateTable('duo_users').set({ trouble, next_attempt_at: nextAttemptAt }).where('id', '=', id).execute()
}

/** Forgets a user who is out of Duo. @returns whether this call was the one that did */
export async function dropDuoUser(db: Database, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('duo_users').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

const adminAddress = (organizationId: string) => ({ table: 'duo', row: 'admin', owner: organizationId })

/** The application of type "Admin API" of an account, where there is one. */
export async function findDuoAdmin(db: Database, keys: Keys, organizationId: string): Promise<DuoApplication | undefined> {
  const row = await db.selectFrom('duo').select('admin_sealed').where('organization_id', '=', organizationId).executeTakeFirst()
  if (!row?.admin_sealed) return undefined
  const { host, key, secret } = Object(unseal(keys.seal, adminAddress(organizationId), row.admin_sealed))
  return { host: String(host), key: String(key), secret: String(secret) }
}

/** Stores the application of type "Admin API", or takes it away. @returns false where the organization has no Duo of its own */
export async function changeDuoAdmin(
  db: Database,
  keys: Keys,
  now: Date,
  organizationId: string,
  application: DuoApplication | undefined,
): Promise<boolean> {
  const admin_sealed = application ? seal(keys.seal, adminAddress(organizationId), { ...application }) : null
  const changed = db.updateTable('duo').set({ admin_sealed }).where('organization_id', '=', organizationId).where('account', '=', 'own')
  if ((await changed.executeTakeFirst()).numUpdatedRows !== 1n) return false
  // Who waits for an application waits no longer.
  await db.updateTable('duo_users').set({ next_attempt_at: now, attempts: 0 }).where('account_of', '=', organizationId).execute()
  return true
}
