import {
  type Assurance,
  assuranceOf,
  type Evidence,
  hasSecondStep,
  isPhishingResistant,
  isWhole,
  portalSetUp,
  portalWord,
  setUpPasscode,
} from './assurance.ts'
import { byPhone, rescues } from './authenticators.ts'
import type { Challenge, DuoChallenge } from './challenge.ts'
import type { Form } from './factor.ts'
import type { Json } from './json.ts'
import type { Requirement } from './policy.ts'

/**
 * What a sign-in is for. All travel the same steps; they differ in what `done` brings about.
 *
 * `enter` opens a session. `confirm`, `enroll`, `backup-codes` and `disable` start from one: they make its proof fresh, bind an
 * authenticator, draw new codes, take the person's authenticators away. `second-factor` is a portal's: it keeps its own passwords and is
 * told that the second step was given; no session comes of it.
 */
export type Intent = 'enter' | 'confirm' | 'enroll' | 'backup-codes' | 'disable' | 'second-factor'

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
  /** The code that was sent last, or what hangs open at Duo, as long as nothing else has happened since. */
  readonly challenge?: Challenge | DuoChallenge
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
  | { readonly step: 'refused'; readonly reason: 'expired' | 'ask-administrator' }
  | { readonly step: 'password' }
  /** `opens` the set-up and nothing else, where that is due. */
  | { readonly step: 'answer'; readonly kinds: readonly string[]; readonly opens?: 'set-up' }
  | { readonly step: 'enroll'; readonly kinds: readonly string[] }
  | { readonly step: 'done'; readonly assurance: Assurance }

export type Event =
  | { readonly event: 'identified'; readonly userId: string }
  | { readonly event: 'sent'; readonly challenge: Challenge | DuoChallenge }
  /** What hung open is spent, before anybody looks at the answer to it. */
  | { readonly event: 'taken-up' }
  | { readonly event: 'proved'; readonly evidence: Evidence }
  /** What was waiting to be signed is used up, whatever comes of the answer. */
  | { readonly event: 'challenge-spent' }
  | { readonly event: 'offered'; readonly enrollment: Enrollment }
  | { readonly event: 'bound'; readonly kind: string; readonly evidence?: Evidence }

/** What a person can prove themselves with, right now. */
export interface Means {
  /** Kinds of the authenticators that are bound, backup codes included. */
  readonly enrolled: readonly string[]
  /** Whether a code has proved their phone number, and not too long ago. */
  readonly hasPhone?: boolean
  /** Whether their password was last set through a mailed link: a code by mail then proves nothing that the password does not. */
  readonly isPasswordMailed?: boolean
  /** Whether this sign-in has found Duo away, where the organization then takes whatever else the person has. */
  readonly isDuoAway?: boolean
}

/** What a person sets up where no organization has a say. */
export const enrollable: readonly string[] = ['totp']

/** Ten minutes from the right password to the end. */
export const signInLifetimeSeconds = 600

/**
 * What a sign-in may do next, computed from what has been proved so far.
 *
 * Nothing is remembered between calls: a changed policy, a retired authenticator or the passing of time takes effect on the
 * next request. `done` is the only step that may lead to a session. An authenticator that is bound is asked for before a
 * new one can be, so nobody gains one on the password alone (SP 800-63B-4 §4.1.2.1); where a set-up is due after a reset, a mailed
 * passcode is asked for in its place. A remembered device spares the question to whoever enters, and to nobody who is about to
 * confirm or to change something. A one-time pass opens the set-up and nothing else. A passkey that has asked for a PIN or a finger is the
 * password too where the rules say so. Whom the rules leave nothing weaker than a passkey is asked for no other thing, and gains the
 * first one by a proof of one, by a pass that two administrators gave, or on a first day when there was never anything to lose:
 * `docs/decisions/0037-passkeys.md`. While Duo is away, and where the organization wants that, what else is bound is taken, and nobody
 * who has given it has to move to Duo now.
 *
 * A portal's word takes the place of the password in a sign-in that the portal has asked for, and nowhere else. There a second step is
 * asked whatever the rules say, and nothing spares it; it lets nobody set up an authenticator by itself, unless the application says so,
 * and a first passkey of somebody who may use nothing else not even then.
 */
export function nextStep(signIn: SignIn, requirement: Requirement, means: Means, now: Date): Step {
  if (now >= signIn.expiresAt) return { step: 'refused', reason: 'expired' }
  const isPortals = signIn.intent === 'second-factor'
  const has = (kind: string) => signIn.evidence.some((one) => one.kind === kind)
  const isKnown = signIn.userId !== undefined && (isPortals ? has(portalWord) : hasFirstStep(signIn, requirement))
  // Only the portal could begin this anew.
  if (!isKnown) return isPortals ? { step: 'refused', reason: 'expired' } : { step: 'password' }

  const isResistant = requirement.isPhishingResistant === true
  const hasSecond = isResistant ? signIn.evidence.some((one) => isPhishingResistant(one.kind)) : hasSecondStep(signIn.evidence)
  const isSpared =
    requirement.isRemembered === true &&
    !isResistant &&
    signIn.intent === 'enter' &&
    signIn.bound.length === 0 &&
    hasAllowed(requirement, means)
  const asksSecond = requirement.secondStep !== 'never' || signIn.intent === 'disable' || isPortals
  if (means.enrolled.length > 0 && asksSecond && !hasSecond && !isSpared) {
    const kinds = acceptedKinds(requirement, means)
    return kinds.length > 0 ? { step: 'answer', kinds } : { step: 'refused', reason: 'ask-administrator' }
  }

  const isDue = owesMethod(signIn, requirement, means, hasSecond || isSpared)
  if (isDue && isPortals && requirement.secondStep === 'never') return { step: 'refused', reason: 'ask-administrator' }
  const isOnWordAlone = isPortals && !has(portalSetUp)
  const mayBind = mayBindFirst(signIn, requirement, means, hasSecond)
  if (isDue && isResistant && !mayBind) return { step: 'refused', reason: 'ask-administrator' }
  const isClosed = requirement.isSetUpDue === true || isOnWordAlone
  if (isDue && !isResistant && isClosed && !hasSecond && !has(setUpPasscode))
    return requirement.isSetUpDue && means.isPasswordMailed
      ? { step: 'refused', reason: 'ask-administrator' }
      : { step: 'answer', kinds: ['email'], opens: 'set-up' }
  if (isDue) return { step: 'enroll', kinds: requirement.methods ?? enrollable }
  if (!isResistant && owesCodes(signIn, means)) return { step: 'enroll', kinds: ['backup-codes'] }
  if (isResistant && !hasSecond) return { step: 'refused', reason: 'ask-administrator' }
  return { step: 'done', assurance: assuranceOf(signIn.evidence) }
}

function hasFirstStep({ evidence }: SignIn, { isPasswordless }: Requirement): boolean {
  return evidence.some((one) => one.kind === 'password' || (isPasswordless === true && isWhole(one)))
}

/** Whether somebody whom only passkeys are left to may bind one now: never by what a mailbox and a password, or a portal, are enough for. */
function mayBindFirst(
  { intent, evidence }: SignIn,
  { isSetUpDue }: Requirement,
  { enrolled, isPasswordMailed }: Means,
  hasSecond: boolean,
): boolean {
  if (hasSecond) return true
  if (intent === 'second-factor') return false
  if (evidence.some((one) => one.kind === 'one-time-pass')) return true
  return enrolled.length === 0 && isSetUpDue !== true && isPasswordMailed !== true
}

const methodsOf = ({ enrolled }: Means) => enrolled.filter((kind) => !rescues.includes(kind))
const isAllowed = ({ methods }: Requirement, kind: string) => methods === undefined || methods.includes(kind)
const hasAllowed = (requirement: Requirement, means: Means) => methodsOf(means).some((kind) => isAllowed(requirement, kind))

/**
 * Kinds whose answer counts as the second step of this person: a passkey at the front, then as their organizations order them.
 *
 * What the rules no longer allow counts only for somebody who has nothing else, and who sets up another method right after, and while
 * Duo is away. A verified number can be reached by text and by call, whichever of them was set up.
 */
export function acceptedKinds(requirement: Requirement, means: Means): readonly string[] {
  const bound = methodsOf(means)
  if (requirement.isPhishingResistant)
    return [...bound.filter(isPhishingResistant), ...means.enrolled.filter((kind) => kind === 'one-time-pass')]
  const order = requirement.methods ?? []
  const allowed = bound.length === 0 ? [] : [...bound, ...byPhone].filter((kind) => isAllowed(requirement, kind))
  const place = (kind: string) => (isPhishingResistant(kind) ? -1 : order.indexOf(kind))
  const placed = [...new Set(allowed)].sort((one, other) => place(one) - place(other))
  const isReachable = (kind: string) => (kind === 'email' ? !means.isPasswordMailed : !byPhone.includes(kind) || means.hasPhone === true)
  const rest = isFree(requirement, means) ? bound.filter((kind) => !placed.includes(kind)) : []
  const methods = hasAllowed(requirement, means) ? [...placed, ...rest] : bound
  return [...methods.filter(isReachable), ...means.enrolled.filter((kind) => rescues.includes(kind))]
}

/** Whether the rules about methods are suspended, because Duo is one of them and away. */
const isFree = ({ methods }: Requirement, { isDuoAway }: Means) => isDuoAway === true && methods?.includes('duo') === true

/** Whether a method must be bound before the end: where one is due, and where none of those that there are is allowed any more. */
function owesMethod(signIn: SignIn, requirement: Requirement, means: Means, hasSecond: boolean): boolean {
  if (signIn.bound.some((kind) => !rescues.includes(kind))) return false
  if (signIn.intent === 'enroll') return true
  if (signIn.intent === 'second-factor' && !hasSecond) return true
  if (!['enter', 'second-factor'].includes(signIn.intent) || requirement.secondStep === 'never') return false
  const isOutdated = methodsOf(means).length > 0 && !hasAllowed(requirement, means) && !(hasSecond && isFree(requirement, means))
  const isOnPass = signIn.evidence.some((one) => one.kind === 'one-time-pass')
  return requirement.isSetUpDue === true || isOnPass || isOutdated || (requirement.secondStep === 'always' && !hasSecond)
}

/** Whether backup codes must be drawn before the end: they come along with the first method. */
function owesCodes({ intent, bound }: SignIn, { enrolled }: Means): boolean {
  if (intent === 'backup-codes') return !bound.includes('backup-codes')
  return bound.some((kind) => !rescues.includes(kind)) && !enrolled.includes('backup-codes')
}

/** The sign-in after something happened. Identifying empties the evidence: one person's password never counts for another. */
export function advance(signIn: SignIn, event: Event): SignIn {
  const { enrollment: _closed, challenge: _answered, ...open } = signIn
  const version = signIn.version + 1
  switch (event.event) {
    case 'identified':
      return { ...open, version, userId: event.userId, evidence: [] }
    case 'sent':
      return { ...signIn, version, challenge: event.challenge }
    case 'taken-up': {
      const { challenge: _spent, ...rest } = signIn
      return { ...rest, version }
    }
    case 'proved': {
      // A passkey that somebody was sent here to set up stays on offer while they prove who they are. Nothing of it is secret.
      const { intent, enrollment } = signIn
      const offered = intent === 'enroll' && enrollment && isPhishingResistant(enrollment.kind) ? { enrollment } : {}
      return { ...open, ...offered, version, evidence: [...signIn.evidence, event.evidence] }
    }
    case 'challenge-spent':
      return { ...signIn, version }
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
