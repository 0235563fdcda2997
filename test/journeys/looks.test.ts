import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '#contract/account.ts'
import { addMembership } from '#store/people.ts'
import { type Client, type Kit, openKit, type Person, refused, rulesOf } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ publicUrl: 'https://id.example.org' })
})
after(() => kit.close())

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(64)])
const at = (id: string) => `/api/v1/organizations/${id}`
const plain = { accent: null, supportContact: null }

/** Saves a look over the one that is stored now. */
async function put(client: Client, id: string, change: Readonly<Record<string, unknown>>) {
  const { version } = (await client.call('GET', `${at(id)}/look`)).json
  return client.call('PUT', `${at(id)}/look`, { version, ...plain, ...change })
}

async function signedIn(organizationId: string, role: Role = 'security-admin'): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(organizationId, { role, required: organizationId === kit.provider.id })
  return { person, client: await kit.signIn(person) }
}

/** A site with a host name of its own, given by the provider. */
async function hosted(host: string) {
  const site = await kit.site()
  const owner = await signedIn(kit.provider.id, 'owner')
  const given = await owner.client.call('PATCH', `${at(kit.provider.id)}/sites/${site.id}`, { host })
  assert.equal(given.status, 200, given.text)
  return { site, owner, head: await signedIn(site.id) }
}

const page = (path: string, host: string) => kit.client().call('GET', path, undefined, { host })
const brand = (text: string) => /<span class="brand-name" dir="auto">(.*?)<\/span>/.exec(text)?.[1]

test('S3.36 S4.2 each organization names whom to ask for help: it stands on its pages and in its mails, and on nobody else’s', async () => {
  const host = 'help.acme.example'
  const { site, head } = await hosted(host)
  const { client: other } = await signedIn((await kit.site()).id)
  const saved = await put(head.client, site.id, { supportContact: ' help@acme.example ' })
  assert.equal(saved.json.supportContact, 'help@acme.example')
  assert.match((await page('/sign-in', host)).text, /Need help\? Contact support: <a href="mailto:help@acme.example">/)
  // The Console names it too: under the help, and wherever something is forbidden.
  assert.equal((await head.client.call('GET', '/api/v1/help')).json.supportContact, 'help@acme.example')
  assert.doesNotMatch((await page('/sign-in', 'id.example.org')).text, /acme/)
  assert.equal((await other.call('GET', at(site.id))).status, 404)
  const reset = kit.client()
  await reset.call('POST', '/api/v1/password-resets', { email: head.person.email })
  const [mail] = await kit.mailsTo(head.person.email)
  assert.match(mail?.text ?? '', new RegExp(`help@acme\\.example[\\s\\S]*-- \\n${site.name}`))
  assert.match(mail?.text ?? '', /https:\/\/help\.acme\.example\/reset-password\//)
})

test('S1.20 the host name finds the organization: its name, logo and color stand on the sign-in, and its invitations lead there', async () => {
  const host = 'login.globex.example'
  const { site, head } = await hosted(host)
  const look = (await put(head.client, site.id, { accent: '#ffdd00', logo: png.toString('base64') })).json
  assert.notEqual(look.shown.light, '#ffdd00', 'white on yellow cannot be read')
  for (const asked of [host, host.toUpperCase(), `${host}:443`, `${host}.`]) {
    const { text } = await page('/sign-in', asked)
    assert.equal(brand(text), site.name, asked)
    assert.ok(text.includes(`src="${look.logo}"`) && text.includes('href="/assets/accent/ffdd00"'), asked)
  }
  const sheet = await page('/assets/accent/ffdd00', host)
  assert.ok(sheet.text.includes(look.shown.light) && sheet.text.includes(look.shown.dark))
  const image = await page(look.logo, host)
  assert.equal(image.headers['content-type'], 'image/png')
  assert.equal(image.headers['content-security-policy'], "default-src 'none'; sandbox")
  const email = `guest-${site.id}@example.org`
  await head.client.call('POST', `${at(site.id)}/users`, { name: 'Guest', email, role: 'user' })
  const [mail] = await kit.mailsTo(email)
  const path = /https:\/\/login\.globex\.example(\/invitation\/\S+)/.exec(mail?.text ?? '')?.[1] ?? assert.fail(mail?.text)
  assert.ok(mail?.html.includes('cid:logo') && mail.html.includes(look.shown.light))
  assert.equal(brand((await page(path, 'id.example.org')).text), site.name, 'an invitation looks like whoever invites')
  // Whoever signs in there is who they are; the host gives no right and takes none.
  const stranger = await kit.person((await kit.site()).id)
  const guest = kit.client()
  const { call } = guest
  guest.call = (method, to, body, headers) => call(method, to, body, { host, ...headers })
  await kit.signIn(stranger, guest)
  assert.equal((await guest.call('GET', at(site.id))).status, 404)
})

test('S1.20 A76 a host that nobody has gets a page without a name, and no mail ever leads where a request said', async () => {
  const { site, head } = await hosted('login.initech.example')
  await put(head.client, site.id, { supportContact: 'help@initech.example' })
  for (const host of [
    'evil.example',
    'login.initech.example.evil.example',
    'xlogin.initech.example',
    'login.initech.example@evil.example',
    '127.0.0.1',
    '',
  ]) {
    const { text, status } = await page('/sign-in', host)
    assert.ok(status === 200 || status === 400, host)
    assert.ok(!text.includes(site.name) && !text.includes('initech'), host)
  }
  const person = await kit.person((await kit.site()).id)
  for (const headers of [{ host: 'evil.example' }, { host: 'login.initech.example' }, { 'x-forwarded-host': 'evil.example' }]) {
    kit.pass(86_400)
    await kit.client().call('POST', '/api/v1/password-resets', { email: person.email }, headers as unknown as Record<string, string>)
  }
  const mails = await kit.mailsTo(person.email)
  assert.ok(mails.length >= 2)
  for (const { text } of mails) {
    assert.match(text, /https:\/\/id\.example\.org\/reset-password\//)
    assert.doesNotMatch(text, /evil|initech/)
  }
})

test('a form or a call from the page of another host is refused, from the own one it is taken', async () => {
  const host = 'login.hooli.example'
  const { head } = await hosted(host)
  const send = (headers: Record<string, string>) =>
    head.client.call('POST', '/api/v1/me/sign-ins', { intent: 'confirm' }, { host, ...headers })
  for (const origin of ['https://evil.example', 'https://login.hooli.example.evil.example', 'https://login.hooli.example:8443'])
    refused(await send({ origin }), 403, 'forged-request')
  refused(await send({ origin: `https://${host}`, 'sec-fetch-site': 'same-site' }), 403, 'forged-request')
  assert.equal((await send({ origin: `https://${host}`, 'sec-fetch-site': 'same-origin' })).status, 201)
})

test('only the provider gives a host name, each to one organization, and only names', async () => {
  const { site, owner, head } = await hosted('login.umbrella.example')
  const other = await kit.site()
  const path = `${at(kit.provider.id)}/sites/${other.id}`
  refused(await head.client.call('PATCH', path, { host: 'mine.example' }), 404, 'not-found')
  refused(await owner.client.call('PATCH', path, { host: 'LOGIN.umbrella.example' }), 409, 'host-taken')
  refused(await owner.client.call('PATCH', path, { host: 'id.example.org' }), 409, 'host-taken')
  for (const host of ['localhost', '10.0.0.1', 'https://a.example', 'a.example:80', 'a b.example', ''])
    refused(await owner.client.call('PATCH', path, { host }), 422, 'invalid-host')
  assert.equal((await owner.client.call('PATCH', `${at(kit.provider.id)}/sites/${site.id}`, { host: null })).json.host, null)
  assert.equal((await owner.client.call('PATCH', path, { host: 'login.umbrella.example' })).json.host, 'login.umbrella.example')
  assert.equal(brand((await page('/sign-in', 'login.umbrella.example')).text), other.name)
})

test('a logo is an image by its bytes and of at most 64 KB, and an earlier address of it is gone', async () => {
  const site = await kit.site()
  const { client } = await signedIn(site.id)
  const save = (logo: unknown) => put(client, site.id, { logo })
  const bytes = (text: string) => Buffer.from(text).toString('base64')
  for (const text of ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'GIF89a', '<!doctype html>', 'x'])
    refused(await save(bytes(text)), 422, 'invalid-logo', { reason: 'type' })
  refused(await save(Buffer.concat([png, Buffer.alloc(65_536)]).toString('base64')), 422, 'invalid-logo', { reason: 'size' })
  for (const logo of ['', '%%%', 'a'.repeat(90_001), 7]) refused(await save(logo), 400, 'malformed')
  const largest = (await save(Buffer.concat([png, Buffer.alloc(65_536 - png.length)]).toString('base64'))).json.logo
  assert.equal((await kit.client().call('GET', largest)).status, 200)
  const next = (await save(png.toString('base64'))).json.logo
  assert.equal((await kit.client().call('GET', largest)).status, 404)
  assert.equal((await put(client, site.id, {})).json.logo, next, 'what is not sent stays')
  assert.equal((await save(null)).json.logo, null)
  for (const path of [next, `/logos/${site.id}/x`, '/logos/x/y', '/assets/accent/red', '/assets/accent/FFDD00', '/assets/accent/ffdd00;}'])
    assert.ok([400, 404].includes((await kit.client().call('GET', path)).status), path)
  for (const accent of ['red', '#FFF', '#12345g', '#1f5fd1;}']) refused(await put(client, site.id, { accent }), 400, 'malformed')
})

test('after the password somebody of one organization sees its look at the common address, and somebody of two sees the provider’s', async () => {
  const [site, other] = [await kit.site({ mode: 'everyone' }), await kit.site()]
  const { client } = await signedIn(site.id)
  await put(client, site.id, { accent: '#123456' })
  const signInPage = async (person: Person) => {
    const visitor = kit.client()
    const { call } = visitor
    visitor.call = (method, to, body, headers) => call(method, to, body, { host: 'id.example.org', ...headers })
    await visitor.submit('/sign-in', '/sign-in', { email: person.email, password: person.password })
    return brand((await visitor.call('GET', '/sign-in')).text)
  }
  const person = await kit.person(site.id)
  assert.equal(await signInPage(person), site.name)
  await addMembership(kit.rooms.store.db, kit.now(), {
    organizationId: other.id,
    userId: person.id,
    role: 'user',
    required: false,
    name: person.name,
    hasJoined: true,
  })
  assert.equal(await signInPage(person), 'Provider')
})

test('whoever saves a look second is refused and told what was changed since and by whom, and the audit has what was before', async () => {
  const site = await kit.site()
  const [one, two] = [await signedIn(site.id), await signedIn(site.id)]
  const { version } = (await two.client.call('GET', `${at(site.id)}/look`)).json
  assert.equal((await put(one.client, site.id, { accent: '#123456', logo: png.toString('base64') })).status, 200)
  const late = await two.client.call('PUT', `${at(site.id)}/look`, { ...plain, supportContact: 'help@acme.example', version })
  refused(late, 409, 'moved-on', { changed: ['logo', 'accent'], changedBy: [one.person.name] })
  assert.equal((await two.client.call('GET', `${at(site.id)}/look`)).json.supportContact, null)
  refused(await two.client.call('PUT', `${at(site.id)}/look`, plain), 400, 'malformed')
  kit.pass(1)
  assert.equal((await put(two.client, site.id, { accent: '#123456', supportContact: 'help@acme.example' })).json.version, version + 2)
  const { events } = (await one.client.call('GET', `${at(site.id)}/audit?action=organization.look-changed`)).json
  assert.equal(events.length, 2)
  assert.deepEqual(
    events[0].details.filter(({ before }: { before?: string }) => before !== undefined).map(({ value }: { value: string }) => value),
    ['help@acme.example'],
  )
})

test('S1.19 people come in by the address of their organization, administrators by the common one, and both meet the same rules', async () => {
  const host = 'portal.hooli.example'
  const { site, head } = await hosted(host)
  const { call } = head.client
  const rules = await rulesOf(head.client, site.id)
  const stored = await call('PUT', `${at(site.id)}/policy`, { ...rules, enabled: true, mode: 'everyone' }, { host: 'id.example.org' })
  assert.equal(stored.status, 200, stored.text)
  const person = await kit.person(site.id)
  const stepAt = async (address: string) => {
    const visitor = kit.client()
    const body = { email: person.email, password: person.password }
    return (await visitor.call('POST', '/api/v1/sign-ins', body, { host: address })).json.step
  }
  assert.deepEqual([await stepAt(host), await stepAt('id.example.org')], ['enroll', 'enroll'], 'no address is a way around the rules')
  const atHost = kit.client()
  const visit = atHost.call
  atHost.call = (method, to, body, headers) => visit(method, to, body, { host, ...headers })
  await kit.signIn(person, atHost)
  assert.equal((await atHost.call('GET', '/api/v1/me/two-factor')).status, 200)
  for (const side of [`${at(site.id)}/users`, `${at(site.id)}/policy`]) refused(await atHost.call('GET', side), 403, 'forbidden')
})
