import { sql } from 'kysely'
import { digest, newToken } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import type { Database } from './tables.ts'

/** A change of email that waits to be confirmed. */
export interface EmailChange {
  readonly userId: string
  /** The address to change to, where the link was mailed. */
  readonly email: string
  readonly expiresAt: Date
}

/** Makes the one link that changes a person's email; an earlier one is dead from then on. Returns its token. */
export async function addEmailChange(db: Database, now: Date, { userId, email, expiresAt }: EmailChange): Promise<string> {
  const token = newToken()
  await sql`
    insert into links (token_hash, kind, user_id, email, created_at, expires_at)
      values (${digest(token)}, 'email-change', ${userId}, ${email}, ${now}, ${expiresAt})
    on conflict (user_id) where kind = 'email-change' and used_at is null
      do update set token_hash = excluded.token_hash, email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at`.execute(
    db,
  )
  return token
}

/** Looks at a change without confirming it, by the token of its link or by its person. */
export async function findEmailChange(
  db: Database,
  which: { readonly token: string } | { readonly userId: string },
  now: Date,
): Promise<EmailChange | undefined> {
  const open = db
    .selectFrom('links')
    .select(['user_id', 'email', 'expires_at as expiresAt'])
    .where('kind', '=', 'email-change')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
  const query = 'token' in which ? open.where('token_hash', '=', digest(which.token)) : open.where('user_id', '=', which.userId)
  const row = await query.executeTakeFirst()
  return row?.user_id && row.email ? { userId: row.user_id, email: row.email, expiresAt: row.expiresAt } : undefined
}

/**
 * Confirms a change: spends its link and changes the address in one statement, for this person only. Of any number at once
 * exactly one gets it.
 *
 * @returns the address before; undefined when the link is spent, has run out or is another person's
 * @throws {Problem} `email-in-use` when another account has taken the address; the link is then as it was
 */
export async function confirmEmailChange(
  db: Database,
  now: Date,
  { token, userId }: { readonly token: string; readonly userId: string },
): Promise<{ readonly from: string; readonly to: string } | undefined> {
  const changed = sql<{ from: string; to: string }>`
    with spent as (
      update links set used_at = ${now}
        where token_hash = ${digest(token)} and kind = 'email-change' and user_id = ${userId} and used_at is null and expires_at > ${now}
        returning user_id, email)
    update users u set email = spent.email, email_verified = true from spent join users before on before.id = spent.user_id
      where u.id = spent.user_id returning before.email as "from", u.email as "to"`
  const { rows } = await changed.execute(db).catch((cause: unknown) => {
    if (isTaken(cause)) throw new Problem('email-in-use', {}, { cause })
    throw cause
  })
  return rows[0]
}

/** Makes a link that puts the address before a change back. One does not end another: each undoes what came after it too. */
export async function addEmailUndo(
  db: Database,
  now: Date,
  { userId, email, expiresAt }: { readonly userId: string; readonly email: string; readonly expiresAt: Date },
): Promise<string> {
  const token = newToken()
  await db
    .insertInto('links')
    .values({
      token_hash: digest(token),
      kind: 'email-change-undo',
      organization_id: null,
      user_id: userId,
      email,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    })
    .execute()
  return token
}

/** Whose change a link undoes, and the address that it puts back. */
export async function findEmailUndo(db: Database, token: string, now: Date): Promise<Omit<EmailChange, 'expiresAt'> | undefined> {
  const row = await db
    .selectFrom('links')
    .select(['user_id', 'email'])
    .where('kind', '=', 'email-change-undo')
    .where('token_hash', '=', digest(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.user_id && row.email ? { userId: row.user_id, email: row.email } : undefined
}

/**
 * Puts an address back: spends the link and changes the address in one statement, so that of any number at once exactly one does it.
 *
 * @returns undefined when the link is spent or has run out
 * @throws {Problem} `email-in-use` when another account has taken the address; the link is then as it was
 */
export async function undoEmailChange(
  db: Database,
  now: Date,
  token: string,
): Promise<{ readonly userId: string; readonly from: string; readonly to: string } | undefined> {
  const undone = sql<{ userId: string; from: string; to: string }>`
    with spent as (
      update links set used_at = ${now}
        where token_hash = ${digest(token)} and kind = 'email-change-undo' and used_at is null and expires_at > ${now}
        returning user_id, email)
    update users u set email = spent.email, email_verified = true from spent join users before on before.id = spent.user_id
      where u.id = spent.user_id returning u.id as "userId", before.email as "from", u.email as "to"`
  const { rows } = await undone.execute(db).catch((cause: unknown) => {
    if (isTaken(cause)) throw new Problem('email-in-use', {}, { cause })
    throw cause
  })
  return rows[0]
}

/** The database's own refusal of a second account with one address (SQLSTATE 23505). */
const isTaken = (cause: unknown) => cause instanceof Error && 'code' in cause && cause.code === '23505'

export async function isEmailKnown(db: Database, email: string): Promise<boolean> {
  return (await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()) !== undefined
}
