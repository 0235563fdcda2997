/**
 * How often a person's phone may ring because somebody knows their password. A push that nobody asked for is approved now and then by
 * whoever is tired of them, so there are few: NIST SP 800-63B-4 §3.1.3, and the reckoning in `docs/threat-model.md`.
 */
export const pushLimits = {
  /** Pushes without an approval in any ten minutes. */
  most: 3,
  seconds: 600,
  /** Pushes without an approval in any day. An approval begins anew. */
  mostInDay: 10,
  daySeconds: 86_400,
} as const

/** How long Duo lets a phone ring. */
export const pushSeconds = 60

/**
 * Why no push goes out. `stopped`: one was denied or reported, and until another factor has proved the person there are no more;
 * `often` and `day` are the two limits.
 */
export type PushRefusal = 'stopped' | 'often' | 'day'

/** What a person's pushes come to so far. */
export interface Pushes {
  /** When each that was not approved went out, for a day at least. */
  readonly sent: readonly Date[]
  /** Since when there are no more. */
  readonly stoppedAt?: Date
}

/** Why a push was refused, and from when on there may be one again, where waiting helps. */
export function pushRefusal({ sent, stoppedAt }: Pushes, now: Date): { readonly reason: PushRefusal; readonly until?: Date } {
  if (stoppedAt) return { reason: 'stopped' }
  const newest = [...sent].sort((one, other) => other.getTime() - one.getTime())
  const after = (at: Date | undefined, seconds: number) => new Date((at ?? now).getTime() + seconds * 1000)
  const ofDay = after(newest[pushLimits.mostInDay - 1], pushLimits.daySeconds)
  if (newest.length >= pushLimits.mostInDay && ofDay > now) return { reason: 'day', until: ofDay }
  return { reason: 'often', until: after(newest[pushLimits.most - 1], pushLimits.seconds) }
}

/**
 * The name of a user whom Countersign makes in the provider's Duo: the mail address to be recognized by, without the `@` and the
 * backslash that "Simple" normalization cuts at, and with a part drawn for it. So no two people, and no two set-ups of one person, can
 * ever be taken for one another, however Duo reads names.
 */
export function managedName(email: string, drawn: string): string {
  const readable = email
    .trim()
    .normalize('NFC')
    .toLowerCase()
    .replace('@', '.at.')
    .replace(/[^\p{L}\p{N}._+-]/gu, '-')
  return `${readable.slice(0, 80)}.${drawn}`
}

/** How many set-ups one person may begin in a day: each makes a user in the provider's Duo. */
export const mostActivationsInDay = 10

/** What a set-up in the provider's Duo has come to: kept, sealed, with the sign-in that began it, and with no other. */
export interface DuoActivating {
  /** The id that the authenticator will have. */
  readonly id: string
  readonly accountOf: string
  readonly userKey: string
  readonly userName: string
  /** What the QR code holds. */
  readonly code: string
  /** Opens Duo Mobile on the phone that shows the page. */
  readonly link: string
  /** ISO 8601. */
  readonly expiresAt: string
  readonly state: 'waiting' | 'expired' | 'done'
}

/** The set-up that an enrollment has come to; undefined where none was begun, or where it is not the provider's Duo. */
export function activationIn(enrollment: { readonly kind: string; readonly keep: unknown } | undefined): DuoActivating | undefined {
  if (enrollment?.kind !== 'duo') return undefined
  const { activating } = enrollment.keep as { readonly activating?: DuoActivating }
  return activating
}
