import { BlockList, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { readTarget, type Target } from '#domain/forward-auth.ts'

/** Names for networks, as `TRUSTED_PROXIES` takes them beside addresses. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Whether a connection comes from a proxy whose headers are believed: by the address of the other end, and nothing that was sent. */
export function trustedPeers(proxies: readonly string[]): (request: FastifyRequest) => boolean {
  const list = new BlockList()
  for (const network of proxies.flatMap((one) => named[one] ?? [one])) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return ({ raw }) => {
    const address = (raw.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
    return address !== '' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }
}

/** What a proxy says that the browser asked for. Undefined where a header is missing, came twice, or can be read in two ways. */
export function forwardedTarget(request: FastifyRequest): Target | undefined {
  const [scheme, host, uri, method] = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-uri', 'x-forwarded-method'].map((name) =>
    onlyHeader(request, name),
  )
  if (scheme === undefined || host === undefined || uri === undefined || method === undefined || !/^[A-Z]{1,20}$/.test(method))
    return undefined
  return readTarget(scheme, host, uri)
}

/** What is wrong with each header of a proxy, for the page that helps to set one up. */
export function forwardedFindings(
  request: FastifyRequest,
): Readonly<Record<'scheme' | 'host' | 'uri' | 'method', 'fine' | 'missing' | 'twice'>> {
  const finding = (name: string) => {
    const count = request.raw.rawHeaders.filter((one, at) => at % 2 === 0 && one.toLowerCase() === name).length
    return count === 1 ? 'fine' : count === 0 ? 'missing' : 'twice'
  }
  return {
    scheme: finding('x-forwarded-proto'),
    host: finding('x-forwarded-host'),
    uri: finding('x-forwarded-uri'),
    method: finding('x-forwarded-method'),
  }
}

/** The value of a header that came exactly once. */
export function onlyHeader({ raw }: FastifyRequest, name: string): string | undefined {
  const { rawHeaders } = raw
  let value: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== name) continue
    if (value !== undefined) return undefined
    value = rawHeaders[at + 1]
  }
  return value
}
