/**
 * What an answer shows about its giver: SP 800-63B-4 calls these the authentication factors. `mailbox` is none of them: who reads a
 * mailbox shows no possession of a device (§3.1.3.1), so it never adds up to more.
 */
export type Proof = 'know' | 'have' | 'are' | 'mailbox'

/** The values of RFC 8176 §2 that Countersign can truthfully assert. */
export type Amr = 'pwd' | 'otp' | 'sms' | 'tel' | 'pop' | 'hwk' | 'user' | 'mca' | 'mfa'

/** Authentication Assurance Level, SP 800-63B-4 §2. */
export type Aal = 1 | 2

/** One thing that was proved, and when. `kind` is `password` or a kind of factor. */
export interface Evidence {
  readonly kind: string
  readonly proves: readonly Proof[]
  readonly amr: readonly Amr[]
  readonly at: Date
}

export interface Assurance {
  readonly aal: Aal
  readonly amr: readonly Amr[]
}

/** The evidence that a right password gives. */
export function passwordEvidence(at: Date): Evidence {
  return { kind: 'password', proves: ['know'], amr: ['pwd'], at }
}

/** The kind of the evidence that a mailed temporary passcode gives: it opens a set-up that is due, and is no second step. */
export const setUpPasscode = 'set-up-passcode'

/**
 * The kind of the evidence that Duo was away while it was waited for, in an organization that then takes what else is bound. It proves
 * nothing of anybody.
 */
export const duoAway = 'duo-away'

const noSecondStep: readonly string[] = ['password', setUpPasscode, duoAway]

/** Whether a second step was proved beside the password. */
export function hasSecondStep(evidence: readonly Evidence[]): boolean {
  return evidence.some((one) => !noSecondStep.includes(one.kind))
}

/** Kinds whose answers come into the same mailbox as a link for a new password, wholly or in part. */
const mailedKinds: readonly string[] = ['email', setUpPasscode, 'one-time-pass']

/** Whether something beside the password was proved that whoever only reads the person's mail could not have. */
export function ownsPassword(evidence: readonly Evidence[]): boolean {
  return evidence.some((one) => !noSecondStep.includes(one.kind) && !mailedKinds.includes(one.kind) && one.proves.length > 0)
}

/**
 * How strong a pile of evidence is. Never set, always derived, so it cannot say more than happened.
 *
 * AAL2 takes two different proofs of which one is possession; two of the same kind never add up (SP 800-63B-4 §2.2.1).
 */
export function assuranceOf(evidence: readonly Evidence[]): Assurance {
  const proofs = new Set(evidence.flatMap((one) => one.proves).filter((proof) => proof !== 'mailbox'))
  const isMultiFactor = proofs.size > 1 && proofs.has('have')
  const amr = new Set<Amr>(evidence.flatMap((one) => one.amr))
  if (isMultiFactor) amr.add('mfa')
  return { aal: isMultiFactor ? 2 : 1, amr: [...amr] }
}
