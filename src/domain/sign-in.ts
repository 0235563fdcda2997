import { type Assurance, assuranceOf, type Evidence, hasSecondStep } from './assurance.ts'
import type { Form } from './factor.ts'
import type { Json } from './json.ts'
import type { Requirement } from './policy.ts'

/**
 * What a sign-in is for. All travel the same steps; they differ in what `done` brings about.
 *
 * `enter` opens a session. The others start from one: `confirm` makes its proof fresh, `enroll` binds an authenticator,
 * `backup-codes` draws new ones, `disable` takes the person's authenticators away.
 */
export type Intent = 'enter' | 'confirm' | 'enroll' | 'backup-codes' | 'disable'

/** What has been proved so far, and what hangs open. There is no stored "current step": see {@link nextStep}. */
export interface SignIn {
  readonly id: string
  readonly intent: Intent
  readonly userId?: string
  /** The session it was started from; absent for `enter`. */
  readonly sessionId?: string
  readonly evidence: readonly Evidence[]
  /** What is on show to be taken over (a key, backup codes). Nothing is bound before it is answered. */
  readonly enrollment?: Enrollment
  /** Kinds that were bound in this sign-in. */
  readonly bound: readonly string[]
  readonly returnTo: string
  readonly expiresAt: Date
  /** Rises with every change; a change to an older version is refused. */
  readonly version: number
}

export interface Enrollment {
  readonly kind: string
  readonly show: Form
  readonly keep: Json
}

export type Step =
  | { readonly step: 'refused'; readonly reason: 'expired' }
  | { readonly step: 'password' }
  | { readonly step: 'answer'; readonly kinds: readonly string[] }
  | { readonly step: 'enroll'; readonly kinds: readonly string[] }
  | { readonly step: 'done'; readonly assurance: Assurance }

export type Event =
  | { readonly event: 'identified'; readonly userId: string }
  | { readonly event: 'proved'; readonly evidence: Evidence }
  | { readonly event: 'offered'; readonly enrollment: Enrollment }
  | { readonly event: 'bound'; readonly kind: string; readonly evidence?: Evidence }

/** Kinds that a person can set up as a second step; backup codes only ever come on top of one of them. */
export const enrollable: readonly string[] = ['totp']

/** Ten minutes from the right password to the end. */
export const signInLifetimeSeconds = 600

/**
 * What a sign-in may do next, computed from what has been proved so far.
 *
 * Nothing is remembered between calls: a changed policy, a retired authenticator or the passing of time takes effect on the
 * next request. `done` is the only step that may lead to a session. An authenticator that is bound is asked for before a
 * new one can be, so nobody gains one on the password alone (SP 800-63B-4 §4.1.2.1). A remembered device spares the question to
 * whoever enters, and to nobody who is about to confirm or to change something. A one-time pass opens the set-up and nothing else.
 *
 * @param enrolled kinds of the authenticators that are bound now, backup codes and an open one-time pass included
 */
export function nextStep(signIn: SignIn, requirement: Requirement, enrolled: readonly string[], now: Date): Step {
  if (now >= signIn.expiresAt) return { step: 'refused', reason: 'expired' }
  if (signIn.userId === undefined || !signIn.evidence.some((one) => one.kind === 'password')) return { step: 'password' }

  const hasSecond = hasSecondStep(signIn.evidence)
  const hasApp = enrolled.some((kind) => enrollable.includes(kind))
  const isSpared = requirement.isRemembered === true && signIn.intent === 'enter' && signIn.bound.length === 0 && hasApp
  const asksSecond = requirement.secondStep !== 'never' || signIn.intent === 'disable'
  if (enrolled.length > 0 && asksSecond && !hasSecond && !isSpared) return { step: 'answer', kinds: enrolled }

  const owed = owedEnrollment(signIn, requirement, enrolled, hasSecond || isSpared)
  if (owed) return { step: 'enroll', kinds: owed }
  return { step: 'done', assurance: assuranceOf(signIn.evidence) }
}

/** What must be bound before the end: an authenticator where one is due, then backup codes for whoever has none. */
function owedEnrollment(
  signIn: SignIn,
  requirement: Requirement,
  enrolled: readonly string[],
  hasSecond: boolean,
): readonly string[] | undefined {
  const hasBound = signIn.bound.some((kind) => kind !== 'backup-codes')
  const isOnPass = requirement.secondStep !== 'never' && signIn.evidence.some((one) => one.kind === 'one-time-pass')
  const isDue =
    signIn.intent === 'enroll' || (signIn.intent === 'enter' && (isOnPass || (requirement.secondStep === 'always' && !hasSecond)))
  if (isDue && !hasBound) return requirement.methods ?? enrollable
  const owesCodes =
    signIn.intent === 'backup-codes' ? !signIn.bound.includes('backup-codes') : hasBound && !enrolled.includes('backup-codes')
  return owesCodes ? ['backup-codes'] : undefined
}

/** The sign-in after something happened. Identifying empties the evidence: one person's password never counts for another. */
export function advance(signIn: SignIn, event: Event): SignIn {
  const { enrollment: _closed, ...open } = signIn
  const version = signIn.version + 1
  switch (event.event) {
    case 'identified':
      return { ...open, version, userId: event.userId, evidence: [] }
    case 'proved':
      return { ...open, version, evidence: [...signIn.evidence, event.evidence] }
    case 'offered':
      return { ...open, version, enrollment: event.enrollment }
    case 'bound':
      return {
        ...open,
        version,
        bound: [...signIn.bound, event.kind],
        evidence: [...signIn.evidence, ...(event.evidence ? [event.evidence] : [])],
      }
  }
}
