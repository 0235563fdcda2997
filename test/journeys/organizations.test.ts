import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { addMembership } from '#store/people.ts'
import { findPolicy, type StoredPolicy } from '#store/policy.ts'
import { type Answered, answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

interface Member {
  readonly person: Person
  readonly client: Client
}

/** A member of this role, signed in a moment ago. */
async function member(organizationId: string, role: Role = 'user', required = false): Promise<Member> {
  const person = await kit.person(organizationId, { role, required })
  return { person, client: await kit.signIn(person) }
}

/** A member whose session stays good whatever the rules become. */
async function securedMember(organizationId: string, role: Role): Promise<Member> {
  const one = await member(organizationId, role)
  if (!one.person.key) await kit.enroll(one.person, one.client)
  return one
}

/** A site with one signed-in person of each role; the Security Admin has an authenticator wherever there can be one. */
async function staffed(policy: Partial<Policy> = { mode: 'chosen' }) {
  const site = await kit.site(policy)
  const at = `/api/v1/organizations/${site.id}`
  const security = await (policy.enabled === false ? member : securedMember)(site.id, 'security-admin')
  return { site, at, security, admin: await member(site.id, 'admin'), user: await member(site.id) }
}

const policyAt = async ({ client }: Member, at: string) => (await client.call('GET', `${at}/policy`)).json
const put = async ({ client }: Member, at: string, change: Partial<StoredPolicy>): Promise<Answered> =>
  client.call('PUT', `${at}/policy`, { ...(await findPolicy(kit.rooms.store.db, at.split('/')[4] ?? '')), ...change })
const act = ({ client }: Member, at: string, { id }: Person, action: string) =>
  client.call('POST', `${at}/users/${id}/two-factor`, { action })
const change = ({ client }: Member, at: string, { id }: Person, body: unknown) => client.call('PATCH', `${at}/users/${id}`, body)
const told = async ({ email }: Person, subject: string) => (await kit.mailsTo(email)).filter((mail) => mail.subject === subject).length
const seen = async ({ client }: Member, at: string, { id }: Person) => (await client.call('GET', `${at}/users/${id}`)).json
const stored = async (organizationId: string) =>
  JSON.stringify([
    await kit.rooms.store.db.selectFrom('policies').selectAll().where('organization_id', '=', organizationId).execute(),
    await kit.rooms.store.db
      .selectFrom('memberships')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .orderBy('user_id')
      .execute(),
  ])

test('S1.1 S2.5 S2.8 S2.36 a Security Admin changes the rules, an admin reads them, a user sees nothing, and for others the organization does not exist', async () => {
  const { site, at, security, admin, user } = await staffed({ enabled: false, mode: 'opt-in' })
  const stranger = await member((await kit.site()).id, 'security-admin')
  const before = await stored(site.id)
  assert.equal((await policyAt(admin, at)).enabled, false)
  refused(await put(admin, at, { enabled: true }), 403, 'forbidden', { right: 'change-policy', role: 'admin' })
  refused(await user.client.call('GET', `${at}/policy`), 403, 'forbidden')
  refused(await put(user, at, { enabled: true }), 403, 'forbidden')
  refused(await stranger.client.call('GET', `${at}/policy`), 404, 'not-found')
  refused(await put(stranger, at, { enabled: true }), 404, 'not-found')
  refused(await kit.client().call('GET', `${at}/policy`), 401, 'not-signed-in')
  assert.equal(await stored(site.id), before)
  const saved = await put(security, at, { enabled: true, mode: 'chosen' })
  assert.deepEqual([saved.status, saved.json.enabled, saved.json.mode, saved.json.version], [200, true, 'chosen', 2])
  assert.deepEqual(await policyAt(security, at), saved.json, 'S1.5 what is read back is what was saved')
})

test('rights and roles to give away are told as they are enforced', async () => {
  const { at, security, admin, user } = await staffed()
  const told = async ({ client }: Member) => (await client.call('GET', at)).json
  assert.ok((await told(security)).rights.includes('change-policy'))
  assert.deepEqual((await told(admin)).grantableRoles, ['admin', 'user'])
  assert.deepEqual([(await told(user)).rights, (await told(user)).grantableRoles], [[], []])
})

test('a policy that was changed elsewhere in the meantime is not overwritten', async () => {
  const { site, at, security } = await staffed()
  const { version } = await policyAt(security, at)
  assert.equal((await put(security, at, { mode: 'everyone', version })).status, 200)
  const before = await stored(site.id)
  refused(await put(security, at, { mode: 'opt-in', version }), 409, 'moved-on')
  for (const body of [{ mode: 'nobody' as 'chosen' }, { enabled: 'yes' as unknown as boolean }])
    refused(await put(security, at, body), 400, 'malformed')
  assert.equal(await stored(site.id), before)
})

test('R086 policy, roles and requirements ask for a proof of the last five minutes', async () => {
  const { site, at, security, user } = await staffed()
  kit.pass(301)
  const before = await stored(site.id)
  refused(await put(security, at, { mode: 'everyone' }), 403, 'proof-required')
  refused(await change(security, at, user.person, { required: true }), 403, 'proof-required')
  refused(await act(security, at, user.person, 'enable'), 403, 'proof-required')
  refused(await security.client.call('POST', `${at}/users`, { name: 'N', email: 'n@example.org', role: 'user' }), 403, 'proof-required')
  assert.equal(await stored(site.id), before)
})

test('S1.13 switching off tells everybody who has an authenticator, and the second step is asked no more; what they had comes back with the switch', async () => {
  const { site, at, security } = await staffed({ mode: 'everyone' })
  const bare = await kit.person(site.id)
  const { person } = await member(site.id)
  refused(await put(security, at, { enabled: false, mode: 'nobody' as 'chosen' }), 400, 'malformed')
  assert.equal((await put(security, at, { enabled: false })).status, 200)
  assert.equal(await told(person, `Two-Factor Authentication was switched off at ${site.name}`), 1)
  assert.equal((await kit.mailsTo(bare.email)).length, 0)
  assert.equal((await start(kit.client(), person)).json.step, 'done')
  assert.equal((await put(security, at, { enabled: true })).json.people.secured, 4)
  assert.equal((await start(kit.client(), person)).json.step, 'answer')
})

test('S0.62 S0.63 S1.7 everyone, chosen, opt-in: whom the requirement covers', async () => {
  const { site, at, security } = await staffed({ mode: 'opt-in' })
  const [plain, chosen] = [await kit.person(site.id), await kit.person(site.id, { required: true })]
  const steps = async () => [(await start(kit.client(), plain)).json.step, (await start(kit.client(), chosen)).json.step]
  assert.deepEqual(await steps(), ['done', 'done'])
  await put(security, at, { mode: 'chosen' })
  assert.deepEqual(await steps(), ['done', 'enroll'])
  await put(security, at, { mode: 'everyone' })
  assert.deepEqual(await steps(), ['enroll', 'enroll'])
  assert.equal((await policyAt(security, at)).people.missing, 4)
})

test('R112 a session that proves less than the rules now ask for ends with its next request', async () => {
  const { at, security, user } = await staffed({ mode: 'opt-in' })
  assert.equal((await user.client.call('GET', '/api/v1/session')).json.aal, 1)
  await put(security, at, { mode: 'everyone' })
  refused(await user.client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await security.client.call('GET', '/api/v1/session')).json.aal, 2)
})

test('S1.9 new users start as required where the organization says so, and not where it does not', async () => {
  const { at, security } = await staffed({ mode: 'chosen', newUsersRequired: true })
  const invite = (email: string) => security.client.call('POST', `${at}/users`, { name: 'New', email, role: 'user' })
  assert.equal((await invite('new-1@example.org')).json.required, true)
  await put(security, at, { newUsersRequired: false })
  assert.equal((await invite('new-2@example.org')).json.required, false)
})

test('S1.6 S1.10 S1.12 S1.15 S4.18 S4.20 S4.21 S4.23 an admin requires it of a person, who is told and set up at the next sign-in; only a Security Admin takes it back', async () => {
  const { at, security, admin, user } = await staffed()
  assert.equal((await act(admin, at, user.person, 'enable')).json.isRequired, true)
  assert.equal((await change(admin, at, user.person, { required: true })).status, 200, 'twice is once')
  assert.equal((await start(kit.client(), user.person)).json.step, 'enroll')
  for (const refusal of [await change(admin, at, user.person, { required: false }), await act(admin, at, user.person, 'disable')])
    refused(refusal, 403, 'forbidden')
  assert.equal((await seen(security, at, user.person)).required, true)
  assert.equal((await change(security, at, user.person, { required: false })).json.required, false)
  const [set, removed] = [`${(await admin.client.call('GET', at)).json.name} requires Two-Factor Authentication`, 'no longer requires']
  assert.equal(await told(user.person, set), 1)
  assert.equal((await kit.mailsTo(user.person.email)).filter(({ subject }) => subject.includes(removed)).length, 1)
  const events = await kit.rooms.store.db
    .selectFrom('audit_events')
    .select(['action', 'actor_id'])
    .where('subject_id', '=', user.person.id)
    .orderBy('action', 'desc')
    .execute()
  assert.deepEqual(
    events.filter(({ action }) => action.startsWith('requirement.')),
    [
      { action: 'requirement.set', actor_id: admin.person.id },
      { action: 'requirement.removed', actor_id: security.person.id },
    ],
  )
})

test('S1.16 S1.17 where it is off, or everybody chooses alone, nobody can be required, and the answer says which of the two it is', async () => {
  const off = await staffed({ enabled: false })
  refused(await act(off.security, off.at, off.user.person, 'enable'), 409, 'two-factor-not-available')
  refused(await change(off.admin, off.at, off.user.person, { required: true }), 409, 'two-factor-not-available')
  const open = await staffed({ mode: 'opt-in' })
  refused(await act(open.security, open.at, open.user.person, 'enable'), 409, 'opt-in-mode')
  const all = await staffed({ mode: 'everyone' })
  refused(await act(all.security, all.at, all.user.person, 'disable'), 409, 'two-factor-required')
  assert.equal((await seen(all.security, all.at, all.user.person)).badge, 'secured')
})

test('an admin resets a person who is stuck: their authenticator is dead, they are signed out, told, and set up anew', async () => {
  const { site, at, admin } = await staffed({ mode: 'everyone' })
  const { person, client } = await member(site.id)
  const old = { ...person }
  assert.equal((await act(admin, at, person, 'reset')).json.badge, 'required')
  refused(await act(admin, at, person, 'reset'), 409, 'not-enrolled')
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal(await told(person, 'Your Two-Factor Authentication was reset'), 1)
  const next = kit.client()
  const started = (await start(next, person)).json
  assert.deepEqual([started.step, started.opens, started.kinds], ['answer', 'set-up', ['email']])
  kit.pass(30)
  refused(await answer(next, { code: kit.code(old) }), 422, 'code-not-accepted', { reason: 'not-sent' })
  await answer(next, { send: 'email' })
  assert.equal((await answer(next, { code: await kit.mailedCode(person.email) })).json.step, 'enroll')
})

test('S4.19 a Security Admin disables a person who is chosen: requirement and authenticators are gone, and the person is told', async () => {
  const { site, at, security } = await staffed()
  const { person, client } = await member(site.id, 'user', true)
  assert.deepEqual(
    [(await act(security, at, person, 'disable')).json.badge, (await seen(security, at, person)).required],
    ['not-set-up', false],
  )
  assert.equal(await told(person, 'Two-Factor Authentication is off'), 1)
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await start(kit.client(), person)).json.step, 'done')
})

test('nobody changes a person who stands above, gives a role above the own, or makes an owner of a site', async () => {
  const { site, at, security, admin, user } = await staffed()
  const before = await stored(site.id)
  refused(await act(admin, at, security.person, 'reset'), 403, 'forbidden')
  refused(await change(admin, at, security.person, { required: true }), 403, 'forbidden')
  refused(await change(admin, at, user.person, { role: 'admin' }), 403, 'forbidden', { right: 'change-roles' })
  refused(await change(security, at, user.person, { role: 'owner' }), 403, 'forbidden')
  refused(
    await admin.client.call('POST', `${at}/users`, { name: 'N', email: 'above@example.org', role: 'security-admin' }),
    403,
    'forbidden',
  )
  refused(await user.client.call('POST', `${at}/users`, { name: 'N', email: 'above@example.org', role: 'user' }), 403, 'forbidden')
  for (const one of [user, admin]) refused(await act(user, at, one.person, 'enable'), 403, 'forbidden')
  refused(await user.client.call('GET', `${at}/users`), 403, 'forbidden')
  assert.equal(await stored(site.id), before)
})

test('R112 a role that was taken away is gone at the next request, and the last Security Admin stays one', async () => {
  const { site, at, security, admin } = await staffed()
  refused(await change(security, at, security.person, { role: 'user' }), 409, 'last-security-admin')
  const second = await securedMember(site.id, 'security-admin')
  assert.equal((await change(security, at, second.person, { role: 'user' })).json.role, 'user')
  refused(await put(second, at, { mode: 'everyone' }), 403, 'forbidden')
  assert.equal((await change(security, at, admin.person, { role: 'security-admin' })).status, 200)
  assert.equal((await put(admin, at, { newUsersRequired: true })).status, 200)
  assert.equal((await change(security, at, security.person, { role: 'user' })).json.role, 'user')
  refused(await put(security, at, { mode: 'opt-in' }), 403, 'forbidden')
})

test("the reset of a shared person is for who administers all of that person's organizations; the provider does", async () => {
  const [one, two] = [await staffed(), await staffed()]
  const { person, client } = one.user
  await kit.enroll(person, client)
  await addMembership(kit.rooms.store.db, kit.now(), {
    organizationId: two.site.id,
    userId: person.id,
    role: 'user',
    required: false,
    name: person.name,
    hasJoined: true,
  })
  for (const [who, at] of [
    [one.security, one.at],
    [two.security, two.at],
  ] as const) {
    refused(await act(who, at, person, 'reset'), 403, 'shared-user')
    refused(await act(who, at, person, 'disable'), 403, 'shared-user')
  }
  assert.equal((await seen(one.security, one.at, person)).badge, 'secured')
  const provider = { person: kit.provider.owner, client: await kit.signIn(kit.provider.owner) }
  assert.equal((await act(provider, one.at, person, 'reset')).status, 200)
})

test('S0.6 S0.7 S0.8 the provider acts for a site, a site sees no other, and what the provider decides for itself changes no site', async () => {
  const [one, two] = [await staffed({ enabled: false }), await staffed({ mode: 'everyone' })]
  const provider = { person: kit.provider.owner, client: await kit.signIn(kit.provider.owner) }
  const plain = await member(kit.provider.id, 'user')
  const above = `/api/v1/organizations/${kit.provider.id}`
  const before = [await stored(one.site.id), await stored(two.site.id)]
  assert.equal((await put(provider, above, { mode: 'everyone' })).status, 200)
  assert.equal((await put(provider, above, { mode: 'chosen' })).status, 200)
  assert.deepEqual([await stored(one.site.id), await stored(two.site.id)], before)
  refused(await one.security.client.call('GET', above), 404, 'not-found')
  for (const path of ['', '/policy', '/users', `/users/${two.user.person.id}`])
    refused(await one.security.client.call('GET', two.at + path), 404, 'not-found')
  refused(await one.security.client.call('GET', `${one.at}/users/${two.user.person.id}`), 404, 'not-found')
  refused(await act(one.security, one.at, two.user.person, 'reset'), 404, 'not-found')
  refused(await plain.client.call('GET', one.at), 404, 'not-found')
  refused(await put(plain, one.at, { enabled: true }), 404, 'not-found')
  assert.equal((await put(provider, one.at, { enabled: true })).status, 200)
  assert.equal((await put(one.security, one.at, { mode: 'everyone' })).status, 200, 'and the site itself as well')
})

test('only the owner creates sites, and a name is more than spaces', async () => {
  const sites = `/api/v1/organizations/${kit.provider.id}/sites`
  const owner = await kit.signIn(kit.provider.owner)
  const created = await owner.call('POST', sites, { name: ' New Site ' })
  assert.deepEqual([created.status, created.json.name, created.json.kind], [201, 'New Site', 'site'])
  for (const body of [{ name: '  ' }, { name: '' }, { name: 'x'.repeat(121) }, {}, { name: 'a', mode: 'everyone' }])
    refused(await owner.call('POST', sites, body), 400, 'malformed')
  const security = await member(kit.provider.id, 'security-admin', true)
  refused(await security.client.call('POST', sites, { name: 'Another' }), 403, 'forbidden')
  const { at, security: elsewhere } = await staffed()
  refused(await elsewhere.client.call('POST', `${at}/sites`, { name: 'Another' }), 403, 'forbidden')
  refused(await elsewhere.client.call('POST', sites, { name: 'Another' }), 404, 'not-found')
})

test('the list of users is paged by the name they are shown under, and searched by nothing that is not shown', async () => {
  const { site, at, admin } = await staffed()
  const home = await kit.site()
  const hidden = await kit.person(home.id)
  for (let nth = 0; nth < 9; nth++) await kit.person(site.id)
  await kit.rooms.store.db.updateTable('users').set({ name: 'Zoë Secret' }).where('id', '=', hidden.id).execute()
  await admin.client.call('POST', `${at}/users`, { name: 'ÄAda Invited', email: hidden.email, role: 'user' })
  const all = (await admin.client.call('GET', `${at}/users?limit=200`)).json
  assert.equal(all.users.length, 13)
  const paged: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { users: Person[]; nextCursor: string | null } = (
      await admin.client.call('GET', `${at}/users?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    ).json
    paged.push(...page.users.map(({ id }: Person) => id))
    assert.ok(paged.length <= 14, 'a list that never ends')
    cursor = page.nextCursor
  }
  assert.deepEqual(
    paged,
    all.users.map(({ id }: Person) => id),
  )
  const found = async (search: string) => (await admin.client.call('GET', `${at}/users?search=${encodeURIComponent(search)}`)).json.total
  assert.deepEqual([await found('ÄAda'), await found('zoë'), await found('%'), await found(admin.person.email.toUpperCase())], [1, 0, 0, 1])
  for (const query of [
    'limit=0',
    'limit=201',
    'limit=x',
    'cursor=x',
    'cursor=WyJhIiwiYiJd',
    'unknown=1',
    'search=%00',
    'limit=1&limit=2',
  ]) {
    refused(await admin.client.call('GET', `${at}/users?${query}`), 400, 'malformed')
  }
})
