import type { Invitation, Member as MemberView } from '#contract/people.ts'
import { plainEmail } from '#domain/email.ts'
import type { Message } from '#domain/message.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { addLink } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import { holdOrganization, type Organization } from '#store/organizations.ts'
import { addMembership, findOrAddUser } from '#store/people.ts'
import { findPolicy } from '#store/policy.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { authorize } from './organizations.ts'
import { type MemberAction, requireActor, requireGrantable, requireMember, view } from './people.ts'
import { originFor, type Rooms, type Visit } from './rooms.ts'
import { maySend } from './sending-limits.ts'

/** An invitation can be accepted for three days. */
export const invitationLifetimeSeconds = 3 * 86_400

/**
 * Invites a person by mail. An address that is known already gets the same mail and answer: nobody learns by inviting who has
 * an account elsewhere.
 *
 * @throws {Problem} `forbidden`, `invalid-email`, `email-taken`, `sending-limit`
 */
export async function inviteMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { name, email, role }: Invitation,
): Promise<MemberView> {
  const session = await requireActor(rooms, visit, organizationId, ['invite-users'])
  const to = plainEmail(email)
  const cleanName = name.trim()
  if (to === undefined) throw new Problem('invalid-email')
  if (cleanName === '') throw new Problem('malformed', { reason: 'name' })
  const now = rooms.now()
  const invited = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, 'invite-users')
    requireGrantable(organization, role)
    if (!(await holdOrganization(db, organization.id))) throw new Problem('not-found')
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
    await mailInvitation(rooms, visit, db, session, organization, userId, to)
    return requireMember(db, organization.id, userId, session.userId)
  })
  rooms.onMessage()
  return view(invited, session.userId, rooms.now())
}

/** Mails the invitation again, with a new address; the earlier one is dead. It throws `already-active`, `sending-limit`. */
export const invitingAgain: MemberAction = {
  rights: ['invite-users'],
  change: async ({ rooms, visit, db, session, organization, member }) => {
    if (member.joinedAt) throw new Problem('already-active')
    await mailInvitation(rooms, visit, db, session, organization, member.id, member.email)
    return [{ action: 'user.invited', detail: { again: true } }]
  },
}

async function mailInvitation(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  session: OpenSession,
  organization: Organization,
  userId: string,
  to: string,
): Promise<void> {
  const now = rooms.now()
  await maySend(rooms, visit, { channel: 'mail', to, purpose: 'invitation' }, db)
  const expiresAt = invitationTime(now)
  const token = await addLink(db, now, { kind: 'invitation', organizationId: organization.id, userId, expiresAt })
  await enqueue(db, rooms.keys, now, invitationMessage(rooms, session, organization, { to, token, expiresAt }))
}

/** Until when an invitation of this moment can be accepted. */
export const invitationTime = (now: Date) => new Date(now.getTime() + invitationLifetimeSeconds * 1000)

export function invitationMessage(
  rooms: Rooms,
  { name }: OpenSession,
  organization: Organization,
  { to, token, expiresAt }: { readonly to: string; readonly token: string; readonly expiresAt: Date },
): Message {
  const values = {
    organization: organization.name,
    inviter: name,
    url: `${originFor(rooms, { memberships: [organization] })}/invitation/${token}`,
    organizationId: organization.id,
    expiresAt: expiresAt.toISOString(),
  }
  return { to, template: 'invitation', values, organizationId: organization.id }
}
