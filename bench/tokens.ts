/**
 * What applications ask of OpenID Connect once a browser is back with its code: the exchange of the code, the rotation of a refresh token,
 * the claims of somebody, and the keys. The codes come from the authorization endpoint itself, each for a session of its own.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Keys } from '#crypto/keys.ts'
import { digest } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import type { Cluster } from './cluster.ts'
import type { Operation, Outcome, Ticket } from './load.ts'
import type { Generator } from './measure.ts'
import { type CloseLater, startCountersign } from './subjects.ts'
import { figure, median, tableOf } from './table.ts'

const callers = 32
const clientId = 'bench-application'
const secret = 'of-an-application-that-only-the-benchmark-has'
const redirectUri = 'https://portal.bench.example/signed-in'
const verifier = randomBytes(32).toString('base64url')
const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`

interface Wish {
  readonly rounds: number
  readonly seconds: number
  /** Codes for each window: one that runs out of them ends early. */
  readonly codes: number
  readonly say: (text: string) => void
  readonly closeLater: CloseLater
}

interface Series {
  readonly name: string
  readonly operation: Operation
  readonly tickets: () => Promise<readonly Ticket[]>
  readonly outcomes: Outcome[]
  statements: number
}

/** Measures in turns, and gives a table. */
export async function measureTokens(
  cluster: Cluster,
  generator: Generator,
  { rounds, seconds, codes, say, closeLater }: Wish,
): Promise<string> {
  const subject = await startCountersign(cluster, 4_000, closeLater, { name: 'tokens', prepare: addApplication })
  const home = `http://127.0.0.1:${subject.port}`
  const newCodes = async () =>
    inTurns(await subject.preparations.sessions(Array.from({ length: codes }, (_, person) => person)), ({ cookie = '' }) =>
      authorize(home, cookie),
    )
  const newTokens = async () => inTurns(await newCodes(), (code) => exchange(home, code))
  const exchanges = async () => (await newCodes()).map((code) => toTicket(tokenRequest(exchangeOf(code))))
  const refreshes = async () =>
    (await newTokens()).map(({ refresh_token }) => toTicket(tokenRequest({ grant_type: 'refresh_token', refresh_token })))
  const claims = async () =>
    (await newTokens()).map(({ access_token }) => toTicket(head(`GET /oidc/userinfo`, { authorization: `Bearer ${access_token}` })))
  const keys = async () => [toTicket(head('GET /oidc/jwks', {}))]
  const series: readonly Series[] = [
    { name: 'a code for tokens', operation: 'token', tickets: exchanges, outcomes: [], statements: 0 },
    { name: 'a refresh token for the next', operation: 'token', tickets: refreshes, outcomes: [], statements: 0 },
    { name: 'claims (userinfo)', operation: 'request', tickets: claims, outcomes: [], statements: 0 },
    { name: 'keys (JWKS)', operation: 'request', tickets: keys, outcomes: [], statements: 0 },
  ]
  const run = async (one: Series, forSeconds: number, tickets: readonly Ticket[]) => {
    const outcome = await generator.run({ operation: one.operation, port: subject.port, callers, seconds: forSeconds, tickets })
    if (outcome.failures > 0) throw new Error(`${one.name}: ${outcome.firstFailure}`)
    return outcome
  }
  for (const one of series) {
    // This also warms up.
    const tickets = await one.tickets()
    let operations = 0
    const statements = await cluster.countStatements(subject.databaseName, async () => {
      operations = (await run(one, seconds / 4, tickets)).operations
    })
    one.statements = statements / operations
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const one of series) {
      const outcome = await run(one, seconds, await one.tickets())
      one.outcomes.push(outcome)
      say(`${one.name}: ${outcome.perSecond.toFixed(0)}/s`)
    }
  }
  const table = tableOf(
    [`OpenID Connect, ${callers} callers`, 'a second', 'p50 ms', 'p95 ms', 'p99 ms', 'statements'],
    series.map(({ name, outcomes, statements }) => [
      name,
      figure(median(outcomes.map(({ perSecond }) => perSecond))),
      ...(['p50', 'p95', 'p99'] as const).map((share) => figure(median(outcomes.map(({ latency }) => latency.whole[share])))),
      figure(statements),
    ]),
  )
  return `\n${table}\n`
}

/** An application of the provider, as the Console would store it. */
async function addApplication(database: pg.Pool, keys: Keys): Promise<void> {
  const [provider] = (await database.query<{ id: string }>('select id from organizations where parent_id is null')).rows
  if (!provider) throw new Error('There is no provider.')
  const id = randomUUID()
  const settings = { kind: 'oidc', redirectUris: [redirectUri], postLogoutRedirectUris: [], backChannelLogoutUri: null }
  const sealed = seal(keys.seal, { table: 'applications', row: id, owner: provider.id }, digest(secret).toString('base64url'))
  await database.query(
    `insert into applications (id, organization_id, kind, name, client_id, secret_sealed, settings, is_on, version, created_by, created_at, changed_by, changed_at)
     values ($1, $2, 'oidc', 'Application', $3, $4, $5, true, 1, $2, now(), $2, now())`,
    [id, provider.id, clientId, sealed, JSON.stringify(settings)],
  )
}

/** With eight at once, so that preparing does not take longer than measuring. */
async function inTurns<From, To>(from: readonly From[], work: (one: From) => Promise<To>): Promise<readonly To[]> {
  const queue = from.values()
  const done: To[] = []
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const one of queue) done.push(await work(one))
    }),
  )
  return done
}

async function authorize(home: string, cookie: string): Promise<string> {
  const request = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile email organizations roles',
    state: 'bench',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  })
  const response = await fetch(`${home}/oidc/authorize?${request}`, { redirect: 'manual', headers: { cookie } })
  const code = new URL(response.headers.get('location') ?? '/', home).searchParams.get('code')
  if (!code) throw new Error(`The authorization endpoint answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
  return code
}

const exchangeOf = (code: string) => ({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier })

async function exchange(home: string, code: string): Promise<{ readonly access_token: string; readonly refresh_token: string }> {
  const body = new URLSearchParams(exchangeOf(code))
  const response = await fetch(`${home}/oidc/token`, { method: 'POST', headers: { authorization }, body })
  if (!response.ok) throw new Error(`The token endpoint answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as { access_token: string; refresh_token: string }
}

function tokenRequest(body: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(body).toString()
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(text.length) }
  return `${head('POST /oidc/token', headers)}${text}`
}

function head(line: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const toTicket = (request: string): Ticket => ({ person: -1, request })
