/**
 * The floor: the least that a server can honestly do for a sign-in with password and code, on the same runtime, driver and
 * database as Countersign and under the same addresses, so that one load generator drives both.
 *
 * It hashes with the same parameters, keeps only digests of tokens, spends every time step once and counts wrong codes. It
 * leaves out all else: organizations, policy, audit, notices, sealing, schemas, logs. What Countersign costs above it is
 * the price of those.
 */
import { hash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { verify } from '@node-rs/argon2'
import pg from 'pg'
import { stepAt, totpCode } from './people.ts'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
pool.on('error', () => undefined)

const findPerson = { name: 'find-person', text: 'SELECT id, password_hash FROM users WHERE email = $1' }
const openSignIn = {
  name: 'open-sign-in',
  text: `INSERT INTO sign_ins (token_digest, user_id, expires_at) VALUES ($1, $2, now() + interval '10 minutes')`,
}
const findSignIn = {
  name: 'find-sign-in',
  text: `SELECT a.secret, a.last_step FROM sign_ins s JOIN authenticators a ON a.user_id = s.user_id
         WHERE s.token_digest = $1 AND s.expires_at > now() AND s.failures < 10`,
}
const countFailure = {
  name: 'count-failure',
  text: 'UPDATE sign_ins SET failures = failures + 1 WHERE token_digest = $1 AND failures < 10',
}
const finish = {
  name: 'finish',
  text: `WITH consumed AS (
           DELETE FROM sign_ins WHERE token_digest = $1 AND expires_at > now() AND failures < 10 RETURNING user_id
         ), spent AS (
           UPDATE authenticators a SET last_step = $2 FROM consumed c
           WHERE a.user_id = c.user_id AND a.last_step < $2 RETURNING a.user_id
         )
         INSERT INTO sessions (token_digest, user_id, expires_at)
         SELECT $3, user_id, now() + interval '12 hours' FROM spent`,
}
const findSession = {
  name: 'find-session',
  text: `SELECT u.id, u.email, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_digest = $1 AND s.expires_at > now()`,
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function cookieOf(request: IncomingMessage, name: string): string {
  for (const pair of (request.headers.cookie ?? '').split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  return ''
}

function reply(response: ServerResponse, status: number, body: object, cookie?: string): void {
  const text = JSON.stringify(body)
  const headers: Record<string, string | number> = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  if (cookie) headers['set-cookie'] = `${cookie}; Path=/; HttpOnly; SameSite=Lax`
  response.writeHead(status, headers).end(text)
}

function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => resolve(JSON.parse(text)))
    request.on('error', reject)
  })
}

async function answerPassword(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const given = await bodyOf(request)
  const found = (await pool.query(findPerson, [given.email])).rows[0]
  if (!found || !(await verify(found.password_hash, given.password ?? ''))) return reply(response, 401, { code: 'not-accepted' })
  const token = randomBytes(32).toString('base64url')
  await pool.query(openSignIn, [digestOf(token), found.id])
  reply(response, 201, { step: 'answer' }, `sign-in=${token}`)
}

async function answerCode(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const given = await bodyOf(request)
  const signIn = digestOf(cookieOf(request, 'sign-in'))
  const found = (await pool.query(findSignIn, [signIn])).rows[0]
  if (!found) return reply(response, 401, { code: 'step-not-open' })
  const now = stepAt(Date.now())
  const step = [now, now - 1, now + 1].find((candidate) => totpCode(found.secret, candidate) === given.code)
  const token = randomBytes(32).toString('base64url')
  const isAccepted = step !== undefined && (await pool.query(finish, [signIn, step, digestOf(token)])).rowCount === 1
  if (isAccepted) return reply(response, 200, { step: 'done' }, `session=${token}`)
  if (step === undefined) await pool.query(countFailure, [signIn])
  reply(response, 401, { code: 'not-accepted' })
}

async function showSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = (await pool.query(findSession, [digestOf(cookieOf(request, 'session'))])).rows[0]
  if (!found) return reply(response, 401, { code: 'signed-out' })
  reply(response, 200, { user: { id: found.id, email: found.email }, expiresAt: found.expires_at })
}

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>> = {
  'POST /api/v1/sign-ins': answerPassword,
  'POST /api/v1/sign-ins/current/answers': answerCode,
  'GET /api/v1/session': showSession,
}

createServer((request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  if (!route) return reply(response, 404, {})
  route(request, response).catch((error: unknown) => {
    console.error(error)
    reply(response, 500, {})
  })
}).listen(Number(process.env.PORT), '127.0.0.1')
