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
  /** Whether something was proved that is worth nothing to a page which only looks like ours (SP 800-63B-4 §3.2.5). */
  readonly phishingResistant: boolean
}

/** Kinds whose answer is made for one host and cannot be passed on. */
export const phishingResistantKinds: readonly string[] = ['passkey']

export const isPhishingResistant = (kind: string): boolean => phishingResistantKinds.includes(kind)

/** Whether this is a whole sign-in where the rules allow it: a key that is held, and that has asked for a PIN or a finger before it signed. */
export function isWhole({ kind, proves }: Evidence): boolean {
  return isPhishingResistant(kind) && proves.includes('have') && proves.some((proof) => proof === 'know' || proof === 'are')
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

/**
 * The kind of the evidence that is a portal's word: it says who somebody is, and has judged their password itself. It proves nothing to
 * us, is no second step, and counts in a sign-in that the portal itself has asked for and nowhere else.
 */
export const portalWord = 'portal'

/** The same, of a portal that may also let its people set up their first authenticator. */
export const portalSetUp = 'portal-set-up'

/** The evidence that a portal's word gives. */
export function portalEvidence(at: Date, mayOpenSetUp: boolean): readonly Evidence[] {
  return [portalWord, ...(mayOpenSetUp ? [portalSetUp] : [])].map((kind) => ({ kind, proves: [], amr: [], at }))
}

/** What stands in the evidence of a sign-in and is no second step. */
const noSecondStep: readonly string[] = ['password', setUpPasscode, duoAway, portalWord, portalSetUp]

/** Whether a second step was proved beside the password or a portal's word, or in place of both. */
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
  return { aal: isMultiFactor ? 2 : 1, amr: [...amr], phishingResistant: evidence.some((one) => isPhishingResistant(one.kind)) }
}
