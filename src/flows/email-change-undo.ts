import { keyedDigest, newToken } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { findEmailUndo, undoEmailChange } from '#store/email-change.ts'
import { addLink, dropLinks } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import { setPassword } from '#store/people.ts'
import { endEverything } from '#store/session.ts'
import { laneKeys } from '#store/sign-in.ts'
import { passwordResetLifetimeSeconds } from './recovery.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'

/** The address that the link puts back, which is where it was mailed to. @throws {Problem} `link-gone` */
export async function emailUndoOf(rooms: Rooms, token: string): Promise<{ readonly email: string }> {
  const found = await findEmailUndo(rooms.store.db, token, rooms.now())
  if (!found) throw new Problem('link-gone')
  return { email: found.email }
}

/**
 * Undoes a change of email, for whoever reads the mail of the address before it: the address is put back, whoever is signed in is out,
 * and the password opens nothing any more, because whoever changed the address knew it. The second factor stays as it is. Both
 * addresses are told. Every other link of the person dies, those of later changes too.
 *
 * @returns the token of a fresh link for a new password
 * @throws {Problem} `link-gone`, `email-in-use` when the address belongs to another account by now
 */
export async function undoChangeOfEmail(rooms: Rooms, visit: Visit, token: string): Promise<string> {
  await emailUndoOf(rooms, token)
  const unknowable = await rooms.passwords.hash(newToken())
  const now = rooms.now()
  const reset = await rooms.store.transaction(async (db) => {
    const undone = await undoEmailChange(db, now, token)
    if (!undone) throw new Problem('link-gone')
    const { userId, from, to } = undone
    for (const kind of ['email-change', 'email-change-undo', 'password-reset'] as const) await dropLinks(db, { kind, userId })
    const lanes = [from, to].map((email) => laneKeys.passwordsOf(keyedDigest(rooms.keys.lane, email)))
    await setPassword(db, userId, unknowable, lanes, undefined, true)
    await endEverything(db, userId)
    await note(db, now, visit, { action: 'email.change-undone', actorId: userId, subjectId: userId, detail: { from, to } })
    const told = (address: string) => withCircumstances(now, visit, { to: address, template: 'email-change-undone', values: { email: to } })
    await enqueue(db, rooms.keys, now, ...[...new Set([from, to])].map(told))
    const expiresAt = new Date(now.getTime() + passwordResetLifetimeSeconds * 1000)
    return addLink(db, now, { kind: 'password-reset', userId, email: to, expiresAt })
  })
  rooms.onMessage()
  return reset
}
