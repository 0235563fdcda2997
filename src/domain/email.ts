/**
 * The one form in which an address is stored, compared and written to: NFKC, lower case, no space around. A mail therefore
 * always goes to the stored address, never to a look-alike that somebody typed. Returns undefined for what mail cannot be sent
 * to: exactly one address, one `@`, no control characters, no list separators, no quoting.
 */
export function plainEmail(input: string): string | undefined {
  const email = input.normalize('NFKC').trim().toLowerCase()
  const isPlain = /^[^\s@,;:<>()[\]"\\\p{Cc}]{1,64}@[^\s@,;:<>()[\]"\\\p{Cc}]{1,253}$/u.test(email)
  return isPlain && !email.includes('..') && !email.endsWith('.') && email.split('@')[1]?.startsWith('.') === false ? email : undefined
}
