import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { keysFrom, newKey } from '#crypto/keys.ts'
import { openPasswords } from '#crypto/password.ts'
import { startingPolicy } from '#domain/policy.ts'
import { fromBase32 } from '#factors/base32.ts'
import { hotp, stepAt } from '#factors/totp.ts'
import { sealEvents, walkChain } from '#store/audit-chain.ts'
import { addOrganization } from '#store/organizations.ts'
import { addMembership, findOrAddUser, setPassword } from '#store/people.ts'
import { openStore, type Store } from '#store/store.ts'
import { createDatabase } from '../machine/postgres.ts'
import { type Running, serve, type Visitor, visitor } from '../machine/server.ts'

/** What the one outside knows about a person after all that was acknowledged and all that was not. */
interface Person {
  readonly id: string
  readonly email: string
  /** Whether the right code of the set-up was ever sent, and whether its acknowledgement arrived. */
  setUp: 'not begun' | 'left' | 'sent' | 'acknowledged'
  key: string
  codes: readonly string[]
  hasSavedCodes: boolean
  /** Backup codes that were sent, and those whose acceptance arrived. */
  readonly sent: Set<string>
  readonly accepted: Set<string>
  /** The latest session whose start was acknowledged. */
  session?: Visitor
}

const wanted = 100
const password = 'five unrelated words for one door'
const dataDir = mkdtempSync(join(tmpdir(), 'countersign-crash-'))
const people: Person[] = []
let settings: Record<string, string>
let server: Running
let begun = 0

const open = (): Promise<Store> => openStore({ ...(settings.DATABASE_URL ? { databaseUrl: settings.DATABASE_URL } : {}), dataDir })
const code = ({ key }: Person) => hotp(fromBase32(key), stepAt(new Date()))
const newVisitor = () => visitor(() => server.url)
const answer = (client: Visitor, given: unknown) => client.call('POST', '/api/v1/sign-ins/current/answers', given)
const start = (client: Visitor, { email }: Person) => client.call('POST', '/api/v1/sign-ins', { email, password })

before(async () => {
  const base = process.env.TEST_DATABASE_URL
  const onPostgres = process.env.TEST_DATABASE === 'postgres'
  if (onPostgres && !base) throw new Error('TEST_DATABASE_URL names no PostgreSQL: run the tests with npm test.')
  const databaseUrl = onPostgres && base ? await createDatabase(base, `crash_${randomBytes(6).toString('hex')}`) : undefined
  settings = { DATA_DIR: dataDir, INBOX: 'on', ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) }
  const key = newKey()
  writeFileSync(join(dataDir, 'countersign.key'), key)
  const hash = await openPasswords({ secret: keysFrom(key).password }).hash(password)
  const store = await open()
  await store.migrate()
  const now = new Date()
  const { id: organizationId } = await addOrganization(store.db, now, 'Provider', null, {
    ...startingPolicy,
    enabled: true,
    mode: 'everyone',
  })
  for (let nth = 1; nth <= 60; nth++) {
    const email = `person-${nth}@example.org`
    const id = await findOrAddUser(store.db, now, { email, name: `Person ${nth}` })
    await setPassword(store.db, id, hash, [])
    await addMembership(store.db, now, {
      organizationId,
      userId: id,
      role: 'user',
      required: false,
      name: `Person ${nth}`,
      hasJoined: true,
    })
    people.push({ id, email, setUp: 'not begun', key: '', codes: [], hasSavedCodes: false, sent: new Set(), accepted: new Set() })
  }
  await store.close()
})
after(() => {
  server?.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Sets up an authenticator; every fourth person leaves before the right code, some after a wrong one. */
async function setUp(person: Person): Promise<void> {
  const leaves = randomInt(4) === 0
  person.setUp = 'left'
  const client = newVisitor()
  const shown = await start(client, person)
  assert.equal(shown.json.step, 'enroll', JSON.stringify(shown.json))
  person.key = shown.json.key
  if (leaves) {
    const wrong = code(person) === '000000' ? '111111' : '000000'
    assert.equal((await answer(client, { code: wrong })).status, 422)
    return
  }
  person.setUp = 'sent'
  const bound = await answer(client, { code: code(person) })
  assert.equal(bound.json.step, 'codes', JSON.stringify(bound.json))
  person.setUp = 'acknowledged'
  person.codes = bound.json.codes
  const done = await answer(client, { saved: true })
  assert.equal(done.json.step, 'done', JSON.stringify(done.json))
  person.hasSavedCodes = true
  person.session = client
}

/** Signs in with a backup code that was never sent before. */
async function signIn(person: Person): Promise<void> {
  const client = newVisitor()
  assert.equal((await start(client, person)).json.step, 'answer')
  const code = person.codes.find((one) => !person.sent.has(one)) ?? ''
  person.sent.add(code)
  const done = await answer(client, { code })
  assert.equal(done.json.step, 'done', JSON.stringify(done.json))
  person.accepted.add(code)
  person.session = client
}

/** Does one thing after another until the server is gone. */
async function work(): Promise<void> {
  for (;;) {
    const fresh = people.find((one) => one.setUp === 'not begun')
    const ready = people.filter((one) => one.hasSavedCodes && one.sent.size < 9)
    const known = ready[randomInt(Math.max(1, ready.length))]
    try {
      begun += 1
      if (fresh && (!known || randomInt(2) === 0)) await setUp(fresh)
      else if (known) await signIn(known)
      else return
    } catch (error) {
      if (error instanceof assert.AssertionError)
        throw new Error(`${error.message}\nThe server said:\n${server.output()}`, { cause: error })
      return
    }
  }
}

/** What everybody can see from outside after a restart. */
async function look(): Promise<void> {
  for (const person of people) {
    if (person.session) {
      const { status, json } = await person.session.call('GET', '/api/v1/session')
      assert.deepEqual([status, json.aal], [200, 2], `the session of ${person.email} was acknowledged`)
    }
  }
  const tried = people.filter((one) => one.setUp === 'acknowledged').slice(-4)
  for (const person of tried) {
    const client = newVisitor()
    const { json } = await start(client, person)
    assert.equal(json.step, 'answer', `the authenticator of ${person.email} was acknowledged`)
    assert.ok(json.kinds.includes('totp'))
  }
}

/** Tries one-time codes again: what was accepted never works a second time, what hung in the air works at most once. */
async function tryAgain(person: Person): Promise<void> {
  const uncertain = [...person.sent].filter((one) => !person.accepted.has(one))
  const accepted = [...person.accepted].slice(-1)
  for (const code of [...accepted, ...uncertain]) {
    for (let nth = 1; nth <= 2; nth++) {
      const client = newVisitor()
      const started = await start(client, person)
      assert.equal(started.json.step, 'answer', JSON.stringify(started.json))
      const { status, json } = await answer(client, { code })
      const mayWork = nth === 1 && !person.accepted.has(code)
      if (status === 200 && mayWork) {
        person.accepted.add(code)
        continue
      }
      assert.ok(
        status === 429 || json.reason === 'used-backup-code',
        `${person.email}: a code worked again (${status} ${JSON.stringify(json)})`,
      )
    }
  }
}

test('G6 I1 I2 I4 I6 killed in the middle of sign-ins and set-ups, it loses nothing that was acknowledged and gives nothing twice', async () => {
  let lives = 0
  while (begun < wanted || lives < 6) {
    lives += 1
    assert.ok(lives <= 25, `${begun} of ${wanted} things begun in ${lives - 1} lives`)
    server = await serve(settings)
    await server.says(/is not sent but shown/)
    assert.ok(!server.output().includes('/setup/'), 'a founded installation offers no set-up')
    await look()
    const workers = Array.from({ length: 4 }, () => work())
    await pause(randomInt(250, 900))
    server.kill('SIGKILL')
    await Promise.all([...workers, server.ended])
  }

  server = await serve(settings)
  await look()
  const uncertain = people.filter((one) => one.sent.size > one.accepted.size)
  const others = people.filter((one) => one.accepted.size > 0).slice(0, 6)
  for (const person of new Set([...uncertain, ...others])) await tryAgain(person)
  server.kill('SIGTERM')
  assert.equal((await server.ended).code, 0)

  const store = await open()
  try {
    const { db } = store
    const bound = await db.selectFrom('authenticators').selectAll().where('retired_at', 'is', null).execute()
    const sessions = await db.selectFrom('sessions').selectAll().execute()
    const events = await db.selectFrom('audit_events').select(['action', 'subject_id']).execute()
    // What the last server left unsealed is sealed by whoever comes next.
    const key = keysFrom(readFileSync(join(dataDir, 'countersign.key'), 'utf8')).audit
    while ((await sealEvents(store, key)) > 0);
    const { broken, unsealed, events: sealed } = await walkChain(store, key)
    assert.deepEqual([broken, unsealed, sealed], [undefined, 0, events.length], 'the audit is one chain over every kill')
    for (const person of people) {
      const mine = bound.filter((one) => one.user_id === person.id)
      const apps = mine.filter((one) => one.kind === 'totp')
      const codes = mine.find((one) => one.kind === 'backup-codes')
      const happened = (action: string) => events.filter((one) => one.action === action && one.subject_id === person.id).length
      if (person.setUp === 'acknowledged') assert.equal(apps.length, 1, `${person.email}: what was acknowledged is there`)
      if (person.setUp === 'left' || person.setUp === 'not begun')
        assert.equal(mine.length, 0, `${person.email}: nothing is active without a right code`)
      assert.ok(apps.length <= 1)
      assert.equal(happened('authenticator.bound'), apps.length)
      if (person.hasSavedCodes) assert.equal((codes?.hashes.length ?? 0) + (codes?.used_hashes.length ?? 0), 10)
      const used = codes?.used_hashes.length ?? 0
      assert.equal(happened('backup-codes.used'), used, `${person.email}: what is spent is written down, and nothing else`)
      assert.ok(
        used >= person.accepted.size && used <= person.sent.size,
        `${person.email}: ${person.accepted.size} ≤ ${used} ≤ ${person.sent.size}`,
      )
      const own = sessions.filter((one) => one.user_id === person.id)
      assert.ok(own.length <= happened('session.started'))
      assert.ok(happened('session.started') <= used + apps.length, `${person.email}: a session without what it claims`)
      for (const { evidence } of own) {
        const kinds = (evidence as { kind: string }[]).map(({ kind }) => kind)
        assert.ok(kinds.includes('password') && (kinds.includes('totp') || kinds.includes('backup-codes')), `${person.email}: ${kinds}`)
      }
    }
    const acknowledged =
      people.filter((one) => one.setUp === 'acknowledged').length + people.reduce((sum, one) => sum + one.accepted.size, 0)
    assert.ok(acknowledged >= 20, `only ${acknowledged} things were acknowledged`)
  } finally {
    await store.close()
  }
})
