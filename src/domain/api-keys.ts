/** What a key of the API may be used for: nothing but what is ticked, and never for factors, rules or people. */
export const scopes = ['verify-code', 'prompts', 'read-users'] as const
export type Scope = (typeof scopes)[number]

/** A key lives a year at most. */
export const mostKeyDays = 365
/** As many keys as one organization can have. */
export const mostKeys = 50
/** So many requests a minute with one key. */
export const mostRequestsAMinute = 300
/** So many prompts of one key may wait for one person: a flood of them is how people are worn down. */
export const mostWaitingPrompts = 5

const pattern = /^csk_[A-Za-z0-9_-]{43}$/

/** How much of a key is shown to tell it by: 48 of its 256 bits. */
export const keyPrefix = (key: string): string => key.slice(0, 12)

/** A key from a token of 256 random bits. */
export const keyOf = (token: string): string => `csk_${token}`

/** The key in a header `Authorization: Bearer …`, if it has the form of one. */
export function keyIn(header: string | undefined): string | undefined {
  const [, key] = /^Bearer ([^\s]{1,200})$/i.exec(header ?? '') ?? []
  return key !== undefined && pattern.test(key) ? key : undefined
}
