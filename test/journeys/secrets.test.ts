import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { fromBase32 } from '#factors/base32.ts'
import { offerSetUp } from '#flows/recovery.ts'
import { answer, confirm, type Kit, openKit, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ remembersHashes: false })
})
after(() => kit.close())

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const { db } = kit.rooms.store
  const { rows: tables } = await sql<{
    name: string
  }>`select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db)
  const texts: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ line: string }>`select t::text as line from ${sql.table(name)} as t`.execute(db)
    texts.push(...rows.map(({ line }) => line))
  }
  return texts.join('\n')
}

/** The ways in which a text could stand in a row: as it is, in hexadecimal (bytes), in base64. */
const disguises = (secret: string) => {
  const bytes = Buffer.from(secret)
  return [secret, secret.toLowerCase(), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
}

test('R006 R024 R031 no table holds a password, a key, a backup code, a token or a one-time address in clear', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id, { password: 'a password to look for' })
  const client = await kit.signIn(person)
  const owner = await kit.signIn(kit.provider.owner)
  await owner.call('POST', `/api/v1/organizations/${site.id}/users`, { name: 'Ina', email: 'ina-secret@example.org', role: 'user' })
  await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
  const drawn = (await startFromSession(client, 'backup-codes')).json.codes as string[]
  const pending = kit.client()
  await start(pending, person)
  const asked = kit.client()
  await startFromSession(owner, 'enroll').then(({ json }) => assert.equal(json.step, 'enroll'))
  const shown = (await owner.call('GET', '/api/v1/sign-ins/current')).json.key as string
  assert.ok(asked)
  const used = person.backupCodes?.[3] ?? ''
  assert.equal((await answer(pending, { code: used })).json.step, 'done')
  const mails = [...(await kit.mailsTo('ina-secret@example.org')), ...(await kit.mailsTo(person.email))].map(({ text }) => text).join('\n')
  const tokens = [...mails.matchAll(/\/(?:invitation|reset-password)\/([A-Za-z0-9_-]{43})/g)].map(([, token = '']) => token)
  assert.equal(tokens.length, 2)
  const bareCodes = [...(person.backupCodes ?? []), ...drawn].flatMap((code) => [code, code.replaceAll('-', '')])
  const cookies = [client, owner, pending].flatMap(({ cookies }) => [...cookies.values()])
  assert.ok(cookies.length >= 6)
  const rawKeys = [person.key ?? '', shown].map((key) => Buffer.from(fromBase32(key)).toString('hex'))
  const secrets = [person.password, kit.provider.owner.password, person.key ?? '', shown, ...bareCodes, ...tokens, ...cookies]
  const text = await dump()
  assert.ok(text.includes(person.email) && text.length > 5000, 'the dump holds what is no secret')
  for (const secret of secrets)
    for (const disguise of disguises(secret)) assert.ok(!text.includes(disguise), `${secret.slice(0, 6)}… stands in a table`)
  for (const key of rawKeys) assert.ok(!text.includes(key), 'a key stands in a table')
})

test('R006 equal passwords have unequal hashes', async () => {
  const site = await kit.site()
  const [one, two] = [await kit.person(site.id), await kit.person(site.id)]
  const hashes = await kit.rooms.store.db.selectFrom('users').select('password_hash').where('id', 'in', [one.id, two.id]).execute()
  assert.equal(new Set(hashes.map(({ password_hash }) => password_hash)).size, 2)
})

test("a sealed secret that is copied to another person's row, or to another row of the same person, does not open there", async () => {
  const site = await kit.site({ mode: 'everyone' })
  const [victim, attacker] = [await kit.person(site.id), await kit.person(site.id)]
  for (const person of [victim, attacker]) await kit.signIn(person)
  kit.pass(60)
  const { db } = kit.rooms.store
  const rowOf = (userId: string) =>
    db
      .selectFrom('authenticators')
      .select(['id', 'secret_sealed'])
      .where('user_id', '=', userId)
      .where('kind', '=', 'totp')
      .executeTakeFirstOrThrow()
  const [theirs, mine] = [await rowOf(victim.id), await rowOf(attacker.id)]
  await db.updateTable('authenticators').set({ secret_sealed: mine.secret_sealed }).where('id', '=', theirs.id).execute()
  const app = kit.app
  const client = kit.client()
  await start(client, victim)
  const cookie = `countersign-sign-in=${client.cookies.get('countersign-sign-in')}`
  const reply = await app.inject({
    method: 'POST',
    url: '/api/v1/sign-ins/current/answers',
    headers: { cookie, 'x-csrf-token': client.csrf },
    payload: { code: kit.code(attacker) },
  })
  assert.deepEqual([reply.statusCode, reply.json().code], [500, 'internal'])
  assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
  await db.updateTable('authenticators').set({ secret_sealed: theirs.secret_sealed }).where('id', '=', theirs.id).execute()
  assert.equal((await answer(client, { code: kit.code(victim) })).json.step, 'done')
})

test('R024 once an authenticator is bound, no reply gives its key or an address that holds it', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id, { role: 'admin' })
  const client = await kit.signIn(person)
  kit.pass(60)
  await confirm(kit, person, client)
  const paths = [
    '/api/v1/session',
    '/api/v1/me/two-factor',
    '/api/v1/me/sessions',
    `/api/v1/organizations/${site.id}/users`,
    `/api/v1/organizations/${site.id}/users/${person.id}`,
    `/api/v1/organizations/${site.id}/policy`,
    '/inbox',
    '/sign-in',
  ]
  for (const path of paths) {
    const { text } = await client.call('GET', path)
    for (const secret of [person.key ?? '', ...(person.backupCodes ?? []), 'otpauth://', 'argon2', 'secret_sealed'])
      assert.ok(!text.includes(secret), `${path} gives ${secret.slice(0, 8)}`)
  }
})

test('every change to an account is written down with who, whom and where from', async () => {
  const site = await kit.site()
  const person = await kit.person(site.id)
  const client = await kit.signIn(person, kit.client('203.0.113.9'))
  await kit.enroll(person, client)
  kit.pass(60)
  await startFromSession(client, 'disable')
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
  await client.call('GET', '/api/v1/session')
  await client.call('DELETE', '/api/v1/session')
  const events = await kit.rooms.store.db.selectFrom('audit_events').selectAll().where('subject_id', '=', person.id).orderBy('id').execute()
  const actions = events.map(({ action }) => action)
  for (const action of ['session.started', 'authenticator.bound', 'backup-codes.drawn', 'two-factor.disabled', 'session.ended'])
    assert.ok(actions.includes(action), action)
  for (const event of events)
    assert.deepEqual([event.actor_id, event.address, event.request_id.length], [person.id, '203.0.113.9', 36], event.action)
})

test('an installation that was founded offers no set-up', async () => {
  assert.equal(await offerSetUp(kit.rooms), undefined)
})
