import type { Channel } from './message.ts'

/** Why something is sent that somebody without any right, or over and over, could make us send. */
export type Purpose = 'code' | 'password-reset' | 'invitation' | 'email-change'

/** Which limit a message met. `number` is one that costs extra or reaches nobody, `few-used` the breaker. */
export type LimitReason =
  | 'person'
  | 'address'
  | 'network'
  | 'prefix'
  | 'country'
  | 'country-not-allowed'
  | 'number'
  | 'organization'
  | 'installation'
  | 'few-used'

/** What a limit counts by. */
export type Counted = Exclude<LimitReason, 'country-not-allowed' | 'number' | 'few-used'>

/** A message before it is sent, as the limits see it. The texts name rows, so personal ones come as digests. */
export interface Sending {
  readonly purpose: Purpose
  readonly channel: Channel
  /** Keyed digest of the mail address or number. */
  readonly address: string
  readonly userId?: string
  /** Where the request came from, as far as one network reaches: `networkOf`. */
  readonly network: string
  /** Of a number: the country (ISO 3166) that answers for it, and all but its last four digits. */
  readonly phone?: { readonly country: string; readonly prefix: string }
  readonly organizationId?: string
}

/** What an organization or, for the provider, the installation has set. */
export interface SendingRules {
  /** Countries whose numbers are written to and called; null: whatever the installation allows. */
  readonly countries: readonly string[] | null
  /** Texts and calls in a day (UTC); null: the default. */
  readonly dailyMost: number | null
}

/** One count that a message is charged to: at most `most` from `startsAt` to `endsAt`. */
export interface Window {
  readonly reason: Counted
  readonly key: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly most: number
}

/** Where the breaker looks: how many of the codes that were sent there were entered. */
export interface Watch {
  readonly key: string
  /** So many must have been sent before it judges. */
  readonly sample: number
}

/**
 * Texts and calls a day, unless the provider sets another figure. At a few cents each a bill of some ten euros a day is the worst that a
 * stolen password list can run up before somebody looks; an installation that needs more knows that it does.
 */
export const defaultDailyMost = { installation: 1000, organization: 300 } as const

const [minute, hour, day] = [60, 3600, 86_400]

/**
 * `[seconds, most]` for each count. A person signs in a few times a day and asks again once or twice, also where several portals send
 * codes; numbers and mailboxes are nearly always one person's. All but the last four digits of a number stand for ten thousand numbers,
 * which is a company or a small town: in the same hour tens of them, and not hundreds, sign in by text. A network may be a whole office.
 */
const counts: Readonly<Record<'phone' | Purpose, Partial<Readonly<Record<Counted, readonly (readonly [number, number])[]>>>>> = {
  phone: {
    person: [
      [hour, 10],
      [day, 30],
    ],
    address: [
      [hour, 10],
      [day, 30],
    ],
    network: [[hour, 100]],
    prefix: [
      [hour, 60],
      [day, 200],
    ],
  },
  code: {
    person: [
      [hour, 20],
      [day, 60],
    ],
    address: [
      [hour, 20],
      [day, 60],
    ],
    network: [[hour, 300]],
  },
  // One a minute: who clicks twice gets one mail, and its link is the one that works.
  'password-reset': {
    address: [
      [minute, 1],
      [hour, 5],
    ],
    network: [[hour, 100]],
  },
  invitation: {
    address: [
      [hour, 4],
      [day, 10],
    ],
  },
  'email-change': {
    person: [
      [hour, 5],
      [day, 10],
    ],
    address: [
      [hour, 3],
      [day, 6],
    ],
  },
}

/** A country takes at most this share of the installation's day in one hour, and never less than the number. */
const countryShare = { part: 0.25, least: 50 } as const

/** The breaker: of what was sent from an hour ago until ten minutes ago at least this share must have been entered by now. */
export const breaker = { bucketSeconds: 600, buckets: 6, leastShare: 0.2, sample: { prefix: 20, country: 100 } } as const

/** All counts that a message is charged to, in the order in which their refusal is told. */
export function windowsFor(
  sending: Sending,
  now: Date,
  most: { readonly organization: number; readonly installation: number },
): readonly Window[] {
  const { phone } = sending
  const family = phone ? 'phone' : sending.purpose
  const names: Partial<Readonly<Record<Counted, string>>> = {
    ...(sending.userId === undefined ? {} : { person: sending.userId }),
    address: sending.address,
    network: sending.network,
    ...(phone ? { prefix: phone.prefix } : {}),
  }
  const window = (reason: Counted, name: string, seconds: number, limit: number): Window => {
    const startsAt = new Date(Math.floor(now.getTime() / (seconds * 1000)) * seconds * 1000)
    const key = keyOf(family, reason, name, seconds)
    return { reason, key, startsAt, endsAt: new Date(startsAt.getTime() + seconds * 1000), most: limit }
  }
  const small = (Object.entries(counts[family]) as [Counted, readonly (readonly [number, number])[]][]).flatMap(([reason, limits]) => {
    const name = names[reason]
    return name === undefined ? [] : limits.map(([seconds, limit]) => window(reason, name, seconds, limit))
  })
  if (!phone) return small
  const perCountry = Math.max(countryShare.least, Math.floor(most.installation * countryShare.part))
  return [
    ...small,
    window('country', phone.country, hour, perCountry),
    ...(sending.organizationId === undefined ? [] : [window('organization', sending.organizationId, day, most.organization)]),
    window('installation', 'all', day, most.installation),
  ]
}

const keyOf = (family: string, reason: string, name: string, seconds: number) => `${family}:${reason}:${seconds}:${name}`

/** The keys of everything that counts against one person and one address, for whoever unlocks them. */
export function keysOfPerson(userId: string, address: string): readonly string[] {
  return Object.entries(counts).flatMap(([family, limits]) => [
    ...(limits.person ?? []).map(([seconds]) => keyOf(family, 'person', userId, seconds)),
    ...(limits.address ?? []).map(([seconds]) => keyOf(family, 'address', address, seconds)),
  ])
}

/** Where the breaker looks for a number. */
export function watchesFor({ country, prefix }: NonNullable<Sending['phone']>): readonly Watch[] {
  return [
    { key: `used:prefix:${prefix}`, sample: breaker.sample.prefix },
    { key: `used:country:${country}`, sample: breaker.sample.country },
  ]
}

/** The part of an hour that the breaker counts in at a moment, and since when it looks. */
export function bucketAt(now: Date): { readonly startsAt: Date; readonly endsAt: Date; readonly since: Date } {
  const length = breaker.bucketSeconds * 1000
  const startsAt = new Date(Math.floor(now.getTime() / length) * length)
  return {
    startsAt,
    endsAt: new Date(startsAt.getTime() + length),
    since: new Date(startsAt.getTime() - breaker.buckets * length),
  }
}

/** What the two rules come to. A site allows no country that the installation does not, and sends no more than the provider lets a site. */
export function ruleFor(
  installation: SendingRules & { readonly siteDailyMost: number | null },
  organization: SendingRules | undefined,
  fallbackCountries: readonly string[],
): { readonly countries: readonly string[]; readonly most: { readonly organization: number; readonly installation: number } } {
  const all = installation.countries ?? fallbackCountries
  const own = organization?.countries ?? all
  const siteMost = installation.siteDailyMost ?? defaultDailyMost.organization
  return {
    countries: own.filter((country) => all.includes(country)),
    most: {
      organization: Math.min(organization?.dailyMost ?? siteMost, siteMost),
      installation: installation.dailyMost ?? defaultDailyMost.installation,
    },
  }
}
