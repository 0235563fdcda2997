import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { openDoor } from '#delivery/door.ts'
import { smtp } from '#delivery/smtp.ts'
import { startQueue } from '#flows/messages.ts'
import { enqueue } from '#store/messages.ts'
import { type SmtpBehavior, startSmtp } from '../../simulators/smtp.ts'
import { type Client, confirm, openKit } from '../kit.ts'

/** Mails as a mail server gets them: what stands in them, where they go, and what becomes of them when it misbehaves. */
const server = await startSmtp()
const publicUrl = 'https://id.example.org'
const door = openDoor({ allowedHosts: ['127.0.0.1'] })
const mail = smtp({ url: server.url, from: 'Acme <no-reply@acme.example>', door, milliseconds: 700 })
const kit = await openKit({ publicUrl, gateways: () => ({ mail }) })
const { db } = kit.rooms.store
const errors: string[] = []
const queue = startQueue(kit.rooms, (error) => errors.push(String(error)), 1_000_000)
after(async () => {
  await queue.stop()
  await kit.close()
  await server.stop()
})

const put = (to: string) =>
  enqueue(db, kit.rooms.keys, kit.now(), { to, template: 'password-changed', values: { at: kit.now().toISOString() } })
const takenFor = (to: string) => server.received.filter((one) => one.to.includes(to))
const stateOf = async (to: string) => {
  const row = await db.selectFrom('messages').selectAll().where('to_address', '=', to).executeTakeFirstOrThrow()
  const waits = row.sent_at || row.failed_at ? undefined : (row.next_attempt_at.getTime() - kit.now().getTime()) / 1000
  return { isSent: row.sent_at !== null, isGivenUp: row.failed_at !== null, delivery: row.delivery, reason: row.delivery_reason, waits }
}
let count = 0
const newAddress = () => `reader-${++count}@example.org`
const arrived = { isSent: true, isGivenUp: false, delivery: null, reason: null, waits: undefined }

test('each fault of a mail server ends in another attempt or in none, and no mail is called delivered because a server took it', async () => {
  const table: readonly (readonly [SmtpBehavior, number | string | undefined, number])[] = [
    ['accept', undefined, 1],
    ['bounce', undefined, 1],
    [{ slow: 200 }, undefined, 1],
    ['greylist', 10, 1],
    [{ refuse: 450 }, 10, 1],
    [{ refuse: 421 }, 60, 1],
    [{ reject: 452 }, 10, 1],
    ['hang', 10, 1],
    [{ refuse: 550 }, 'invalid-address', 0],
    [{ reject: 554 }, 'unknown', 0],
    // The server has the mail and hung up: it gets it once more, later, under the same name.
    ['drop-after-data', 30, 2],
  ]
  for (const [behavior, then, times] of table) {
    const to = newAddress()
    const what = JSON.stringify(behavior)
    await queue.drain()
    server.behave(behavior)
    await put(to)
    await queue.drain()
    const state = await stateOf(to)
    if (typeof then === 'string')
      assert.deepEqual(state, { isSent: false, isGivenUp: true, delivery: 'undelivered', reason: then, waits: undefined }, what)
    else assert.equal(state.waits, then, what)
    kit.pass(typeof then === 'number' ? then : 86_400)
    await queue.drain()
    assert.equal(takenFor(to).length, times, what)
    if (typeof then !== 'string') assert.deepEqual(await stateOf(to), arrived, what)
    assert.equal(
      new Set(await Promise.all(takenFor(to).map(async ({ raw }) => (await simpleParser(raw)).messageId))).size,
      Math.min(times, 1),
      what,
    )
  }
  assert.doesNotMatch(errors.join(), /mailbox|Greylist|changed/, 'nothing of what the server said, which may quote the mail')
})

test('a mail that is greylisted again and again is given up after half a day, and not asked about more often than the pauses say', async () => {
  const to = newAddress()
  server.behave(...Array.from({ length: 7 }, () => 'greylist' as const))
  await put(to)
  for (const pause of [10, 60, 300, 1800, 7200, 21_600]) {
    await queue.drain()
    assert.equal((await stateOf(to)).waits, pause)
    kit.pass(pause)
  }
  await queue.drain()
  assert.deepEqual(await stateOf(to), { isSent: false, isGivenUp: true, delivery: 'undelivered', reason: 'gateway', waits: undefined })
})

/** What a request may claim about the host it was meant for. */
const spoofs: readonly Readonly<Record<string, string>>[] = [
  { host: 'evil.example' },
  { host: 'id.example.org.evil.example' },
  { host: 'evil.example:443' },
  { host: 'id.example.org@evil.example' },
  { host: 'id.example.org:evil.example' },
  { 'x-forwarded-host': 'evil.example' },
  { 'x-forwarded-host': 'evil.example, id.example.org' },
  { 'x-forwarded-server': 'evil.example' },
  { 'x-host': 'evil.example' },
  { 'x-original-host': 'evil.example' },
  { 'x-original-url': 'https://evil.example/' },
  { 'x-rewrite-url': 'https://evil.example/' },
  { 'x-forwarded-proto': 'http', 'x-forwarded-port': '666', 'x-forwarded-host': 'evil.example' },
  { forwarded: 'host=evil.example;proto=http' },
  { referer: 'https://evil.example/', 'x-http-host-override': 'evil.example' },
]

test('A76 whatever host a request claims, the mails that it causes lead to the configured address: reset, invitation, change of email', async () => {
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'admin' })
  const client = await kit.signIn(admin)
  const path = `/api/v1/organizations/${site.id}/users`
  for (const [nth, spoof] of spoofs.entries()) {
    kit.pass(1700)
    await confirm(kit, admin, client)
    const invited = `spoofed-${nth}@example.org`
    const added = await client.call('POST', path, { name: 'Ina', email: invited, role: 'user' }, spoof)
    const asked = await kit.client(`198.51.100.${nth + 1}`).call('POST', '/api/v1/password-resets', { email: admin.email }, spoof)
    const changed = await client.call('POST', '/api/v1/me/email-change', { email: `changed-${nth}@example.org` }, spoof)
    const again = added.json?.id ? await client.call('POST', `${path}/${added.json.id}/invitation`, undefined, spoof) : added
    for (const { status } of [added, asked, changed, again])
      assert.ok([200, 201, 202, 204, 400, 403, 404, 429].includes(status), `${status}`)
    await queue.drain()
  }
  const links = server.received.flatMap(({ raw }) => raw.replaceAll('=\r\n', '').match(/https?:=?[^\s"<]+/g) ?? [])
  for (const kind of ['reset-password', 'invitation', 'email-change'])
    assert.ok(links.filter((one) => one.includes(`/${kind}/`)).length >= 5, kind)
  for (const link of links) assert.ok(link.startsWith(`${publicUrl}/`), link)
  assert.doesNotMatch(server.received.map(({ raw }) => raw).join(), /evil/)
})

test('A77 A78 names with markup, links and line breaks reach a mail as words, to one reader, under the headers that every mail has', async () => {
  const hostile = [
    '<a href="https://evil.example">click</a>',
    '"><img src=https://evil.example/p.gif>',
    '[click](https://evil.example)',
    '![x](https://evil.example/p.gif)',
    '<https://evil.example>',
    'https://evil.example/reset',
    'www.evil.example',
    'mail evil@evil.example now',
    'Acme\r\nBcc: mallory@evil.example',
    'Acme\r\n\r\n<h1>Hello</h1>',
    'Acme\u2028Bcc: mallory@evil.example',
    '=?utf-8?q?Acme=0D=0ABcc:_mallory=40evil.example?=',
    '=?utf-8?b?QmNjOiBtYWxsb3J5QGV2aWwuZXhhbXBsZQ==?=',
    '*bold* _under_ `code` # head',
    '| a | b |\n|---|---|',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '<style>*{display:none}</style>',
    '</p></div></body></html><script>alert(1)</script>',
    'javascript:alert(1)',
    '\u202egro.live\u202c',
  ]
  const plainTo = newAddress()
  const invitation = (to: string, organization: string, inviter: string) =>
    enqueue(db, kit.rooms.keys, kit.now(), {
      to,
      template: 'invitation',
      values: { organization, inviter, url: `${publicUrl}/invitation/x`, expiresAt: kit.now().toISOString() },
    })
  await invitation(plainTo, 'Acme', 'Ana')
  await queue.drain()
  const shape = async (to: string) => {
    const [one, more] = takenFor(to)
    assert.ok(one && !more)
    const { headers, html, text, to: readers } = await simpleParser(one.raw, { skipTextToHtml: true, skipTextLinks: true })
    return {
      envelope: [one.from, ...one.to].map((address) => (address === to ? 'the reader' : address)),
      readers: [readers].flat().map((list) => list?.value.length),
      headers: [...headers.keys()].sort(),
      elements: String(html).match(/<\/?[a-z0-9!]+/gi),
      links: `${html}${text}`.match(/https?:\/\/[^\s"<]+|www\.\w|\w@\w+\.\w/gi),
      images: String(html).match(/<[^>]*\bsrc=/g),
    }
  }
  const expected = await shape(plainTo)
  for (const name of hostile) {
    const to = newAddress()
    await invitation(to, name, name)
    await queue.drain()
    assert.deepEqual(await shape(to), expected, name)
  }
})

test('A79 a reset goes to the stored address and to nobody else, however the request spells or lists it', async () => {
  const site = await kit.site()
  const person = await kit.person(site.id)
  const [local = ''] = person.email.split('@')
  const mallory = 'mallory@evil.example'
  const bodies: readonly string[] = [
    JSON.stringify({ email: [person.email, mallory] }),
    JSON.stringify({ email: { 0: person.email, 1: mallory } }),
    `{"email":${JSON.stringify(mallory)},"email":${JSON.stringify(person.email)}}`,
    `{"email":${JSON.stringify(person.email)},"email":${JSON.stringify(mallory)}}`,
    JSON.stringify({ email: person.email, to: mallory, cc: mallory }),
    ...[
      `${person.email},${mallory}`,
      `${person.email};${mallory}`,
      `${person.email} ${mallory}`,
      `${person.email}\n${mallory}`,
      `${person.email}\0${mallory}`,
      `${mallory}?${person.email}`,
      `<${person.email}> ${mallory}`,
      `${local}@example.org.evil.example`,
      `${local}@exаmple.org`,
      `${local}@xn--exmple-4nf.org`,
      `${local}@example.org@evil.example`,
      `${local}%example.org@evil.example`,
      `"${local}"@example.org`,
      person.email.replace('p', 'ⓟ'),
      person.email.replace('s', 'ſ'),
      person.email.replace('e', 'ｅ'),
      person.email.replace('o', 'ο'),
      person.email.toUpperCase(),
      ` ${person.email} `,
      person.email.replace('@', '+x@'),
    ].map((email) => JSON.stringify({ email })),
  ]
  const before = server.received.length
  const send = (client: Client, body: string) =>
    client.call('POST', '/api/v1/password-resets', body, { 'content-type': 'application/json' })
  for (const [nth, body] of bodies.entries()) {
    kit.pass(3600)
    const { status } = await send(kit.client(`203.0.113.${nth + 1}`), body)
    assert.ok([202, 400, 422].includes(status), `${status} ${body}`)
    await queue.drain()
  }
  const mails = server.received.slice(before)
  assert.ok(mails.length >= 2, 'the person was written to')
  for (const { to } of mails) assert.deepEqual(to, [person.email])
  const waiting = await db
    .selectFrom('messages')
    .select('to_address')
    .where('created_at', '>', new Date(kit.now().getTime() - 3600 * bodies.length * 1000))
    .execute()
  for (const { to_address } of waiting) assert.equal(to_address, person.email)
})
