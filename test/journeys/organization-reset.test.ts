import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answered, answer, type Client, confirm, type Kit, openKit, type Person, refused, rulesOf, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const subject = /Two-Factor Authentication was reset for everybody/
const at = (organizationId: string) => `/api/v1/organizations/${organizationId}/reset`
const resetMails = async ({ email }: Person) => (await kit.mailsTo(email)).filter((mail) => subject.test(mail.subject))
const take = (client: Client, organizationId: string, wanted: 'approve' | 'withdraw' | 'take-back', resetId: string) =>
  client.call('POST', `${at(organizationId)}/answers`, { answer: wanted, resetId })
const boundTo = async ({ id }: Person) =>
  kit.rooms.store.db.selectFrom('authenticators').selectAll().where('user_id', '=', id).where('retired_at', 'is', null).execute()
const owes = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('users').select('set_up_due').where('id', '=', id).executeTakeFirstOrThrow()).set_up_due
const eventsOf = async (client: Client, organizationId: string, action: string) =>
  (await client.call('GET', `/api/v1/organizations/${organizationId}/audit?action=${action}&limit=200`)).json.events

/** A site where everybody must have a second step, with so many people who have one, and the client of its Security Admin. */
async function office(size: number, mode: 'everyone' | 'opt-in' = 'everyone') {
  const site = await kit.site({ mode })
  const head = await kit.person(site.id, { role: 'security-admin' })
  const people: { readonly person: Person; readonly client: Client }[] = []
  for (let nth = 0; nth < size; nth++) {
    const person = await kit.person(site.id)
    people.push({ person, client: await kit.signIn(person) })
  }
  const client = await kit.signIn(head)
  if (mode === 'opt-in') await kit.enroll(head, client)
  return { site, head, client, people }
}

async function ordered(client: Client, site: { readonly id: string; readonly name: string }): Promise<Answered> {
  const reply = await client.call('POST', at(site.id), { name: site.name })
  assert.equal(reply.status, 202, reply.text)
  return reply
}

test('S2.38 the consequence is told before: how many people, which methods, what ends, who is left alone and why, and nothing is stored', async () => {
  const { site, head, client, people } = await office(2)
  const bare = await kit.person(site.id)
  const other = await kit.site()
  const shared = await kit.person(site.id)
  await kit.signIn(shared)
  await kit.rooms.store.db
    .insertInto('memberships')
    .values({
      organization_id: other.id,
      user_id: shared.id,
      role: 'user',
      required: false,
      invited_as: 'x',
      invited_at: kit.now(),
      joined_at: kit.now(),
    })
    .execute()
  await kit.rooms.store.db
    .updateTable('users')
    .set({ password_mailed: true })
    .where('id', '=', people[0]?.person.id ?? '')
    .execute()
  const { json, status } = await client.call('GET', `${at(site.id)}/preview`)
  assert.equal(status, 200)
  assert.deepEqual(json.people, { count: 2, names: people.map(({ person }) => person.name).toSorted() })
  assert.deepEqual(json.kinds, [{ kind: 'totp', people: 2 }])
  assert.deepEqual([json.sessions, json.devices, json.without, json.mailedPasswords, json.isAvailable], [2, 0, 1, 1, true])
  assert.deepEqual(
    json.leftAlone,
    {
      count: 2,
      people: [
        { name: head.name, reason: 'yourself' },
        { name: shared.name, reason: 'elsewhere' },
      ],
    },
    bare.name,
  )
  assert.equal((await client.call('GET', at(site.id))).json.reset, null)
  // The provider covers both of the sites that the shared person belongs to.
  const owner = await kit.signIn(kit.provider.owner)
  const seen = (await owner.call('GET', `${at(site.id)}/preview`)).json
  assert.deepEqual([seen.people.count, seen.leftAlone.count], [4, 0])
})

test('S2.39 S2.40 S2.41 a confirmed reset ends authenticators, devices, sessions and open sign-ins of everybody it reaches, mails each of them once and nobody else, and says how many', async () => {
  const { site, head, client, people } = await office(3)
  const bare = await kit.person(site.id)
  const [first, second] = people
  assert.ok(first && second)
  const open = kit.client()
  assert.equal((await start(open, second.person)).json.step, 'answer')
  const begun = (await ordered(client, site)).json
  assert.deepEqual([begun.reset.state, begun.reset.counts.people, begun.reset.counts.done], ['running', 3, 0])
  await kit.resets.drain()
  await kit.resets.drain()
  for (const { person, client: theirs } of people) {
    assert.deepEqual([(await boundTo(person)).length, await owes(person)], [0, true])
    refused(await theirs.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    assert.equal((await resetMails(person)).length, 1)
  }
  refused(await answer(open, { code: kit.code(second.person) }), 401, 'sign-in-gone')
  for (const untouched of [head, bare]) assert.equal((await resetMails(untouched)).length, 0)
  assert.ok((await boundTo(head)).length > 0)
  const { reset } = (await client.call('GET', at(site.id))).json
  assert.equal(reset.state, 'done')
  assert.deepEqual([reset.counts.reset, reset.counts.done, reset.counts.sessions, reset.leftAlone.count], [3, 3, 3, 1])
  assert.equal(reset.counts.authenticators, 6)
  assert.deepEqual(reset.mails, { waiting: 0, sent: 3, failed: 0, failedFor: [] })
  const events = await eventsOf(client, site.id, 'two-factor.reset')
  assert.deepEqual(
    events.map((event: { whom: { id: string } }) => event.whom.id).toSorted(),
    people.map(({ person }) => person.id).toSorted(),
  )
  assert.equal((await eventsOf(client, site.id, 'reset.finished')).length, 1)
  // The debt is asked for by the next sign-in.
  assert.equal((await start(kit.client(), first.person)).json.opens, 'set-up')
})

test('S2.39 without the right name, a fresh second factor or the role nothing begins', async () => {
  const { site, head, client, people } = await office(1)
  refused(await client.call('POST', at(site.id), { name: 'something else' }), 422, 'name-mismatch')
  const admin = await kit.signIn(await kit.person(site.id, { role: 'admin' }))
  refused(await admin.call('POST', at(site.id), { name: site.name }), 403, 'forbidden')
  refused(await admin.call('GET', at(site.id)), 403, 'forbidden')
  refused(await admin.call('GET', `${at(site.id)}/preview`), 403, 'forbidden')
  refused(await (people[0]?.client ?? assert.fail()).call('POST', at(site.id), { name: site.name }), 403, 'forbidden')
  kit.pass(301)
  refused(await client.call('POST', at(site.id), { name: site.name }), 403, 'proof-required')
  await confirm(kit, head, client)
  await ordered(client, { ...site, name: ` ${site.name.toUpperCase()} ` })
  refused(await client.call('POST', at(site.id), { name: site.name }), 409, 'reset-under-way')
})

test('S2.39 a Security Admin who has no second factor cannot prove one, and is told to set it up first', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const head = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(head)
  refused(await client.call('POST', at(site.id), { name: site.name }), 409, 'not-enrolled')
  await kit.enroll(head, client)
  refused(await client.call('POST', at(site.id), { name: site.name }), 409, 'nobody-to-reset')
})

test('S2.40 within its time it is taken back: who has set up nothing new gets the old authenticators, each is told once, and whoever has set up anew keeps that', async () => {
  const { site, client, people } = await office(3)
  const [eager, ...others] = people
  assert.ok(eager)
  const { reset } = (await ordered(client, site)).json
  await kit.resets.drain()
  const before = await boundTo(eager.person)
  assert.equal(before.length, 0)
  await kit.signIn(eager.person)
  const hanging = kit.client()
  assert.equal((await start(hanging, others[0]?.person ?? assert.fail())).json.opens, 'set-up')
  const back = await take(client, site.id, 'take-back', reset.id)
  assert.equal(back.json?.reset.state, 'taking-back', back.text)
  await kit.resets.drain()
  refused(await answer(hanging, { code: '000000' }), 401, 'sign-in-gone')
  for (const { person, client: theirs } of others) {
    assert.deepEqual([(await boundTo(person)).length, await owes(person)], [2, false])
    refused(await theirs.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    assert.equal((await kit.mailsTo(person.email)).filter((mail) => /was taken back/.test(mail.subject)).length, 1)
    // The old app lets them in again.
    await kit.signIn(person)
  }
  assert.equal((await kit.mailsTo(eager.person.email)).filter((mail) => /was taken back/.test(mail.subject)).length, 0)
  assert.equal((await boundTo(eager.person)).length, 2)
  const after = (await client.call('GET', at(site.id))).json.reset
  assert.deepEqual([after.state, after.counts.restored, after.counts.kept, after.mayTakeBack], ['taken-back', 2, 1, false])
  refused(await take(client, site.id, 'take-back', reset.id), 409, 'moved-on')
  assert.equal((await eventsOf(client, site.id, 'two-factor.restored')).length, 2)
  // What did not come back is erased.
  const left = kit.rooms.store.db.selectFrom('authenticators').selectAll().where('retired_by', '=', reset.id)
  assert.ok((await left.execute()).every(({ secret_sealed, hashes }) => secret_sealed.length === 0 && hashes.length === 0))
})

test('S2.40 when its time is over it cannot be taken back, and the old secrets are gone from the database', async () => {
  const { site, head, client, people } = await office(1)
  const { reset } = (await ordered(client, site)).json
  await kit.resets.drain()
  const retired = () => kit.rooms.store.db.selectFrom('authenticators').selectAll().where('retired_by', '=', reset.id).execute()
  assert.ok(
    (await retired()).every(({ secret_sealed }) => secret_sealed.length > 0),
    'kept, sealed, while the window is open',
  )
  kit.pass(3600)
  const visitor = await kit.signIn(head)
  assert.deepEqual((await visitor.call('GET', at(site.id))).json.reset.state, 'closed')
  refused(await take(visitor, site.id, 'take-back', reset.id), 409, 'moved-on')
  await kit.resets.drain()
  const rows = await retired()
  assert.equal(rows.length, 2)
  assert.ok(rows.every(({ secret_sealed, hashes, used_hashes }) => secret_sealed.length + hashes.length + used_hashes.length === 0))
  assert.notEqual((await visitor.call('GET', at(site.id))).json.reset.erasedAt, null)
  assert.equal((await boundTo(people[0]?.person ?? assert.fail())).length, 0)
  assert.equal((await eventsOf(visitor, site.id, 'reset.closed')).length, 1)
})

test('a reset that runs is taken back in the middle: whoever was not reached yet is spared, and gets no mail', async () => {
  const { site, client, people } = await office(2)
  const { reset } = (await ordered(client, site)).json
  assert.equal((await take(client, site.id, 'take-back', reset.id)).status, 200)
  await kit.resets.drain()
  for (const { person, client: theirs } of people) {
    assert.equal((await boundTo(person)).length, 2)
    assert.equal((await theirs.call('GET', '/api/v1/session')).status, 200)
    assert.equal((await resetMails(person)).length, 0)
  }
  const after = (await client.call('GET', at(site.id))).json.reset
  assert.deepEqual([after.state, after.counts.spared], ['taken-back', 2])
})

test('with no time set a reset is final at once, and with a day it stays open for a day', async () => {
  const { site, client } = await office(1)
  const rules = (undoMinutes: number) => client.call('PUT', `${at(site.id)}/rules`, { needsApproval: false, undoMinutes })
  refused(await rules(1441), 400, 'malformed')
  refused(await rules(-1), 400, 'malformed')
  assert.equal((await rules(0)).json.rules.undoMinutes, 0)
  const { reset } = (await ordered(client, site)).json
  refused(await take(client, site.id, 'take-back', reset.id), 409, 'moved-on')
  await kit.resets.drain()
  assert.equal((await client.call('GET', at(site.id))).json.reset.state, 'closed')
  const later = await office(1)
  await later.client.call('PUT', `${at(later.site.id)}/rules`, { needsApproval: false, undoMinutes: 1440 })
  await ordered(later.client, later.site)
  await kit.resets.drain()
  const { finishedAt, undoUntil } = (await later.client.call('GET', at(later.site.id))).json.reset
  assert.equal(Date.parse(undoUntil) - Date.parse(finishedAt), 86_400_000)
})

test('staff of the provider who reset a site are shown as acting for it, with each person and with the whole', async () => {
  const { site, head, people } = await office(1)
  const owner = await kit.signIn(kit.provider.owner)
  const begun = await ordered(owner, site)
  assert.equal(begun.json.reset.proposedBy, kit.provider.owner.name)
  await kit.resets.drain()
  for (const action of ['reset.started', 'two-factor.reset', 'reset.finished']) {
    const [event] = await eventsOf(owner, site.id, action)
    assert.match(event?.sentence ?? '', /^(The reset of the organization that )?Olive Owner \(of the provider\)/, action)
  }
  // The Security Admin of the site was reset as well, and told by that; nobody is told twice.
  for (const person of [head, people[0]?.person ?? assert.fail()]) {
    assert.equal((await resetMails(person)).length, 1)
    assert.equal((await kit.mailsTo(person.email)).filter((mail) => /is being reset/.test(mail.subject)).length, 0)
  }
})

test('in the organization of the provider a Security Admin leaves the owner alone, who stands above, and the owner is told of it', async () => {
  const head = await kit.person(kit.provider.id, { role: 'security-admin' })
  const client = await kit.signIn(head)
  await kit.enroll(head, client)
  const member = await kit.person(kit.provider.id)
  await kit.enroll(member, await kit.signIn(member))
  const { json } = await client.call('GET', `${at(kit.provider.id)}/preview`)
  assert.deepEqual(json.leftAlone.people, [
    { name: kit.provider.owner.name, reason: 'above' },
    { name: head.name, reason: 'yourself' },
  ])
  const name = (await client.call('GET', `/api/v1/organizations/${kit.provider.id}`)).json.name
  await ordered(client, { id: kit.provider.id, name })
  await kit.resets.drain()
  assert.equal((await boundTo(kit.provider.owner as Person)).length, 2)
  const [told] = await kit.mailsTo(kit.provider.owner.email)
  assert.match(told?.subject ?? '', /is being reset for everybody/)
  await kit.rooms.store.db.deleteFrom('memberships').where('user_id', 'in', [head.id, member.id]).execute()
})

test('whoever joined another organization after the reset began is left as they are', async () => {
  const { site, client, people } = await office(2)
  const [mover] = people
  assert.ok(mover)
  await ordered(client, site)
  kit.pass(1)
  const other = await kit.site()
  await kit.rooms.store.db
    .insertInto('memberships')
    .values({
      organization_id: other.id,
      user_id: mover.person.id,
      role: 'user',
      required: false,
      invited_as: 'x',
      invited_at: kit.now(),
      joined_at: kit.now(),
    })
    .execute()
  await kit.resets.drain()
  assert.equal((await boundTo(mover.person)).length, 2)
  const { counts } = (await client.call('GET', at(site.id))).json.reset
  assert.deepEqual([counts.reset, counts.nothing, counts.done], [1, 1, 2])
})

test('a reset of one person and of the whole leave the same behind, but for the reset that they belong to', async () => {
  const { site, client, people } = await office(2)
  const [one, other] = people
  assert.ok(one && other)
  const single = await client.call('POST', `/api/v1/organizations/${site.id}/users/${one.person.id}/two-factor`, { action: 'reset' })
  assert.equal(single.status, 200, single.text)
  await ordered(client, site)
  await kit.resets.drain()
  const left = async ({ id }: Person) => ({
    users: await kit.rooms.store.db.selectFrom('users').select(['set_up_due', 'device_epoch']).where('id', '=', id).execute(),
    bound: (await boundTo({ id } as Person)).length,
    sessions: await kit.rooms.store.db.selectFrom('sessions').selectAll().where('user_id', '=', id).execute(),
    signIns: await kit.rooms.store.db.selectFrom('sign_ins').selectAll().where('user_id', '=', id).execute(),
  })
  assert.deepEqual(await left(one.person), await left(other.person))
})

test('A55 under the rule of two, one Security Admin alone resets nobody: the proposer cannot approve, nor anybody who was not asked, and the rule cannot be switched off for it', async () => {
  const { site, head, client, people } = await office(2)
  const second = await kit.person(site.id, { role: 'security-admin' })
  const other = await kit.signIn(second)
  const rules = (by: Client, needsApproval: boolean) => by.call('PUT', `${at(site.id)}/rules`, { needsApproval, undoMinutes: 60 })
  assert.equal((await rules(client, true)).json.rules.asksForTwo, true)
  // Switched off it holds for a day, and the others hear of it at once.
  const off = await rules(client, false)
  assert.deepEqual([off.json.rules.needsApproval, off.json.rules.asksForTwo], [false, true])
  assert.ok((await kit.mailsTo(second.email)).some((mail) => /will soon need one person only/.test(mail.subject)))
  const proposed = (await ordered(client, site)).json.reset
  assert.deepEqual([proposed.state, proposed.mayApprove, proposed.isOwn], ['proposed', false, true])
  await kit.resets.drain()
  for (const { person, client: theirs } of people) {
    assert.equal((await boundTo(person)).length, 2)
    assert.equal((await theirs.call('GET', '/api/v1/session')).status, 200)
  }
  refused(await take(client, site.id, 'approve', proposed.id), 409, 'not-an-approver')
  // A Security Admin made after the proposal is not one who was asked.
  const puppet = await kit.person(site.id, { role: 'security-admin' })
  refused(await take(await kit.signIn(puppet), site.id, 'approve', proposed.id), 409, 'not-an-approver')
  const asked = (await kit.mailsTo(second.email)).find((mail) => /Approve or decline/.test(mail.subject))
  assert.ok(asked?.text.includes(`/company-settings/general/two-factor/reset?organization=${site.id}`))
  assert.equal((await kit.mailsTo(head.email)).filter((mail) => /Approve or decline/.test(mail.subject)).length, 0)
  // The second one needs a fresh proof of their own.
  kit.pass(301)
  refused(await take(other, site.id, 'approve', proposed.id), 403, 'proof-required')
  await confirm(kit, second, other)
  const approved = await take(other, site.id, 'approve', proposed.id)
  assert.equal(approved.json?.reset.state, 'running', approved.text)
  await kit.resets.drain()
  for (const { person } of people) {
    assert.equal((await boundTo(person)).length, 0)
    assert.equal((await resetMails(person)).length, 1)
  }
  // Whoever approved sees it through; whoever proposed is reset with all others.
  assert.deepEqual([(await boundTo(head)).length, (await boundTo(second)).length], [0, 2])
  const [event] = await eventsOf(other, site.id, 'reset.started')
  assert.match(event?.sentence ?? '', new RegExp(`^${second.name} approved the reset of the organization that ${head.name} had proposed`))
})

test('A55 the password alone is not enough after a reset, and an hour is there to take it back', async () => {
  const { site, client, people } = await office(1)
  const { reset, rules } = (await ordered(client, site)).json
  assert.equal(rules.undoMinutes, 60)
  await kit.resets.drain()
  const [{ person } = assert.fail()] = people
  const visitor = kit.client()
  assert.notEqual((await start(visitor, person)).json.step, 'done')
  refused(await visitor.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await take(client, site.id, 'take-back', reset.id)).status, 200)
  await kit.resets.drain()
  assert.equal((await start(kit.client(), person)).json.step, 'answer')
})

test('a proposal is withdrawn, runs out after a day, and is void once its proposer may no longer decide it', async () => {
  const { site, client } = await office(1)
  const second = await kit.person(site.id, { role: 'security-admin' })
  let other = await kit.signIn(second)
  await other.call('PUT', `${at(site.id)}/rules`, { needsApproval: true, undoMinutes: 60 })
  const withdrawn = (await ordered(client, site)).json.reset
  assert.equal((await take(other, site.id, 'withdraw', withdrawn.id)).json.reset.state, 'withdrawn')
  refused(await take(other, site.id, 'approve', withdrawn.id), 409, 'moved-on')
  refused(await take(other, site.id, 'withdraw', withdrawn.id), 409, 'moved-on')

  kit.pass(1)
  const late = (await ordered(client, site)).json.reset
  kit.pass(86_400)
  other = await kit.signIn(second)
  assert.equal((await other.call('GET', at(site.id))).json.reset.state, 'expired')
  refused(await take(other, site.id, 'approve', late.id), 409, 'moved-on')
  await kit.resets.drain()
  assert.equal((await eventsOf(other, site.id, 'reset.expired')).length, 1)

  const third = await kit.person(site.id, { role: 'security-admin' })
  const proposer = await kit.signIn(third)
  const void_ = (await ordered(proposer, site)).json.reset
  await kit.rooms.store.db.updateTable('memberships').set({ role: 'admin' }).where('user_id', '=', third.id).execute()
  refused(await take(other, site.id, 'approve', void_.id), 409, 'moved-on')
  assert.equal((await take(other, site.id, 'withdraw', void_.id)).status, 200)
})

test('the rule of two cannot be switched on where nobody could be the second; in a site the provider above counts', async () => {
  const owner = await kit.signIn(kit.provider.owner)
  const alone = await owner.call('PUT', `${at(kit.provider.id)}/rules`, { needsApproval: true, undoMinutes: 60 })
  refused(alone, 409, 'second-admin-missing')
  const { site, client } = await office(1)
  const rules = await client.call('PUT', `${at(site.id)}/rules`, { needsApproval: true, undoMinutes: 60 })
  assert.deepEqual([rules.json.rules.asksForTwo, rules.json.rules.admins], [true, 2])
  const proposed = (await ordered(client, site)).json.reset
  assert.equal((await take(owner, site.id, 'approve', proposed.id)).json.reset.state, 'running')
  // The rule does not become a way around itself when the second one is gone.
  assert.ok((await rulesOf(client, site.id)).enabled)
})

test('nothing of a reset of one site is seen or answered in another', async () => {
  const [one, other] = [await office(1), await office(1)]
  const { reset } = (await ordered(one.client, one.site)).json
  await kit.resets.drain()
  refused(await other.client.call('GET', at(one.site.id)), 404, 'not-found')
  refused(await take(other.client, one.site.id, 'take-back', reset.id), 404, 'not-found')
  refused(await take(other.client, other.site.id, 'take-back', reset.id), 409, 'moved-on')
  assert.equal((await other.client.call('GET', at(other.site.id))).json.reset, null)
})
