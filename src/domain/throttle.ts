/**
 * How many wrong answers a lane takes. A lane is one key in the `throttles` table: all of an account's factors share one,
 * a recognised device has its own, so that nobody is locked out by somebody else.
 *
 * The lane is charged in the very statement that settles an answer, with the limit in its condition: exactly `limit`
 * wrong answers are ever told that they were wrong, however many arrive at once.
 */
export interface Lane {
  /** After so many wrong answers the lane is shut until something clears it. */
  readonly limit: number
  /** Seconds to wait after the n-th wrong answer (index n - 1); the last one holds for all that follow. */
  readonly waits: readonly number[]
}

const minutes = (...list: readonly number[]) => list.map((one) => one * 60)

/**
 * Wrong codes from devices we do not know, counted since the password was last changed: SP 800-63B-4 §3.2.2, and the
 * reckoning in `docs/threat-model.md`. A success does not refill it; changing the password does.
 */
export const codesFromAnywhere: Lane = { limit: 20, waits: [0, 0, 0, 0, ...minutes(1, 2, 4, 8, 16, 32, 60)] }

/** So many wrong codes from anywhere, and the owner is told by mail: somebody knows the password. */
export const noticeAfterWrongCodes = 10

/** Wrong codes from a device that has signed in fully before. A full sign-in clears it. */
export const codesFromRecognizedDevice: Lane = { limit: 30, waits: [0, 0, 0, 0, 0, 0, 0, 0, 0, ...minutes(1, 2, 4, 8, 15)] }

/** Wrong passwords for one address from devices we do not know. A right one clears it. */
export const passwordsFromAnywhere: Lane = { limit: 100, waits: [0, 0, 0, 0, 30, ...minutes(1, 2, 4, 8, 16, 32, 60)] }

/** Wrong passwords from a recognised device: its own lane, so that guessing elsewhere never keeps the owner out. */
export const passwordsFromRecognizedDevice: Lane = { limit: 100, waits: [0, 0, 0, 0, 0, 0, 0, 0, 0, ...minutes(1, 2, 4, 8, 15)] }

/** Questions to the administrators by one person who is stuck: one an hour. */
export const helpAsked: Lane = { limit: 1_000_000, waits: minutes(60) }
