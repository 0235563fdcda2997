import type { ApplicationFault } from './applications.ts'

/** An application that signs its people in with OpenID Connect. */
export interface OidcSettings {
  readonly kind: 'oidc'
  /** Where the browser may be sent back to with a code: compared letter by letter. */
  readonly redirectUris: readonly string[]
  /** Where the browser may be sent after it was signed out. */
  readonly postLogoutRedirectUris: readonly string[]
  /** Where Countersign says that a session has ended; null for an application that is not told. */
  readonly backChannelLogoutUri: string | null
  /** Where people begin to use it: what "Try it" opens. */
  readonly startUri: string | null
}

/** Hosts that are the machine itself: the only ones that are reached without TLS, while somebody develops. */
const isLoopback = (host: string) => host === 'localhost' || host === '127.0.0.1' || host === '[::1]'

/**
 * Whether an address may be stored: https, or http on the machine itself; written the one way in which browsers and we understand the
 * same; without a name and password, a fragment, or a wildcard.
 */
export function isPlainAddress(text: string): boolean {
  if (text.length > 500 || !/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[\\*#"'<>`{}|^]/.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hostname.endsWith('.')) return false
  const isWrittenSo = url.href === text || url.href === `${text}/`
  return isWrittenSo && (url.protocol === 'https:' || isLoopback(url.hostname))
}

/** Settings in the one form in which they are stored: without blanks around addresses, and each address once. */
export function plainOidc(settings: OidcSettings): OidcSettings {
  const all = (addresses: readonly string[]) => [...new Set(addresses.map((one) => one.trim()).filter((one) => one !== ''))]
  const one = (address: string | null) => address?.trim() || null
  return {
    kind: 'oidc',
    redirectUris: all(settings.redirectUris),
    postLogoutRedirectUris: all(settings.postLogoutRedirectUris),
    backChannelLogoutUri: one(settings.backChannelLogoutUri),
    startUri: one(settings.startUri),
  }
}

/** The first thing that is wrong with settings. */
export function faultOfOidc({
  redirectUris,
  postLogoutRedirectUris,
  backChannelLogoutUri,
  startUri,
}: OidcSettings): ApplicationFault | undefined {
  if (redirectUris.length === 0) return { field: 'redirectUris' }
  const lists = { redirectUris, postLogoutRedirectUris }
  const singles = { backChannelLogoutUri, startUri }
  for (const [field, addresses] of Object.entries(lists)) {
    const value = addresses.find((one) => !isPlainAddress(one))
    if (value !== undefined) return { field, value }
  }
  for (const [field, value] of Object.entries(singles)) if (value !== null && !isPlainAddress(value)) return { field, value }
  return undefined
}
