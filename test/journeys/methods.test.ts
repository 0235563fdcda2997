import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import { newId } from '#crypto/random.ts'
import { methods } from '#domain/methods.ts'
import { methodsFor, type Policy } from '#domain/policy.ts'
import { changeAuthAnvil } from '#store/authanvil.ts'
import { addMembership } from '#store/people.ts'
import { findPolicy, type StoredPolicy } from '#store/policy.ts'
import { findAccount } from '#store/session.ts'
import { type Client, type Kit, openKit, type Person, refused } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}`
const stored = (organizationId: string) => findPolicy(kit.rooms.store.db, organizationId)
const account = async ({ id }: Pick<Person, 'id'>) => {
  const found = await findAccount(kit.rooms.store.db, id)
  assert.ok(found)
  return found
}

async function put(client: Client, organizationId: string, change: Partial<StoredPolicy> & { readonly acceptsWeaker?: boolean }) {
  return client.call('PUT', `${at(organizationId)}/policy`, { ...(await stored(organizationId)), ...change })
}

async function preview(client: Client, organizationId: string, change: Partial<Policy>) {
  const { version: _version, ...policy } = await stored(organizationId)
  const reply = await client.call('POST', `${at(organizationId)}/policy/preview`, { ...policy, ...change })
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}

async function security(
  organizationId: string,
  role: Role = 'security-admin',
): Promise<{ readonly person: Person; readonly client: Client }> {
  const person = await kit.person(organizationId, { role })
  const client = await kit.signIn(person)
  if (!person.key) await kit.enroll(person, client)
  return { person, client }
}

/** Binds an authenticator of any kind by its row: what is sent keeps nothing but that it is bound. */
async function bind({ id: user_id }: Pick<Person, 'id'>, kind: string): Promise<string> {
  const id = newId(kit.now())
  const row = { id, user_id, kind, label: kind, secret_sealed: Buffer.alloc(1), counter: 0, hashes: [], used_hashes: [] }
  await kit.rooms.store.db
    .insertInto('authenticators')
    .values({ ...row, bound_at: kit.now(), last_used_at: null, retired_at: null })
    .execute()
  return id
}

/** Gives somebody a number; proved by a code or not. */
const number = ({ id }: Pick<Person, 'id'>, phone: string, isVerified: boolean) =>
  kit.rooms.store.db
    .updateTable('users')
    .set({ phone, phone_verified_at: isVerified ? kit.now() : null })
    .where('id', '=', id)
    .execute()

const join = (organizationId: string, { id: userId, name }: Person, role: Role = 'user') =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId, role, required: false, name, hasJoined: true })

const audited = async (organizationId: string, action: string) =>
  (
    await kit.rooms.store.db
      .selectFrom('audit_events')
      .select(['actor_id', 'subject_id', 'detail'])
      .where('organization_id', '=', organizationId)
      .where('action', '=', action)
      .orderBy('id')
      .execute()
  ).map(({ actor_id, subject_id, detail }) => ({ by: actor_id, of: subject_id, detail: detail as unknown }))

const bound = async ({ id }: Pick<Person, 'id'>) =>
  (
    await kit.rooms.store.db
      .selectFrom('authenticators')
      .select('kind')
      .where('user_id', '=', id)
      .where('retired_at', 'is', null)
      .orderBy('kind')
      .execute()
  ).map(({ kind }) => kind)

test('weaker methods are off until a Security Admin accepts them; who and when is kept, shown and audited, and asked again for each further one', async () => {
  const site = await kit.site({})
  const [{ person, client }, other] = [await security(site.id), await security(site.id)]
  assert.deepEqual((await stored(site.id)).methods, ['totp'])
  const wish = { methods: ['totp', 'email', 'sms', 'voice'] }
  refused(await put(client, site.id, wish), 409, 'weaker-methods', { methods: ['email', 'sms', 'voice'] })
  refused(await put(client, site.id, { ...wish, acceptsWeaker: false }), 409, 'weaker-methods')
  assert.equal((await stored(site.id)).version, 1)
  assert.equal((await client.call('GET', `${at(site.id)}/policy`)).json.weakerAccepted, null)

  const at1 = kit.now().toISOString()
  const reply = await put(client, site.id, { methods: ['totp', 'sms'], acceptsWeaker: true })
  assert.deepEqual(reply.json.weakerAccepted, { by: person.name, at: at1 })
  assert.deepEqual(await audited(site.id, 'policy.weaker-accepted'), [{ by: person.id, of: null, detail: { methods: ['sms'] } }])
  // What is accepted needs no second acceptance; one more method does, and so does e-mail for administrators.
  assert.equal((await put(client, site.id, { defaultMethod: 'sms', mayChangeMethod: false })).status, 200)
  refused(await put(client, site.id, { methods: ['totp', 'sms', 'email'] }), 409, 'weaker-methods', { methods: ['email'] })
  assert.equal((await put(client, site.id, { methods: ['totp', 'sms', 'email'], acceptsWeaker: true })).status, 200)
  refused(await put(client, site.id, { emailForAdministrators: true }), 409, 'weaker-methods', { methods: ['email'] })
  assert.equal(
    (await put(other.client, site.id, { emailForAdministrators: true, acceptsWeaker: true })).json.weakerAccepted.by,
    other.person.name,
  )
  assert.equal((await put(other.client, site.id, { methods: ['totp'], defaultMethod: 'totp' })).json.weakerAccepted, null)

  const admin = await security(site.id, 'admin')
  refused(await put(admin.client, site.id, { ...wish, acceptsWeaker: true }), 403, 'forbidden')
})

test('the acceptance is asked for before the proof, so that whoever proves themselves has accepted', async () => {
  const site = await kit.site({})
  const { client } = await security(site.id)
  kit.pass(301)
  refused(await put(client, site.id, { methods: ['totp', 'sms'] }), 409, 'weaker-methods')
  refused(await put(client, site.id, { methods: ['totp', 'sms'], acceptsWeaker: true }), 403, 'proof-required')
})

test('a method that nothing here can send is refused with the reason, and one that was allowed before may stay', async () => {
  const { rooms } = kit
  const site = await kit.site({ methods: ['totp', 'voice'] })
  const { client } = await security(site.id)
  const all = rooms.gateways
  Object.assign(rooms, { gateways: { mail: all.mail } })
  try {
    assert.deepEqual((await client.call('GET', `${at(site.id)}/policy`)).json.availableMethods, ['totp', 'email'])
    const wish = { methods: ['totp', 'sms', 'voice'], acceptsWeaker: true }
    refused(await put(client, site.id, wish), 409, 'method-not-available', { methods: ['sms'], reason: 'no-gateway' })
    const { version: _version, ...policy } = await stored(site.id)
    const drafted = await client.call('POST', `${at(site.id)}/policy/preview`, { ...policy, methods: wish.methods })
    refused(drafted, 409, 'method-not-available')
    assert.equal((await put(client, site.id, { strictTotp: true })).status, 200)
  } finally {
    Object.assign(rooms, { gateways: all })
  }
  assert.deepEqual(
    (await client.call('GET', `${at(site.id)}/policy`)).json.availableMethods,
    methods.filter((kind) => !['passkey', 'duo', 'authanvil'].includes(kind)),
  )
  refused(await put(client, site.id, { methods: ['totp', 'duo-by-pigeon'] }), 400, 'malformed', { reason: 'methods' })
  refused(await put(client, site.id, { methods: ['totp'], defaultMethod: 'email' }), 400, 'malformed', { reason: 'defaultMethod' })
})

test('S0.33 S0.34 S0.35 before all are standardized on one method, those who have another are counted and named, with who lacks a verified number', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'sms', 'email'] })
  const { person: head, client } = await security(site.id)
  const people = {
    app: await kit.person(site.id),
    both: await kit.person(site.id),
    texts: await kit.person(site.id),
    none: await kit.person(site.id),
    noneWithNumber: await kit.person(site.id),
    unproved: await kit.person(site.id),
  }
  await bind(people.app, 'totp')
  for (const kind of ['totp', 'sms']) await bind(people.both, kind)
  await bind(people.texts, 'sms')
  await number(people.texts, '+4915123456701', true)
  await number(people.both, '+4915123456702', true)
  await number(people.noneWithNumber, '+4915123456703', true)
  await number(people.unproved, '+4915123456704', false)
  await bind(people.unproved, 'email')
  const names = (...of: readonly Person[]) => ({
    count: of.length,
    names: of.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en')),
  })

  const standard = { methods: ['sms'], defaultMethod: 'sms', mayChangeMethod: false, mode: 'everyone' } as const
  const found = await preview(client, site.id, standard)
  assert.deepEqual(found.mustMove, names(head, people.app, people.unproved))
  assert.deepEqual(found.mustSetUp, names(people.none, people.noneWithNumber))
  assert.deepEqual(found.withoutNumber, names(head, people.app, people.none, people.unproved))

  // Not by force, and not for whoever is chosen another type that stays allowed.
  const kept = await preview(client, site.id, { methods: ['totp', 'sms'] })
  assert.deepEqual([kept.mustMove, kept.withoutNumber, kept.mustSetUp.count], [names(people.unproved), names(), 0])
  await kit.rooms.store.db.updateTable('memberships').set({ method: 'totp' }).where('user_id', '=', people.texts.id).execute()
  assert.deepEqual((await preview(client, site.id, { methods: ['totp', 'sms'] })).mustMove, names(people.unproved), 'owed already')
  await kit.rooms.store.db.updateTable('memberships').set({ method: 'sms' }).where('user_id', '=', people.app.id).execute()
  assert.deepEqual(
    (await preview(client, site.id, { methods: ['totp', 'email'] })).mustMove,
    names(),
    'chosen another type, and owed already',
  )
})

test('a preview of methods sees all organizations of each person, exactly as a sign-in does', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'email', 'sms', 'voice'] })
  const { person: head, client } = await security(site.id)
  const others = [
    await kit.site({ methods: ['sms', 'totp'], defaultMethod: 'sms' }),
    await kit.site({ methods: ['voice'], defaultMethod: 'voice' }),
    await kit.site({ methods: ['email', 'totp'], defaultMethod: 'email', mayChangeMethod: false }),
    await kit.site({ enabled: false, methods: ['sms'], defaultMethod: 'sms' }),
  ]
  const settings = { isOn: true, url: 'https://a.example/', siteId: 1, pin: '1111', pinOrder: 'before', showsPin: false } as const
  const switched = { organizationId: site.id, settings, sas: {}, version: 0, changedBy: head.id }
  await changeAuthAnvil(kit.rooms.store.db, kit.rooms.keys, kit.now(), switched)
  const people: Person[] = [head]
  for (let mask = 0; mask < 16; mask++) {
    const person = await kit.person(site.id, { role: mask % 3 === 0 ? 'admin' : 'user' })
    for (const [index, other] of others.entries()) if (mask & (1 << index)) await join(other.id, person, mask % 2 === 0 ? 'admin' : 'user')
    for (const [index, kind] of methods.entries()) if ((mask * 7 + index) % 3 === 0) await bind(person, kind)
    if (mask % 4 === 1) {
      const method = methods[mask % methods.length] ?? null
      await kit.rooms.store.db
        .updateTable('memberships')
        .set({ method })
        .where('user_id', '=', person.id)
        .where('organization_id', '=', site.id)
        .execute()
    }
    people.push(person)
  }
  const drafts: readonly Partial<Policy>[] = [
    { methods: ['totp'] },
    { methods: ['sms'], defaultMethod: 'sms' },
    { methods: ['email', 'voice'], defaultMethod: 'voice' },
    { methods: ['email'], defaultMethod: 'email', emailForAdministrators: true },
    { defaultMethod: 'email', mayChangeMethod: false },
    { methods: ['authanvil'], defaultMethod: 'authanvil' },
    { methods: ['authanvil', 'sms'], defaultMethod: 'authanvil', mayChangeMethod: false },
    { enabled: false },
  ]
  for (const draft of drafts) {
    const policy = { ...(await stored(site.id)), ...draft }
    const expected: string[] = []
    for (const person of people) {
      const { memberships, authenticators } = await account(person)
      const own = authenticators.map(({ kind }) => kind)
      const after = memberships.map((one) => (one.organizationId === site.id ? { ...one, policy } : one))
      const left = (of: typeof memberships) => methodsFor(of.filter((one) => one.policy.enabled))
      const isOwed = (allowed: readonly string[]) => own.length > 0 && allowed.length > 0 && !own.some((kind) => allowed.includes(kind))
      if (isOwed(left(after)) && !isOwed(left(memberships))) expected.push(person.name)
    }
    const { mustMove } = await preview(client, site.id, draft)
    assert.deepEqual([...mustMove.names].sort(), expected.sort(), JSON.stringify(draft))
  }
})

test('S0.38 "Two Factor Type" takes all allowed methods and no other, is audited and mailed, and leaves the person that one', async () => {
  const site = await kit.site({ mode: 'chosen', methods: ['totp', 'sms', 'voice'] })
  const { person: admin, client } = await security(site.id, 'admin')
  const person = await kit.person(site.id)
  const user = `${at(site.id)}/users/${person.id}`
  assert.deepEqual(methodsFor((await account(person)).memberships), ['totp', 'sms', 'voice'])
  for (const method of ['voice', 'sms', 'totp']) {
    assert.equal((await client.call('PATCH', user, { method })).json.method, method)
    assert.deepEqual(methodsFor((await account(person)).memberships), [method])
  }
  for (const method of ['email', 'carrier-pigeon', ''])
    refused(await client.call('PATCH', user, { method }), 400, 'malformed', { reason: 'method' })
  assert.equal((await client.call('PATCH', user, { method: null })).json.method, null)
  assert.equal((await account(person)).memberships[0]?.method, undefined)
  const events = await audited(site.id, 'user.changed')
  assert.deepEqual([events.length, events[0]?.by, events[0]?.of], [4, admin.id, person.id])
  assert.ok((await kit.mailsTo(person.email)).some(({ text }) => text.includes('Your Two Factor Type there is now: Phone Call.')))

  const plain = await kit.signIn(await kit.person(site.id))
  refused(await plain.call('PATCH', user, { method: 'sms' }), 403, 'forbidden')
  const elsewhere = await security((await kit.site({})).id)
  refused(await elsewhere.client.call('PATCH', user, { method: 'sms' }), 404, 'not-found')
})

test('S3.33 an administrator enters a number: E.164, not verified, told by mail and audited; elsewhere, above and for a shared person it is refused', async () => {
  const site = await kit.site({ mode: 'chosen', methods: ['totp', 'sms', 'voice'] })
  const { person: admin, client } = await security(site.id, 'admin')
  const person = await kit.person(site.id)
  const user = `${at(site.id)}/users/${person.id}`
  const reply = await client.call('PATCH', user, { phone: '+49 (1512) 3456-789' })
  assert.deepEqual(reply.json.phone, { number: '+4915123456789', isVerified: false })
  assert.deepEqual(await audited(site.id, 'phone.changed'), [{ by: admin.id, of: person.id, detail: { isRemoved: false } }])
  const [mail] = await kit.mailsTo(person.email)
  assert.match(mail?.text ?? '', new RegExp(`ends in 789\\. It was entered by ${admin.name}`))
  assert.ok(!mail?.text.includes('+4915123456789'), 'not the whole number')
  assert.deepEqual((await client.call('PATCH', user, { phone: '+4915123456789' })).status, 200)
  assert.equal((await audited(site.id, 'phone.changed')).length, 1, 'the same number changes nothing')

  for (const phone of ['+49 12', '01512 3456789', 'phone', '+49 900 1234567'])
    refused(await client.call('PATCH', user, { phone }), 422, 'invalid-phone')
  const head = await kit.person(site.id, { role: 'security-admin' })
  refused(await client.call('PATCH', `${at(site.id)}/users/${head.id}`, { phone: null }), 403, 'forbidden')
  const elsewhere = await security((await kit.site({})).id)
  refused(await elsewhere.client.call('PATCH', user, { phone: null }), 404, 'not-found')
  const plain = await kit.signIn(await kit.person(site.id))
  refused(await plain.call('PATCH', user, { phone: null }), 403, 'forbidden')

  const other = await kit.site({})
  await join(other.id, person)
  refused(await client.call('PATCH', user, { phone: '+4915123456780' }), 403, 'shared-user')
  assert.equal((await client.call('GET', user)).json.phone, null, 'nor is it shown')
  const owner = await kit.signIn(kit.provider.owner)
  assert.equal((await owner.call('PATCH', user, { phone: '+4915123456780' })).json.phone.number, '+4915123456780')
  const invited = await client.call('POST', `${at(site.id)}/users`, { name: 'Ina', email: 'ina-phone@example.org', role: 'user' })
  refused(await client.call('PATCH', `${at(site.id)}/users/${invited.json.id}`, { phone: '+4915123456780' }), 409, 'not-joined')
})

test('another number ends what sent its codes to the one before; where nothing is left it is as after a reset', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'sms', 'voice'] })
  const { client } = await security(site.id, 'admin')
  const [one, two] = [await kit.person(site.id), await kit.person(site.id)]
  const theirs = await kit.signIn(one)
  await kit.enroll(one, theirs)
  const codes = await bound(one)
  for (const person of [one, two]) {
    await number(person, '+4915123456781', true)
    for (const kind of ['sms', 'voice']) await bind(person, kind)
  }
  await bind(two, 'backup-codes')
  for (const person of [one, two]) {
    const reply = await client.call('PATCH', `${at(site.id)}/users/${person.id}`, { phone: '+4915123456782' })
    assert.deepEqual(reply.json.phone, { number: '+4915123456782', isVerified: false })
  }
  assert.deepEqual(await bound(one), codes, 'the app stays')
  assert.equal((await account(one)).setUpDue, false)
  refused(await theirs.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.deepEqual(await bound(two), [])
  assert.equal((await account(two)).setUpDue, true)
  assert.ok((await kit.mailsTo(two.email)).some(({ text }) => text.includes('Codes are no longer sent to the number before.')))

  // One's own: with the second step, and this session goes on.
  const own = await kit.signIn(one)
  await number(one, '+4915123456781', true)
  await bind(one, 'sms')
  const changed = await own.call('PUT', '/api/v1/me/phone', { phone: '+4915123456783' })
  assert.deepEqual(changed.json.phone, { number: '+4915123456783', isVerified: false })
  assert.deepEqual(await bound(one), codes)
  assert.equal((await own.call('GET', '/api/v1/session')).status, 200)
})

test('a session from before a text message was bound, on the password alone, changes no number that codes go to', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'sms'] })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  await number(person, '+4915123456784', true)
  await bind(person, 'sms')
  refused(await client.call('PUT', '/api/v1/me/phone', { phone: '+4915123456785' }), 403, 'second-step-required')
  refused(await client.call('PUT', '/api/v1/me/phone', { phone: null }), 403, 'second-step-required')
  assert.deepEqual(await bound(person), ['sms'])
  assert.equal((await client.call('GET', '/api/v1/me/profile')).json.phone.number, '+4915123456784')
})

test('S0.61 the own card offers what is allowed and nothing else, marks who left no choice, masks where codes go, and says who is to be moved', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'email', 'sms'] })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  await number(person, '+4915123454711', true)
  for (const kind of ['sms', 'email']) await bind(person, kind)
  const card = async () => (await client.call('GET', '/api/v1/me/two-factor')).json
  const first = await card()
  assert.deepEqual([first.methods, first.methodSetBy, first.mustMove], [['totp', 'email', 'sms'], null, false])
  assert.deepEqual(Object.fromEntries(first.authenticators.map(({ kind, to }: { kind: string; to: string }) => [kind, to])), {
    sms: '•••• 4711',
    email: 'p•••@example.org',
  })
  const { db } = kit.rooms.store
  const rules = (set: Readonly<Record<string, unknown>>) =>
    db.updateTable('policies').set(set).where('organization_id', '=', site.id).execute()
  await rules({ may_change_method: false })
  const fixed = await card()
  assert.deepEqual([fixed.methods, fixed.methodSetBy, fixed.mustMove], [['totp'], site.name, true])
  await db.updateTable('memberships').set({ method: 'sms' }).where('user_id', '=', person.id).execute()
  await rules({ may_change_method: true })
  const narrowed = await card()
  assert.deepEqual([narrowed.methods, narrowed.methodSetBy, narrowed.mustMove], [['sms'], site.name, false])
})

test('the list of users narrows by what is set up, and a person shows it', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'email', 'sms', 'voice'] })
  const { person: head, client } = await security(site.id)
  const [texts, both] = [await kit.person(site.id), await kit.person(site.id)]
  await bind(texts, 'sms')
  for (const kind of ['voice', 'sms']) await bind(both, kind)
  const found = async (method: string) =>
    (await client.call('GET', `${at(site.id)}/users?method=${method}`)).json.users.map(({ id }: { id: string }) => id).sort()
  assert.deepEqual(await found('sms'), [texts.id, both.id].sort())
  assert.deepEqual(await found('voice'), [both.id])
  assert.deepEqual(await found('totp'), [head.id])
  assert.deepEqual(await found('email'), [])
  assert.deepEqual((await client.call('GET', `${at(site.id)}/users?method=sms`)).json.total, 2)
  assert.deepEqual((await client.call('GET', `${at(site.id)}/users/${both.id}`)).json.kinds, ['sms', 'voice'])
})

test('the weakest method of a site is the weakest by strength, whatever the order in which they were set up', async () => {
  const owner = await kit.signIn(kit.provider.owner)
  const site = await kit.site({ mode: 'opt-in', methods: ['totp', 'email', 'sms', 'voice'] })
  const person = await kit.person(site.id)
  const weakest = async () =>
    (await owner.call('GET', `${at(kit.provider.id)}/sites?search=${encodeURIComponent(site.name)}`)).json.sites[0].people.weakestKind
  for (const [kind, expected] of [
    ['email', 'email'],
    ['totp', 'email'],
    ['voice', 'voice'],
    ['sms', 'voice'],
  ] as const) {
    await bind(person, kind)
    assert.equal(await weakest(), expected)
  }
})
