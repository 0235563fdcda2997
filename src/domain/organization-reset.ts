/**
 * How far the reset of an organization is. `proposed` waits for a second Security Admin; `running` works through the people; after
 * `done` it can be taken back until the window is over, which is `closed`.
 */
export type ResetState = 'proposed' | 'withdrawn' | 'expired' | 'running' | 'done' | 'taking-back' | 'taken-back' | 'closed'

/** Why somebody with an authenticator is not reset: they also belong elsewhere, they stand above, or it is their own click. */
export type LeftAlone = 'elsewhere' | 'above' | 'yourself'

/**
 * What became of one person. `nothing`: no authenticator was left, or they were no longer covered, when it was their turn. `spared`: it
 * was taken back before. `restored`: their authenticators came back. `kept`: they had set up anew by then, and that stays.
 */
export type ResetOutcome = 'left-alone' | 'reset' | 'nothing' | 'spared' | 'restored' | 'kept'

/** What an organization has decided about resets. */
export interface ResetRules {
  /** A second Security Admin must approve. */
  readonly needsApproval: boolean
  /** When the rule ends that was switched off; until then it holds. */
  readonly lapsesAt: Date | null
  /** How long a reset can be taken back after it has run; 0 is never. */
  readonly undoMinutes: number
}

/** Until an organization decides otherwise. */
export const startingResetRules: ResetRules = { needsApproval: false, lapsesAt: null, undoMinutes: 60 }

/** A proposal that nobody has approved by then is void. */
export const proposalLifetimeSeconds = 86_400

/** So long the rule of two holds after somebody switched it off: nobody switches it off in order to reset alone. */
export const approvalLapsesSeconds = 86_400

/** Whether a reset needs a second person at this moment. */
export function asksForTwo({ needsApproval, lapsesAt }: ResetRules, now: Date): boolean {
  return needsApproval || (lapsesAt !== null && now < lapsesAt)
}
