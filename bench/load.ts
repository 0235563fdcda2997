/**
 * The load generator, a process of its own so that its share of the machine can be told from the server's.
 *
 * A closed loop: each caller has one connection and sends its next request when the answer to the last one is there. It
 * writes HTTP/1.1 on bare sockets, because Node's own client would take more of the two cores than the server under test.
 */
import { connect } from 'node:net'
import { emailOf, password, stepAt, totpCode, totpSecretOf } from './people.ts'

/** Who may act in a window, and with what already in hand: for a code the cookie of a prepared sign-in, for a check that of a session. */
export interface Ticket {
  readonly person: number
  readonly cookie?: string
  readonly csrfToken?: string
  /** A whole request, sent as it is. */
  readonly request?: string
}

export type Operation = 'sign-in' | 'code' | 'session' | 'empty' | 'request' | 'token'

export interface Window {
  readonly operation: Operation
  readonly port: number
  readonly callers: number
  readonly seconds: number
  /** Drawn from the front, each once; a window ends early when they run out. Only what may be repeated goes round again. */
  readonly tickets: readonly Ticket[]
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface Outcome {
  readonly perSecond: number
  /** All operations that succeeded, those after the window's end too: what the server's own counters saw. */
  readonly operations: number
  readonly drawn: number
  readonly failures: number
  readonly firstFailure?: string
  /** Milliseconds by what was waited for: the `whole` operation, and within a sign-in its `password` and `code`. */
  readonly latency: Readonly<Record<'whole' | 'password' | 'code', Percentiles>>
}

interface Reply {
  readonly status: number
  readonly head: string
  readonly body: string
}

interface Connection {
  exchange(request: string): Promise<Reply>
  close(): void
}

function openConnection(port: number): Promise<Connection> {
  return new Promise((opened, failed) => {
    let received = ''
    let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined
    const closed = new Error('the server closed the connection')
    const socket = connect(port, '127.0.0.1', () => {
      opened({
        exchange(request) {
          return new Promise((resolve, reject) => {
            if (socket.destroyed) return reject(closed)
            waiting = { resolve, reject }
            socket.write(request)
          })
        },
        close: () => socket.destroy(),
      })
    })
    socket.setNoDelay(true).setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = received.slice(0, headEnd)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (received.length < headEnd + 4 + length) return
      const body = received.slice(headEnd + 4, headEnd + 4 + length)
      received = ''
      waiting?.resolve({ status: Number(head.slice(9, 12)), head, body })
    })
    socket.on('error', failed)
    socket.on('close', () => waiting?.reject(closed))
  })
}

/** As long as a browser's own, because Countersign keeps it with the session. */
const common =
  'Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n'

function post(path: string, body: object, ticket?: Ticket): string {
  const text = JSON.stringify(body)
  const cookie = ticket?.cookie ? `Cookie: ${ticket.cookie}\r\n` : ''
  const csrf = ticket?.csrfToken ? `X-CSRF-Token: ${ticket.csrfToken}\r\n` : ''
  return `POST ${path} HTTP/1.1\r\n${common}${cookie}${csrf}Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
}

function get(path: string, ticket?: Ticket): string {
  const cookie = ticket?.cookie ? `Cookie: ${ticket.cookie}\r\n` : ''
  return `GET ${path} HTTP/1.1\r\n${common}${cookie}\r\n`
}

function expectStatus(reply: Reply, status: number, during: string): void {
  if (reply.status !== status) throw new Error(`${during} answered ${reply.status}: ${reply.body.slice(0, 300)}`)
}

async function answerPassword(connection: Connection, person: number): Promise<Ticket> {
  const reply = await connection.exchange(post('/api/v1/sign-ins', { email: emailOf(person), password }))
  expectStatus(reply, 201, 'the password')
  const cookie = [...reply.head.matchAll(/\r\nset-cookie: ([^;\r]+=[^;\r]+)/gi)].map((match) => match[1]).join('; ')
  return { person, cookie, csrfToken: JSON.parse(reply.body).csrfToken }
}

async function answerCode(connection: Connection, ticket: Ticket): Promise<void> {
  const code = totpCode(totpSecretOf(ticket.person), stepAt(Date.now()))
  const reply = await connection.exchange(post('/api/v1/sign-ins/current/answers', { code }, ticket))
  expectStatus(reply, 200, 'the code')
  if (!reply.body.includes('"done"')) throw new Error(`the code led to ${reply.body.slice(0, 300)}`)
}

function percentilesOf(samples: number[]): Percentiles {
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** What may be done again and again by the same person. */
const roundly: readonly Operation[] = ['session', 'empty', 'request']

async function run(window: Window): Promise<Outcome> {
  const samples = { whole: [] as number[], password: [] as number[], code: [] as number[] }
  let drawn = 0
  let failures = 0
  let firstFailure: string | undefined
  let inTime = 0
  let lastInTime = 0

  async function operate(connection: Connection, ticket: Ticket): Promise<void> {
    const startedAt = performance.now()
    if (window.operation === 'sign-in') {
      const halfway = await answerPassword(connection, ticket.person)
      const passedAt = performance.now()
      await answerCode(connection, halfway)
      samples.password.push(passedAt - startedAt)
      samples.code.push(performance.now() - passedAt)
    } else if (window.operation === 'code') {
      await answerCode(connection, ticket)
    } else if (ticket.request !== undefined) {
      expectStatus(await connection.exchange(ticket.request), 200, window.operation)
    } else {
      const path = window.operation === 'session' ? '/api/v1/session' : '/'
      expectStatus(await connection.exchange(get(path, ticket)), 200, window.operation)
    }
    const endedAt = performance.now()
    samples.whole.push(endedAt - startedAt)
    if (endedAt <= deadline) {
      inTime += 1
      lastInTime = endedAt
    }
  }

  async function call(opened: Connection): Promise<void> {
    let connection = opened
    while (performance.now() < deadline) {
      const goesRound = roundly.includes(window.operation)
      const ticket = window.tickets[goesRound ? drawn % window.tickets.length : drawn]
      if (!ticket) break
      drawn += 1
      try {
        await operate(connection, ticket)
      } catch (error) {
        failures += 1
        firstFailure ??= String(error)
        // A refusing server would otherwise be asked again in a tight loop, and the window would measure refusals.
        await new Promise((resolve) => setTimeout(resolve, 50))
        connection.close()
        connection = await openConnection(window.port)
      }
    }
    connection.close()
  }

  const connections = await Promise.all(Array.from({ length: window.callers }, () => openConnection(window.port)))
  const startedAt = performance.now()
  const deadline = startedAt + window.seconds * 1000
  await Promise.all(connections.map(call))
  const ranDry = drawn >= window.tickets.length && !roundly.includes(window.operation)
  const seconds = (ranDry ? lastInTime - startedAt : window.seconds * 1000) / 1000
  return {
    perSecond: inTime / seconds,
    operations: samples.whole.length,
    drawn,
    failures,
    ...(firstFailure === undefined ? {} : { firstFailure }),
    latency: { whole: percentilesOf(samples.whole), password: percentilesOf(samples.password), code: percentilesOf(samples.code) },
  }
}

process.on('message', async (window: Window) => {
  process.send?.(await run(window))
})
process.on('disconnect', () => process.exit())
