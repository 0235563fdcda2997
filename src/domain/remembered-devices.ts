import { isPhishingResistanceRequired, type Membership } from './policy.ts'

/** A device on which somebody gave both steps and ticked "Remember this device". It proves nothing: it spares the second step. */
export interface RememberedDevice {
  readonly id: string
  readonly rememberedAt: Date
}

/**
 * For how many days a person's devices may be remembered, by the strictest of the organizations that ask for a second step;
 * 0 is never, as for whoever must prove it anew with a passkey each time.
 */
export function rememberDaysFor(memberships: readonly Membership[]): number {
  const days = memberships
    .filter((one) => one.policy.enabled)
    .map((one) =>
      isPhishingResistanceRequired(one) || (one.policy.remembers === 'users' && one.role !== 'user') ? 0 : one.policy.rememberDays,
    )
  return days.length === 0 ? 0 : Math.min(...days)
}

/** Until when a device may spare the second step, by the rules as they are now. */
export function rememberedUntil(rememberedAt: Date, memberships: readonly Membership[]): Date {
  return new Date(rememberedAt.getTime() + rememberDaysFor(memberships) * 86_400_000)
}
