import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importLimits } from '#domain/import.ts'
import { confirm, type Kit, openKit, refused } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function desk(newUsersRequired = true) {
  const site = await kit.site({ mode: 'chosen', newUsersRequired })
  const person = await kit.person(site.id, { role: 'admin' })
  const client = await kit.signIn(person)
  const at = `/api/v1/organizations/${site.id}/users`
  const send = (csv: string, isTrial = false) => client.call('POST', `${at}/import`, { csv, isTrial })
  const total = async () => (await client.call('GET', at)).json.total
  const bulk = (action: string, users: readonly string[]) => client.call('POST', `${at}/actions`, { action, users })
  return { site, person, client, at, send, total, bulk }
}

test('S1.9 a trial tells what would happen to each line and changes nothing; the import invites exactly those, as required where the rule says so', async () => {
  const { site, person, client, at, send, total } = await desk()
  const known = await kit.person((await kit.site()).id)
  const csv = [
    '\uFEFFname;email;role',
    `Ada Okafor;ada-${site.id}@example.org;`,
    `"Ashworth; Ben";ben-${site.id}@example.org;Admin`,
    `Known Elsewhere;${known.email};user`,
    `Me Again;${person.email};user`,
    `Above;above-${site.id}@example.org;Security Admin`,
    'Nobody;nobody at all;user',
  ].join('\r\n')
  const tried = await send(csv, true)
  assert.equal(tried.status, 200, tried.text)
  assert.equal(tried.json.invited, 3)
  assert.deepEqual(
    tried.json.lines.map(({ line, problem }: { line: number; problem: string | null }) => [line, problem]),
    [
      [2, null],
      [3, null],
      [4, null],
      [5, 'already-member'],
      [6, 'role-above-yours'],
      [7, 'invalid-email'],
    ],
  )
  assert.equal(await total(), 1)

  kit.pass(301)
  assert.equal((await send(csv, true)).status, 200, 'to look needs no fresh proof')
  refused(await send(csv), 403, 'proof-required')
  await confirm(kit, person, client)
  assert.deepEqual((await send(csv)).json, tried.json)
  assert.equal(await total(), 4)
  const found = (await client.call('GET', `${at}?status=invited`)).json.users
  assert.deepEqual(
    found.map(({ name, role, required }: { name: string; role: string; required: boolean }) => [name, role, required]),
    [
      ['Ada Okafor', 'user', true],
      ['Ashworth; Ben', 'admin', true],
      ['Known Elsewhere', 'user', true],
    ],
  )
  assert.equal((await send(csv)).json.invited, 0, 'twice is once')

  const [mail] = await kit.mailsTo(`ada-${site.id}@example.org`)
  const token = /invitation\/([\w-]+)/.exec(mail?.text ?? '')?.[1]
  const accepted = await kit.client().call('POST', '/api/v1/invitations/accept', { token, password: 'a long enough password' })
  assert.equal(accepted.json.step, 'enroll', accepted.text)
  const events = await kit.rooms.store.db
    .selectFrom('audit_events')
    .select('actor_id')
    .where('organization_id', '=', site.id)
    .where('action', '=', 'user.invited')
    .execute()
  assert.deepEqual(
    events.map(({ actor_id }) => actor_id),
    [person.id, person.id, person.id],
  )
})

test('S1.9 imported people start as not required where the rule says so', async () => {
  const { site, client, at, send } = await desk(false)
  await send(`name,email\nAda,ada2-${site.id}@example.org`)
  const [one] = (await client.call('GET', `${at}?status=invited`)).json.users
  assert.equal(one.required, false)
})

test('a file that cannot be used is refused as a whole with its reason; 5,000 people in one file are invited, 5,001 are not', async () => {
  const { site, send, total } = await desk()
  const people = (count: number) =>
    `name,email\n${Array.from({ length: count }, (_, nth) => `Person ${nth},p${nth}-${site.id}@example.org`).join('\n')}`
  for (const isTrial of [true, false]) {
    refused(await send('', isTrial), 422, 'unreadable-import', { reason: 'empty' })
    refused(await send('Ada,ada@example.org', isTrial), 422, 'unreadable-import', { reason: 'columns', line: 1 })
    refused(await send('name,email\n"Ada,ada@example.org', isTrial), 422, 'unreadable-import', { reason: 'quotes', line: 2 })
    refused(await send('name,email\nZo\uFFFD,z@example.org', isTrial), 422, 'unreadable-import', { reason: 'not-text' })
    refused(await send(people(importLimits.people + 1), isTrial), 422, 'unreadable-import', { reason: 'too-many-lines' })
    refused(await send(`name,email\n${'x'.repeat(importLimits.bytes)}`, isTrial), 422, 'unreadable-import', { reason: 'too-large' })
  }
  refused(await send('x'.repeat(3 * 1024 * 1024)), 413, 'payload-too-large')
  assert.equal(await total(), 1)
  const done = await send(people(importLimits.people))
  assert.deepEqual([done.status, done.json.invited], [200, importLimits.people])
  assert.equal(await total(), importLimits.people + 1)
  // Nobody waits for these: to write and send them would take longer than all tests of this file.
  await kit.rooms.store.db.deleteFrom('messages').execute()
})

test('of two imports of the same people at the same moment each person is invited once', async () => {
  const { site, send, total } = await desk()
  const line = (nth: number) => `Person ${nth},q${nth}-${site.id}@example.org`
  const numbers = Array.from({ length: 40 }, (_, nth) => nth)
  const [one, two] = await Promise.all([
    send(`name,email\n${numbers.map(line).join('\n')}`),
    send(`name,email\n${numbers.toReversed().map(line).join('\n')}`),
  ])
  assert.equal(one.json.invited + two.json.invited, 40)
  assert.equal(await total(), 41)
})

test('S1.8 an action on many people gives each their own result, with the rules of the single action, and refuses nobody for another', async () => {
  const { site, person, client, at, bulk } = await desk()
  const head = await kit.person(site.id, { role: 'security-admin' })
  const stranger = await kit.person((await kit.site()).id)
  const [one, two] = [await kit.person(site.id), await kit.person(site.id)]
  const invited = (await client.call('POST', at, { name: 'In', email: `in-${site.id}@example.org`, role: 'user' })).json
  const outcome = async (action: string, users: readonly string[]) => {
    const reply = await bulk(action, users)
    assert.equal(reply.status, 200, reply.text)
    const { results } = reply.json as { results: { userId: string; refused: { code: string; title: string } | null }[] }
    assert.deepEqual(
      results.map(({ userId }) => userId),
      users,
    )
    for (const { refused } of results) if (refused) assert.ok(refused.title.length > 10)
    return results.map(({ refused }) => refused?.code ?? 'done')
  }
  // The inbox keeps two hundred mails, and the invitations of the tests before are more.
  await kit.mailsTo('')
  assert.deepEqual(await outcome('enable', [one.id, head.id, stranger.id, two.id, 'nonsense']), [
    'done',
    'forbidden',
    'not-found',
    'done',
    'not-found',
  ])
  for (const { id, email } of [one, two]) {
    assert.equal((await client.call('GET', `${at}/${id}`)).json.required, true)
    assert.equal((await kit.mailsTo(email)).length, 1)
  }
  assert.deepEqual(await outcome('invite-again', [one.id, invited.id]), ['already-active', 'done'])
  assert.deepEqual(await outcome('suspend', [person.id, invited.id, one.id]), ['yourself', 'not-joined', 'done'])
  assert.equal((await client.call('GET', `${at}/${one.id}`)).json.status, 'suspended')
  refused(await bulk('disable', [one.id]), 403, 'forbidden', { right: 'undo-requirement' })
  for (const body of [
    { action: 'enable', users: [] },
    { action: 'enable', users: Array.from({ length: 51 }, (_, nth) => `${nth}`) },
    { action: 'enable', users: [one.id, one.id] },
    { action: 'remove', users: [one.id] },
  ])
    refused(await client.call('POST', `${at}/actions`, body), 400, 'malformed')
  const audited = await kit.rooms.store.db
    .selectFrom('audit_events')
    .select('subject_id')
    .where('organization_id', '=', site.id)
    .where('action', '=', 'requirement.set')
    .execute()
  assert.deepEqual(audited.map(({ subject_id }) => subject_id).toSorted(), [one.id, two.id].toSorted())
  kit.pass(301)
  refused(await bulk('enable', [one.id]), 403, 'proof-required')
})
