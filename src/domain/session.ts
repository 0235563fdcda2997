import type { Evidence } from './assurance.ts'

/** One hour without a request ends a session, twenty-four hours end it in any case: `product.md`, sessions. */
export const sessionLifetime = { idleSeconds: 3600, overallSeconds: 86_400 } as const

/** A change of factor, policy, role, mail or phone asks again when the last proof is older than this. */
export const freshProofSeconds = 300

/** When the person last proved who they are: the youngest piece of evidence. */
export function provedAt(evidence: readonly Evidence[]): Date {
  return new Date(Math.max(0, ...evidence.map((one) => one.at.getTime())))
}

export function isFresh(evidence: readonly Evidence[], now: Date): boolean {
  return now.getTime() - provedAt(evidence).getTime() <= freshProofSeconds * 1000
}
