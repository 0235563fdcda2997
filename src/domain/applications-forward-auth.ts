import type { ApplicationFault } from './applications.ts'
import { comparablePath, originOfHost } from './forward-auth.ts'
import type { Role } from './roles.ts'

/**
 * How surely somebody must have signed in: at all; with a second step; with one that they gave in the last so many minutes; with a
 * passkey or security key, which no page that only looks like ours can pass on.
 */
export type Strength = 'any' | 'second-factor' | 'fresh' | 'phishing-resistant'

/** What everything below a path takes. Of several rules that hold for a path, all must be met. */
export interface ForwardAuthRule {
  readonly path: string
  readonly roles: readonly Role[]
  readonly strength: Strength
  /** Of `fresh`: how many minutes. */
  readonly freshMinutes: number
}

/** An application that speaks nothing: its reverse proxy asks Countersign about every request. */
export interface ForwardAuthSettings {
  readonly kind: 'forward-auth'
  /** Where the application is reached: scheme, host and port, compared letter by letter. */
  readonly origins: readonly string[]
  /** Whose people are let in: those of its own organization; for an application of the provider also those of all sites, or of some. */
  readonly people: 'own' | 'all' | 'chosen'
  /** Of `chosen`: the organizations. */
  readonly organizations: readonly string[]
  /** The first is that of the whole address, `/`. */
  readonly rules: readonly ForwardAuthRule[]
}

const roles: readonly Role[] = ['owner', 'security-admin', 'admin', 'user']
const unique = (texts: readonly string[]) => [...new Set(texts.map((one) => one.trim()).filter((one) => one !== ''))]

/** Settings in the one form in which they are stored. */
export function plainForwardAuth(settings: ForwardAuthSettings): ForwardAuthSettings {
  return {
    kind: 'forward-auth',
    origins: unique(settings.origins.map((one) => one.trim().toLowerCase().replace(/\/$/, ''))),
    people: settings.people,
    organizations: settings.people === 'chosen' ? unique(settings.organizations) : [],
    rules: settings.rules.map((rule) => ({
      path: rule.path.trim(),
      roles: roles.filter((role) => rule.roles.includes(role)),
      strength: rule.strength,
      freshMinutes: rule.freshMinutes,
    })),
  }
}

/** The first thing that is wrong with settings. */
export function faultOfForwardAuth({ origins, people, organizations, rules }: ForwardAuthSettings): ApplicationFault | undefined {
  if (origins.length === 0) return { field: 'origins' }
  const origin = origins.find((one) => !isOrigin(one))
  if (origin !== undefined) return { field: 'origins', value: origin }
  if (people === 'chosen' && organizations.length === 0) return { field: 'organizations' }
  if (rules[0]?.path !== '/') return { field: 'rules' }
  const paths = rules.map(({ path }) => comparablePath(path))
  const odd = rules.find((_, at) => paths[at] === undefined || paths.indexOf(paths[at]) !== at)
  if (odd) return { field: 'rules', value: odd.path }
  const closed = rules.find((rule) => rule.roles.length === 0)
  return closed && { field: 'roles', value: closed.path }
}

function isOrigin(text: string): boolean {
  const [, scheme = '', host = ''] = /^(https?):\/\/([^/]+)$/.exec(text) ?? []
  const isLoopback = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host)
  return originOfHost(scheme, host) === text && (scheme === 'https' || isLoopback)
}
