import type { OneTimePassIssued, OneTimePassRequest } from '#contract/people.ts'
import { whomToAsk } from '#domain/ask-administrator.ts'
import type { Verdict } from '#domain/factor.ts'
import { originOf } from '#domain/host.ts'
import { isOpenPass } from '#domain/one-time-pass.ts'
import { isPhishingResistanceRequired, requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { findCoveringAdministrators } from '#store/ask-administrator.ts'
import { enqueue } from '#store/messages.ts'
import { approvePass, lockForPass, setPass } from '#store/one-time-pass.ts'
import type { Account } from '#store/person.ts'
import { findAccount } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { act, requireActor } from './people.ts'
import { factorOf, type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireSecondStep } from './session.ts'

const kind = 'one-time-pass'
const longestReason = 500

/**
 * "Issue one-time pass": sends a person who is stuck a pass for their next sign-in, which then leads to the set-up of a new
 * authenticator. It goes by mail to the person, and whoever issues it never sees it. Where the password was itself set through a
 * mail, the last group of the pass is not in the mail: it comes back here, once, to be given by voice. A pass takes the place of
 * the one before. Where it takes the word of a second administrator, those who may give it are told by mail.
 *
 * @throws {Problem} `forbidden`, `not-found`, `proof-required`, `second-step-required` without a second step of one's own, `yourself`,
 *   `not-joined`, `shared-user`, `not-enrolled` for whoever sets up with the password alone, `two-factor-not-available`, `malformed`
 */
export async function issueOneTimePass(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  { reason: text, minutes }: OneTimePassRequest,
): Promise<OneTimePassIssued> {
  const rights = ['reset-two-factor'] as const
  const session = await requireActor(rooms, visit, organizationId, rights)
  const reason = text.trim().slice(0, longestReason)
  let issued: OneTimePassIssued | undefined
  await act(rooms, visit, session, organizationId, memberId, {
    rights,
    change: async ({ db, now, member, organization }) => {
      requireSecondStep(session)
      if (reason === '') throw new Problem('malformed', { reason: 'reason' })
      if (member.id === session.userId) throw new Problem('yourself')
      if (member.joinedAt === null) throw new Problem('not-joined')
      if (member.isShared) throw new Problem('shared-user')
      // Under the lock of their row: a password that is set through a mail at this moment is waited for, or ends this pass.
      await lockForPass(db, member.id)
      const person = await findAccount(db, member.id)
      if (!person?.passwordHash) throw new Problem('not-joined')
      const { secondStep, isPhishingResistant = false } = requirementFor(person.memberships, person.setUpDue)
      if (secondStep === 'never') throw new Problem('two-factor-not-available')
      const setsUpAlone = person.authenticators.length === 0 && !person.setUpDue && !(isPhishingResistant && person.isPasswordMailed)
      if (setsUpAlone) throw new Problem('not-enrolled')

      const { show, keep } = factorOf(rooms, kind).enrollment.begin(person)
      const pass = show.form === 'list' ? (show.codes[0] ?? '') : ''
      const { salt, hash } = keep as { salt: string; hash: string }
      const expiresAt = new Date(now.getTime() + minutes * 60_000)
      const isSplit = person.isPasswordMailed || isPhishingResistant
      const agreed = isPhishingResistant ? { agreed: { issuedBy: session.userId } } : {}
      await setPass(db, person.id, { salt, hash, expiresAt, isSplit, ...agreed })
      const end = pass.lastIndexOf('-')
      const values = { organization: organization.name, by: session.name, expiresAt: expiresAt.toISOString() }
      const sent = { ...values, pass: isSplit ? pass.slice(0, end) : pass, isSplit: isSplit ? 'yes' : '' }
      const tell = (template: string, told: Readonly<Record<string, string>>) =>
        withCircumstances(now, visit, { to: person.email, template, values: told })
      await enqueue(db, rooms.keys, now, { ...tell('one-time-pass', sent), expiresAt }, tell('one-time-pass-issued', { ...values, reason }))
      if (isPhishingResistant) await askForWord(rooms, visit, db, now, person, session.userId, { ...values, reason })
      issued = { expiresAt: expiresAt.toISOString(), spoken: isSplit ? pass.slice(end + 1) : null, needsApproval: isPhishingResistant }
      return [{ action: 'one-time-pass.issued', detail: { reason, minutes, isSplit } }]
    },
  })
  if (!issued) throw new Error('A change that went through has issued its pass.')
  rooms.onMessage()
  return issued
}

/** Tells the administrators who may agree to a pass that it waits for one of them. */
async function askForWord(
  rooms: Rooms,
  visit: Visit,
  db: Database,
  now: Date,
  person: Account,
  issuerId: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const others = (await findCoveringAdministrators(db, person.id)).filter(({ userId }) => userId !== issuerId)
  const messages = whomToAsk(others).map(({ email, member, isOwn }) => {
    const host = isOwn ? person.memberships.find((one) => one.organizationId === member.organizationId)?.host : undefined
    const url = `${host ? originOf(host, rooms.publicUrl) : rooms.publicUrl}/users/${person.id}?organization=${member.organizationId}`
    const about = { ...values, name: person.name, person: person.email, organization: member.organization, url }
    return withCircumstances(now, visit, { to: email, template: 'one-time-pass-to-approve', values: about })
  })
  await enqueue(db, rooms.keys, now, ...messages)
}

/**
 * A second administrator agrees to the pass of somebody whom the rules leave nothing weaker than a passkey; from then on it counts. It is
 * somebody who may issue one, and neither the one who did nor the person.
 *
 * @throws {Problem} `forbidden`, `not-found`, `moved-on` where no pass of this person waits, `proof-required`, `second-step-required`, `yourself`,
 *   `shared-user`
 */
export async function approveOneTimePass(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<void> {
  const rights = ['reset-two-factor'] as const
  const session = await requireActor(rooms, visit, organizationId, rights)
  await act(rooms, visit, session, organizationId, memberId, {
    rights,
    change: async ({ db, now, member }) => {
      requireSecondStep(session)
      if (member.id === session.userId) throw new Problem('yourself')
      if (member.isShared) throw new Problem('shared-user')
      await lockForPass(db, member.id)
      const pass = (await findAccount(db, member.id))?.oneTimePass
      if (!pass?.agreed || pass.agreed.approvedBy !== undefined || now >= pass.expiresAt) throw new Problem('moved-on')
      if (pass.agreed.issuedBy === session.userId) throw new Problem('yourself')
      if (!(await approvePass(db, now, member.id, session.userId))) throw new Problem('moved-on')
      return [{ action: 'one-time-pass.approved', detail: { issuedBy: pass.agreed.issuedBy } }]
    },
  })
}

/**
 * What a text is worth as the person's one-time pass. Undefined is no pass at all; `gone` is one that nobody waits for.
 *
 * @param kinds what the sign-in takes
 */
export function judgePass(rooms: Rooms, account: Account, text: string, kinds: readonly string[]): Verdict | 'gone' | undefined {
  const { authentication } = factorOf(rooms, kind)
  if (!authentication.fits(text)) return undefined
  const { oneTimePass: pass } = account
  const needsTwo = account.memberships.some(isPhishingResistanceRequired)
  if (!kinds.includes(kind) || !isOpenPass(pass, account.isPasswordMailed, rooms.now(), needsTwo)) return 'gone'
  return authentication.answer({ secret: pass.salt, counter: 0, hashes: [pass.hash], usedHashes: [] }, text, { tolerance: 'usual' })
}

/** The person once a pass was spent: all that was bound is retired, and a set-up is due. */
export function afterPass({ oneTimePass: _spent, ...account }: Account): Account {
  return { ...account, authenticators: [], setUpDue: true }
}
