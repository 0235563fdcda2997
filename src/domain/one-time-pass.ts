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
  /**
   * For somebody whom the rules leave nothing weaker than a passkey: who issued it, and who else has agreed. It counts once both are
   * there.
   */
  readonly agreed?: { readonly issuedBy: string; readonly approvedBy?: string }
}

/**
 * Whether a pass counts at this moment. One that was mailed whole dies with a password that was set through a mail. Of whoever must use a
 * passkey it counts only split and with the word of two.
 *
 * @param needsTwo whether the rules leave the person nothing weaker than a passkey
 */
export function isOpenPass(pass: OneTimePass | undefined, isPasswordMailed: boolean, now: Date, needsTwo: boolean): pass is OneTimePass {
  if (pass === undefined || now >= pass.expiresAt || (!pass.isSplit && isPasswordMailed)) return false
  if (needsTwo) return pass.isSplit && pass.agreed?.approvedBy !== undefined
  return pass.agreed === undefined || pass.agreed.approvedBy !== undefined
}
