import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digest, newToken } from '#crypto/random.ts'
import { keyOf } from '#domain/api-keys.ts'
import { addApiKey } from '#store/api-keys.ts'
import { type Answered, type Client, type Kit, openKit, type Person } from '../kit.ts'
import { addPortal, enrolled, type Portal, post, through } from '../second-factor.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 12 : 4
const atOnce = 64

let kit: Kit
let portal: Portal
let person: Person
let key = ''
let siteId = ''
const host = () => ({ host: portal.host })

before(async () => {
  kit = await openKit()
  const site = await kit.site()
  siteId = site.id
  portal = await addPortal(kit, site.id)
  person = await enrolled(kit, site.id)
  key = keyOf(newToken())
  const expiresAt = new Date(kit.now().getTime() + 86_400_000)
  const made = { organizationId: site.id, name: 'VPN', prefix: '', tokenHash: digest(key), expiresAt, by: person.id }
  await addApiKey(kit.rooms.store.db, kit.now(), { ...made, scopes: ['verify-code', 'prompts'] })
})
after(() => kit.close())

const server = (): Client => {
  const client = kit.client()
  const { call } = client
  client.call = (method, path, body, headers) => call(method, path, body, { ...host(), ...headers })
  return client
}
const each = <T>(make: (nth: number) => T | Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: atOnce }, (_, nth) => make(nth)))
const wonBy = (replies: readonly Answered[], status: number) => replies.filter((one) => one.status === status).length

test(`of ${atOnce} who redeem one code at the same moment exactly one is told anything, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const code = (await through(kit, portal, person)).get('duo_code') ?? ''
    const fields = await each(() => portal.token(code))
    const replies = await Promise.all(fields.map((one) => post(server(), 'token', one)))
    assert.deepEqual([wonBy(replies, 200), wonBy(replies, 400)], [1, atOnce - 1], `round ${round}`)
  }
})

test(`of ${atOnce} with one assertion at the same moment exactly one is believed, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const assertion = await portal.sign(portal.assertion('health_check'))
    const replies = await each(() => post(server(), 'health_check', { client_id: portal.clientId, client_assertion: assertion }))
    assert.equal(replies.filter(({ json }) => json.stat === 'OK').length, 1, `round ${round}`)
  }
})

test(`of ${atOnce} browsers with one signed request exactly one is asked anything, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const request = await portal.sign(portal.request(person.email))
    const path = `/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`
    const replies = await each(() => kit.client().call('GET', path, undefined, host()))
    assert.deepEqual([wonBy(replies, 303), wonBy(replies, 400)], [1, atOnce - 1], `round ${round}`)
  }
})

test(`of ${atOnce} answers to one request exactly one brings a code for the portal, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const client = kit.client()
    await portal.send(client, person.email)
    await client.call('GET', '/api/v1/sign-ins/current')
    kit.pass(30)
    const code = kit.code(person)
    const replies = await each(() => client.copy().call('POST', '/api/v1/sign-ins/current/answers', { code }))
    const done = replies.filter(({ json }) => json?.step === 'done')
    assert.equal(done.length, 1, `round ${round}`)
  }
})

test(`of ${atOnce} programs that check one code exactly one hears that it is right, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const somebody = await enrolled(kit, siteId)
    kit.pass(30)
    const [user, code] = [somebody.email, kit.code(somebody)]
    const headers = { authorization: `Bearer ${key}` }
    const replies = await each(() => kit.client().call('POST', '/api/v1/second-factor/verify', { user, code }, headers))
    // A code that comes again is a wrong one, and counts: after five of them the rest is told to wait.
    assert.equal(wonBy(replies, 200), 1, `round ${round}`)
    assert.equal(wonBy(replies, 422) + wonBy(replies, 429), atOnce - 1, `round ${round}`)
  }
})

test(`of ${atOnce} browsers that open one address exactly one goes on, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    kit.pass(700)
    const headers = { authorization: `Bearer ${key}` }
    const { json } = await kit.client().call('POST', '/api/v1/second-factor/prompts', { user: person.email }, headers)
    const path = new URL(json.address).pathname
    const replies = await each(() => kit.client().submit(path, '/prompts', { token: path.split('/').at(-1) ?? '' }))
    assert.equal(replies.filter(({ headers: { location } }) => location === '/sign-in').length, 1, `round ${round}`)
  }
})
