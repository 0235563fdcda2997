/**
 * A host name in the one form in which it is stored and compared: lower case, without port or final dot. Undefined for what
 * is none: an address of digits, a name without a dot, anything that a certificate could not be made out for.
 */
export function plainHost(input: string): string | undefined {
  const host = input.trim().toLowerCase().replace(/\.$/, '')
  const isName = host.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(host)
  return isName ? host : undefined
}

/** The host name that a request names in its header, if it names one. The header is a claim: look it up before believing it. */
export function claimedHost(header: string): string | undefined {
  return plainHost(header.replace(/:\d{1,5}$/, ''))
}

/** Where people reach a host: as the installation is reached, under another name. */
export function originOf(host: string, publicUrl: string): string {
  const [scheme = '', , authority = ''] = publicUrl.split('/')
  return `${scheme}//${host}${/:\d+$/.exec(authority)?.[0] ?? ''}`
}
