import { sql } from 'kysely'
import type { Database } from './tables.ts'

/** An application that is to be told that somebody's session has ended. */
export interface Logout {
  readonly id: string
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string
  readonly attempts: number
  /** Undefined where the application is gone or does not want to be told. */
  readonly address: string | undefined
}

/** Takes some that are due, for so long; `SKIP LOCKED` keeps processes apart. */
export async function leaseLogouts(db: Database, now: Date, most: number, seconds: number): Promise<readonly Logout[]> {
  const until = new Date(now.getTime() + seconds * 1000)
  const { rows } = await sql<Logout>`
    with due as (select id from oidc_logouts where next_attempt_at is null or next_attempt_at <= ${now}
        order by next_attempt_at nulls first limit ${most} for update skip locked),
      leased as (update oidc_logouts l set next_attempt_at = ${until}, attempts = attempts + 1 from due where l.id = due.id returning l.*)
    select l.id, l.client_id as "clientId", l.user_id as "userId", l.session_id as "sessionId", l.attempts,
      a.settings ->> 'backChannelLogoutUri' as address
    from leased l left join applications a on a.client_id = l.client_id`.execute(db)
  return rows.map((row) => ({ ...row, address: row.address ?? undefined }))
}

/** Whom a change bears on: one person, the people of one organization, or everybody. */
export type Concerned = { readonly userId: string } | { readonly organizationId: string } | undefined

/** Sessions from which somebody is signed in to an application that wants to be told of their end, in the order of their ids. */
export async function sessionsToTellOf(
  db: Database,
  concerned: Concerned,
  after: string | undefined,
  most: number,
): Promise<readonly string[]> {
  const people = concerned && ('userId' in concerned ? sql`(${concerned.userId}::uuid)` : membersOf(concerned.organizationId))
  const { rows } = await sql<{ session_id: string }>`
    select distinct o.session_id from oidc_artifacts o join applications a on a.client_id = o.client_id
    where o.kind = 'Grant' and o.session_id > ${after ?? '00000000-0000-0000-0000-000000000000'} and a.settings ->> 'backChannelLogoutUri' is not null
      ${people ? sql`and o.session_id in (select id from sessions where user_id in ${people})` : sql``}
    order by o.session_id limit ${most}`.execute(db)
  return rows.map(({ session_id }) => session_id)
}

const membersOf = (organizationId: string) => sql`(select user_id from memberships where organization_id = ${organizationId})`

export async function dropLogout(db: Database, id: string): Promise<void> {
  await db.deleteFrom('oidc_logouts').where('id', '=', id).execute()
}

export async function retryLogout(db: Database, id: string, at: Date): Promise<void> {
  await db.updateTable('oidc_logouts').set({ next_attempt_at: at }).where('id', '=', id).execute()
}
