/**
 * A host name in the one form in which it is stored and compared: lower case, without port or final dot. Undefined for what
 * is none: an address of digits, a name without a dot, anything that a certificate could not be made out for.
 */
export function plainHost(input: string): string | undefined {
  const host = input.trim().toLowerCase().replace(/\.$/, '')
  const isName = host.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(host)
  return isName ? host : undefined
}
