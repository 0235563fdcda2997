import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, confirm, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

let count = 0
const newEmail = () => `new-${++count}@example.org`
const pending = async (client: Client) => (await client.call('GET', '/api/v1/me/profile')).json.pendingEmail

async function signedIn(mode: 'opt-in' | 'everyone' = 'everyone'): Promise<{ person: Person; client: Client }> {
  const site = await kit.site({ mode })
  const person = await kit.person(site.id)
  return { person, client: await kit.signIn(person) }
}

const ask = (client: Client, email: string) => client.call('POST', '/api/v1/me/email-change', { email })
const complete = (client: Client, token: string, password?: string) =>
  client.call('POST', '/api/v1/email-changes/complete', { token, ...(password === undefined ? {} : { password }) })

const mailed = async (email: string, about: string) => (await kit.mailsTo(email)).find(({ subject }) => subject === about)?.text ?? ''

/** The token of the newest link that an address got. */
async function tokenTo(email: string): Promise<string> {
  return /\/email-change\/([A-Za-z0-9_-]{43})/.exec(await mailed(email, 'Confirm your new email'))?.[1] ?? ''
}

test('A52 a person changes their email: fresh proof, a link to the new address, a button, a mail to the old one', async () => {
  const { person, client } = await signedIn()
  const email = newEmail()
  kit.pass(301)
  refused(await ask(client, email), 403, 'proof-required')
  await confirm(kit, person, client)
  refused(await ask(client, 'no address'), 422, 'invalid-email')
  refused(await ask(client, person.email.toUpperCase()), 409, 'email-unchanged')
  assert.deepEqual([(await ask(client, ` ${email.toUpperCase()} `)).status, (await pending(client)).email], [202, email])
  const token = await tokenTo(email)
  assert.ok(token)

  // A mail scanner opens the link, and more than once.
  for (let nth = 0; nth < 3; nth++) assert.equal((await kit.client().call('GET', `/email-change/${token}`)).status, 200)
  assert.equal((await kit.client().call('HEAD', `/email-change/${token}`)).status, 200)
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, person.email)

  // Whoever is not signed in learns the new address only, and is asked for the password.
  const stranger = await kit.client().call('GET', `/email-change/${token}`)
  assert.ok(stranger.text.includes(email) && stranger.text.includes('type="password"'))
  assert.ok(!stranger.text.includes(person.email) && !stranger.text.includes(person.name))
  const page = await client.call('GET', `/email-change/${token}`)
  assert.ok(page.text.includes(email) && !page.text.includes('type="password"'))

  const done = await client.submit(`/email-change/${token}`, '/email-change', { token })
  assert.equal(done.status, 200)
  assert.ok(done.text.includes('Your email was changed'))
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, email)
  assert.equal(await pending(client), null)
  assert.match(
    await mailed(person.email, 'The email of your account was changed'),
    /If this was not you: [\s\S]*Tell your administrator at once/,
  )
  refused(await start(kit.client(), person), 422, 'wrong-password')
  assert.equal((await start(kit.client(), { ...person, email })).json.step, 'answer')

  refused(await complete(client, token), 410, 'link-gone')
  const gone = await client.call('GET', `/email-change/${token}`)
  assert.equal(gone.status, 410)
  assert.ok(gone.text.includes('href="/settings#profile"'))
  const events = await kit.rooms.store.db
    .selectFrom('audit_events')
    .select(['action', 'detail'])
    .where('subject_id', '=', person.id)
    .execute()
  assert.deepEqual(events.find(({ action }) => action === 'email.changed')?.detail, { from: person.email, to: email })
})

test('without a session the password is asked; wrong ones count like those of a sign-in, and another person is a stranger', async () => {
  const [{ client, person }, other] = [await signedIn(), await signedIn()]
  const email = newEmail()
  await ask(client, email)
  const token = await tokenTo(email)
  refused(await complete(kit.client(), token), 422, 'wrong-password')
  refused(await complete(other.client, token), 422, 'wrong-password')
  refused(await complete(other.client, token, 'not the password'), 422, 'wrong-password')
  const page = await kit.client().submit(`/email-change/${token}`, '/email-change', { token, password: 'not the password' })
  assert.equal(page.status, 422)
  assert.ok(page.text.includes('That password is not right.'))
  refused(await complete(kit.client(), token, 'not the password'), 422, 'wrong-password')
  refused(await complete(kit.client(), token, person.password), 429, 'too-many-attempts')
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, person.email)
  kit.pass(31)
  assert.equal((await complete(kit.client(), token, person.password)).status, 204)
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, email)
})

test('nobody learns by it whether an address has an account: the answer and what is shown are the same, and the mail tells its owner', async () => {
  const [{ client }, other] = [await signedIn(), await signedIn()]
  const [free, taken] = [newEmail(), other.person.email]
  const first = await ask(client, free)
  const shown = await pending(client)
  const second = await ask(client, taken)
  assert.deepEqual([second.status, second.text, Object.keys(second.headers)], [first.status, first.text, Object.keys(first.headers)])
  assert.deepEqual(Object.keys(await pending(client)), Object.keys(shown))
  assert.equal((await pending(client)).email, taken)
  const text = await mailed(taken, 'This email is in use already')
  assert.ok(text !== '' && !text.includes('://'), 'no link was mailed')
  assert.equal(await tokenTo(taken), '')
})

test('an address that is taken in the meantime is refused, and nothing changes; the link runs out after an hour', async () => {
  const { person, client } = await signedIn()
  const email = newEmail()
  await ask(client, email)
  const token = await tokenTo(email)
  const owner = await kit.signIn(kit.provider.owner)
  const invited = await owner.call('POST', `/api/v1/organizations/${kit.provider.id}/users`, { name: 'Ina', email, role: 'user' })
  assert.equal(invited.status, 201)
  refused(await complete(client, token), 409, 'email-in-use')
  const page = await client.submit(`/email-change/${token}`, '/email-change', { token })
  assert.equal(page.status, 409)
  assert.ok(page.text.includes('This email is in use.'))
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, person.email)
  assert.equal((await pending(client)).email, email, 'the link is as it was')
  kit.pass(3600)
  refused(await complete(kit.client(), token, person.password), 410, 'link-gone')
})

test('a second change kills the link of the first, calling off kills it too, and one address gets three mails an hour', async () => {
  const { person, client } = await signedIn()
  const [one, two, three] = [newEmail(), newEmail(), newEmail()]
  await ask(client, one)
  const first = await tokenTo(one)
  await ask(client, two)
  const second = await tokenTo(two)
  refused(await complete(client, first), 410, 'link-gone')
  assert.equal((await client.call('DELETE', '/api/v1/me/email-change')).status, 204)
  assert.equal(await pending(client), null)
  refused(await complete(client, second), 410, 'link-gone')
  for (let nth = 0; nth < 3; nth++) assert.equal((await ask(client, three)).status, 202)
  refused(await ask(client, three), 429, 'sending-limit')
  assert.equal((await pending(client)).email, three)
  refused(await start(kit.client(), { ...person, email: three }), 422, 'wrong-password')
})

test('a new password ends a change that waits, and a new email ends the links for a new password that the old one got', async () => {
  const { person, client } = await signedIn()
  const email = newEmail()
  await ask(client, email)
  const token = await tokenTo(email)
  const password = 'five unrelated words for one door'
  assert.equal((await client.call('PUT', '/api/v1/me/password', { current: person.password, password })).status, 204)
  await client.call('GET', '/api/v1/session')
  refused(await complete(client, token), 410, 'link-gone')

  await confirm(kit, { ...person, password }, client)
  await ask(client, email)
  await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
  const reset = /\/reset-password\/([A-Za-z0-9_-]{43})/.exec(await mailed(person.email, 'Set a new password'))?.[1] ?? ''
  assert.equal((await kit.client().call('GET', `/reset-password/${reset}`)).status, 200)
  assert.equal((await complete(client, await tokenTo(email))).status, 204)
  assert.equal((await kit.client().call('GET', `/reset-password/${reset}`)).status, 410)
  const late = await kit.client().call('POST', '/api/v1/password-resets/complete', { token: reset, password: `${password} again` })
  refused(late, 410, 'link-gone')
})
