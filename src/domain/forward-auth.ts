import { acrs, acrsOf } from './acr.ts'
import type { ForwardAuthRule, ForwardAuthSettings, Strength } from './applications-forward-auth.ts'
import { type Evidence, hasSecondStep } from './assurance.ts'
import type { Membership } from './policy.ts'

/** What a reverse proxy says that a browser asked it for. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query, as they came. */
  readonly uri: string
  /** The path in the form in which rules are compared with it. */
  readonly path: string
}

/** As long as an address may be. */
export const longestUri = 8_000

/** The origin of a scheme and a host with or without port; undefined where either is not written the one way in which it is compared. */
export function originOfHost(scheme: string, host: string): string | undefined {
  if (scheme !== 'http' && scheme !== 'https') return undefined
  const [, name = '', port] = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::([1-9]\d{0,4}))?$/.exec(host) ?? []
  if (name === '' || name.includes('..') || Number(port ?? 1) > 65_535) return undefined
  const isUsual = port === undefined || Number(port) === (scheme === 'https' ? 443 : 80)
  return `${scheme}://${name}${isUsual ? '' : `:${port}`}`
}

/**
 * Reads what a proxy said of a request. Undefined for whatever could be understood in two ways, by us and by what stands behind the
 * proxy: nobody gets in with such an address.
 */
export function readTarget(scheme: string, host: string, uri: string): Target | undefined {
  const origin = originOfHost(scheme, host.toLowerCase())
  if (origin === undefined || uri.length > longestUri || !/^\/[\x21-\x7e]*$/.test(uri) || /[\\#<>"]/.test(uri)) return undefined
  const path = comparablePath(uri.split('?')[0] ?? '')
  return path === undefined ? undefined : { origin, uri, path }
}

/** Reads a whole address, as {@link readTarget} would have been told of it. */
export function readAddress(address: string): Target | undefined {
  const [, scheme = '', host = '', uri = ''] = /^(https?):\/\/([^/?#]+)(\/.*)$/.exec(address) ?? []
  return readTarget(scheme, host, uri)
}

/**
 * A path as rules are compared with it: decoded once, without parameters after `;`, letters of one size and one width. Undefined where
 * servers disagree about what it names: hidden slashes and dots, a second encoding, empty segments, control characters.
 */
export function comparablePath(path: string): string | undefined {
  // Most are plain, and nothing of what follows would change them.
  if (/^(?:\/[a-z0-9_-][a-z0-9_.-]*)*\/?$/.test(path) && path !== '') return path
  if (!/^\/(?:[^%\\]|%[0-9a-f]{2})*$/i.test(path) || /%(?:2f|5c|0.|1.|7f|25[0-9a-f]{2})/i.test(path)) return undefined
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined
  }
  const plain = decoded.normalize('NFKC').toLowerCase()
  if (/[\p{Cc}\p{Cf}\p{Cs}\\]/u.test(plain) || plain.split('/').length !== path.split('/').length) return undefined
  const segments = plain.split('/').map((segment) => segment.replace(/;.*$/s, ''))
  const isOdd = (segment: string, at: number) =>
    /^\.+$|^\s|\s$/.test(segment) || (segment === '' && ((at > 0 && at < segments.length - 1) || plain.split('/')[at] !== ''))
  return segments.some(isOdd) ? undefined : segments.join('/')
}

/** What an application lets in, with the organization it belongs to. */
export interface Portal {
  readonly organizationId: string
  /** Whether that organization is the provider, which may let in people of its sites. */
  readonly isProviders: boolean
  readonly settings: ForwardAuthSettings
}

/** Who asks, as far as it bears on being let in. */
export interface Asker {
  readonly evidence: readonly Evidence[]
  readonly memberships: readonly Membership[]
}

export type Entry =
  | { readonly entry: 'let-in'; readonly as: Membership }
  /** Somebody whose sign-in was not strong enough, or too long ago. */
  | { readonly entry: 'step-up' }
  | { readonly entry: 'not-let-in' }

/** Whether a path takes a passkey or security key. */
export const takesPasskey = (settings: Pick<ForwardAuthSettings, 'rules'>, path: string): boolean =>
  rulesFor(settings, path).some(({ strength }) => strength === 'phishing-resistant')

/** The most that the rules of a path ask of whoever they let in. */
export function strengthOf(settings: Pick<ForwardAuthSettings, 'rules'>, path: string): Exclude<Strength, 'fresh'> {
  if (takesPasskey(settings, path)) return 'phishing-resistant'
  return rulesFor(settings, path).some(({ strength }) => strength !== 'any') ? 'second-factor' : 'any'
}

/** The rules that hold for a path. */
export function rulesFor({ rules }: Pick<ForwardAuthSettings, 'rules'>, path: string): readonly ForwardAuthRule[] {
  return rules.filter((rule) => rule.path === '/' || path.startsWith(comparablePath(rule.path)?.replace(/\/$/, '') ?? ''))
}

/** Whether somebody who is signed in is let in: as a member of which organization, or why not. */
export function judgeEntry(portal: Portal, { evidence, memberships }: Asker, path: string, now: Date): Entry {
  const rules = rulesFor(portal.settings, path)
  if (rules.length === 0) return { entry: 'not-let-in' }
  const as = memberships.find((one) => isTheirs(portal, one.organizationId) && rules.every(({ roles }) => roles.includes(one.role)))
  if (!as) return { entry: 'not-let-in' }
  return rules.every((rule) => isStrong(rule, evidence, now)) ? { entry: 'let-in', as } : { entry: 'step-up' }
}

function isTheirs({ organizationId, isProviders, settings }: Portal, id: string): boolean {
  if (id === organizationId && (settings.people !== 'chosen' || settings.organizations.includes(id))) return true
  return isProviders && (settings.people === 'all' || (settings.people === 'chosen' && settings.organizations.includes(id)))
}

function isStrong({ strength, freshMinutes }: ForwardAuthRule, evidence: readonly Evidence[], now: Date): boolean {
  if (strength === 'any') return true
  if (strength === 'phishing-resistant') return acrsOf(evidence).includes(acrs.phishingResistant)
  const since = strength === 'fresh' ? now.getTime() - freshMinutes * 60_000 : Number.NEGATIVE_INFINITY
  return hasSecondStep(evidence.filter((one) => one.at.getTime() >= since))
}

/** A text as the value of a header: without whatever could end it. */
export function headerValue(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 1_000)
}

/** The cookies of a request without those of Countersign: what stands behind the proxy has no business with them. */
export function withoutOwnCookies(header: string): string {
  if (/^(?:__Host-)?countersign-[\w-]+=[^;]*$/.test(header)) return ''
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !/^(?:__host-)?countersign-/i.test(pair))
    .join('; ')
}
