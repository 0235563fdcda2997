import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import { startingPolicy } from '#domain/policy.ts'
import { addMembership } from '#store/people.ts'
import { countCoverage } from '#store/sites.ts'
import { type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'
import { exampleRequests } from '../requests.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** Somebody of the provider, signed in a moment ago with both steps. */
async function staff(role: Role = 'owner'): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(kit.provider.id, { role, required: true })
  const client = await kit.signIn(person)
  const { call } = client
  // Each change in a second of its own, so that the audit has an order.
  client.call = (method, ...rest) => {
    if (method !== 'GET') kit.pass(1)
    return call(method, ...rest)
  }
  return { person, client }
}

async function signedIn(organizationId: string): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(organizationId, { role: 'security-admin' })
  return { person, client: await kit.signIn(person) }
}

/** What is sent back of a policy that was read. */
const rulesOf = (policy: Record<string, unknown>) =>
  Object.fromEntries([...Object.keys(startingPolicy), 'version'].map((name) => [name, policy[name]]))

const below = () => `/api/v1/organizations/${kit.provider.id}/sites`
const at = (id: string) => `/api/v1/organizations/${id}`
const eventsOf = async (organizationId: string) =>
  (
    await kit.rooms.store.db.selectFrom('audit_events').selectAll().where('organization_id', '=', organizationId).orderBy('id').execute()
  ).map(({ action, actor_id, detail }) => ({ action, actor: actor_id, detail: detail as unknown as Record<string, unknown> }))

test('a provider founds a site, renames it and invites its first Security Admin, who governs it alone; the audit says who acted from above', async () => {
  const { person, client } = await staff()
  const site = (await client.call('POST', below(), { name: ' Acme ' })).json
  assert.deepEqual([site.name, site.kind, site.role, site.actsAs], ['Acme', 'site', 'security-admin', 'provider'])
  assert.equal((await client.call('PATCH', `${below()}/${site.id}`, { name: 'Acme Tools' })).json.name, 'Acme Tools')
  refused(await client.call('PATCH', `${below()}/${site.id}`, { name: '   ' }), 400, 'malformed')
  const email = `first-${site.id}@example.org`
  assert.equal((await client.call('POST', `${at(site.id)}/users`, { name: 'First', email, role: 'security-admin' })).status, 201)
  const [mail] = await kit.mailsTo(email)
  const token = /\/invitation\/(\S+)/.exec(mail?.text ?? '')?.[1]
  const first = kit.client()
  kit.pass(1)
  assert.equal((await first.call('POST', '/api/v1/invitations/accept', { token, password: 'correct horse battery staple' })).status, 201)
  await first.call('GET', '/api/v1/session')
  const seen = (await first.call('GET', at(site.id))).json
  assert.deepEqual([seen.role, seen.actsAs, seen.rights.includes('see-sites')], ['security-admin', 'member', false])
  const { version, ...policy } = rulesOf((await first.call('GET', `${at(site.id)}/policy`)).json)
  kit.pass(1)
  assert.equal(
    (await first.call('PUT', `${at(site.id)}/policy`, { ...policy, enabled: true, version })).status,
    200,
    'S0.7 without the provider',
  )
  const events = await eventsOf(site.id)
  assert.deepEqual(
    events.map(({ action, detail }) => [action, detail.actsAs]),
    [
      ['organization.site-created', 'provider'],
      ['organization.renamed', 'provider'],
      ['user.invited', 'provider'],
      ['user.joined', undefined],
      ['policy.changed', undefined],
    ],
  )
  assert.equal(events[1]?.actor, person.id)
})

test('S0.6 S0.7 the switch of the provider changes the rules of no site, and two sites differ side by side', async () => {
  const { client } = await staff()
  const [one, other] = [await kit.site({ enabled: true, mode: 'everyone' }), await kit.site({ enabled: false, mode: 'chosen' })]
  const stored = () =>
    kit.rooms.store.db
      .selectFrom('policies')
      .selectAll()
      .where('organization_id', 'in', [one.id, other.id])
      .orderBy('organization_id')
      .execute()
  const before = await stored()
  const own = (await client.call('GET', `${at(kit.provider.id)}/policy`)).json
  const { version: _version, ...policy } = rulesOf(own)
  for (const [step, change] of [{ enabled: false }, { enabled: true, mode: 'everyone' }, { enabled: true, mode: 'chosen' }].entries()) {
    const saved = await client.call('PUT', `${at(kit.provider.id)}/policy`, { ...policy, ...change, version: own.version + step })
    assert.equal(saved.status, 200, saved.text)
    assert.deepEqual(await stored(), before)
  }
  const user = await kit.person(one.id)
  assert.equal((await start(kit.client(), user)).json.step, 'enroll')
  assert.equal((await start(kit.client(), await kit.person(other.id))).json.step, 'done')
  const admin = await kit.person(other.id, { role: 'security-admin' })
  const theirs = await kit.signIn(admin)
  const others = rulesOf((await theirs.call('GET', `${at(other.id)}/policy`)).json)
  assert.equal((await theirs.call('PUT', `${at(other.id)}/policy`, { ...others, enabled: true, mode: 'opt-in' })).status, 200)
  assert.deepEqual(
    (await stored()).find((row) => row.organization_id === one.id),
    before.find((row) => row.organization_id === one.id),
  )
})

test('a suspended site lets nobody in and says so after the right password; who belongs elsewhere goes on, and reinstating opens it again', async () => {
  const { client } = await staff()
  const [site, elsewhere] = [await kit.site(), await kit.site()]
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const [only, both] = [await kit.person(site.id), await kit.person(site.id)]
  await addMembership(kit.rooms.store.db, kit.now(), {
    organizationId: elsewhere.id,
    userId: both.id,
    role: 'user',
    required: false,
    name: both.name,
    hasJoined: true,
  })
  const [sessionOnly, sessionBoth] = [await kit.signIn(only), await kit.signIn(both)]
  const theirs = await kit.signIn(admin)

  assert.equal((await client.call('PATCH', `${below()}/${site.id}`, { isSuspended: true })).json.isSuspended, true)
  refused(await client.call('PATCH', `${below()}/${site.id}`, { isSuspended: true }), 409, 'moved-on')
  refused(await sessionOnly.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await theirs.call('GET', at(site.id)), 401, 'not-signed-in')
  const memberships = (await sessionBoth.call('GET', '/api/v1/session')).json.memberships.map(
    (one: { organizationId: string }) => one.organizationId,
  )
  assert.deepEqual(memberships, [elsewhere.id])
  refused(await sessionBoth.call('GET', at(site.id)), 404, 'not-found')
  refused(await start(kit.client(), only), 403, 'site-suspended', { organization: site.name })
  refused(await start(kit.client(), { ...only, password: 'not this one at all' }), 422, 'wrong-password')
  const visitor = kit.client()
  const page = await visitor.submit('/sign-in', '/sign-in', { email: only.email, password: only.password })
  assert.equal(page.status, 403)
  assert.match(page.text, new RegExp(`${site.name} is suspended`))
  assert.equal((await client.call('GET', at(site.id))).json.isSuspended, true, 'the provider still looks into it')
  assert.deepEqual(
    (await kit.mailsTo(admin.email)).map((mail) => mail.subject),
    [`${site.name} was suspended`],
  )
  assert.deepEqual((await kit.mailsTo(only.email)).length, 0)

  assert.equal((await client.call('PATCH', `${below()}/${site.id}`, { isSuspended: false })).json.isSuspended, false)
  refused(await client.call('PATCH', `${below()}/${site.id}`, { isSuspended: false }), 409, 'moved-on')
  refused(await sessionOnly.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await start(kit.client(), only)).json.step, 'done')
  assert.deepEqual(
    (await eventsOf(site.id)).map(({ action, detail }) => [action, detail.sessions, detail.actsAs]),
    [
      ['organization.suspended', 2, 'provider'],
      ['organization.reinstated', undefined, 'provider'],
    ],
  )
})

test('guessing at somebody of a suspended site is held off like at anybody else', async () => {
  const { client } = await staff()
  const site = await kit.site()
  const person = await kit.person(site.id)
  await client.call('PATCH', `${below()}/${site.id}`, { isSuspended: true })
  for (let wrong = 0; ; wrong++) {
    assert.ok(wrong < 30)
    const reply = await start(kit.client(), { ...person, password: `wrong wrong wrong ${wrong}` })
    if (reply.status === 429) break
    refused(reply, 422, 'wrong-password')
  }
  assert.equal((await start(kit.client(), person)).status, 429, 'the right one is told no more than a wrong one')
})

test('a site is removed only when it is suspended and its name is typed; memberships and invitations go, people and the audit stay', async () => {
  const { person, client } = await staff()
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const path = `${below()}/${site.id}`
  assert.equal(
    (await client.call('POST', `${at(site.id)}/users`, { name: 'Late', email: `late-${site.id}@example.org`, role: 'user' })).status,
    201,
  )
  const token = /\/invitation\/(\S+)/.exec((await kit.mailsTo(`late-${site.id}@example.org`))[0]?.text ?? '')?.[1]
  refused(await client.call('POST', `${path}/removal`, { name: site.name }), 409, 'not-suspended')
  await client.call('PATCH', path, { isSuspended: true, host: `gone-${site.id}.example.org` })
  refused(
    await kit.client().call('POST', '/api/v1/invitations/accept', { token, password: 'correct horse battery staple' }),
    410,
    'link-gone',
  )
  refused(await client.call('POST', `${path}/removal`, { name: 'another name' }), 422, 'name-mismatch')
  assert.equal((await client.call('POST', `${path}/removal`, { name: site.name })).status, 204)
  refused(await client.call('POST', `${path}/removal`, { name: site.name }), 404, 'not-found')
  refused(await client.call('GET', at(site.id)), 404, 'not-found')
  refused(await client.call('PATCH', path, { isSuspended: false }), 404, 'not-found')
  refused(await client.call('GET', `${at(site.id)}/users`), 404, 'not-found')
  refused(await start(kit.client(), admin), 422, 'wrong-password')
  const { db } = kit.rooms.store
  for (const table of ['memberships', 'links'] as const)
    assert.equal((await db.selectFrom(table).selectAll().where('organization_id', '=', site.id).execute()).length, 0, table)
  assert.ok(await db.selectFrom('users').select('id').where('id', '=', admin.id).executeTakeFirst())
  const last = (await eventsOf(site.id)).at(-1)
  assert.deepEqual(
    [last?.action, last?.actor, last?.detail],
    ['organization.removed', person.id, { name: site.name, people: 2, actsAs: 'provider' }],
  )
  assert.ok((await kit.mailsTo(admin.email)).some(({ subject }) => subject === `${site.name} was removed`))
})

test('sites are for those of the provider: everybody else is refused, and of a site of another kind or another place there is nothing to find', async () => {
  const [own, other] = [await kit.site(), await kit.site()]
  const owner = await staff()
  const deputy = await staff('security-admin')
  const clerk = await staff('admin')
  const head = await kit.signIn(await kit.person(own.id, { role: 'security-admin' }))
  const changes = (provider: string, site: string): readonly (readonly [string, string, unknown])[] => [
    ['PATCH', `${at(provider)}/sites/${site}`, { name: 'Taken' }],
    ['PATCH', `${at(provider)}/sites/${site}`, { isSuspended: true }],
    ['PATCH', `${at(provider)}/sites/${site}`, { host: 'taken.example.org' }],
    ['POST', `${at(provider)}/sites/${site}/removal`, { name: other.name }],
    ['POST', `${at(provider)}/sites`, { name: 'New' }],
  ]
  assert.equal((await deputy.client.call('GET', below())).status, 200)
  refused(await clerk.client.call('GET', below()), 403, 'forbidden')
  refused(await head.call('GET', below()), 404, 'not-found')
  refused(await head.call('GET', `${at(own.id)}/sites`), 403, 'forbidden')
  refused(await head.call('GET', `${at(other.id)}/sites`), 404, 'not-found')
  for (const [method, path, body] of changes(kit.provider.id, other.id)) {
    refused(await kit.client().call(method, path, body), 401, 'not-signed-in')
    for (const { client } of [deputy, clerk]) refused(await client.call(method, path, body), 403, 'forbidden')
    refused(await head.call(method, path, body), 404, 'not-found')
  }
  // A site is no provider, not even to those above it; and a site is found below its own provider only.
  for (const [method, path, body] of changes(own.id, other.id)) {
    refused(await head.call(method, path, body), 403, 'forbidden')
    refused(await owner.client.call(method, path, body), 403, 'forbidden')
  }
  for (const [method, path, body] of changes(kit.provider.id, kit.provider.id).slice(0, 4))
    refused(await owner.client.call(method, path, body), 404, 'not-found')
  kit.pass(301)
  for (const [method, path, body] of changes(kit.provider.id, other.id))
    refused(await owner.client.call(method, path, body), 403, 'proof-required')
  assert.equal((await owner.client.call('GET', at(other.id))).json.name, other.name)
})

test('the list is searched, ordered by each figure, paged without gaps, and as true as the moment', async () => {
  const { client } = await staff()
  const mark = `Zebra ${kit.now().getTime()}`
  const sizes = [3, 0, 1, 2]
  const ids: string[] = []
  for (const [index, size] of sizes.entries()) {
    const site = (await client.call('POST', below(), { name: `${mark} ${'dcba'[index]}%` })).json
    ids.push(site.id)
    await kit.rooms.store.db
      .updateTable('policies')
      .set({ enabled: true, mode: 'everyone' })
      .where('organization_id', '=', site.id)
      .execute()
    for (let one = 0; one < size; one++) {
      const person = await kit.person(site.id)
      if (one === 0 && size > 1) await kit.signIn(person)
    }
  }
  const list = async (query: string) => (await client.call('GET', `${below()}?search=${encodeURIComponent(mark)}&${query}`)).json
  const names = async (query: string) =>
    (await list(query)).sites.map((one: { name: string }) => one.name.slice(mark.length + 1, -1)).join('')
  assert.equal(await names(''), 'abcd')
  assert.equal(await names('order=people'), 'dabc')
  assert.equal(await names('order=secured'), 'bdac')
  assert.equal(await names('order=missing'), 'dabc')
  const whole = await list('order=missing')
  assert.equal(whole.countedAt, null)
  assert.deepEqual(whole.sites[0].people, { total: 3, secured: 1, missing: 2, weakestKind: 'totp' })
  assert.deepEqual(whole.sites.at(-1).people, { total: 0, secured: 0, missing: 0, weakestKind: null })
  for (const order of ['name', 'people', 'secured', 'missing']) {
    const found: string[] = []
    let cursor = ''
    do {
      const page = await list(`order=${order}&limit=1${cursor}`)
      assert.equal(page.total, 4)
      found.push(...page.sites.map((one: { id: string }) => one.id))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '' && found.length < 9)
    assert.deepEqual(found.toSorted(), ids.toSorted(), order)
  }
  assert.equal((await client.call('GET', `${below()}?search=%25%25%25`)).json.total, 0, 'what is typed is text, not a pattern')
  const first = await list('order=people&limit=1')
  for (const cursor of ['x', Buffer.from('[1]').toString('base64url'), Buffer.from('["people",9e99,"x","y"]').toString('base64url')])
    refused(await client.call('GET', `${below()}?order=people&cursor=${cursor}`), 400, 'malformed')
  refused(await client.call('GET', `${below()}?order=name&cursor=${first.nextCursor}`), 400, 'malformed')
  for (const query of ['limit=0', 'limit=201', 'order=size', 'more=1'])
    refused(await client.call('GET', `${below()}?${query}`), 400, 'malformed')
})

test('above twenty thousand people the figures are those of the last count, with its time, until the next', async () => {
  const { client } = await staff()
  const { db } = kit.rooms.store
  const site = await kit.site({ mode: 'everyone' })
  await kit.person(site.id)
  const find = async () => {
    const page = (await client.call('GET', `${below()}?search=${encodeURIComponent(site.name)}`)).json
    return { ...page.sites[0].people, countedAt: page.countedAt }
  }
  const then = kit.now()
  await countCoverage(db, then, ['totp'])
  await kit.person(site.id)
  assert.deepEqual(await find(), { total: 2, secured: 0, missing: 2, weakestKind: null, countedAt: null })
  await db.updateTable('coverage').set({ people: 20_001 }).where('organization_id', '=', kit.provider.id).execute()
  assert.deepEqual(await find(), { total: 1, secured: 0, missing: 1, weakestKind: null, countedAt: then.toISOString() })
  await countCoverage(db, kit.now(), ['totp'])
  assert.equal((await find()).total, 1, 'somebody counted a moment ago')
  await db
    .updateTable('coverage')
    .set({ counted_at: new Date(then.getTime() - 3_600_000) })
    .execute()
  await countCoverage(db, kit.now(), ['totp'])
  assert.deepEqual(await find(), { total: 2, secured: 0, missing: 2, weakestKind: null, countedAt: null })
})

test('every change to an organization says in the audit when the provider made it, and never when a member did', async () => {
  const requests = exampleRequests(kit.app.authorities).filter(
    ({ method, path, only }) => method !== 'GET' && path.includes('/:organizationId') && only === undefined,
  )
  assert.ok(requests.length >= 7, `${requests.length} kinds of request`)
  const told = { provider: 0, member: 0 }
  for (const request of requests) {
    for (const as of ['provider', 'member'] as const) {
      const site = await kit.site({ mode: 'chosen' })
      const { client, person: actor } = as === 'provider' ? await staff() : await signedIn(site.id)
      // Some of them take a second factor of the one who acts.
      if (as === 'member') await kit.enroll(actor, client)
      const target = await kit.person(site.id, { required: true })
      await kit.enroll(target, await kit.signIn(target))
      const path = request.path.replace(':organizationId', site.id).replaceAll(/:\w+/g, target.id)
      await client.call(request.method, path, request.body)
      const events = (await eventsOf(site.id)).filter((one) => one.actor === actor.id)
      for (const { detail } of events) assert.equal(detail.actsAs, as === 'provider' ? 'provider' : undefined, `${request.method} ${path}`)
      if (events.length > 0) told[as] += 1
    }
  }
  assert.ok(told.provider >= 5, `${told.provider} of them wrote something down`)
  assert.equal(told.provider, told.member)
})

test('what somebody does to their own role is written down as what they were when they did it', async () => {
  const site = await kit.site()
  await kit.person(site.id, { role: 'security-admin' })
  const person = await kit.person(kit.provider.id, { role: 'owner', required: true })
  await addMembership(kit.rooms.store.db, kit.now(), {
    organizationId: site.id,
    userId: person.id,
    role: 'security-admin',
    required: false,
    name: person.name,
    hasJoined: true,
  })
  const client = await kit.signIn(person)
  const users = `/api/v1/organizations/${site.id}/users`
  assert.equal((await client.call('PATCH', `${users}/${person.id}`, { role: 'user' })).status, 200)
  kit.pass(1)
  assert.equal((await client.call('PATCH', `${users}/${person.id}`, { role: 'admin' })).status, 200)
  const roles = (await eventsOf(site.id)).filter(({ action }) => action === 'role.changed')
  assert.deepEqual(
    roles.map(({ detail }) => [detail.from, detail.to, detail.actsAs]),
    [
      ['security-admin', 'user', undefined],
      ['user', 'admin', 'provider'],
    ],
  )
})
