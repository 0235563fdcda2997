/**
 * How many checks of a portal behind a proxy a second, beside the least that the framework can answer: an empty reply of Fastify in a
 * process of its own. Of both kinds: the many requests of one page, for which the database is asked once in half a second, and requests
 * that come each from another session, for which it is asked each time.
 */
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type pg from 'pg'
import { digest } from '#crypto/random.ts'
import { type Cluster, freePort } from './cluster.ts'
import type { Outcome, Ticket } from './load.ts'
import type { Generator } from './measure.ts'
import { type CloseLater, startCountersign } from './subjects.ts'
import { median } from './table.ts'

const callers = 32
const clientId = 'bench-portal'
const origin = 'http://127.0.0.1:1'

interface Wish {
  readonly rounds: number
  readonly seconds: number
  readonly say: (text: string) => void
  readonly closeLater: CloseLater
  /** For Node, before the program. */
  readonly flags?: readonly string[]
}

/** Measures in turns, and gives a table. */
export async function measureForwardAuth(
  cluster: Cluster,
  generator: Generator,
  { rounds, seconds, say, closeLater, flags = [] }: Wish,
): Promise<string> {
  const empty = await startEmpty(closeLater)
  let database: pg.Pool | undefined
  const settings = { TRUSTED_PROXIES: '127.0.0.1' }
  const subject = await startCountersign(cluster, 4_000, closeLater, {
    name: 'portals',
    settings,
    flags,
    prepare: async (opened) => {
      database = opened
      await addPortal(opened)
    },
  })
  if (!database) throw new Error('The database was not prepared.')
  const tickets = await openPortal(database, await subject.preparations.sessions(Array.from({ length: 4_000 }, (_, person) => person)))
  const series = [
    { name: 'empty answer of Fastify', port: empty, tickets: [{ person: 0, request: 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' }] },
    { name: 'checks, many of each session', port: subject.port, tickets: tickets.slice(0, callers) },
    { name: 'checks, each of another session', port: subject.port, tickets },
  ].map((one) => ({ ...one, outcomes: [] as Outcome[] }))
  for (let round = 0; round <= rounds; round += 1) {
    for (const one of series) {
      const outcome = await generator.run({ operation: 'request', port: one.port, callers, seconds, tickets: one.tickets })
      if (outcome.failures > 0) throw new Error(`${one.name}: ${outcome.firstFailure}`)
      // The first round only warms up.
      if (round > 0) one.outcomes.push(outcome)
      say(`${one.name}: ${outcome.perSecond.toFixed(0)}/s`)
    }
  }
  const [floor] = series
  const base = floor ? median(floor.outcomes.map(({ perSecond }) => perSecond)) : Number.NaN
  const lines = series.map(({ name, outcomes }) => {
    const perSecond = median(outcomes.map((one) => one.perSecond))
    const p99 = median(outcomes.map((one) => one.latency.whole.p99))
    return `| ${name} | ${perSecond.toFixed(0)} | ${(perSecond / base).toFixed(2)} | ${p99.toFixed(1)} |`
  })
  const heading = [`| forward-auth, ${callers} callers | a second | beside an empty answer | p99, ms |`, '|---|--:|--:|--:|']
  return `\n${[...heading, ...lines].join('\n')}\n`
}

async function startEmpty(closeLater: CloseLater): Promise<number> {
  const port = await freePort()
  const server = fork(fileURLToPath(import.meta.url), ['answer-empty', String(port)])
  closeLater(() => server.kill())
  await once(server, 'message')
  return port
}

/** A portal of the provider that lets in everybody. */
export async function addPortal(database: pg.Pool): Promise<void> {
  const rules = [{ path: '/', roles: ['owner', 'security-admin', 'admin', 'user'], strength: 'any', freshMinutes: 5 }]
  const settings = { kind: 'forward-auth', origins: [origin], people: 'all', organizations: [], rules }
  await database.query(
    `insert into applications (id, organization_id, kind, name, client_id, settings, is_on, version, created_by, created_at, changed_by, changed_at)
     select $1, id, 'forward-auth', 'Portal', $2, $3, true, 1, id, now(), id, now() from organizations where parent_id is null`,
    [randomUUID(), clientId, JSON.stringify(settings)],
  )
}

/** What the browsers of these sessions have at the portal, as requests of its proxy. */
export async function openPortal(
  database: pg.Pool,
  sessions: readonly Ticket[],
): Promise<readonly (Ticket & { readonly headers: Readonly<Record<string, string>> })[]> {
  const tokens = sessions.map(({ cookie = '' }) => cookie.slice(cookie.indexOf('=') + 1))
  await database.query(
    `insert into portal_sessions (token_hash, application_id, user_id, session_id, started_at)
     select s.token_hash, a.id, s.user_id, s.id, now() from sessions s, applications a where s.token_hash = any($1::bytea[])`,
    [tokens.map(digest)],
  )
  return tokens.map((token, person) => {
    const headers = {
      Accept: 'text/html',
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': new URL(origin).host,
      'X-Forwarded-Uri': `/reports/${person}?year=2026`,
      'X-Forwarded-For': '192.0.2.1',
      Cookie: `countersign-portal-${clientId}=${token}`,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return { person, headers, request: `GET /forward-auth/${clientId} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n` }
  })
}

if (process.argv[2] === 'answer-empty') {
  const app = Fastify()
  app.get('/', (_, reply) => reply.code(200).send())
  await app.listen({ port: Number(process.argv[3]), host: '127.0.0.1' })
  process.send?.('listening')
}
