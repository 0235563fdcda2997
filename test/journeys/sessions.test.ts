import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, type Kit, openKit, type Person, readsDuring, refused, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function signedIn(): Promise<{ person: Person; client: Client }> {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  return { person, client: await kit.signIn(person) }
}

const status = async (client: Client) => (await client.call('GET', '/api/v1/session')).status
const listed = async (client: Client) =>
  (await client.call('GET', '/api/v1/me/sessions')).json.sessions as { id: string; isCurrent: boolean; address: string }[]

test('R085 a person sees where they are signed in, ends one, and ends all others', async () => {
  const { person, client } = await signedIn()
  const [second, third] = [await kit.signIn(person, kit.client('192.0.2.77')), await kit.signIn(person)]
  const sessions = await listed(client)
  assert.equal(sessions.length, 3)
  assert.equal(sessions.filter(({ isCurrent }) => isCurrent).length, 1)
  const other = sessions.find(({ address }) => address === '192.0.2.77')
  await status(client)
  assert.equal((await client.call('DELETE', `/api/v1/me/sessions/${other?.id}`)).status, 204)
  assert.equal(await status(second), 401)
  for (const id of [other?.id, 'no-id', "'; drop table sessions", '00000000-0000-0000-0000-000000000000']) {
    refused(await client.call('DELETE', `/api/v1/me/sessions/${encodeURIComponent(id ?? '')}`), 404, 'not-found')
  }
  assert.equal(await status(third), 200)
  assert.equal((await client.call('DELETE', '/api/v1/me/sessions')).status, 204)
  assert.deepEqual([await status(third), await status(client)], [401, 200])
  assert.equal((await client.call('DELETE', '/api/v1/session')).status, 204)
  assert.equal(await status(client), 401)
})

test('of many who ask at one moment each is told of their own session, in a few statements', async () => {
  const site = await kit.site()
  const people = [(await signedIn()).client, (await signedIn()).client, await kit.signIn(await kit.person(site.id)), kit.client()]
  const ended = await kit.signIn(await kit.person(site.id))
  const copy = ended.copy()
  await status(ended)
  assert.equal((await ended.call('DELETE', '/api/v1/session')).status, 204)
  people.push(copy)
  const alone: (string | undefined)[] = []
  for (const client of people) alone.push((await client.call('GET', '/api/v1/session')).json.user?.email)
  assert.equal(new Set(alone).size, 4)
  const asked = Array.from({ length: 60 }, (_, at) => at % people.length)
  const statements = await readsDuring(kit, async () => {
    const told = await Promise.all(asked.map(async (at) => (await people[at]?.call('GET', '/api/v1/session'))?.json.user?.email))
    assert.deepEqual(
      told,
      asked.map((at) => alone[at]),
    )
  })
  assert.ok(statements < 48, `${statements} statements`)
})

test("nobody ends another person's session", async () => {
  const [mine, theirs] = [await signedIn(), await signedIn()]
  const [session] = await listed(theirs.client)
  await status(mine.client)
  refused(await mine.client.call('DELETE', `/api/v1/me/sessions/${session?.id}`), 404, 'not-found')
  assert.equal(await status(theirs.client), 200)
})

test('R085 signing out kills the session on the server and clears what the browser kept', async () => {
  const { client } = await signedIn()
  const copy = client.copy()
  await status(client)
  const reply = await client.call('DELETE', '/api/v1/session')
  assert.match(String(reply.headers['clear-site-data']), /"cache", "storage"/)
  assert.equal(client.cookies.has('countersign-session'), false)
  assert.equal(await status(copy), 401)
})

test('R082 an hour without a request ends a session, and so do twenty-four hours with requests', async () => {
  const { person, client } = await signedIn()
  kit.pass(3599)
  assert.equal(await status(client), 200)
  kit.pass(3600)
  assert.equal(await status(client), 401)
  const busy = await kit.signIn(person)
  const began = kit.now().getTime()
  while (kit.now().getTime() - began < 86_400_000 - 1_800_000) {
    kit.pass(1800)
    assert.equal(await status(busy), 200)
  }
  kit.pass(1799)
  assert.equal(await status(busy), 200)
  assert.equal((await busy.call('GET', '/api/v1/session')).json.expiresAt, new Date(began + 86_400_000).toISOString())
  kit.pass(1)
  assert.equal(await status(busy), 401)
})

test('R080 every step up changes the cookie, and the value before it is dead', async () => {
  const { person, client } = await signedIn()
  const seen = new Set<string>()
  const cookieOf = (name: string) => client.cookies.get(`countersign-${name}`) ?? ''
  const renewed = async (what: string, act: () => Promise<unknown>) => {
    const before = client.copy()
    await act()
    const token = cookieOf('session')
    assert.ok(token && !seen.has(token) && before.cookies.get('countersign-session') !== token, what)
    seen.add(token)
    assert.deepEqual([await status(client), await status(before)], [200, 401], what)
  }
  await renewed('confirm', async () => {
    kit.pass(30)
    await startFromSession(client, 'confirm')
    await answer(client, { password: person.password })
    await answer(client, { code: kit.code(person) })
  })
  await renewed('backup codes', async () => {
    await startFromSession(client, 'backup-codes')
    await answer(client, { saved: true })
  })
  await renewed('a second authenticator', async () => {
    const { key } = (await startFromSession(client, 'enroll')).json
    assert.equal((await answer(client, { code: kit.code({ ...person, key }) })).json.step, 'done')
  })
})

test('A20 a sign-in gets a cookie of its own, whatever the visitor brought along', async () => {
  const { person } = await signedIn()
  const client = kit.client()
  for (const name of ['sign-in', 'session', 'device']) client.cookies.set(`countersign-${name}`, 'a'.repeat(43))
  assert.equal((await start(client, person)).json.step, 'answer')
  assert.notEqual(client.cookies.get('countersign-sign-in'), 'a'.repeat(43))
  kit.pass(30)
  await answer(client, { code: kit.code(person) })
  assert.notEqual(client.cookies.get('countersign-session'), 'a'.repeat(43))
  assert.notEqual(client.cookies.get('countersign-device'), 'a'.repeat(43))
})

test('a signed-in person who looks at the sign-in is sent on, one who is not sees the form', async () => {
  const { client } = await signedIn()
  assert.deepEqual([(await client.call('GET', '/sign-in')).status, (await client.call('GET', '/sign-in')).headers.location], [303, '/'])
  const page = await kit.client().call('GET', '/sign-in?return=%2Fsettings')
  assert.equal(page.status, 200)
  assert.match(page.text, /name="returnTo" value="\/settings"/)
})
