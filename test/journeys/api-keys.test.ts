import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { answer, type Client, confirm, contentsOf, type Kit, openKit, type Person, refused, start } from '../kit.ts'
import { adminOf, enrolled, giveSecondStep } from '../second-factor.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = (organizationId: string, more = '') => `/api/v1/organizations/${organizationId}/api-keys${more}`
const all = ['verify-code', 'prompts', 'read-users']

async function create(client: Client, organizationId: string, more: object = {}) {
  const reply = await client.call('POST', at(organizationId), { name: 'VPN Vienna', scopes: all, days: 90, ...more })
  assert.equal(reply.status, 201, reply.text)
  return reply.json as { apiKey: { id: string; prefix: string; lastUsedAt: string | null }; key: string }
}

/** A program: no cookie, and a key. */
function programOf(key: string | undefined) {
  const client = kit.client('198.51.100.7')
  return (method: string, path: string, body?: unknown) =>
    client.call(method, `/api/v1/second-factor${path}`, body, key === undefined ? {} : { authorization: `Bearer ${key}` })
}

async function world(more: object = {}) {
  const site = await kit.site()
  const { admin, client } = await adminOf(kit, site.id)
  const { apiKey, key } = await create(client, site.id, more)
  return { site, admin, client, apiKey, key, call: programOf(key) }
}

describe('an API key', () => {
  test('is made by a Security Admin with a fresh proof, told once, kept as a hash, listed by its first letters, and revoked', async () => {
    const { site, client, apiKey, key, call } = await world()
    assert.match(key, /^csk_[\w-]{43}$/)
    assert.equal(apiKey.prefix, key.slice(0, 12))
    const listed = await client.call('GET', at(site.id))
    assert.deepEqual(
      listed.json.keys.map(({ prefix, name }: { prefix: string; name: string }) => [prefix, name]),
      [[apiKey.prefix, 'VPN Vienna']],
    )
    assert.ok(!listed.text.includes(key) && !(await contentsOf(kit)).includes(key))
    const said = (await client.call('GET', `/api/v1/organizations/${site.id}/audit`)).json.events.map(
      (one: { sentence: string }) => one.sentence,
    )
    assert.ok(said.some((one: string) => one.endsWith('created the API key VPN Vienna')))
    assert.equal((await client.call('DELETE', at(site.id, `/${apiKey.id}`))).status, 204)
    refused(await call('GET', '/users?user=a@example.org'), 401, 'invalid-api-key')
    refused(await client.call('DELETE', at(site.id, `/${apiKey.id}`)), 404, 'not-found')
    kit.pass(301)
    refused(await client.call('POST', at(site.id), { name: 'X', scopes: all, days: 90 }), 403, 'proof-required')
  })

  test('is for Security Admins alone, and lives a year at most', async () => {
    const { site, client } = await world()
    const admin = await kit.person(site.id, { role: 'admin' })
    const other = await kit.signIn(admin)
    refused(await other.call('GET', at(site.id)), 403, 'forbidden')
    refused(await other.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 }), 403, 'forbidden')
    for (const wrong of [{ days: 366 }, { days: 0 }, { scopes: [] }, { scopes: ['everything'] }, { name: ' ' }, { expiresAt: 'never' }])
      assert.equal(
        (await client.call('POST', at(site.id), { name: 'X', scopes: all, days: 1, ...wrong })).status,
        400,
        JSON.stringify(wrong),
      )
  })

  test('counts until it expires, and no longer once its organization is suspended', async () => {
    const { site, call, key } = await world({ days: 1 })
    const person = await enrolled(kit, site.id)
    assert.equal((await call('GET', `/users?user=${person.email}`)).status, 200)
    const { db } = kit.rooms.store
    await db.updateTable('organizations').set({ suspended_at: kit.now() }).where('id', '=', site.id).execute()
    refused(await call('GET', `/users?user=${person.email}`), 401, 'invalid-api-key')
    await db.updateTable('organizations').set({ suspended_at: null }).where('id', '=', site.id).execute()
    kit.pass(86_400)
    refused(await programOf(key)('GET', `/users?user=${person.email}`), 401, 'invalid-api-key')
    for (const wrong of [undefined, '', 'csk_', 'csk_'.padEnd(47, 'x'), `${key} `, key.toLowerCase()])
      refused(await programOf(wrong)('GET', `/users?user=${person.email}`), 401, 'invalid-api-key')
  })

  test('may do what it was made for, and the time of its last use is written once a minute', async () => {
    const { site, client, call } = await world({ scopes: ['read-users'] })
    const person = await enrolled(kit, site.id)
    const used = async () => (await client.call('GET', at(site.id))).json.keys[0].lastUsedAt
    assert.equal(await used(), null)
    const known = await call('GET', `/users?user=${person.email.toUpperCase()}`)
    assert.deepEqual(known.json, {
      user: { id: person.id, email: person.email },
      name: person.name,
      isEnrolled: true,
      factors: ['passcode', 'backup_code'],
    })
    const first = await used()
    kit.pass(30)
    await call('GET', `/users?user=${person.email}`)
    assert.equal(await used(), first)
    kit.pass(30)
    await call('GET', `/users?user=${person.email}`)
    assert.notEqual(await used(), first)
    refused(await call('POST', '/verify', { user: person.email, code: '123456' }), 403, 'scope-missing', { scope: 'verify-code' })
    refused(await call('POST', '/prompts', { user: person.email }), 403, 'scope-missing', { scope: 'prompts' })
  })

  test('A24 opens nothing else: no session, no factor, no rule, no person, whatever its scopes', async () => {
    const { key } = await world()
    const routes = kit.app.authorities.filter(({ path, who }) => path.startsWith('/api/') && !['anyone', 'api-key'].includes(String(who)))
    assert.ok(routes.length > 50)
    const client = kit.client()
    for (const { method, path } of routes) {
      const filled = path.replaceAll(/:(\w+)/g, () => '01900000-0000-7000-8000-000000000000')
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      const reply = await client.call(method, filled, body, { authorization: `Bearer ${key}` })
      assert.ok([400, 401].includes(reply.status), `${method} ${path}: ${reply.status}`)
    }
  })

  test('A24 concerns the people of its organization alone; that of the provider those of its sites, too', async () => {
    const { call } = await world()
    const stranger = await enrolled(kit, (await kit.site()).id)
    for (const user of [stranger.email, 'nobody@example.org', 'nobody']) {
      refused(await call('GET', `/users?user=${user}`), 404, 'not-found')
      refused(await call('POST', '/verify', { user, code: kit.code(stranger) }), 404, 'not-found')
      refused(await call('POST', '/prompts', { user }), 404, 'not-found')
    }
    const { client } = await adminOf(kit, kit.provider.id)
    const above = programOf((await create(client, kit.provider.id)).key)
    kit.pass(30)
    assert.equal((await above('POST', '/verify', { user: stranger.email, code: kit.code(stranger) })).json.result, 'allow')
  })

  test('A24 where an organization forces two factors is made by nobody who has not shown one a moment ago', async () => {
    const site = await kit.site()
    const head = await kit.person(site.id, { role: 'security-admin' })
    const unproved = await kit.signIn(head)
    const rules = { enabled: true, mode: 'everyone' } as const
    await kit.rooms.store.db.updateTable('policies').set(rules).where('organization_id', '=', site.id).execute()
    refused(await unproved.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 }), 401, 'not-signed-in')
    const client = await kit.signIn(head)
    const { key } = await create(client, site.id)
    kit.pass(301)
    refused(await client.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 }), 403, 'proof-required')
    await confirm(kit, head, client)
    assert.equal((await client.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 })).status, 201)
    kit.pass(30)
    const remembering = kit.client()
    await start(remembering, head)
    assert.equal((await answer(remembering, { code: kit.code(head), remember: true })).json.step, 'done')
    const spared = remembering
    assert.equal((await start(spared, head)).json.step, 'done')
    await spared.call('GET', '/api/v1/session')
    refused(await spared.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 }), 403, 'second-step-required')
    // A password that is right is no session where a second step is owed, and so makes no key either.
    const waiting = kit.client()
    const member = await kit.person(site.id, { role: 'security-admin' })
    assert.equal((await start(waiting, member)).json.step, 'enroll')
    refused(await waiting.call('POST', at(site.id), { name: 'X', scopes: all, days: 1 }), 401, 'not-signed-in')
    assert.equal((await programOf(key)('GET', `/users?user=${head.email}`)).status, 200)
  })

  test('A24 lets nobody in who is not enrolled, and stops at once with whoever it is about', async () => {
    const { site, client, call } = await world()
    const bare = await kit.person(site.id)
    const { db } = kit.rooms.store
    await db.updateTable('policies').set({ enabled: true, mode: 'everyone' }).where('organization_id', '=', site.id).execute()
    assert.equal((await call('GET', `/users?user=${bare.email}`)).json.isEnrolled, false)
    const verdict = await call('POST', '/verify', { user: bare.email, code: '123456' })
    assert.notEqual(verdict.json.result, 'allow', verdict.text)
    const person = await enrolled(kit, site.id)
    kit.pass(30)
    assert.equal((await call('POST', '/verify', { user: person.email, code: kit.code(person) })).json.result, 'allow')
    const path = `/api/v1/organizations/${site.id}/users/${person.id}/two-factor`
    const reset = await client.call('POST', path, { action: 'reset' })
    assert.equal(reset.status, 200, reset.text)
    kit.pass(30)
    const later = await call('POST', '/verify', { user: person.email, code: kit.code(person) })
    assert.notEqual(later.json.result, 'allow', later.text)
  })

  test('is told to wait after three hundred requests in a minute', async () => {
    const { call, site } = await world()
    const { email } = await enrolled(kit, site.id)
    const path = `/users?user=${email}`
    for (let nth = 0; nth < 300; nth += 50) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => call('GET', path)))
      assert.ok(replies.every(({ status }) => status === 200))
    }
    refused(await call('GET', path), 429, 'too-many-attempts', { retryAfterSeconds: 60 })
    kit.pass(60)
    assert.equal((await call('GET', path)).status, 200)
  })
})

describe('checking a code', () => {
  test('spends it, and is charged to the budget of the person that all doors share', async () => {
    const { site, call } = await world()
    const person = await enrolled(kit, site.id)
    kit.pass(30)
    const code = kit.code(person)
    const right = await call('POST', '/verify', { user: person.email, code })
    assert.equal(right.status, 200, right.text)
    assert.deepEqual([right.json.result, right.json.user.id, right.json.factor], ['allow', person.id, 'passcode'])
    refused(await call('POST', '/verify', { user: person.email, code }), 422, 'code-not-accepted', { reason: 'replayed' })
    const backup = await call('POST', '/verify', { user: person.email, code: person.backupCodes?.[0] })
    assert.equal(backup.json.factor, 'backup_code')
    refused(await call('POST', '/verify', { user: person.email, code: 'abc' }), 422, 'code-not-accepted', { reason: 'malformed' })
    kit.pass(30)
    for (let nth = 0; nth < 4; nth++)
      refused(await call('POST', '/verify', { user: person.email, code: kit.wrongCode(person) }), 422, 'code-not-accepted')
    refused(await call('POST', '/verify', { user: person.email, code: kit.code(person) }), 429, 'too-many-attempts')
    const elsewhere = kit.client()
    await elsewhere.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    assert.equal((await answer(elsewhere, { code: kit.code(person) })).status, 429)
  })

  test('takes nothing from whoever has nothing, and no code that another sign-in has sent', async () => {
    const { site, call } = await world()
    const plain = await kit.person(site.id)
    refused(await call('POST', '/verify', { user: plain.email, code: '123456' }), 409, 'not-enrolled')
    const bySite = await kit.site({ mode: 'everyone', methods: ['email'], defaultMethod: 'email' })
    const person = await kit.person(bySite.id)
    await kit.signIn(person)
    const { client } = await adminOf(kit, kit.provider.id)
    const above = programOf((await create(client, kit.provider.id)).key)
    const waiting = kit.client()
    await waiting.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    await answer(waiting, { send: 'email' })
    const sent = await kit.mailedCode(person.email)
    const reply = await above('POST', '/verify', { user: person.email, code: sent })
    assert.equal(reply.status, 422, reply.text)
    assert.equal((await answer(waiting, { code: sent })).json.step, 'done', 'it is still good where it belongs')
  })
})

describe('a prompt', () => {
  const opened = async (address: string, client: Client) => {
    const path = new URL(address).pathname
    return client.submit(path, '/prompts', { token: path.split('/').at(-1) ?? '' })
  }
  const wait = async (more: object = {}) => {
    const found = await world()
    const person = await enrolled(kit, found.site.id)
    const made = await found.call('POST', '/prompts', { user: person.email, ...more })
    assert.equal(made.status, 201, made.text)
    const stateOf = async () => (await found.call('GET', `/prompts/${made.json.id}`)).json
    return { ...found, person, made: made.json as { id: string; address: string }, stateOf }
  }
  const approve = async (client: Client, person: Person) => giveSecondStep(kit, person, client)

  test('waits for the person, who sees who asks and why, and is approved by their second step alone', async () => {
    const { site, person, made, stateOf, call } = await wait({ reason: 'Call\nnumber 4711' })
    assert.equal((await stateOf()).state, 'waiting')
    assert.equal((await stateOf()).address, undefined)
    const client = kit.client()
    const page = await client.call('GET', new URL(made.address).pathname)
    assert.match(page.text, /VPN Vienna/)
    assert.match(page.text, /Call number 4711/)
    assert.ok(page.text.includes(site.name))
    assert.equal((await stateOf()).state, 'waiting', 'looking opens nothing')
    assert.equal((await opened(made.address, client)).headers.location, '/sign-in')
    const back = await approve(client, person)
    assert.equal(back.pathname, '/second-factor/approved')
    assert.match((await client.call('GET', '/second-factor/approved')).text, /You can close this page/)
    const state = await stateOf()
    assert.deepEqual([state.state, state.factor, state.user.id], ['approved', 'passcode', person.id])
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
    const elsewhere = await world()
    refused(await elsewhere.call('GET', `/prompts/${made.id}`), 404, 'not-found')
    refused(await call('GET', '/prompts/x'), 404, 'not-found')
  })

  test('opens once, in one browser, and not at all after ten minutes', async () => {
    const { person, made, stateOf } = await wait()
    const [first, second] = [kit.client(), kit.client()]
    await opened(made.address, first)
    assert.equal((await opened(made.address, second)).status, 403, 'its page has no form any more')
    assert.equal((await second.call('GET', new URL(made.address).pathname)).status, 410)
    assert.equal((await approve(first, person)).pathname, '/second-factor/approved')
    const late = await wait()
    kit.pass(600)
    assert.equal((await kit.client().call('GET', new URL(late.made.address).pathname)).status, 410)
    assert.equal((await late.stateOf()).state, 'expired')
    assert.equal((await stateOf()).state, 'approved')
  })

  test('can be refused; a key can keep no more than five of them waiting for one person', async () => {
    const { person, made, stateOf, call } = await wait()
    const client = kit.client()
    await opened(made.address, client)
    const reply = await client.submit('/sign-in', '/sign-in/cancel', {})
    assert.equal(reply.headers.location, '/second-factor/cancelled')
    assert.equal((await stateOf()).state, 'denied')
    for (let nth = 0; nth < 5; nth++) assert.equal((await call('POST', '/prompts', { user: person.email })).status, 201)
    refused(await call('POST', '/prompts', { user: person.email }), 429, 'too-many-attempts')
  })

  test('ends with its key', async () => {
    const { site, client, apiKey, made } = await wait()
    const browser = kit.client()
    await opened(made.address, browser)
    await client.call('DELETE', at(site.id, `/${apiKey.id}`))
    const reply = await browser.call('GET', '/sign-in')
    assert.match(reply.text, /took too long, or was done already/)
  })
})
