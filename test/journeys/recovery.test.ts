import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import { codesFromRecognizedDevice, passwordsFromRecognizedDevice } from '#domain/throttle.ts'
import { answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

const publicUrl = 'https://id.example.org'
let kit: Kit
before(async () => {
  kit = await openKit({ publicUrl, supportContact: 'help@provider.example', remembersHashes: false })
})
after(() => kit.close())

const good = 'five unrelated words for one door'
const ask = (email: string, headers?: Record<string, string>) => kit.client().call('POST', '/api/v1/password-resets', { email }, headers)
const mailed = async (email: string, subject: string) => (await kit.mailsTo(email)).filter((mail) => mail.subject === subject)
const db = () => kit.rooms.store.db

async function joins(organizationId: string, person: Person, role: Role = 'user'): Promise<void> {
  await db()
    .insertInto('memberships')
    .values({
      organization_id: organizationId,
      user_id: person.id,
      role,
      required: false,
      invited_as: person.name,
      invited_at: kit.now(),
      joined_at: kit.now(),
    })
    .execute()
}

const suspend = (person: Person) =>
  db().updateTable('memberships').set({ suspended_at: kit.now() }).where('user_id', '=', person.id).execute()

test('S3.2 R094 "Forgot password?" answers everybody alike and in the same time: known, unknown, suspended, without password, of several organizations', async () => {
  const [site, other] = [await kit.site({ mode: 'everyone' }), await kit.site()]
  const known = await kit.person(site.id)
  const suspended = await kit.person(site.id)
  await suspend(suspended)
  const several = await kit.person(site.id)
  await joins(other.id, several)
  const without = await kit.person(site.id)
  await db().updateTable('users').set({ password_hash: null }).where('id', '=', without.id).execute()
  const cases = {
    known: known.email,
    unknown: 'nobody-at-all@example.org',
    suspended: suspended.email,
    'without a password': without.email,
    'of several organizations': several.email,
  }
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  const seen = new Set<string>()
  for (let round = 0; round < 9; round++) {
    // Far enough apart that a mail is written each time: the longest work there is.
    kit.pass(3600)
    for (const [name, email] of Object.entries(cases)) {
      const began = performance.now()
      const { status, text, headers } = await ask(email)
      times[name]?.push(performance.now() - began)
      seen.add(JSON.stringify([status, text, Object.keys(headers).toSorted()]))
    }
  }
  assert.equal(seen.size, 1, 'one answer for all')
  const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0
  const medians = Object.values(times).map(median)
  assert.ok(Math.min(...medians) >= 149, `no answer comes early: ${medians}`)
  assert.ok(Math.max(...medians) - Math.min(...medians) < 25, `no answer is told apart by its time: ${JSON.stringify(times)}`)
  assert.ok((await mailed(known.email, 'Set a new password')).length >= 9)
  assert.deepEqual(await kit.mailsTo(without.email), [])
})

test('A26 no walk around the mailed token sets a password, and what it sets signs nobody in', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const [victim, other] = [await kit.person(site.id), await kit.person(site.id)]
  await kit.signIn(victim)
  await ask(victim.email)
  await ask(other.email)
  const tokenOf = async ({ email }: Person) =>
    /\/reset-password\/([A-Za-z0-9_-]{43})/.exec((await mailed(email, 'Set a new password'))[0]?.text ?? '')?.[1] ?? ''
  const token = await tokenOf(victim)
  const before = await db().selectFrom('users').selectAll().where('id', '=', victim.id).executeTakeFirstOrThrow()
  let seed = 7
  const pick = <One>(list: readonly One[]): One => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return list[seed % list.length] as One
  }
  const thief = kit.client()
  const wrong = () =>
    pick([token.slice(1), `${token.slice(0, -1)}x`, token.toUpperCase(), token.toLowerCase(), 'x'.repeat(43), token.replace(/./, '%')])
  const moves: readonly (() => Promise<unknown>)[] = [
    () => ask(victim.email.toUpperCase()),
    () => thief.call('POST', '/api/v1/password-resets/complete', { token: wrong(), password: good }),
    () => thief.call('POST', '/api/v1/password-resets/complete', { password: good }),
    () => thief.call('POST', '/api/v1/password-resets/complete', { token: [token], password: good }),
    () => thief.call('POST', '/api/v1/password-resets/complete', { token: { $ne: '' }, password: good }),
    () => thief.call('POST', '/api/v1/invitations/accept', { token, password: good }),
    () => thief.call('POST', '/api/v1/setup', { token, organizationName: 'O', name: 'N', email: victim.email, password: good }),
    () => thief.call('POST', '/api/v1/email-changes/complete', { token, password: good }),
    () => thief.call('POST', '/api/v1/email-changes/undo', { token }),
    () => thief.call('GET', `/reset-password/${wrong()}`),
    () => thief.call('GET', `/email-change-undo/${token}`),
    () => thief.submit('/forgot-password', '/reset-password', { token: wrong(), password: good }),
    () => thief.submit('/forgot-password', '/reset-password', { password: good, userId: victim.id, email: victim.email }),
    () => thief.call('GET', '/sign-in'),
  ]
  kit.pass(1)
  const { passwords } = kit.rooms
  const { hash } = passwords
  Object.assign(passwords, { hash: () => assert.fail('no password is hashed for a token that is none') })
  for (let step = 0; step < 400; step++) await pick(moves.slice(1))()
  Object.assign(passwords, { hash })
  await moves[0]?.()
  assert.deepEqual(await db().selectFrom('users').selectAll().where('id', '=', victim.id).executeTakeFirstOrThrow(), before)
  assert.ok(!thief.cookies.has('__Host-countersign-session'))

  // The newest token works, for its own person and nobody else; no cookie comes of it and the second step is asked.
  const newest = kit.client()
  const own = await newest.call('POST', '/api/v1/password-resets/complete', { token: await tokenOf(other), password: good })
  assert.equal(own.status, 204)
  assert.equal(newest.cookies.size, 0)
  refused(await start(kit.client(), { ...victim, password: good }), 422, 'wrong-password')
  assert.equal((await start(kit.client(), victim)).json.step, 'answer')
})

test('A79 a mail goes to the stored address and to no other, whatever shape the asked one has', async () => {
  const site = await kit.site()
  const stored = await kit.person(site.id)
  const name = stored.email.split('@')[0] ?? ''
  const attacker = 'attacker@evil.example'
  const json = { 'content-type': 'application/json' }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const send = (body: string, headers: Record<string, string> = json) => kit.client().call('POST', '/api/v1/password-resets', body, headers)
  const shapes = [
    JSON.stringify({ email: [stored.email, attacker] }),
    JSON.stringify({ email: { to: stored.email, cc: attacker } }),
    JSON.stringify({ email: `${stored.email},${attacker}` }),
    JSON.stringify({ email: `${stored.email};${attacker}` }),
    JSON.stringify({ email: `${stored.email} ${attacker}` }),
    JSON.stringify({ email: `${stored.email}\r\nBcc: ${attacker}` }),
    JSON.stringify({ email: `${stored.email}%0aBcc:${attacker}` }),
    JSON.stringify({ email: `<${stored.email}>,<${attacker}>` }),
    JSON.stringify({ email: `"${stored.email}" <${attacker}>` }),
    JSON.stringify({ email: stored.email, 'email[]': attacker }),
    `{"email":"${stored.email}","email":"${attacker}"}`,
    JSON.stringify({ email: stored.email.replace('o', 'ο') }),
    JSON.stringify({ email: stored.email.replace('e', 'е') }),
    JSON.stringify({ email: stored.email.replace('example', 'exämple') }),
    JSON.stringify({ email: stored.email.replace('example.org', 'xn--exmple-cua.org') }),
    JSON.stringify({ email: `${name}@example.org.` }),
    JSON.stringify({ email: `${name}@evil.example@example.org` }),
  ]
  for (const shape of shapes) {
    kit.pass(3600)
    await send(shape)
  }
  for (const body of [`email=${stored.email}&email=${attacker}`, `email[]=${stored.email}&email[]=${attacker}`]) {
    kit.pass(3600)
    const client = kit.client()
    const csrf = /name="csrf" value="([^"]+)"/.exec((await client.call('GET', '/forgot-password')).text)?.[1] ?? ''
    await client.call('POST', '/forgot-password', `csrf=${encodeURIComponent(csrf)}&${body}`, form)
  }
  assert.deepEqual(await kit.mailsTo(stored.email), [], 'none of these is the address')
  const rows = await db().selectFrom('messages').select('to_address').execute()
  assert.ok(!rows.some(({ to_address: to }) => to.includes('evil.example') || to.includes('exämple') || to.includes('xn--')))

  // Letters that are the same letter are the same address, and the mail goes to how it is stored.
  for (const same of [stored.email.toUpperCase(), ` ${stored.email} `, stored.email.replace('p', 'ｐ'), stored.email.replace('s', 'ſ')]) {
    kit.pass(3600)
    assert.equal((await ask(same)).status, 202)
  }
  assert.equal((await mailed(stored.email, 'Set a new password')).length, 4)
  const tos = await db().selectFrom('messages').select('to_address').where('template', '=', 'password-reset').execute()
  assert.ok(tos.every(({ to_address: to }) => to === to.normalize('NFKC').toLowerCase()))
})

const spoofs: readonly Record<string, string>[] = [
  { host: 'evil.example' },
  { host: 'evil.example:443' },
  { host: 'id.example.org:1337' },
  { host: 'id.example.org@evil.example' },
  { host: 'id.example.org.evil.example' },
  { host: 'ID.EXAMPLE.ORG.evil.example.' },
  { host: '203.0.113.66' },
  { host: '[2001:db8::66]' },
  { host: 'evil.example#id.example.org' },
  { 'x-forwarded-host': 'evil.example' },
  { 'x-forwarded-server': 'evil.example', 'x-forwarded-port': '1337' },
  { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'id.example.org, evil.example' },
  { forwarded: 'for=203.0.113.66;host=evil.example;proto=http' },
  { 'x-host': 'evil.example', 'x-original-host': 'evil.example' },
  { 'x-original-url': 'http://evil.example/', 'x-rewrite-url': 'http://evil.example/', referer: 'http://evil.example/' },
]

test('A76 fifteen spoofs of the host on every route that mails a link: links contain only the configured origin', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const before = new Date(kit.now().getTime())
  for (const [nth, headers] of spoofs.entries()) {
    kit.pass(7200)
    const [admin, mover] = [await kit.person(site.id, { role: 'admin' }), await kit.person(site.id)]
    const invite = await kit.signIn(admin)
    const spoofed = (client: Client, method: string, path: string, body?: unknown) => client.call(method, path, body, headers)
    await spoofed(kit.client(), 'POST', '/api/v1/password-resets', { email: mover.email })
    const at = `/api/v1/organizations/${site.id}/users`
    const invited = await spoofed(invite, 'POST', at, { name: 'Ina', email: `spoof-${nth}@example.org`, role: 'user' })
    await spoofed(invite, 'POST', `${at}/${invited.json.id}/invitation`)
    await spoofed(invite, 'POST', `${at}/import`, { csv: `name,email\nImo,import-${nth}@example.org`, isTrial: false })
    const moving = await kit.signIn(mover)
    const next = `moved-${nth}@example.org`
    await spoofed(moving, 'POST', '/api/v1/me/email-change', { email: next })
    const token = /\/email-change\/([A-Za-z0-9_-]{43})/.exec((await mailed(next, 'Confirm your new email'))[0]?.text ?? '')?.[1]
    assert.equal((await spoofed(moving, 'POST', '/api/v1/email-changes/complete', { token })).status, 204)
    const stuck = kit.client()
    await start(stuck, { ...mover, email: next })
    assert.equal((await spoofed(stuck, 'POST', '/api/v1/sign-ins/current/administrators')).status, 202)
    assert.equal((await spoofed(invite, 'POST', `${at}/${mover.id}/one-time-pass`, { reason: 'Lost', minutes: 60 })).status, 201)
    const page = kit.client()
    const csrf = /name="csrf" value="([^"]+)"/.exec((await page.call('GET', '/forgot-password')).text)?.[1] ?? ''
    await page.call('POST', '/forgot-password', new URLSearchParams({ csrf, email: next }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    })
  }
  const rows = await db().selectFrom('messages').select(['to_address', 'template']).where('created_at', '>', before).execute()
  const linked = ['invitation', 'password-reset', 'email-change', 'email-changed', 'help-asked']
  for (const template of linked) assert.ok(rows.filter((row) => row.template === template).length >= spoofs.length, template)
  const mails = (await Promise.all([...new Set(rows.map((row) => row.to_address))].map((to) => kit.mailsTo(to)))).flat()
  let links = 0
  for (const { text, html } of mails) {
    for (const [address] of `${text} ${html}`.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"<>]+/gi)) {
      links += 1
      assert.equal(new URL(address).origin, publicUrl, address)
    }
    assert.doesNotMatch(`${text} ${html}`, /evil|1337|203\.0\.113\.66|2001:db8::66/)
  }
  assert.ok(links > spoofs.length * linked.length)
})

// ---- A52: the old address undoes a change

async function moved() {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  const email = `new-${person.email}`
  await client.call('POST', '/api/v1/me/email-change', { email })
  const token = /\/email-change\/([A-Za-z0-9_-]{43})/.exec((await mailed(email, 'Confirm your new email'))[0]?.text ?? '')?.[1]
  assert.equal((await client.call('POST', '/api/v1/email-changes/complete', { token })).status, 204)
  const undo = await undoIn(person.email)
  return { site, person, client, email, undo }
}
const undoIn = async (email: string) =>
  /\/email-change-undo\/([A-Za-z0-9_-]{43})/.exec((await mailed(email, 'The email of your account was changed'))[0]?.text ?? '')?.[1] ?? ''
const undoBy = (token: string) => kit.client().call('POST', '/api/v1/email-changes/undo', { token })

test('A52 the old address can undo a change for seven days: it is put back, all sessions end, and a new password must be set', async () => {
  const { person, client, email, undo } = await moved()
  assert.ok(undo)
  // A mail scanner opens the link, more than once.
  for (let nth = 0; nth < 3; nth++) assert.equal((await kit.client().call('GET', `/email-change-undo/${undo}`)).status, 200)
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, email)

  kit.pass(7 * 86_400 - 60)
  const thief = await kit.signIn({ ...person, email })
  await thief.call('POST', '/api/v1/me/email-change', { email: `third-${person.email}` })
  const pending = /\/email-change\/([A-Za-z0-9_-]{43})/.exec(
    (await mailed(`third-${person.email}`, 'Confirm your new email'))[0]?.text ?? '',
  )?.[1]
  await ask(email)
  const reset = /\/reset-password\/([A-Za-z0-9_-]{43})/.exec((await mailed(email, 'Set a new password'))[0]?.text ?? '')?.[1]

  const owner = kit.client()
  const done = await owner.submit(`/email-change-undo/${undo}`, '/email-change-undo', { token: undo })
  assert.equal(done.status, 303, done.text)
  const next = String(done.headers.location)
  assert.match(next, /^\/reset-password\/[A-Za-z0-9_-]{43}$/)
  refused(await thief.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  refused(await start(kit.client(), { ...person, email }), 422, 'wrong-password')
  refused(await start(kit.client(), person), 422, 'wrong-password')
  refused(await undoBy(undo), 410, 'link-gone')
  assert.equal((await kit.client().call('GET', `/email-change-undo/${undo}`)).status, 410)
  for (const [path, token] of [
    ['email-changes', pending],
    ['password-resets', reset],
  ])
    refused(await kit.client().call('POST', `/api/v1/${path}/complete`, { token, password: good }), 410, 'link-gone')
  for (const to of [person.email, email]) assert.equal((await mailed(to, 'A change of email was undone')).length, 1)

  const set = await owner.submit(next, '/reset-password', { token: next.split('/').at(-1) ?? '', password: good })
  assert.equal(set.status, 200)
  assert.ok(!owner.cookies.has('__Host-countersign-session'))
  const back = kit.client()
  assert.equal((await start(back, { ...person, password: good })).json.step, 'answer', 'the second factor is as it was')
  const events = await db()
    .selectFrom('audit_events')
    .select('detail')
    .where('action', '=', 'email.change-undone')
    .where('subject_id', '=', person.id)
    .execute()
  assert.deepEqual(events, [{ detail: { from: email, to: person.email } }])
})

test('A52 an undo works once of 8 at the same moment, runs out after seven days, undoes later changes too, and takes nobody else their address', async () => {
  const first = await moved()
  const replies = await Promise.all(Array.from({ length: 8 }, () => undoBy(first.undo)))
  assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 410, 410, 410, 410, 410, 410, 410])

  const late = await moved()
  kit.pass(7 * 86_400)
  refused(await undoBy(late.undo), 410, 'link-gone')

  const twice = await moved()
  const client = await kit.signIn({ ...twice.person, email: twice.email })
  const third = `third-${twice.person.email}`
  await client.call('POST', '/api/v1/me/email-change', { email: third })
  const token = /\/email-change\/([A-Za-z0-9_-]{43})/.exec((await mailed(third, 'Confirm your new email'))[0]?.text ?? '')?.[1]
  assert.equal((await client.call('POST', '/api/v1/email-changes/complete', { token })).status, 204)
  const second = await undoIn(twice.email)
  assert.equal((await undoBy(twice.undo)).status, 200)
  refused(await undoBy(second), 410, 'link-gone')
  const { email } = await db().selectFrom('users').select('email').where('id', '=', twice.person.id).executeTakeFirstOrThrow()
  assert.equal(email, twice.person.email)

  const taken = await moved()
  await db()
    .insertInto('users')
    .values({
      id: crypto.randomUUID(),
      email: taken.person.email,
      name: 'Other',
      password_hash: null,
      set_up_due: false,
      created_at: kit.now(),
    })
    .execute()
  refused(await undoBy(taken.undo), 409, 'email-in-use')
  const page = await kit.client().submit(`/email-change-undo/${taken.undo}`, '/email-change-undo', { token: taken.undo })
  assert.equal(page.status, 409)
  assert.ok(page.text.includes('cannot be put back by itself'))
  assert.equal((await taken.client.call('GET', '/api/v1/session')).status, 200, 'nothing was changed')
})

// ---- a lost phone

const askAdministrators = (client: Client) => client.call('POST', '/api/v1/sign-ins/current/administrators')
const asksIn = async (person: Person, who: Person) => (await mailed(person.email, `${who.name} asks for help with logging in`)).length

/** Somebody who is set up, at the question for the code. */
async function stuck(organizationId: string, role: Role = 'user') {
  const person = await kit.person(organizationId, { role })
  await kit.signIn(person)
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'answer')
  return { person, client }
}

test('S3.35 whoever has the password and no second step has an administrator asked: once an hour, by mail, audited, and is told whom', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const [security, admin, colleague] = [
    await kit.person(site.id, { role: 'security-admin' }),
    await kit.person(site.id, { role: 'admin' }),
    await kit.person(site.id),
  ]
  const { person, client } = await stuck(site.id)
  const asked = await askAdministrators(client)
  assert.equal(asked.status, 202, asked.text)
  assert.deepEqual(asked.json, {
    organizationId: site.id,
    asked: [
      { organization: site.name, role: 'security-admin' },
      { organization: site.name, role: 'admin' },
    ],
  })
  for (const one of [security, admin]) assert.equal(await asksIn(one, person), 1)
  for (const one of [colleague, kit.provider.owner, person]) assert.equal(await asksIn(one, person), 0)
  const [mail] = await kit.mailsTo(admin.email)
  assert.ok(mail?.text.includes(`${publicUrl}/users/${person.id}?organization=${site.id}`))
  assert.doesNotMatch(mail?.text ?? '', /set through a mailed link/)

  refused(await askAdministrators(client), 429, 'too-many-attempts', { retryAfterSeconds: 3600 })
  const again = await client.submit('/sign-in', '/sign-in/ask-administrator', {})
  assert.equal(again.status, 429)
  assert.ok(again.text.includes('An administrator was asked already') && again.text.includes(site.name))
  assert.ok(!again.text.includes(admin.email) && !again.text.includes(admin.name))
  assert.equal(await asksIn(admin, person), 1)
  kit.pass(3600)
  await start(client, person)
  const page = await client.submit('/sign-in', '/sign-in/ask-administrator', {})
  assert.equal(page.status, 200, page.text)
  assert.ok(page.text.includes(`the Security Admins and the Admins of ${site.name}`))
  assert.equal(await asksIn(admin, person), 2)
  const events = await db()
    .selectFrom('audit_events')
    .select('subject_id')
    .where('action', '=', 'help.asked')
    .where('subject_id', '=', person.id)
    .execute()
  assert.equal(events.length, 2)
})

test('nobody is asked before the password, after the second step, from a session, or without the proof against forgery', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const admin = await kit.person(site.id, { role: 'admin' })
  const { person, client } = await stuck(site.id)
  refused(await askAdministrators(kit.client()), 401, 'sign-in-gone')
  client.csrf = 'x'.repeat(43)
  refused(await askAdministrators(client), 403, 'forged-request')
  const fresh = kit.client()
  const setting = await kit.person(site.id)
  const { json } = await start(fresh, setting)
  setting.key = json.key
  await answer(fresh, { code: kit.code(setting) })
  refused(await askAdministrators(fresh), 409, 'step-not-open')
  const own = await kit.signIn(person)
  kit.pass(301)
  await own.call('GET', '/api/v1/session')
  await own.call('POST', '/api/v1/me/sign-ins', { intent: 'confirm' })
  await answer(own, { password: person.password })
  refused(await askAdministrators(own), 409, 'step-not-open')
  const expired = kit.client()
  await start(expired, person)
  kit.pass(601)
  refused(await askAdministrators(expired), 401, 'sign-in-gone')
  assert.deepEqual(await kit.mailsTo(admin.email), [])
})

test('those are asked who may help: who covers all organizations of the person and stands above them; else the provider; else nobody', async () => {
  const [one, two, empty] = [
    await kit.site({ mode: 'everyone' }),
    await kit.site({ mode: 'everyone' }),
    await kit.site({ mode: 'everyone' }),
  ]
  const provider = (await db().selectFrom('organizations').select('name').where('id', '=', kit.provider.id).executeTakeFirstOrThrow()).name
  const [adminOfOne, adminOfTwo, ofBoth] = [
    await kit.person(one.id, { role: 'admin' }),
    await kit.person(two.id, { role: 'security-admin' }),
    await kit.person(one.id, { role: 'admin' }),
  ]
  const shared = await stuck(one.id)
  await joins(two.id, shared.person)
  assert.deepEqual((await askAdministrators(shared.client)).json.asked, [{ organization: provider, role: 'owner' }])
  for (const who of [adminOfOne, adminOfTwo, ofBoth]) assert.equal(await asksIn(who, shared.person), 0)
  assert.equal(await asksIn(kit.provider.owner, shared.person), 1)
  const [mail] = await kit.mailsTo(kit.provider.owner.email)
  assert.match(mail?.text ?? '', /\/users\/[0-9a-f-]+\?organization=/)

  await joins(two.id, ofBoth, 'admin')
  const both = await stuck(one.id)
  await joins(two.id, both.person)
  assert.equal((await askAdministrators(both.client)).status, 202)
  assert.deepEqual([await asksIn(ofBoth, both.person), await asksIn(kit.provider.owner, both.person)], [1, 0])

  const chief = await stuck(one.id, 'security-admin')
  assert.deepEqual(
    (await askAdministrators(chief.client)).json.asked,
    [{ organization: provider, role: 'owner' }],
    'no Admin is above a Security Admin',
  )
  const lonely = await stuck(empty.id)
  assert.deepEqual((await askAdministrators(lonely.client)).json.asked, [{ organization: provider, role: 'owner' }])

  const owner = kit.client()
  await start(owner, kit.provider.owner)
  assert.deepEqual((await askAdministrators(owner)).json.asked, [])
  const page = await owner.submit('/sign-in', '/sign-in/ask-administrator', {})
  assert.ok(page.text.includes('There is nobody to ask here') && page.text.includes('help@provider.example'))
})

test('unlocking opens the lanes of the devices too on which the person has signed in, of the codes and of the passwords', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const [person, other] = [await kit.person(site.id), await kit.person(site.id)]
  const device = await kit.signIn(person)
  const others = await kit.signIn(other)
  const lanes = async (who: Person) =>
    (await db().selectFrom('throttles').select('key').where('key', 'like', `%:device:%`).where('failures', '>', 0).execute()).filter(
      ({ key }) => (key.startsWith(`code:${who.id}:`) ? true : !key.startsWith('code:')),
    )
  assert.equal((await lanes(person)).length, 0)
  const firstWait = (waits: readonly number[]) => waits.findIndex((seconds) => seconds > 0) + 1
  for (const [client, who] of [
    [device, person],
    [others, other],
  ] as const) {
    await start(client, who)
    for (let wrong = 0; wrong < firstWait(codesFromRecognizedDevice.waits); wrong++) await answer(client, { code: kit.wrongCode(who) })
    refused(await answer(client, { code: kit.code(who) }), 429, 'too-many-attempts')
    for (let wrong = 0; wrong < firstWait(passwordsFromRecognizedDevice.waits); wrong++)
      await start(client, { ...who, password: 'something else' })
    refused(await start(client, who), 429, 'too-many-attempts')
  }
  const security = await kit.signIn(admin)
  assert.equal((await security.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/unlocking`)).status, 200)
  assert.equal((await start(device, person)).json?.step, 'answer', 'the password is taken again')
  kit.pass(30)
  assert.equal((await answer(device, { code: kit.code(person) })).json?.step, 'done', 'and the code')
  refused(await start(others, other), 429, 'too-many-attempts')
})

test("S3.3 S3.36 S4.2 every dead end on the host of a site has its look and its support contact, and an unknown host has nobody's", async () => {
  const site = await kit.site({ mode: 'everyone' })
  const host = 'login.wayne.example'
  const support = 'help@wayne.example'
  await db().updateTable('organizations').set({ host, support_contact: support, accent: '#ffdd00' }).where('id', '=', site.id).execute()
  const client = kit.client()
  const gone = 'x'.repeat(43)
  const form = { 'content-type': 'application/x-www-form-urlencoded', host }
  const ends: readonly [string, string, number, string?][] = [
    ['GET', '/no/such/page', 404],
    ['GET', `/setup/${gone}`, 410],
    ['GET', `/invitation/${gone}`, 410],
    ['GET', `/reset-password/${gone}`, 410],
    ['GET', `/email-change/${gone}`, 410],
    ['GET', `/email-change-undo/${gone}`, 410],
    ['GET', '/sign-in/codes.txt', 401],
    ['POST', '/forgot-password', 403, 'email=a'],
    ['POST', '/sign-in/answer', 403, 'code=1'],
    ['GET', '/logos/x/y', 404],
  ]
  for (const [method, path, status, body] of ends) {
    const reply = await client.call(method, path, body, method === 'POST' ? form : { host })
    assert.equal(reply.status, status, path)
    assert.ok(
      new RegExp(`class="brand-name"[^>]*>${site.name}<`).test(reply.text) && reply.text.includes(support),
      `${path}: ${reply.text}`,
    )
    assert.ok(reply.text.includes('/assets/accent/ffdd00'), path)
    const neutral = await client.call(method, path, body, method === 'POST' ? { ...form, host: 'evil.example' } : { host: 'evil.example' })
    assert.ok(!neutral.text.includes(site.name) && neutral.text.includes('help@provider.example'), path)
  }
  const person = await kit.person(site.id)
  await db().updateTable('organizations').set({ suspended_at: kit.now() }).where('id', '=', site.id).execute()
  const page = await client.call('GET', '/sign-in', undefined, { host })
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const refusal = await client.call(
    'POST',
    '/sign-in',
    new URLSearchParams({ csrf, email: person.email, password: person.password }).toString(),
    form,
  )
  assert.ok(refusal.text.includes('is suspended') && refusal.text.includes(support))
  const expired = kit.client()
  expired.cookies.set('__Host-countersign-sign-in', gone)
  const ended = await expired.call('GET', '/sign-in', undefined, { host })
  assert.ok(ended.text.includes('That took too long') && ended.text.includes(support))
})
