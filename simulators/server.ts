import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { newCertificate } from './certificate.ts'

/** A request as a simulator sees it. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  /** The host and port by which the client knows this server, from its Host header. */
  readonly host: string
  readonly body: string
  readonly form: URLSearchParams
  readonly ip: string
}

export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export const json = (status: number, value: unknown): Reply => ({ status, type: 'application/json', body: JSON.stringify(value) })

/**
 * How every simulated server can misbehave: `hang` never answers, `slow` answers late, `reset` closes the connection, `half` sends
 * half a body and closes, `stall` sends half a body and then nothing, `huge` never stops sending, `html` is the 502 page of a proxy,
 * `html-ok` a page with 200 where data is expected, `empty` nothing with 200, `broken` no JSON and no XML, `redirect` sends elsewhere.
 */
export const transportFaults = ['hang', 'slow', 'reset', 'half', 'stall', 'huge', 'html', 'html-ok', 'empty', 'broken', 'redirect'] as const
export type TransportFault = (typeof transportFaults)[number]

/** A command to misbehave: at which paths, how often, and for `slow` how late. */
export interface Misbehavior<Fault extends string> {
  readonly fault: Fault
  /** Only where the path contains this; without it, everywhere but on the simulator's own pages. */
  readonly on?: string
  /** How many times; without it, until `behave`. */
  readonly times?: number
  readonly seconds?: number
}

export interface Server<Fault extends string> {
  /** Where it listens, as `https://localhost:port`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The certificate to trust, PEM. */
  readonly ca: string
  /** All that was asked so far, the oldest first. */
  readonly asked: readonly Asked[]
  misbehave(fault: Fault, options?: Omit<Misbehavior<Fault>, 'fault'>): void
  /** Ends all misbehavior. */
  behave(): void
  stop(): Promise<void>
}

interface Options<Fault extends string> {
  readonly port?: number
  /** Host names beside localhost that the certificate is for. */
  readonly names?: readonly string[]
  /** A certificate that is for another host, or that ran out. */
  readonly certificate?: 'right' | 'other-host' | 'expired'
  handle(asked: Asked): Reply | Promise<Reply>
  /** The faults of this service's own: what it answers instead. */
  readonly own: Readonly<Record<Exclude<Fault, TransportFault>, (asked: Asked) => Reply | undefined>>
  /** Paths that never misbehave: the simulator's own pages. */
  readonly pages: RegExp
}

const page502 = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'
const mostBody = 1_000_000

async function read(request: IncomingMessage): Promise<Asked> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > mostBody) throw new Error('The request is too large')
    parts.push(part)
  }
  const host = request.headers.host ?? ''
  const url = new URL(request.url ?? '/', `https://${host || 'localhost'}`)
  const body = Buffer.concat(parts).toString()
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    host,
    body,
    form: new URLSearchParams(isForm ? body : ''),
    ip: request.socket.remoteAddress ?? '',
  }
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...headers })
  response.end(body)
}

function sendWrongly(fault: TransportFault, reply: Reply, response: ServerResponse): void {
  const body = Buffer.from(reply.body)
  const head = { 'content-type': reply.type }
  if (fault === 'reset') response.socket?.destroy()
  else if (fault === 'half' || fault === 'stall') {
    response.writeHead(reply.status, { ...head, 'content-length': body.length })
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => fault === 'half' && response.socket?.destroy())
  } else if (fault === 'huge') {
    response.writeHead(reply.status, head)
    const block = Buffer.alloc(64 * 1024, ' ')
    const pour = () => {
      while (!response.destroyed && response.write(block));
      if (!response.destroyed) response.once('drain', pour)
    }
    pour()
  } else if (fault === 'html' || fault === 'html-ok')
    send(response, { status: fault === 'html' ? 502 : 200, type: 'text/html', body: page502 })
  else if (fault === 'empty') send(response, { ...reply, status: 200, body: '' })
  else if (fault === 'broken') send(response, { ...reply, status: 200, body: '{"stat": "OK", <' })
  else if (fault === 'redirect')
    send(response, { status: 302, type: 'text/plain', body: '', headers: { location: 'https://localhost:1/elsewhere' } })
}

/** An HTTPS server on loopback that answers by `handle`, keeps what it was asked, and misbehaves on command. */
export async function startServer<Fault extends string>(options: Options<Fault>): Promise<Server<Fault>> {
  const names = options.certificate === 'other-host' ? ['elsewhere.example'] : ['localhost', '127.0.0.1', ...(options.names ?? [])]
  const { key, certificate } = newCertificate(names, { ageDays: options.certificate === 'expired' ? 3 : 0 })
  const asked: Asked[] = []
  let orders: (Misbehavior<Fault> & { left: number })[] = []
  const timers = new Set<NodeJS.Timeout>()

  const orderFor = (path: string) => {
    if (options.pages.test(path)) return undefined
    const order = orders.find(({ on, left }) => left > 0 && (on === undefined || path.includes(on)))
    if (order) order.left--
    return order
  }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const question = await read(request)
    asked.push(question)
    const order = orderFor(question.path)
    if (!order) return send(response, await options.handle(question))
    const own = (options.own as Record<string, ((asked: Asked) => Reply | undefined) | undefined>)[order.fault]
    if (order.fault === 'hang') return
    if (own) return send(response, own(question) ?? (await options.handle(question)))
    if (order.fault !== 'slow') return sendWrongly(order.fault as TransportFault, await options.handle(question), response)
    const timer = setTimeout(
      async () => {
        timers.delete(timer)
        send(response, await options.handle(question))
      },
      (order.seconds ?? 3) * 1000,
    )
    timers.add(timer)
  }
  const server = createServer({ key, cert: certificate }, (request, response) => {
    response.on('error', () => undefined)
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, type: 'text/plain', body: `The simulator failed: ${String(error)}` })
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('tlsClientError', () => undefined)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}`,
    host: `localhost:${port}`,
    port,
    ca: certificate,
    asked,
    misbehave: (fault, more = {}) => {
      orders.push({ fault, ...more, left: more.times ?? Number.POSITIVE_INFINITY })
    },
    behave: () => {
      orders = []
    },
    stop: async () => {
      for (const timer of timers) clearTimeout(timer)
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}
