import type { Invitation, MemberChange, Members, Member as MemberView, TwoFactorAction } from '#contract/organizations.ts'
import { isId } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import { plainEmail } from '#domain/email.ts'
import type { Message } from '#domain/message.ts'
import { badgeFor, isRequired } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, may, type Right, type Role, standsAbove } from '#domain/roles.ts'
import { note } from '#store/audit.ts'
import { addLink } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import type { Organization } from '#store/organizations.ts'
import {
  addMembership,
  changeMembership,
  findMember,
  findOrAddUser,
  listMembers,
  lockRoles,
  type Member,
  otherSecurityAdmins,
  retireAuthenticators,
} from '#store/people.ts'
import { findPolicy } from '#store/policy.ts'
import { endSessions, type OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { authorize } from './organizations.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/** An invitation can be accepted for three days. */
export const invitationLifetimeSeconds = 3 * 86_400

export interface MemberFilter {
  readonly search?: string
  readonly cursor?: string
  readonly limit?: number
}

export async function membersOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { search, cursor, limit = 50 }: MemberFilter,
): Promise<Members> {
  const session = await requireSession(rooms, visit)
  const { userId } = session
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-users')
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const { members, total } = await listMembers(rooms.store.db, id, userId, {
    ...(search ? { search } : {}),
    ...(after ? { cursor: after } : {}),
    limit: limit + 1,
  })
  const page = members.slice(0, limit)
  const last = page.at(-1)
  return {
    users: page.map((one) => view(one, userId)),
    total,
    nextCursor: members.length > limit && last ? Buffer.from(JSON.stringify([last.name, last.id])).toString('base64url') : null,
  }
}

export async function memberOf(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<MemberView> {
  const session = await requireSession(rooms, visit)
  const { userId } = session
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-users')
  return view(await requireMember(rooms.store.db, id, memberId, userId), userId)
}

/**
 * Invites a person by mail. An address that is known already gets the same mail and answer: nobody learns by inviting who has
 * an account elsewhere.
 *
 * @throws {Problem} `forbidden`, `invalid-email`, `email-taken`
 */
export async function inviteMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { name, email, role }: Invitation,
): Promise<MemberView> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session, organizationId, 'invite-users')
  await requireFreshSession(rooms, visit)
  const to = plainEmail(email)
  const cleanName = name.trim()
  if (to === undefined) throw new Problem('invalid-email')
  if (cleanName === '') throw new Problem('malformed', { reason: 'name' })
  const now = rooms.now()
  const invited = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, 'invite-users')
    requireGrantable(organization, role)
    const policy = await findPolicy(db, organization.id)
    const userId = await findOrAddUser(db, now, { email: to, name: cleanName })
    const membership = {
      organizationId: organization.id,
      userId,
      role,
      required: policy.newUsersRequired,
      name: cleanName,
      hasJoined: false,
    }
    if (!(await addMembership(db, now, membership))) throw new Problem('email-taken')
    await note(db, now, visit, {
      action: 'user.invited',
      organizationId: organization.id,
      actorId: session.userId,
      subjectId: userId,
      detail: { role },
    })
    await mailInvitation(rooms, db, session, organization, userId, to)
    return requireMember(db, organization.id, userId, session.userId)
  })
  rooms.onMessage()
  return view(invited, session.userId)
}

/** Mails the invitation again, with a new address; the earlier one is dead. @throws {Problem} `already-active` */
export async function inviteAgain(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<void> {
  await changeMember(rooms, visit, organizationId, memberId, 'invite-users', async ({ db, session, organization, member }) => {
    if (member.joinedAt) throw new Problem('already-active')
    await mailInvitation(rooms, db, session, organization, member.id, member.email)
    return [{ action: 'user.invited', detail: { again: true } }]
  })
}

/**
 * Changes a member's role or the tick "Required 2FA".
 *
 * @throws {Problem} `forbidden` also when a plain admin takes a requirement back, `last-security-admin`
 */
export async function updateMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  change: MemberChange,
): Promise<MemberView> {
  const right: Right = change.role !== undefined ? 'change-roles' : change.required ? 'require-two-factor' : 'undo-requirement'
  return changeMember(rooms, visit, organizationId, memberId, right, async (act) => {
    const { db, organization, member } = act
    const events: Omit<AuditEvent, 'actorId'>[] = []
    if (change.role !== undefined && change.role !== member.role) {
      requireGrantable(organization, change.role)
      if (
        isSecurityRole(member.role) &&
        !isSecurityRole(change.role) &&
        (await otherSecurityAdmins(db, organization.id, member.id)) === 0
      ) {
        throw new Problem('last-security-admin')
      }
      await changeMembership(db, organization.id, member.id, { role: change.role })
      events.push({ action: 'role.changed', detail: { from: member.role, to: change.role } })
    }
    if (change.required !== undefined && change.required !== member.required) {
      if (!may(organization.role, change.required ? 'require-two-factor' : 'undo-requirement')) throw new Problem('forbidden')
      events.push(...(await setRequired(rooms, visit, act, change.required)))
    }
    return events
  })
}

/**
 * The entries of the "Actions" menu. "Enable" makes two-factor authentication required of the person; "Disable" takes both the
 * requirement and the authenticators away; "Reset" takes the authenticators away, and set-up is asked for at the next sign-in.
 *
 * @throws {Problem} `two-factor-not-available`, `opt-in-mode`, `two-factor-required`, `shared-user`, `not-enrolled`, `forbidden`
 */
export async function actOnTwoFactor(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  { action }: TwoFactorAction,
): Promise<MemberView> {
  const rights = { enable: 'require-two-factor', disable: 'undo-requirement', reset: 'reset-two-factor' } as const
  return changeMember(rooms, visit, organizationId, memberId, rights[action], async (act) => {
    const { db, member } = act
    if (action === 'enable') return setRequired(rooms, visit, act, true)
    if (member.joinedAt === null) {
      if (action === 'disable') return setRequired(rooms, visit, act, false)
      throw new Problem('not-enrolled')
    }
    if (member.isShared) throw new Problem('shared-user')
    if (action === 'disable' && member.policy.enabled && member.policy.mode === 'everyone') throw new Problem('two-factor-required')
    if (action === 'reset' && !member.isEnrolled) throw new Problem('not-enrolled')
    const now = rooms.now()
    const events = action === 'disable' && member.required ? await setRequired(rooms, visit, act, false) : []
    await retireAuthenticators(db, now, member.id, action === 'reset')
    await endSessions(db, member.id, {})
    const template = action === 'reset' ? 'two-factor-reset' : 'two-factor-disabled'
    await tell(rooms, visit, act, { template, values: { by: act.session.name, organization: act.organization.name } })
    return [...events, { action: action === 'reset' ? 'two-factor.reset' : 'two-factor.disabled' }]
  })
}

// ---- what they have in common

interface Act {
  readonly db: Database
  readonly session: OpenSession
  readonly organization: Organization & { readonly role: Role }
  readonly member: Member
}

/**
 * One change to one member: the right, the fresh proof, the lock on the row, the standing of the two, the audit and the
 * answer. The target is looked for in the organization that the right is held in; elsewhere it does not exist.
 */
async function changeMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  right: Right,
  change: (act: Act) => Promise<readonly Omit<AuditEvent, 'actorId'>[]>,
): Promise<MemberView> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, right)
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  const changed = await rooms.store.transaction(async (db) => {
    if (right === 'change-roles') await lockRoles(db, organizationId)
    const organization = await authorize(db, session, organizationId, right)
    const member = await requireMember(db, organization.id, memberId, session.userId)
    if (!standsAbove(organization.role, member.role)) throw new Problem('forbidden', { right, role: organization.role })
    const events = await change({ db, session, organization, member })
    await note(
      db,
      now,
      visit,
      ...events.map((event) => ({ ...event, organizationId: organization.id, actorId: session.userId, subjectId: member.id })),
    )
    return requireMember(db, organization.id, memberId, session.userId)
  })
  rooms.onMessage()
  return view(changed, session.userId)
}

async function setRequired(rooms: Rooms, visit: Visit, act: Act, required: boolean): Promise<readonly Omit<AuditEvent, 'actorId'>[]> {
  const { db, organization, member } = act
  if (!member.policy.enabled) throw new Problem('two-factor-not-available')
  if (required && member.policy.mode === 'opt-in') throw new Problem('opt-in-mode')
  if (member.required === required) return []
  await changeMembership(db, organization.id, member.id, { required })
  await tell(rooms, visit, act, {
    template: required ? 'requirement-set' : 'requirement-removed',
    values: { organization: organization.name },
  })
  return [{ action: required ? 'requirement.set' : 'requirement.removed' }]
}

async function tell(rooms: Rooms, visit: Visit, { db, member }: Act, message: Omit<Message, 'to'>): Promise<void> {
  if (member.joinedAt === null) return
  const now = rooms.now()
  await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: member.email, ...message }))
}

async function mailInvitation(
  rooms: Rooms,
  db: Database,
  session: OpenSession,
  organization: Organization,
  userId: string,
  to: string,
): Promise<void> {
  const now = rooms.now()
  const expiresAt = new Date(now.getTime() + invitationLifetimeSeconds * 1000)
  const token = await addLink(db, now, { kind: 'invitation', organizationId: organization.id, userId, expiresAt })
  const values = {
    organization: organization.name,
    inviter: session.name,
    url: `${rooms.publicUrl}/invitation/${token}`,
    expiresAt: expiresAt.toISOString(),
  }
  await enqueue(db, rooms.keys, now, { to, template: 'invitation', values })
}

async function requireMember(db: Database, organizationId: string, memberId: string, actorId: string): Promise<Member> {
  const member = isId(memberId) ? await findMember(db, organizationId, memberId, actorId) : undefined
  if (!member) throw new Problem('not-found')
  return member
}

function requireGrantable({ role, kind }: Organization & { readonly role: Role }, wanted: Role): void {
  if (!grantableRoles(role, kind).includes(wanted)) throw new Problem('forbidden', { right: 'change-roles', role })
}

const isSecurityRole = (role: Role) => role === 'owner' || role === 'security-admin'

function view(member: Member, actorId: string): MemberView {
  const must = isRequired({ required: member.required, policy: member.policy })
  const secondStep = member.policy.enabled ? (must ? 'always' : 'if-enrolled') : 'never'
  return {
    id: member.id,
    name: member.name,
    email: member.email,
    role: member.role,
    status: member.joinedAt === null ? 'invited' : 'active',
    required: member.required,
    isRequired: must,
    badge: badgeFor({ secondStep }, member.isEnrolled),
    lastSignInAt: member.lastSignInAt?.toISOString() ?? null,
    isSelf: member.id === actorId,
  }
}

function readCursor(text: string): { readonly name: string; readonly id: string } {
  try {
    const [name, id] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[]
    if (typeof name === 'string' && typeof id === 'string' && isId(id)) return { name, id }
  } catch {
    // Falls through to the answer below: a cursor is ours or it is nothing.
  }
  throw new Problem('malformed', { reason: 'cursor' })
}
