import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import type { AuditRecord, AuditRecords } from '#contract/audit.ts'
import { newId } from '#crypto/random.ts'
import { sealAll } from '#flows/audit.ts'
import { note } from '#store/audit.ts'
import { walkChain } from '#store/audit-chain.ts'
import { addMembership } from '#store/people.ts'
import { findPolicy } from '#store/policy.ts'
import { type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const auditAt = (organizationId: string) => `/api/v1/organizations/${organizationId}/audit`

async function read(client: Client, organizationId: string, filter: Readonly<Record<string, string>> = {}): Promise<AuditRecords> {
  const reply = await client.call('GET', `${auditAt(organizationId)}?${new URLSearchParams(filter)}`)
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}

const sentences = ({ events }: AuditRecords) => events.map(({ sentence }) => sentence)

async function member(organizationId: string, role: Role = 'user'): Promise<{ readonly person: Person; readonly client: Client }> {
  const person = await kit.person(organizationId, { role })
  kit.pass(1)
  return { person, client: await kit.signIn(person) }
}

const alsoIn = (organizationId: string, { id, name }: Person) =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId: id, role: 'user', required: false, name, hasJoined: true })

test('S1.13 S4.19 what somebody of the provider changes in a site stands in the audit of both, as an act of the provider, with what it was before', async () => {
  const site = await kit.site({ mode: 'chosen' })
  const admin = await member(site.id, 'admin')
  const chosen = await kit.person(site.id, { required: true })
  const owner = await kit.signIn(kit.provider.owner)
  kit.pass(1)
  const { version, ...rules } = await findPolicy(kit.rooms.store.db, site.id)
  const at = `/api/v1/organizations/${site.id}`
  assert.equal((await owner.call('PUT', `${at}/policy`, { ...rules, version, rememberDays: 7 })).status, 200)
  kit.pass(1)
  assert.equal((await owner.call('PATCH', `${at}/users/${chosen.id}`, { required: false })).status, 200)
  for (const records of [
    await read(admin.client, site.id),
    await read(owner, kit.provider.id),
    await read(owner, kit.provider.id, { site: site.id }),
  ]) {
    const [undone, changed] = records.events
    assert.equal(undone?.sentence, `Olive Owner (of the provider) took back that two-factor authentication is required of ${chosen.name}`)
    assert.equal(changed?.sentence, 'Olive Owner (of the provider) changed the rules for two-factor authentication')
    assert.deepEqual(changed?.details, [
      { what: 'Remember devices, in days', before: '30', value: '7' },
      { what: 'Acting as', value: 'the provider' },
      { what: 'Version', value: String(version + 1) },
    ])
    assert.deepEqual([changed?.organization?.name, changed?.address], [site.name, '192.0.2.1'])
    assert.match(changed?.requestId ?? '', /^[0-9a-f-]{36}$/)
  }
})

test('S0.7 S0.8 an organization sees what was done in it and what its members did themselves, and nothing of another, also about a person of both', async () => {
  const [one, two] = [await kit.site({ mode: 'chosen' }), await kit.site({ mode: 'chosen' })]
  const [adminOfOne, adminOfTwo] = [await member(one.id, 'admin'), await member(two.id, 'admin')]
  const shared = await kit.person(one.id)
  kit.pass(1)
  await kit.signIn(shared)
  await sealAll(kit.rooms)
  await alsoIn(two.id, shared)
  kit.pass(1)
  await start(kit.client(), { ...shared, password: 'not this one' })
  kit.pass(1)
  const ofTwo = await adminOfTwo.client.call('PATCH', `/api/v1/organizations/${two.id}/users/${shared.id}`, { required: true })
  assert.equal(ofTwo.status, 200, ofTwo.text)
  const [seenByOne, seenByTwo] = [await read(adminOfOne.client, one.id), await read(adminOfTwo.client, two.id)]
  const wrong = `A wrong password was given for ${shared.name}`
  const signedIn = (person: Person) => `${person.name} signed in`
  assert.deepEqual(sentences(seenByOne), [wrong, signedIn(shared), signedIn(adminOfOne.person)])
  assert.deepEqual(sentences(seenByTwo), [
    `${adminOfTwo.person.name} made two-factor authentication required of ${shared.name}`,
    wrong,
    signedIn(adminOfTwo.person),
  ])
  assert.ok(!JSON.stringify(seenByOne).includes(two.id) && !JSON.stringify(seenByOne).includes(two.name))
  const foreign = [
    auditAt(two.id),
    `${auditAt(two.id)}/export`,
    `${auditAt(one.id)}?site=${two.id}`,
    `${auditAt(one.id)}/export?site=${two.id}`,
  ]
  const nobodys = ['x', one.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))].map((id) => `${auditAt(one.id)}?site=${id}`)
  for (const path of [...foreign, ...nobodys]) refused(await adminOfOne.client.call('GET', path), 404, 'not-found')
  const user = await member(one.id)
  for (const path of [auditAt(one.id), `${auditAt(one.id)}/export`]) refused(await user.client.call('GET', path), 403, 'forbidden')
})

test('the name that somebody goes by elsewhere is not told of who was invited and never came', async () => {
  const [home, site] = [await kit.site(), await kit.site()]
  const admin = await member(site.id, 'security-admin')
  const elsewhere = await kit.person(home.id)
  await kit.rooms.store.db.updateTable('users').set({ name: 'Zoë Secret' }).where('id', '=', elsewhere.id).execute()
  const users = `/api/v1/organizations/${site.id}/users`
  kit.pass(1)
  assert.equal((await admin.client.call('POST', users, { name: 'Ada Invited', email: elsewhere.email, role: 'user' })).status, 201)
  assert.equal(sentences(await read(admin.client, site.id))[0], `${admin.person.name} invited Ada Invited as User`)
  assert.deepEqual(sentences(await read(admin.client, site.id, { search: 'zoë' })), [])
  kit.pass(1)
  assert.equal((await admin.client.call('DELETE', `${users}/${elsewhere.id}`)).status, 204)
  const after = await read(admin.client, site.id)
  assert.equal(after.events[0]?.whom?.name, elsewhere.email)
  assert.ok(!JSON.stringify(after).includes('Zoë'))
  assert.equal((await read(admin.client, site.id, { search: elsewhere.email })).events.length, 2)
})

test('the list is paged by time, filtered by action, person and moment, and searched by names, addresses and the words of actions, all together', async () => {
  const site = await kit.site()
  const { db } = kit.rooms.store
  const [admin, ben, cleo] = [await member(site.id, 'admin'), await kit.person(site.id), await kit.person(site.id)]
  await db.updateTable('users').set({ name: 'Ben Ashworth' }).where('id', '=', ben.id).execute()
  const origin = { address: '192.0.2.9', requestId: 'x' }
  const moments: string[] = []
  for (let nth = 0; nth < 12; nth++) {
    kit.pass(60)
    moments.push(kit.now().toISOString())
    const [who, whom] = nth % 2 ? [admin.person, ben] : [ben, cleo]
    const action = nth % 3 ? 'user.changed' : 'two-factor.reset'
    await note(db, kit.now(), origin, { action, organizationId: site.id, actorId: who.id, subjectId: whom.id, detail: { nth } })
  }
  const all = await read(admin.client, site.id)
  assert.equal(all.events.length, 13)
  assert.deepEqual(
    all.events.map(({ at }) => at),
    all.events
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  )
  for (const filter of [{}, { search: 'ashworth' }, { action: 'user.changed' }, { person: ben.id, search: 'reset' }]) {
    const whole = (await read(admin.client, site.id, filter)).events
    const paged: AuditRecord[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: AuditRecords = await read(admin.client, site.id, { ...filter, limit: '2', ...(cursor ? { cursor } : {}) })
      paged.push(...page.events)
      assert.ok(paged.length <= whole.length, 'a list that never ends')
      cursor = page.nextCursor
    }
    assert.deepEqual(paged, whole, JSON.stringify(filter))
  }
  const [from = '', to = ''] = [moments[2], moments[5]]
  const count = async (filter: Record<string, string>) => (await read(admin.client, site.id, filter)).events.length
  const counts = {
    'of an action': [{ action: 'two-factor.reset' }, 4],
    'of a person, acting or concerned': [{ person: cleo.id }, 6],
    'of a person and an action': [{ person: cleo.id, action: 'two-factor.reset' }, 2],
    'from a moment on': [{ from }, 10],
    'up to a moment, that one left out': [{ from, to }, 3],
    'by part of a name, however it is written': [{ search: 'ASHW' }, 12],
    'by part of an address': [{ search: cleo.email.slice(0, 14) }, 6],
    'by the words of an action': [{ search: 'authenticators' }, 4],
    'by the words of an action and a person': [{ search: 'authenticators', person: cleo.id }, 2],
    'by a name and an action': [{ search: 'ashworth', action: 'user.changed' }, 8],
    'by the words of one action and another action': [{ search: 'authenticators', action: 'user.changed' }, 0],
    'by what nobody is called': [{ search: 'nobody at all' }, 0],
    'by a sign of the search itself': [{ search: '%' }, 0],
    'of a person who is not here': [{ person: kit.provider.owner.id }, 0],
    'of nobody': [{ person: newId(kit.now()) }, 0],
  } as const
  for (const [what, [filter, expected]] of Object.entries(counts)) assert.equal(await count(filter), expected, what)
  for (const query of [
    'person=x',
    'cursor=x',
    'from=yesterday',
    'to=2026-13-01T00:00:00Z',
    'limit=0',
    'limit=201',
    'unknown=1',
    'search=%00',
    'site=x&site=y',
  ])
    refused(await admin.client.call('GET', `${auditAt(site.id)}?${query}`), 400, 'malformed')
  refused(await admin.client.call('GET', `${auditAt(site.id)}?site=x`), 404, 'not-found')
})

test('A90 the export as CSV holds what the filter matches, no cell of it is a formula, and it stands in the audit itself', async () => {
  const site = await kit.site()
  const { db } = kit.rooms.store
  await db.updateTable('organizations').set({ name: 'Ünïque & Co' }).where('id', '=', site.id).execute()
  const admin = await member(site.id, 'admin')
  const evil = await kit.person(site.id)
  await db.updateTable('users').set({ name: `=HYPERLINK("https://evil.example","a, b")` }).where('id', '=', evil.id).execute()
  for (let nth = 0; nth < 3; nth++)
    await note(
      db,
      kit.now(),
      { address: '@192.0.2.9', requestId: '+1' },
      { action: 'user.changed', organizationId: site.id, actorId: evil.id, subjectId: admin.person.id, detail: { name: '-2+3' } },
    )
  kit.pass(1)
  const reply = await admin.client.call('GET', `${auditAt(site.id)}/export?action=user.changed&search=hyperlink`)
  assert.deepEqual(
    [reply.status, reply.headers['content-type'], reply.headers['content-disposition']],
    [200, 'text/csv; charset=utf-8', `attachment; filename="audit-n-que-co-${kit.now().toISOString().slice(0, 10)}.csv"`],
  )
  assert.ok(reply.text.startsWith('\ufeff"When (UTC)","What happened"'))
  const lines = reply.text.split('\r\n')
  assert.equal(lines.length, 5)
  assert.equal(lines.at(-1), '')
  for (const line of lines.slice(1, -1)) {
    assert.match(line, /"'=HYPERLINK\(""https:\/\/evil\.example"",""a, b""\) changed the details of Person \d+","user\.changed"/)
    assert.match(line, /"'@192\.0\.2\.9"/)
    assert.match(line, /"'\+1"/)
    assert.doesNotMatch(line, /(^|,)"[=+\-@\t\r]/)
  }
  kit.pass(1)
  const [last] = (await read(admin.client, site.id)).events
  assert.equal(last?.sentence, `${admin.person.name} exported the audit as CSV`)
  assert.deepEqual(last?.details.find(({ what }) => what === 'Filter')?.value, 'Action: user.changed, Search: hyperlink')
  const link = await admin.client.call('GET', `${auditAt(site.id)}/export`, undefined, { 'sec-fetch-site': 'cross-site' })
  refused(link, 403, 'forged-request')
})

test('the export as JSON lines holds every record of the list, also over many pages', async () => {
  const site = await kit.site()
  const admin = await member(site.id, 'admin')
  const person = await kit.person(site.id)
  const events = Array.from(
    { length: 1203 },
    (_, nth) =>
      ({ action: 'user.changed', organizationId: site.id, actorId: admin.person.id, subjectId: person.id, detail: { nth } }) as const,
  )
  for (let at = 0; at < events.length; at += 200)
    await note(kit.rooms.store.db, kit.now(), { address: '192.0.2.9', requestId: 'x' }, ...events.slice(at, at + 200))
  await sealAll(kit.rooms)
  const reply = await admin.client.call('GET', `${auditAt(site.id)}/export?format=jsonl`)
  assert.match(String(reply.headers['content-disposition']), /\.jsonl"$/)
  const records = reply.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditRecord)
  assert.equal(records.length, 1204)
  assert.equal(new Set(records.map(({ id }) => id)).size, 1204)
  // All of them are of one moment, and the export wrote itself down among them.
  const changes = <T extends { readonly action: string }>(all: readonly T[]) => all.filter(({ action }) => action !== 'audit.exported')
  const to = kit
    .now()
    .toISOString()
    .replace(/\d\dZ$/, '99Z')
  const listed = await read(admin.client, site.id, { limit: '200', to })
  assert.deepEqual(changes(records).slice(0, 198), changes(listed.events).slice(0, 198))
  assert.equal((await walkChain(kit.rooms.store, kit.rooms.keys.audit)).broken, undefined)
})

test('what concerns no organization, like a wrong password for an address that nobody has, is for the provider', async () => {
  const site = await kit.site()
  const admin = await member(site.id, 'admin')
  const owner = await kit.signIn(kit.provider.owner)
  kit.pass(1)
  await start(kit.client('192.0.2.77'), { email: 'nobody@example.org', password: 'x' })
  const [newest] = (await read(owner, kit.provider.id)).events
  assert.deepEqual([newest?.sentence, newest?.address], ['A wrong password was given for an address that nobody has', '192.0.2.77'])
  assert.deepEqual(sentences(await read(admin.client, site.id)), [`${admin.person.name} signed in`])
})
