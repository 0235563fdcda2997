import { sql } from 'kysely'
import type { Kind, Role } from '#domain/roles.ts'
import type { Database } from './tables.ts'

/** An administrator whose organizations cover all that a person belongs to, as they stand to that person in one of these. */
export interface Standing {
  readonly userId: string
  readonly email: string
  /** Where the administrator holds the role. */
  readonly holds: { readonly organization: string; readonly kind: Kind; readonly role: Role }
  /** Where the person is a member, and as what. */
  readonly member: { readonly organizationId: string; readonly organization: string; readonly role: Role }
  /** Whether the role is held in that very organization, rather than in the provider above it. */
  readonly isOwn: boolean
}

/**
 * Everybody with a role above that of a user in, or in the provider above, each of the organizations that a person belongs to: the same
 * question as whether the person is shared. Not the person.
 */
export async function findCoveringAdministrators(db: Database, userId: string): Promise<readonly Standing[]> {
  const { rows } = await sql<{
    user_id: string
    email: string
    holder: string
    holder_parent: string | null
    role: Role
    organization_id: string
    organization: string
    member_role: Role
    is_own: boolean
  }>`
    with theirs as (
      select o.id, o.parent_id, o.name, m.role, o.suspended_at from memberships m join organizations o on o.id = m.organization_id
      where m.user_id = ${userId} and m.joined_at is not null),
    holders as (
      select m.user_id, m.organization_id, m.role from memberships m
      where m.organization_id in (select id from theirs union select parent_id from theirs)
        and m.role <> 'user' and m.joined_at is not null and m.suspended_at is null and m.user_id <> ${userId})
    select h.user_id, u.email, o.name as holder, o.parent_id as holder_parent, h.role, t.id as organization_id, t.name as organization, t.role as member_role,
      h.organization_id = t.id as is_own
    from holders h join users u on u.id = h.user_id join organizations o on o.id = h.organization_id
      join theirs t on h.organization_id = t.id or h.organization_id = t.parent_id
    where (t.suspended_at is null or h.organization_id = t.parent_id)
      and not exists (
        select from theirs t2 where not exists (
          select from holders h2 where h2.user_id = h.user_id and h2.organization_id in (t2.id, t2.parent_id)))
    order by u.email, t.id, is_own desc`.execute(db)
  return rows.map((row) => ({
    userId: row.user_id,
    email: row.email,
    holds: { organization: row.holder, kind: row.holder_parent === null ? 'provider' : 'site', role: row.role },
    member: { organizationId: row.organization_id, organization: row.organization, role: row.member_role },
    isOwn: row.is_own,
  }))
}
