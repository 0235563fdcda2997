import type { TwoFactor } from '#contract/account.ts'
import { isId } from '#crypto/random.ts'
import { plainLabel } from '#domain/authenticators.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { forgetUnusedNumber, listAuthenticators, renameAuthenticator, retireAuthenticator } from '#store/authenticators.ts'
import { enqueue } from '#store/messages.ts'
import { countPasskeys } from '#store/passkeys.ts'
import { forgetDevices } from '#store/remembered-devices.ts'
import { endSessions } from '#store/session.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSecondStep, twoFactorOf } from './session.ts'

/** Gives one of one's own authenticators another name. @throws {Problem} `malformed`, `not-found`, `proof-required` */
export async function renameOwnAuthenticator(rooms: Rooms, visit: Visit, id: string, text: string): Promise<TwoFactor> {
  const { userId } = await requireFreshSession(rooms, visit)
  const label = plainLabel(text)
  if (label === undefined) throw new Problem('malformed', { reason: 'label' })
  await rooms.store.transaction(async (db) => {
    const from = isId(id) ? await renameAuthenticator(db, userId, id, label) : undefined
    if (from === undefined) throw new Problem('not-found')
    const detail = { id, label: { from, to: label } }
    if (from !== label) await note(db, rooms.now(), visit, { action: 'authenticator.renamed', actorId: userId, subjectId: userId, detail })
  })
  return twoFactorOf(rooms, visit)
}

/**
 * Removes one of several authenticators of one's own; it is dead at once, and other sessions and remembered devices end. The last one
 * goes by "Disable 2FA" only, where no rule requires it.
 *
 * @throws {Problem} `proof-required`, `second-step-required`, `not-found`, `last-authenticator`, `two-factor-required`
 */
export async function removeOwnAuthenticator(rooms: Rooms, visit: Visit, id: string): Promise<TwoFactor> {
  const session = await requireFreshSession(rooms, visit)
  const { userId } = session
  if (!isId(id)) throw new Problem('not-found')
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const label = await retireAuthenticator(db, now, userId, id)
    if (label === undefined) {
      const bound = await listAuthenticators(db, userId)
      if (!bound.some((one) => one.id === id && one.kind !== 'backup-codes')) throw new Problem('not-found')
      const { secondStep, because } = requirementFor(session.memberships, false)
      if (secondStep === 'always') throw new Problem('two-factor-required', { organization: because?.organization ?? '' })
      throw new Problem('last-authenticator')
    }
    if (requirementFor(session.memberships, false).isPhishingResistant && (await countPasskeys(db, userId)) === 0)
      throw new Problem('last-authenticator')
    requireSecondStep(session)
    await forgetUnusedNumber(db, userId)
    await forgetDevices(db, userId)
    await endSessions(db, userId, { except: session.id })
    await note(db, now, visit, { action: 'authenticator.removed', actorId: userId, subjectId: userId, detail: { id, label } })
    const message = { to: session.email, template: 'authenticator-removed', values: { authenticator: label } }
    await enqueue(db, rooms.keys, now, withCircumstances(now, visit, message))
  })
  rooms.onMessage()
  return twoFactorOf(rooms, visit)
}
