import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Role } from '#contract/account.ts'
import type { PolicyChange } from '#contract/policy.ts'
import type { Step } from '#contract/sign-in.ts'
import { keysFrom, newKey } from '#crypto/keys.ts'
import { openPasswords, type Passwords } from '#crypto/password.ts'
import { newId } from '#crypto/random.ts'
import { openDoor } from '#delivery/door.ts'
import type { Gateways } from '#delivery/gateway.ts'
import { openInbox } from '#delivery/inbox.ts'
import type { DeliverySettings } from '#delivery/settings.ts'
import { openTransports, type TransportPatience } from '#delivery/stored.ts'
import { type Policy, startingPolicy } from '#domain/policy.ts'
import { problems } from '#domain/problem.ts'
import { allFactors } from '#factors/all.ts'
import { fromBase32 } from '#factors/base32.ts'
import { outside } from '#factors/outside.ts'
import { hotp, stepAt } from '#factors/totp.ts'
import { type DuoCleanUp, startDuoCleanUp } from '#flows/duo-users.ts'
import { startQueue } from '#flows/messages.ts'
import { type LogoutWork, startLogouts } from '#flows/oidc-logouts.ts'
import { type ResetWork, startResets } from '#flows/organization-reset-work.ts'
import { offerSetUp } from '#flows/recovery.ts'
import type { Rooms } from '#flows/rooms.ts'
import { openServer } from '#http/server.ts'
import { addOrganization } from '#store/organizations.ts'
import { addMembership, findOrAddUser, setPassword } from '#store/people.ts'
import { openStore, type Store } from '#store/store.ts'
import { lendPglite } from './machine/pglite.ts'
import { createDatabase, ensureTemplate } from './machine/postgres.ts'

/** What a request answered: the status, the JSON (or undefined), the text and the headers. */
export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape.
  readonly json: any
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
}

/** Something that keeps cookies and sends the proof against forgery, as a browser with a script would. */
export interface Client {
  readonly cookies: Map<string, string>
  csrf: string
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>
  /** Posts a form as a browser without a script does; the hidden proof is taken from the page at `from`. */
  submit(from: string, action: string, fields: Readonly<Record<string, string>>): Promise<Answered>
  /** A second client with the same cookies. */
  copy(): Client
}

export interface Person {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly password: string
  /** Base32 key of the authenticator app, once there is one. */
  key?: string
  backupCodes?: readonly string[]
  /** The number that texts and calls go to, once one is set up. */
  phone?: string
}

export interface Kit {
  readonly app: FastifyInstance
  readonly rooms: Rooms
  /** The provider organization, founded for the whole kit. */
  readonly provider: { readonly id: string; readonly owner: Person }
  now(): Date
  /** Turns the clock on. */
  pass(seconds: number): void
  client(address?: string): Client
  /** Waits until the queue is empty and gives the mails to an address, newest first. */
  mailsTo(email: string): Promise<readonly { subject: string; text: string; html: string }[]>
  /** The same for texts to a number, and for what calls to it said. */
  textsTo(number: string): Promise<readonly { text: string; at: Date }[]>
  callsTo(number: string): Promise<readonly { text: string; at: Date }[]>
  /** The code in the last mail to an address that carries one. */
  mailedCode(email: string): Promise<string>
  /** Works off the resets of organizations, when a test says so. */
  readonly resets: Pick<ResetWork, 'drain'>
  /** Takes people out of the provider's Duo, when a test says so. */
  readonly duoCleanUp: Pick<DuoCleanUp, 'drain'>
  /** Tells applications of sessions that have ended, when a test says so. */
  readonly logouts: Pick<LogoutWork, 'drain' | 'ruled'>
  /** A site of its own for a test, so that every test is also a test of isolation. */
  site(policy?: Partial<Policy>): Promise<{ readonly id: string; readonly name: string }>
  /** A member with a password, without an authenticator. */
  person(organizationId: string, wish?: { readonly role?: Role; readonly required?: boolean; readonly password?: string }): Promise<Person>
  /** The six digits that the person's app shows now, or so many steps away. */
  code(person: Person, stepsAway?: number): string
  /** Six digits that no step near the present shows. */
  wrongCode(person: Person): string
  /** Password, and then whatever is asked: set-up, code, backup codes. Ends signed in. */
  signIn(person: Person, client?: Client): Promise<Client>
  /** Sets up an authenticator for a signed-in person from their settings. */
  enroll(person: Person, client: Client): Promise<void>
  close(): Promise<void>
}

export interface KitOptions {
  /** `pglite` or `postgres`; the runner says which by the environment. */
  readonly database?: 'pglite' | 'postgres'
  readonly publicUrl?: string
  readonly founded?: boolean
  readonly supportContact?: string
  /** What the operator has set about delivery, as it bears on gateways that are stored. */
  readonly delivery?: DeliverySettings
  /** Countries whose numbers get texts and calls. */
  readonly phoneCountries?: readonly string[]
  /** Takes every line of the log, down to the least of them; without it nothing is logged. */
  readonly logTo?: { write(line: string): void }
  /** Whether each password hash is computed once and remembered, as it is when absent; not where a test is about the time that it takes. */
  readonly remembersHashes?: boolean
  /** How long stored gateways wait for who is outside. */
  readonly transportPatience?: TransportPatience
  /** How long a check of forward-auth may rest on an answer of the database; not at all when absent, since the clock stands still. */
  readonly checkMemory?: number
  /** Peers whose forwarding headers are believed. */
  readonly trustedProxies?: readonly string[]
  /** Whether the clock runs from now on, as that of a peer does who checks times by it; without it, it stands still until it is turned. */
  readonly isRunning?: boolean
  /** Gateways that take the place of the inbox; they are given the kit's clock. */
  readonly gateways?: (now: () => Date) => Gateways
}

/** The test's own address of PostgreSQL; the runner starts a server and names it. */
const postgresUrl = process.env.TEST_DATABASE_URL

/** An embedded database with every migration, to begin with: the runner makes one for all. Without it each kit makes its own. */
const pgliteTemplate = process.env.TEST_PGLITE_TEMPLATE

/** The database on PostgreSQL with every migration, of which each kit gets a copy. */
let migrated: Promise<void> | undefined

async function openOnPostgres(url: string): Promise<Store> {
  migrated ??= ensureTemplate(url, 'kit_template', async (databaseUrl) => {
    const store = await openStore({ databaseUrl, dataDir: '' })
    await store.migrate().finally(() => store.close())
  })
  await migrated
  const databaseUrl = await createDatabase(url, `kit_${randomBytes(6).toString('hex')}`, 'kit_template')
  return openStore({ databaseUrl, dataDir: '', poolSize: 12 })
}

async function openEmbedded(): Promise<Store> {
  if (pgliteTemplate) return openStore({ pglite: await lendPglite(pgliteTemplate), dataDir: '' })
  const store = await openStore({ dataDir: 'memory:' })
  await store.migrate()
  return store
}

/** A whole Countersign in the process, on the database that this run is about, with a clock to turn and mails to read. */
export async function openKit({
  database,
  publicUrl = 'http://127.0.0.1:8080',
  founded = true,
  supportContact,
  phoneCountries = ['AT', 'CA', 'CH', 'DE', 'FR', 'GB', 'IE', 'US'],
  delivery = { allowedHosts: [] },
  logTo,
  remembersHashes = true,
  transportPatience = {},
  trustedProxies = [],
  checkMemory = 0,
  gateways,
  isRunning = false,
}: KitOptions = {}): Promise<Kit> {
  const onPostgres = (database ?? process.env.TEST_DATABASE) === 'postgres'
  if (onPostgres && !postgresUrl) throw new Error('TEST_DATABASE_URL names no PostgreSQL: run the tests with npm test.')
  const store = onPostgres && postgresUrl ? await openOnPostgres(postgresUrl) : await openEmbedded()
  let time = isRunning ? 0 : Date.parse('2026-06-01T12:00:10Z')
  const now = () => new Date(isRunning ? Date.now() + time : time)
  const keys = keysFrom(newKey())
  const inbox = openInbox(now)
  const passwords = openPasswords({ secret: keys.password })
  const rooms: Rooms = {
    store,
    keys,
    passwords: remembersHashes ? remembering(passwords) : passwords,
    factors: allFactors({ now, random: randomBytes, issuer: 'Countersign', key: keys.code, sentKey: keys.sent }),
    now,
    publicUrl,
    recommendedApp: 'Google Authenticator',
    ...(supportContact ? { supportContact } : {}),
    phoneCountries,
    gateways: { mail: inbox, text: inbox, call: inbox, ...gateways?.(now) },
    transports: openTransports(delivery, publicUrl, now, transportPatience),
    listedHosts: delivery.allowedHosts,
    outside: outside(openDoor({ allowedHosts: delivery.allowedHosts }).fetch),
    onMessage: () => {},
  }
  const app = await openServer({
    rooms,
    csrfKey: keys.csrf,
    ...(logTo ? { logLevel: 'debug', logTo } : { logLevel: 'silent' }),
    trustedProxies,
    checkMemory,
    consoleDir: join(import.meta.dirname, '../dist/console'),
    inbox: () => inbox,
  })
  const queue = startQueue(rooms, (error) => console.error(error), 1_000_000)
  const resets = startResets(rooms, (error) => console.error(error), 1_000_000)
  const duoCleanUp = startDuoCleanUp(rooms, (error) => console.error(error), 1_000_000)
  const logouts = startLogouts(rooms, (error) => console.error(error), 1_000_000)

  let count = 0
  const makePerson: Kit['person'] = async (
    organizationId,
    { role = 'user', required = false, password = 'correct horse battery staple' } = {},
  ) => {
    count += 1
    const name = `Person ${count}`
    const email = `person-${count}-${randomBytes(3).toString('hex')}@example.org`
    const userId = await findOrAddUser(store.db, now(), { email, name })
    await setPassword(store.db, userId, await rooms.passwords.hash(password), [])
    await addMembership(store.db, now(), { organizationId, userId, role, required, name, hasJoined: true })
    return { id: userId, email, name, password }
  }

  const openClient = (address: string, cookies: Map<string, string> = new Map()): Client => {
    const client: Client = {
      cookies,
      csrf: '',
      call: async (method, path, body, headers = {}) => {
        const reply = await app.inject({
          method: method as 'GET',
          url: path,
          remoteAddress: address,
          headers: {
            ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
            ...(client.csrf ? { 'x-csrf-token': client.csrf } : {}),
            ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
        })
        for (const { name, value } of reply.cookies) {
          if (value === '') cookies.delete(name)
          else cookies.set(name, value)
        }
        lint(method, path, reply, publicUrl)
        const isJson = /\bjson\b/.test(String(reply.headers['content-type'] ?? ''))
        const json = isJson && reply.payload !== '' ? JSON.parse(reply.payload) : undefined
        if (typeof json?.csrfToken === 'string') client.csrf = json.csrfToken
        return { status: reply.statusCode, json, text: reply.payload, headers: reply.headers }
      },
      submit: async (from, action, fields) => {
        const page = await client.call('GET', from)
        const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
        return client.call('POST', action, new URLSearchParams({ csrf, ...fields }).toString(), {
          'content-type': 'application/x-www-form-urlencoded',
        })
      },
      copy: () => Object.assign(openClient(address, new Map(cookies)), { csrf: client.csrf }),
    }
    return client
  }

  const kit: Kit = {
    app,
    rooms,
    provider: { id: '', owner: { id: '', email: '', name: '', password: '' } },
    now,
    resets,
    duoCleanUp,
    logouts,
    pass: (seconds) => {
      time += seconds * 1000
    },
    client: (address = '192.0.2.1') => openClient(address),
    mailsTo: async (email) => {
      await queue.drain()
      return inbox.mails.filter((mail) => mail.to === email)
    },
    textsTo: async (number) => {
      await queue.drain()
      return inbox.texts.filter(({ to }) => to === number).map(({ text, at }) => ({ text, at }))
    },
    callsTo: async (number) => {
      await queue.drain()
      return inbox.calls.filter(({ to }) => to === number).map(({ text, at }) => ({ text, at }))
    },
    mailedCode: async (email) => {
      const codes = (await kit.mailsTo(email)).flatMap(({ text }) => /^[0-9]{6}$/m.exec(text) ?? [])
      assert.ok(codes[0], `no code was mailed to ${email}`)
      return codes[0]
    },
    site: async (policy = {}) => {
      const name = `Site ${newId(now()).slice(-6)}`
      const own: Policy = { ...startingPolicy, enabled: true, mode: 'opt-in', newUsersRequired: false, ...policy }
      return addOrganization(store.db, now(), name, kit.provider.id, own)
    },
    person: makePerson,
    code: (person, stepsAway = 0) => {
      assert.ok(person.key, `${person.name} has no authenticator`)
      return hotp(fromBase32(person.key), stepAt(now()) + stepsAway)
    },
    wrongCode: (person) => {
      const near = new Set(Array.from({ length: 61 }, (_, at) => kit.code(person, at - 30)))
      for (let guess = 0; ; guess++) if (!near.has(String(guess).padStart(6, '0'))) return String(guess).padStart(6, '0')
    },
    signIn: async (person, client = openClient('192.0.2.1')) => {
      const started = await client.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
      assert.equal(started.status, 201, started.text)
      await finish(person, client, started.json)
      const session = await client.call('GET', '/api/v1/session')
      assert.equal(session.status, 200, session.text)
      return client
    },
    enroll: async (person, client) => {
      const started = await client.call('POST', '/api/v1/me/sign-ins', { intent: 'enroll' })
      assert.equal(started.status, 201, started.text)
      await finish(person, client, started.json)
      await client.call('GET', '/api/v1/session')
    },
    close: async () => {
      await queue.stop()
      await resets.stop()
      await duoCleanUp.stop()
      await logouts.stop()
      await app.close()
      await store.close()
    },
  }

  /** Answers every step as an honest person does. Each code is used once: the clock goes on to the next one where it must. */
  async function finish(person: Person, client: Client, first: Step): Promise<void> {
    let step = first
    for (let round = 0; step.step !== 'done'; round++) {
      assert.ok(round < 6, 'a sign-in that never ends')
      if (step.step === 'enroll' && step.key !== undefined) person.key = step.key
      if (step.step === 'codes') person.backupCodes = step.codes
      if (step.step === 'answer') kit.pass(30)
      const answer =
        step.step === 'password'
          ? { password: person.password }
          : step.step === 'codes'
            ? { saved: true }
            : { code: (await codeSent(person, client, step)) ?? kit.code(person) }
      const reply = await client.call('POST', '/api/v1/sign-ins/current/answers', answer)
      assert.equal(reply.status, 200, reply.text)
      step = reply.json
    }
  }

  /** Has a code sent where the first method that is asked for, or set up, is one whose code is sent. */
  async function codeSent(person: Person, client: Client, step: Step): Promise<string | undefined> {
    if (step.step !== 'answer' && step.step !== 'enroll') return undefined
    const kind = step.step === 'answer' ? step.kinds[0] : step.kind
    if (kind !== 'email' && kind !== 'sms' && kind !== 'voice') return undefined
    if (step.step === 'enroll' && step.to === undefined) person.phone ??= `+4930${901_000 + 10_007 * (count % 9) + count}`
    const wish = step.step === 'enroll' && step.to === undefined ? { phone: person.phone } : { send: kind }
    const reply = await client.call('POST', '/api/v1/sign-ins/current/answers', wish)
    assert.equal(reply.status, 200, reply.text)
    if (kind === 'email') return kit.mailedCode(person.email)
    const [last] = await (kind === 'sms' ? kit.textsTo(person.phone ?? '') : kit.callsTo(person.phone ?? ''))
    return /\b[0-9]{6}\b/.exec(last?.text ?? '')?.[0]
  }

  if (!founded) return kit
  const address = await offerSetUp(rooms)
  const owner: Person = { id: '', email: 'owner@example.org', name: 'Olive Owner', password: 'a long enough secret of the owner' }
  const client = kit.client()
  const token = address?.split('/').at(-1)
  const started = await client.call('POST', '/api/v1/setup', {
    token,
    organizationName: 'Provider',
    name: owner.name,
    email: owner.email,
    password: owner.password,
  })
  assert.equal(started.status, 201, started.text)
  await finish(owner, client, started.json)
  const session = (await client.call('GET', '/api/v1/session')).json
  Object.assign(kit, { provider: { id: session.memberships[0].organizationId, owner: { ...owner, id: session.user.id } } })
  return kit
}

/** Starts a sign-in. */
export function start(client: Client, person: Pick<Person, 'email' | 'password'>): Promise<Answered> {
  return client.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
}

/** Answers what the sign-in waits for. */
export function answer(client: Client, given: unknown): Promise<Answered> {
  return client.call('POST', '/api/v1/sign-ins/current/answers', given)
}

/** Starts one of the things that are done from a session; the session's own proof against forgery is fetched before. */
export async function startFromSession(client: Client, intent: 'confirm' | 'enroll' | 'backup-codes' | 'disable'): Promise<Answered> {
  await client.call('GET', '/api/v1/session')
  return client.call('POST', '/api/v1/me/sign-ins', { intent })
}

/** The rules of an organization, as they can be sent back with a change. */
export async function rulesOf(client: Client, organizationId: string): Promise<PolicyChange> {
  const {
    people: _people,
    availableMethods: _methods,
    weakerAccepted: _accepted,
    ...rules
  } = (await client.call('GET', `/api/v1/organizations/${organizationId}/policy`)).json
  return rules
}

/** Proves again who is signed in, so that the next five minutes may change things. */
export async function confirm(kit: Kit, person: Person, client: Client): Promise<void> {
  assert.equal((await startFromSession(client, 'confirm')).json.step, 'password')
  let reply = await answer(client, { password: person.password })
  if (reply.json.step === 'answer') {
    kit.pass(30)
    reply = await answer(client, { code: kit.code(person) })
  }
  assert.equal(reply.json?.step, 'done', reply.text)
  await client.call('GET', '/api/v1/session')
}

/** Checks that a request was refused in this way and no other. */
export function refused(reply: Answered, status: number, code: string, details: Readonly<Record<string, unknown>> = {}): void {
  assert.equal(reply.json?.code, code, `${reply.status} ${reply.text.slice(0, 300)}`)
  assert.equal(reply.status, status)
  for (const [name, value] of Object.entries(details)) assert.deepEqual(reply.json[name], value, name)
}

/** All that stands in the database, but for some tables: whether something changed is whether this did. */
export async function contentsOf({ rooms }: Kit, but: readonly string[] = []): Promise<string> {
  const { db } = rooms.store
  const tables = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !but.includes(name))
  const rows = tables.map(async (name) =>
    (await sql`select * from ${sql.table(name)}`.execute(db)).rows.map((row) => JSON.stringify(row)).sort(),
  )
  return JSON.stringify(await Promise.all(rows))
}

type Reply = Awaited<ReturnType<FastifyInstance['inject']>>

/** What holds for every reply, whatever the test that caused it is about. */
function lint(method: string, path: string, { statusCode, headers, payload }: Reply, publicUrl: string): void {
  const where = `${method} ${path.replace(/[A-Za-z0-9_-]{40,}/g, '…')} → ${statusCode}`
  const isApi = path.startsWith('/api/')
  const type = String(headers['content-type'] ?? '')
  assert.ok(statusCode < 500 || path === '/readyz' || payload.includes('not built') || payload.includes('"busy"'), `${where}: ${payload}`)
  assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/, where)
  assert.equal(headers['x-content-type-options'], 'nosniff', where)
  assert.equal(headers['referrer-policy'], 'no-referrer', where)
  assert.equal(headers['x-frame-options'], 'DENY', where)
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin', where)
  assert.equal(headers['strict-transport-security'] !== undefined, publicUrl.startsWith('https:'), where)
  assert.equal(headers['access-control-allow-origin'], undefined, where)
  if (isApi) assert.equal(headers['cache-control'], 'no-store', where)
  if (isApi && statusCode >= 400) {
    assert.equal(type, 'application/problem+json; charset=utf-8', where)
    const { type: kind, title, status, code, instance } = JSON.parse(payload)
    assert.equal(kind, `${publicUrl}/problems/${code}`, where)
    assert.equal(status, statusCode, where)
    assert.ok(Object.hasOwn(problems, code) && title === problems[code as keyof typeof problems].title, where)
    assert.equal(instance, `/requests/${headers['x-request-id']}`, where)
  }
  if (type.startsWith('text/html')) {
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; /, where)
    assert.match(policy, /frame-ancestors 'none'/, where)
    assert.ok(!/script-src[^;]*unsafe/.test(policy), where)
    assert.match(String(headers['cache-control']), /^no-(store|cache)$/, where)
    assert.ok(!/<script(?![^>]* src=)|\son[a-z]+=/i.test(payload), `${where}: a script stands in the page`)
  }
  if (statusCode === 204) assert.equal(payload, '', where)
  for (const line of [headers['set-cookie'] ?? []].flat()) lintCookie(line, publicUrl.startsWith('https:'), where)
}

/** A cookie is for this host, out of the reach of scripts, and says nothing. */
function lintCookie(line: string, isSecure: boolean, where: string): void {
  const [pair = '', ...attributes] = line.split('; ').map((one) => one.replace(/^(path|httponly|samesite|secure|expires)\b/i, named))
  if (/^(__Secure-)?countersign-(interaction|resume)=/.test(pair)) {
    lintOidcCookie(pair, attributes, isSecure, where)
    return
  }
  const [, prefix, kind, value = ''] =
    /^(__Host-)?countersign-(sign-in|session|device|remembered|portal-[\w-]+|way-[\w-]+)=(.*)$/.exec(pair) ?? []
  assert.ok(kind, `${where}: a cookie of another name: ${pair.split('=')[0]}`)
  assert.equal(prefix === '__Host-', isSecure, where)
  assert.equal(attributes.includes('Secure'), isSecure, where)
  for (const attribute of ['Path=/', 'HttpOnly', 'SameSite=Lax'])
    assert.ok(attributes.includes(attribute), `${where}: ${kind} lacks ${attribute}`)
  assert.ok(!attributes.some((one) => one.startsWith('Domain=')), where)
  assert.match(value, /^(((new|portal|[0-9a-f-]{36})\.)?[A-Za-z0-9_-]{43})?$/, `${where}: ${kind}`)
  const lasts = attributes.some((one) => /^(Max-Age=[1-9]|Expires=(?!Thu, 01 Jan 1970))/.test(one))
  const outlives = (kind === 'device' || kind === 'remembered') && value !== ''
  assert.equal(lasts, outlives, `${where}: only the recognised and the remembered device outlive the browser`)
}

const named = (attribute: string) =>
  ({ path: 'Path', httponly: 'HttpOnly', samesite: 'SameSite', secure: 'Secure', expires: 'Expires' })[attribute.toLowerCase()] ?? attribute

/** The two that tie a request of an application to its browser go back to nothing but that request. */
function lintOidcCookie(pair: string, attributes: readonly string[], isSecure: boolean, where: string): void {
  assert.match(pair, /=([A-Za-z0-9_-]{21,43})?$/, where)
  assert.ok(attributes.includes('HttpOnly'), where)
  assert.ok(
    attributes.some((one) => one.toLowerCase() === 'samesite=lax'),
    `${where}: ${attributes}`,
  )
  assert.equal(attributes.includes('Secure'), isSecure, where)
  assert.equal(pair.startsWith('__Secure-'), isSecure, where)
  assert.ok(
    attributes.some((one) => /^Path=\/oidc\/(interaction|authorize)\//.test(one)),
    `${where}: ${attributes}`,
  )
}

/** How many statements that only read something sends to the database. */
export async function readsDuring({ rooms: { store } }: Kit, work: () => Promise<unknown>): Promise<number> {
  const { read } = store
  let statements = 0
  Object.assign(store, {
    read: (...given: Parameters<typeof read>) => {
      statements += 1
      return read(...given)
    },
  })
  try {
    await work()
  } finally {
    Object.assign(store, { read })
  }
  return statements
}

/** The same answers, each computed once. */
function remembering(passwords: Passwords): Passwords {
  const hashes = new Map<string, Promise<string>>()
  const verdicts = new Map<string, Promise<boolean>>()
  const once = <T>(known: Map<string, Promise<T>>, key: string, compute: () => Promise<T>): Promise<T> => {
    const value = known.get(key) ?? compute()
    known.set(key, value)
    return value
  }
  return {
    hash: (password) => once(hashes, password, () => passwords.hash(password)),
    verify: (stored, password, precedence) =>
      once(verdicts, JSON.stringify([stored, password]), () => passwords.verify(stored, password, precedence)),
    isOutdated: (stored) => passwords.isOutdated(stored),
  }
}
