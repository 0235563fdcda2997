import type { MemberChange, MemberFilter as MemberFilterView, Members, Member as MemberView, TwoFactorAction } from '#contract/people.ts'
import { isId } from '#crypto/random.ts'
import { isPhishingResistant } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Json } from '#domain/json.ts'
import type { Message } from '#domain/message.ts'
import { badgeFor, duoHeldBack, isPhishingResistanceRequired, isRequired } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, type Right, type Role, standsAbove } from '#domain/roles.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import type { Standing } from '#store/organizations.ts'
import {
  changeMembership,
  countMembers,
  findMember,
  listMembers,
  lockRoles,
  type Member,
  otherSecurityAdmins,
  renameUser,
  retireAuthenticators,
} from '#store/people.ts'
import { findPolicy } from '#store/policy.ts'
import { shortenDevices } from '#store/remembered-devices.ts'
import { endSessions, findAccount, type OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { authorize } from './organizations.ts'
import { plainPhone } from './phone.ts'
import { phoneDetail, replacePhone } from './phone-change.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSecondStep, requireSession } from './session.ts'

export async function membersOf(rooms: Rooms, visit: Visit, organizationId: string, asked: MemberFilterView): Promise<Members> {
  const session = await requireSession(rooms, visit)
  const { userId } = session
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-users')
  const { limit: text, cursor, ...filter } = asked
  const limit = Number(text ?? 50)
  const { db } = rooms.store
  const [members, total] = await Promise.all([
    listMembers(db, id, userId, filter, { limit: limit + 1, ...(cursor === undefined ? {} : { after: readCursor(cursor) }) }),
    countMembers(db, id, filter),
  ])
  const page = members.slice(0, limit)
  const last = page.at(-1)
  return {
    users: page.map((one) => view(one, userId, rooms.now())),
    total,
    nextCursor: members.length > limit && last ? Buffer.from(last.listedAs).toString('base64url') : null,
  }
}

export async function memberOf(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<MemberView> {
  const session = await requireSession(rooms, visit)
  const { userId } = session
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-users')
  const member = await requireMember(rooms.store.db, id, memberId, userId)
  const isHeldBack = member.joinedAt !== null && (await isWithoutDuo(rooms, id, member.id))
  return { ...view(member, userId, rooms.now()), ...(isHeldBack ? { isWithoutDuo: true as const } : {}) }
}

/**
 * "Edit User": the name, the role, "Two Factor Type", the number and the tick "Required 2FA", together or not at all.
 *
 * @throws {Problem} `forbidden` also when a plain admin takes a requirement back, `shared-user` for the name or the number of a person
 *   who belongs elsewhere too, `not-joined` for the number of somebody who is a stranger still, `invalid-phone`, `last-security-admin`
 */
export async function updateMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  change: MemberChange,
): Promise<MemberView> {
  const rights: Right[] = [
    ...(change.role === undefined ? [] : ['change-roles' as const]),
    ...(change.required === undefined ? [] : [change.required ? ('require-two-factor' as const) : ('undo-requirement' as const)]),
    ...(change.name === undefined && change.method === undefined && change.phone === undefined ? [] : ['edit-users' as const]),
    // What sends its codes to the number before ends with it.
    ...(change.phone === undefined ? [] : ['reset-two-factor' as const]),
  ]
  const name = change.name?.trim()
  if (name === '') throw new Problem('malformed', { reason: 'name' })
  const phone = typeof change.phone === 'string' ? await plainPhone(change.phone) : change.phone
  return changeMember(rooms, visit, organizationId, memberId, {
    rights,
    change: async (act) => {
      const { db, organization, member } = act
      const changed: Record<string, { from: Json; to: Json }> = {}
      const events: Noted[] = []
      if (name !== undefined && name !== member.name) {
        if (member.joinedAt === null) await changeMembership(db, organization.id, member.id, { invited_as: name })
        else if (member.isShared) throw new Problem('shared-user')
        else await renameUser(db, member.id, name)
        changed.name = { from: member.name, to: name }
      }
      if (change.method !== undefined && change.method !== member.method) {
        const { methods } = await findPolicy(db, organization.id)
        if (change.method !== null && !methods.includes(change.method)) throw new Problem('malformed', { reason: 'method' })
        await changeMembership(db, organization.id, member.id, { method: change.method })
        changed.method = { from: member.method, to: change.method }
      }
      if (Object.keys(changed).length > 0) events.push({ action: 'user.changed', detail: changed })
      if (change.role !== undefined && change.role !== member.role) {
        requireGrantable(organization, change.role)
        if (!isSecurityRole(change.role)) await requireAnotherSecurityAdmin(act)
        await changeMembership(db, organization.id, member.id, { role: change.role })
        await shortenDevices(db, organization.id, member.id)
        events.push({ action: 'role.changed', detail: { from: member.role, to: change.role } })
      }
      if (events.length > 0) {
        await tell(act, {
          template: 'user-changed',
          values: {
            organization: organization.name,
            by: act.session.name,
            ...(changed.name ? { name: name ?? '' } : {}),
            ...(changed.method ? { method: change.method ?? 'default' } : {}),
            ...(change.role !== undefined && change.role !== member.role ? { role: change.role } : {}),
          },
        })
      }
      if (phone !== undefined && phone !== member.phone) events.push(...(await setPhone(act, phone)))
      if (change.required !== undefined && change.required !== member.required) {
        events.push(...(await setRequired(act, change.required)))
      }
      return events
    },
  })
}

async function setPhone(act: Act, phone: string | null): Promise<readonly Noted[]> {
  const { db, now, session, organization, member } = act
  if (member.joinedAt === null) throw new Problem('not-joined')
  if (member.isShared) throw new Problem('shared-user')
  const isSelf = member.id === session.userId
  const changed = await replacePhone(db, now, member.id, phone, isSelf ? session.id : undefined)
  if (changed === undefined) return []
  if (isSelf && changed.retired > 0) requireSecondStep(session)
  const by = { by: session.name, organization: organization.name }
  await tell(act, { template: 'phone-changed', values: { number: phone ?? '', ...by, ...(changed.retired > 0 ? { ended: 'yes' } : {}) } })
  return [{ action: 'phone.changed', detail: phoneDetail(phone, changed) }]
}

/**
 * The entries of the "Actions" menu about the second step. "Enable" makes it required of the person; "Disable" takes both the
 * requirement and the authenticators away; "Reset" takes the authenticators away, and set-up is asked for at the next sign-in.
 */
export const twoFactorActions: Readonly<Record<TwoFactorAction['action'], MemberAction>> = {
  enable: { rights: ['require-two-factor'], change: (act) => setRequired(act, true) },
  disable: {
    rights: ['undo-requirement'],
    change: (act) => (act.member.joinedAt === null ? setRequired(act, false) : takeAuthenticators(act, 'disable')),
  },
  reset: {
    rights: ['reset-two-factor'],
    change: async (act) => {
      if (act.member.joinedAt === null) throw new Problem('not-enrolled')
      return takeAuthenticators(act, 'reset')
    },
  },
}

async function takeAuthenticators(act: Act, how: 'disable' | 'reset'): Promise<readonly Noted[]> {
  const { db, now, member } = act
  if (member.isShared) throw new Problem('shared-user')
  const isCovered = isPhishingResistanceRequired({ role: member.role, policy: member.policy })
  if (how === 'disable' && member.policy.enabled && (member.policy.mode === 'everyone' || isCovered))
    throw new Problem('two-factor-required')
  if (how === 'reset' && !member.isEnrolled) throw new Problem('not-enrolled')
  const events = how === 'disable' && member.required ? await setRequired(act, false) : []
  await retireAuthenticators(db, now, member.id, how === 'reset')
  await endSessions(db, member.id, {})
  const template = how === 'reset' ? 'two-factor-reset' : 'two-factor-disabled'
  await tell(act, { template, values: { by: act.session.name, organization: act.organization.name } })
  return [...events, { action: how === 'reset' ? 'two-factor.reset' : 'two-factor.disabled' }]
}

// ---- what all changes of a member have in common

/** An audit event of a change, before actor, person and organization are put in. */
export type Noted = Omit<AuditEvent, 'actorId'>

/** What a change of one member works with, inside its transaction. */
export interface Act {
  readonly rooms: Rooms
  readonly visit: Visit
  readonly now: Date
  readonly db: Database
  readonly session: OpenSession
  readonly organization: Standing
  readonly member: Member
}

/** A change that may be done to one member by whoever holds all the rights, and to none who stands above them. */
export interface MemberAction {
  readonly rights: readonly Right[]
  readonly change: (act: Act) => Promise<readonly Noted[]>
}

/** Who may act here, by a proof of the last five minutes. @throws {Problem} `not-found`, `forbidden`, `proof-required` */
export async function requireActor(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  rights: MemberAction['rights'],
): Promise<OpenSession> {
  const session = await requireSession(rooms, visit)
  for (const right of rights) await authorize(rooms.store.db, session, organizationId, right)
  return requireFreshSession(rooms, visit)
}

/** Changes one member and shows them as they are afterwards. */
export async function changeMember(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  action: MemberAction,
): Promise<MemberView> {
  const session = await requireActor(rooms, visit, organizationId, action.rights)
  await act(rooms, visit, session, organizationId, memberId, action)
  rooms.onMessage()
  rooms.onLeft?.()
  return view(await requireMember(rooms.store.db, organizationId, memberId, session.userId), session.userId, rooms.now())
}

/**
 * One action on one member, in one transaction: the rights, the lock on the row, the standing of the two, the change, the
 * audit. The target is looked for in the organization that the rights are held in; elsewhere it does not exist.
 */
export async function act(
  rooms: Rooms,
  visit: Visit,
  session: OpenSession,
  organizationId: string,
  memberId: string,
  { rights, change }: MemberAction,
): Promise<void> {
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    if (rights.some((right) => endsRoles.includes(right))) await lockRoles(db, organizationId)
    let organization: Act['organization'] | undefined
    for (const right of rights) organization = await authorize(db, session, organizationId, right)
    if (!organization) throw new Error('An action needs a right.')
    const { id, role, actsAs } = organization
    const member = await requireMember(db, id, memberId, session.userId)
    if (!standsAbove(role, member.role)) throw new Problem('forbidden', { right: rights[0] ?? '', role })
    const events = await change({ rooms, visit, now, db, session, organization, member })
    await note(
      db,
      now,
      visit,
      ...events.map((event) => ({ ...event, organizationId: id, actorId: session.userId, subjectId: member.id, actsAs })),
    )
  })
  rooms.onRules?.({ userId: memberId })
}

/** Rights to do what may leave an organization without a Security Admin: done one after another. */
const endsRoles: readonly Right[] = ['change-roles', 'suspend-users', 'remove-users']

const isSecurityRole = (role: Role) => role === 'owner' || role === 'security-admin'

/** Asks, under the lock on roles, that somebody else can still change the rules. @throws {Problem} `last-security-admin` */
export async function requireAnotherSecurityAdmin({ db, organization, member }: Act): Promise<void> {
  const counts = isSecurityRole(member.role) && member.joinedAt !== null && member.suspendedAt === null
  if (counts && (await otherSecurityAdmins(db, organization.id, member.id)) === 0) throw new Problem('last-security-admin')
}

async function setRequired(act: Act, required: boolean): Promise<readonly Noted[]> {
  const { db, organization, member } = act
  if (!member.policy.enabled) throw new Problem('two-factor-not-available')
  if (required && member.policy.mode === 'opt-in') throw new Problem('opt-in-mode')
  if (member.required === required) return []
  await changeMembership(db, organization.id, member.id, { required })
  await tell(act, {
    template: required ? 'requirement-set' : 'requirement-removed',
    values: { organization: organization.name },
  })
  return [{ action: required ? 'requirement.set' : 'requirement.removed' }]
}

/** Mails the person what was done to them; whoever has not accepted yet is told nothing. */
export async function tell({ rooms, visit, now, db, member }: Act, message: Omit<Message, 'to'>): Promise<void> {
  if (member.joinedAt === null) return
  await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: member.email, ...message }))
}

export async function requireMember(db: Database, organizationId: string, memberId: string, actorId: string): Promise<Member> {
  const member = isId(memberId) ? await findMember(db, organizationId, memberId, actorId) : undefined
  if (!member) throw new Problem('not-found')
  return member
}

export function requireGrantable({ role, kind }: Standing, wanted: Role): void {
  if (!grantableRoles(role, kind).includes(wanted)) throw new Problem('forbidden', { right: 'change-roles', role })
}

export function view(member: Member, actorId: string, now: Date): MemberView {
  const isCovered = isPhishingResistanceRequired({ role: member.role, policy: member.policy })
  const must = isCovered || isRequired({ required: member.required, policy: member.policy })
  const secondStep = member.policy.enabled ? (must ? 'always' : 'if-enrolled') : 'never'
  return {
    id: member.id,
    name: member.name,
    email: member.email,
    role: member.role,
    status: member.joinedAt === null ? 'invited' : member.suspendedAt === null ? 'active' : 'suspended',
    required: member.required,
    isRequired: must,
    method: member.method,
    kinds: [...member.kinds],
    phone: member.phone === null || member.isShared ? null : { number: member.phone, isVerified: member.isPhoneVerified },
    badge: badgeFor({ secondStep }, isCovered ? member.kinds.some(isPhishingResistant) : member.isEnrolled),
    lastSignInAt: member.lastSignInAt?.toISOString() ?? null,
    oneTimePass: passOf(member, actorId, now),
    isSelf: member.id === actorId,
    // Whoever has not accepted yet is a stranger: where else they have an account is not told.
    isShared: member.joinedAt !== null && member.isShared,
  }
}

/** How long a pass that nobody used is still shown, as expired. */
const shownExpiredDays = 7

/** What became of the pass of a person. It is told to whoever administers all of their organizations. */
function passOf({ pass, isShared }: Member, actorId: string, now: Date): MemberView['oneTimePass'] {
  if (pass === null || isShared || now.getTime() >= pass.expiresAt.getTime() + shownExpiredDays * 86_400_000) return null
  const state = now >= pass.expiresAt ? 'expired' : pass.needsWord ? 'waiting' : 'good'
  return { state, expiresAt: pass.expiresAt.toISOString(), isByYou: pass.issuedBy === actorId }
}

/** Whether an organization allows Duo, and this person cannot use it because they belong to others, too. */
async function isWithoutDuo({ store }: Rooms, organizationId: string, userId: string): Promise<boolean> {
  const memberships = (await findAccount(store.db, userId))?.memberships ?? []
  const own = memberships.find((one) => one.organizationId === organizationId)
  return own?.policy.methods.includes('duo') === true && duoHeldBack(memberships).includes(own.organizationName)
}

/** A place in the list: what the last person of the page before is listed as. */
function readCursor(text: string): string {
  const place = Buffer.from(text, 'base64url').toString('utf8')
  if (!/^[^\p{Cc}]*\n[^\p{Cc}]*$/u.test(place)) throw new Problem('malformed', { reason: 'cursor' })
  return place
}
