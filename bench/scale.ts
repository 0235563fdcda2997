/**
 * `npm run bench:scale`: whether every page stays quick with thousands of sites and a million people.
 *
 *   --sites=N --users=N --largest=N   5,000, 1,000,000 and, of them in one site, 100,000 when absent
 *   --plans               prints the plan of the slowest statement of every page
 *   --seconds=N           of each window of sign-ins and session checks; 3 when absent
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import type { Keys } from '#crypto/keys.ts'
import { startingPolicy } from '#domain/policy.ts'
import { type Cluster, type Explained, startCluster } from './cluster.ts'
import type { Ticket } from './load.ts'
import { startGenerator, startMeter } from './measure.ts'
import { enlarge, landmarks } from './scale-data.ts'
import { addMember } from './seed.ts'
import { startCountersign } from './subjects.ts'
import { figure, tableOf } from './table.ts'

/** What a page may take at most, from the request to the last byte. */
const goalMilliseconds = 200
const samples = 15
const mostPages = 600

const { values: options } = parseArgs({
  options: {
    sites: { type: 'string', default: '5000' },
    users: { type: 'string', default: '1000000' },
    largest: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '3' },
    plans: { type: 'boolean', default: false },
  },
})
const size = { sites: Number(options.sites), users: Number(options.users), largest: Number(options.largest) }
const cleanUp: (() => unknown)[] = []
const closeLater = (close: () => unknown) => cleanUp.push(close)
const say = (text: string) => process.stderr.write(`${text}\n`)

/** One request of a page of the Console. */
interface Request {
  readonly page: string
  readonly path: string
  readonly as: Required<Omit<Ticket, 'request'>>
  /** Of a request that is a POST. */
  readonly body?: unknown
}

interface Timed extends Request {
  readonly median: number
  readonly slowest: number
  readonly statement: Explained | undefined
}

async function milliseconds(
  port: number,
  { path, as, body: posted }: Pick<Request, 'path' | 'as' | 'body'>,
): Promise<{ readonly took: number; readonly body: string }> {
  const startedAt = performance.now()
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { cookie: as.cookie, ...(posted ? { 'x-csrf-token': as.csrfToken, 'content-type': 'application/json' } : {}) },
    ...(posted ? { method: 'POST', body: JSON.stringify(posted) } : {}),
  })
  const body = await reply.text()
  if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${body.slice(0, 300)}`)
  return { took: performance.now() - startedAt, body }
}

async function time(cluster: Cluster, port: number, databaseName: string, request: Request): Promise<Timed> {
  const took: number[] = []
  for (let at = 0; at < samples; at++) took.push((await milliseconds(port, request)).took)
  const sorted = took.toSorted((a, b) => a - b)
  const explained = await cluster.explain(databaseName, () => milliseconds(port, request))
  return {
    ...request,
    median: sorted[samples >> 1] ?? Number.NaN,
    slowest: sorted.at(-1) ?? Number.NaN,
    statement: explained.toSorted((a, b) => b.milliseconds - a.milliseconds)[0],
  }
}

/** Follows a list from its first page to its last, or for so many pages as are enough to judge it, and times each. */
async function walk(
  port: number,
  request: Request,
): Promise<{ readonly pages: number; readonly median: number; readonly slowest: number }> {
  const took: number[] = []
  let cursor: string | null = ''
  while (cursor !== null && took.length < mostPages) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const reply = await milliseconds(port, { ...request, path: `${request.path}${from}` })
    took.push(reply.took)
    cursor = JSON.parse(reply.body).nextCursor
  }
  const sorted = took.toSorted((a, b) => a - b)
  return { pages: took.length, median: sorted[took.length >> 1] ?? Number.NaN, slowest: sorted.at(-1) ?? Number.NaN }
}

async function requestsOf(
  database: pg.Pool,
  keys: Keys,
): Promise<{ readonly all: readonly Request[]; readonly lists: readonly Request[] }> {
  const { providerId, siteId, userId } = await landmarks(database)
  const admin = await addMember(database, keys, siteId, 'security-admin')
  const owner = await addMember(database, keys, providerId, 'owner')
  const site = `/api/v1/organizations/${siteId}`
  const users = `${site}/users`
  const audit = `${site}/audit`
  const sites = `/api/v1/organizations/${providerId}/sites`
  const orders = ['name', 'people', 'secured', 'missing'] as const
  const lists = [
    { page: 'users', path: `${users}?limit=200`, as: admin },
    { page: 'audit', path: `${audit}?limit=200`, as: admin },
    ...orders.map((order) => ({ page: `sites by ${order}`, path: `${sites}?limit=200&order=${order}`, as: owner })),
  ]
  return {
    lists,
    all: [
      { page: 'session', path: '/api/v1/session', as: admin },
      { page: 'own settings', path: '/api/v1/me/two-factor', as: admin },
      { page: 'organization', path: site, as: admin },
      { page: 'organization, as the provider', path: site, as: owner },
      { page: 'policy with its figures', path: `${site}/policy`, as: admin },
      {
        page: 'policy, preview of a change',
        path: `${site}/policy/preview`,
        as: admin,
        body: { ...startingPolicy, enabled: true, mode: 'everyone' },
      },
      { page: 'users, first 50', path: users, as: admin },
      { page: 'users, first 200', path: `${users}?limit=200`, as: admin },
      { page: 'users, found by a last name', path: `${users}?search=knuth`, as: admin },
      { page: 'users, found by one letter', path: `${users}?search=a`, as: admin },
      { page: 'users, found by an address', path: `${users}?search=person-1234%40`, as: admin },
      { page: 'users, nobody found', path: `${users}?search=nobody-at-all`, as: admin },
      { page: 'users, invited', path: `${users}?status=invited`, as: admin },
      { page: 'users, by role', path: `${users}?role=admin`, as: admin },
      ...(['secured', 'required', 'not-set-up', 'not-available'] as const).map((badge) => ({
        page: `users, ${badge}`,
        path: `${users}?badge=${badge}`,
        as: admin,
      })),
      { page: 'users, as the provider', path: users, as: owner },
      { page: 'audit, newest', path: audit, as: admin },
      { page: 'audit, by action', path: `${audit}?action=user.invited`, as: admin },
      { page: 'audit, of one person', path: `${audit}?person=${userId}`, as: admin },
      { page: 'audit, found by a last name', path: `${audit}?search=knuth`, as: admin },
      { page: 'audit, nothing found', path: `${audit}?search=nobody-at-all`, as: admin },
      { page: 'audit of the provider', path: `/api/v1/organizations/${providerId}/audit`, as: owner },
      ...orders.map((order) => ({ page: `sites by ${order}`, path: `${sites}?order=${order}`, as: owner })),
      { page: 'sites, found by name', path: `${sites}?search=knuth`, as: owner },
      { page: 'sites, none found', path: `${sites}?search=nobody-at-all`, as: owner },
      { page: 'one user', path: `${users}/${userId}`, as: admin },
    ],
  }
}

/** What a sign-in and a session check cost in the small database and in the large one, in turns. */
async function compare(cluster: Cluster, subjects: readonly Awaited<ReturnType<typeof startCountersign>>[]): Promise<string> {
  const generator = startGenerator()
  closeLater(generator.stop)
  const meter = startMeter(cluster, generator)
  const rows: string[][] = []
  for (const operation of ['sign-in', 'code', 'session'] as const) {
    for (const subject of subjects) {
      await meter.measure(subject, operation, 8, 1)
      const one = await meter.measure(subject, operation, 8, Number(options.seconds))
      if (one.failures > 0) throw new Error(`${operation}: ${one.firstFailure}`)
      rows.push([
        operation,
        subject.name,
        figure(one.perSecond),
        figure(one.latency.whole.p50),
        figure(one.latency.whole.p99),
        figure(one.postgresCpu),
      ])
      say(rows.at(-1)?.join(', ') ?? '')
    }
  }
  return tableOf(['operation, 8 callers', 'database', 'per second', 'p50 ms', 'p99 ms', 'PostgreSQL CPU ms'], rows)
}

async function run(): Promise<string> {
  const cluster = await startCluster()
  closeLater(cluster.stop)
  const startedAt = performance.now()
  let prepared: { readonly database: pg.Pool; readonly keys: Keys } | undefined
  const large = await startCountersign(cluster, 4000, closeLater, {
    name: 'large',
    prepare: async (database, keys) => {
      prepared = { database, keys }
      await enlarge(database, size, say)
    },
  })
  if (!prepared) throw new Error('Nothing was prepared.')
  const { database, keys } = prepared
  const bytes = (await database.query('select pg_size_pretty(pg_database_size(current_database())) as bytes')).rows[0].bytes
  const filled = (performance.now() - startedAt) / 1000
  const { all, lists } = await requestsOf(database, keys)
  const timed: Timed[] = []
  for (const request of all) {
    const one = await time(cluster, large.port, large.databaseName, request)
    timed.push(one)
    say(`${one.page}: ${figure(one.median)} ms, ${figure(one.slowest)} at most${one.slowest < goalMilliseconds ? '' : ' TOO SLOW'}`)
  }
  const walked: string[][] = []
  for (const list of lists) {
    const { pages, median, slowest } = await walk(large.port, list)
    walked.push([list.page, String(pages), figure(median), figure(slowest), slowest < goalMilliseconds ? 'met' : 'NOT MET'])
    say(walked.at(-1)?.join(', ') ?? '')
  }
  const small = await startCountersign(cluster, 4000, closeLater, { name: 'small' })
  const compared = await compare(cluster, [small, large])
  return [
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, PostgreSQL ${cluster.version};`,
    `${size.sites.toLocaleString('en-US')} sites and ${size.users.toLocaleString('en-US')} people, of whom one site has ${size.largest.toLocaleString('en-US')}; ${bytes}, filled in ${filled.toFixed(0)} s.`,
    `Each request ${samples} times over HTTP, one after another; the goal is ${goalMilliseconds} ms at most.\n`,
    tableOf(
      ['request', 'median ms', 'slowest ms', 'slowest statement ms', 'goal'],
      timed.map((one) => [
        one.page,
        figure(one.median),
        figure(one.slowest),
        figure(one.statement?.milliseconds ?? 0),
        one.slowest < goalMilliseconds ? 'met' : 'NOT MET',
      ]),
    ),
    '\nA list from its first page to its last, 200 a page:\n',
    tableOf(['list', 'pages', 'median ms', 'slowest ms', 'goal'], walked),
    '\nThe hot path in this database and in the small one, with 4,000 people who sign in:\n',
    compared,
    ...(options.plans
      ? timed.map(({ page, statement }) => `\n### ${page}\n\n\`\`\`text\n${statement?.plan ?? 'no statement'}\n\`\`\``)
      : []),
    '',
  ].join('\n')
}

try {
  process.stdout.write(await run())
} finally {
  for (const step of cleanUp.toReversed()) await step()
}
