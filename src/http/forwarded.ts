import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6, type Socket } from 'node:net'
import { readTarget, type Target } from '#domain/forward-auth.ts'

/** Names for networks, as `TRUSTED_PROXIES` takes them beside addresses. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Whether a connection comes from a proxy whose headers are believed: by the address of the other end, and nothing that was sent. */
export function trustedPeers(proxies: readonly string[]): (request: IncomingMessage) => boolean {
  const list = new BlockList()
  for (const network of proxies.flatMap((one) => named[one] ?? [one])) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  const known = new WeakMap<Socket, boolean>()
  return ({ socket }) => {
    const told = known.get(socket)
    if (told !== undefined) return told
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
    const isTrusted = address !== '' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
    known.set(socket, isTrusted)
    return isTrusted
  }
}

const wanted = new Set([
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-uri',
  'x-forwarded-method',
  'sec-fetch-mode',
  'accept',
  'cookie',
])
const twice = Symbol('twice')

function wantedHeaders({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string | typeof twice> {
  const found = new Map<string, string | typeof twice>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ''
    if (wanted.has(name)) found.set(name, found.has(name) ? twice : (rawHeaders[at + 1] ?? ''))
  }
  return found
}

/** What came exactly once of the headers that a check goes by. */
export function checkHeaders(request: IncomingMessage): (name: string) => string | undefined {
  const found = wantedHeaders(request)
  return (name) => {
    const value = found.get(name)
    return value === twice ? undefined : value
  }
}

/** What a proxy says that the browser asked for. Undefined where a header is missing, came twice, or can be read in two ways. */
export function forwardedTarget(header: (name: string) => string | undefined): Target | undefined {
  const method = header('x-forwarded-method')
  if (method === undefined || !/^[A-Z]{1,20}$/.test(method)) return undefined
  return readTarget(header('x-forwarded-proto') ?? '', header('x-forwarded-host') ?? '', header('x-forwarded-uri') ?? '')
}

/** What is wrong with each header of a proxy, for the page that helps to set one up. */
export function forwardedFindings(
  request: IncomingMessage,
): Readonly<Record<'scheme' | 'host' | 'uri' | 'method', 'fine' | 'missing' | 'twice'>> {
  const found = wantedHeaders(request)
  const finding = (name: string) => (found.get(name) === twice ? 'twice' : found.has(name) ? 'fine' : 'missing')
  return {
    scheme: finding('x-forwarded-proto'),
    host: finding('x-forwarded-host'),
    uri: finding('x-forwarded-uri'),
    method: finding('x-forwarded-method'),
  }
}

/** The value of a cookie of ours, which are letters, digits, `-` and `_`; undefined where it is none. */
export function ownCookie(header: string, name: string): string | undefined {
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    const isWhole = (at === 0 || header[at - 1] === ' ' || header[at - 1] === ';') && header[at + name.length] === '='
    if (!isWhole) continue
    const end = header.indexOf(';', at)
    const value = header.slice(at + name.length + 1, end < 0 ? undefined : end)
    return /^[\w-]+$/.test(value) ? value : undefined
  }
  return undefined
}
