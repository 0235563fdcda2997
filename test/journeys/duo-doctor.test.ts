import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { DuoDoctorLine } from '#contract/duo-doctor.ts'
import type { DuoSettings } from '#domain/duo.ts'
import { changeDuo } from '#store/duo.ts'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type Answered, type Client, contentsOf, type Kit, openKit, type Person, refused, rulesOf } from '../kit.ts'

let kit: Kit
let duo: DuoSimulator

before(async () => {
  duo = await startDuo({ now: () => kit.now() })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  kit = await openKit({ delivery: { allowedHosts: [new URL(duo.url).hostname] } })
})
after(() => Promise.all([kit.close(), duo.stop()]))

const doctorOf = (organizationId: string) => `/api/v1/organizations/${organizationId}/duo/doctor`

interface Wish {
  readonly auth?: 'none' | 'simple'
  readonly rights?: { read: boolean; write: boolean }
  readonly settings?: Partial<DuoSettings>
}

/** A site with applications of its own in the simulated account, and its Security Admin. Duo is not allowed by the rules yet. */
async function siteWith({ auth = 'none', rights = { read: true, write: true }, settings = {} }: Wish = {}) {
  const site = await kit.site()
  const head = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(head)
  const application = (type: 'websdk' | 'authapi', normalization: 'none' | 'simple') => {
    const { id: key, secret } = duo.account.addApplication(type, site.name, { normalization })
    return { host: duo.host, key, secret }
  }
  const stored: DuoSettings = {
    isOn: true,
    account: 'own',
    prompt: application('websdk', auth),
    auth: application('authapi', auth),
    whenAway: 'closed',
    countsBypass: false,
    ...settings,
  }
  const change = { organizationId: site.id, settings: stored, version: 0, changedBy: head.id }
  assert.ok(await changeDuo(kit.rooms.store.db, kit.rooms.keys, kit.now(), change))
  const { id: key, secret } = duo.account.addApplication('adminapi', site.name, { rights })
  return { site, head, client, admin: { key, secret } }
}

/** The lines of an answer. */
function linesOf(reply: Answered): readonly DuoDoctorLine[] {
  assert.equal(reply.status, 200, reply.text)
  assert.equal(reply.headers['content-type'], 'application/jsonl; charset=utf-8')
  return reply.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const check = async (client: Client, organizationId: string, body: Readonly<Record<string, unknown>> = {}) =>
  linesOf(await client.call('POST', doctorOf(organizationId), { prompt: 'none', ...body }))

const found = (lines: readonly DuoDoctorLine[], { id }: Pick<Person, 'id'>) =>
  lines.flatMap((line) => (line.line === 'person' && line.person.id === id ? [line.finding] : []))[0]
const cures = (lines: readonly DuoDoctorLine[]) => lines.flatMap((line) => (line.line === 'alias' ? [[line.person.id, line.cure]] : []))
const merges = (lines: readonly DuoDoctorLine[]) => lines.flatMap((line) => (line.line === 'merge' ? [line] : []))

/** Another email for somebody, so that two have the same name before the @. */
async function renamed(person: Person, email: string): Promise<Person> {
  await kit.rooms.store.db.updateTable('users').set({ email }).where('id', '=', person.id).execute()
  return { ...person, email }
}

const eventsOf = (organizationId: string) =>
  kit.rooms.store.db
    .selectFrom('audit_events')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('action', 'like', 'duo.%')
    .execute()

describe('the key doctor of Duo without keys of the Admin API', () => {
  test('S0.25 asks Duo for each person by the name that is sent, and lists whom it does not know', async () => {
    const { site, client } = await siteWith()
    const known = await kit.person(site.id)
    const stranger = await kit.person(site.id)
    const spared = await kit.person(site.id)
    duo.account.addUser(known.email)
    duo.account.addUser(spared.email, { status: 'bypass' })
    const lines = await check(client, site.id)
    assert.deepEqual([found(lines, known), found(lines, stranger), found(lines, spared)], ['known', 'not-enrolled', 'unsure'])
    assert.deepEqual(lines[0], { line: 'begun', people: 4 })
    assert.deepEqual(lines.at(-1), { line: 'done', prompt: 'none', auth: 'none', isAgreed: true })
    assert.equal(duo.account.pushes.length, 0, 'nobody was disturbed')
    const shown = (await client.call('GET', doctorOf(site.id))).json
    assert.deepEqual([shown.account, shown.people, shown.prompt, shown.auth], ['own', 4, 'none', 'none'])
    assert.deepEqual(
      (await eventsOf(site.id)).map(({ action, detail }) => [action, Object(detail).people]),
      [['duo.people-checked', 4]],
    )
  })

  test('S0.29 notices by asking under another domain that the Auth API application reads names as "Simple", and that the other one does not', async () => {
    const { site, client } = await siteWith({ auth: 'simple' })
    duo.account.addUser((await kit.person(site.id)).email)
    const differing = await check(client, site.id, { prompt: 'none' })
    assert.deepEqual(differing.at(-1), { line: 'done', prompt: 'none', auth: 'simple', isAgreed: false })
    const agreeing = await check(client, site.id, { prompt: 'simple' })
    assert.deepEqual(agreeing.at(-1), { line: 'done', prompt: 'simple', auth: 'simple', isAgreed: true })
  })

  test('waits where Duo asks for less, and what was found before an outage stays said', async () => {
    const { site, client } = await siteWith()
    for (let many = 0; many < 6; many++) duo.account.addUser((await kit.person(site.id)).email)
    duo.misbehave('rate', { times: 2 })
    assert.equal((await check(client, site.id)).at(-1)?.line, 'done')
    const before = duo.asked.length
    const faults = setInterval(() => duo.asked.length - before >= 4 && duo.misbehave('unavailable'), 1)
    const lines = await check(client, site.id)
    clearInterval(faults)
    duo.behave()
    const last = lines.at(-1)
    assert.ok(last?.line === 'ended' && last.reason === 'outage', JSON.stringify(last))
    assert.equal((await check(client, site.id)).at(-1)?.line, 'done', 'the place for a run is free again')
  })

  test('one check at a time: a second one is refused until the first has ended or was silent for long', async () => {
    const { site, client } = await siteWith()
    duo.misbehave('slow', { seconds: 1, times: 1 })
    const first = client.copy().call('POST', doctorOf(site.id), { prompt: 'none' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    refused(await client.call('POST', doctorOf(site.id), { prompt: 'none' }), 409, 'duo-doctor-running')
    assert.equal((await first).status, 200)
    assert.equal((await check(client, site.id)).at(-1)?.line, 'done')
  })
})

describe('the key doctor of Duo with keys of the Admin API', () => {
  test('S0.25 finds whose alias is missing, adds it with a result for each, and finds them known afterwards', async () => {
    const { site, client, admin } = await siteWith()
    const person = () => kit.person(site.id)
    const [known, missing, full, twice, stranger] = [await person(), await person(), await person(), await person(), await person()]
    const short = ({ email }: Person) => `u-${email.split('@')[0]}`
    duo.account.addUser(short(known), { aliases: [known.email] })
    const theirs = duo.account.addUser(short(missing), { email: missing.email })
    duo.account.addUser(short(full), { email: full.email, aliases: ['a', 'b', 'c', 'd'].map((one) => `${one}-${full.id}`) })
    duo.account.addUser(`x-${short(twice)}`, { email: twice.email })
    duo.account.addUser(`y-${short(twice)}`, { email: twice.email })
    const lines = await check(client, site.id, { admin })
    assert.deepEqual(
      [known, missing, full, twice, stranger].map((one) => found(lines, one)),
      ['known', 'alias-missing', 'no-room', 'ambiguous', 'unknown'],
    )
    const ids = [missing, full, stranger].map(({ id }) => id)
    const body = { prompt: 'none', admin, people: ids }
    const cured = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    assert.deepEqual(
      new Map(cures(cured) as [string, string][]),
      new Map([
        [full.id, 'not-missing'],
        [stranger.id, 'not-missing'],
        [missing.id, 'added'],
      ]),
    )
    assert.deepEqual(theirs.aliases, [missing.email])
    assert.equal(found(await check(client, site.id, { admin }), missing), 'known')
    const events = await eventsOf(site.id)
    const added = events.filter(({ action }) => action === 'duo.alias-added')
    assert.deepEqual(
      added.map(({ subject_id, detail }) => [subject_id, Object(detail).alias]),
      [[missing.id, missing.email]],
    )
    assert.ok(!(await contentsOf(kit)).includes(admin.secret), 'the keys are kept nowhere')
  })

  test('S0.29 A67 refuses to add anything, and to allow Duo, while "Simple" would merge two people; B is told of A by name', async () => {
    const { site, client, admin } = await siteWith({ auth: 'simple' })
    const bare = `twin-${site.id.slice(-8)}`
    const a = await renamed(await kit.person(site.id), `${bare}@acme.example`)
    const b = await renamed(await kit.person(site.id), `${bare}@globex.example`)
    const missing = await kit.person(site.id)
    const theirs = duo.account.addUser(`u-${missing.id}`, { email: missing.email })
    const lines = await check(client, site.id, { admin, prompt: 'simple' })
    const [merge] = merges(lines)
    assert.deepEqual(merge?.because, { bareName: bare })
    assert.deepEqual(new Set(merge?.people.map(({ id }) => id)), new Set([a.id, b.id]))
    const body = { prompt: 'simple', admin, people: [missing.id] }
    const cured = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    assert.deepEqual(cured.at(-1), { line: 'ended', reason: 'would-merge' })
    assert.deepEqual(theirs.aliases, [])
    const rules = { ...(await rulesOf(client, site.id)), methods: ['totp', 'duo'] }
    const path = `/api/v1/organizations/${site.id}/policy`
    const reply = await client.call('PUT', path, rules)
    refused(reply, 409, 'duo-would-merge', { reason: bare, merges: 1, people: 2 })
    assert.deepEqual(new Set(reply.json.merged), new Set([a, b].map(({ name, email }) => `${name} (${email})`)))
    await renamed(b, `other-${bare}@globex.example`)
    assert.equal((await client.call('PUT', path, rules)).status, 200)
  })

  test('A67 two people whose names lead to one user of Duo are a merge whatever is normalized', async () => {
    const { site, client, admin } = await siteWith()
    const [a, b] = [await kit.person(site.id), await kit.person(site.id)]
    duo.account.addUser(a.email, { aliases: [b.email] })
    const lines = await check(client, site.id, { admin })
    assert.deepEqual(
      merges(lines).map(({ because }) => because),
      [{ duoUser: a.email }],
    )
    const body = { prompt: 'none', admin, people: [a.id] }
    assert.deepEqual(linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body)).at(-1), {
      line: 'ended',
      reason: 'would-merge',
    })
  })

  test('adds nothing while the two applications read names differently', async () => {
    const { site, client, admin } = await siteWith({ auth: 'simple' })
    const missing = await kit.person(site.id)
    const theirs = duo.account.addUser(`u-${missing.id}`, { email: missing.email })
    const body = { prompt: 'none', admin, people: [missing.id] }
    const lines = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    assert.deepEqual([lines.at(-1), theirs.aliases], [{ line: 'ended', reason: 'not-agreed' }, []])
  })

  test('says what is wrong with the keys, before anybody is read and in the middle of adding', async () => {
    const { site, client, admin } = await siteWith({ rights: { read: true, write: false } })
    const missing = await kit.person(site.id)
    duo.account.addUser(`u-${missing.id}`, { email: missing.email })
    refused(await client.call('POST', doctorOf(site.id), { prompt: 'none', admin: { ...admin, key: 'short' } }), 400, 'malformed', {
      reason: 'key',
    })
    refused(await client.call('POST', doctorOf(site.id), { prompt: 'none', admin: { ...admin, secret: 'short' } }), 400, 'malformed', {
      reason: 'secret',
    })
    const wrong = await check(client, site.id, { admin: { ...admin, secret: 'x'.repeat(40) } })
    assert.deepEqual([wrong.at(-1)?.line, Object(wrong.at(-1)).reason], ['ended', 'secret'])
    const unknown = await check(client, site.id, { admin: { ...admin, key: 'DI000000000000000000' } })
    assert.equal(Object(unknown.at(-1)).reason, 'application')
    const body = { prompt: 'none', admin, people: [missing.id] }
    const lines = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    assert.equal(Object(lines.at(-1)).reason, 'permission')
    assert.deepEqual(cures(lines), [])
  })

  test('an outage in the middle of adding ends it: who was done stays done, and the rest is added by the next run', async () => {
    const { site, client, admin } = await siteWith()
    const people = await Promise.all(Array.from({ length: 4 }, () => kit.person(site.id)))
    const theirs = people.map(({ id, email }) => duo.account.addUser(`u-${id}`, { email }))
    const body = { prompt: 'none', admin, people: people.map(({ id }) => id) }
    const timer = setInterval(() => theirs.some(({ aliases }) => aliases.length > 0) && duo.misbehave('unavailable'), 1)
    const lines = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    clearInterval(timer)
    duo.behave()
    assert.equal(Object(lines.at(-1)).reason, 'outage', JSON.stringify(lines.at(-1)))
    assert.ok(theirs.some(({ aliases }) => aliases.length === 0))
    const rest = linesOf(await client.call('POST', `${doctorOf(site.id)}/aliases`, body))
    assert.equal(rest.at(-1)?.line, 'done')
    assert.deepEqual(
      theirs.map(({ aliases }) => aliases),
      people.map(({ email }) => [email]),
    )
  })
})

describe('the key doctor of Duo', () => {
  test('S0.25 is for a Security Admin of the organization or of the provider above; others are refused with the right that is missing', async () => {
    const { site, admin } = await siteWith()
    const bodies = [
      ['POST', doctorOf(site.id), { prompt: 'none' }],
      ['POST', `${doctorOf(site.id)}/aliases`, { prompt: 'none', admin, people: [site.id] }],
      ['GET', doctorOf(site.id), undefined],
    ] as const
    for (const role of ['admin', 'user'] as const) {
      const client = await kit.signIn(await kit.person(site.id, { role }))
      for (const [method, path, body] of bodies)
        refused(await client.call(method, path, body), 403, 'forbidden', { right: 'change-duo', role })
    }
    const other = await kit.signIn(await kit.person((await kit.site()).id, { role: 'security-admin' }))
    for (const [method, path, body] of bodies) refused(await other.call(method, path, body), 404, 'not-found')
    const above = await kit.signIn(await kit.person(kit.provider.id, { role: 'security-admin' }))
    assert.equal((await above.call('GET', doctorOf(site.id))).json.account, 'own')
    assert.equal((await check(above, site.id)).at(-1)?.line, 'done')
    kit.pass(400)
    refused(await above.call('POST', doctorOf(site.id), { prompt: 'none' }), 403, 'proof-required')
  })

  test('has nothing to ask with while there are no keys', async () => {
    const site = await kit.site()
    const client = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    assert.equal((await client.call('GET', doctorOf(site.id))).json.account, null)
    refused(await client.call('POST', doctorOf(site.id), { prompt: 'none' }), 409, 'method-not-available', { reason: 'duo-off' })
  })

  test("A67 a site with the provider's account is told of merges with people elsewhere, and of these no more than how many", async () => {
    const owner = kit.provider.owner
    const above = { isOn: true, account: 'own', whenAway: 'closed', countsBypass: false, servesSites: true } as const
    const keys = (type: 'websdk' | 'authapi') => {
      const { id: key, secret } = duo.account.addApplication(type, 'Provider', { normalization: 'simple' })
      return { host: duo.host, key, secret }
    }
    const { db } = kit.rooms.store
    const settings = { ...above, prompt: keys('websdk'), auth: keys('authapi') }
    const change = { organizationId: kit.provider.id, settings, version: 0, changedBy: owner.id }
    assert.ok(await changeDuo(db, kit.rooms.keys, kit.now(), change))
    const sites = await Promise.all([1, 2].map(() => siteUsingTheProviders()))
    const [here, there] = sites as [(typeof sites)[0], (typeof sites)[0]]
    const bare = `shared-${here.site.id.slice(-8)}`
    const a = await renamed(await kit.person(here.site.id), `${bare}@acme.example`)
    const b = await renamed(await kit.person(there.site.id), `${bare}@globex.example`)
    duo.account.addUser(a.email)
    const reply = await here.client.call('POST', doctorOf(here.site.id), { prompt: 'simple' })
    const [merge] = merges(linesOf(reply))
    assert.deepEqual([merge?.people.map(({ id }) => id), merge?.others], [[a.id], 1])
    assert.ok(!reply.text.includes(b.id) && !reply.text.includes(b.email))
  })
})

/** A site that uses the provider's account at Duo. */
async function siteUsingTheProviders() {
  const site = await kit.site()
  const head = await kit.person(site.id, { role: 'security-admin' })
  const settings = { isOn: true, account: 'provider', whenAway: 'closed', countsBypass: false } as const
  const change = { organizationId: site.id, settings, version: 0, changedBy: head.id }
  assert.ok(await changeDuo(kit.rooms.store.db, kit.rooms.keys, kit.now(), change))
  return { site, client: await kit.signIn(head) }
}
