import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const profile = '/api/v1/me/profile'
const phone = '/api/v1/me/phone'

async function signedIn(mode: 'opt-in' | 'everyone' = 'opt-in'): Promise<{ person: Person; client: Client }> {
  const site = await kit.site({ mode })
  const person = await kit.person(site.id)
  return { person, client: await kit.signIn(person) }
}

const subjects = async (email: string) => (await kit.mailsTo(email)).map(({ subject }) => subject)
const actions = async (person: Person) =>
  (await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id).orderBy('id').execute()).map(
    ({ action }) => action,
  )

test('a person changes name and language; an empty name and a language that there is not are refused', async () => {
  const { person, client } = await signedIn()
  const before = (await client.call('GET', profile)).json
  assert.deepEqual(before, {
    name: person.name,
    email: person.email,
    pendingEmail: null,
    phone: null,
    language: null,
    languages: [{ tag: 'en', name: 'English' }],
    leastPasswordLength: 15,
    passwordLengthRaisedBy: null,
  })
  kit.pass(301)
  const changed = await client.call('PATCH', profile, { name: '  Ren\u202eamed\n', language: 'en' })
  assert.deepEqual([changed.status, changed.json.name, changed.json.language], [200, 'Ren amed', 'en'])
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.name, 'Ren amed')
  refused(await client.call('PATCH', profile, { name: ' \u200b ' }), 400, 'malformed', { reason: 'name' })
  refused(await client.call('PATCH', profile, { language: 'xx' }), 400, 'malformed', { reason: 'language' })
  for (const body of [
    {},
    { name: '' },
    { name: 'x'.repeat(121) },
    { email: 'new@example.org' },
    { role: 'owner' },
    { phone: '+4915123456789' },
  ])
    refused(await client.call('PATCH', profile, body), 400, 'malformed')
  assert.equal((await client.call('PATCH', profile, { name: 'Ren amed', language: 'en' })).status, 200, 'the same again changes nothing')
  assert.equal((await actions(person)).filter((action) => action === 'profile.changed').length, 1)
  assert.equal((await client.call('PATCH', profile, { language: null })).json.language, null)
  refused(await kit.client().call('GET', profile), 401, 'not-signed-in')
})

test('pages and mails come in the language that the person chose, whatever the browser says', async () => {
  const { person, client } = await signedIn('everyone')
  await client.call('PATCH', profile, { language: 'en' })
  const next = kit.client()
  assert.equal((await start(next, person)).json.language, 'en')
  const page = await next.call('GET', '/sign-in', undefined, { 'accept-language': 'de' })
  assert.match(page.text, /<html lang="en">/)
  const { language } = await kit.rooms.store.db.selectFrom('users').select('language').where('id', '=', person.id).executeTakeFirstOrThrow()
  assert.equal(language, 'en')
})

test('S3.33 a number is stored as E.164 and not verified, after a fresh proof, and its owner is told; a wrong one is refused', async () => {
  const { person, client } = await signedIn('everyone')
  kit.pass(301)
  refused(await client.call('PUT', phone, { phone: '+49 (0) 1512 345 6789' }), 403, 'proof-required')
  await confirm(kit, person, client)
  const changed = await client.call('PUT', phone, { phone: '+49 (1512) 345-6789' })
  assert.deepEqual(changed.json.phone, { number: '+4915123456789', isVerified: false })
  const stored = await kit.rooms.store.db
    .selectFrom('users')
    .select(['phone', 'phone_verified_at'])
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow()
  assert.deepEqual(stored, { phone: '+4915123456789', phone_verified_at: null })
  const mail = (await kit.mailsTo(person.email)).find(({ subject }) => subject === 'Your phone number was changed')
  assert.match(mail?.text ?? '', /ends in 789/)
  assert.ok(!mail?.text.includes('3456789'))

  const wrong = [
    '0151 23456789',
    '+49',
    '+49 1',
    '+999 12345678',
    '+1 555 0100',
    '+49 900 1234567',
    'tel:+4915123456789;ext=5',
    '+49 1512 3456789 ext. 5',
    'call +4915123456789',
    "+49'; drop table users",
    '',
  ]
  for (const number of wrong) refused(await client.call('PUT', phone, { phone: number }), 422, 'invalid-phone')
  refused(await client.call('PUT', phone, { phone: '1'.repeat(41) }), 400, 'malformed')

  const mails = (await kit.mailsTo(person.email)).length
  assert.equal((await client.call('PUT', phone, { phone: '+4915123456789' })).status, 200)
  assert.equal((await kit.mailsTo(person.email)).length, mails, 'the same number is no change')
  await kit.rooms.store.db.updateTable('users').set({ phone_verified_at: kit.now() }).where('id', '=', person.id).execute()
  assert.equal((await client.call('PUT', phone, { phone: '+4915123456789' })).json.phone.isVerified, true)
  assert.equal((await client.call('PUT', phone, { phone: '+14155550132' })).json.phone.isVerified, false)
  assert.equal((await client.call('PUT', phone, { phone: null })).json.phone, null)
  assert.ok((await subjects(person.email)).includes('Your phone number was removed'))
  assert.equal((await actions(person)).filter((action) => action === 'phone.changed').length, 3)
})

const password = '/api/v1/me/password'
const good = 'five unrelated words for one door'

test('a person changes the password with the present one: other sessions end, this one goes on under a new cookie, the owner is told', async () => {
  const { person, client } = await signedIn('everyone')
  const other = await kit.signIn(person)
  const pending = kit.client()
  await start(pending, person)
  await client.call('GET', '/api/v1/session')
  const device = client.cookies.get('countersign-device')
  refused(await client.call('PUT', password, { current: person.password, password: 'short' }), 422, 'password-too-weak', {
    reason: 'too-short',
    minLength: 8,
  })
  refused(await client.call('PUT', password, { current: person.password, password: person.email }), 422, 'password-too-weak', {
    reason: 'contains-context',
  })
  refused(await client.call('PUT', password, { current: 'not the right one', password: good }), 422, 'wrong-password')
  assert.equal((await other.call('GET', '/api/v1/session')).status, 200, 'a refusal ends nothing')

  const before = client.copy()
  const provedAt = (await client.call('GET', '/api/v1/session')).json.provedAt
  kit.pass(400)
  assert.equal((await client.call('PUT', password, { current: person.password, password: good })).status, 204)
  refused(await before.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await other.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await answer(pending, { code: kit.code(person) }), 401, 'sign-in-gone')
  const session = await client.call('GET', '/api/v1/session')
  assert.deepEqual([session.status, session.json.provedAt], [200, provedAt], 'the password alone is no fresh proof of both factors')
  refused(await client.call('POST', '/api/v1/me/two-factor/reset'), 403, 'proof-required')
  assert.ok((await subjects(person.email)).includes('Your password was changed'))
  assert.equal((await actions(person)).at(-1), 'password.set')

  assert.notEqual(client.cookies.get('countersign-device'), device, 'the device is recognized under the new password')
  refused(await start(kit.client(), person), 422, 'wrong-password')
  assert.equal((await start(kit.client(), { ...person, password: good })).json.step, 'answer')
})

test('wrong passwords count in the lane of the sign-in: the device keeps one of its own, and a stranger waits', async () => {
  const { person, client } = await signedIn()
  const [stranger, thief] = [await kit.signIn(person), client.copy()]
  for (let nth = 1; nth <= 5; nth++)
    refused(await thief.call('PUT', password, { current: `wrong one ${nth}`, password: good }), 422, 'wrong-password')
  refused(await thief.call('PUT', password, { current: person.password, password: good }), 429, 'too-many-attempts')
  refused(await start(kit.client(), person), 429, 'too-many-attempts')
  assert.equal((await stranger.call('GET', '/api/v1/session')).status, 200)
  kit.pass(31)
  assert.equal((await client.call('PUT', password, { current: person.password, password: good })).status, 204)
})

test('help is voted on by whoever is signed in, and only counted', async () => {
  const { client } = await signedIn()
  const { votes } = (await client.call('GET', '/api/v1/help')).json
  assert.equal((await client.call('POST', '/api/v1/help/votes', { page: 'two-factor', useful: true })).status, 204)
  assert.equal((await client.call('POST', '/api/v1/help/votes', { page: 'two-factor', useful: false })).status, 204)
  assert.equal((await client.call('POST', '/api/v1/help/votes', { page: 'two-factor', useful: true })).status, 204)
  const after = (await client.call('GET', '/api/v1/help')).json
  assert.deepEqual(after.votes['two-factor'], { yes: votes['two-factor'].yes + 2, no: votes['two-factor'].no + 1 })
  assert.equal(after.supportContact, null)
  const rows = await kit.rooms.store.db.selectFrom('help_votes').selectAll().execute()
  for (const row of rows) assert.deepEqual(Object.keys(row).toSorted(), ['page', 'useful', 'votes'])
  refused(await client.call('POST', '/api/v1/help/votes', { page: 'nowhere', useful: true }), 400, 'malformed')
  refused(await kit.client().call('POST', '/api/v1/help/votes', { page: 'two-factor', useful: true }), 401, 'not-signed-in')
  refused(await kit.client().call('GET', '/api/v1/help'), 401, 'not-signed-in')
})
