import { assuranceOf, type Evidence, isPhishingResistant } from './assurance.ts'

/** Authentication context classes that Countersign can truthfully assert: decision 0034. Each holds all that the ones after it hold. */
export const acrs = {
  /** Phishing-resistant: OpenID Connect Extended Authentication Profile ACR Values 1.0. */
  phishingResistant: 'phr',
  /** Two different factors, one of them something the person has: AAL2 of SP 800-63B-4. */
  twoFactors: 'urn:countersign:acr:2',
  /** One factor. */
  oneFactor: 'urn:countersign:acr:1',
} as const

export type Acr = (typeof acrs)[keyof typeof acrs]

/** What can be asked for, strongest first. */
export const knownAcrs: readonly Acr[] = [acrs.phishingResistant, acrs.twoFactors, acrs.oneFactor]

/** All classes that a pile of evidence reaches, strongest first. */
export function acrsOf(evidence: readonly Evidence[]): readonly Acr[] {
  const isTwo = assuranceOf(evidence).aal === 2
  const isResistant = isTwo && evidence.some(({ kind }) => isPhishingResistant(kind))
  return [...(isResistant ? [acrs.phishingResistant] : []), ...(isTwo ? [acrs.twoFactors] : []), acrs.oneFactor]
}

/**
 * Since when the person has been proved as they are now: the oldest of what it rests on, so that nothing looks younger than it is.
 */
export function authenticatedAt(evidence: readonly Evidence[]): Date {
  return new Date(Math.min(...evidence.map((one) => one.at.getTime())))
}
