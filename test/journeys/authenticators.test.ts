import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Policy } from '#domain/policy.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

interface App {
  readonly id: string
  readonly label: string
}

const card = async (client: Client) => (await client.call('GET', '/api/v1/me/two-factor')).json
const apps = async (client: Client): Promise<readonly App[]> => (await card(client)).authenticators
const told = async (person: Person, subject: string) => (await kit.mailsTo(person.email)).filter((mail) => mail.subject === subject)
const session = (client: Client) => client.call('GET', '/api/v1/session')

async function secured(policy: Partial<Policy> = { mode: 'everyone' }): Promise<{ person: Person; client: Client }> {
  const site = await kit.site(policy)
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  if (policy.mode !== 'everyone') await kit.enroll(person, client)
  return { person, client }
}

/** Sets up one more app and gives its key. */
async function add(person: Person, client: Client, label?: string): Promise<Person> {
  await confirm(kit, person, client)
  const { key } = (await startFromSession(client, 'enroll')).json
  const other = { ...person, key }
  const reply = await answer(client, { code: kit.code(other), ...(label === undefined ? {} : { label }) })
  assert.equal(reply.json?.step, 'done', reply.text)
  await session(client)
  return other
}

/** Whether a code of this app opens a session. */
async function opens(person: Person): Promise<boolean> {
  kit.pass(30)
  const client = kit.client()
  await start(client, person)
  return (await answer(client, { code: kit.code(person) })).json.step === 'done'
}

test('a person has several apps, each with a name of its own, and a code of any of them is taken once', async () => {
  const { person, client } = await secured()
  const work = await add(person, client, '  Work   phone ')
  const third = await add(person, client)
  assert.deepEqual(
    (await apps(client)).map(({ label }) => label),
    ['Authenticator app', 'Work phone', 'Authenticator app 3'],
  )
  for (const one of [person, work, third]) assert.equal(await opens(one), true)
  kit.pass(30)
  const [first, second] = [kit.client(), kit.client()]
  await start(first, person)
  await start(second, person)
  assert.equal((await answer(first, { code: kit.code(work) })).json.step, 'done')
  refused(await answer(second, { code: kit.code(work) }), 422, 'code-not-accepted', { reason: 'replayed' })
  assert.equal((await answer(second, { code: kit.code(third) })).json.step, 'done', 'each app counts for itself')
  assert.equal((await told(person, 'Two-Factor Authentication is on')).length, 1)
  assert.equal((await told(person, 'An authenticator was added')).length, 2)
})

test('an app is given another name with a fresh proof, and what is no name is refused', async () => {
  const { person, client } = await secured()
  const [one] = await apps(client)
  const at = `/api/v1/me/authenticators/${one?.id}`
  kit.pass(301)
  await session(client)
  refused(await client.call('PATCH', at, { label: 'Phone' }), 403, 'proof-required')
  await confirm(kit, person, client)
  const renamed = await client.call('PATCH', at, { label: 'Phone <b>' })
  assert.equal(renamed.json.authenticators[0].label, 'Phone <b>')
  for (const label of [' ', '\t\u0007']) refused(await client.call('PATCH', at, { label }), 400, 'malformed', { reason: 'label' })
  for (const body of [{ label: '' }, { label: 'x'.repeat(61) }, { label: 1 }, {}])
    refused(await client.call('PATCH', at, body), 400, 'malformed')
  const codes = await kit.rooms.store.db
    .selectFrom('authenticators')
    .select('id')
    .where('user_id', '=', person.id)
    .where('kind', '=', 'backup-codes')
    .executeTakeFirstOrThrow()
  const stranger = await secured()
  const [theirs] = await apps(stranger.client)
  for (const id of [codes.id, theirs?.id, 'no-id']) {
    refused(await client.call('PATCH', `/api/v1/me/authenticators/${id}`, { label: 'X' }), 404, 'not-found')
    refused(await client.call('DELETE', `/api/v1/me/authenticators/${id}`), 404, 'not-found')
  }
})

test('one of several apps is removed with a fresh proof: dead at once, other sessions and remembered devices end, a mail goes out', async () => {
  const { person, client } = await secured()
  const old = await add(person, client, 'Old phone')
  const elsewhere = await kit.signIn(person)
  const id = (await apps(client)).find(({ label }) => label === 'Old phone')?.id
  const device = kit.client()
  kit.pass(30)
  await start(device, person)
  await answer(device, { code: kit.code(person), remember: true })
  kit.pass(301)
  await session(client)
  refused(await client.call('DELETE', `/api/v1/me/authenticators/${id}`), 403, 'proof-required')
  await confirm(kit, person, client)
  const left = await client.call('DELETE', `/api/v1/me/authenticators/${id}`)
  assert.deepEqual(
    left.json.authenticators.map(({ label }: App) => label),
    ['Authenticator app'],
  )
  assert.equal((await session(elsewhere)).status, 401)
  assert.equal((await session(client)).status, 200)
  assert.equal((await start(device, person)).json.step, 'answer')
  assert.match((await told(person, 'An authenticator was removed'))[0]?.text ?? '', /Old phone/)
  assert.deepEqual([await opens(old), await opens(person)], [false, true])
  refused(await client.call('DELETE', `/api/v1/me/authenticators/${id}`), 404, 'not-found')
})

test('the last app goes by "Disable 2FA" only, and not at all where it is required', async () => {
  const free = await secured({ mode: 'opt-in' })
  const [last] = await apps(free.client)
  refused(await free.client.call('DELETE', `/api/v1/me/authenticators/${last?.id}`), 409, 'last-authenticator')
  const bound = await secured()
  const [only] = await apps(bound.client)
  refused(await bound.client.call('DELETE', `/api/v1/me/authenticators/${only?.id}`), 409, 'two-factor-required')
  for (const { client, person } of [free, bound]) {
    assert.equal((await card(client)).badge, 'secured')
    assert.equal(await opens(person), true)
  }
})

test('of two apps that are removed at the same moment one stays', async () => {
  for (let round = 0; round < 10; round++) {
    const { person, client } = await secured()
    await add(person, client)
    const both = await apps(client)
    const replies = await Promise.all(
      both.map(({ id }) => client.copy().call('DELETE', `/api/v1/me/authenticators/${id}`, undefined, { 'x-csrf-token': client.csrf })),
    )
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 409])
    assert.equal((await apps(client)).length, 1)
  }
})

test('nobody has more than five apps', async () => {
  const { person, client } = await secured()
  for (let count = 2; count <= 5; count++) await add(person, client)
  await confirm(kit, person, client)
  refused(await startFromSession(client, 'enroll'), 409, 'too-many-authenticators')
  await client.call('DELETE', `/api/v1/me/authenticators/${(await apps(client))[4]?.id}`)
  assert.equal((await startFromSession(client, 'enroll')).json.step, 'enroll')
})

test('a session from before an app was bound takes none away on the password alone', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(site.id)
  await kit.enroll(person, await kit.signIn(person))
  const set = (enabled: boolean) =>
    kit.rooms.store.db.updateTable('policies').set({ enabled }).where('organization_id', '=', site.id).execute()
  await set(false)
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'done')
  await session(client)
  refused(await client.call('POST', '/api/v1/me/two-factor/reset'), 409, 'two-factor-not-available')
  await set(true)
  refused(await client.call('POST', '/api/v1/me/two-factor/reset'), 403, 'second-step-required')
  assert.equal((await card(client)).badge, 'secured')
  await confirm(kit, person, client)
  assert.equal((await client.call('POST', '/api/v1/me/two-factor/reset')).status, 200)
})

test('S3.16 when three backup codes are left their owner is warned by mail, once for each set, also when several are used at the same moment', async () => {
  const { person, client } = await secured()
  const use = async (codes: readonly string[]) => {
    const clients = codes.map(() => kit.client())
    for (const one of clients) await start(one, person)
    const replies = await Promise.all(clients.map((one, nth) => answer(one, { code: codes[nth] })))
    for (const { json } of replies) assert.equal(json.step, 'done')
  }
  const warned = async () => (await told(person, 'Your backup codes are running out')).length
  const codes = person.backupCodes ?? []
  await use(codes.slice(0, 6))
  assert.equal(await warned(), 0)
  await use(codes.slice(6, 9))
  assert.equal(await warned(), 1)
  await use(codes.slice(9))
  assert.equal(await warned(), 1)
  assert.equal((await card(client)).backupCodesLeft, 0)
  await confirm(kit, person, client)
  const fresh = (await startFromSession(client, 'backup-codes')).json.codes as readonly string[]
  await answer(client, { saved: true })
  await use(fresh.slice(0, 8))
  assert.equal(await warned(), 2, 'a new set has a warning of its own')
})

test('the page asks for a name where one more app is set up, keeps it while the code is wrong, and not in a set-up that is required', async () => {
  const { person, client } = await secured()
  await confirm(kit, person, client)
  const { key } = (await startFromSession(client, 'enroll')).json
  const page = await client.submit('/sign-in', '/sign-in/answer', { code: kit.wrongCode({ ...person, key }), label: 'Tablet "2"' })
  assert.match(page.text, /<input id="label" name="label"[^>]* value="Tablet &quot;2&quot;"/)
  await client.submit('/sign-in', '/sign-in/answer', { code: kit.code({ ...person, key }), label: 'Tablet "2"' })
  assert.ok((await apps(client)).some(({ label }) => label === 'Tablet "2"'))
  const site = await kit.site({ mode: 'everyone' })
  const beginner = await kit.person(site.id)
  const forced = kit.client()
  await start(forced, beginner)
  assert.doesNotMatch((await forced.call('GET', '/sign-in')).text, /name="label"/)
})
