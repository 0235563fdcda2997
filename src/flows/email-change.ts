import type { CompleteEmailChange } from '#contract/links.ts'
import type { EmailChange } from '#contract/profile.ts'
import { plainEmail } from '#domain/email.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import {
  addEmailChange,
  addEmailUndo,
  type EmailChange as Change,
  confirmEmailChange,
  findEmailChange,
  isEmailKnown,
} from '#store/email-change.ts'
import { dropLinks } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import { findAccount } from '#store/session.ts'
import { requirePassword } from './password.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { maySend } from './sending-limits.ts'
import { requireFreshSession, requireSession } from './session.ts'

const emailChangeLifetimeSeconds = 3600
const undoLifetimeSeconds = 7 * 86_400

/**
 * Begins a change of one's own email: mails a link to the new address, and nothing changes before it is confirmed. Where the
 * address belongs to an account already the answer is the same, and the mail says so to whoever reads it.
 *
 * @throws {Problem} `proof-required`, `invalid-email`, `email-unchanged`, `sending-limit`
 */
export async function askEmailChange(rooms: Rooms, visit: Visit, { email }: EmailChange): Promise<void> {
  const session = await requireFreshSession(rooms, visit)
  const to = plainEmail(email)
  if (to === undefined) throw new Problem('invalid-email')
  if (to === session.email) throw new Problem('email-unchanged')
  const now = rooms.now()
  await maySend(rooms, visit, { channel: 'mail', to, userId: session.userId, purpose: 'email-change' })
  await rooms.store.transaction(async (db) => {
    await note(db, now, visit, { action: 'email.change-asked', actorId: session.userId, subjectId: session.userId })
    const expiresAt = new Date(now.getTime() + emailChangeLifetimeSeconds * 1000)
    const token = await addEmailChange(db, now, { userId: session.userId, email: to, expiresAt })
    const message = (await isEmailKnown(db, to))
      ? { to, template: 'email-change-taken', values: {} }
      : { to, template: 'email-change', values: { url: `${rooms.publicUrl}/email-change/${token}`, expiresAt: expiresAt.toISOString() } }
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, message))
  })
  rooms.onMessage()
}

/** Calls a change off that waits to be confirmed; its link is dead. */
export async function cancelEmailChange(rooms: Rooms, visit: Visit): Promise<void> {
  const { userId } = await requireSession(rooms, visit)
  await dropLinks(rooms.store.db, { kind: 'email-change', userId })
}

/**
 * What the page behind the link shows. Whoever has the link knows the new address; more is not told, because the address may
 * have been mistyped.
 *
 * @throws {Problem} `link-gone`
 */
export async function emailChangeOf(
  rooms: Rooms,
  visit: Visit,
  token: string,
): Promise<{ readonly email: string; readonly asksPassword: boolean }> {
  const change = await requireChange(rooms, token)
  return { email: change.email, asksPassword: !(await isOwn(rooms, visit, change)) }
}

/**
 * Changes the email, for its owner: signed in, or with the password. The old address is told, with a link that undoes it for a week.
 *
 * @throws {Problem} `link-gone`, `email-in-use`, and those of the password where there is no session of the person
 */
export async function completeEmailChange(rooms: Rooms, visit: Visit, { token, password = '' }: CompleteEmailChange): Promise<void> {
  const change = await requireChange(rooms, token)
  if (!(await isOwn(rooms, visit, change))) {
    const account = await findAccount(rooms.store.db, change.userId)
    if (!account) throw new Problem('link-gone')
    await requirePassword(rooms, visit, account, password)
  }
  const now = rooms.now()
  const { userId } = change
  await rooms.store.transaction(async (db) => {
    const changed = await confirmEmailChange(db, now, { token, userId })
    if (!changed) throw new Problem('link-gone')
    await note(db, now, visit, { action: 'email.changed', actorId: userId, subjectId: userId, detail: changed })
    const until = new Date(now.getTime() + undoLifetimeSeconds * 1000)
    const undo = await addEmailUndo(db, now, { userId, email: changed.from, expiresAt: until })
    const values = { email: changed.to, url: `${rooms.publicUrl}/email-change-undo/${undo}`, expiresAt: until.toISOString() }
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: changed.from, template: 'email-changed', values }))
  })
  rooms.onMessage()
}

async function requireChange(rooms: Rooms, token: string): Promise<Change> {
  const change = await findEmailChange(rooms.store.db, { token }, rooms.now())
  if (!change) throw new Problem('link-gone')
  return change
}

/** Whether the visit is signed in as the person whose email is to change. */
async function isOwn(rooms: Rooms, visit: Visit, { userId }: Change): Promise<boolean> {
  try {
    return (await requireSession(rooms, visit)).userId === userId
  } catch (error) {
    if (error instanceof Problem && error.code === 'not-signed-in') return false
    throw error
  }
}
