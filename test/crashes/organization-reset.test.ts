import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { newKey } from '#crypto/keys.ts'
import { digest, newId, newToken } from '#crypto/random.ts'
import { passwordEvidence } from '#domain/assurance.ts'
import { startingPolicy } from '#domain/policy.ts'
import { addOrganization } from '#store/organizations.ts'
import { addMembership, findOrAddUser } from '#store/people.ts'
import { openStore, type Store } from '#store/store.ts'
import { createDatabase } from '../machine/postgres.ts'
import { type Running, serve, type Visitor, visitor } from '../machine/server.ts'

const onPostgres = process.env.TEST_DATABASE === 'postgres'
/** The embedded database starts in seconds and lets nobody look in from beside. */
const [wantedPeople, wantedKills, wantedKillsBack] = onPostgres ? [10_000, 30, 5] : [1200, 3, 1]

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-reset-'))
const name = 'Northwind'
let settings: Record<string, string>
let organizationId: string
let server: Running
let second: Running | undefined
const admin: Visitor = visitor(() => server.url)

const open = (): Promise<Store> =>
  openStore({ ...(settings.DATABASE_URL ? { databaseUrl: settings.DATABASE_URL } : {}), dataDir, poolSize: 2 })

before(async () => {
  const base = process.env.TEST_DATABASE_URL
  if (onPostgres && !base) throw new Error('TEST_DATABASE_URL names no PostgreSQL: run the tests with npm test.')
  const databaseUrl = onPostgres && base ? await createDatabase(base, `crash_${randomBytes(6).toString('hex')}`) : undefined
  settings = { DATA_DIR: dataDir, INBOX: 'off', ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) }
  writeFileSync(join(dataDir, 'countersign.key'), newKey())
  const store = await open()
  await store.migrate()
  const now = new Date()
  const provider = await addOrganization(store.db, now, 'Provider', null, startingPolicy)
  organizationId = (await addOrganization(store.db, now, name, provider.id, { ...startingPolicy, enabled: true, mode: 'everyone' })).id
  const outside = (await addOrganization(store.db, now, 'Elsewhere', provider.id, { ...startingPolicy, enabled: true, mode: 'everyone' }))
    .id
  await seed(store, organizationId, 'person', wantedPeople, 'both')
  await seed(store, organizationId, 'bare', 50, 'nothing')
  await seed(store, outside, 'outsider', 100, 'both')
  const token = newToken()
  const id = await findOrAddUser(store.db, now, { email: 'admin@example.org', name: 'Ana' })
  await addMembership(store.db, now, { organizationId, userId: id, role: 'security-admin', required: true, name: 'Ana', hasJoined: true })
  const evidence = [passwordEvidence(now), { kind: 'totp', proves: ['have'], amr: ['otp'], at: now }]
  await store.db
    .insertInto('sessions')
    .values({
      token_hash: digest(token),
      id: newId(now),
      user_id: id,
      evidence: JSON.stringify(evidence),
      started_at: now,
      last_seen_at: now,
      address: '127.0.0.1',
      browser: '',
    })
    .execute()
  admin.cookies.set('countersign-session', token)
  await store.close()
})
after(() => {
  server?.kill('SIGKILL')
  second?.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** People by SQL; with `both` each has two authenticators, a session, a remembered device and a sign-in on its way. */
async function seed({ db }: Store, organization: string, who: string, count: number, has: 'both' | 'nothing'): Promise<void> {
  const rows = sql`generate_series(1, ${count}::int) n`
  const bytes = sql`sha256((u.id::text || random()::text)::bytea)`
  const of = sql`users u where u.email like ${`${who}-%`}`
  await sql`insert into users (id, email, name, created_at) select gen_random_uuid(), ${who} || '-' || n || '@example.org', ${who} || ' ' || n, now() from ${rows}`.execute(
    db,
  )
  await sql`insert into memberships (organization_id, user_id, role, required, invited_as, invited_at, joined_at)
    select ${organization}, u.id, 'user', true, u.name, now(), now() from ${of}`.execute(db)
  if (has === 'nothing') return
  await sql`insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at)
    select gen_random_uuid(), u.id, kind, kind, ${bytes}, 7, array['a', 'b'], now() from (values ('totp'), ('backup-codes')) k (kind), ${of}`.execute(
    db,
  )
  await sql`insert into sessions (token_hash, id, user_id, evidence, started_at, last_seen_at, address, browser)
    select ${bytes}, gen_random_uuid(), u.id, '[]', now(), now(), '192.0.2.1', '' from ${of}`.execute(db)
  await sql`insert into remembered_devices (id, token_hash, user_id, epoch, browser, address, created_at, last_used_at, expires_at)
    select gen_random_uuid(), ${bytes}, u.id, 0, '', '', now(), now(), now() + interval '30 days' from ${of}`.execute(db)
  await sql`insert into sign_ins (token_hash, id, intent, user_id, evidence, bound, return_to, expires_at, version)
    select ${bytes}, gen_random_uuid(), 'enter', u.id, '[]', '{}', '/', now() + interval '10 minutes', 1 from ${of}`.execute(db)
  await sql`analyze`.execute(db)
}

async function look<T>(store: Store | undefined, work: (store: Store) => Promise<T>): Promise<T> {
  if (store) return work(store)
  const own = await open()
  return work(own).finally(() => own.close())
}

const left = async (store: Store, outcome: string | null): Promise<number> => {
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from reset_people where outcome is not distinct from ${outcome}`.execute(store.db)
  return rows[0]?.n ?? 0
}

/** The same as the server tells it, where nobody else can look in. */
async function waitingFor(outcome: string | null): Promise<number> {
  const { json } = await admin.call('GET', `/api/v1/organizations/${organizationId}/reset`)
  const { people, done, restored, kept } = json.reset.counts
  return outcome === null ? people - done : done - restored - kept
}

/** Kills the server at random moments while the work goes on, and starts it again, until it was killed so often. */
async function killAgainAndAgain(store: Store | undefined, times: number, all: number, waiting: string | null): Promise<number[]> {
  const rests: number[] = []
  while (rests.length < times) {
    const rest = () => (store ? left(store, waiting) : waitingFor(waiting))
    const before = await rest()
    const turns = randomInt(1, Math.max(2, Math.floor(store ? (1.4 * all) / times : all / (times + 2))))
    for (let waited = 0; before - (await rest()) < turns && waited < 20_000; waited += 5) await pause(5)
    await pause(randomInt(0, 30))
    server.kill('SIGKILL')
    await server.ended
    const still = await look(store, (open) => left(open, waiting))
    assert.ok(still > 0, `it was done after ${rests.length} of ${times} kills`)
    rests.push(still)
    server = await serve(settings)
  }
  return rests
}

async function until(state: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const { json } = await admin.call('GET', `/api/v1/organizations/${organizationId}/reset`)
    if (json.reset?.state === state) return
    await pause(100)
  }
  assert.fail(`it is not ${state} after a minute:\n${server.output()}`)
}

const askedOnce = async (store: Store, template: string): Promise<readonly string[]> => {
  const mails = await store.db.selectFrom('messages').select('to_address').where('template', '=', template).execute()
  assert.equal(new Set(mails.map((one) => one.to_address)).size, mails.length, `${template}: a mail was doubled`)
  return mails.map((one) => one.to_address).toSorted()
}

test(`G6 I8 A55 a reset of ${wantedPeople} people, killed at ${wantedKills} random moments, does each of them exactly once: no mail is lost and none doubled, and it is taken back the same way`, async (t) => {
  server = await serve(settings)
  const beside = onPostgres ? await open() : undefined
  try {
    await admin.call('GET', '/api/v1/session')
    const began = performance.now()
    const ordered = await admin.call('POST', `/api/v1/organizations/${organizationId}/reset`, { name })
    assert.equal(ordered.status, 202, JSON.stringify(ordered.json))
    const rests = await killAgainAndAgain(beside, wantedKills, wantedPeople, null)
    // The rest is done by two at once, where the database lets two in.
    if (onPostgres) second = await serve(settings)
    await until('done')
    const seconds = (performance.now() - began) / 1000
    if (second) {
      second.kill('SIGTERM')
      await second.ended
    }
    t.diagnostic(
      `${wantedPeople} people, ${rests.length} kills with ${rests.join(', ')} still waiting; done after ${seconds.toFixed(1)} s, restarts included`,
    )
    server.kill('SIGKILL')
    await server.ended
    await look(beside, async (store) => {
      const { db } = store
      const addresses = (await db.selectFrom('users').select('email').where('email', 'like', 'person-%').execute())
        .map((one) => one.email)
        .toSorted()
      assert.equal(addresses.length, wantedPeople)
      assert.deepEqual(await askedOnce(store, 'organization-reset'), addresses, 'one mail each, and nobody else')
      const { rows } = await sql<{ wrong: number }>`
        with taken as (select user_id, retired_by, count(*) as n from authenticators where retired_at is not null and length(secret_sealed) > 0 group by 1, 2),
          told as (select subject_id, count(*) as n from audit_events where action = 'two-factor.reset' group by 1),
          still_open as (select user_id from sessions union select user_id from remembered_devices union select user_id from sign_ins)
        select count(*)::int as wrong from users u join reset_people p on p.user_id = u.id left join messages m on m.id = p.message_id
          left join taken on taken.user_id = u.id and taken.retired_by = p.reset_id left join told on told.subject_id = u.id
          left join still_open on still_open.user_id = u.id
        where u.email like 'person-%' and (p.outcome, p.authenticators, p.sessions, p.devices, u.set_up_due, u.device_epoch, m.to_address, taken.n, told.n)
          is distinct from ('reset', 2, 1, 1, true, 1, u.email, 2, 1) or (u.email like 'person-%' and still_open.user_id is not null)`.execute(
        db,
      )
      assert.equal(rows[0]?.wrong, 0, 'each person whole, and once')
      const { rows: others } = await sql<{ touched: number }>`
        select count(*)::int as touched from users u where u.email not like 'person-%' and (u.set_up_due or u.device_epoch > 0
          or exists (select from authenticators a where a.user_id = u.id and a.retired_at is not null))`.execute(db)
      assert.equal(others[0]?.touched, 0, 'nobody else')
      const finished = await db.selectFrom('audit_events').select('detail').where('action', '=', 'reset.finished').execute()
      assert.equal(finished.length, 1)
      assert.deepEqual(finished[0]?.detail, {
        reset: ordered.json.reset.id,
        people: wantedPeople,
        authenticators: 2 * wantedPeople,
        sessions: wantedPeople,
        devices: wantedPeople,
        leftAlone: 0,
      })
    })

    server = await serve(settings)
    const back = await admin.call('POST', `/api/v1/organizations/${organizationId}/reset/answers`, {
      answer: 'take-back',
      resetId: ordered.json.reset.id,
    })
    assert.equal(back.status, 200, JSON.stringify(back.json))
    const restsBack = await killAgainAndAgain(beside, wantedKillsBack, wantedPeople, 'reset')
    await until('taken-back')
    t.diagnostic(`taken back through ${restsBack.length} kills with ${restsBack.join(', ')} still waiting`)
    server.kill('SIGKILL')
    await server.ended
    await look(beside, async (store) => {
      assert.equal((await askedOnce(store, 'organization-reset-taken-back')).length, wantedPeople)
      const { rows } = await sql<{ wrong: number }>`
        with bound as (select user_id, count(*) as n from authenticators where retired_at is null and length(secret_sealed) > 0 group by 1),
          told as (select subject_id, count(*) as n from audit_events where action = 'two-factor.restored' group by 1)
        select count(*)::int as wrong from users u left join bound on bound.user_id = u.id left join told on told.subject_id = u.id
        where u.email like 'person-%' and (u.set_up_due, bound.n, told.n) is distinct from (false, 2, 1)`.execute(store.db)
      assert.equal(rows[0]?.wrong, 0)
    })
  } finally {
    await beside?.close()
  }
})
