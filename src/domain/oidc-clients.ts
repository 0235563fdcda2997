/** So many in so long, and then a wait for the end of it. */
export interface Allowance {
  readonly most: number
  readonly seconds: number
}

/** Wrong secrets of one application from one network. The secret is 256 random bits, so this bounds the noise rather than the guessing. */
export const wrongSecrets: Allowance = { most: 30, seconds: 60 }
