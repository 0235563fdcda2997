import { BlockList, isIP } from 'node:net'

/** All of IPv4 that does not lead to one host of the internet (IANA special-purpose registry, RFC 6890). */
const closed4 = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  closed4.addSubnet(network, prefix, 'ipv4')

/** Global unicast is the only part of IPv6 that is open; mapped IPv4, NAT64, link-local, unique local and multicast are not in it. */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** What of it is for documentation, or wraps an IPv4 address that would go unchecked: Teredo and its kin, 6to4. */
const closed6 = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  closed6.addSubnet(network, prefix, 'ipv6')

/** Whether an IP address leads to one host of the public internet. Anything that is no plain IP address does not. */
export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !closed4.check(address, 'ipv4')
  return family === 6 && !address.includes('%') && global6.check(address, 'ipv6') && !closed6.check(address, 'ipv6')
}

/**
 * A host in the one form in which it is looked up and compared: as browsers read it (WHATWG URL), so that `0x7f.1`, `2130706433`
 * and digits of other scripts are seen for the address they are. IPv6 without brackets, no dot at the end. Undefined for what is none.
 */
export function canonicalHost(host: string): string | undefined {
  const isIPv6 = isIP(host) === 6
  if (/[\s/?#@\\%]/.test(host) || (host.includes(':') && !isIPv6)) return undefined
  const url = `http://${isIPv6 ? `[${host}]` : host}/`
  if (!URL.canParse(url)) return undefined
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '') || undefined
}
