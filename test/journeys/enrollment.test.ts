import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function member(mode: 'opt-in' | 'everyone' = 'opt-in'): Promise<{ person: Person; client: Client; organizationId: string }> {
  const site = await kit.site({ mode })
  const person = await kit.person(site.id)
  return { person, client: await kit.signIn(person), organizationId: site.id }
}

/** Somebody who chose to have an authenticator, a minute ago. */
async function secured(): Promise<{ person: Person; client: Client; organizationId: string }> {
  const one = await member()
  await kit.enroll(one.person, one.client)
  kit.pass(60)
  return one
}

const card = async (client: Client) => (await client.call('GET', '/api/v1/me/two-factor')).json
const told = async (person: Person, subject: string) => (await kit.mailsTo(person.email)).filter((mail) => mail.subject === subject)
const isAlive = async (client: Client) => (await client.call('GET', '/api/v1/session')).status === 200
const reset = async (client: Client) => {
  await client.call('GET', '/api/v1/session')
  return client.call('POST', '/api/v1/me/two-factor/reset')
}
const authenticatorsOf = (person: Person) =>
  kit.rooms.store.db.selectFrom('authenticators').select(['kind', 'retired_at']).where('user_id', '=', person.id).execute()

test('S3.8 S3.13 A50 nothing is stored as active before the right code, and a set-up that is left leaves nothing', async () => {
  const { person, client } = await member()
  const shown = (await startFromSession(client, 'enroll')).json
  person.key = shown.key
  assert.match(shown.uri, new RegExp(`^otpauth://totp/.*secret=${shown.key}&issuer=Countersign&algorithm=SHA1&digits=6&period=30$`))
  assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.key, shown.key, 'the same key until it is answered')
  refused(await answer(client, { code: kit.wrongCode(person) }), 422, 'code-not-accepted', { reason: 'mismatch' })
  refused(await answer(client, { code: kit.code(person, 4) }), 422, 'code-not-accepted', { reason: 'clock', clockOffBySeconds: 120 })
  refused(await answer(client, { code: '12345' }), 422, 'code-not-accepted', { reason: 'malformed' })
  refused(await answer(client, { saved: true }), 409, 'step-not-open')
  assert.deepEqual(await authenticatorsOf(person), [])
  assert.equal((await card(client)).badge, 'not-set-up')
  await client.call('DELETE', '/api/v1/sign-ins/current')
  const again = (await startFromSession(client, 'enroll')).json
  assert.notEqual(again.key, shown.key, 'S1.22 a key is never shown for a second set-up')
  refused(await answer(client, { code: kit.code(person) }), 422, 'code-not-accepted')
  kit.pass(600)
  refused(await answer(client, { code: kit.code({ ...person, key: again.key }) }), 401, 'sign-in-gone')
  assert.deepEqual(await authenticatorsOf(person), [])
  const fresh = kit.client()
  assert.equal((await start(fresh, person)).json.step, 'done', 'and the sign-in asks as before')
})

test('S3.14 S3.15 S3.16 S3.17 S4.5 S2.47 the right code binds it, backup codes are shown until they are ticked, other sessions end, a mail goes out', async () => {
  const { person, client } = await member()
  const elsewhere = await kit.signIn(person)
  const before = client.copy()
  person.key = (await startFromSession(client, 'enroll')).json.key
  const codes = await answer(client, { code: kit.code(person) })
  assert.equal(codes.json.step, 'codes')
  assert.equal(new Set(codes.json.codes).size, 10)
  assert.ok(codes.json.codes.every((code: string) => /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/.test(code)))
  assert.equal(await isAlive(elsewhere), false)
  assert.equal((await told(person, 'Two-Factor Authentication is on')).length, 1)
  assert.deepEqual((await client.call('GET', '/api/v1/sign-ins/current')).json.codes, codes.json.codes)
  refused(await answer(client, { code: kit.code(person, 1) }), 409, 'step-not-open')
  const unticked = kit.client()
  await start(unticked, person)
  refused(await answer(unticked, { code: codes.json.codes[0] }), 422, 'code-not-accepted', {})
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  assert.equal(await isAlive(before), false, 'the cookie of the session is another one now')
  const { badge, authenticators, backupCodesLeft } = await card(client)
  assert.deepEqual([badge, authenticators.length, backupCodesLeft], ['secured', 1, 10])
  refused(await client.call('GET', '/api/v1/sign-ins/current'), 401, 'sign-in-gone')
  const later = kit.client()
  await start(later, person)
  assert.equal((await answer(later, { code: codes.json.codes[0] })).json.step, 'done')
})

test('R086 a proof of five minutes counts, one of five minutes and a second asks again', async () => {
  const { person, client } = await secured()
  await confirm(kit, person, client)
  kit.pass(300)
  assert.equal((await startFromSession(client, 'backup-codes')).json.step, 'codes')
  kit.pass(1)
  assert.equal((await startFromSession(client, 'backup-codes')).json.step, 'password')
  refused(await reset(client), 403, 'proof-required')
  assert.equal((await card(client)).badge, 'secured')
  await confirm(kit, person, client)
  kit.pass(299)
  assert.equal((await reset(client)).status, 200)
})

test('A16 R034 new backup codes are for a fresh second step alone: half signed in, without a session or after the password none are drawn and none shown', async () => {
  const { person, client } = await secured()
  const half = kit.client()
  assert.equal((await start(half, person)).json.step, 'answer')
  refused(await startFromSession(half, 'backup-codes'), 401, 'not-signed-in')
  refused(await startFromSession(kit.client(), 'backup-codes'), 401, 'not-signed-in')
  kit.pass(301)
  assert.equal((await startFromSession(client, 'backup-codes')).json.step, 'password')
  const asked = (await answer(client, { password: person.password })).json
  assert.deepEqual([asked.step, asked.codes], ['answer', undefined])
  refused(await answer(client, { saved: true }), 409, 'step-not-open')
  const later = kit.client()
  await start(later, person)
  assert.equal((await answer(later, { code: person.backupCodes?.[0] })).json.step, 'done', 'the old ones are what they were')
})

test('R090 S2.25 a stale session asks the password and the bound authenticator before a new one, and the password alone binds none', async () => {
  const { person, client } = await secured()
  kit.pass(301)
  assert.equal((await startFromSession(client, 'enroll')).json.step, 'password')
  const asked = await answer(client, { password: person.password })
  assert.equal(asked.json.step, 'answer')
  assert.equal(asked.json.key, undefined)
  refused(await answer(client, { saved: true }), 409, 'step-not-open')
  const old = { ...person }
  const shown = await answer(client, { code: kit.code(person) })
  assert.equal(shown.json.step, 'enroll')
  const second = { ...person, key: shown.json.key }
  assert.notEqual(second.key, old.key)
  assert.equal((await answer(client, { code: kit.code(second) })).json.step, 'done')
  kit.pass(60)
  for (const one of [old, second]) {
    const later = kit.client()
    await start(later, person)
    assert.equal((await answer(later, { code: kit.code(one) })).json.step, 'done', 'both work')
    kit.pass(30)
  }
})

test('R090 a session that was opened by the password alone is asked for the bound authenticator', async () => {
  const { person, organizationId } = await secured()
  const set = (enabled: boolean) =>
    kit.rooms.store.db.updateTable('policies').set({ enabled }).where('organization_id', '=', organizationId).execute()
  await set(false)
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'done')
  await set(true)
  for (const intent of ['enroll', 'backup-codes', 'disable'] as const)
    assert.equal((await startFromSession(client, intent)).json.step, 'answer', intent)
})

test('S4.12 S4.13 S4.15 S4.16 S4.17 disabling asks a current code even of a fresh session, then it is off, told by mail, and other sessions end', async () => {
  const { person, client } = await secured()
  const elsewhere = await kit.signIn(person)
  kit.pass(60)
  await confirm(kit, person, client)
  kit.pass(30)
  assert.equal((await startFromSession(client, 'disable')).json.step, 'answer')
  refused(await answer(client, { code: kit.wrongCode(person) }), 422, 'code-not-accepted')
  refused(await answer(client, { code: kit.code(person, -1) }), 422, 'code-not-accepted', { reason: 'replayed' })
  assert.equal((await card(client)).badge, 'secured')
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
  assert.equal((await card(client)).badge, 'not-set-up')
  assert.equal(await isAlive(elsewhere), false)
  assert.equal((await told(person, 'Two-Factor Authentication is off')).length, 1)
  const next = kit.client()
  assert.equal((await start(next, person)).json.step, 'done')
  refused(await startFromSession(next, 'disable'), 409, 'not-enrolled')
  assert.ok(
    (await authenticatorsOf(person)).every((one) => one.retired_at !== null),
    'the record of what was bound stays',
  )
})

test('S4.14 S4.22 whoever is required cannot disable, not even with a sign-in that began before the requirement', async () => {
  const required = await member('everyone')
  refused(await startFromSession(required.client, 'disable'), 409, 'two-factor-required')
  assert.ok((await card(required.client)).requiredBy)

  const { person, client, organizationId } = await secured()
  assert.equal((await startFromSession(client, 'disable')).json.step, 'answer')
  await kit.rooms.store.db.updateTable('policies').set({ mode: 'everyone' }).where('organization_id', '=', organizationId).execute()
  refused(await answer(client, { code: kit.code(person) }), 409, 'two-factor-required')
  assert.equal((await card(client)).badge, 'secured')
})

test('S0.45 S0.46 S0.47 "Reset QR Code" kills the old secret and the old codes at once, tells by mail, and set-up is asked at the next sign-in', async () => {
  const { person, client } = await secured()
  const elsewhere = await kit.signIn(person)
  const old = { ...person }
  kit.pass(60)
  await confirm(kit, person, client)
  const after = await reset(client)
  assert.deepEqual([after.json.badge, after.json.authenticators, after.json.backupCodesLeft], ['required', [], null])
  assert.equal(await isAlive(elsewhere), false)
  assert.equal(await isAlive(client), true)
  assert.equal((await told(person, 'Your Two-Factor Authentication was reset')).length, 1)
  refused(await reset(client), 409, 'not-enrolled')
  const next = kit.client()
  const started = (await start(next, person)).json
  assert.deepEqual([started.step, started.opens, started.requiredBy.rule], ['answer', 'set-up', 'set-up-due'])
  for (const code of [kit.code(old), old.backupCodes?.[0]]) refused(await answer(next, { code }), 422, 'code-not-accepted')
  await kit.signIn(person)
  assert.notEqual(person.key, old.key)
})

test('R033 new backup codes kill the old ones at the tick and not before', async () => {
  const { person, client } = await secured()
  const [first, second] = person.backupCodes ?? []
  await confirm(kit, person, client)
  const drawn = (await startFromSession(client, 'backup-codes')).json
  assert.equal(drawn.step, 'codes')
  const use = async (code: unknown) => {
    const other = kit.client()
    await start(other, person)
    return answer(other, { code })
  }
  assert.equal((await use(first)).json.step, 'done', 'not before')
  refused(await use(drawn.codes[0]), 422, 'code-not-accepted')
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  refused(await use(second), 422, 'code-not-accepted')
  assert.equal((await use(drawn.codes[0])).json.step, 'done')
  assert.equal((await told(person, 'You have new backup codes')).length, 1)
})

test('where two-factor authentication is off nothing can be set up, and without an authenticator there are no codes to draw', async () => {
  const site = await kit.site({ enabled: false })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  refused(await startFromSession(client, 'enroll'), 409, 'two-factor-not-available')
  refused(await startFromSession(client, 'backup-codes'), 409, 'not-enrolled')
  refused(await startFromSession(client, 'enter' as 'enroll'), 400, 'malformed')
  assert.equal((await card(client)).badge, 'not-available')
  const other = await member()
  refused(await startFromSession(other.client, 'backup-codes'), 409, 'not-enrolled')
})

test('R085 a set-up on its way ends with the session it was started from', async () => {
  for (const how of ['signed out', 'ended elsewhere', 'all others ended', 'reset'] as const) {
    const { person, client } = await secured()
    const stolen = await kit.signIn(person)
    const key = (await startFromSession(stolen, 'enroll')).json.key
    await client.call('GET', '/api/v1/session')
    const { sessions } = (await client.call('GET', '/api/v1/me/sessions')).json
    const other = sessions.find((one: { isCurrent: boolean }) => !one.isCurrent).id
    await confirm(kit, person, client)
    const done = {
      'signed out': async () => {
        const copy = stolen.copy()
        await copy.call('GET', '/api/v1/session')
        return copy.call('DELETE', '/api/v1/session')
      },
      'ended elsewhere': () => client.call('DELETE', `/api/v1/me/sessions/${other}`),
      'all others ended': () => client.call('DELETE', '/api/v1/me/sessions'),
      reset: () => client.call('POST', '/api/v1/me/two-factor/reset'),
    }
    assert.ok((await done[how]()).status < 300, how)
    const left = await answer(stolen, { code: kit.code({ ...person, key }) })
    refused(left, 401, 'sign-in-gone')
    assert.equal((await authenticatorsOf(person)).filter((one) => one.kind === 'totp').length, 1, how)
  }
})
