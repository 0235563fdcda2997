import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { offerSetUp } from '#flows/recovery.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
let owner: Client
before(async () => {
  kit = await openKit()
  owner = await kit.signIn(kit.provider.owner)
})
after(() => kit.close())

const good = 'five unrelated words for one door'
const day = 86_400

/** The last part of the newest address of this kind that was mailed. */
async function mailed(email: string, kind: 'invitation' | 'reset-password'): Promise<string> {
  const tokens = (await tokensTo(email, kind)).toSorted((a, b) => (a.at < b.at ? 1 : -1))
  return tokens[0]?.token ?? ''
}

async function tokensTo(email: string, kind: string): Promise<readonly { token: string; at: string }[]> {
  const pattern = new RegExp(`/${kind}/([A-Za-z0-9_-]{43})`)
  return (await kit.mailsTo(email)).flatMap(({ text, ...mail }) => {
    const token = pattern.exec(text)?.[1]
    return token ? [{ token, at: String((mail as unknown as { id: string }).id) }] : []
  })
}

/** Invites somebody as the provider's owner. */
async function invite(organizationId: string, email: string, role = 'user', name = 'Ina Invited') {
  owner = await kit.signIn(kit.provider.owner)
  return owner.call('POST', `/api/v1/organizations/${organizationId}/users`, { name, email, role })
}

const accept = (token: string, password: string, client = kit.client()) =>
  client.call('POST', '/api/v1/invitations/accept', { token, password })
const complete = (token: string, password: string) => kit.client().call('POST', '/api/v1/password-resets/complete', { token, password })
const ask = (email: string, client = kit.client()) => client.call('POST', '/api/v1/password-resets', { email })
let count = 0
const newEmail = () => `invited-${++count}@example.org`

test('S1.3 R008 the set-up address founds the installation once, leads its owner to an authenticator, and no second one is given out', async () => {
  const own = await openKit({ founded: false })
  try {
    const address = (await offerSetUp(own.rooms)) ?? ''
    const again = (await offerSetUp(own.rooms)) ?? ''
    const token = again.split('/').at(-1) ?? ''
    const body = { token, organizationName: 'Provider', name: 'Olive', email: 'olive@example.org', password: good }
    const client = own.client()
    refused(await client.call('POST', '/api/v1/setup', { ...body, token: address.split('/').at(-1) }), 410, 'link-gone')
    refused(await client.call('POST', '/api/v1/setup', { ...body, token: 'x'.repeat(43) }), 410, 'link-gone')
    refused(await client.call('POST', '/api/v1/setup', { ...body, email: 'no address' }), 422, 'invalid-email')
    refused(await client.call('POST', '/api/v1/setup', { ...body, password: 'short' }), 422, 'password-too-weak', {
      reason: 'too-short',
      minLength: 8,
    })
    for (const field of ['organizationName', 'name'])
      refused(await client.call('POST', '/api/v1/setup', { ...body, [field]: '  ' }), 400, 'malformed')
    assert.equal((await client.call('GET', `/setup/${token}`)).status, 200, 'a refusal leaves it as it was')
    const page = await client.submit(`/setup/${token}`, '/setup', { ...body, password: 'short' })
    assert.equal(page.status, 422)
    assert.ok(page.text.includes('value="olive@example.org"') && !page.text.includes('value="short"'))
    const done = await client.call('POST', '/api/v1/setup', body)
    assert.deepEqual([done.status, done.json.step, done.json.requiredBy.organization], [201, 'enroll', 'Provider'])
    refused(await own.client().call('POST', '/api/v1/setup', body), 410, 'link-gone')
    assert.equal((await own.client().call('GET', `/setup/${token}`)).status, 410)
    assert.equal(await offerSetUp(own.rooms), undefined)
    refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    const key = done.json.key
    await answer(client, { code: own.code({ ...kit.provider.owner, key }) })
    assert.equal((await answer(client, { saved: true })).json.step, 'done')
    const session = (await client.call('GET', '/api/v1/session')).json
    assert.deepEqual([session.aal, session.memberships[0].role], [2, 'owner'])
  } finally {
    await own.close()
  }
})

test('the set-up address is good for a day', async () => {
  const own = await openKit({ founded: false })
  try {
    const token = (await offerSetUp(own.rooms))?.split('/').at(-1)
    own.pass(day)
    const body = { token, organizationName: 'Provider', name: 'Olive', email: 'olive@example.org', password: good }
    refused(await own.client().call('POST', '/api/v1/setup', body), 410, 'link-gone')
    assert.ok(await offerSetUp(own.rooms), 'and a restart prints another')
  } finally {
    await own.close()
  }
})

test('an invited person chooses a password, is led to the authenticator where one is required, and the address works once', async () => {
  const site = await kit.site({ mode: 'chosen', newUsersRequired: true })
  const email = newEmail()
  const invited = await invite(site.id, email)
  assert.deepEqual([invited.status, invited.json.status, invited.json.required], [201, 'invited', true])
  refused(await invite(site.id, email.toUpperCase()), 409, 'email-taken')
  refused(await start(kit.client(), { email, password: good }), 422, 'wrong-password')
  const token = await mailed(email, 'invitation')
  const page = await kit.client().call('GET', `/invitation/${token}`)
  assert.ok(page.text.includes(site.name) && page.text.includes(email))
  await kit.client().call('GET', `/invitation/${token}`)
  refused(await accept(token, 'short'), 422, 'password-too-weak', { reason: 'too-short', minLength: 8 })
  const client = kit.client()
  const accepted = await accept(token, 'eightish', client)
  assert.deepEqual([accepted.status, accepted.json.step, accepted.json.requiredBy.rule], [201, 'enroll', 'chosen'])
  refused(await accept(token, 'eightish'), 410, 'link-gone')
  assert.equal((await kit.client().call('GET', `/invitation/${token}`)).status, 410)
  const person: Person = { id: invited.json.id, email, name: 'Ina', password: 'eightish' }
  const signedIn = await kit.signIn(person)
  assert.equal((await signedIn.call('GET', '/api/v1/session')).json.memberships[0].organizationId, site.id)
})

test('an invitation dies after three days, and the one before it when it is mailed again', async () => {
  const site = await kit.site()
  const email = newEmail()
  const { json: member } = await invite(site.id, email)
  const first = await mailed(email, 'invitation')
  await confirm(kit, kit.provider.owner, owner)
  assert.equal((await owner.call('POST', `/api/v1/organizations/${site.id}/users/${member.id}/invitation`)).status, 200)
  const second = (await tokensTo(email, 'invitation')).find(({ token }) => token !== first)?.token ?? ''
  refused(await accept(first, good), 410, 'link-gone')
  kit.pass(3 * day)
  refused(await accept(second, good), 410, 'link-gone')
  owner = await kit.signIn(kit.provider.owner)
  assert.equal((await owner.call('POST', `/api/v1/organizations/${site.id}/users/${member.id}/invitation`)).status, 200)
  const third = (await tokensTo(email, 'invitation')).find(({ token }) => token !== first && token !== second)?.token ?? ''
  kit.pass(3 * day - 1)
  assert.equal((await accept(third, good)).status, 201)
  owner = await kit.signIn(kit.provider.owner)
  refused(await owner.call('POST', `/api/v1/organizations/${site.id}/users/${member.id}/invitation`), 409, 'already-active')
})

test('somebody with an account accepts with the password they have, and their second step is asked; a wrong one changes nothing', async () => {
  const [home, site] = [await kit.site({ mode: 'everyone' }), await kit.site({ mode: 'opt-in' })]
  const person = await kit.person(home.id)
  await kit.signIn(person)
  const invited = await invite(site.id, person.email, 'admin', 'Called Otherwise')
  assert.deepEqual(
    [invited.json.name, invited.json.badge],
    ['Called Otherwise', 'not-set-up'],
    'the one who invites learns nothing about the account',
  )
  const token = await mailed(person.email, 'invitation')
  refused(await accept(token, 'not my password'), 422, 'wrong-password')
  refused(await accept(token, good), 422, 'wrong-password')
  const client = kit.client()
  kit.pass(30)
  const accepted = await accept(token, person.password, client)
  assert.equal(accepted.json.step, 'answer')
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
  assert.equal((await client.call('GET', '/api/v1/session')).json.memberships.length, 2)
  assert.equal((await client.call('GET', `/api/v1/organizations/${site.id}/users/${person.id}`)).json.name, person.name)
  refused(await accept(token, person.password), 410, 'link-gone')
})

test('wrong passwords behind an invitation count like those at the sign-in', async () => {
  const [home, site] = [await kit.site(), await kit.site()]
  const person = await kit.person(home.id)
  await invite(site.id, person.email)
  const token = await mailed(person.email, 'invitation')
  for (let nth = 1; nth <= 5; nth++) refused(await accept(token, 'not my password'), 422, 'wrong-password')
  refused(await accept(token, person.password), 429, 'too-many-attempts')
  refused(await start(kit.client(), person), 429, 'too-many-attempts')
})

test('S3.2 R094 a reset is answered alike for an address nobody has; the mailed link sets a password once and never signs in', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const signedIn = await kit.signIn(person)
  const [known, unknown] = [await ask(person.email.toUpperCase()), await ask('nobody@example.org')]
  assert.deepEqual([known.status, known.text], [202, unknown.text])
  assert.equal(unknown.status, 202)
  assert.deepEqual(Object.keys(known.headers).sort(), Object.keys(unknown.headers).sort())
  assert.deepEqual(await kit.mailsTo('nobody@example.org'), [])
  assert.equal((await signedIn.call('GET', '/api/v1/session')).status, 200, 'nothing changes before the link is used')
  const token = await mailed(person.email, 'reset-password')
  assert.equal((await kit.client().call('GET', `/reset-password/${token}`)).status, 200)
  refused(await complete(token, 'short'), 422, 'password-too-weak', { reason: 'too-short', minLength: 8 })
  const pending = kit.client()
  await start(pending, person)
  const used = await complete(token, good)
  assert.equal(used.status, 204)
  assert.ok(
    [used.headers['set-cookie'] ?? []].flat().every((line) => /=;/.test(String(line))),
    'no cookie is given',
  )
  refused(await complete(token, good), 410, 'link-gone')
  refused(await signedIn.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await answer(pending, { code: kit.code(person) }), 401, 'sign-in-gone')
  refused(await start(kit.client(), person), 422, 'wrong-password')
  const next = kit.client()
  assert.equal((await start(next, { email: person.email, password: good })).json.step, 'answer', 'the second step is asked as before')
  kit.pass(30)
  assert.equal((await answer(next, { code: kit.code(person) })).json.step, 'done')
  assert.equal((await kit.mailsTo(person.email)).filter(({ subject }) => subject === 'Your password was changed').length, 1)
})

test('a sign-in whose old password was being checked while a new one was set comes to nothing', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(site.id)
  await ask(person.email)
  const token = await mailed(person.email, 'reset-password')
  const { passwords } = kit.rooms
  const { verify } = passwords
  let checked = () => {}
  let goOn = () => {}
  const isChecked = new Promise<void>((resolve) => {
    checked = resolve
  })
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve
  })
  Object.assign(passwords, {
    verify: async (...asked: Parameters<typeof verify>) => {
      const isRight = await verify(...asked)
      checked()
      await mayGoOn
      return isRight
    },
  })
  const late = kit.client()
  const signingIn = start(late, person)
  await isChecked
  Object.assign(passwords, { verify })
  assert.equal((await complete(token, good)).status, 204)
  goOn()
  refused(await signingIn, 409, 'moved-on')
  refused(await late.call('GET', '/api/v1/session'), 401, 'not-signed-in')
})

test('a second sign-in in the same browser takes the place of the first session', async () => {
  const site = await kit.site({ mode: 'opt-in' })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  const before = client.copy()
  await kit.signIn(person, client)
  refused(await before.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await client.call('GET', '/api/v1/me/sessions')).json.sessions.length, 1)
})

test('a reset link is good for an hour, a second one kills the first, and of two within a minute one is mailed', async () => {
  const site = await kit.site()
  const person = await kit.person(site.id)
  await ask(person.email)
  const first = await mailed(person.email, 'reset-password')
  kit.pass(60)
  await ask(person.email)
  const second = (await tokensTo(person.email, 'reset-password')).find(({ token }) => token !== first)?.token ?? ''
  refused(await complete(first, good), 410, 'link-gone')
  await ask(person.email)
  await ask(person.email)
  const most = (await tokensTo(person.email, 'reset-password')).length
  assert.equal(most, 2, 'who clicks again within a minute has the mail already')
  kit.pass(3600)
  for (const { token } of await tokensTo(person.email, 'reset-password')) refused(await complete(token, good), 410, 'link-gone')
  assert.ok(second)
  refused(await ask('no address'), 422, 'invalid-email')
  const other = await kit.person(site.id)
  await ask(other.email)
  const token = await mailed(other.email, 'reset-password')
  kit.pass(3599)
  assert.equal((await complete(token, good)).status, 204)
})

test('an invited person without a password gets no reset link', async () => {
  const site = await kit.site()
  const email = newEmail()
  await invite(site.id, email)
  assert.equal((await ask(email)).status, 202)
  assert.deepEqual(await tokensTo(email, 'reset-password'), [])
})

test('R001 R004 a weak password is refused with its reason: 15 letters where it can open a session alone, 8 where the second step is always asked', async () => {
  const table = [
    { mode: 'opt-in', least: 15 },
    { mode: 'everyone', least: 8 },
  ] as const
  for (const { mode, least } of table) {
    const site = await kit.site({ mode })
    const person = await kit.person(site.id)
    await ask(person.email)
    const token = await mailed(person.email, 'reset-password')
    const letters = 'qzkvwxjypmtgdbfhlnrs'
    const reasons: Record<string, string> = {
      [letters.slice(0, least - 1)]: 'too-short',
      [`🦉${letters.slice(0, least - 2)}`]: 'too-short',
      ['ab'.repeat(129)]: 'too-long',
      ['ab'.repeat(10)]: 'common',
      [person.email]: 'contains-context',
      [`${site.name} 2026!!!!!`]: 'contains-context',
      [`countersign ${'1'.repeat(9)}`]: 'contains-context',
    }
    if (least === 8) Object.assign(reasons, { password1: 'common', PASSWORD1: 'common', iloveyou: 'common' })
    for (const [password, reason] of Object.entries(reasons)) refused(await complete(token, password), 422, 'password-too-weak', { reason })
    refused(await complete(token, 'x'.repeat(1025)), 400, 'malformed')
    assert.equal((await complete(token, letters.slice(0, least))).status, 204)
    assert.equal((await start(kit.client(), { ...person, password: letters.slice(0, least) })).status, 201)
  }
})

test('R002 a password is taken as it is: every code point counts, two spellings of one letter are one', async () => {
  const site = await kit.site()
  const person = await kit.person(site.id)
  await ask(person.email)
  const password = ` Å ${'🦉🐝'.repeat(40)} end `
  assert.equal((await complete(await mailed(person.email, 'reset-password'), password)).status, 204)
  assert.equal((await start(kit.client(), { ...person, password: password.replace('Å', '\u212b') })).status, 201)
  for (const other of [password.trim(), password.toLowerCase(), `${password.slice(0, -2)}f `])
    refused(await start(kit.client(), { ...person, password: other }), 422, 'wrong-password')
})

test('wherever a new password is asked, the page says which organization raised its least length, and only where one did', async () => {
  const raised = await kit.site({ leastPasswordLength: 22 })
  const person = await kit.person(raised.id)
  const usual = await kit.person((await kit.site()).id)
  const resetPage = async ({ email }: { readonly email: string }) => {
    await ask(email)
    const [mail] = await kit.mailsTo(email)
    const address = /\/reset-password\/[\w-]+/.exec(mail?.text ?? '')?.[0] ?? ''
    return { address, text: (await kit.client().call('GET', address)).text }
  }
  const { address, text } = await resetPage(person)
  assert.ok(text.includes(`At least 22 characters, as ${raised.name} asks.`))
  assert.ok((await resetPage(usual)).text.includes('At least 15 characters. A few'))
  const token = address.split('/').at(-1) ?? ''
  refused(await complete(token, 'twenty characters ok'), 422, 'password-too-weak', { minLength: 22, raisedBy: raised.name })
  const refusal = await kit.client().submit(address, '/reset-password', { token, password: 'twenty characters ok' })
  assert.ok(refusal.text.includes(`Use at least 22 characters, as ${raised.name} asks`))
  const client = await kit.signIn(person)
  const profile = (await client.call('GET', '/api/v1/me/profile')).json
  assert.deepEqual([profile.leastPasswordLength, profile.passwordLengthRaisedBy], [22, raised.name])
})
