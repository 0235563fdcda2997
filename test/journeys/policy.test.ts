import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Policy } from '#domain/policy.ts'
import { addMembership } from '#store/people.ts'
import { findPolicy, type StoredPolicy } from '#store/policy.ts'
import { answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}/policy`
const stored = (organizationId: string) => findPolicy(kit.rooms.store.db, organizationId)

async function put(client: Client, organizationId: string, change: Partial<StoredPolicy>) {
  return client.call('PUT', at(organizationId), { ...(await stored(organizationId)), ...change })
}

async function preview(client: Client, organizationId: string, change: Partial<Policy>) {
  const { version: _version, ...policy } = await stored(organizationId)
  return client.call('POST', `${at(organizationId)}/preview`, { ...policy, ...change })
}

/** A Security Admin with an authenticator, who stays signed in whatever the rules become. */
async function security(organizationId: string): Promise<{ readonly person: Person; readonly client: Client }> {
  const person = await kit.person(organizationId, { role: 'security-admin' })
  const client = await kit.signIn(person)
  if (!person.key) await kit.enroll(person, client)
  return { person, client }
}

/** Makes somebody a member of a further organization. */
const join = (organizationId: string, { id: userId, name }: Person) =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId, role: 'user', required: false, name, hasJoined: true })

/** The last part of the newest address of this kind that was mailed. */
async function mailed(email: string, kind: 'invitation' | 'reset-password'): Promise<string> {
  const pattern = new RegExp(`/${kind}/([A-Za-z0-9_-]{43})`)
  return (await kit.mailsTo(email)).map(({ text }) => pattern.exec(text)?.[1]).find((token) => token !== undefined) ?? ''
}

/** Turns the clock to so many seconds after a code of apps has changed. */
const secondsIntoCode = (seconds: number) => kit.pass(60 + seconds - ((kit.now().getTime() / 1000) % 30))

test('where one of their organizations is strict about codes, a person has the current code and ten seconds for the one before', async () => {
  const person = await kit.person((await kit.site({ mode: 'everyone' })).id)
  await kit.signIn(person)
  const tryCode = async (stepsAway: number) => {
    const client = kit.client()
    await start(client, person)
    return answer(client, { code: kit.code(person, stepsAway) })
  }
  secondsIntoCode(15)
  assert.equal((await tryCode(-1)).json.step, 'done')

  const strict = await kit.site({ mode: 'opt-in', strictTotp: true })
  await join(strict.id, person)
  secondsIntoCode(15)
  refused(await tryCode(-1), 422, 'code-not-accepted', { reason: 'late' })
  refused(await tryCode(1), 422, 'code-not-accepted', { reason: 'clock', clockOffBySeconds: 30 })
  assert.equal((await tryCode(0)).json.step, 'done')
  secondsIntoCode(9)
  assert.equal((await tryCode(-1)).json.step, 'done')

  await kit.rooms.store.db.updateTable('policies').set({ enabled: false }).where('organization_id', '=', strict.id).execute()
  secondsIntoCode(15)
  assert.equal((await tryCode(1)).json.step, 'done', 'switched off, its rules rest')
})

test('an organization raises the least length of passwords for whoever belongs to it, also while its two-factor authentication is off', async () => {
  const password = 'seventeen letters'
  const site = await kit.site({ enabled: false, leastPasswordLength: 20 })
  const person = await kit.person((await kit.site({ mode: 'everyone' })).id)
  const reset = async (next: string) => {
    await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
    const token = await mailed(person.email, 'reset-password')
    kit.pass(600)
    return kit.client().call('POST', '/api/v1/password-resets/complete', { token, password: next })
  }
  assert.equal((await reset('wnrq gx7')).status, 204, 'eight where the second step is always asked')
  await join(site.id, person)
  refused(await reset(password), 422, 'password-too-weak', { reason: 'too-short', minLength: 20 })
  assert.equal((await reset(`${password} and more`)).status, 204)

  const owner = await kit.signIn(kit.provider.owner)
  const invited = { name: 'Ina Invited', email: 'long-password@example.org', role: 'user' }
  assert.equal((await owner.call('POST', `/api/v1/organizations/${site.id}/users`, invited)).status, 201)
  const token = await mailed(invited.email, 'invitation')
  assert.match((await kit.client().call('GET', `/invitation/${token}`)).text, /20 characters/)
  refused(await kit.client().call('POST', '/api/v1/invitations/accept', { token, password }), 422, 'password-too-weak', { minLength: 20 })
})

test('a preview counts and names whom a change concerns, in view of all their organizations, and what then happens is what it said', async () => {
  const site = await kit.site({ mode: 'chosen' })
  const { client } = await security(site.id)
  const [free, asked, elsewhere] = [
    await kit.person(site.id),
    await kit.person(site.id, { required: true }),
    await kit.person((await kit.site({ mode: 'everyone' })).id),
  ]
  await join(site.id, elsewhere)
  const [first, second] = [await kit.signIn(free), await kit.signIn(free)]
  await kit.signIn(asked)
  const owed = await kit.person(site.id)
  await kit.rooms.store.db.updateTable('users').set({ set_up_due: true }).where('id', '=', owed.id).execute()
  await client.call('POST', `/api/v1/organizations/${site.id}/users`, { name: 'Ina', email: 'not-here-yet@example.org', role: 'user' })

  const none = { count: 0, names: [] }
  const before = await stored(site.id)
  assert.deepEqual((await preview(client, site.id, {})).json, {
    mustSetUp: none,
    mustMove: none,
    withoutNumber: none,
    cannotSignIn: none,
    sessionsEnd: none,
    devicesEnd: none,
    noLongerRequired: none,
  })
  assert.deepEqual((await preview(client, site.id, { mode: 'everyone' })).json, {
    mustSetUp: { count: 1, names: [free.name] },
    mustMove: none,
    withoutNumber: none,
    cannotSignIn: none,
    sessionsEnd: { count: 2, names: [free.name] },
    devicesEnd: none,
    noLongerRequired: none,
  })
  assert.deepEqual((await preview(client, site.id, { mode: 'opt-in' })).json.noLongerRequired, { count: 1, names: [asked.name] })
  assert.deepEqual((await preview(client, site.id, { enabled: false })).json.noLongerRequired, { count: 1, names: [asked.name] })
  assert.deepEqual(await stored(site.id), before, 'nothing is stored by looking')

  assert.equal((await put(client, site.id, { mode: 'everyone' })).status, 200)
  for (const session of [first, second]) refused(await session.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await start(kit.client(), free)).json.step, 'enroll')

  assert.equal((await put(client, site.id, { enabled: false })).status, 200)
  assert.equal((await start(kit.client(), owed)).json.step, 'done')
  const back = (await preview(client, site.id, { enabled: true, mode: 'opt-in' })).json
  assert.deepEqual(back.mustSetUp, { count: 1, names: [owed.name] }, 'who was reset sets up again')
  assert.equal((await put(client, site.id, { enabled: true, mode: 'opt-in' })).status, 200)
  assert.equal((await start(kit.client(), owed)).json.opens, 'set-up')
})

test('a preview counts all and names twenty, in the order of their names', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const { client } = await security(site.id)
  const people = await Promise.all(Array.from({ length: 23 }, () => kit.person(site.id)))
  const { mustSetUp } = (await preview(client, site.id, { mode: 'everyone' })).json
  assert.equal(mustSetUp.count, 23)
  const names = people.map(({ name }) => name).sort()
  assert.deepEqual(mustSetUp.names, names.slice(0, 20))
})

test('rules that no phone or password could follow are refused, and so is a preview of them', async () => {
  const site = await kit.site()
  const { client } = await security(site.id)
  const before = await stored(site.id)
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { methods: [] },
    { methods: ['carrier-pigeon'] },
    { defaultMethod: 'sms' },
    { passcodeTimeoutMinutes: 0 },
    { passcodeTimeoutMinutes: 11 },
    { rememberDays: -1 },
    { rememberDays: 366 },
    { remembers: 'nobody' },
    { leastPasswordLength: 7 },
    { leastPasswordLength: 65 },
    { strictTotp: 'yes' },
    { forceAll: true },
  ]
  for (const one of wrong) {
    refused(await put(client, site.id, one as Partial<Policy>), 400, 'malformed')
    refused(await preview(client, site.id, one as Partial<Policy>), 400, 'malformed')
  }
  assert.deepEqual(await stored(site.id), before)
})

test('S0.8 S0.65 every rule is stored for its site alone, booleans as booleans, and two sites differ side by side', async () => {
  const [one, two] = [await kit.site(), await kit.site()]
  const { client } = await security(one.id)
  const before = await stored(two.id)
  const wish: Partial<Policy> = {
    mode: 'everyone',
    newUsersRequired: true,
    mayChangeMethod: false,
    passcodeTimeoutMinutes: 3,
    rememberDays: 0,
    remembers: 'users',
    strictTotp: true,
    leastPasswordLength: 18,
  }
  const { people: _people, availableMethods: _methods, weakerAccepted: _accepted, ...reply } = (await put(client, one.id, wish)).json
  assert.deepEqual(reply, { ...before, ...wish, version: 2 })
  assert.deepEqual(await stored(one.id), reply)
  assert.deepEqual(await stored(two.id), before)
  refused(await put(client, one.id, { mayChangeMethod: 'Off' as never }), 400, 'malformed')
  refused(await put(client, two.id, wish), 404, 'not-found')
})

test('whoever saves second is refused and told what was changed since, and by whom', async () => {
  const site = await kit.site()
  const [one, two] = [await security(site.id), await security(site.id)]
  const { version } = await stored(site.id)
  assert.equal((await put(one.client, site.id, { mode: 'chosen', strictTotp: true })).status, 200)
  assert.equal((await put(one.client, site.id, { rememberDays: 7 })).status, 200)
  const changed = { changed: ['mode', 'strictTotp', 'rememberDays'], changedBy: [one.person.name] }
  refused(await put(two.client, site.id, { version, newUsersRequired: true }), 409, 'moved-on', changed)
  assert.equal((await stored(site.id)).newUsersRequired, false)
  refused(await put(two.client, site.id, { version: 99 }), 409, 'moved-on', { changed: [], changedBy: [] })
  assert.equal((await put(two.client, site.id, { newUsersRequired: true })).status, 200)
})

test('S1.13 switching off needs the right that switching on needs; the provider above may do both, and the audit names it', async () => {
  const site = await kit.site({ enabled: false, mode: 'opt-in' })
  const admin = await kit.signIn(await kit.person(site.id, { role: 'admin' }))
  const { person, client } = { person: await kit.person(site.id, { role: 'security-admin' }), client: kit.client() }
  await kit.signIn(person, client)
  const owner = await kit.signIn(kit.provider.owner)
  const by = async () =>
    (
      await kit.rooms.store.db
        .selectFrom('audit_events')
        .select('actor_id')
        .where('organization_id', '=', site.id)
        .where('action', '=', 'policy.changed')
        .orderBy('id')
        .execute()
    ).map((event) => event.actor_id)
  for (const enabled of [true, false]) {
    kit.pass(1)
    refused(await put(admin, site.id, { enabled }), 403, 'forbidden')
    refused(await preview(admin, site.id, { enabled }), 403, 'forbidden')
    assert.equal((await put(client, site.id, { enabled })).status, 200)
  }
  for (const enabled of [true, false]) {
    kit.pass(1)
    assert.equal((await put(owner, site.id, { enabled })).status, 200)
  }
  assert.deepEqual(await by(), [person.id, person.id, kit.provider.owner.id, kit.provider.owner.id])
})
