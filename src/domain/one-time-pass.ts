/**
 * A one-time pass that waits for its person. At most one per person, in the row of the password, so that a new password ends it.
 */
export interface OneTimePass {
  readonly salt: string
  readonly hash: string
  readonly expiresAt: Date
  /**
   * The last group was not mailed: the administrator gives it by voice. So it is for whoever has a password that was set through a
   * mailed link, because two things out of one mailbox are one thing.
   */
  readonly isSplit: boolean
}

/** Whether a pass counts at this moment. One that was mailed whole dies with a password that was set through a mail. */
export function isOpenPass(pass: OneTimePass | undefined, isPasswordMailed: boolean, now: Date): pass is OneTimePass {
  return pass !== undefined && now < pass.expiresAt && (pass.isSplit || !isPasswordMailed)
}
