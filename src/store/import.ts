import { sql } from 'kysely'
import { digest, newId, newToken } from '#crypto/random.ts'
import type { Role } from '#domain/roles.ts'
import type { Database } from './tables.ts'

/** Which of these addresses belong to members of the organization. */
export async function knownAddresses(db: Database, organizationId: string, emails: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ email: string }>`
    select u.email from users u join memberships m on m.user_id = u.id and m.organization_id = ${organizationId}
    where u.email = any (${emails})`.execute(db)
  return new Set(rows.map(({ email }) => email))
}

export interface NewMembers {
  readonly organizationId: string
  readonly required: boolean
  readonly people: readonly { readonly name: string; readonly email: string; readonly role: Role }[]
  readonly expiresAt: Date
}

export interface NewMember {
  readonly userId: string
  readonly email: string
  readonly role: Role
  /** The token of the invitation; only its hash is stored. */
  readonly token: string
}

/** Adds people who have not accepted yet, each with an invitation, in three statements. Who is a member already is left out. */
export async function addMembers(
  db: Database,
  now: Date,
  { organizationId, required, people, expiresAt }: NewMembers,
): Promise<readonly NewMember[]> {
  const column = <K extends 'name' | 'email' | 'role'>(name: K) => people.map((one) => one[name])
  await sql`insert into users (id, email, name, created_at)
    select id, email, name, ${now} from unnest(${people.map(() => newId(now))}::uuid[], ${column('email')}::text[], ${column('name')}::text[]) as one (id, email, name)
    on conflict (email) do nothing`.execute(db)
  const { rows } = await sql<{ user_id: string; email: string; role: Role }>`
    with added as (
      insert into memberships (organization_id, user_id, role, required, invited_as, invited_at)
      select ${organizationId}, u.id, one.role, ${required}, one.name, ${now}
      from unnest(${column('email')}::text[], ${column('name')}::text[], ${column('role')}::text[]) as one (email, name, role) join users u on u.email = one.email
      on conflict do nothing returning user_id, role
    ) select added.user_id, added.role, u.email from added join users u on u.id = added.user_id`.execute(db)
  const members = rows.map(({ user_id, email, role }) => ({ userId: user_id, email, role, token: newToken() }))
  if (members.length === 0) return []
  await db
    .insertInto('links')
    .values(
      members.map(({ userId, token }) => ({
        token_hash: digest(token),
        kind: 'invitation' as const,
        organization_id: organizationId,
        user_id: userId,
        created_at: now,
        expires_at: expiresAt,
        used_at: null,
      })),
    )
    .execute()
  return members
}
