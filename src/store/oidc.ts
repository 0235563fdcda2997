import { CompiledQuery, sql } from 'kysely'
import { digest } from '#crypto/random.ts'
import type { Role } from '#domain/roles.ts'
import type { Database } from './tables.ts'

/** What a code, a token, or a sign-in to an application says about itself, without what its bearer holds. */
export type Payload = Readonly<Record<string, unknown>>

export interface Artifact {
  readonly payload: Payload
  readonly consumedAt: Date | null
}

export interface NewArtifact {
  readonly kind: string
  /** What its bearer holds; only its hash is stored. */
  readonly id: string
  readonly clientId?: string
  readonly sessionId?: string
  readonly userId?: string
  readonly grantId?: string
  readonly payload: Payload
  readonly expiresAt: Date
}

/** Stores an artifact, or what it says now. What was consumed stays so. */
export async function saveArtifact(
  db: Database,
  { kind, id, clientId, sessionId, userId, grantId, payload, expiresAt }: NewArtifact,
): Promise<void> {
  const row = {
    client_id: clientId ?? null,
    session_id: sessionId ?? null,
    user_id: userId ?? null,
    grant_id: grantId ?? null,
    payload: JSON.stringify(payload),
    expires_at: expiresAt,
  }
  await db
    .insertInto('oidc_artifacts')
    .values({ kind, id_hash: digest(id), ...row })
    .onConflict((conflict) => conflict.columns(['kind', 'id_hash']).doUpdateSet(row))
    .execute()
}

export async function findArtifact(db: Database, now: Date, kind: string, id: string): Promise<Artifact | undefined> {
  const row = await db
    .selectFrom('oidc_artifacts')
    .select(['payload', 'consumed_at'])
    .where('kind', '=', kind)
    .where('id_hash', '=', digest(id))
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && { payload: row.payload as Payload, consumedAt: row.consumed_at }
}

/** Consumes an artifact. @returns whether this call was the first, and so the only one, to do so */
export async function consumeArtifact(db: Database, now: Date, kind: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('oidc_artifacts')
    .set({ consumed_at: now })
    .where('kind', '=', kind)
    .where('id_hash', '=', digest(id))
    .where('consumed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function dropArtifact(db: Database, kind: string, id: string): Promise<void> {
  await db.deleteFrom('oidc_artifacts').where('kind', '=', kind).where('id_hash', '=', digest(id)).execute()
}

/** Drops all that was given out for one grant: codes and tokens, and not the grant itself. */
export async function dropTokensOf(db: Database, kind: string, grantId: string): Promise<void> {
  await db.deleteFrom('oidc_artifacts').where('grant_id', '=', grantId).where('kind', '=', kind).execute()
}

/** Ends all that people have open in an application; where it is still there, it is told of each. */
export async function endArtifactsOf(db: Database, clientId: string): Promise<void> {
  await sql`insert into oidc_logouts (client_id, user_id, session_id)
    select client_id, user_id, session_id from oidc_artifacts where client_id = ${clientId} and kind = 'Grant' and session_id is not null`.execute(
    db,
  )
  await db.deleteFrom('oidc_artifacts').where('client_id', '=', clientId).execute()
}

/** Removes what has run out. Nothing waits for this; what has run out is refused already. */
export async function sweepArtifacts(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('oidc_artifacts').where('expires_at', '<', now).execute()
}

/** Somebody as an application may know them: with the memberships that count in its organization and in those below it. */
export interface OidcPerson {
  readonly id: string
  readonly name: string
  readonly email: string
  /** Whether they have shown that they read its mail. */
  readonly isEmailVerified: boolean
  readonly language: string | null
  readonly memberships: readonly { readonly id: string; readonly name: string; readonly role: Role }[]
}

const personText = `select u.id, u.name, u.email, u.email_verified as "isEmailVerified", u.language,
    json_agg(json_build_object('id', o.id, 'name', o.name, 'role', m.role) order by o.parent_id nulls first, o.name) as memberships
  from users u
    join memberships m on m.user_id = u.id and m.joined_at is not null and m.suspended_at is null
    join organizations o on o.id = m.organization_id and o.removed_at is null and o.suspended_at is null
  where u.id = $1 and (o.id = $2 or o.parent_id = $2)
  group by u.id`

/** Somebody who belongs to an organization or to one below it; undefined for everybody else. */
export async function findOidcPerson(db: Database, organizationId: string, userId: string): Promise<OidcPerson | undefined> {
  const { rows } = await db.executeQuery<OidcPerson>(CompiledQuery.raw(personText, [userId, organizationId]))
  return rows[0]
}
