/** An application in Duo, as its panel shows it: "API hostname", "Integration key" or "Client ID", "Secret key" or "Client secret". */
export interface DuoApplication {
  readonly host: string
  readonly key: string
  readonly secret: string
}

/** What an organization has set about Duo. */
export interface DuoSettings {
  readonly isOn: boolean
  /** Whose account at Duo its people use: that of the organization, or that of the provider. */
  readonly account: 'own' | 'provider'
  /** The application of type "Web SDK": the prompt in the browser. */
  readonly prompt?: DuoApplication
  /** The application of type "Auth API": the push, and setting up a phone. */
  readonly auth?: DuoApplication
  /** What a sign-in does while Duo is away: it ends there, or the person's other authenticators are offered. */
  readonly whenAway: 'closed' | 'other-factor'
  /** Whether somebody whom Duo lets in without asking has given a second step. */
  readonly countsBypass: boolean
  /** Of the provider's settings alone: sites may use its account. */
  readonly servesSites?: boolean
}

/** Lengths of the two values that Duo gives for an application. */
const idPattern = /^[A-Z0-9]{20}$/
const secretPattern = /^[A-Za-z0-9]{40}$/
const hostPattern = /^api-[a-z0-9]{1,32}\.(?:duosecurity\.com|duofederal\.com)$/
const otherHostPattern = /^[a-z0-9.-]{1,253}(?::\d{1,5})?$/

/**
 * The API hostname out of what somebody pasted: without spaces, scheme, path and capitals. Undefined for what is no host of Duo's:
 * only `api-….duosecurity.com`, `api-….duofederal.com`, and the hosts that the operator has listed beside them, such as a simulator's.
 */
export function duoHost(pasted: string, listed: readonly string[] = []): string | undefined {
  const host = pasted
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/+$/, '')
  if (hostPattern.test(host)) return host
  // The operator lists a host with a port, or with any.
  const isListed = listed.includes(host) || listed.includes(host.replace(/:\d+$/, ''))
  return isListed && otherHostPattern.test(host) ? host : undefined
}

/** The integration key, or client ID, out of what somebody pasted. */
export function duoId(pasted: string): string | undefined {
  const id = pasted.trim()
  return idPattern.test(id) ? id : undefined
}

/** The secret key, or client secret, out of what somebody pasted. */
export function duoSecret(pasted: string): string | undefined {
  const secret = pasted.trim()
  return secretPattern.test(secret) ? secret : undefined
}

/**
 * The one form of a name that is sent to Duo and expected back. Duo keeps aliases in lower case and may answer with that form, so
 * that nothing else can be compared.
 */
export function duoName(name: string): string {
  return name.trim().normalize('NFC').toLowerCase()
}

/** What "Simple" username normalization leaves of a name: nothing before a backslash, nothing after an `@`. */
export function simpleName(name: string): string {
  const [bare = ''] = (duoName(name).split('\\').at(-1) ?? '').split('@')
  return bare
}

/** How an application reads names; `unknown` where nobody could ask Duo. */
export type DuoNormalization = 'none' | 'simple' | 'unknown'

/** Somebody who shall sign in with Duo, as we know them. */
export interface DuoPerson {
  readonly id: string
  /** The name that is sent to Duo: the email address. */
  readonly name: string
}

/** A user as Duo knows them. */
export interface DuoUser {
  readonly key: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly email: string
  readonly isEnrolled: boolean
  readonly status: string
}

/**
 * What the key doctor found about one person.
 *
 * - `known`: Duo knows the name, as a user name or as an alias.
 * - `alias-missing`: Duo has exactly one user with this email address, but not under the name that we send.
 * - `ambiguous`: one user or several could be meant, by an address that several have or by the bare name. Nobody but a person can say:
 *   an alias for the wrong one would let them approve for somebody else.
 * - `no-room`: the alias is missing, and all four places for one are taken.
 * - `unknown`: nobody like that in Duo.
 */
export type DuoFinding =
  | { readonly person: DuoPerson; readonly finding: 'known'; readonly user: DuoUser }
  | { readonly person: DuoPerson; readonly finding: 'alias-missing' | 'no-room'; readonly user: DuoUser }
  | { readonly person: DuoPerson; readonly finding: 'ambiguous'; readonly users: readonly DuoUser[] }
  | { readonly person: DuoPerson; readonly finding: 'unknown' }

/** Several people whom Duo would take for one: whoever approves for one of them would let in the others. */
export interface DuoMerge {
  readonly people: readonly DuoPerson[]
  /** Why: the bare name that is left, or the user of Duo whom all their names lead to. */
  readonly because: { readonly bareName: string } | { readonly userKey: string }
}

/** What the key doctor says. It refuses while `merges` is not empty, and while the applications read names differently. */
export interface DuoDiagnosis {
  readonly findings: readonly DuoFinding[]
  readonly merges: readonly DuoMerge[]
  /** Both applications have the same username normalization, or nobody knows. */
  readonly isAgreed: boolean
}

/** How many aliases Duo keeps of a user, for certain. */
export const mostAliases = 4

/**
 * The key doctor: who is unknown to Duo, whose alias is missing, and which people would be merged. `people` are all who would use
 * these applications; `users` are all of Duo's.
 */
export function diagnose(
  people: readonly DuoPerson[],
  users: readonly DuoUser[],
  { prompt, auth }: { readonly prompt: DuoNormalization; readonly auth: DuoNormalization },
): DuoDiagnosis {
  const byName = new Map(users.flatMap((user) => [user.name, ...user.aliases].map((name) => [duoName(name), user] as const)))
  const byEmail = Map.groupBy(users, ({ email }) => duoName(email))
  const byBareName = Map.groupBy(users, ({ name }) => simpleName(name))
  const findings = people.map((person): DuoFinding => {
    const name = duoName(person.name)
    const known = byName.get(name)
    if (known) return { person, finding: 'known', user: known }
    const [user, ...others] = byEmail.get(name) ?? []
    if (!user || others.length > 0) {
      const alike = user ? [user, ...others] : (byBareName.get(simpleName(name)) ?? [])
      return alike.length > 0 ? { person, finding: 'ambiguous', users: alike } : { person, finding: 'unknown' }
    }
    return { person, finding: user.aliases.length < mostAliases ? 'alias-missing' : 'no-room', user }
  })
  const byKey = Map.groupBy(
    findings.flatMap((found) => (found.finding === 'known' || found.finding === 'alias-missing' ? [found] : [])),
    ({ user }) => user.key,
  )
  const merges: DuoMerge[] = [...byKey]
    .filter(([, found]) => found.length > 1)
    .map(([userKey, found]) => ({ people: found.map(({ person }) => person), because: { userKey } }))
  if (prompt !== 'none' || auth !== 'none') merges.push(...bareNameMerges(people))
  return { findings, merges, isAgreed: prompt === 'unknown' || auth === 'unknown' || prompt === auth }
}

/** Whom "Simple" would merge, whatever users Duo has: people of whose names the same bare name is left. */
export function bareNameMerges(people: readonly DuoPerson[]): readonly DuoMerge[] {
  return [...Map.groupBy(people, ({ name }) => simpleName(name))]
    .filter(([, alike]) => alike.length > 1)
    .map(([bareName, alike]) => ({ people: alike, because: { bareName } }))
}

/**
 * What must be kept of somebody who was sent to Duo: with their sign-in, for their browser alone, and taken away before the answer is
 * looked at, so that it is good for one return only.
 */
export interface DuoPending {
  /** SHA-256 of the state, in base64url. */
  readonly stateDigest: string
  readonly nonce: string
  /** The name that was sent, letter by letter. */
  readonly userName: string
  /** Whom Duo knew this person as when it first let them in. */
  readonly userKey?: string
  /** Seconds since 1970. */
  readonly startedAt: number
}

/** Whom an authenticator of Duo stands for: kept, sealed, from the first time that Duo let the person in. */
export interface DuoPin {
  /** The organization whose account at Duo it was. */
  readonly accountOf: string
  /** Duo's own id of its user. Somebody whom Duo knows by another one is somebody else. */
  readonly userKey: string
  /** The name that was sent. */
  readonly userName: string
}

/** That Duo has let somebody in: after one attempt, and counting for that attempt alone. */
export interface DuoSaid extends DuoPin {
  /** What the attempt is told from all others by: the digest of its state, the id of its push, the passcode that was typed. */
  readonly attempt: string
  /** What Duo says it was done with, such as `duo_push`. */
  readonly factor: string
  /** Duo let them in without asking them, and the organization counts that: a second step, which has proved nothing. */
  readonly isSpared: boolean
}
