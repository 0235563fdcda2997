import { createHmac } from 'node:crypto'
import type { DuoApplication } from '#domain/duo.ts'
import type { Clock } from '#domain/ports.ts'
import { type Ask, Failure, type FailureReason, jsonObject, type Outbound, outside } from '../outside.ts'

/** What a client of Duo needs beside the application. */
export interface DuoClientOptions {
  readonly ask: Ask
  readonly now: Clock
  readonly application: DuoApplication
}

export type Parameters = Readonly<Record<string, string>>

/** Duo's escaping: only letters, digits and `_ . ~ -` stand for themselves. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** Parameters escaped and sorted by name: what is signed, and letter by letter what is sent. */
export function canonicalParameters(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
}

/** Duo's signature, version 2 with SHA-512, over date, method, host without port, path and parameters. */
export function authorization(
  { key, secret, host }: DuoApplication,
  { date, method, path, parameters }: { date: string; method: string; path: string; parameters: Parameters },
): string {
  const bareHost = host.replace(/:\d+$/, '').toLowerCase()
  const text = [date, method, bareHost, path, canonicalParameters(parameters)].join('\n')
  const signature = createHmac('sha512', secret).update(text).digest('hex')
  return `Basic ${Buffer.from(`${key}:${signature}`).toString('base64')}`
}

const reasons: Readonly<Record<number, FailureReason>> = { 40102: 'application', 40103: 'secret', 40105: 'clock' }
const reasonOf = (code: number): FailureReason => {
  const status = Math.floor(code / 100)
  if (status === 429) return 'rate'
  if (status >= 500) return 'outage'
  return reasons[code] ?? (status === 403 ? 'permission' : status === 401 ? 'application' : 'request')
}

/** What Duo answered within its envelope. */
export interface Said {
  readonly response: unknown
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Opens Duo's envelope. @throws {Failure} for a refusal, and for what is no envelope */
function opened(status: number, text: string): Said {
  const reply = jsonObject(text)
  if (reply?.stat === 'FAIL' && typeof reply.code === 'number') {
    const detail = [reply.message, reply.message_detail].filter((each) => typeof each === 'string').join(': ')
    throw new Failure(reasonOf(reply.code), detail, reply.code)
  }
  if (status === 429) throw new Failure('rate', `status ${status}`)
  if (status >= 500) throw new Failure('outage', `status ${status}`)
  if (status !== 200 || reply?.stat !== 'OK' || !('response' in reply))
    throw new Failure('not-it', `status ${status}, and no answer of Duo's`)
  const { metadata } = reply
  return { response: reply.response, metadata: typeof metadata === 'object' && metadata !== null ? { ...metadata } : {} }
}

const usualMilliseconds = 10_000
const mostBytes = 1_000_000

export interface SignedApi {
  /**
   * One signed question.
   *
   * @throws {Failure} for everything but an answer with "OK"
   */
  call(method: Outbound['method'], path: string, parameters?: Parameters, milliseconds?: number): Promise<Said>
  /** A question that needs no key. @throws {Failure} as above */
  unsigned(path: string): Promise<Said>
}

/** Duo's Auth and Admin API at one host with one key. It never tries again: at a sign-in somebody is waiting. */
export function signedApi({ ask, now, application }: DuoClientOptions): SignedApi {
  const get = outside(ask)
  return {
    call: async (method, path, parameters = {}, milliseconds = usualMilliseconds) => {
      const date = now().toUTCString()
      const sent = canonicalParameters(parameters)
      const isPost = method === 'POST'
      const { status, text } = await get(`https://${application.host}${path}${isPost || sent === '' ? '' : `?${sent}`}`, {
        method,
        headers: {
          date,
          authorization: authorization(application, { date, method, path, parameters }),
          ...(isPost ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(isPost ? { body: sent } : {}),
        milliseconds,
        mostBytes,
      })
      return opened(status, text)
    },
    unsigned: async (path) => {
      const { status, text } = await get(`https://${application.host}${path}`, {
        method: 'GET',
        milliseconds: usualMilliseconds,
        mostBytes,
      })
      return opened(status, text)
    },
  }
}

/** A part of an answer that must be an object. @throws {Failure} */
export function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Failure('reply', 'an object was expected')
  return value as Record<string, unknown>
}

/** A part of an answer that must be a text. @throws {Failure} */
export function textIn(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw new Failure('reply', `${name} is missing`)
  return value
}

/** Parts of an answer that must be a list. @throws {Failure} */
export function listIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw new Failure('reply', 'a list was expected')
  return value.map(objectIn)
}
