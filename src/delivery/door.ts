import { lookup as systemLookup } from 'node:dns/promises'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP, type LookupFunction, connect as open, type Socket } from 'node:net'
import { canonicalHost, isPublic } from './addresses.ts'
import { Uncertain, Undeliverable } from './gateway.ts'

export interface Outbound {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For all of it, from looking up the name to the last byte of the answer; 15 seconds when absent. */
  readonly milliseconds?: number
  /** A longer answer is refused; 65,536 when absent. */
  readonly mostBytes?: number
}

export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/**
 * The only way to a server outside. Its address is looked up once, must be one of the public internet unless the operator has listed
 * the host, and is the one that is then connected to, whatever the name leads to a moment later.
 */
export interface Door {
  /**
   * One request over https, or http to a listed host. Redirects are answers like others and are not followed.
   *
   * @throws {Undeliverable} for an address that is not open; nothing was sent to it
   * @throws {Uncertain} when the request went out and no whole answer came back
   */
  fetch(url: string, outbound: Outbound): Promise<Answer>
  /** A connection for another protocol. @throws {Undeliverable} as above */
  connect(host: string, port: number, milliseconds: number): Promise<Socket>
}

export interface DoorOptions {
  /** Hosts, or hosts with a port, that may be private and may be spoken to without TLS. */
  readonly allowedHosts: readonly string[]
  /** All addresses of a name; the system's own look-up when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

interface Place {
  readonly host: string
  readonly isListed: boolean
  readonly lookup: LookupFunction
}

export function openDoor({ allowedHosts, resolve = systemResolve }: DoorOptions): Door {
  const listed = new Set(allowedHosts.flatMap((one) => hostAndPort(one) ?? []))

  const placeOf = async (name: string, port: number, until: AbortSignal): Promise<Place> => {
    const host = canonicalHost(name)
    if (!host) throw shut()
    const isListed = listed.has(host) || listed.has(`${host} ${port}`)
    const addresses = isIP(host) ? [host] : await beforeAbort(resolve(host), until)
    if (addresses.length === 0) throw new Error('the name of the server has no address')
    if (!isListed && !addresses.every(isPublic)) throw shut()
    const pinned = addresses.map((address) => ({ address, family: isIP(address) }))
    const first = pinned[0] as (typeof pinned)[number]
    return {
      host,
      isListed,
      // Node calls it in one of two ways; whichever, it gets the addresses that were checked.
      lookup: (_name, options, done) => (options.all ? done(null, pinned) : done(null, first.address, first.family)),
    }
  }

  return {
    fetch: async (address, { method, headers = {}, body, milliseconds = 15_000, mostBytes = 65_536 }) => {
      const url = URL.canParse(address) ? new URL(address) : undefined
      if (!url || !['https:', 'http:'].includes(url.protocol) || url.username || url.password) throw shut()
      const until = AbortSignal.timeout(milliseconds)
      const isTls = url.protocol === 'https:'
      const port = Number(url.port || (isTls ? 443 : 80))
      const { isListed, lookup } = await placeOf(url.hostname.replace(/^\[(.*)\]$/, '$1'), port, until)
      if (!isTls && !isListed) throw shut()
      let isSent = false
      try {
        const response = await new Promise<IncomingMessage>((done, fail) => {
          const asked = (isTls ? tlsRequest : plainRequest)(url, {
            method,
            lookup,
            agent: false,
            signal: until,
            headers: {
              accept: 'application/json',
              'accept-encoding': 'identity',
              'user-agent': 'Countersign',
              ...headers,
              ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
            },
          })
          asked.on('socket', (socket) =>
            socket.once(isTls ? 'secureConnect' : 'connect', () => {
              isSent = true
            }),
          )
          asked.on('response', done)
          asked.on('error', fail)
          asked.end(body)
        })
        return { status: response.statusCode ?? 0, headers: plainHeaders(response), text: await textOf(response, mostBytes) }
      } catch (error) {
        const what = until.aborted ? 'no whole answer in time' : codeOf(error)
        throw isSent ? new Uncertain(`sent, but ${what}`) : new Error(`the server could not be reached: ${what}`)
      }
    },
    connect: async (name, port, milliseconds) => {
      const until = AbortSignal.timeout(milliseconds)
      const { host, lookup } = await placeOf(name, port, until)
      return new Promise((done, fail) => {
        const socket = open({ host, port, lookup, autoSelectFamily: true })
        const tooLate = () => socket.destroy(new Error('no connection in time'))
        until.addEventListener('abort', tooLate, { once: true })
        socket.once('connect', () => {
          until.removeEventListener('abort', tooLate)
          done(socket)
        })
        // It stays: a server that hangs up before anybody else listens would otherwise end the process.
        socket.on('error', fail)
      })
    },
  }
}

/** The same words for every address that is not open: they tell nothing about what is there. */
const shut = () =>
  new Undeliverable('its server is at an address that messages may not go to: the operator can list the host in ALLOWED_HOSTS', 'gateway')

/** A host as listed, or `host port`. Undefined for what is neither. */
export function hostAndPort(entry: string): string | undefined {
  if (isIP(entry) === 6) return canonicalHost(entry)
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(entry) ?? []
  const host = canonicalHost(name.replace(/^\[(.*)\]$/, '$1'))
  return host && (port === undefined ? host : `${host} ${port}`)
}

const systemResolve = async (host: string) => (await systemLookup(host, { all: true })).map(({ address }) => address)

function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    signal.addEventListener('abort', () => fail(new Error('the name of the server was not found in time')), { once: true })
    promise.then(done, fail)
  })
}

async function textOf(response: IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > mostBytes) {
      response.destroy()
      throw new Error('the answer is too long')
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

const plainHeaders = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))

/** What went wrong, without a word of what was said: an error of the network has a code, ours have a sentence. */
const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : error instanceof Error
      ? error.message
      : 'an error'

/** The JSON object that a text from outside is, or undefined for half of one and for anything else. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
