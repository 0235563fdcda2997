/**
 * The network of an address, for what is counted by where it comes from: the first three numbers of an IPv4 address, the first four
 * groups of an IPv6 one, which is what one household or one office has. Whatever is no address is its own network.
 */
export function networkOf(address: string): string {
  const [, four] = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(address) ?? []
  if (four !== undefined) return `${four}.0/24`
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const [first, last] = [groups(head), groups(tail ?? '')]
  const missing = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const all = [...first, ...(tail === undefined ? [] : missing), ...last].map((group) => group.replace(/^0+(?=.)/, ''))
  return `${all.slice(0, 4).join(':')}::/64`
}
