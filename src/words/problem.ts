/** A problem as a page receives it: the code of `domain/problem.ts` and what the sentence needs to be exact. */
export interface PageProblem {
  readonly code: string
  readonly reason?: string | undefined
  /** How Duo calls the end of a login. */
  readonly duoStatus?: string | undefined
  readonly retryAfterSeconds?: number | undefined
  /** Positive when the phone is ahead of us, negative when it is behind. */
  readonly clockOffBySeconds?: number | undefined
  readonly minLength?: number | undefined
  readonly raisedBy?: string | undefined
  /** Name of the organization that the problem is about. */
  readonly organization?: string | undefined
}

export type FieldName = 'email' | 'password' | 'code' | 'saved' | 'phone' | 'organizationName' | 'name'

/** What went wrong in one line, what to do next, and the field it is about, if it is about one. */
export interface Explanation {
  readonly title: string
  readonly advice: string
  readonly field?: FieldName
}
