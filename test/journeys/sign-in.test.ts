import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, type Kit, openKit, type Person, refused, start, startFromSession } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** A person with an authenticator and backup codes, where everybody must have them. */
async function secured(): Promise<{ readonly person: Person; readonly organizationId: string; readonly client: Client }> {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  kit.pass(60)
  return { person, organizationId: site.id, client }
}

/** A sign-in whose password was right, from a device nobody knows. */
async function atCode(person: Person): Promise<Client> {
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'answer')
  return client
}

const isSignedIn = async (client: Client) => (await client.call('GET', '/api/v1/session')).status === 200

test('S1.18 S1.21 S1.22 S3.1 S3.8 S4.23 a required person is led from the password through the set-up into a session', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const client = kit.client()
  const started = await start(client, person)
  assert.equal(started.json.step, 'enroll')
  assert.equal(started.json.requiredBy.organization, site.name)
  assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
  const signedIn = await kit.signIn(person)
  const session = (await signedIn.call('GET', '/api/v1/session')).json
  assert.equal(session.aal, 2)
  assert.deepEqual(session.amr, ['pwd', 'otp', 'mfa'])
})

test('S1.28 the code is asked at every later sign-in, and the code that completed the set-up works nowhere again', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  await kit.signIn(person)
  const client = await atCode(person)
  refused(await answer(client, { code: kit.code(person) }), 422, 'code-not-accepted', { reason: 'replayed' })
  kit.pass(30)
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
})

test('A84 a wrong password, an unknown address and an address that is none are answered alike', async () => {
  const { person } = await secured()
  const site = await kit.site()
  const password = 'not the right password'
  const asked = [
    person.email,
    'nobody@example.org',
    (await kit.person(site.id)).email,
    'no address',
    "' or 1=1 --",
    'ß@ẞ',
    `${'x'.repeat(300)}@y`,
  ]
  const replies = await Promise.all(asked.map((email) => start(kit.client(), { email, password })))
  const alike = replies.map(({ status, json: { instance: _own, ...rest }, headers }) => ({
    status,
    rest,
    headers: Object.keys(headers).sort(),
  }))
  for (const reply of alike) assert.deepEqual(reply, alike[0])
  assert.equal(alike[0]?.rest.code, 'wrong-password')
  assert.ok(!alike[0]?.headers.includes('set-cookie'))
})

test('the right password alone opens nothing: the cookie of a sign-in is none of a session', async () => {
  const { person } = await secured()
  const client = await atCode(person)
  const token = client.cookies.get('countersign-sign-in') ?? ''
  for (const name of ['countersign-session', 'countersign-device']) {
    const other = kit.client()
    other.cookies.set(name, token)
    other.cookies.set('countersign-sign-in', token)
    for (const path of ['/api/v1/session', '/api/v1/me/two-factor', '/api/v1/me/sessions'])
      refused(await other.call('GET', path), 401, 'not-signed-in')
  }
  refused(await client.call('POST', '/api/v1/me/two-factor/reset', {}), 401, 'not-signed-in')
})

test('S3.19 S1.25 a code is taken with spaces and dashes, and what cannot be a code costs no try', async () => {
  const { person } = await secured()
  const client = await atCode(person)
  for (const code of ['', '12345', '1234567', 'abcdef', '１２３４５６', '12.456', 'A'.repeat(64), '-'.repeat(64)]) {
    refused(await answer(client, { code }), 422, 'code-not-accepted', { reason: 'malformed' })
  }
  const code = kit.code(person)
  assert.equal((await answer(client, { code: ` ${code.slice(0, 3)}-${code.slice(3)} ` })).json.step, 'done')
  const lane = await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${person.id}`).executeTakeFirst()
  assert.equal(lane?.failures, 0)
})

test('A01 a step that was used is dead, and so is every earlier one, in every other sign-in as well', async () => {
  const { person } = await secured()
  const [one, two] = [await atCode(person), await atCode(person)]
  const [earlier, later] = [kit.code(person), kit.code(person, 1)]
  assert.equal((await answer(one, { code: later })).json.step, 'done')
  for (const code of [later, earlier]) refused(await answer(two, { code }), 422, 'code-not-accepted', { reason: 'replayed' })
  assert.equal(await isSignedIn(two), false)
  kit.pass(30)
  refused(await answer(two, { code: later }), 422, 'code-not-accepted', { reason: 'replayed' })
  kit.pass(30)
  assert.equal((await answer(two, { code: kit.code(person) })).json.step, 'done')
})

test('A12 the present step and one either side are taken; beyond that the person is told how far the clock is off, and nothing is widened', async () => {
  for (const steps of [-1, 0, 1]) {
    const { person } = await secured()
    kit.pass(60)
    assert.equal((await answer(await atCode(person), { code: kit.code(person, steps) })).json?.step, 'done', `${steps} steps`)
  }
  const { person } = await secured()
  for (const steps of [-2, 2, -6, 6]) {
    const client = await atCode(person)
    refused(await answer(client, { code: kit.code(person, steps) }), 422, 'code-not-accepted', {
      reason: 'clock',
      clockOffBySeconds: steps * 30,
    })
    assert.equal(await isSignedIn(client), false)
  }
  const far = await atCode(person)
  kit.pass(600 - 1)
  refused(await answer(far, { code: kit.code(person, 30) }), 422, 'code-not-accepted', { reason: 'mismatch' })
})

test('A12 a clock that is set back brings no used code to life, and one that was ahead leaves no code of the future alive', async () => {
  const { person } = await secured()
  kit.pass(60)
  const used = kit.code(person)
  assert.equal((await answer(await atCode(person), { code: used })).json.step, 'done')
  const earlier = kit.code(person, -120)
  kit.pass(-3600)
  for (const dead of [used, earlier, kit.code(person)])
    refused(await answer(await atCode(person), { code: dead }), 422, 'code-not-accepted')
  const sick = await kit.client().call('GET', '/readyz')
  assert.deepEqual([sick.status, sick.json.status], [503, 'the clock is behind what was written last'])
  kit.pass(3600 + 30)
  assert.equal((await kit.client().call('GET', '/readyz')).status, 200)
  assert.equal((await answer(await atCode(person), { code: kit.code(person) })).json.step, 'done')

  const { person: other } = await secured()
  const future = kit.code(other, 120)
  refused(await answer(await atCode(other), { code: future }), 422, 'code-not-accepted')
  kit.pass(7200)
  kit.pass(-7200)
  refused(await answer(await atCode(other), { code: future }), 422, 'code-not-accepted')
})

test("another person's code and another person's backup code open nothing", async () => {
  const [mine, theirs] = [await secured(), await secured()]
  const client = await atCode(mine.person)
  for (const code of [kit.code(theirs.person), theirs.person.backupCodes?.[0] ?? '']) {
    refused(await answer(client, { code }), 422, 'code-not-accepted')
  }
  assert.equal(await isSignedIn(client), false)
  const other = await atCode(theirs.person)
  assert.equal((await answer(other, { code: theirs.person.backupCodes?.[0] })).json.step, 'done')
})

test('S3.24 S3.16 a backup code goes into the same field, in lower case and without dashes, once; its owner is told what is left', async () => {
  const { person } = await secured()
  const [first = '', second = ''] = person.backupCodes ?? []
  const client = await atCode(person)
  assert.equal((await answer(client, { code: first.toLowerCase().replaceAll('-', '') })).json.step, 'done')
  assert.deepEqual((await client.call('GET', '/api/v1/session')).json.amr, ['pwd', 'otp', 'mfa'])
  assert.equal((await client.call('GET', '/api/v1/me/two-factor')).json.backupCodesLeft, 9)
  const told = async () => (await kit.mailsTo(person.email)).filter((mail) => mail.subject === 'A backup code was used')
  assert.match((await told())[0]?.text ?? '', /\b9\b/)
  const again = await atCode(person)
  refused(await answer(again, { code: first }), 422, 'code-not-accepted', { reason: 'used-backup-code' })
  assert.equal((await answer(again, { code: ` ${second.replaceAll('-', ' ')} ` })).json.step, 'done')
  assert.equal((await told()).filter(({ text }) => /\b8\b/.test(text)).length, 1)
})

test('a sign-in is over ten minutes after it began, however far it came', async () => {
  const { person } = await secured()
  const client = await atCode(person)
  kit.pass(599)
  assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'answer')
  kit.pass(1)
  refused(await client.call('GET', '/api/v1/sign-ins/current'), 401, 'sign-in-gone')
  refused(await answer(client, { code: kit.code(person) }), 401, 'sign-in-gone')
  assert.equal(await isSignedIn(client), false)
})

test('a sign-in that was cancelled is gone, and its code is still good', async () => {
  const { person } = await secured()
  const client = await atCode(person)
  const copy = client.copy()
  assert.equal((await client.call('DELETE', '/api/v1/sign-ins/current')).status, 204)
  refused(await answer(copy, { code: kit.code(person) }), 401, 'sign-in-gone')
  const page = await kit.client().submit('/sign-in', '/sign-in/cancel', {})
  assert.equal(page.headers.location, '/sign-in')
  assert.equal((await answer(await atCode(person), { code: kit.code(person) })).json.step, 'done')
})

test('an answer to another step than the open one is refused and changes nothing', async () => {
  const { person } = await secured()
  const client = await atCode(person)
  for (const given of [{ password: person.password }, { saved: true }]) refused(await answer(client, given), 409, 'step-not-open')
  for (const given of [{}, { code: 123456 }, { code: ['123456'] }, { saved: false }, { code: '1', saved: true }, [], 'text', null]) {
    refused(await answer(client, given), given === 'text' ? 415 : 400, given === 'text' ? 'unsupported-media-type' : 'malformed')
  }
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
  refused(await answer(client, { code: kit.code(person) }), 401, 'sign-in-gone')
})

test('S0.63 what an organization decides in the middle of a sign-in holds for its next step', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const set = (policy: { enabled?: boolean; mode?: 'opt-in' | 'everyone' }) =>
    kit.rooms.store.db.updateTable('policies').set(policy).where('organization_id', '=', site.id).execute()
  const person = await kit.person(site.id)
  const signedIn = await kit.signIn(person)
  await kit.enroll(person, signedIn)
  kit.pass(60)

  await set({ enabled: false })
  const free = kit.client()
  assert.equal((await start(free, person)).json.step, 'done')
  await set({ enabled: true })
  const asked = await atCode(person)
  await set({ enabled: false })
  refused(await asked.call('GET', '/api/v1/sign-ins/current'), 401, 'sign-in-gone')
  const finished = await answer(asked, { code: '' })
  assert.equal(finished.json.step, 'done')
  assert.equal((await asked.call('GET', '/api/v1/session')).json.aal, 1)

  const beginner = await kit.person(site.id)
  await set({ enabled: true, mode: 'everyone' })
  const forced = kit.client()
  const started = await start(forced, beginner)
  assert.equal(started.json.step, 'enroll')
  await set({ mode: 'opt-in' })
  assert.equal((await answer(forced, { code: '' })).json.step, 'done')
  assert.equal((await forced.call('GET', '/api/v1/me/two-factor')).json.badge, 'not-set-up')
})

test('an authenticator that is taken away in the middle of a sign-in opens nothing any more', async () => {
  const { person, client } = await secured()
  const attacker = await atCode(person)
  const code = kit.code(person)
  assert.equal((await client.call('GET', '/api/v1/session')).status, 200)
  assert.equal((await client.call('POST', '/api/v1/me/two-factor/reset')).status, 200)
  refused(await answer(attacker, { code }), 401, 'sign-in-gone')
  assert.equal(await isSignedIn(attacker), false)
})

test('nobody stays signed in or signs in whose memberships are gone', async () => {
  const { person, client, organizationId } = await secured()
  const waiting = await atCode(person)
  await kit.rooms.store.db
    .deleteFrom('memberships')
    .where('user_id', '=', person.id)
    .where('organization_id', '=', organizationId)
    .execute()
  refused(await answer(waiting, { code: kit.code(person) }), 401, 'sign-in-gone')
  refused(await start(kit.client(), person), 422, 'wrong-password')
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
})

test('A40 a session from before a second step was required is over with the next request', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  await kit.rooms.store.db.updateTable('policies').set({ mode: 'everyone' }).where('organization_id', '=', site.id).execute()
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await start(kit.client(), person)).json.step, 'enroll')
})

test('where a sign-in leads to afterwards is a path of this site or the front door', async () => {
  const site = await kit.site({ enabled: false })
  const person = await kit.person(site.id)
  const astray = [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\t/evil.example',
    '/ok\nx',
    'javascript:alert(1)',
    'settings',
    '',
  ]
  for (const returnTo of [...astray, '/settings?x=1']) {
    const reply = await kit.client().call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password, returnTo })
    assert.equal(reply.json.returnTo, astray.includes(returnTo) ? '/' : returnTo, returnTo)
  }
  const client = kit.client()
  await start(client, person)
  for (const to of astray) {
    const reply = await client.call('GET', `/sign-in?return=${encodeURIComponent(to)}`)
    assert.equal(reply.headers.location, '/', to)
  }
  assert.equal((await client.call('GET', '/sign-in?return=%2Fsettings')).headers.location, '/settings')
})

test('S3.22 S1.26 the pages do without a script what the API does: password, set-up, codes, and the complete page', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const client = kit.client()
  const wrong = await client.submit('/sign-in', '/sign-in', { email: person.email, password: 'wrong' })
  assert.equal(wrong.status, 422)
  assert.ok(wrong.text.includes(`value="${person.email}"`) && !wrong.text.includes('value="wrong"'))
  const right = await client.submit('/sign-in', '/sign-in', { email: person.email, password: person.password })
  assert.deepEqual([right.status, right.headers.location], [303, '/sign-in'])
  const page = await client.call('GET', '/sign-in')
  person.key = /secret=([A-Z2-7]{32})/.exec(page.text)?.[1] ?? ''
  assert.match(page.text, /<svg/)
  const early = await client.submit('/sign-in', '/sign-in/answer', { code: kit.wrongCode(person) })
  assert.equal(early.status, 422)
  assert.ok(early.text.includes(person.key), 'the same key is shown again')
  await client.submit('/sign-in', '/sign-in/answer', { code: kit.code(person) })
  const codes = await client.call('GET', '/sign-in')
  const listed = codes.text.match(/[A-Z2-7]{4}(-[A-Z2-7]{4}){3}/g) ?? []
  assert.equal(new Set(listed).size, 10)
  const file = await client.call('GET', '/sign-in/codes.txt')
  assert.deepEqual(file.text.trim().split('\r\n').sort(), [...new Set(listed)].sort())
  assert.equal(await isSignedIn(client), false)
  const done = await client.submit('/sign-in', '/sign-in/answer', { saved: 'yes' })
  assert.equal(done.status, 200)
  assert.equal(await isSignedIn(client), true)
  assert.equal((await client.call('GET', '/sign-in/codes.txt')).status, 401)
})

test('the confirmation asks both factors of a session, and its old cookie is dead afterwards', async () => {
  const { person, client } = await secured()
  const before = client.copy()
  assert.equal((await startFromSession(client, 'confirm')).json.email, person.email)
  refused(await answer(client, { password: 'wrong' }), 422, 'wrong-password')
  refused(await answer(client, { code: kit.code(person) }), 409, 'step-not-open')
  assert.equal((await answer(client, { password: person.password })).json.step, 'answer')
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
  assert.equal(await isSignedIn(client), true)
  assert.equal(await isSignedIn(before), false)
})

test('S4.15 S4.17 disabling retires the authenticator that gave the code as well as the others, with an app code and with a backup code', async () => {
  for (const pick of ['app', 'backup'] as const) {
    const site = await kit.site()
    const person = await kit.person(site.id)
    const client = await kit.signIn(person)
    await kit.enroll(person, client)
    kit.pass(30)
    const started = await client.call('POST', '/api/v1/me/sign-ins', { intent: 'disable' })
    assert.equal(started.json.step, 'answer')
    const code = pick === 'app' ? kit.code(person) : person.backupCodes?.[0]
    assert.equal((await client.call('POST', '/api/v1/sign-ins/current/answers', { code })).json.step, 'done')
    const card = (await client.call('GET', '/api/v1/me/two-factor')).json
    assert.deepEqual([card.badge, card.authenticators, card.backupCodesLeft], ['not-set-up', [], null])
    assert.ok((await kit.mailsTo(person.email)).some((mail) => mail.subject.includes('off')))
  }
})
