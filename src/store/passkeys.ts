import { CompiledQuery, sql } from 'kysely'
import { digest } from '#crypto/random.ts'
import { type Account, type AccountValues, accountValue, toAccount } from './person.ts'
import type { Database } from './tables.ts'

/** What the row of a key is found by, and what no two people can have. */
export const knownAsPasskey = (credentialId: string): Buffer => digest(JSON.stringify(['passkey', credentialId]))

const ownerText = `select ${accountValue} as account from authenticators a join users u on u.id = a.user_id
  where a.known_as = $1 and a.retired_at is null`

/** The person that a key is bound to. */
export async function findOwnerOfPasskey(db: Database, credentialId: string): Promise<Account | undefined> {
  const { rows } = await db.executeQuery<{ readonly account: AccountValues }>(CompiledQuery.raw(ownerText, [knownAsPasskey(credentialId)]))
  return rows[0] && toAccount(rows[0].account)
}

/** Uses up a challenge that was given to nobody known. False when it was used before. */
export async function spendAnonymousChallenge(db: Database, challenge: string, expiresAt: Date): Promise<boolean> {
  const { rows } = await sql`insert into spent_challenges (hash, expires_at) values (${digest(challenge)}, ${expiresAt})
    on conflict do nothing returning 1`.execute(db)
  return rows.length === 1
}

/** What a visitor finds who is not known yet. */
export interface Entrance {
  /** Whether a passkey alone lets people of an organization in here: of the one whose host it is, or of any at the common address. */
  readonly isOpen: boolean
  readonly isOwnHost: boolean
}

export async function findEntrance(db: Database, host: string | undefined): Promise<Entrance> {
  const { rows } = await sql<Entrance>`
    with own as (select id from organizations where host = ${host ?? null})
    select exists (select from own) as "isOwnHost", exists (
      select from policies p join organizations o on o.id = p.organization_id
      where p.passwordless and p.enabled and o.suspended_at is null
        and (not exists (select from own) or o.id in (select id from own))) as "isOpen"`.execute(db)
  return rows[0] ?? { isOpen: false, isOwnHost: false }
}

/** How many passkeys and security keys a person has. */
export async function countPasskeys(db: Database, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from authenticators where user_id = ${userId} and kind = 'passkey' and retired_at is null`.execute(db)
  return rows[0]?.count ?? 0
}
