/** One request to a server outside, with its limits. */
export interface Outbound {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For all of it, from looking up the name to the last byte of the answer. */
  readonly milliseconds: number
  /** A longer answer is refused. */
  readonly mostBytes: number
}

export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/**
 * The way out that a client is constructed with: it guards which addresses are open, keeps the limits, follows no redirect, and
 * throws where no whole answer came back.
 */
export type Ask = (url: string, outbound: Outbound) => Promise<Answer>

/**
 * Why a service outside gave no answer that counts.
 *
 * | reason | meaning |
 * |---|---|
 * | `host` | the name leads nowhere, or to an address that is not open |
 * | `certificate` | it could not prove that it is this host |
 * | `network` | no connection, or it broke off |
 * | `timeout` | no whole answer in time |
 * | `busy` | as many of our own questions are open as may be |
 * | `rate` | it says that it was asked too often |
 * | `outage` | it says that it is out of order |
 * | `not-it` | something answers there, but not this service: a proxy's page, a redirect, no data |
 * | `secret` | the secret is wrong |
 * | `application` | the key is unknown, or belongs to another type of application |
 * | `clock` | our clock or theirs is off |
 * | `permission` | the key may not do this |
 * | `request` | it does not accept the question, or does not know what it is about |
 * | `reply` | an answer that cannot be trusted or understood |
 */
export type FailureReason = Outage | 'secret' | 'application' | 'clock' | 'permission' | 'request' | 'reply'
type Outage = (typeof outages)[number]
const outages = ['host', 'certificate', 'network', 'timeout', 'busy', 'rate', 'outage', 'not-it'] as const

/** A question that was not answered. Nobody is let in by it; `detail` is for the log and the administrator, and holds no secret. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly reason: FailureReason
  readonly detail: string | undefined
  /** What the service calls it, where it has a number for it. */
  readonly code: number | undefined

  constructor(reason: FailureReason, detail?: string, code?: number) {
    super(detail === undefined ? reason : `${reason}: ${detail}`)
    this.reason = reason
    this.detail = detail
    this.code = code
  }

  /**
   * Whether the service is merely away. Only then may a rule offer another bound authenticator. A wrong secret, a wrong clock and an
   * answer that cannot be trusted are never that: somebody could bring them about.
   */
  get isOutage(): boolean {
    return (outages as readonly string[]).includes(this.reason)
  }
}

const certificate = /CERT|ALTNAME|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/
const host = /ENOTFOUND|EAI_AGAIN|EAI_FAIL|no address|not found|may not go/
const timeout = /in time|timeout|timed out|ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT/i

/** What kind of trouble an error of the way out is. Its code says so, or that of its cause, or its words. */
function reasonOf(error: unknown): FailureReason {
  const seen: string[] = []
  for (let each = error; each instanceof Error && seen.length < 12; each = each.cause) {
    seen.push('code' in each ? String(each.code) : '', each.name, each.message)
  }
  const words = seen.join(' ')
  if (/too (?:long|large)/.test(words)) return 'reply'
  if (timeout.test(words)) return 'timeout'
  if (certificate.test(words)) return 'certificate'
  return host.test(words) ? 'host' : 'network'
}

/**
 * The way out with what every client needs beside it: a number of questions to one host that may be open at once, beyond which one
 * fails instead of waiting, and an end after its time even if the way out should forget it.
 *
 * Every client puts one around what it is given. Clients that are made anew for each sign-in are given one that was made once, so that
 * the number counts over all of them: a service that hangs then holds so many questions of its own organization, and no other's.
 *
 * @throws {Failure} for everything that is not a whole answer
 */
export function outside(ask: Ask, atOnce = 32): Ask {
  const open = new Map<string, number>()
  return async (url, outbound) => {
    const { host } = new URL(url)
    const before = open.get(host) ?? 0
    if (before >= atOnce) throw new Failure('busy', `${atOnce} questions are open`)
    open.set(host, before + 1)
    let timer: NodeJS.Timeout | undefined
    const end = new Promise<never>((_done, fail) => {
      timer = setTimeout(() => fail(new Failure('timeout', 'no whole answer in time')), outbound.milliseconds + 250)
    })
    try {
      const answer = await Promise.race([ask(url, outbound), end])
      if (Buffer.byteLength(answer.text) > outbound.mostBytes) throw new Failure('reply', 'the answer is too long')
      return answer
    } catch (error) {
      throw error instanceof Failure ? error : new Failure(reasonOf(error), error instanceof Error ? error.message : undefined)
    } finally {
      clearTimeout(timer)
      const left = (open.get(host) ?? 1) - 1
      if (left > 0) open.set(host, left)
      else open.delete(host)
    }
  }
}

/** A reply as JSON object, or undefined for all else. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
