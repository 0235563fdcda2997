import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, confirm, contentsOf, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ supportContact: 'help@provider.example' })
})
after(() => kit.close())

const good = 'five unrelated words for one door'

/** A site where everybody uses two factors, with a Security Admin who is signed in and a user who has set up an app. */
async function cast() {
  const site = await kit.site({ mode: 'everyone' })
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const user = await kit.person(site.id)
  await kit.signIn(user)
  const client = await kit.signIn(admin)
  return { site, admin, user, client, at: `/api/v1/organizations/${site.id}/users/${user.id}/one-time-pass` }
}

const body = { reason: 'Lost phone, known by her voice', minutes: 60 }
const issue = async (client: Client, at: string, given: object = body) => {
  await client.call('GET', '/api/v1/session')
  return client.call('POST', at, given)
}

const mailed = async (person: Person, subject: string) => (await kit.mailsTo(person.email)).filter((mail) => mail.subject === subject)
/** The pass in the newest mail, or the part of it that was mailed. */
const passOf = async (person: Person) => {
  const mails = await mailed(person, 'Your one-time pass')
  const passes = mails.map(({ text }) => /: ((?:[A-Z2-7]{5}-){2,3}[A-Z2-7]{5})\n/.exec(text)?.[1] ?? '')
  const known = seen.get(person.id) ?? []
  const fresh = passes.find((one) => !known.includes(one)) ?? ''
  seen.set(person.id, [...known, fresh])
  return fresh
}
const seen = new Map<string, readonly string[]>()

async function resetByMail(person: Person, password: string): Promise<void> {
  kit.pass(3600)
  await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
  const mails = await mailed(person, 'Set a new password')
  for (const { text } of mails) {
    const token = /\/reset-password\/([A-Za-z0-9_-]{43})/.exec(text)?.[1]
    const reply = await kit.client().call('POST', '/api/v1/password-resets/complete', { token, password })
    if (reply.status === 204) return
  }
  assert.fail('no link was good')
}

/** Goes on from a set-up to the session, as an honest person does. */
async function setUp(person: Person, client: Client, step: { step: string; key?: string }): Promise<void> {
  assert.equal(step.step, 'enroll')
  person.key = step.key ?? ''
  const codes = await answer(client, { code: kit.code(person) })
  assert.equal(codes.json.step, 'codes', codes.text)
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
}

const statusOf = (person: Person) =>
  kit.rooms.store.db
    .selectFrom('users')
    .select(['password_mailed', 'one_time_pass', 'set_up_due'])
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow()

test('A26 a one-time pass opens the set-up of a new authenticator and nothing else; what was bound before is dead', async () => {
  const { user, client, at, site } = await cast()
  const old = { ...user }
  const signedIn = await kit.signIn(user)
  const issued = await issue(client, at)
  assert.deepEqual([issued.status, issued.json.spoken], [201, null])
  assert.equal(Date.parse(issued.json.expiresAt) - kit.now().getTime(), 3_600_000)
  const pass = await passOf(user)
  assert.match(pass, /^([A-Z2-7]{5}-){3}[A-Z2-7]{5}$/)
  assert.equal((await mailed(user, 'A one-time pass was issued for your account')).length, 1)
  assert.equal((await signedIn.call('GET', '/api/v1/session')).status, 200, 'issuing takes nothing away')

  const stuck = kit.client()
  const asked = await start(stuck, user)
  assert.deepEqual([asked.json.step, asked.json.kinds.includes('one-time-pass')], ['answer', true])
  const used = await answer(stuck, { code: pass.toLowerCase().replaceAll('-', ' ') })
  assert.deepEqual([used.status, used.json.step], [200, 'enroll'], used.text)
  refused(await stuck.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await signedIn.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await answer(stuck, { code: pass }), 422, 'code-not-accepted')
  const second = kit.client()
  assert.equal((await start(second, user)).json.opens, 'set-up', 'a set-up is due')
  await setUp(user, stuck, used.json)
  assert.deepEqual(await statusOf(user), { password_mailed: false, one_time_pass: null, set_up_due: false })
  assert.equal((await stuck.call('GET', '/api/v1/session')).json.aal, 2)
  assert.equal((await mailed(user, 'Your one-time pass was used')).length, 1)
  kit.pass(60)
  const later = kit.client()
  await start(later, user)
  refused(await answer(later, { code: kit.code(old) }), 422, 'code-not-accepted')
  refused(await answer(later, { code: old.backupCodes?.[0] ?? '' }), 422, 'code-not-accepted')
  refused(await answer(later, { code: pass }), 422, 'code-not-accepted', { reason: 'pass-gone' })
  const events = (await client.call('GET', `/api/v1/organizations/${site.id}/audit`)).json.events.map(
    (one: { action: string }) => one.action,
  )
  assert.ok(events.includes('one-time-pass.issued') && events.includes('one-time-pass.used'))
})

test('A15 a pass works once, of 16 at the same moment too, in every sign-in and on every page', async () => {
  const { user, client, at } = await cast()
  await issue(client, at)
  const pass = await passOf(user)
  const clients = Array.from({ length: 16 }, () => kit.client())
  for (const one of clients) await start(one, user)
  const replies = await Promise.all(clients.map((one) => answer(one, { code: pass })))
  assert.equal(replies.filter(({ status }) => status === 200).length, 1)
  const winner = clients[replies.findIndex(({ status }) => status === 200)] ?? assert.fail()
  assert.equal((await winner.call('GET', '/api/v1/sign-ins/current')).json.step, 'enroll')
  for (const one of clients.filter((other) => other !== winner)) {
    assert.notEqual((await answer(one, { code: pass })).status, 200)
    refused(await one.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  }
})

test('a pass ends by its time, by another one, by a reset, and by a new password; a wrong one counts as a wrong code', async () => {
  const { admin, user, client, at, site } = await cast()
  refused(await issue(client, at, { ...body, minutes: 14 }), 400, 'malformed')
  refused(await issue(client, at, { ...body, minutes: 1441 }), 400, 'malformed')
  refused(await issue(client, at, { ...body, reason: ' ' }), 400, 'malformed')
  refused(await issue(client, at, { minutes: 60 }), 400, 'malformed')
  assert.equal((await issue(client, at, { ...body, minutes: 15 })).status, 201)
  const first = await passOf(user)
  const stuck = kit.client()
  await start(stuck, user)
  kit.pass(900)
  await start(stuck, user)
  refused(await answer(stuck, { code: first }), 422, 'code-not-accepted', { reason: 'pass-gone' })

  await confirm(kit, admin, client)
  await issue(client, at)
  const second = await passOf(user)
  await issue(client, at)
  const third = await passOf(user)
  await start(stuck, user)
  refused(await answer(stuck, { code: second }), 422, 'code-not-accepted', { reason: 'mismatch' })
  refused(await answer(stuck, { code: third.slice(0, 17) }), 422, 'code-not-accepted', { reason: 'malformed' })
  const lane = await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${user.id}`).executeTakeFirst()
  assert.equal(lane?.failures, 1)
  assert.equal((await client.call('POST', at.replace('one-time-pass', 'two-factor'), { action: 'reset' })).status, 200)
  assert.equal((await statusOf(user)).one_time_pass, null)

  const other = await kit.person(site.id)
  await kit.signIn(other)
  await confirm(kit, admin, client)
  await issue(client, at.replace(user.id, other.id))
  const fourth = await passOf(other)
  await resetByMail(other, good)
  const late = kit.client()
  assert.deepEqual((await start(late, { ...other, password: good })).json.kinds.includes('one-time-pass'), false)
  refused(await answer(late, { code: fourth }), 422, 'code-not-accepted', { reason: 'pass-gone' })
})

test('a pass is for the code of a sign-in only: it confirms nothing and changes nothing of a session', async () => {
  const { user, client, at } = await cast()
  const own = await kit.signIn(user)
  await issue(client, at)
  kit.pass(301)
  const pass = await passOf(user)
  for (const intent of ['confirm', 'backup-codes'] as const) {
    await own.call('GET', '/api/v1/session')
    await own.call('POST', '/api/v1/me/sign-ins', { intent })
    await answer(own, { password: user.password })
    refused(await answer(own, { code: pass }), 422, 'code-not-accepted', { reason: 'malformed' })
  }
  assert.notEqual((await statusOf(user)).one_time_pass, null)
})

test('who may issue a pass: above the person, over all their organizations, with a second step of their own, for nobody who is them or sets up anyway', async () => {
  const { admin, user, client, at, site } = await cast()
  const elsewhere = await kit.site({ mode: 'everyone' })
  const plain = await kit.person(site.id, { role: 'admin' })
  const plainClient = await kit.signIn(plain)
  assert.equal((await issue(plainClient, at)).status, 201, 'an Admin may for a user')
  refused(await issue(plainClient, at.replace(user.id, admin.id)), 403, 'forbidden')
  refused(await issue(await kit.signIn(user), at), 403, 'forbidden')
  refused(await issue(client, at.replace(user.id, admin.id)), 409, 'yourself')
  refused(await issue(client, at.replace(site.id, elsewhere.id)), 404, 'not-found')
  const stranger = await kit.person(elsewhere.id)
  refused(await issue(client, at.replace(user.id, stranger.id)), 404, 'not-found')
  const fresh = await kit.person(site.id)
  refused(await issue(client, at.replace(user.id, fresh.id)), 409, 'not-enrolled')
  await kit.rooms.store.db
    .insertInto('memberships')
    .values({
      organization_id: elsewhere.id,
      user_id: user.id,
      role: 'user',
      required: false,
      invited_as: '',
      invited_at: kit.now(),
      joined_at: kit.now(),
    })
    .execute()
  refused(await issue(client, at), 403, 'shared-user')
  const owner = await kit.signIn(kit.provider.owner)
  assert.equal((await issue(owner, at)).status, 201, 'the provider covers both')
  kit.pass(301)
  refused(await issue(owner, at), 403, 'proof-required')

  const lax = await kit.site({ mode: 'opt-in' })
  const bare = await kit.signIn(await kit.person(lax.id, { role: 'security-admin' }))
  const protectedUser = await kit.person(lax.id)
  await kit.enroll(protectedUser, await kit.signIn(protectedUser))
  refused(await issue(bare, `/api/v1/organizations/${lax.id}/users/${protectedUser.id}/one-time-pass`), 403, 'second-step-required')
})

test('whoever issues a pass never sees it: it is in no reply, no audit, no row, and the reason is kept', async () => {
  const { user, client, at, site } = await cast()
  const issued = await issue(client, at)
  const pass = await passOf(user)
  const bare = pass.replaceAll('-', '')
  const seen = [
    issued.text,
    (await client.call('GET', `/api/v1/organizations/${site.id}/audit`)).text,
    (await client.call('GET', at.replace('/one-time-pass', ''))).text,
    await contentsOf(kit),
  ]
  for (const text of seen) assert.ok(!text.includes(bare) && !text.includes(pass) && !text.includes(pass.slice(0, 9)))
  assert.ok(seen[1]?.includes(body.reason))
  const [notice] = await mailed(user, 'A one-time pass was issued for your account')
  assert.ok(notice?.text.includes(body.reason) && !notice.text.includes(pass))
})

test('the password of a person that was set by mail becomes theirs by a second step, and by no answer that a mailbox holds', async () => {
  const { user } = await cast()
  await resetByMail(user, good)
  assert.equal((await statusOf(user)).password_mailed, true)
  await kit.signIn({ ...user, password: good })
  assert.equal((await statusOf(user)).password_mailed, false, 'password and app together')

  await resetByMail(user, `${good} again`)
  const password = `${good} again`
  const client = await kit.signIn({ ...user, password })
  assert.equal((await statusOf(user)).password_mailed, false)
  await kit.rooms.store.db.updateTable('users').set({ password_mailed: true }).where('id', '=', user.id).execute()
  await client.call('GET', '/api/v1/session')
  assert.equal((await client.call('PUT', '/api/v1/me/password', { current: password, password: good })).status, 204)
  assert.equal((await statusOf(user)).password_mailed, false, 'changed in a session with a fresh second step')

  const lax = await kit.site({ mode: 'opt-in' })
  const bare = await kit.person(lax.id)
  await resetByMail(bare, good)
  const alone = await kit.signIn({ ...bare, password: good })
  assert.equal((await alone.call('PUT', '/api/v1/me/password', { current: good, password: `${good} too` })).status, 204)
  assert.equal((await statusOf(bare)).password_mailed, true, 'the password alone owns nothing')
})

test('who has the mailbox and nothing else comes in by no route: not by reset, pass, administrator, change or undo of the email', async () => {
  const { admin, user, at, ...first } = await cast()
  let { client } = first
  // A pass waits in the mailbox: setting a password by mail ends it.
  await issue(client, at)
  const waiting = await passOf(user)
  await resetByMail(user, good)
  const thief = kit.client('198.51.100.9')
  const step = await start(thief, { ...user, password: good })
  assert.deepEqual([step.json.step, step.json.kinds.includes('one-time-pass')], ['answer', false])
  refused(await answer(thief, { code: waiting }), 422, 'code-not-accepted', { reason: 'pass-gone' })

  // The thief has the administrator asked, who sends a pass: what is mailed is not all of it.
  assert.equal((await thief.call('POST', '/api/v1/sign-ins/current/administrators')).status, 202)
  assert.match((await mailed(admin, `${user.name} asks for help with logging in`))[0]?.text ?? '', /set through a mailed link lately/)
  client = await kit.signIn(admin)
  const issued = await issue(client, at)
  const spoken: string = issued.json.spoken
  assert.match(spoken, /^[A-Z2-7]{5}$/)
  const part = await passOf(user)
  assert.match(part, /^([A-Z2-7]{5}-){2}[A-Z2-7]{5}$/)
  const everything = (await kit.mailsTo(user.email)).map(({ text, html }) => text + html).join('\n')
  assert.ok(!everything.includes(`${part}-`))
  await start(thief, { ...user, password: good })
  refused(await answer(thief, { code: part }), 422, 'code-not-accepted', { reason: 'malformed' })
  for (const guess of ['AAAAA', 'BBBBB', 'CCCCC'].filter((one) => one !== spoken))
    refused(await answer(thief, { code: `${part}-${guess}` }), 422, 'code-not-accepted', { reason: 'mismatch' })
  refused(await thief.call('GET', '/api/v1/session'), 401, 'not-signed-in')

  // Setting the password once more gives new tries for codes, and ends the pass they could be spent on.
  await resetByMail(user, `${good} again`)
  await start(thief, { ...user, password: `${good} again` })
  refused(await answer(thief, { code: `${part}-${spoken}` }), 422, 'code-not-accepted', { reason: 'pass-gone' })

  // The owner, who hears the last group, comes in.
  client = await kit.signIn(admin)
  const again = (await issue(client, at)).json.spoken
  const rest = await passOf(user)
  const owner = kit.client()
  await start(owner, { ...user, password: `${good} again` })
  const used = await answer(owner, { code: `${rest} ${again}` })
  assert.equal(used.json.step, 'enroll', used.text)
  await setUp(user, owner, used.json)
  assert.equal((await statusOf(user)).password_mailed, false)
})
