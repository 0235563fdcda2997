/** So many apps can be bound at once: each is one more code that a guess may hit. The reckoning is in `docs/threat-model.md`. */
export const mostAuthenticators = 5

/** With so many backup codes left their owner is warned by mail. */
export const fewBackupCodes = 3

/** Methods that share the person's verified number: who proved it by one of them can be reached by the other. */
export const byPhone: readonly string[] = ['sms', 'voice']

/**
 * How long a number counts after a code has proved it last, in days: numbers are given to others once they are left unused (SP 800-63B-4
 * §3.1.3.3).
 */
export const numberGoodForDays = 365

/** Whether a number that was proved at this moment still counts. */
export function isNumberGood(provedAt: Date | undefined, now: Date): boolean {
  return provedAt !== undefined && now.getTime() - provedAt.getTime() < numberGoodForDays * 86_400_000
}

/** Kinds that only ever come on top of a method, and help out whatever the method is. */
export const rescues: readonly string[] = ['backup-codes', 'one-time-pass']

/** The name of an authenticator as it is kept, or undefined for what is none: 1 to 60 characters, none of them a control character. */
export function plainLabel(text: string): string | undefined {
  const label = text
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return label !== '' && [...label].length <= 60 ? label : undefined
}
