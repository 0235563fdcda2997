import { may, type Role, standsAbove } from './roles.ts'

/** Somebody who could be asked to help a person back in: the role they hold and where, and where they meet the person. */
export interface Candidate {
  readonly userId: string
  readonly holds: { readonly organization: string; readonly role: Role }
  readonly member: { readonly role: Role }
  readonly isOwn: boolean
}

/** The role that one in the provider gives in its sites. */
const roleBelow = (role: Role): Role => (role === 'owner' ? 'security-admin' : role)

/** No more mails than this for one question. */
const mostAsked = 20

/**
 * Whom to ask of all who cover a person: those who may reset them, once each. The organization's own people come before those of the
 * provider above it, and among them the higher roles.
 */
export function whomToAsk<One extends Candidate>(candidates: readonly One[]): readonly One[] {
  const able = candidates.filter(({ holds, member, isOwn }) => {
    const role = isOwn ? holds.role : roleBelow(holds.role)
    return may(role, 'reset-two-factor') && standsAbove(role, member.role)
  })
  const near = able.some(({ isOwn }) => isOwn) ? able.filter(({ isOwn }) => isOwn) : able
  const height = ({ holds }: One) => ['owner', 'security-admin', 'admin'].indexOf(holds.role)
  const once = new Map<string, One>()
  for (const one of near.toSorted((a, b) => height(a) - height(b))) if (!once.has(one.userId)) once.set(one.userId, one)
  return [...once.values()].slice(0, mostAsked)
}

/** Who was asked as the person may know it: roles and organizations, and nobody's name or address. */
export function askedAs(asked: readonly Candidate[]): readonly { readonly organization: string; readonly role: Role }[] {
  const seen = new Map<string, { readonly organization: string; readonly role: Role }>()
  for (const { holds } of asked) seen.set(`${holds.organization}\n${holds.role}`, { organization: holds.organization, role: holds.role })
  return [...seen.values()]
}
