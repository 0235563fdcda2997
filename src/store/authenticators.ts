import { sql } from 'kysely'
import { byPhone } from '#domain/authenticators.ts'
import { methods } from '#domain/methods.ts'
import type { Database } from './tables.ts'

/** What a person sees of an authenticator that is bound. */
export interface AuthenticatorEntry {
  readonly id: string
  readonly kind: string
  readonly label: string
  readonly boundAt: Date
  readonly lastUsedAt: Date | null
}

export async function listAuthenticators(db: Database, userId: string): Promise<readonly AuthenticatorEntry[]> {
  return db
    .selectFrom('authenticators')
    .select(['id', 'kind', 'label', 'bound_at as boundAt', 'last_used_at as lastUsedAt'])
    .where('user_id', '=', userId)
    .where('retired_at', 'is', null)
    .orderBy('id')
    .execute()
}

/** Gives an authenticator another name. @returns the name before, or undefined when nothing of that id is bound */
export async function renameAuthenticator(db: Database, userId: string, id: string, label: string): Promise<string | undefined> {
  const { rows } = await sql<{ label: string }>`
    update authenticators a set label = ${label} from (select id, label from authenticators where id = ${id} for update) before
    where a.id = before.id and a.user_id = ${userId} and a.retired_at is null and a.kind <> 'backup-codes' returning before.label`.execute(
    db,
  )
  return rows[0]?.label
}

/**
 * Retires one authenticator unless it is the last one. All of the person's are locked first, so that of two that leave at once the
 * second sees that the first is gone.
 *
 * @returns its name, or undefined when it is the last one or none
 */
export async function retireAuthenticator(db: Database, now: Date, userId: string, id: string): Promise<string | undefined> {
  const { rows } = await sql<{ label: string }>`
    with bound as (
      select id from authenticators where user_id = ${userId} and retired_at is null and kind <> 'backup-codes' order by id for update)
    update authenticators set retired_at = ${now}
    where id = ${id} and id in (select id from bound) and (select count(*) from bound) > 1 and retired_at is null returning label`.execute(
    db,
  )
  return rows[0]?.label
}

/** A number that no method uses any more is not verified any more: otherwise it would go on as a way to be sent a code. */
export async function forgetUnusedNumber(db: Database, userId: string): Promise<void> {
  await sql`update users set phone_verified_at = null where id = ${userId} and phone_verified_at is not null and not exists (
    select from authenticators where user_id = ${userId} and retired_at is null and kind = any (${byPhone}))`.execute(db)
}

/** Retires whatever is bound of these kinds. @returns how many there were, and how many of other methods are left */
export async function retireKinds(
  db: Database,
  now: Date,
  userId: string,
  kinds: readonly string[],
): Promise<{ readonly retired: number; readonly left: number }> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['id', 'kind'])
    .where('user_id', '=', userId)
    .where('retired_at', 'is', null)
    .where('kind', 'in', [...methods])
    .orderBy('id')
    .forUpdate()
    .execute()
  const gone = rows.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id)
  if (gone.length > 0) await db.updateTable('authenticators').set({ retired_at: now }).where('id', 'in', gone).execute()
  return { retired: gone.length, left: rows.length - gone.length }
}

/** A verified number that has just been reached counts from now on, written at most once a month. */
export async function proveAgain(db: Database, userId: string, phone: string, now: Date): Promise<void> {
  await db
    .updateTable('users')
    .set({ phone_verified_at: now })
    .where('id', '=', userId)
    .where('phone', '=', phone)
    .where('phone_verified_at', '<', new Date(now.getTime() - 30 * 86_400_000))
    .execute()
}
