import { channelOf, methods } from '#domain/methods.ts'
import type { Policy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import type { Rooms } from './rooms.ts'

/** The methods that can be used here: an app always, and what is sent where there is a way to send it. */
export function availableMethods({ channels }: Pick<Rooms, 'channels'>): readonly string[] {
  return methods.filter((kind) => {
    const channel = channelOf(kind)
    return channel === undefined || channels.includes(channel)
  })
}

/**
 * Refuses rules about methods that there are not. What was allowed before stays, also while its gateway is away: nobody is kept from
 * changing something else.
 *
 * @throws {Problem} `malformed` with the `reason` `methods` or `defaultMethod`, `method-not-available` with the `methods`
 */
export function requireUsableMethods(rooms: Pick<Rooms, 'channels'>, before: Policy, { methods: wanted, defaultMethod }: Policy): void {
  if (!wanted.every((kind) => methods.includes(kind))) throw new Problem('malformed', { reason: 'methods' })
  if (!wanted.includes(defaultMethod)) throw new Problem('malformed', { reason: 'defaultMethod' })
  const usable = availableMethods(rooms)
  const missing = wanted.filter((kind) => !usable.includes(kind) && !before.methods.includes(kind))
  if (missing.length > 0) throw new Problem('method-not-available', { methods: missing, reason: 'no-gateway' })
}
