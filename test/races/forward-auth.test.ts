import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digest, newToken } from '#crypto/random.ts'
import { readTarget } from '#domain/forward-auth.ts'
import { enterPortal, openChecks, returnToPortal } from '#flows/forward-auth.ts'
import { endEverything } from '#store/session.ts'
import { type Client, type Kit, openKit, type Person } from '../kit.ts'

const rounds = process.env.TEST_DATABASE === 'postgres' ? 60 : 25
const atOnce = 64
const origin = 'https://portal.example'
const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }

let kit: Kit
let clientId: string
let person: Person
let client: Client
before(async () => {
  kit = await openKit()
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const own = await kit.signIn(admin)
  await kit.enroll(admin, own)
  const rules = [{ path: '/', roles: ['user'], strength: 'any', freshMinutes: 5 }]
  const settings = { kind: 'forward-auth', origins: [origin], people: 'own', organizations: [], rules }
  const made = await own.call('POST', `/api/v1/organizations/${site.id}/applications`, { name: 'Portal', settings })
  assert.equal(made.status, 201, made.text)
  clientId = made.json.application.clientId
  person = await kit.person(site.id)
  client = await kit.signIn(person)
})
after(() => kit.close())

const target = readTarget('https', 'portal.example', '/')
const sessionOf = (one: Client) => one.cookies.get('countersign-session') ?? ''

/** A ticket, and what must come with it. */
async function ticketFor(one: Client) {
  const way = newToken()
  const asking = { clientId, to: `${origin}/`, way: digest(way).toString('base64url') }
  const entered = await enterPortal(kit.rooms, { ...visit, session: sessionOf(one) }, asking)
  assert.ok(entered.go === 'portal')
  return { clientId, target, way, ticket: new URL(entered.address).searchParams.get('ticket') ?? '' }
}

test(`of ${atOnce} who hold the same ticket exactly one gets in, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const returning = await ticketFor(client)
    const returned = await Promise.all(Array.from({ length: atOnce }, () => returnToPortal(kit.rooms, returning)))
    assert.equal(returned.filter(Boolean).length, 1, `round ${round}`)
    const open = await kit.rooms.store.db.selectFrom('portal_sessions').select('session_id').execute()
    assert.equal(open.length, round)
  }
})

test(`a session that ends while its ticket is spent leaves nothing open, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    kit.pass(1)
    const one = await kit.signIn(person)
    const returning = await ticketFor(one)
    const [returned] = await Promise.all([returnToPortal(kit.rooms, returning), endEverything(kit.rooms.store.db, person.id)])
    const checked = await openChecks(kit.rooms, 0)({ clientId, target, isNavigation: false, portal: returned?.portal })
    assert.notEqual(checked.answer, 'let-in', `round ${round}`)
    assert.equal(await returnToPortal(kit.rooms, returning), undefined)
  }
})
