import { channelOf, methods } from '#domain/methods.ts'
import { canHavePasskeys } from '#domain/passkey.ts'
import type { Policy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { hasAuthAnvil } from '#store/authanvil.ts'
import { hasDuo } from '#store/duo.ts'
import { gatewayFor } from './gateways.ts'
import type { Rooms } from './rooms.ts'

/**
 * The methods that an organization can use: an app always, passkeys where people come by a host name, its Duo and its
 * AuthAnvil while they are on, what is sent where a gateway takes it.
 */
export async function availableMethods(rooms: Rooms, organizationId: string): Promise<readonly string[]> {
  const usable: string[] = []
  for (const kind of methods) {
    const channel = channelOf(kind)
    if (kind === 'passkey') {
      if (canHavePasskeys(rooms.publicUrl)) usable.push(kind)
    } else if (kind === 'duo') {
      if (await hasDuo(rooms.store.db, organizationId)) usable.push(kind)
    } else if (kind === 'authanvil') {
      if (await hasAuthAnvil(rooms.store.db, organizationId)) usable.push(kind)
    } else if (channel === undefined || (await gatewayFor(rooms, channel, organizationId))) usable.push(kind)
  }
  return usable
}

/**
 * Refuses rules about methods that there are not. What was allowed before stays, also while its gateway is away: nobody is kept from
 * changing something else.
 *
 * @param usable what {@link availableMethods} said
 * @throws {Problem} `malformed` with the `reason` `methods`, `defaultMethod` or `phishingResistant`, `method-not-available` with the `methods`,
 *   `passkeys-left-out` where only passkeys are left to somebody and they are not allowed
 */
export function requireUsableMethods(usable: readonly string[], before: Policy, draft: Policy): void {
  const { methods: wanted, defaultMethod, mode, phishingResistant, passwordless } = draft
  if (!wanted.every((kind) => methods.includes(kind))) throw new Problem('malformed', { reason: 'methods' })
  if (!wanted.includes(defaultMethod)) throw new Problem('malformed', { reason: 'defaultMethod' })
  if (phishingResistant === 'everyone' && mode !== 'everyone') throw new Problem('malformed', { reason: 'phishingResistant' })
  const needsPasskeys = (phishingResistant !== 'off' && before.phishingResistant === 'off') || (passwordless && !before.passwordless)
  if (needsPasskeys && !usable.includes('passkey'))
    throw new Problem('method-not-available', { methods: ['passkey'], reason: 'no-host-name' })
  if (phishingResistant !== 'off' && !wanted.includes('passkey')) throw new Problem('passkeys-left-out')
  const missing = wanted.filter((kind) => !usable.includes(kind) && !before.methods.includes(kind))
  if (missing.length > 0) throw new Problem('method-not-available', { methods: missing, reason: reasonOf(missing) })
}

function reasonOf(missing: readonly string[]): string {
  if (missing.includes('passkey')) return 'no-host-name'
  if (missing.includes('duo')) return 'duo-off'
  return missing.includes('authanvil') ? 'authanvil-off' : 'no-gateway'
}
