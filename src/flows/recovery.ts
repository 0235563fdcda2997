import type { AcceptInvitation, AskPasswordReset, ResetPassword, SetUp } from '#contract/links.ts'
import { keyedDigest } from '#crypto/random.ts'
import { plainEmail } from '#domain/email.ts'
import {
  isRequired,
  leastPasswordLength,
  type PasswordLength,
  type Policy,
  passwordLengthFor,
  requirementFor,
  startingPolicy,
} from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { passwordsFromAnywhere } from '#domain/throttle.ts'
import { note } from '#store/audit.ts'
import { addLink, dropLinks, findLink, spendLink } from '#store/links.ts'
import { enqueue } from '#store/messages.ts'
import { addOrganization, isFounded } from '#store/organizations.ts'
import { addMembership, findInvited, findOrAddUser, join, proveEmail, setPassword } from '#store/people.ts'
import type { Account } from '#store/person.ts'
import { endEverything, findAccount } from '#store/session.ts'
import { settle } from '#store/settlement.ts'
import { findClaim, laneKeys } from '#store/sign-in.ts'
import { shut } from './password.ts'
import { checkNewPassword } from './password-rules.ts'
import { eventRow, originFor, type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { maySend } from './sending-limits.ts'
import { enter, type Reply } from './sign-in.ts'

/** The address that founds an installation is good for a day; a restart prints a new one. */
const setUpLifetimeSeconds = 86_400
/** Where the first person arrives: the list of people, to invite some. */
export const afterSetUp = '/users'
/** A link for a new password is good for an hour. */
export const passwordResetLifetimeSeconds = 3600
const passwordResetAnswerMilliseconds = 150

/** The one-time address of the set-up, or nothing once somebody has founded the installation. */
export async function offerSetUp(rooms: Rooms): Promise<string | undefined> {
  return rooms.store.transaction(async (db) => {
    if (await isFounded(db)) return undefined
    const now = rooms.now()
    const token = await addLink(db, now, { kind: 'setup', expiresAt: new Date(now.getTime() + setUpLifetimeSeconds * 1000) })
    return `${rooms.publicUrl}/setup/${token}`
  })
}

/** Whether a set-up address is still good. @throws {Problem} `link-gone` */
export async function requireSetUpLink(rooms: Rooms, token: string): Promise<void> {
  if (!(await findLink(rooms.store.db, 'setup', token, rooms.now()))) throw new Problem('link-gone')
}

/**
 * Founds the provider organization and its first person, who goes on to set up an authenticator. All or nothing: a refused
 * password or address leaves the link as it was, and of any number at once exactly one gets through.
 *
 * @throws {Problem} `link-gone`, `invalid-email`, `password-too-weak`
 */
export async function setUp(rooms: Rooms, visit: Visit, { token, organizationName, name, email, password }: SetUp): Promise<Reply> {
  await requireSetUpLink(rooms, token)
  const key = plainEmail(email)
  const organization = organizationName.trim()
  const person = name.trim()
  if (key === undefined) throw new Problem('invalid-email')
  if (organization === '' || person === '') throw new Problem('malformed', { reason: organization === '' ? 'organizationName' : 'name' })
  const policy: Policy = { ...startingPolicy, enabled: true }
  await checkNewPassword(
    password,
    { minLength: leastPasswordLength({ secondStep: 'always' }, [policy]) },
    { email: key, name: person, organization },
  )
  const hash = await rooms.passwords.hash(password)
  const now = rooms.now()
  const account = await rooms.store.transaction(async (db) => {
    if (!(await spendLink(db, 'setup', token, now)) || (await isFounded(db))) throw new Problem('link-gone')
    const { id: organizationId } = await addOrganization(db, now, organization, null, policy)
    const userId = await findOrAddUser(db, now, { email: key, name: person })
    await addMembership(db, now, { organizationId, userId, role: 'owner', required: true, name: person, hasJoined: true })
    await setPassword(db, userId, hash, [])
    await note(db, now, visit, {
      action: 'organization.founded',
      organizationId,
      actorId: userId,
      subjectId: userId,
      detail: { name: organization },
    })
    return findAccount(db, userId)
  })
  return enter(rooms, visit, require(account), { returnTo: afterSetUp })
}

export interface InvitationView {
  readonly organizationId: string
  readonly organization: string
  readonly name: string
  readonly email: string
  /** Whether the person has an account here already and accepts with the password they have. */
  readonly hasPassword: boolean
  readonly minLength: number
  readonly raisedBy?: string
}

/** What the page behind an invitation shows. @throws {Problem} `link-gone` */
export async function invitationOf(rooms: Rooms, token: string): Promise<InvitationView> {
  const { organizationId, organization, name, email, passwordHash, length } = await requireInvited(rooms, token)
  return { organizationId, organization, name, email, hasPassword: passwordHash !== null, ...length }
}

/**
 * Accepts an invitation: a new person chooses a password, somebody with an account gives the one they have. Then the sign-in
 * goes on with the set-up of an authenticator where one is required.
 *
 * @throws {Problem} `link-gone`, `password-too-weak`, `wrong-password`, `too-many-attempts`, `moved-on`
 */
export async function acceptInvitation(rooms: Rooms, visit: Visit, { token, password }: AcceptInvitation): Promise<Reply> {
  const invited = await requireInvited(rooms, token)
  const { userId, organizationId } = invited
  const now = rooms.now()
  const lane = { key: laneKeys.passwordsOf(keyedDigest(rooms.keys.lane, invited.email)), rules: passwordsFromAnywhere }
  let hash: string | undefined
  if (invited.passwordHash === null) {
    await checkNewPassword(password, invited.length, { email: invited.email, name: invited.name, organization: invited.organization })
    hash = await rooms.passwords.hash(password)
  } else {
    const isRight = await rooms.passwords.verify(invited.passwordHash, password, 'unknown')
    const events = isRight ? [] : [eventRow(now, { action: 'sign-in.password-refused', subjectId: userId })]
    const settled = await settle(rooms.store, {
      now,
      origin: visit,
      lane: { ...lane, effect: isRight ? 'clear' : 'charge' },
      events,
      messages: [],
    })
    if (!settled.isOpen) throw shut(now, settled, lane)
    if (!isRight) throw new Problem('wrong-password')
  }
  const account = await rooms.store.transaction(async (db) => {
    // The membership comes first, as for whoever removes or invites again: the two rows are locked in one order everywhere.
    if (!(await join(db, now, organizationId, userId)) || !(await spendLink(db, 'invitation', token, now))) throw new Problem('link-gone')
    // Another invitation of the same person may have set a password meanwhile: this one is then accepted with that.
    if (hash !== undefined && !(await setPassword(db, userId, hash, [lane.key], null))) throw new Problem('moved-on')
    await proveEmail(db, userId, invited.email)
    await note(db, now, visit, { action: 'user.joined', organizationId, actorId: userId, subjectId: userId })
    return findAccount(db, userId)
  })
  return enter(rooms, visit, require(account), {})
}

/**
 * "Forgot password?": mails a link to an address that has an account, and says the same for one that has not, and for one that was
 * mailed as much as one may be in an hour.
 *
 * @throws {Problem} `invalid-email`, `sending-limit` for who asks for very many addresses
 */
export async function askPasswordReset(rooms: Rooms, visit: Visit, { email }: AskPasswordReset): Promise<void> {
  const key = plainEmail(email)
  if (key === undefined) throw new Problem('invalid-email')
  // An address with an account is more work than one without; the answer takes the same time for both.
  const pause = new Promise((resolve) => setTimeout(resolve, passwordResetAnswerMilliseconds))
  await Promise.all([mailPasswordReset(rooms, visit, key), pause])
}

async function mailPasswordReset(rooms: Rooms, visit: Visit, key: string): Promise<void> {
  const now = rooms.now()
  const { account } = await findClaim(rooms.store, now, key, [])
  try {
    await maySend(rooms, visit, { channel: 'mail', to: key, purpose: 'password-reset' })
  } catch (error) {
    // Only the count of who asks is told; the one of an address would say that somebody asked for it before.
    if (error instanceof Problem && error.code === 'sending-limit' && error.details.reason === 'address') return
    throw error
  }
  await rooms.store.transaction(async (db) => {
    await note(db, now, visit, { action: 'password.reset-asked', ...(account ? { subjectId: account.id } : {}) })
    if (!account || account.passwordHash === undefined) return
    const expiresAt = new Date(now.getTime() + passwordResetLifetimeSeconds * 1000)
    const token = await addLink(db, now, { kind: 'password-reset', userId: account.id, email: account.email, expiresAt })
    const values = { url: `${originFor(rooms, account)}/reset-password/${token}`, expiresAt: expiresAt.toISOString() }
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: account.email, template: 'password-reset', values }))
  })
  rooms.onMessage()
}

/** What the page behind a password-reset link needs. @throws {Problem} `link-gone` */
export async function passwordResetOf(rooms: Rooms, token: string): Promise<PasswordLength> {
  return lengthOf(await requireResetting(rooms, token))
}

/**
 * Sets the password behind a mailed link. It never signs in and never touches the second factor; every session, sign-in on the
 * way, recognised device and one-time pass ends, and the count of wrong codes starts anew. From then on the password counts as
 * mailed: nothing else that a mail brings is taken beside it.
 *
 * @throws {Problem} `link-gone`, `password-too-weak`
 */
export async function resetPassword(rooms: Rooms, visit: Visit, { token, password }: ResetPassword): Promise<void> {
  const account = await requireResetting(rooms, token)
  const organization = account.memberships[0]?.organizationName ?? ''
  await checkNewPassword(password, lengthOf(account), { email: account.email, name: account.name, organization })
  const hash = await rooms.passwords.hash(password)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    if (!(await spendLink(db, 'password-reset', token, now))) throw new Problem('link-gone')
    await dropLinks(db, { kind: 'password-reset', userId: account.id })
    await dropLinks(db, { kind: 'email-change', userId: account.id })
    await setPassword(db, account.id, hash, [laneKeys.passwordsOf(keyedDigest(rooms.keys.lane, account.email))], undefined, true)
    await endEverything(db, account.id)
    await note(db, now, visit, { action: 'password.set', actorId: account.id, subjectId: account.id })
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, { to: account.email, template: 'password-changed', values: {} }))
  })
  rooms.onMessage()
}

async function requireResetting(rooms: Rooms, token: string): Promise<Account> {
  const link = await findLink(rooms.store.db, 'password-reset', token, rooms.now())
  const account = link?.userId ? await findAccount(rooms.store.db, link.userId) : undefined
  if (!account) throw new Problem('link-gone')
  return account
}

async function requireInvited(rooms: Rooms, token: string) {
  const link = await findLink(rooms.store.db, 'invitation', token, rooms.now())
  const invited = link?.organizationId && link.userId ? await findInvited(rooms.store.db, link.organizationId, link.userId) : undefined
  if (!link?.organizationId || !link.userId || !invited) throw new Problem('link-gone')
  const { enabled, mode, leastPasswordLength: raised, required, ...rest } = invited
  const must = isRequired({ required, policy: { enabled, mode } })
  const policy = { leastPasswordLength: raised }
  const length = passwordLengthFor({ secondStep: must ? 'always' : 'if-enrolled' }, [{ organizationName: rest.organization, policy }])
  return { ...rest, length, organizationId: link.organizationId, userId: link.userId }
}

const lengthOf = ({ memberships, setUpDue }: Account) => passwordLengthFor(requirementFor(memberships, setUpDue), memberships)

function require(account: Account | undefined): Account {
  if (!account) throw new Error('The account was written in this transaction.')
  return account
}
