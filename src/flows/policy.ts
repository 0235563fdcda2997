import type { PolicyChange, PolicyDraft, PolicyPreview, Policy as PolicyView } from '#contract/policy.ts'
import type { Policy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { enrollable } from '#domain/sign-in.ts'
import { note } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import { changePolicy, changesSince, coverageOf, findPolicy, securedMembers } from '#store/policy.ts'
import { previewPolicy } from '#store/policy-preview.ts'
import { shortenDevices } from '#store/remembered-devices.ts'
import type { Database } from '#store/tables.ts'
import { authorize } from './organizations.ts'
import { type Rooms, type Visit, withCircumstances } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

export async function policyOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<PolicyView> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session, organizationId, 'see-policy')
  return view(rooms.store.db, organizationId)
}

/** What a draft would bring about; nothing is stored. @throws {Problem} `forbidden`, `malformed` for a method that does not exist */
export async function previewPolicyOf(rooms: Rooms, visit: Visit, organizationId: string, draft: PolicyDraft): Promise<PolicyPreview> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-policy')
  requireKnownMethods(draft)
  return previewPolicy(rooms.store.db, rooms.now(), id, draft)
}

/**
 * Stores what a Security Admin decided. Switching off tells everybody who has an authenticator, because their password alone
 * will open their account.
 *
 * @throws {Problem} `forbidden`, `proof-required`, `malformed` for a method that does not exist, `moved-on` with who changed what
 *   when somebody else saved in the meantime
 */
export async function changePolicyOf(rooms: Rooms, visit: Visit, organizationId: string, change: PolicyChange): Promise<PolicyView> {
  const session = await requireSession(rooms, visit)
  await authorize(rooms.store.db, session, organizationId, 'change-policy')
  await requireFreshSession(rooms, visit)
  const now = rooms.now()
  const { version, ...policy } = change
  requireKnownMethods(policy)
  await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, 'change-policy')
    const before = await findPolicy(db, organization.id)
    if (!(await changePolicy(db, organization.id, policy, version))) throw await movedOn(db, organization.id, 'policy.changed', version)
    await shortenDevices(db, organization.id)
    const { version: _version, ...from } = before
    await note(db, now, visit, {
      action: 'policy.changed',
      organizationId: organization.id,
      actorId: session.userId,
      detail: { from, to: policy, version: version + 1 },
    })
    if (before.enabled && !policy.enabled) {
      const told = await securedMembers(db, organization.id)
      const messages = told.map(({ email }) => ({ to: email, template: 'policy-off', values: { organization: organization.name } }))
      await enqueue(db, rooms.keys, now, ...messages.map((message) => withCircumstances(now, visit, message)))
    }
  })
  rooms.onMessage()
  return view(rooms.store.db, organizationId)
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

function requireKnownMethods({ methods, defaultMethod }: Policy): void {
  if (!methods.every((kind) => enrollable.includes(kind))) throw new Problem('malformed', { reason: 'methods' })
  if (!methods.includes(defaultMethod)) throw new Problem('malformed', { reason: 'defaultMethod' })
}

async function view(db: Database, organizationId: string): Promise<PolicyView> {
  const [policy, people] = [await findPolicy(db, organizationId), await coverageOf(db, organizationId)]
  return { ...policy, methods: [...policy.methods], availableMethods: [...enrollable], people }
}
