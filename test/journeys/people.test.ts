import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import { codesFromAnywhere } from '#domain/throttle.ts'
import { addMembership } from '#store/people.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

interface Member {
  readonly person: Person
  readonly client: Client
}

async function member(organizationId: string, role: Role = 'user', required = false): Promise<Member> {
  const person = await kit.person(organizationId, { role, required })
  return { person, client: await kit.signIn(person) }
}

async function staffed(mode: 'opt-in' | 'chosen' | 'everyone' = 'chosen') {
  const site = await kit.site({ mode })
  const at = `/api/v1/organizations/${site.id}/users`
  return { site, at, security: await member(site.id, 'security-admin', true), admin: await member(site.id, 'admin') }
}

const alsoIn = (organizationId: string, { id, name }: Person, role: Role = 'user') =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId: id, role, required: false, name, hasJoined: true })
const told = async ({ email }: Person, subject: string) =>
  (await kit.mailsTo(email)).filter((mail) => mail.subject.includes(subject)).length
const audited = async ({ id }: Person, action: string) =>
  kit.rooms.store.db
    .selectFrom('audit_events')
    .select(['actor_id', 'organization_id', 'detail'])
    .where('subject_id', '=', id)
    .where('action', '=', action as 'user.changed')
    .execute()
const isSignedIn = async ({ client }: Member) => (await client.call('GET', '/api/v1/session')).status === 200

test('a suspended person is signed out, cannot sign in, is told, and is back after the reinstatement', async () => {
  const { site, at, admin } = await staffed()
  const one = await member(site.id)
  const suspended = await admin.client.call('POST', `${at}/${one.person.id}/suspension`)
  assert.deepEqual([suspended.status, suspended.json.status], [200, 'suspended'])
  assert.equal(await isSignedIn(one), false)
  refused(await start(kit.client(), one.person), 422, 'wrong-password')
  assert.equal(await told(one.person, `Your access to ${site.name} was suspended`), 1)
  assert.deepEqual(
    (await audited(one.person, 'user.suspended')).map(({ actor_id, organization_id }) => [actor_id, organization_id]),
    [[admin.person.id, site.id]],
  )
  assert.equal((await admin.client.call('POST', `${at}/${one.person.id}/suspension`)).status, 200, 'twice is once')
  assert.equal((await audited(one.person, 'user.suspended')).length, 1)
  assert.equal((await admin.client.call('POST', `${at}/${one.person.id}/reinstatement`)).json.status, 'active')
  assert.equal(await isSignedIn(one), false, 'what was ended stays ended')
  assert.equal(await told(one.person, `You have access to ${site.name} again`), 1)
  await kit.signIn(one.person)
})

test('a suspension ends the sign-in that waits for a code, and an administrator who is suspended may do nothing at the next request', async () => {
  const { site, at, security, admin } = await staffed()
  const one = await member(site.id, 'user', true)
  const waiting = kit.client()
  assert.equal((await start(waiting, one.person)).json.step, 'answer')
  assert.equal((await security.client.call('POST', `${at}/${one.person.id}/suspension`)).status, 200)
  refused(await answer(waiting, { code: kit.code(one.person, 1) }), 401, 'sign-in-gone')
  assert.equal((await security.client.call('POST', `${at}/${admin.person.id}/suspension`)).status, 200)
  refused(await admin.client.call('GET', at), 401, 'not-signed-in')

  const other = await kit.site()
  const twice = await member(other.id)
  await alsoIn(site.id, twice.person, 'admin')
  assert.equal((await twice.client.call('GET', at)).status, 200)
  assert.equal((await security.client.call('POST', `${at}/${twice.person.id}/suspension`)).status, 200)
  refused(await twice.client.call('GET', at), 404, 'not-found')
  assert.equal(await isSignedIn(twice), true, 'where somebody else lets them in they stay')
})

test('a rule of an organization that suspended somebody asks nothing of them elsewhere', async () => {
  const { site, at, security } = await staffed('everyone')
  const home = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(home.id)
  await alsoIn(site.id, person)
  assert.equal((await start(kit.client(), person)).json.step, 'enroll')
  assert.equal((await security.client.call('POST', `${at}/${person.id}/suspension`)).status, 200)
  assert.equal((await start(kit.client(), person)).json.step, 'done')
})

test('nobody suspends or removes themselves, who stands above, who is not here, or who has not accepted yet', async () => {
  const { site, at, security, admin } = await staffed()
  const user = await member(site.id)
  const stranger = await member((await kit.site()).id, 'security-admin', true)
  const invited = (await admin.client.call('POST', at, { name: 'In Vited', email: `in-${site.id}@example.org`, role: 'user' })).json
  refused(await security.client.call('POST', `${at}/${security.person.id}/suspension`), 409, 'yourself')
  refused(await security.client.call('DELETE', `${at}/${security.person.id}`), 409, 'yourself')
  refused(await admin.client.call('POST', `${at}/${security.person.id}/suspension`), 403, 'forbidden')
  refused(await admin.client.call('DELETE', `${at}/${user.person.id}`), 403, 'forbidden', { right: 'remove-users' })
  refused(await admin.client.call('POST', `${at}/${user.person.id}/unlocking`), 403, 'forbidden', { right: 'unlock-users' })
  refused(await security.client.call('POST', `${at}/${invited.id}/suspension`), 409, 'not-joined')
  refused(await security.client.call('POST', `${at}/${invited.id}/unlocking`), 409, 'not-joined')
  for (const [method, path] of [
    ['POST', '/suspension'],
    ['POST', '/reinstatement'],
    ['POST', '/unlocking'],
    ['DELETE', ''],
    ['PATCH', ''],
  ] as const) {
    const body = method === 'PATCH' ? { name: 'X' } : undefined
    refused(await user.client.call(method, `${at}/${admin.person.id}${path}`, body), 403, 'forbidden')
    refused(await stranger.client.call(method, `${at}/${user.person.id}${path}`, body), 404, 'not-found')
    refused(await security.client.call(method, `${at}/${stranger.person.id}${path}`, body), 404, 'not-found')
    kit.pass(301)
    refused(await security.client.call(method, `${at}/${user.person.id}${path}`, body), 403, 'proof-required')
    await confirm(kit, security.person, security.client)
  }
})

test('the last Security Admin can be neither suspended nor removed, and one who is suspended does not count', async () => {
  const { site, at, security } = await staffed()
  const provider = await kit.signIn(kit.provider.owner)
  refused(await provider.call('POST', `${at}/${security.person.id}/suspension`), 409, 'last-security-admin')
  refused(await provider.call('DELETE', `${at}/${security.person.id}`), 409, 'last-security-admin')
  const second = await member(site.id, 'security-admin', true)
  assert.equal((await provider.call('POST', `${at}/${second.person.id}/suspension`)).status, 200)
  refused(await provider.call('DELETE', `${at}/${security.person.id}`), 409, 'last-security-admin')
  refused(await provider.call('PATCH', `${at}/${security.person.id}`, { role: 'user' }), 409, 'last-security-admin')
  assert.equal((await provider.call('PATCH', `${at}/${second.person.id}`, { role: 'user' })).status, 200)
})

test('a removed person is gone from the list and signed out, the audit stays, and they can be invited again', async () => {
  const { site, at, security } = await staffed()
  const one = await member(site.id)
  assert.equal((await security.client.call('DELETE', `${at}/${one.person.id}`)).status, 204)
  refused(await security.client.call('GET', `${at}/${one.person.id}`), 404, 'not-found')
  refused(await security.client.call('DELETE', `${at}/${one.person.id}`), 404, 'not-found')
  assert.equal(await isSignedIn(one), false)
  refused(await start(kit.client(), one.person), 422, 'wrong-password')
  assert.equal(await told(one.person, `You no longer belong to ${site.name}`), 1)
  assert.equal((await audited(one.person, 'user.removed')).length, 1)
  assert.ok((await audited(one.person, 'session.started')).length > 0)
  const again = await security.client.call('POST', at, { name: 'Back Again', email: one.person.email, role: 'user' })
  assert.deepEqual([again.status, again.json.status], [201, 'invited'])
})

test('to remove an invited person takes the invitation back, and mails them nothing', async () => {
  const { site, at, security } = await staffed()
  const email = `back-${site.id}@example.org`
  const { id } = (await security.client.call('POST', at, { name: 'Taken Back', email, role: 'user' })).json
  const [mail] = await kit.mailsTo(email)
  const token = /invitation\/([\w-]+)/.exec(mail?.text ?? '')?.[1]
  assert.equal((await security.client.call('DELETE', `${at}/${id}`)).status, 204)
  refused(await kit.client().call('POST', '/api/v1/invitations/accept', { token, password: 'a long enough password' }), 410, 'link-gone')
  assert.equal((await kit.mailsTo(email)).length, 1)
})

test('unlocking forgets wrong codes and passwords, tells the person, and is not for whom others share', async () => {
  const { site, at, security } = await staffed()
  const one = await member(site.id, 'user', true)
  const { db } = kit.rooms.store
  const lane = `code:${one.person.id}`
  const shut = { key: lane, failures: codesFromAnywhere.limit, wait_until: null, updated_at: kit.now() }
  await db
    .insertInto('throttles')
    .values(shut)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(shut))
    .execute()
  const stuck = kit.client()
  await start(stuck, one.person)
  kit.pass(30)
  refused(await answer(stuck, { code: kit.code(one.person) }), 429, 'password-change-required')
  for (let wrong = 0; wrong < 6; wrong++) await start(kit.client(), { ...one.person, password: 'something else entirely' })
  refused(await start(kit.client(), one.person), 429, 'too-many-attempts')

  assert.equal((await security.client.call('POST', `${at}/${one.person.id}/unlocking`)).status, 200)
  assert.equal(await told(one.person, 'You can log in again'), 1)
  assert.equal((await audited(one.person, 'user.unlocked')).length, 1)
  assert.equal((await security.client.call('POST', `${at}/${one.person.id}/unlocking`)).status, 200)
  assert.equal((await audited(one.person, 'user.unlocked')).length, 1, 'nothing was left to forget')
  await kit.signIn(one.person)

  await alsoIn((await kit.site()).id, one.person)
  refused(await security.client.call('POST', `${at}/${one.person.id}/unlocking`), 403, 'shared-user')
})

test('S0.37 S0.38 "Edit User" saves name, role, "Two Factor Type" and "Required 2FA" together, audited, with a mail that says what changed', async () => {
  const { site, at, security, admin } = await staffed()
  const { person } = await member(site.id)
  const change = { name: ' Renamed Here ', role: 'admin', required: true, method: 'totp' }
  const saved = await security.client.call('PATCH', `${at}/${person.id}`, change)
  assert.equal(saved.status, 200, saved.text)
  const { name, role, required, method } = (await admin.client.call('GET', `${at}/${person.id}`)).json
  assert.deepEqual([name, role, required, method], ['Renamed Here', 'admin', true, 'totp'])
  const [event] = await audited(person, 'user.changed')
  assert.equal(event?.actor_id, security.person.id)
  assert.deepEqual(event?.detail, { name: { from: person.name, to: 'Renamed Here' }, method: { from: null, to: 'totp' } })
  const [mail] = (await kit.mailsTo(person.email)).filter(({ subject }) => subject === `Your account at ${site.name} was changed`)
  for (const said of ['Renamed Here', 'Your role there is now: Admin', 'Google / Microsoft Authenticator', security.person.name])
    assert.ok(mail?.text.includes(said), said)
  assert.equal((await security.client.call('PATCH', `${at}/${person.id}`, { ...change, name: 'Renamed Here' })).status, 200)
  assert.equal((await audited(person, 'user.changed')).length, 1, 'what stays as it is leaves no trace')
  assert.equal((await security.client.call('PATCH', `${at}/${person.id}`, { method: null })).json.method, null)
  for (const wrong of [{ method: 'carrier-pigeon' }, { name: '  ' }, { name: '' }, { name: 'x'.repeat(121) }, {}, { email: 'a@b.c' }])
    refused(await security.client.call('PATCH', `${at}/${person.id}`, wrong), 400, 'malformed')
})

test('all of a change or nothing of it: an admin who may name and not promote changes neither in one request', async () => {
  const { site, at, admin } = await staffed()
  const { person } = await member(site.id)
  refused(await admin.client.call('PATCH', `${at}/${person.id}`, { name: 'Half', role: 'admin' }), 403, 'forbidden')
  assert.equal((await admin.client.call('GET', `${at}/${person.id}`)).json.name, person.name)
  assert.equal((await admin.client.call('PATCH', `${at}/${person.id}`, { name: 'Whole' })).json.name, 'Whole')
})

test('nobody is renamed by one of several organizations, and an invitation is renamed without touching the account', async () => {
  const { site, at, admin } = await staffed()
  const home = await kit.site()
  const { person } = await member(home.id)
  const invited = (await admin.client.call('POST', at, { name: 'As We Say', email: person.email, role: 'user' })).json
  assert.deepEqual([invited.id, invited.isShared], [person.id, false], 'where else an invited person is stays untold')
  assert.equal((await admin.client.call('PATCH', `${at}/${person.id}`, { name: 'As We Say Now' })).json.name, 'As We Say Now')
  await kit.rooms.store.db.deleteFrom('memberships').where('organization_id', '=', site.id).where('user_id', '=', person.id).execute()
  await alsoIn(site.id, person)
  assert.equal((await admin.client.call('GET', `${at}/${person.id}`)).json.name, person.name)
  refused(await admin.client.call('PATCH', `${at}/${person.id}`, { name: 'Taken Over' }), 403, 'shared-user')
})

test('S1.6 the list narrows by status, role and protection, all at once, and pages in one order whatever a person is called meanwhile', async () => {
  const { site, at, security, admin } = await staffed()
  const free = await kit.person(site.id)
  const due = await kit.person(site.id, { required: true })
  const away = await member(site.id)
  await admin.client.call('POST', `${at}/${away.person.id}/suspension`)
  const invited = (await admin.client.call('POST', at, { name: 'Zz Invited', email: `zz-${site.id}@example.org`, role: 'user' })).json
  const ids = async (query: string) => (await admin.client.call('GET', `${at}?${query}`)).json.users.map(({ id }: Person) => id)
  assert.deepEqual(await ids('status=invited'), [invited.id])
  assert.deepEqual(await ids('status=suspended'), [away.person.id])
  assert.deepEqual((await ids('status=active')).toSorted(), [security.person.id, admin.person.id, free.id, due.id].toSorted())
  assert.deepEqual(await ids('role=security-admin'), [security.person.id])
  assert.deepEqual(await ids('badge=secured'), [security.person.id])
  assert.deepEqual(await ids('badge=required'), [due.id])
  assert.deepEqual((await ids('badge=not-set-up&status=active')).toSorted(), [admin.person.id, free.id].toSorted())
  assert.deepEqual(await ids('badge=not-available'), [])
  assert.deepEqual(await ids(`badge=required&role=user&search=${due.email.slice(0, 14).toUpperCase()}`), [due.id])
  assert.equal((await admin.client.call('GET', `${at}?badge=required&role=admin`)).json.total, 0)
  for (const query of ['status=gone', 'badge=SECURED', 'role=root', 'cursor=', 'cursor=YQpiCmM', 'cursor=YQA'])
    refused(await admin.client.call('GET', `${at}?${query}`), 400, 'malformed')

  await kit.rooms.store.db.updateTable('users').set({ name: '0 First Now' }).where('id', '=', due.id).execute()
  const [first] = (await admin.client.call('GET', at)).json.users
  assert.equal(first.id, due.id, 'a new name moves a person in the list at once')
  assert.ok(first.lastSignInAt === null)
  const seen = (await admin.client.call('GET', `${at}/${security.person.id}`)).json
  assert.ok(Date.parse(seen.lastSignInAt) <= kit.now().getTime())
})

test('the policy of an organization that is off shows everybody as not available, and finds them so', async () => {
  const site = await kit.site({ enabled: false })
  const { client, person } = await member(site.id, 'admin')
  const found = (await client.call('GET', `/api/v1/organizations/${site.id}/users?badge=not-available`)).json
  assert.deepEqual(
    found.users.map(({ id, badge }: { id: string; badge: string }) => [id, badge]),
    [[person.id, 'not-available']],
  )
  assert.equal((await client.call('GET', `/api/v1/organizations/${site.id}/users?badge=secured`)).json.total, 0)
})
