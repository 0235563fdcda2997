import type { Channel } from './message.ts'

/**
 * Kinds that can be somebody's second step, the strongest first; backup codes only ever come on top of one of them. Why in this
 * order: `docs/decisions/0016-weaker-methods.md`.
 */
export const methods: readonly string[] = ['totp', 'duo', 'authanvil', 'email', 'sms', 'voice']

/**
 * Those that a service of an organization judges. It could say "yes" to anybody, so it counts for whoever answers to that organization
 * alone: `docs/decisions/0028-whose-authanvil.md`.
 */
export const judgedByOrganization: readonly string[] = ['duo', 'authanvil']

/** Those whose code is sent. They are weaker: who takes over a mailbox or a number has the code. */
export const sentMethods: readonly string[] = ['email', 'sms', 'voice']

const channels: Readonly<Record<string, Channel | undefined>> = { email: 'mail', sms: 'text', voice: 'call' }

/** The way the code of a method goes; undefined for one that sends nothing. */
export function channelOf(method: string): Channel | undefined {
  return channels[method]
}

/** The strongest of some methods; one that is not in the list outranks none that is. */
export function strongest(kinds: readonly string[]): string | undefined {
  return methods.find((kind) => kinds.includes(kind)) ?? kinds[0]
}

/**
 * Whether somebody has authenticators, and none of a method that is allowed: the next sign-in ends with the set-up of one.
 *
 * @param bound kinds of the authenticators that are bound, backup codes included
 */
export function hasToMove(bound: readonly string[], allowed: readonly string[]): boolean {
  const own = bound.filter((kind) => methods.includes(kind))
  return own.length > 0 && allowed.length > 0 && !own.some((kind) => allowed.includes(kind))
}

/** What decides how weak a second step may be. */
export interface Allowing {
  readonly methods: readonly string[]
  readonly emailForAdministrators: boolean
}

/** The weaker methods that a change allows and that were not allowed before, to somebody at least. */
export function newlyWeaker(before: Allowing, after: Allowing): readonly string[] {
  const isWider = (kind: string) => kind === 'email' && after.emailForAdministrators && !before.emailForAdministrators
  return sentMethods.filter((kind) => after.methods.includes(kind) && (!before.methods.includes(kind) || isWider(kind)))
}
