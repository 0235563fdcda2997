import type {
  OrganizationReset as OrganizationResetView,
  ResetAnswer,
  ResetOrder,
  ResetPreview as ResetPreviewView,
  ResetRulesChange,
  ResetRules as ResetRulesView,
  ResetStanding,
} from '#contract/organization-reset.ts'
import { isId } from '#crypto/random.ts'
import { hasSecondStep } from '#domain/assurance.ts'
import { approvalLapsesSeconds, asksForTwo, proposalLifetimeSeconds, type ResetRules } from '#domain/organization-reset.ts'
import { Problem } from '#domain/problem.ts'
import { may } from '#domain/roles.ts'
import { isFresh } from '#domain/session.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import {
  addReset,
  approveReset,
  beginTakeBack,
  enlist,
  enlistedIn,
  findReset,
  findResetRules,
  lockResetRules,
  moveReset,
  previewReset,
  type Reach,
  resettersOf,
  storeResetRules,
} from '#store/organization-reset.ts'
import { findOrganizationFor, type Standing } from '#store/organizations.ts'
import { findPolicy } from '#store/policy.ts'
import { type ResetReport, reportReset } from '#store/reset-people.ts'
import { findAccount, type OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { authorize } from './organizations.ts'
import { originFor, type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSecondStep, requireSession } from './session.ts'

const right = 'reset-organization'

/** The latest reset of an organization with how far it is, and the rules for the next one. @throws {Problem} `not-found`, `forbidden` */
export async function resetOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<ResetStanding> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, right)
  return standingOf(rooms, session, id)
}

/** What a reset by whoever asks would do now; where one is proposed already, what that one would do. Nothing is stored. */
export async function previewResetOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<ResetPreviewView> {
  const session = await requireSession(rooms, visit)
  const { db } = rooms.store
  const organization = await authorize(db, session, organizationId, right)
  const latest = await reportReset(db, organization.id)
  const by = latest?.state === 'proposed' ? latest.proposedById : session.userId
  const reach = (await reachOf(db, organization.id, by, session.userId)) ?? ownReach(organization, session)
  const [preview, { enabled }] = [await previewReset(db, rooms.now(), reach), await findPolicy(db, organization.id)]
  const { people, kinds, leftAlone, ...counts } = preview
  return {
    ...counts,
    people: { count: people.count, names: [...people.names] },
    kinds: kinds.filter(({ kind }) => kind !== 'backup-codes' && kind !== 'one-time-pass').map((one) => ({ ...one })),
    leftAlone: { count: leftAlone.count, people: leftAlone.people.map((one) => ({ ...one })) },
    isAvailable: enabled,
  }
}

/**
 * "Reset Organization 2FA", confirmed: the reset begins to run, or where the rules ask for two it is proposed to all others who may
 * reset, and they are told. Whoever confirms is left alone, to see it through.
 *
 * @throws {Problem} `forbidden`, `proof-required`, `second-step-required`, `name-mismatch`, `reset-under-way`, `nobody-to-reset`,
 *   `second-admin-missing`
 */
export async function orderReset(rooms: Rooms, visit: Visit, organizationId: string, { name }: ResetOrder): Promise<ResetStanding> {
  const session = await requireResetter(rooms, visit, organizationId)
  const now = rooms.now()
  const id = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, right)
    if (plain(name) !== plain(organization.name)) throw new Problem('name-mismatch')
    // Held, so that nobody switches the rule of two on, or off, between this look and the reset.
    const rules = await lockResetRules(db, organization.id)
    const reach = ownReach(organization, session)
    const ordered = { ...reach, undoMinutes: rules.undoMinutes, origin: visit }
    const about = { organizationId: organization.id, actorId: session.userId }
    if (asksForTwo(rules, now)) {
      const others = (await resettersOf(db, organization.id)).filter((one) => one.id !== session.userId)
      if (others.length === 0) throw new Problem('second-admin-missing')
      const { people } = await previewReset(db, now, reach)
      if (people.count === 0) throw new Problem('nobody-to-reset')
      const resetId = await addReset(db, now, { ...ordered, asked: others.map((one) => one.id) })
      if (resetId === undefined) throw new Problem('reset-under-way')
      await note(db, now, visit, { action: 'reset.proposed', ...about, detail: { reset: resetId, people: people.count } })
      await tellOf(rooms, visit, db, organization, others, 'reset-proposed', {
        by: session.name,
        people: String(people.count),
        expiresAt: new Date(now.getTime() + proposalLifetimeSeconds * 1000).toISOString(),
      })
      return organization.id
    }
    const resetId = await addReset(db, now, ordered)
    if (resetId === undefined) throw new Problem('reset-under-way')
    await begin(rooms, visit, db, { organization, resetId, reach, starter: session, undoMinutes: rules.undoMinutes })
    return organization.id
  })
  rooms.onMessage()
  rooms.onReset?.()
  return standingOf(rooms, session, id)
}

/**
 * What is said to the latest reset: a second Security Admin approves it, somebody withdraws the proposal, or takes the reset back
 * while its window is open.
 *
 * @throws {Problem} `moved-on` when it is no longer at a point where that can be said, `not-an-approver`, and as {@link orderReset}
 */
export async function answerReset(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { answer, resetId }: ResetAnswer,
): Promise<ResetStanding> {
  const session = await requireResetter(rooms, visit, organizationId)
  const now = rooms.now()
  const id = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, right)
    const reset = isId(resetId) ? await findReset(db, organization.id, resetId) : undefined
    if (!reset) throw new Problem('moved-on')
    const about = { organizationId: organization.id, actorId: session.userId, detail: { reset: reset.id } }
    if (answer === 'approve') {
      if (reset.state !== 'proposed') throw new Problem('moved-on')
      if (reset.proposedBy === session.userId || !reset.asked.includes(session.userId)) throw new Problem('not-an-approver')
      // What somebody proposed who may no longer do it themselves is void.
      const reach = await reachOf(db, organization.id, reset.proposedBy, session.userId)
      if (!reach || !(await approveReset(db, now, organization.id, reset.id, session.userId))) throw new Problem('moved-on')
      await begin(rooms, visit, db, { organization, resetId: reset.id, reach, starter: session, undoMinutes: reset.undoMinutes })
    } else if (answer === 'withdraw') {
      if (!(await moveReset(db, now, reset.id, 'proposed', 'withdrawn', session.userId))) throw new Problem('moved-on')
      await note(db, now, visit, { action: 'reset.withdrawn', ...about })
    } else {
      if (!(await beginTakeBack(db, now, organization.id, reset.id, session.userId))) throw new Problem('moved-on')
      await note(db, now, visit, { action: 'reset.taking-back', ...about })
    }
    return organization.id
  })
  rooms.onMessage()
  rooms.onReset?.()
  return standingOf(rooms, session, id)
}

/**
 * The rules for the next reset. The rule of two cannot be switched on where nobody could be the second; switched off it still holds for
 * a day, and everybody who may reset is told.
 *
 * @throws {Problem} `second-admin-missing`, and as {@link orderReset}
 */
export async function changeResetRules(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { needsApproval, undoMinutes }: ResetRulesChange,
): Promise<ResetStanding> {
  const session = await requireResetter(rooms, visit, organizationId)
  const now = rooms.now()
  const id = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, right)
    const before = await lockResetRules(db, organization.id)
    const all = await resettersOf(db, organization.id)
    if (needsApproval && !before.needsApproval && all.length < 2) throw new Problem('second-admin-missing')
    const isLapsing = before.needsApproval && !needsApproval
    const after: ResetRules = {
      needsApproval,
      undoMinutes,
      lapsesAt: needsApproval ? null : isLapsing ? new Date(now.getTime() + approvalLapsesSeconds * 1000) : before.lapsesAt,
    }
    if (before.needsApproval === needsApproval && before.undoMinutes === undoMinutes) return organization.id
    await storeResetRules(db, organization.id, after)
    const told = ({ needsApproval, undoMinutes }: ResetRules) => ({ needsApproval, undoMinutes })
    await note(db, now, visit, {
      action: 'reset.rules-changed',
      organizationId: organization.id,
      actorId: session.userId,
      detail: { from: told(before), to: told(after), ...(isLapsing ? { lapsesAt: after.lapsesAt?.toISOString() ?? null } : {}) },
    })
    if (isLapsing) {
      const others = all.filter((one) => one.id !== session.userId)
      await tellOf(rooms, visit, db, organization, others, 'reset-approval-off', {
        by: session.name,
        expiresAt: after.lapsesAt?.toISOString() ?? '',
      })
    }
    return organization.id
  })
  rooms.onMessage()
  return standingOf(rooms, session, id)
}

// ---- what all of them have in common

/**
 * Who may do this here, with both factors proved in the last five minutes: a password alone resets nobody.
 *
 * @throws {Problem} `not-found`, `forbidden`, `proof-required`, `second-step-required`, `not-enrolled`
 */
async function requireResetter(rooms: Rooms, visit: Visit, organizationId: string): Promise<OpenSession> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, right)
  const session = await requireFreshSession(rooms, visit)
  const seconds = session.evidence.filter((one) => hasSecondStep([one]))
  if (seconds.length === 0 && (await findAccount(rooms.store.db, session.userId))?.authenticators.length === 0)
    throw new Problem('not-enrolled')
  requireSecondStep(session)
  if (!isFresh(seconds, rooms.now())) throw new Problem('proof-required')
  return session
}

const ownReach = ({ id, role }: Standing, { userId }: OpenSession): Reach => ({
  organizationId: id,
  by: userId,
  isOwner: role === 'owner',
  except: userId,
})

/** How far somebody's decision reaches now. Undefined when they may no longer decide it. */
async function reachOf(db: Database, organizationId: string, by: string, except: string): Promise<Reach | undefined> {
  const standing = await findOrganizationFor(db, organizationId, by)
  if (!standing || !may(standing.role, right, standing.kind)) return undefined
  return { organizationId, by, isOwner: standing.role === 'owner', except }
}

interface Begun {
  readonly organization: Standing
  readonly resetId: string
  readonly reach: Reach
  /** Whose click it is, by a session with a fresh proof. */
  readonly starter: OpenSession
  readonly undoMinutes: number
}

/** Writes down who is to be reset. All others who may reset are told now; those who are reset themselves are told by that. */
async function begin(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  { organization, resetId, reach, starter, undoMinutes }: Begun,
): Promise<void> {
  const now = rooms.now()
  const people = await enlist(db, now, resetId, reach)
  if (people === 0) throw new Problem('nobody-to-reset')
  const reached = await enlistedIn(db, resetId)
  const others = (await resettersOf(db, organization.id)).filter((one) => one.id !== starter.userId && !reached.has(one.id))
  await note(db, now, visit, {
    action: 'reset.started',
    organizationId: organization.id,
    actorId: starter.userId,
    ...(reach.by === starter.userId ? {} : { subjectId: reach.by }),
    detail: { reset: resetId, people, undoMinutes },
  })
  await tellOf(rooms, visit, db, organization, others, 'reset-started', {
    by: starter.name,
    people: String(people),
    undoMinutes: String(undoMinutes),
  })
}

const page = '/company-settings/general/two-factor/reset'

/** Mails those who may reset the organization, each with the address of the page at the place where they sign in. */
async function tellOf(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  organization: Standing,
  told: readonly { readonly id: string; readonly email: string }[],
  template: 'reset-proposed' | 'reset-started' | 'reset-approval-off',
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const now = rooms.now()
  const messages = []
  for (const { id, email } of told) {
    const account = await findAccount(db, id)
    const url = `${originFor(rooms, account ?? { memberships: [] })}${page}?organization=${organization.id}`
    messages.push(withCircumstances(now, visit, { to: email, template, values: { organization: organization.name, url, ...values } }))
  }
  await enqueue(db, rooms.keys, now, ...messages)
}

/** Names are compared as they are read: whatever spaces stand between the words, and in either case. */
const plain = (name: string) => name.trim().replace(/\s+/gu, ' ').toLowerCase()

async function standingOf(rooms: Rooms, session: OpenSession, organizationId: string): Promise<ResetStanding> {
  const { db } = rooms.store
  const now = rooms.now()
  const report = await reportReset(db, organizationId)
  const [rules, admins] = [await findResetRules(db, organizationId), (await resettersOf(db, organizationId)).length]
  return { reset: report ? view(report, session.userId, now) : null, rules: viewRules(rules, admins, now) }
}

const viewRules = ({ lapsesAt, ...rules }: ResetRules, admins: number, now: Date): ResetRulesView => ({
  ...rules,
  lapsesAt: lapsesAt !== null && now < lapsesAt ? lapsesAt.toISOString() : null,
  asksForTwo: asksForTwo({ ...rules, lapsesAt }, now),
  admins,
})

function view(report: ResetReport, userId: string, now: Date): OrganizationResetView {
  const { proposedById, asked, undoMinutes, counts, leftAlone, mails, ...rest } = report
  // A state that time alone has ended is told as such, also before anybody has written it down.
  const isOver = rest.state === 'proposed' && rest.expiresAt !== null && now >= rest.expiresAt
  const isShut = rest.state === 'done' && rest.undoUntil !== null && now >= rest.undoUntil
  const state = isOver ? 'expired' : isShut ? 'closed' : rest.state
  const text = (at: Date | null) => at?.toISOString() ?? null
  return {
    id: rest.id,
    state,
    proposedBy: rest.proposedBy,
    proposedAt: rest.proposedAt.toISOString(),
    expiresAt: text(rest.expiresAt),
    startedBy: rest.startedBy,
    startedAt: text(rest.startedAt),
    undoMinutes,
    finishedAt: text(rest.finishedAt),
    undoUntil: text(rest.undoUntil),
    endedBy: rest.endedBy,
    endedAt: text(rest.endedAt),
    erasedAt: text(rest.erasedAt),
    counts: { ...counts },
    leftAlone: { count: leftAlone.count, people: leftAlone.people.map((one) => ({ ...one })) },
    mails: { ...mails, failedFor: [...mails.failedFor] },
    isOwn: proposedById === userId,
    mayApprove: state === 'proposed' && proposedById !== userId && asked.includes(userId),
    mayTakeBack: undoMinutes > 0 && (state === 'running' || state === 'done'),
  }
}
