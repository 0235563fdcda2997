import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, rulesOf, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const day = 86_400
const cookie = 'countersign-remembered'

/** Gives both steps and ticks the box. */
async function remember(person: Person, client: Client = kit.client()): Promise<Client> {
  kit.pass(30)
  assert.equal((await start(client, person)).json.step, 'answer')
  const reply = await answer(client, { code: kit.code(person), remember: true })
  assert.equal(reply.json?.step, 'done', reply.text)
  assert.ok(client.cookies.has(cookie))
  return client
}

/** A browser with nothing but the cookie of a remembered device. */
function browserWith(client: Client, address?: string): Client {
  const browser = kit.client(address)
  browser.cookies.set(cookie, client.cookies.get(cookie) ?? '')
  return browser
}

/** What a sign-in with the password alone comes to on a device. */
const asks = async (person: Person, device: Client) => (await start(browserWith(device), person)).json.step as string

interface Wish {
  readonly policy?: Partial<Policy>
  readonly role?: Role
}

/** Somebody whose device is remembered. */
async function remembered({ policy = {}, role = 'user' }: Wish = {}) {
  const site = await kit.site({ mode: 'everyone', ...policy })
  const person = await kit.person(site.id, { role })
  const first = await kit.signIn(person)
  return { site, person, first, device: await remember(person) }
}

const session = (client: Client) => client.call('GET', '/api/v1/session')
const isSignedIn = async (client: Client) => (await session(client)).status === 200
const devices = async (client: Client) => (await client.call('GET', '/api/v1/me/devices')).json
/** A session that rests on the remembered device. */
async function enter(person: Person, device: Client): Promise<Client> {
  const client = browserWith(device)
  assert.equal((await start(client, person)).json.step, 'done')
  assert.equal(await isSignedIn(client), true)
  return client
}

test('S3.20 S3.21 S1.28 the box is offered with the days of the policy, unticked it remembers nothing, ticked the device is not asked again for so long', async () => {
  const site = await kit.site({ mode: 'everyone', rememberDays: 12 })
  const person = await kit.person(site.id)
  await kit.signIn(person)
  kit.pass(30)
  const client = kit.client()
  assert.equal((await start(client, person)).json.rememberDays, 12)
  await answer(client, { code: kit.code(person) })
  assert.equal(client.cookies.has(cookie), false, 'nobody is remembered who did not ask for it')
  kit.pass(30)
  await start(client, person)
  const reply = await answer(client, { code: kit.code(person), remember: true })
  assert.match(String(reply.headers['set-cookie']), new RegExp(`${cookie}=[^;]+; Max-Age=${12 * day};`))
  assert.equal((await session(client)).json.aal, 2, 'this time both steps were given')

  kit.pass(12 * day - 1)
  const later = await enter(person, client)
  const { aal, amr, onRememberedDevice } = (await session(later)).json
  assert.deepEqual([aal, amr, onRememberedDevice], [1, ['pwd'], true], 'the session says what it rests on')
  kit.pass(1)
  assert.equal(await isSignedIn(later), false, 'and ends with it')
  assert.equal(await asks(person, client), 'answer')
})

test('S3.21 the default is thirty days', async () => {
  const { person, device } = await remembered()
  assert.equal((await start(kit.client(), person)).json.rememberDays, 30)
  kit.pass(30 * day - 31)
  assert.equal(await asks(person, device), 'done')
})

test('S3.20 where a rule says no the box is not there, and a tick that is sent all the same is a wish that is not granted', async () => {
  for (const [policy, role] of [
    [{ rememberDays: 0 }, 'user'],
    [{ remembers: 'users' }, 'admin'],
    [{ remembers: 'users' }, 'security-admin'],
  ] as const) {
    const site = await kit.site({ mode: 'everyone', ...policy })
    const person = await kit.person(site.id, { role })
    await kit.signIn(person)
    kit.pass(30)
    const client = kit.client()
    assert.equal((await start(client, person)).json.rememberDays, undefined)
    assert.equal((await answer(client, { code: kit.code(person), remember: true })).json.step, 'done')
    assert.equal(client.cookies.has(cookie), false)
    assert.deepEqual((await devices(client)).devices, [])
  }
})

test('S0.63 of several organizations the strictest decides how long, and one that asks nobody decides nothing', async () => {
  const { person, device } = await remembered()
  const join = async (policy: Partial<Policy>, role: Role = 'user') => {
    const { id } = await kit.site(policy)
    const { db } = kit.rooms.store
    const membership = { organization_id: id, user_id: person.id, role, required: false, invited_as: person.name }
    await db
      .insertInto('memberships')
      .values({ ...membership, invited_at: kit.now(), joined_at: kit.now() })
      .execute()
    return () => db.deleteFrom('memberships').where('organization_id', '=', id).execute()
  }
  await join({ enabled: false, rememberDays: 0 })
  assert.equal(await asks(person, device), 'done')
  await join({ mode: 'opt-in', rememberDays: 7 })
  assert.equal((await start(kit.client(), person)).json.rememberDays, 7)
  assert.equal(await asks(person, device), 'done')
  const leave = await join({ mode: 'opt-in', remembers: 'users' }, 'admin')
  assert.equal(await asks(person, device), 'answer')
  await leave()
  kit.pass(7 * day)
  assert.equal(await asks(person, device), 'answer')
})

test('A31 the cookie of a remembered device gives nothing without the password, and nothing to another person', async () => {
  const [mine, theirs] = [await remembered(), await remembered()]
  const thief = browserWith(mine.device)
  for (const path of ['/api/v1/session', '/api/v1/me/two-factor', '/api/v1/me/devices'])
    refused(await thief.call('GET', path), 401, 'not-signed-in')
  refused(await thief.call('GET', '/api/v1/sign-ins/current'), 401, 'sign-in-gone')
  refused(await start(thief, { ...mine.person, password: 'not the right password' }), 422, 'wrong-password')
  for (const name of ['countersign-session', 'countersign-sign-in', 'countersign-device']) {
    const other = kit.client()
    other.cookies.set(name, mine.device.cookies.get(cookie) ?? '')
    refused(await other.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  }
  assert.equal(await asks(theirs.person, mine.device), 'answer', 'it is bound to its person')
  for (const forged of ['', 'a'.repeat(43), mine.device.cookies.get('countersign-device') ?? '', `${mine.device.cookies.get(cookie)}x`]) {
    const client = kit.client()
    client.cookies.set(cookie, forged)
    assert.equal((await start(client, mine.person)).json.step, 'answer', forged)
  }
  assert.equal(await asks(mine.person, mine.device), 'done')
})

test('a sign-in that waits for the code is not opened by a device that is remembered meanwhile, and nothing but entering is spared', async () => {
  const { person, device } = await remembered()
  const waiting = kit.client()
  assert.equal((await start(waiting, person)).json.step, 'answer')
  waiting.cookies.set(cookie, device.cookies.get(cookie) ?? '')
  assert.equal((await waiting.call('GET', '/api/v1/sign-ins/current')).json.step, 'answer')
  refused(await answer(waiting, { code: kit.wrongCode(person) }), 422, 'code-not-accepted')

  const client = await enter(person, device)
  for (const intent of ['enroll', 'backup-codes'] as const)
    assert.equal((await startFromSession(client, intent)).json.step, 'answer', intent)
  assert.equal((await startFromSession(client, 'confirm')).json.step, 'password')
  const asked = await answer(client, { password: person.password })
  assert.deepEqual([asked.json.step, asked.json.rememberDays], ['answer', undefined])
})

test('a session on a remembered device changes no factor until the second step is given, and is then like any other', async () => {
  const { person, device } = await remembered()
  const client = await enter(person, device)
  refused(await client.call('POST', '/api/v1/me/two-factor/reset'), 403, 'second-step-required')
  await confirm(kit, person, client)
  const { aal, onRememberedDevice } = (await session(client)).json
  assert.deepEqual([aal, onRememberedDevice], [2, false])
  await client.call('DELETE', '/api/v1/me/devices')
  assert.equal(await isSignedIn(client), true, 'it no longer rests on the device')
  assert.equal((await client.call('POST', '/api/v1/me/two-factor/reset')).status, 200)
})

test('an administrator on a remembered device sees no page of administrators until the second step is given', async () => {
  const { site, person, device } = await remembered({ role: 'security-admin' })
  const client = await enter(person, device)
  const at = `/api/v1/organizations/${site.id}`
  for (const path of [`${at}/users`, `${at}/users/${person.id}`, `${at}/policy`])
    refused(await client.call('GET', path), 403, 'second-step-required')
  const invitation = { name: 'Eve', email: 'eve@example.org', role: 'user' }
  refused(await client.call('POST', `${at}/users`, invitation), 403, 'second-step-required')
  refused(await client.call('PATCH', `${at}/users/${person.id}`, { required: true }), 403, 'second-step-required')
  refused(await client.call('GET', `/api/v1/organizations/${kit.provider.id}/users`), 404, 'not-found')
  assert.equal((await client.call('GET', at)).status, 200, "the name of one's organization is no secret")
  await confirm(kit, person, client)
  assert.equal((await client.call('GET', `${at}/users`)).status, 200)
  assert.equal((await client.call('GET', `${at}/policy`)).status, 200)
})

test('the list says which devices are remembered; forgetting one ends its sessions and no other, forgetting all ends all', async () => {
  const { person, first, device } = await remembered()
  const second = await remember(person, kit.client('192.0.2.9'))
  const [onFirst, onSecond] = [await enter(person, device), await enter(person, second)]
  kit.pass(60)
  const again = browserWith(second, '192.0.2.10')
  await start(again, person)
  const listed = await devices(onSecond)
  assert.equal(listed.days, 30)
  assert.deepEqual(
    listed.devices.map((one: Record<string, unknown>) => [one.address, one.isCurrent, one.lastUsedAt]),
    [
      ['192.0.2.9', true, kit.now().toISOString()],
      ['192.0.2.1', false, new Date(kit.now().getTime() - 60_000).toISOString()],
    ],
  )
  for (const id of ['no-id', "'; drop table users", '00000000-0000-0000-0000-000000000000'])
    refused(await onSecond.call('DELETE', `/api/v1/me/devices/${encodeURIComponent(id)}`), 404, 'not-found')
  const { person: stranger } = await remembered()
  const theirs = await kit.signIn(stranger)
  refused(await theirs.call('DELETE', `/api/v1/me/devices/${listed.devices[0].id}`), 404, 'not-found')

  assert.equal((await onSecond.call('DELETE', `/api/v1/me/devices/${listed.devices[1].id}`)).status, 204)
  assert.deepEqual([await isSignedIn(onFirst), await isSignedIn(onSecond)], [false, true])
  assert.deepEqual([await asks(person, device), await asks(person, second)], ['answer', 'done'])
  await session(first)
  assert.equal((await first.call('DELETE', '/api/v1/me/devices')).status, 204)
  assert.deepEqual([await isSignedIn(first), await isSignedIn(onSecond), await isSignedIn(again)], [true, false, false])
  assert.equal(await asks(person, second), 'answer')
  assert.deepEqual((await devices(first)).devices, [])
  const { db } = kit.rooms.store
  const events = await db
    .selectFrom('audit_events')
    .select('action')
    .where('subject_id', '=', person.id)
    .where('action', 'like', 'device.%')
    .execute()
  assert.deepEqual(events.map(({ action }) => action).sort(), [
    'device.forgotten',
    'device.forgotten',
    'device.remembered',
    'device.remembered',
  ])
})

/** Everything that must end the time of a person's devices, and how it is brought about. */
const ends: Readonly<Record<string, (one: Awaited<ReturnType<typeof remembered>>, admin: Client) => Promise<unknown>>> = {
  'a new password': async ({ person }) => {
    await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
    const mails = await kit.mailsTo(person.email)
    const [token] = mails.flatMap(({ text }) => /(?<=reset-password\/)[\w-]+/.exec(text) ?? [])
    return kit.client().call('POST', '/api/v1/password-resets/complete', { token, password: person.password })
  },
  'another authenticator': async ({ person, first }) => {
    await confirm(kit, person, first)
    const { key } = (await startFromSession(first, 'enroll')).json
    return answer(first, { code: kit.code({ ...person, key }) })
  },
  'new backup codes': async ({ person, first }) => {
    await confirm(kit, person, first)
    await startFromSession(first, 'backup-codes')
    return answer(first, { saved: true })
  },
  'a reset by an administrator and a new set-up': async ({ site, person }, admin) => {
    const reset = await admin.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/two-factor`, { action: 'reset' })
    assert.equal(reset.status, 200, reset.text)
    await kit.signIn(person)
    return reset
  },
  '"Reset QR Code" and a new set-up': async ({ person, first }) => {
    await confirm(kit, person, first)
    const reset = await first.call('POST', '/api/v1/me/two-factor/reset')
    await kit.signIn(person)
    return reset
  },
  'a rule of fewer days': ({ site }, admin) => change(site.id, admin, { rememberDays: 1 }),
  'a rule of no days': ({ site }, admin) => change(site.id, admin, { rememberDays: 0 }),
  'a higher role where only users are remembered': async ({ site, person }, admin) => {
    await change(site.id, admin, { remembers: 'users' })
    return admin.call('PATCH', `/api/v1/organizations/${site.id}/users/${person.id}`, { role: 'admin' })
  },
}

async function change(organizationId: string, admin: Client, policy: Partial<Policy>) {
  const changed = { ...(await rulesOf(admin, organizationId)), ...policy }
  const reply = await admin.call('PUT', `/api/v1/organizations/${organizationId}/policy`, changed)
  assert.equal(reply.status, 200, reply.text)
  return reply
}

test('before a rule of fewer days is saved, the preview counts the devices and the sessions that it ends', async () => {
  const { site, person, first, device } = await remembered()
  kit.pass(2 * day)
  await kit.signIn(person, first)
  await enter(person, device)
  const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
  const { version: _version, ...rules } = await rulesOf(admin, site.id)
  const preview = async (draft: object) =>
    (await admin.call('POST', `/api/v1/organizations/${site.id}/policy/preview`, { ...rules, ...draft })).json
  const [none, one] = [
    { count: 0, names: [] },
    { count: 1, names: [person.name] },
  ]
  for (const [draft, ends] of [
    [{}, none],
    [{ rememberDays: 3 }, none],
    [{ rememberDays: 1 }, one],
    [{ rememberDays: 0 }, one],
    [{ remembers: 'users' }, none],
  ] as const) {
    const { devicesEnd, sessionsEnd } = await preview(draft)
    assert.deepEqual({ devicesEnd, sessionsEnd }, { devicesEnd: ends, sessionsEnd: ends }, JSON.stringify(draft))
  }
})

for (const [what, bringAbout] of Object.entries(ends)) {
  test(`A31 after ${what} the device spares nothing, its session is over, and undoing the rule brings neither back`, async () => {
    const one = await remembered()
    kit.pass(2 * day)
    await kit.signIn(one.person, one.first)
    const resting = await enter(one.person, one.device)
    const chief = await kit.person(one.site.id, { role: 'security-admin' })
    const admin = await kit.signIn(chief)
    const reply = (await bringAbout(one, admin)) as { status: number; text: string }
    assert.ok(reply.status < 300, reply.text)
    assert.equal(await isSignedIn(resting), false)
    kit.pass(30)
    assert.equal(await asks(one.person, one.device), 'answer')
    await confirm(kit, chief, admin)
    await change(one.site.id, admin, { rememberDays: 365, remembers: 'everyone' })
    await admin.call('PATCH', `/api/v1/organizations/${one.site.id}/users/${one.person.id}`, { role: 'user' })
    assert.equal(await asks(one.person, one.device), 'answer')
    assert.equal(await isSignedIn(resting), false)
  })
}

test('a person who disables the second step and sets it up again is asked on every device', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(site.id)
  const first = await kit.signIn(person)
  await kit.enroll(person, first)
  const device = await remember(person)
  kit.pass(30)
  await startFromSession(first, 'disable')
  assert.equal((await answer(first, { code: kit.code(person) })).json.step, 'done')
  await session(first)
  await kit.enroll(person, first)
  assert.equal(await asks(person, device), 'answer')
})

test('where two-factor authentication is switched off a session on a remembered device goes on, and is asked for its device when it is on again', async () => {
  const { site, person, device } = await remembered()
  const resting = await enter(person, device)
  const set = (enabled: boolean) =>
    kit.rooms.store.db.updateTable('policies').set({ enabled }).where('organization_id', '=', site.id).execute()
  await set(false)
  assert.equal(await isSignedIn(resting), true)
  await set(true)
  assert.equal(await isSignedIn(resting), true)
  await resting.call('DELETE', '/api/v1/me/devices')
  assert.equal(await isSignedIn(resting), false)
})

test('what has run out and what was forgotten is swept away, and nothing else', async () => {
  const { sweep } = await import('#store/session.ts')
  const { db } = kit.rooms.store
  const [kept, old] = [await remembered(), await remembered({ policy: { rememberDays: 1 } })]
  const stale = await remembered()
  await db.updateTable('users').set({ device_epoch: 99 }).where('id', '=', stale.person.id).execute()
  kit.pass(day + 1)
  await sweep(db, kit.now())
  const left = await db
    .selectFrom('remembered_devices')
    .select('user_id')
    .where('user_id', 'in', [kept.person.id, old.person.id, stale.person.id])
    .execute()
  assert.deepEqual(left, [{ user_id: kept.person.id }])
})

test('S3.20 the page does without a script what the API does, and keeps the tick when the code was wrong', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  await kit.signIn(person)
  kit.pass(30)
  const client = kit.client()
  await client.submit('/sign-in', '/sign-in', { email: person.email, password: person.password })
  const page = await client.call('GET', '/sign-in')
  assert.match(page.text, /<input type="checkbox" name="remember" value="yes"> <span>Remember this device for 30 days<\/span>/)
  const wrong = await client.submit('/sign-in', '/sign-in/answer', { code: kit.wrongCode(person), remember: 'yes' })
  assert.match(wrong.text, /name="remember" value="yes" checked>/)
  assert.equal((await client.submit('/sign-in', '/sign-in/answer', { code: kit.code(person), remember: 'yes' })).status, 303)
  const next = browserWith(client)
  const entered = await next.submit('/sign-in', '/sign-in', { email: person.email, password: person.password })
  assert.deepEqual([entered.status, entered.headers.location], [303, '/'])
  assert.equal((await session(next)).json.onRememberedDevice, true)
})
