import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { mostActivationsInDay } from '#domain/duo-push.ts'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type DuoKit, type DuoSite, duoKit } from '../duo-push-kit.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
let duo: DuoSimulator
let made: DuoKit

before(async () => {
  duo = await startDuo({ now: () => kit?.now() ?? new Date(), pollSeconds: 0.05 })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  kit = await openKit({ delivery: { allowedHosts: [duo.host] } })
  made = duoKit(kit, duo)
  await made.offer()
})
after(() => Promise.all([kit.close(), duo.stop()]))

const managedSite = (policy: Record<string, unknown> = {}) => made.site({ account: 'provider' }, policy)
const send = (client: Client, more: Record<string, unknown> = {}) => answer(client, { send: 'duo', ...more })
const check = (client: Client) => answer(client, { check: 'duo' })
const rowsOf = ({ id }: Person) => kit.rooms.store.db.selectFrom('duo_users').selectAll().where('user_id', '=', id).execute()
const userOf = async (person: Person) => {
  const row = (await rowsOf(person)).at(-1)
  const user = duo.account.users.find(({ id }) => id === row?.user_key)
  assert.ok(row && user, 'nobody was made in Duo')
  return { row, user }
}
const ring = async (person: Person) => {
  const { user } = await userOf(person)
  const push = duo.account.pushes.filter((one) => one.user.id === user.id).at(-1)
  assert.ok(push, 'no phone rang')
  return push
}

/** Sets Duo up as anybody does: QR code, first push, backup codes. */
async function setUp(person: Person, client: Client = kit.client()): Promise<Client> {
  const first = await start(client, person)
  assert.deepEqual([first.json.step, first.json.kind, first.json.duo?.activation?.state], ['enroll', 'duo', 'none'], first.text)
  const shown = await send(client)
  assert.ok(duo.activate(shown.json.duo.activation.uri, { name: 'Phone' }), shown.text)
  const rung = await check(client)
  assert.equal(rung.json.duo.push.state, 'waiting', rung.text)
  duo.account.settle(await ring(person), 'approve')
  const codes = await check(client)
  assert.equal(codes.json.step, 'codes', codes.text)
  person.backupCodes = codes.json.codes
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  await client.call('GET', '/api/v1/session')
  return client
}

/** A site's own settings of the provider's Admin API. */
async function adminKeys(more: Record<string, unknown> = {}) {
  const { id, secret } = duo.account.addApplication('adminapi', 'Clean-up', more)
  const client = await kit.signIn(kit.provider.owner)
  const put = (admin: unknown) => client.call('PUT', `/api/v1/organizations/${kit.provider.id}/duo/users`, { admin })
  return { client, put, keys: { host: duo.host, key: id, secret } }
}
const left = async (client: Client) => (await client.call('GET', `/api/v1/organizations/${kit.provider.id}/duo/users`)).json.left

describe("Duo in the provider's account", () => {
  test('S0.18 S0.19 S2.32 a site chooses Duo and nothing else; at the next login each person scans a QR code of ours, and a push proves it', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const client = kit.client()
    await start(client, person)
    const asked = duo.asked.length
    assert.equal((await client.call('GET', '/sign-in')).text.includes('Install Duo Mobile'), true)
    refused(await answer(client, { open: 'duo' }), 409, 'step-not-open')
    assert.equal(duo.asked.length, asked, 'neither looking nor another way asks Duo anything')
    const shown = await send(client)
    const { activation } = shown.json.duo
    assert.match(activation.uri, /^duo:\/\//)
    assert.deepEqual([activation.state, activation.administrator], ['waiting', 'Provider'])
    const page = await client.call('GET', '/sign-in')
    assert.match(page.text, /<div class="qr" role="img"[^>]*><svg/)
    assert.ok(page.text.includes(activation.address), 'a link for the phone that shows the page')
    assert.equal((await check(client)).json.duo.activation.state, 'waiting')
    refused(await answer(client, { code: '1234567' }), 409, 'step-not-open')
    assert.ok(duo.activate(activation.uri))
    assert.equal((await check(client)).json.duo.push.state, 'waiting')
    assert.equal(duo.account.pushes.at(-1)?.shown.name, person.email)
    duo.account.settle(await ring(person), 'approve')
    const codes = await check(client)
    assert.equal(codes.json.step, 'codes', codes.text)
    assert.equal((await answer(client, { saved: true })).json.step, 'done')
    const again = kit.client()
    const next = await start(again, person)
    assert.deepEqual([next.json.step, next.json.kinds[0], next.json.duo.isManaged], ['answer', 'duo', true])
    await send(again)
    duo.account.settle(await ring(person), 'approve')
    assert.equal((await check(again)).json.step, 'done')
  })

  test('S0.20 S0.21 the page says where Duo Mobile is to be had, and who looks after Duo here', async () => {
    const site = await managedSite()
    const provider = await kit.signIn(kit.provider.owner)
    const path = `/api/v1/organizations/${kit.provider.id}/look`
    const { json: look } = await provider.call('GET', path)
    const changed = await provider.call('PUT', path, { version: look.version, accent: null, supportContact: 'help@provider.example' })
    assert.ok(changed.status < 300, changed.text)
    const client = kit.client()
    await start(client, await kit.person(site.id))
    const { text } = await client.call('GET', '/sign-in')
    assert.match(text, /https:\/\/apps\.apple\.com\/app\/duo-mobile\/id422663827/)
    assert.match(text, /https:\/\/play\.google\.com\/store\/apps\/details\?id=com\.duosecurity\.duomobile/)
    assert.match(text, /Who looks after Duo here: .*Provider/)
    assert.match(text, /help@provider\.example/)
  })

  test('A67 two people whom "Simple" would merge are two users in Duo, and nobody approves for the other', async () => {
    const site = await managedSite()
    for (const application of duo.account.applications) application.normalization = 'simple'
    const [one, other] = [await kit.person(site.id), await kit.person(site.id)]
    const bare = `ana${Date.now()}`
    for (const [person, email] of [
      [one, `${bare}@x.example`],
      [other, `${bare}@y.example`],
    ] as const) {
      await kit.rooms.store.db.updateTable('users').set({ email }).where('id', '=', person.id).execute()
      Object.assign(person, { email })
      await setUp(person)
    }
    const [first, second] = [await userOf(one), await userOf(other)]
    assert.notEqual(first.user.id, second.user.id)
    assert.doesNotMatch(first.row.user_name, /[@\\]/)
    assert.match(first.row.user_name, new RegExp(`^${bare}\\.at\\.x\\.example\\.`))
    const client = kit.client()
    await start(client, one)
    await send(client)
    assert.equal(duo.account.pushes.at(-1)?.user.id, first.user.id)
    for (const application of duo.account.applications) application.normalization = 'none'
  })

  test('a QR code is shown to the sign-in that asked for it and to no other one', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const thief = kit.client('203.0.113.66')
    await start(thief, person)
    const stolen = (await send(thief)).json.duo.activation.uri
    const client = kit.client()
    await start(client, person)
    const own = (await send(client)).json.duo.activation.uri
    assert.notEqual(stolen, own)
    assert.ok(duo.activate(stolen), 'whoever kept it scans it later')
    assert.equal((await check(client)).json.duo.activation.state, 'waiting', 'nobody else sees anything of that')
  })

  test('a QR code that has run out is told, and a fresh one is another user of Duo', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const client = kit.client()
    await start(client, person)
    const { uri } = (await send(client)).json.duo.activation
    const activation = duo.account.activations.get(uri)
    assert.ok(activation)
    activation.until = 0
    assert.equal((await check(client)).json.duo.activation.state, 'expired')
    assert.match((await client.call('GET', '/sign-in')).text, /This QR code has run out/)
    const fresh = (await send(client)).json.duo.activation
    assert.equal(fresh.state, 'waiting')
    assert.notEqual(fresh.uri, uri)
    assert.equal((await rowsOf(person)).length, 2)
  })

  test(`no more than ${mostActivationsInDay} set-ups begin in a day, also of many at once`, async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const clients = await Promise.all(
      Array.from({ length: 24 }, async (_, nth) => {
        const client = kit.client(`203.0.113.${nth}`)
        await start(client, person)
        return client
      }),
    )
    const replies = await Promise.all(clients.map((client) => send(client)))
    assert.equal((await rowsOf(person)).length, mostActivationsInDay)
    for (const { json } of replies) if (json.code) assert.deepEqual([json.code, json.reason], ['duo-push-limit', 'activations'])
  })

  test('a first push that is denied binds nothing', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const client = kit.client()
    await start(client, person)
    assert.ok(duo.activate((await send(client)).json.duo.activation.uri))
    await check(client)
    duo.account.settle(await ring(person), 'deny')
    refused(await check(client), 422, 'duo-refused', { reason: 'denied' })
    const bound = await kit.rooms.store.db.selectFrom('authenticators').select('id').where('user_id', '=', person.id).execute()
    assert.equal(bound.length, 0)
  })

  test('S2.25 what somebody had before is asked for first, and is what they have until Duo is bound', async () => {
    const site = await kit.site({ mode: 'everyone' })
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    const set = { isOn: true, account: 'provider', whenAway: 'closed', countsBypass: false, version: 0 }
    assert.equal((await client.call('PUT', `/api/v1/organizations/${site.id}/duo`, set)).status, 200)
    const policy = (await client.call('GET', `/api/v1/organizations/${site.id}/policy`)).json
    const { people: _people, availableMethods: _methods, weakerAccepted: _by, ...rules } = policy
    const put = await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...rules, methods: ['duo'], defaultMethod: 'duo' })
    assert.equal(put.status, 200, put.text)
    kit.pass(60)
    const next = kit.client()
    const first = await start(next, admin)
    assert.deepEqual([first.json.step, first.json.kinds[0]], ['answer', 'totp'])
    refused(await send(next), 409, 'step-not-open')
    assert.equal((await answer(next, { code: kit.code(admin) })).json.kind, 'duo')
  })

  test('A66 while Duo is away no set-up begins or ends, and the page says so', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const client = kit.client()
    await start(client, person)
    for (const fault of ['reset', 'html', 'broken', 'rate', 'denied'] as const) {
      duo.misbehave(fault, { times: 1 })
      refused(await send(client), 424, 'duo-unavailable')
    }
    assert.deepEqual(
      (await rowsOf(person)).map(({ user_key }) => user_key),
      [null, null, null],
      'Duo itself said that it did nothing, or it may have made somebody',
    )
    assert.ok(duo.activate((await send(client)).json.duo.activation.uri))
    for (const fault of ['reset', 'half', 'empty', 'internal'] as const) {
      duo.misbehave(fault, { times: 1 })
      refused(await check(client), 424, 'duo-unavailable')
    }
    duo.misbehave('html', { times: 1 })
    assert.match((await client.submit('/sign-in', '/sign-in/answer', { check: 'duo' })).text, /Duo does not answer/)
    assert.equal((await check(client)).json.duo.push.state, 'waiting')
  })
})

describe('S0.21 who left is taken out of Duo', () => {
  test('without an Admin API application they are named, and with one they go: once their authenticator ended or they belong to nothing', async () => {
    const site = await managedSite()
    const [removed, reset, stays] = [await kit.person(site.id), await kit.person(site.id), await kit.person(site.id)]
    for (const person of [removed, reset, stays]) await setUp(person)
    const users = await Promise.all([removed, reset, stays].map(userOf))
    const inDuo = () => users.map(({ user }) => duo.account.users.includes(user))
    await kit.duoCleanUp.drain()
    assert.deepEqual(inDuo(), [true, true, true])
    const at = `/api/v1/organizations/${site.id}/users`
    const gone = await site.client.call('DELETE', `${at}/${removed.id}`)
    assert.ok(gone.status < 300, gone.text)
    const taken = await site.client.call('POST', `${at}/${reset.id}/two-factor`, { action: 'reset' })
    assert.ok(taken.status < 300, taken.text)
    await kit.duoCleanUp.drain()
    const { client, put, keys } = await adminKeys()
    const named = (await left(client)).map(({ userName, trouble }: { userName: string; trouble: string }) => [userName, trouble])
    for (const { row } of users.slice(0, 2)) assert.ok(named.some(([name, why]: string[]) => name === row.user_name && why === 'no-admin'))
    assert.deepEqual(inDuo(), [true, true, true])
    assert.equal((await put(keys)).status, 200)
    await kit.duoCleanUp.drain()
    assert.deepEqual(inDuo(), [false, false, true])
    assert.deepEqual(await left(client), [])
    const actions = await kit.rooms.store.db
      .selectFrom('audit_events')
      .select(['action', 'subject_id'])
      .where('action', 'like', 'duo.user-%')
      .execute()
    for (const person of [removed, reset]) {
      const own = actions.filter(({ subject_id }) => subject_id === person.id).map(({ action }) => action)
      assert.deepEqual(own.sort(), ['duo.user-added', 'duo.user-left', 'duo.user-removed'])
    }
    const again = kit.client()
    await start(again, reset)
    await answer(again, { send: 'email' })
    const opened = await answer(again, { code: await kit.mailedCode(reset.email) })
    assert.equal(opened.json.duo?.activation?.state, 'none', opened.text)
    await send(again)
    assert.notEqual((await userOf(reset)).user.id, users[1]?.user.id, 'a set-up after a reset is another user')
  })

  test('while Duo is away they wait, twice as long each time, and are taken out later; who is gone there already counts as gone', async () => {
    const site = await managedSite()
    const [one, other] = [await kit.person(site.id), await kit.person(site.id)]
    await setUp(one)
    await setUp(other)
    const { user } = await userOf(one)
    const { put, keys, client } = await adminKeys()
    assert.equal((await put(keys)).status, 200)
    for (const person of [one, other]) await site.client.call('DELETE', `/api/v1/organizations/${site.id}/users/${person.id}`)
    duo.account.users.splice(duo.account.users.indexOf((await userOf(other)).user), 1)
    duo.misbehave('unavailable')
    await kit.duoCleanUp.drain()
    await kit.duoCleanUp.drain()
    duo.behave()
    assert.equal((await left(client)).length, 2)
    await kit.duoCleanUp.drain()
    assert.ok(duo.account.users.includes(user), 'not before its time')
    kit.pass(130)
    await kit.duoCleanUp.drain()
    assert.ok(!duo.account.users.includes(user))
    assert.equal((await rowsOf(one)).length + (await rowsOf(other)).length, 0)
  })

  test('a set-up that was never finished is taken out once its time is over', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    const client = kit.client()
    await start(client, person)
    await send(client)
    const { user } = await userOf(person)
    await kit.duoCleanUp.drain()
    assert.ok(duo.account.users.includes(user))
    kit.pass(1300)
    await kit.duoCleanUp.drain()
    assert.ok(!duo.account.users.includes(user))
  })

  test('a process that dies, or an answer that is lost, between what Duo makes and what we write down leaves nobody in Duo', async () => {
    const site = await managedSite()
    const { client, put, keys } = await adminKeys()
    assert.equal((await put(keys)).status, 200)
    const before = new Set(duo.account.users)
    const made = () => duo.account.users.filter((user) => !before.has(user))
    const { outside, store } = kit.rooms
    const dead = {
      get db(): never {
        throw new Error('killed here')
      },
    }
    const dies = async (...[url, outbound]: Parameters<typeof outside>) => {
      const answered = await outside(url, outbound)
      if (url.endsWith('/enroll')) Object.assign(kit.rooms, { store: dead })
      return answered
    }
    const begin = async () => {
      const person = await kit.person(site.id)
      const browser = kit.client()
      await start(browser, person)
      return { person, browser }
    }
    const killed = await begin()
    Object.assign(kit.rooms, { outside: dies })
    await assert.rejects(send(killed.browser), /500/)
    Object.assign(kit.rooms, { outside, store })
    duo.misbehave('half', { on: '/enroll', times: 1 })
    const lost = await begin()
    refused(await send(lost.browser), 424, 'duo-unavailable')
    duo.misbehave('rate', { on: '/enroll', times: 1 })
    const refusedByDuo = await begin()
    refused(await send(refusedByDuo.browser), 424, 'duo-unavailable')
    assert.equal((await rowsOf(refusedByDuo.person)).length, 0, 'Duo said itself that it made nobody')
    assert.equal(made().length, 2)
    // Their person is removed meanwhile: nothing is forgotten while Duo may still be making the user.
    assert.ok((await site.client.call('DELETE', `/api/v1/organizations/${site.id}/users/${lost.person.id}`)).status < 300)
    await kit.duoCleanUp.drain()
    assert.equal(made().length, 2)
    const never = await begin()
    await send(never.browser)
    duo.account.users.splice(duo.account.users.indexOf((await userOf(never.person)).user), 1)
    await kit.rooms.store.db.updateTable('duo_users').set({ user_key: null }).where('user_id', '=', never.person.id).execute()
    kit.pass(1300)
    assert.deepEqual(
      (await left(client)).map(({ isSure }: { isSure: boolean }) => isSure),
      [false, false, false],
    )
    await kit.duoCleanUp.drain()
    assert.deepEqual([made(), await left(client)], [[], []])
    const removed = await kit.rooms.store.db
      .selectFrom('audit_events')
      .select('subject_id')
      .where('action', '=', 'duo.user-removed')
      .where('subject_id', 'in', [killed.person.id, lost.person.id, never.person.id])
      .execute()
    assert.deepEqual(removed.map(({ subject_id }) => subject_id).sort(), [killed.person.id, lost.person.id].sort())
  })

  test('whoever is removed is taken out at once, and not only at the next look', async () => {
    const site = await managedSite()
    const person = await kit.person(site.id)
    await setUp(person)
    const { user } = await userOf(person)
    const { put, keys } = await adminKeys()
    assert.equal((await put(keys)).status, 200)
    let woken = 0
    Object.assign(kit.rooms, { onLeft: () => (woken += 1) })
    assert.ok((await site.client.call('DELETE', `/api/v1/organizations/${site.id}/users/${person.id}`)).status < 300)
    Object.assign(kit.rooms, { onLeft: undefined })
    assert.equal(woken, 1)
    await kit.duoCleanUp.drain()
    assert.ok(!duo.account.users.includes(user))
  })

  test('keys are stored after Duo has taken them for reading and writing, sealed, by a Security Admin with a fresh proof', async () => {
    const { client, put, keys } = await adminKeys()
    refused(await put({ ...keys, secret: 'y'.repeat(40) }), 422, 'duo-check-failed', { admin: 'secret' })
    refused(await put({ ...keys, key: 'x' }), 422, 'invalid-duo', { reason: 'admin.key' })
    refused(await put({ ...keys, host: 'evil.example' }), 422, 'invalid-duo', { reason: 'admin.host' })
    const reader = await adminKeys({ rights: { read: true, write: false } })
    refused(await put(reader.keys), 422, 'duo-check-failed', { admin: 'permission' })
    const stored = await put(keys)
    assert.deepEqual(stored.json.admin, { host: duo.host, key: keys.key })
    const rows = JSON.stringify(
      await kit.rooms.store.db.selectFrom('audit_events').selectAll().where('action', '=', 'duo.admin-changed').execute(),
    )
    assert.ok(rows.includes(keys.key) && !rows.includes(keys.secret))
    const site: DuoSite = await managedSite()
    const path = `/api/v1/organizations/${site.id}/duo/users`
    refused(await site.client.call('PUT', path, { admin: keys }), 422, 'invalid-duo', { reason: 'admin.account' })
    const plain = await kit.signIn(await kit.person(site.id, { role: 'admin' })).catch(() => undefined)
    assert.equal(plain, undefined, 'this site has everybody set up Duo first')
    refused(await site.client.call('GET', `/api/v1/organizations/${kit.provider.id}/duo/users`), 404, 'not-found')
    assert.equal((await put(null)).json.admin, null)
    kit.pass(400)
    refused(await put(keys), 403, 'proof-required')
    await confirm(kit, kit.provider.owner, client)
  })
})
