import type { PasswordChange, PhoneChange, ProfileChange, Profile as ProfileView } from '#contract/profile.ts'
import { digest, keyedDigest, newToken } from '#crypto/random.ts'
import { ownsPassword } from '#domain/assurance.ts'
import { passwordLengthFor, requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { isFresh } from '#domain/session.ts'
import { note } from '#store/audit.ts'
import { findEmailChange } from '#store/email-change.ts'
import { dropLinks } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import { setPassword } from '#store/people.ts'
import type { Account } from '#store/person.ts'
import { changeProfile, findProfile } from '#store/profile.ts'
import { endSessions, findAccount, renewSession } from '#store/session.ts'
import { laneKeys } from '#store/sign-in.ts'
import { oneLine } from '#words/markup.ts'
import { languages } from '#words/words.ts'
import { newDeviceCookie, recognizedDevice } from './device.ts'
import { requirePassword } from './password.ts'
import { checkNewPassword } from './password-rules.ts'
import { plainPhone } from './phone.ts'
import { phoneDetail, replacePhone } from './phone-change.ts'
import { type Cookies, type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSecondStep, requireSession } from './session.ts'

/** What the person who asks keeps about themselves. */
export async function profileOf(rooms: Rooms, visit: Visit): Promise<ProfileView> {
  const { userId, email, memberships } = await requireSession(rooms, visit)
  const { db } = rooms.store
  const [profile, pending] = [await findProfile(db, userId), await findEmailChange(db, { userId }, rooms.now())]
  const { name, phone, phoneVerifiedAt, language } = profile
  const length = lengthOf(memberships)
  return {
    name,
    email,
    pendingEmail: pending ? { email: pending.email, expiresAt: pending.expiresAt.toISOString() } : null,
    phone: phone === null ? null : { number: phone, isVerified: phoneVerifiedAt !== null },
    language,
    languages: [...languages],
    leastPasswordLength: length.minLength,
    passwordLengthRaisedBy: length.raisedBy ?? null,
  }
}

/**
 * "Edit Profile": name and language. Both are a person's own and open nothing, so an older proof suffices.
 *
 * @throws {Problem} `malformed` for an empty name or a language that there is not
 */
export async function changeProfileOf(rooms: Rooms, visit: Visit, { name, language }: ProfileChange): Promise<ProfileView> {
  const { userId } = await requireSession(rooms, visit)
  const clean = name === undefined ? undefined : oneLine(name, 120)
  if (clean === '') throw new Problem('malformed', { reason: 'name' })
  if (typeof language === 'string' && !languages.some(({ tag }) => tag === language)) throw new Problem('malformed', { reason: 'language' })
  const change = { ...(clean === undefined ? {} : { name: clean }), ...(language === undefined ? {} : { language }) }
  await rooms.store.transaction(async (db) => {
    const before = await changeProfile(db, userId, change)
    const changed = (Object.keys(change) as (keyof typeof change)[]).filter((field) => change[field] !== before[field])
    if (changed.length === 0) return
    const of = (profile: typeof change) => Object.fromEntries(changed.map((field) => [field, profile[field] ?? null]))
    const detail = { from: of(before), to: of(change) }
    await note(db, rooms.now(), visit, { action: 'profile.changed', actorId: userId, subjectId: userId, detail })
  })
  return profileOf(rooms, visit)
}

/**
 * Another phone number, or none. It counts as not verified until a code has proved it, and the person's email is told. Where codes went
 * to the number before, that ends at once: the set-up that proves the new number comes after, on the pages of the sign-in.
 *
 * @throws {Problem} `invalid-phone`, `proof-required`, `second-step-required`
 */
export async function changePhone(rooms: Rooms, visit: Visit, { phone: typed }: PhoneChange): Promise<ProfileView> {
  const session = await requireFreshSession(rooms, visit)
  const { userId, email } = session
  const phone = typed === null ? null : await plainPhone(typed)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const changed = await replacePhone(db, now, userId, phone, session.id)
    if (changed === undefined) return
    if (changed.retired > 0) requireSecondStep(session)
    const detail = phoneDetail(phone, changed)
    await note(db, now, visit, { action: 'phone.changed', actorId: userId, subjectId: userId, detail })
    const values = { number: phone ?? '', ...(changed.retired > 0 ? { ended: 'yes' } : {}) }
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: email, template: 'phone-changed', values }))
  })
  rooms.onMessage()
  return profileOf(rooms, visit)
}

/**
 * A new password for somebody who is signed in and gives the present one; wrong ones count like those of a sign-in. All other
 * sessions and a waiting change of email end. This session goes on under a new cookie, with the proofs it had and no fresher.
 *
 * @throws {Problem} `password-too-weak`, `wrong-password`, `too-many-attempts`, `password-change-required`, `moved-on`
 */
export async function changeOwnPassword(rooms: Rooms, visit: Visit, { current, password }: PasswordChange): Promise<Cookies> {
  const session = await requireSession(rooms, visit)
  const account = await findAccount(rooms.store.db, session.userId)
  if (!account) throw new Problem('not-signed-in')
  const organization = account.memberships[0]?.organizationName ?? ''
  await checkNewPassword(password, lengthOf(account.memberships), { email: account.email, name: account.name, organization })
  await requirePassword(rooms, visit, account, current)
  const hash = await rooms.passwords.hash(password)
  const now = rooms.now()
  const token = newToken()
  const lanes = [laneKeys.passwordsOf(keyedDigest(rooms.keys.lane, account.email))]
  // What proves the person beside a password that came by mail is a second step of these minutes, and no mailed one.
  const isProved = ownsPassword(session.evidence) && isFresh(session.evidence, now)
  await rooms.store.transaction(async (db) => {
    await dropLinks(db, { kind: 'email-change', userId: account.id })
    if (!(await setPassword(db, account.id, hash, lanes, account.passwordHash, isProved ? false : undefined))) throw new Problem('moved-on')
    if (!(await renewSession(db, session.id, digest(token)))) throw new Problem('not-signed-in')
    await endSessions(db, account.id, { except: session.id })
    await note(db, now, visit, { action: 'password.set', actorId: account.id, subjectId: account.id })
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: account.email, template: 'password-changed', values: {} }))
  })
  rooms.onMessage()
  return { session: token, ...stillRecognized(rooms, visit, account, hash) }
}

const lengthOf = (memberships: Account['memberships']) => passwordLengthFor(requirementFor(memberships, false), memberships)

/** A device is recognized by the password's hash; the one that changed it has just proved that it knows the person. */
function stillRecognized(rooms: Rooms, visit: Visit, account: Account, passwordHash: string): Cookies {
  return recognizedDevice(rooms, account, visit.device) ? { device: newDeviceCookie(rooms, { ...account, passwordHash }) } : {}
}
