import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { enqueue } from '#store/messages.ts'
import { type SmtpSimulator, startSmtp } from '../../simulators/smtp.ts'
import { startTwilio, type TwilioSimulator } from '../../simulators/twilio.ts'
import { type Answered, type Client, type Kit, openKit, type Person, refused } from '../kit.ts'

let kit: Kit
let twilio: TwilioSimulator
let smtp: SmtpSimulator
const credentials = { user: 'mailer', password: 'correct horse' }
before(async () => {
  twilio = await startTwilio()
  smtp = await startSmtp({ credentials })
  kit = await openKit({
    delivery: { allowedHosts: ['127.0.0.1'], twilio: { accountSid: twilio.accountSid, apiUrl: twilio.url } },
    phoneCountries: ['DE', 'US'],
    transportPatience: { smtpMilliseconds: 2000 },
  })
})
after(async () => {
  await kit.close()
  await smtp.stop()
  await twilio.stop()
})

const at = (id: string) => `/api/v1/organizations/${id}`
const portOf = (url: string) => Number(new URL(url).port)

interface Head {
  readonly id: string
  readonly person: Person
  readonly client: Client
}

/** A Security Admin of a site of its own, or of the provider. */
async function head(organizationId?: string): Promise<Head> {
  const id = organizationId ?? (await kit.site()).id
  const person = await kit.person(id, { role: 'security-admin' })
  if (organizationId === undefined) await kit.enroll(person, await kit.signIn(person))
  const client = await kit.signIn(person)
  return { id, person, client }
}

const mailServer = (changes: Readonly<Record<string, unknown>> = {}) => ({
  kind: 'smtp',
  host: '127.0.0.1',
  port: portOf(smtp.url),
  security: 'starttls',
  username: credentials.user,
  secret: credentials.password,
  from: 'Northwind <no-reply@northwind.example>',
  ...changes,
})

async function put(who: Head, channel: string, settings: unknown, version?: number): Promise<Answered> {
  const from = version ?? (await view(who, channel)).version
  return who.client.call('PUT', `${at(who.id)}/gateways/${channel}`, { version: from, settings })
}
const send = ({ id, client }: Head, channel: string) => client.call('POST', `${at(id)}/gateways/${channel}/test`)
const view = async ({ id, client }: Head, channel: string) =>
  (await client.call('GET', `${at(id)}/gateways`)).json.channels.find((one: { channel: string }) => one.channel === channel)

/** The provider lets sites bring their own gateways, or no longer. */
async function letSites(provider: Head, sitesBringGateways: boolean) {
  const { rules } = (await provider.client.call('GET', `${at(provider.id)}/gateways`)).json
  const { inForce: _inForce, ...change } = rules
  const reply = await provider.client.call('PUT', `${at(provider.id)}/sending-rules`, { ...change, sitesBringGateways })
  assert.equal(reply.status, 200, reply.text)
}

test('S0.5 a site brings its own mail server where the provider lets it, and the mails of its people go through it', async () => {
  const [site, provider] = [await head(), await head(kit.provider.id)]
  refused(await put(site, 'mail', mailServer()), 403, 'gateway-by-provider')
  assert.equal((await view(site, 'mail')).inForce, 'environment')
  await letSites(provider, true)
  const saved = await put(site, 'mail', mailServer())
  assert.equal(saved.status, 200, saved.text)
  assert.equal((await view(site, 'mail')).inForce, 'own')
  assert.ok(!saved.text.includes(credentials.password))

  const member = await kit.person(site.id)
  const change = await site.client.call('PATCH', `${at(site.id)}/users/${member.id}`, { name: 'Nadia Rahman' })
  assert.equal(change.status, 200, change.text)
  assert.deepEqual(await kit.mailsTo(member.email), [], 'nothing goes the way of the environment')
  const received = smtp.received.filter(({ to }) => to.includes(member.email))
  assert.deepEqual(
    received.map(({ to, from }) => [to, from]),
    [[[member.email], 'no-reply@northwind.example']],
  )
  assert.match(received[0]?.raw ?? '', /From: Northwind <no-reply@northwind\.example>/)

  // Somebody of another site goes the common way, and so does whoever belongs to two.
  const other = await kit.site()
  const stranger = await kit.person(other.id)
  await enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), { to: stranger.email, template: 'password-changed', values: {} })
  assert.equal((await kit.mailsTo(stranger.email)).length, 1)

  await letSites(provider, false)
  assert.equal((await view(site, 'mail')).inForce, 'environment', 'what was stored stays and rests')
  await enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), { to: member.email, template: 'password-changed', values: {} })
  assert.equal((await kit.mailsTo(member.email)).length, 1)
})

test('a link for a password never goes through the mail server of a site: who runs it could take over accounts', async () => {
  const [site, provider] = [await head(), await head(kit.provider.id)]
  await letSites(provider, true)
  assert.equal((await put(site, 'mail', mailServer())).status, 200)
  const member = await kit.person(site.id)
  await kit.client().call('POST', '/api/v1/password-resets', { email: member.email })
  const guest = `guest-${site.id}@example.org`
  await site.client.call('POST', `${at(site.id)}/users`, { name: 'Guest', email: guest, role: 'user' })
  assert.match((await kit.mailsTo(member.email))[0]?.text ?? '', /\/reset-password\//)
  assert.match((await kit.mailsTo(guest))[0]?.text ?? '', /\/invitation\//)
  assert.ok(!smtp.received.some(({ to, raw }) => to.includes(guest) || /(reset-password|invitation)\//.test(raw)))
})

test('S0.5 the provider stores a mail server for the whole installation, and takes it away again', async () => {
  const provider = await head(kit.provider.id)
  assert.equal((await put(provider, 'mail', mailServer())).status, 200)
  assert.equal((await view(provider, 'mail')).inForce, 'own')
  const site = await head()
  assert.equal((await view(site, 'mail')).inForce, 'provider')
  assert.equal((await view(site, 'mail')).own, null, 'a site sees that it is the provider’s, and nothing of it')
  const before = smtp.received.length
  const person = await kit.person(site.id)
  await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
  await kit.mailsTo(person.email)
  assert.deepEqual(smtp.received.slice(before).filter(({ to }) => to.includes(person.email)).length, 1)
  assert.equal((await put(provider, 'mail', null)).status, 200)
  assert.equal((await view(provider, 'mail')).inForce, 'environment')
})

test('S0.5 "Send a test" says precisely what happened: taken, wrong credentials, refused sender, no such host, refused connection, host not allowed', async () => {
  const picky = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onMailFrom: (_address, _session, done) => done(Object.assign(new Error('5.7.1 Sender address rejected'), { responseCode: 550 })),
  })
  picky.listen(0, '127.0.0.1')
  await once(picky.server, 'listening')
  const refusing = (picky.server.address() as { port: number }).port
  const provider = await head(kit.provider.id)
  const outcome = async (changes: Readonly<Record<string, unknown>>) => {
    const saved = await put(provider, 'mail', mailServer(changes))
    assert.equal(saved.status, 200, saved.text)
    const reply = await send(provider, 'mail')
    assert.equal(reply.status, 200, reply.text)
    assert.ok(!JSON.stringify(reply.json).includes('horse'), reply.text)
    return reply.json
  }
  const before = smtp.received.length
  const taken = await outcome({})
  assert.deepEqual([taken.accepted, taken.reason, taken.source], [true, null, 'provider'])
  assert.match(taken.to, /^p•••@example\.org$/)
  assert.deepEqual(
    smtp.received.slice(before).map(({ to }) => to),
    [[provider.person.email]],
  )
  assert.match(smtp.received.at(-1)?.raw ?? '', /Subject: Test mail of Provider/)

  const reasons = {
    credentials: { secret: 'wrong horse' },
    sender: { port: refusing, username: null, secret: null },
    'no-connection': { port: 9 },
    'unknown-host': { host: 'mail.nowhere.invalid' },
    'host-not-allowed': { host: '10.11.12.13' },
  }
  for (const [reason, changes] of Object.entries(reasons)) {
    const { accepted, reason: seen, said } = await outcome(changes)
    assert.deepEqual([accepted, seen], [false, reason], said)
  }
  const events = await kit.rooms.store.db.selectFrom('audit_events').select('detail').where('action', '=', 'gateway.tested').execute()
  assert.ok(events.some(({ detail }) => JSON.stringify(detail).includes('credentials')))
  await put(provider, 'mail', null)
  await new Promise<void>((done) => picky.close(() => done()))
})

test('S0.5 a server that takes the connection and says nothing is told as a timeout', async () => {
  const silent = createServer(() => undefined)
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const provider = await head(kit.provider.id)
  await put(provider, 'mail', mailServer({ port: (silent.address() as { port: number }).port }))
  const { json } = await send(provider, 'mail')
  assert.deepEqual([json.accepted, json.reason], [false, 'timeout'], json.said)
  await put(provider, 'mail', null)
  silent.close()
})

test('S0.5 text and call go through a stored Twilio account, each with its own settings and its own test', async () => {
  const provider = await head(kit.provider.id)
  refused(await send(provider, 'text'), 409, 'no-phone')
  await kit.rooms.store.db.updateTable('users').set({ phone: '+4915123456789' }).where('id', '=', provider.person.id).execute()
  const account = {
    kind: 'twilio',
    accountSid: twilio.accountSid,
    apiKeySid: null,
    secret: twilio.authToken,
    from: twilio.from,
    messagingServiceSid: null,
  }
  assert.equal((await put(provider, 'text', account)).status, 200)
  assert.deepEqual([(await view(provider, 'text')).inForce, (await view(provider, 'call')).inForce], ['own', 'environment'])
  const text = await send(provider, 'text')
  assert.deepEqual([text.json.accepted, text.json.to], [true, '•••• 6789'], text.text)
  assert.equal(twilio.received.at(-1)?.fields.To, '+4915123456789')
  assert.match(twilio.received.at(-1)?.fields.Body ?? '', /This is a test of Provider/)
  const byKey = { ...account, apiKeySid: twilio.apiKey.sid, secret: twilio.apiKey.secret }
  assert.equal((await put(provider, 'call', byKey)).status, 200)
  assert.equal((await send(provider, 'call')).json.accepted, true)
  assert.equal(twilio.received.at(-1)?.resource, 'Calls')

  assert.equal((await put(provider, 'text', { ...account, secret: 'f'.repeat(32) })).status, 200)
  assert.equal((await send(provider, 'text')).json.reason, 'credentials')
  assert.equal((await put(provider, 'text', { ...account, from: '+15005550007' })).status, 200)
  assert.equal((await send(provider, 'text')).json.reason, 'sender')
  await put(provider, 'text', null)
  await put(provider, 'call', null)
})

test('a test is sent within the limits, and where nothing is set up that is said', async () => {
  const provider = await head(kit.provider.id)
  await kit.rooms.store.db.updateTable('users').set({ phone: '+33612345678' }).where('id', '=', provider.person.id).execute()
  refused(await send(provider, 'text'), 429, 'sending-limit', { reason: 'country-not-allowed' })
  const bare = await openKit()
  Object.assign(bare.rooms, { gateways: {} })
  const owner = await bare.signIn(Object.assign(bare.provider.owner, { key: bare.provider.owner.key }))
  refused(await owner.call('POST', `${at(bare.provider.id)}/gateways/mail/test`), 409, 'no-gateway')
  await bare.close()
})

test('what is wrong with settings is said by its field before they are stored', async () => {
  const provider = await head(kit.provider.id)
  const wrong = (channel: string, settings: unknown, reason: string) =>
    put(provider, channel, settings).then((reply) => refused(reply, 422, 'invalid-gateway', { reason }))
  for (const host of [
    'mail',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    'a b.example',
    'https://mail.example.org',
    'mail.example.org:25',
    '[::1]',
    '1.2.3',
    '1.2.3.4.5',
  ])
    await wrong('mail', mailServer({ host }), 'host')
  for (const from of ['nobody', 'a@b,c@d.example', 'A <a@b.example>, c@d.example', 'A\r\nBcc: x@y.example <a@b.example>', '<a@b.example>'])
    await wrong('mail', mailServer({ from }), 'from')
  await wrong('mail', mailServer({ username: 'x', secret: null }), 'secret')
  await wrong('mail', mailServer({ username: null }), 'secret')
  const account = {
    kind: 'twilio',
    accountSid: twilio.accountSid,
    apiKeySid: null,
    secret: 'x',
    from: '+15005550006',
    messagingServiceSid: null,
  }
  await wrong('mail', account, 'kind')
  await wrong('text', mailServer(), 'kind')
  await wrong('text', { ...account, accountSid: 'AC1' }, 'account')
  await wrong('text', { ...account, from: 'much too long a name' }, 'sender')
  await wrong('text', { ...account, messagingServiceSid: `MG${'0'.repeat(32)}` }, 'sender')
  await wrong('call', { ...account, from: 'Acme' }, 'sender')
  for (const url of [
    'http://gate.example.org/',
    'https://user@gate.example.org/',
    'https://127.1/',
    'https://gate/',
    'ftp://gate.example.org',
  ])
    await wrong('text', { kind: 'webhook', url, secret: 'x'.repeat(32) }, 'url')
  await wrong('text', { kind: 'webhook', url: 'https://gate.example.org/x', secret: 'too short' }, 'secret')
  refused(await put(provider, 'mail', mailServer({ port: 0 }), 0), 400, 'malformed')
  refused(await put(provider, 'pigeon', mailServer(), 0), 400, 'malformed')
})

test('a secret is never given out again, and only stays while it goes to the same place', async () => {
  const provider = await head(kit.provider.id)
  await put(provider, 'mail', mailServer())
  const kept = await put(provider, 'mail', mailServer({ secret: undefined, from: 'other@northwind.example' }))
  assert.equal(kept.status, 200)
  assert.deepEqual((await view(provider, 'mail')).own.hasSecret, true)
  assert.equal((await send(provider, 'mail')).json.accepted, true, 'the stored one still opens the server')
  for (const changes of [{ host: 'evil.example.org' }, { port: 2525 }, { username: 'somebody' }, { security: 'tls' }])
    refused(await put(provider, 'mail', mailServer({ secret: undefined, ...changes })), 422, 'invalid-gateway', { reason: 'secret' })
  const { db } = kit.rooms.store
  const row = await db
    .selectFrom('gateways')
    .selectAll()
    .where('channel', '=', 'mail')
    .where('organization_id', '=', provider.id)
    .executeTakeFirstOrThrow()
  assert.ok(
    !Buffer.from(row.settings_sealed ?? '')
      .toString('latin1')
      .includes(credentials.password),
  )
  const events = JSON.stringify(await db.selectFrom('audit_events').select('detail').where('action', '=', 'gateway.changed').execute())
  assert.ok(events.includes('northwind') && !events.includes(credentials.password) && !events.includes(twilio.authToken))
  // A row that is copied to another organization opens nothing there.
  const site = await kit.site()
  await db
    .insertInto('gateways')
    .values({ ...row, organization_id: site.id })
    .execute()
  const copied = await head()
  await assert.rejects(() => import('#store/gateways.ts').then(({ findGateways }) => findGateways(db, kit.rooms.keys, site.id)))
  assert.equal((await copied.client.call('GET', `${at(copied.id)}/gateways`)).status, 200)
  await put(provider, 'mail', null)
  assert.equal((await view(provider, 'mail')).own, null)
})

test('of two who change the same settings the second is told who was faster, also after they were taken away', async () => {
  const [one, other] = [await head(kit.provider.id), await head(kit.provider.id)]
  const { version } = await view(one, 'mail')
  assert.equal((await put(one, 'mail', mailServer(), version)).status, 200)
  refused(await put(other, 'mail', mailServer({ from: 'b@northwind.example' }), version), 409, 'moved-on', { changedBy: [one.person.name] })
  assert.equal((await put(one, 'mail', null, version + 1)).status, 200)
  refused(await put(other, 'mail', mailServer(), version + 1), 409, 'moved-on')
  refused(await put(other, 'mail', mailServer(), 0), 409, 'moved-on')
  const both = await Promise.all([one, other].map((head) => put(head, 'mail', mailServer(), version + 2)))
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
  await put(one, 'mail', null)
})

test('an admin who is no Security Admin is told so, and a site sets nothing that is the provider’s to set', async () => {
  const site = await head()
  const admin = await kit.person(site.id, { role: 'admin' })
  await kit.enroll(admin, await kit.signIn(admin))
  const client = await kit.signIn(admin)
  refused(await client.call('GET', `${at(site.id)}/gateways`), 403, 'forbidden', { right: 'change-gateways', role: 'admin' })
  const rules = { countries: null, dailyMost: null, siteDailyMost: null, sitesBringGateways: false, version: 0 }
  const set = (changes: unknown) => site.client.call('PUT', `${at(site.id)}/sending-rules`, { ...rules, ...(changes as object) })
  refused(await set({ sitesBringGateways: true }), 400, 'malformed', { reason: 'sitesBringGateways' })
  refused(await set({ siteDailyMost: 5 }), 400, 'malformed', { reason: 'siteDailyMost' })
  const saved = await set({ countries: ['US', 'FR'], dailyMost: 5000 })
  assert.deepEqual(saved.json.rules.inForce, { countries: ['US'], dailyMost: 300, siteDailyMost: 300 }, 'no wider than the provider’s')
  refused(await set({}), 409, 'moved-on')
  refused(await set({ countries: ['germany'] }), 400, 'malformed')
})

test('what was sent, delivered and entered is counted by day, for the provider all and for a site its own', async () => {
  const [site, provider] = [await head(), await head(kit.provider.id)]
  const { db } = kit.rooms.store
  const empty = await site.client.call('GET', `${at(site.id)}/messages/statistics`)
  assert.deepEqual(empty.json.days, [])
  for (let nth = 0; nth < 3; nth++)
    await enqueue(db, kit.rooms.keys, kit.now(), {
      to: `counted-${nth}@example.org`,
      template: 'password-changed',
      values: {},
      organizationId: site.id,
    })
  await kit.mailsTo('counted-0@example.org')
  await db
    .updateTable('messages')
    .set({ delivery: 'delivered', used_at: kit.now() })
    .where('to_address', '=', 'counted-0@example.org')
    .execute()
  const day = kit.now().toISOString().slice(0, 10)
  const { json } = await site.client.call('GET', `${at(site.id)}/messages/statistics`)
  assert.deepEqual(json.days, [{ day, channel: 'mail', sent: 3, delivered: 1, failed: 0, used: 1 }])
  assert.equal(json.to, day)
  const all = (await provider.client.call('GET', `${at(provider.id)}/messages/statistics`)).json.days
  assert.ok(all.find((one: { day: string; channel: string; sent: number }) => one.day === day && one.channel === 'mail').sent > 3)
})

test('what did not arrive is listed with its reason, masked, and sent again once it can be; a dead link is not', async () => {
  const [site, provider, other] = [await head(), await head(kit.provider.id), await head()]
  await letSites(provider, true)
  assert.equal((await put(site, 'mail', mailServer())).status, 200)
  const member = await kit.person(site.id)
  const { db } = kit.rooms.store
  smtp.behave({ refuse: 550 })
  await enqueue(db, kit.rooms.keys, kit.now(), { to: member.email, template: 'password-changed', values: {}, organizationId: site.id })
  await kit.mailsTo(member.email)
  const list = async (who: Head) => (await who.client.call('GET', `${at(who.id)}/messages/failed`)).json.messages
  const [failed] = await list(site)
  assert.deepEqual([failed.to, failed.reason, failed.attempts, failed.isExpired], ['p•••@example.org', 'invalid-address', 1, false])
  assert.deepEqual(await list(other), [])
  assert.ok((await list(provider)).some((one: { id: string }) => one.id === failed.id))
  const again = (who: Head, id: string) => who.client.call('POST', `${at(who.id)}/messages/${id}/again`)
  refused(await again(other, failed.id), 404, 'not-found')
  const before = smtp.received.length
  assert.equal((await again(site, failed.id)).status, 204)
  refused(await again(site, failed.id), 404, 'not-found')
  await kit.mailsTo(member.email)
  assert.equal(smtp.received.length, before + 1)
  assert.deepEqual(await list(site), [])

  // A notice that nobody marked is its people's all the same; nobody who belongs elsewhere as well is shown.
  smtp.behave({ refuse: 550 })
  await enqueue(db, kit.rooms.keys, kit.now(), { to: member.email, template: 'password-changed', values: {} })
  await kit.mailsTo(member.email)
  assert.deepEqual(
    (await list(site)).map((one: { template: string }) => one.template),
    ['password-changed'],
  )
  assert.deepEqual(await list(other), [])
  assert.equal((await again(site, (await list(site))[0].id)).status, 204)
  await kit.mailsTo(member.email)

  smtp.behave({ refuse: 550 })
  const expiresAt = new Date(kit.now().getTime() + 60_000)
  await enqueue(db, kit.rooms.keys, kit.now(), {
    to: member.email,
    template: 'gateway-test',
    values: { organization: 'X', expiresAt: expiresAt.toISOString() },
    organizationId: site.id,
  })
  await kit.mailsTo(member.email)
  kit.pass(61)
  const [dead] = await list(site)
  assert.equal(dead.isExpired, true)
  refused(await again(site, dead.id), 409, 'message-expired')
  assert.equal((await list(site)).length, 1, 'the refusal changed nothing')
  refused(await site.client.call('GET', `${at(site.id)}/messages/failed?cursor=x`), 400, 'malformed')
})
