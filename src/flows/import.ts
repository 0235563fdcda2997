import type { ImportReport, ImportRequest } from '#contract/people.ts'
import { type ImportLine, importLimits, readImport } from '#domain/import.ts'
import { Problem } from '#domain/problem.ts'
import { grantableRoles, type Role } from '#domain/roles.ts'
import { note } from '#store/audit.ts'
import { addMembers, knownAddresses } from '#store/import.ts'
import { enqueue } from '#store/messages.ts'
import { holdOrganization, type Organization } from '#store/organizations.ts'
import { findPolicy } from '#store/policy.ts'
import type { Database } from '#store/tables.ts'
import { invitationMessage, invitationTime } from './invitations.ts'
import { authorize } from './organizations.ts'
import { requireActor } from './people.ts'
import type { Rooms, Visit } from './rooms.ts'
import { chargeInvitations } from './sending-limits.ts'
import { requireSession } from './session.ts'

/** Statements take so many people at a time. */
const batch = 500

/**
 * Invites the people of a file, all in one transaction: those whose line is right. A trial reads and judges the same and changes
 * nothing, so it needs no fresh proof.
 *
 * @throws {Problem} `unreadable-import` with a `reason`, `forbidden`, `proof-required`, `sending-limit`
 */
export async function importMembers(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { csv, isTrial }: ImportRequest,
): Promise<ImportReport> {
  const { db: outside } = rooms.store
  if (isTrial) {
    const organization = await authorize(outside, await requireSession(rooms, visit), organizationId, 'import-users')
    return report(await judge(outside, organization, csv))
  }
  const session = await requireActor(rooms, visit, organizationId, ['import-users'])
  const now = rooms.now()
  const chargeable = await judge(outside, await authorize(outside, session, organizationId, 'import-users'), csv)
  const charged = await mayBeInvited(rooms, visit, chargeable)
  const lines = await rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, 'import-users')
    if (!(await holdOrganization(db, organization.id))) throw new Problem('not-found')
    const judged = (await judge(db, organization, csv)).map((one) =>
      one.problem || charged.has(one.email) ? one : { ...one, problem: 'invited-often' as const },
    )
    const { newUsersRequired } = await findPolicy(db, organization.id)
    // In one order for everybody, so that two imports of the same people wait for each other and not in a circle.
    const good = judged.filter(({ problem }) => !problem).toSorted((a, b) => (a.email < b.email ? -1 : 1))
    const expiresAt = invitationTime(now)
    const added = new Set<string>()
    for (let from = 0; from < good.length; from += batch) {
      const people = good.slice(from, from + batch)
      const members = await addMembers(db, now, { organizationId: organization.id, required: newUsersRequired, people, expiresAt })
      const events = members.map(({ userId, role }) => ({
        action: 'user.invited' as const,
        organizationId: organization.id,
        actorId: session.userId,
        subjectId: userId,
        detail: { role, isImported: true },
      }))
      await note(db, now, visit, ...events)
      const mails = members.map(({ email, token }) => invitationMessage(rooms, session, organization, { to: email, token, expiresAt }))
      await enqueue(db, rooms.keys, now, ...mails)
      for (const { email } of members) added.add(email)
    }
    // Whoever was invited by somebody else at this moment is a member already.
    return judged.map((one) => (one.problem || added.has(one.email) ? one : { ...one, problem: 'already-member' as const }))
  })
  rooms.onMessage()
  return report(lines)
}

/** The addresses that are charged for an invitation, so that nobody is mailed without end by being imported and removed. */
async function mayBeInvited(rooms: Rooms, visit: Visit, lines: readonly ImportLine[]): Promise<ReadonlySet<string>> {
  const wanted = [...new Set(lines.filter(({ problem }) => !problem).map(({ email }) => email))]
  const charged = new Set<string>()
  for (let from = 0; from < wanted.length; from += batch)
    for (const email of await chargeInvitations(rooms, visit, wanted.slice(from, from + batch))) charged.add(email)
  return charged
}

async function judge(
  db: Database,
  { id, kind, role }: Organization & { readonly role: Role },
  csv: string,
): Promise<readonly ImportLine[]> {
  if (Buffer.byteLength(csv) > importLimits.bytes) throw new Problem('unreadable-import', { reason: 'too-large' })
  const read = readImport(csv, grantableRoles(role, kind))
  if ('problem' in read)
    throw new Problem('unreadable-import', { reason: read.problem, ...(read.line === undefined ? {} : { line: read.line }) })
  const known = await knownAddresses(
    db,
    id,
    read.lines.map(({ email }) => email),
  )
  return read.lines.map((one) => (one.problem === undefined && known.has(one.email) ? { ...one, problem: 'already-member' } : one))
}

function report(lines: readonly ImportLine[]): ImportReport {
  return {
    invited: lines.filter(({ problem }) => !problem).length,
    lines: lines.map(({ line, name, email, role, problem }) => ({ line, name, email, role, problem: problem ?? null })),
  }
}
