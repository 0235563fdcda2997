import type { PolicyChange, PolicyDraft, PolicyPreview, Policy as PolicyView } from '#contract/policy.ts'
import { isPhishingResistant } from '#domain/assurance.ts'
import { newlyWeaker, sentMethods } from '#domain/methods.ts'
import { isPhishingResistanceRequired, type Policy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import { changePolicy, changesSince, coverageOf, findAcceptance, findPolicy, keepAcceptance, securedMembers } from '#store/policy.ts'
import { previewPolicy } from '#store/policy-preview.ts'
import { previewMethods } from '#store/policy-preview-methods.ts'
import { shortenDevices } from '#store/remembered-devices.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { requireNobodyMerged } from './duo-doctor.ts'
import { availableMethods, requireUsableMethods } from './methods.ts'
import { authorize } from './organizations.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

export async function policyOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<PolicyView> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session, organizationId, 'see-policy')
  return view(rooms, organizationId)
}

/**
 * What a draft would bring about; nothing is stored.
 *
 * @throws {Problem} `forbidden`, `malformed` for a method that does not exist, `method-not-available`, `passkeys-left-out`
 */
export async function previewPolicyOf(rooms: Rooms, visit: Visit, organizationId: string, draft: PolicyDraft): Promise<PolicyPreview> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-policy')
  requireUsableMethods(await availableMethods(rooms, id), await findPolicy(rooms.store.db, id), draft)
  const { db } = rooms.store
  const [people, ofMethods] = await Promise.all([previewPolicy(db, rooms.now(), id, draft), previewMethods(db, id, draft)])
  return { ...people, ...ofMethods }
}

/**
 * Stores what a Security Admin decided. Switching off tells everybody who has an authenticator, because their password alone
 * will open their account.
 *
 * Allowing a method that is weaker than an app takes their acceptance, which is kept: who and when.
 *
 * @throws {Problem} `forbidden`, `proof-required`, `malformed` for a method that does not exist, `method-not-available`,
 *   `passkeys-left-out`, `weaker-methods` without the acceptance, `passkey-first` for whoever would shut themselves out, `duo-would-merge`, `moved-on` with who changed
 *   what when somebody else saved in the meantime
 */
export async function changePolicyOf(rooms: Rooms, visit: Visit, organizationId: string, change: PolicyChange): Promise<PolicyView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-policy')
  const { version, acceptsWeaker = false, ...policy } = change
  // Asked for before the proof, so that what is done after it is what was accepted.
  const known = await findPolicy(rooms.store.db, id)
  const usable = await availableMethods(rooms, id)
  requireUsableMethods(usable, known, policy)
  requireAcceptance(newlyWeaker(known, policy), acceptsWeaker)
  requireOwnPasskey(session, id, policy)
  await requireNobodyMerged(rooms, id, known, policy)
  await requireFreshSession(rooms, visit)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, 'change-policy')
    const before = await findPolicy(db, organization.id)
    requireUsableMethods(usable, before, policy)
    if (!(await changePolicy(db, organization.id, policy, version))) throw await movedOn(db, organization.id, 'policy.changed', version)
    await shortenDevices(db, organization.id)
    const { version: _version, isDuoShared: _ofDuo, ...from } = before
    await note(db, now, visit, {
      action: 'policy.changed',
      organizationId: organization.id,
      actorId: session.userId,
      detail: { from, to: policy, version: version + 1 },
    })
    const weaker = newlyWeaker(before, policy)
    requireAcceptance(weaker, acceptsWeaker)
    if (weaker.length > 0) {
      await keepAcceptance(db, organization.id, session.userId, now)
      const about = { organizationId: organization.id, actorId: session.userId, detail: { methods: weaker } }
      await note(db, now, visit, { action: 'policy.weaker-accepted', ...about })
    } else if (!policy.methods.some((kind) => sentMethods.includes(kind))) await keepAcceptance(db, organization.id, null, null)
    if (before.enabled && !policy.enabled) {
      const told = await securedMembers(db, organization.id)
      const messages = told.map(({ email }) => ({ to: email, template: 'policy-off', values: { organization: organization.name } }))
      await enqueue(db, rooms.keys, now, ...messages.map((message) => withCircumstances(now, visit, message)))
    }
  })
  rooms.onMessage()
  rooms.onRules?.({ organizationId: id })
  return view(rooms, organizationId)
}

/** Tells who changed what after the version that somebody had read, as far as the audit knows. */
export async function movedOn(
  db: Database,
  organizationId: string,
  action: 'policy.changed' | 'organization.look-changed',
  version: number,
): Promise<Problem> {
  const changes = await changesSince(db, organizationId, action, version)
  const fields = changes.flatMap(({ from, to }) =>
    Object.keys(to).filter((field) => JSON.stringify(from[field]) !== JSON.stringify(to[field])),
  )
  const names = changes.flatMap(({ by }) => by ?? [])
  return new Problem('moved-on', { changed: [...new Set(fields)], changedBy: [...new Set(names)] })
}

function requireAcceptance(weaker: readonly string[], isGiven: boolean): void {
  if (weaker.length > 0 && !isGiven) throw new Problem('weaker-methods', { methods: weaker })
}

/** Whoever leaves themselves nothing weaker than a passkey has shown that they have one that works. */
function requireOwnPasskey({ memberships, evidence }: OpenSession, organizationId: string, policy: Policy): void {
  const own = memberships.find((one) => one.organizationId === organizationId)
  const isCovered = own !== undefined && isPhishingResistanceRequired({ role: own.role, policy })
  if (isCovered && !evidence.some((one) => isPhishingResistant(one.kind))) throw new Problem('passkey-first')
}

async function view(rooms: Rooms, organizationId: string): Promise<PolicyView> {
  const { db } = rooms.store
  // What bears on a policy without being decided in it is no part of what is sent back to change it.
  const { isDuoShared: _ofDuo, ...policy } = await findPolicy(db, organizationId)
  const people = await coverageOf(db, organizationId)
  const accepted = await findAcceptance(db, organizationId)
  return {
    ...policy,
    methods: [...policy.methods],
    availableMethods: [...(await availableMethods(rooms, organizationId))],
    weakerAccepted: accepted ? { by: accepted.name, at: accepted.at.toISOString() } : null,
    people,
  }
}
