import { digest, newToken } from '#crypto/random.ts'
import { hasSecondStep } from '#domain/assurance.ts'
import type { AuditEvent } from '#domain/audit.ts'
import { codeSeconds, type Passed, returnAddress } from '#domain/second-factor.ts'
import { note } from '#store/audit.ts'
import type { Account } from '#store/person.ts'
import { denyPrompt, findPromptOf, type Prompt } from '#store/second-factor.ts'
import type { Settlement } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import type { Rooms, Visit } from './rooms.ts'

/** Begins the cookie of a sign-in that a portal has asked for, so that its end can be told from that of another one. */
export const portalCookie = 'portal.'

/** A sign-in with what a portal has asked; without, once the portal asks no more. */
export async function withPrompt(rooms: Rooms, open: OpenSignIn): Promise<OpenSignIn> {
  const prompt = await findPromptOf(rooms.store.db, open.signIn.id)
  return prompt ? { ...open, prompt } : open
}

/** Whether a person belongs to whoever asks. What the provider asks, it asks the people of its sites as well. */
export function isOpenFor({ id, memberships }: Account, { organizationId, isProviders, userId }: Prompt): boolean {
  return id === userId && memberships.some((one) => isProviders || one.organizationId === organizationId)
}

/** Who asks, as the page says it. */
export function askedBy({ asked, askedBy: name, organizationName, organizationId }: Prompt) {
  const where = asked.by === 'application' ? { origin: new URL(asked.redirectUri).origin } : {}
  const why = asked.by === 'key' && asked.reason !== undefined ? { reason: asked.reason } : {}
  return { application: { name, ...where, ...why }, organization: organizationName, organizationId }
}

/** What it brings about that somebody has given a portal their second step: a code for the portal, and nothing for the browser. */
export function passing(
  rooms: Rooms,
  visit: Visit,
  { signIn, account, prompt }: OpenSignIn,
): { readonly settlement: Partial<Settlement>; readonly events: readonly AuditEvent[]; readonly returnTo: string } {
  if (!prompt || !hasSecondStep(signIn.evidence)) throw new Error('A portal is told nothing without a second step.')
  const now = rooms.now()
  const given = signIn.evidence.filter((one) => hasSecondStep([one])).at(-1)
  const kind = given?.kind ?? ''
  const passed: Passed = { kind, at: now, isNew: signIn.bound.includes(kind), address: visit.address, browser: visit.browser }
  const event: AuditEvent = {
    action: 'second-factor.passed',
    organizationId: prompt.organizationId,
    actorId: account.id,
    subjectId: account.id,
    detail: { name: prompt.askedBy, kind, prompt: prompt.id },
  }
  const { asked } = prompt
  if (asked.by === 'key')
    return { settlement: { prompt: { signInId: signIn.id, passed } }, events: [event], returnTo: '/second-factor/approved' }
  const code = newToken()
  return {
    settlement: {
      prompt: { signInId: signIn.id, passed, codeHash: digest(code), codeExpiresAt: new Date(now.getTime() + codeSeconds * 1000) },
    },
    events: [event],
    returnTo: returnAddress(asked.redirectUri, { state: asked.state, [asked.codeParameter]: code }),
  }
}

/** Takes note that the person has said no, and gives the way on: back to the portal, where it wants to be told, else to a page of ours. */
export async function denied(rooms: Rooms, visit: Visit, { signIn, account, prompt }: OpenSignIn): Promise<string> {
  const end = '/second-factor/cancelled'
  if (!prompt) return end
  const isDenied = await rooms.store.transaction(async (db) => {
    if (!(await denyPrompt(db, signIn.id))) return false
    await note(db, rooms.now(), visit, {
      action: 'second-factor.declined',
      organizationId: prompt.organizationId,
      actorId: account.id,
      subjectId: account.id,
      detail: { name: prompt.askedBy, prompt: prompt.id },
    })
    return true
  })
  const { asked } = prompt
  if (!isDenied || asked.by !== 'application' || !asked.returnsRefusals) return end
  const why = { error: 'access_denied', error_description: 'The person has cancelled.', state: asked.state }
  return returnAddress(asked.redirectUri, why)
}
