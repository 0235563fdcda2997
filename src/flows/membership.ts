import { keyedDigest } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { keysOfPerson } from '#domain/sending-limits.ts'
import { forgetPushes } from '#store/duo-pushes.ts'
import { dropLinks } from '#store/links.ts'
import { changeMembership, removeMembership } from '#store/people.ts'
import { dropWindows } from '#store/sending-limits.ts'
import { endIfHomeless } from '#store/session.ts'
import { clearLanes, laneKeys } from '#store/sign-in.ts'
import { type Act, act, type MemberAction, requireActor, requireAnotherSecurityAdmin, tell } from './people.ts'
import type { Rooms, Visit } from './rooms.ts'

/**
 * Suspends a membership: from the next request on it counts like one that was never accepted. Where it was the person's last
 * one, sessions and sign-ins on the way end; a session that is born in the same moment finds no membership and opens nothing.
 *
 * It throws `yourself`, `not-joined` and `last-security-admin`.
 */
export const suspension: MemberAction = {
  rights: ['suspend-users'],
  change: async (one) => {
    const { db, now, organization, member } = one
    if (member.joinedAt === null) throw new Problem('not-joined')
    requireSomebodyElse(one)
    if (member.suspendedAt !== null) return []
    await requireAnotherSecurityAdmin(one)
    await changeMembership(db, organization.id, member.id, { suspended_at: now })
    await endIfHomeless(db, member.id)
    await tell(one, { template: 'membership-suspended', values: { organization: organization.name } })
    return [{ action: 'user.suspended' }]
  },
}

/** Takes a suspension back. What was open before stays ended: the person signs in again. */
export const reinstatement: MemberAction = {
  rights: ['suspend-users'],
  change: async (one) => {
    const { db, organization, member } = one
    if (member.suspendedAt === null) return []
    // A session that was born while the suspension was on its way is alive again as soon as a membership counts.
    await endIfHomeless(db, member.id)
    await changeMembership(db, organization.id, member.id, { suspended_at: null })
    await tell(one, { template: 'membership-reinstated', values: { organization: organization.name } })
    return [{ action: 'user.reinstated' }]
  },
}

/**
 * Lets wrong codes, wrong passwords and waits of a person be forgotten, so that they can sign in again at once. It widens how
 * many guesses there are, for every organization of theirs, so it is for who administers all of them: `shared-user`.
 */
export const unlocking: MemberAction = {
  rights: ['unlock-users'],
  change: async (one) => {
    const { rooms, db, member } = one
    if (member.joinedAt === null) throw new Problem('not-joined')
    if (member.isShared) throw new Problem('shared-user')
    const digest = keyedDigest(rooms.keys.lane, member.email)
    const keys = [laneKeys.codesOf(member.id), laneKeys.passwordsOf(digest)]
    const sent = await dropWindows(db, keysOfPerson(member.id, digest))
    const hasPushes = await forgetPushes(db, member.id)
    if ((await clearLanes(db, keys)) + sent === 0 && !hasPushes) return []
    await tell(one, { template: 'user-unlocked', values: { by: one.session.name, organization: one.organization.name } })
    return [{ action: 'user.unlocked' }]
  },
}

const removal: MemberAction = {
  rights: ['remove-users'],
  change: async (one) => {
    const { db, organization, member } = one
    requireSomebodyElse(one)
    await requireAnotherSecurityAdmin(one)
    await removeMembership(db, organization.id, member.id)
    await dropLinks(db, { organizationId: organization.id, userId: member.id })
    await endIfHomeless(db, member.id)
    await tell(one, { template: 'membership-removed', values: { organization: organization.name } })
    return [{ action: 'user.removed', detail: { role: member.role, hadJoined: member.joinedAt !== null } }]
  },
}

/**
 * Removes a person from an organization, or takes an open invitation back. The audit stays, and so does the person; without
 * any membership they cannot sign in.
 *
 * @throws {Problem} `yourself`, `last-security-admin`
 */
export async function removeMember(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<void> {
  const session = await requireActor(rooms, visit, organizationId, removal.rights)
  await act(rooms, visit, session, organizationId, memberId, removal)
  rooms.onMessage()
  rooms.onLeft?.()
}

function requireSomebodyElse({ session, member }: Act): void {
  if (member.id === session.userId) throw new Problem('yourself')
}
