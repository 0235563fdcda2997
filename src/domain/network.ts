/** One network: an IPv4 address, or the 64 bits of an IPv6 address that one customer is given. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1]) return mapped[1]
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return [...front, ...middle, ...back]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')
}

/**
 * A wider one, for what many in one place may do at the same time: the first three numbers of an IPv4 address, which is what one
 * household or one office has, and of an IPv6 one the same 64 bits. Whatever is no address is its own network.
 */
export function widerNetworkOf(address: string): string {
  const network = networkOf(address)
  if (network.includes(':')) return `${network}::/64`
  const [, office] = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(network) ?? []
  return office === undefined ? network : `${office}.0/24`
}
