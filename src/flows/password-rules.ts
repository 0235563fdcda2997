import { longestPassword } from '#crypto/password.ts'
import type { PasswordLength } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'

/** What a new password may not be made of, besides the list of common ones. */
export interface PasswordContext {
  readonly email: string
  readonly name: string
  readonly organization: string
}

let common: Promise<ReadonlySet<string>> | undefined

/** About 49,000 passwords that are tried first everywhere; read when the first password is set, not at the start. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common/dist/passwords.json.mjs').then(({ default: list }) => new Set<string>(list))
  return common
}

/**
 * The rules for a new password: length, the list of common ones, and the words around it. No composition rules
 * (SP 800-63B-4 §3.1.1.2). The whole password is compared, so a listed word inside a longer one is fine.
 *
 * @throws {Problem} `password-too-weak` with `reason` too-short, too-long, common or contains-context
 */
export async function checkNewPassword(
  password: string,
  { minLength, raisedBy }: PasswordLength,
  { email, name, organization }: PasswordContext,
): Promise<void> {
  const length = [...password.normalize('NFKC')].length
  if (length < minLength)
    throw new Problem('password-too-weak', { reason: 'too-short', minLength, ...(raisedBy === undefined ? {} : { raisedBy }) })
  if (length > longestPassword.codePoints || Buffer.byteLength(password) > longestPassword.bytes) {
    throw new Problem('password-too-weak', { reason: 'too-long' })
  }
  const folded = password.normalize('NFKC').toLowerCase()
  if (isOneCharacter(folded) || (await commonPasswords()).has(folded)) throw new Problem('password-too-weak', { reason: 'common' })
  const bare = folded.replace(/[\d\p{P}\p{S}\s]/gu, '')
  const words = ['countersign', organization, name, email, email.split('@')[0] ?? '']
  const isContext = words
    .map((word) => word.toLowerCase())
    .some((word) => folded === word || bare === word.replace(/[\d\p{P}\p{S}\s]/gu, ''))
  if (isContext) throw new Problem('password-too-weak', { reason: 'contains-context' })
}

const isOneCharacter = (text: string) => new Set(text).size <= 2
