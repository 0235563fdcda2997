import type { Sessions, Session as SessionView, TwoFactor } from '#contract/account.ts'
import { digest, isId } from '#crypto/random.ts'
import { assuranceOf, hasSecondStep } from '#domain/assurance.ts'
import { masked } from '#domain/masked.ts'
import { channelOf, hasToMove } from '#domain/methods.ts'
import { badgeFor, duoHeldBack, hasOneMethod, requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { rememberedUntil } from '#domain/remembered-devices.ts'
import { isFresh, provedAt, sessionLifetime } from '#domain/session.ts'
import { note } from '#store/audit.ts'
import { listAuthenticators } from '#store/authenticators.ts'
import { enqueue } from '#store/messages.ts'
import { retireAuthenticators } from '#store/people.ts'
import { findProfile } from '#store/profile.ts'
import { endSessions, findAccount, findSession, listSessions, type OpenSession } from '#store/session.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'

/**
 * The live session behind a visit. A session from before a second step was required, one whose remembered device was forgotten or is
 * no longer allowed, or one of somebody who belongs nowhere any more, is none: rules bite on the next request.
 *
 * @throws {Problem} `not-signed-in`
 */
export async function requireSession(rooms: Rooms, visit: Visit): Promise<OpenSession> {
  const session = visit.session ? await findSession(rooms.store, digest(visit.session), rooms.now()) : undefined
  if (!session || session.memberships.length === 0 || !isEnough(session, rooms.now())) throw new Problem('not-signed-in')
  return session
}

/** Whether what a session rests on is enough by the rules as they are now. */
function isEnough({ evidence, device, memberships }: OpenSession, now: Date): boolean {
  const { secondStep } = requirementFor(memberships, false)
  if (device === undefined) return secondStep !== 'always' || hasSecondStep(evidence)
  return device !== 'forgotten' && (secondStep === 'never' || now < rememberedUntil(device.rememberedAt, memberships))
}

/**
 * A session whose person has proved who they are in the last five minutes, and has not been spared the second step.
 *
 * @throws {Problem} `not-signed-in`, `second-step-required`, `proof-required`
 */
export async function requireFreshSession(rooms: Rooms, visit: Visit): Promise<OpenSession> {
  const session = await requireSession(rooms, visit)
  if (session.device) throw new Problem('second-step-required')
  if (!isFresh(session.evidence, rooms.now())) throw new Problem('proof-required')
  return session
}

/**
 * What takes a bound authenticator away is not done on the password alone, also in a session from before one was bound.
 *
 * @throws {Problem} `second-step-required`, or `two-factor-not-available` where nobody would ask for it
 */
export function requireSecondStep({ evidence, memberships }: OpenSession): void {
  if (hasSecondStep(evidence)) return
  throw new Problem(requirementFor(memberships, false).secondStep === 'never' ? 'two-factor-not-available' : 'second-step-required')
}

export type SessionCheck = Omit<SessionView, 'csrfToken'>

/** The session check: who this is, in which organizations, how surely. One statement. */
export async function checkSession(rooms: Rooms, visit: Visit): Promise<SessionCheck> {
  const session = await requireSession(rooms, visit)
  const { aal, amr } = assuranceOf(session.evidence)
  return {
    user: { id: session.userId, name: session.name, email: session.email },
    memberships: session.memberships.map((one) => ({
      organizationId: one.organizationId,
      organizationName: one.organizationName,
      kind: one.kind,
      host: one.host ?? null,
      role: one.role,
    })),
    aal,
    amr: [...amr],
    onRememberedDevice: session.device !== undefined,
    provedAt: provedAt(session.evidence).toISOString(),
    expiresAt: new Date(
      Math.min(
        rooms.now().getTime() + sessionLifetime.idleSeconds * 1000,
        session.startedAt.getTime() + sessionLifetime.overallSeconds * 1000,
      ),
    ).toISOString(),
  }
}

export async function signOut(rooms: Rooms, visit: Visit): Promise<void> {
  const session = visit.session ? await findSession(rooms.store, digest(visit.session), rooms.now()) : undefined
  if (session) await endOne(rooms, visit, session.userId, session.id)
}

export async function sessionsOf(rooms: Rooms, visit: Visit): Promise<Sessions> {
  const current = await requireSession(rooms, visit)
  const sessions = await listSessions(rooms.store.db, current.userId, rooms.now())
  return {
    sessions: sessions.map((one) => ({
      id: one.id,
      isCurrent: one.id === current.id,
      startedAt: one.startedAt.toISOString(),
      lastSeenAt: one.lastSeenAt.toISOString(),
      address: one.address,
      browser: one.browser,
      amr: [...assuranceOf(one.evidence).amr],
      onRememberedDevice: one.deviceId !== null,
    })),
  }
}

/** Ends one of one's own sessions. @throws {Problem} `not-found` */
export async function endSession(rooms: Rooms, visit: Visit, sessionId: string): Promise<void> {
  const { userId } = await requireSession(rooms, visit)
  if (!isId(sessionId) || !(await endOne(rooms, visit, userId, sessionId))) throw new Problem('not-found')
}

/** Ends all of one's own sessions but this one. */
export async function endOtherSessions(rooms: Rooms, visit: Visit): Promise<void> {
  const { userId, id } = await requireSession(rooms, visit)
  await rooms.store.transaction(async (db) => {
    const ended = await endSessions(db, userId, { except: id })
    if (ended > 0)
      await note(db, rooms.now(), visit, { action: 'session.ended', actorId: userId, subjectId: userId, detail: { sessions: ended } })
  })
}

async function endOne(rooms: Rooms, visit: Visit, userId: string, sessionId: string): Promise<boolean> {
  return rooms.store.transaction(async (db) => {
    const ended = await endSessions(db, userId, { only: sessionId })
    if (ended > 0) await note(db, rooms.now(), visit, { action: 'session.ended', actorId: userId, subjectId: userId })
    return ended > 0
  })
}

/** The card "Two-Factor Authentication" of the person who asks. */
export async function twoFactorOf(rooms: Rooms, visit: Visit): Promise<TwoFactor> {
  const { userId } = await requireSession(rooms, visit)
  const account = await findAccount(rooms.store.db, userId)
  if (!account) throw new Problem('not-signed-in')
  const requirement = requirementFor(account.memberships, account.setUpDue)
  const codes = account.authenticators.find((one) => one.kind === 'backup-codes')
  const { phone } = await findProfile(rooms.store.db, userId)
  const addressOf = (kind: string) => {
    const to = kind === 'email' ? account.email : channelOf(kind) === undefined ? null : phone
    return to === null ? null : masked(to)
  }
  return {
    badge: badgeFor(requirement, account.authenticators.length > 0),
    authenticators: (await listAuthenticators(rooms.store.db, userId))
      .filter((one) => one.kind !== 'backup-codes')
      .map(({ id, kind, label, boundAt, lastUsedAt }) => ({
        id,
        kind,
        label,
        to: addressOf(kind),
        boundAt: boundAt.toISOString(),
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
      })),
    backupCodesLeft: codes ? codes.hashes.length : null,
    requiredBy:
      requirement.secondStep === 'always' && requirement.because?.rule !== 'set-up-due'
        ? (requirement.because?.organization ?? null)
        : null,
    methods: [...(requirement.methods ?? [])],
    methodSetBy: account.memberships.find((one) => one.policy.enabled && hasOneMethod(one))?.organizationName ?? null,
    withoutDuo: [...duoHeldBack(account.memberships)],
    mustMove: hasToMove(
      account.authenticators.map((one) => one.kind),
      requirement.methods ?? [],
    ),
    recommendedApp: rooms.recommendedApp,
  }
}

/**
 * "Reset QR Code": the authenticator and the backup codes are dead at once, and set-up is asked for at the next sign-in.
 * Other sessions end. @throws {Problem} `proof-required`, `second-step-required`, `not-enrolled`
 */
export async function resetOwnTwoFactor(rooms: Rooms, visit: Visit): Promise<TwoFactor> {
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const retired = await retireAuthenticators(db, now, session.userId, true)
    if (retired === 0) throw new Problem('not-enrolled')
    requireSecondStep(session)
    await endSessions(db, session.userId, { except: session.id })
    await note(db, now, visit, { action: 'two-factor.reset', actorId: session.userId, subjectId: session.userId })
    await enqueue(
      db,
      rooms.keys,
      now,
      withCircumstances(now, visit, { to: session.email, template: 'two-factor-reset', values: { by: 'self' } }),
    )
  })
  rooms.onMessage()
  return twoFactorOf(rooms, visit)
}
