import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { breaker, defaultDailyMost } from '#domain/sending-limits.ts'
import { maySend, noteUsed, type Wanted } from '#flows/sending-limits.ts'
import { enqueue } from '#store/messages.ts'
import { changeSendingRules, sweepWindows } from '#store/sending-limits.ts'
import { type Kit, openKit, refused } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ phoneCountries: ['DE', 'US', 'GB'] })
})
after(() => kit.close())

/** Begins a new day, so that no test pays for another. */
const newDay = () => kit.pass(86_400)

/** Why it was refused, or `sent`. */
async function outcome(wanted: Wanted, address = '198.51.100.7'): Promise<string> {
  try {
    await maySend(kit.rooms, { address }, wanted)
    return 'sent'
  } catch (error) {
    if (error instanceof Problem && error.code === 'sending-limit') return String(error.details.reason)
    throw error
  }
}

const text = (to: string, userId = newId(kit.now()), organizationId?: string): Wanted => ({
  channel: 'text',
  to,
  userId,
  ...(organizationId ? { organizationId } : {}),
})
/** A German mobile number: so many of one prefix, of so many prefixes. */
const number = (prefix: number, nth: number) => `+49151${String(2000 + prefix)}${String(1000 + nth)}`

/** A message whose code somebody enters. */
async function enter(to: string): Promise<void> {
  const { db } = kit.rooms.store
  const expiresAt = new Date(kit.now().getTime() - 1000)
  await enqueue(db, kit.rooms.keys, kit.now(), { to, template: 'sign-in-code', values: {}, channel: 'text', expiresAt })
  const { id } = await db.selectFrom('messages').select('id').where('to_address', '=', to).orderBy('id', 'desc').executeTakeFirstOrThrow()
  await noteUsed(kit.rooms, { channel: 'text', to, messageId: id })
  await noteUsed(kit.rooms, { channel: 'text', to, messageId: id })
}

const counts = (list: readonly string[]) =>
  Object.fromEntries(
    Map.groupBy(list, (one) => one)
      .entries()
      .map(([key, { length }]) => [key, length]),
  )

test('A87 10,000 requests over 1,000 numbers, 50 prefixes and 200 networks in a day send no more than the budget, and pay for nothing else', async () => {
  newDay()
  const outcomes: string[] = []
  for (let nth = 0; nth < 10_000; nth++) {
    if (nth % 1000 === 0) kit.pass(3600)
    const wanted = text(number(nth % 50, Math.floor((nth % 1000) / 50)), undefined, nth % 2 ? kit.provider.id : undefined)
    outcomes.push(await outcome(wanted, `203.0.${Math.floor((nth % 200) / 100)}.${nth % 100}`))
  }
  const { sent = 0, ...refusals } = counts(outcomes)
  assert.ok(sent > 0 && sent <= defaultDailyMost.installation, `${sent} sent`)
  assert.equal(Object.values(refusals).reduce((sum, one) => sum + one, 0) + sent, 10_000)
  assert.ok(refusals['few-used'] && !refusals.number, JSON.stringify(refusals))
})

test('A87 numbers of countries that are not listed are never written to, nor any that cost extra or belong to nobody', async () => {
  newDay()
  assert.equal(await outcome(text('+4915123456789')), 'sent')
  for (const to of ['+33612345678', '+5511987654321', '+263771234567', '+393331234567'])
    assert.equal(await outcome(text(to)), 'country-not-allowed')
  // Premium, shared cost, freephone, a satellite, no number at all.
  for (const to of ['+4990012345678', '+491805123456', '+448001111222', '+8816123456789', '+4915', 'ada@example.org'])
    assert.equal(await outcome({ channel: 'call', to, userId: newId(kit.now()) }), 'number', to)
})

test('A87 a site allows no country that the installation does not, and the provider chooses those of the installation', async () => {
  newDay()
  const { db } = kit.rooms.store
  const site = await kit.site()
  const set = (organizationId: string, countries: string[] | null, version: number) =>
    changeSendingRules(
      db,
      kit.now(),
      { organizationId, changedBy: kit.provider.owner.id },
      {
        countries,
        dailyMost: null,
        siteDailyMost: null,
        sitesBringGateways: false,
        version,
      },
    )
  assert.ok(await set(site.id, ['GB', 'FR'], 0))
  const at = (to: string) => outcome(text(to, undefined, site.id))
  assert.deepEqual(
    [await at('+447400123456'), await at('+33612345678'), await at('+4915123456780')],
    ['sent', 'country-not-allowed', 'country-not-allowed'],
  )
  assert.ok(await set(kit.provider.id, ['FR', 'GB'], 0))
  assert.deepEqual([await at('+33612345678'), await at('+4915123456780')], ['sent', 'country-not-allowed'])
  assert.equal(await outcome(text('+4915123456781')), 'country-not-allowed', 'the list of the installation takes the place of the setting')
  assert.ok(await set(kit.provider.id, null, 1))
})

test('A87 the breaker trips where codes are asked for and hardly ever entered, spares other prefixes, and recovers by time or by use', async () => {
  newDay()
  const send = async (prefix: number, many: number, first = 0) => {
    const outcomes: string[] = []
    for (let nth = first; nth < first + many; nth++)
      outcomes.push(await outcome(text(number(prefix, nth)), `198.51.${prefix}.${nth % 200}`))
    return counts(outcomes)
  }
  assert.deepEqual(await send(60, breaker.sample.prefix), { sent: breaker.sample.prefix })
  assert.deepEqual(await send(61, breaker.sample.prefix), { sent: breaker.sample.prefix })
  for (let nth = 0; nth < breaker.sample.prefix * breaker.leastShare; nth++) await enter(number(61, nth))
  kit.pass(breaker.bucketSeconds)
  assert.deepEqual(await send(60, 5, 100), { 'few-used': 5 })
  assert.deepEqual(await send(61, 5, 100), { sent: 5 }, 'where a fifth was entered it goes on')
  assert.deepEqual(await send(62, 5), { sent: 5 }, 'another prefix is not concerned')
  for (let nth = 0; nth < breaker.sample.prefix * breaker.leastShare; nth++) await enter(number(60, nth))
  assert.deepEqual(await send(60, 5, 100), { sent: 5 }, 'use opens it')
  assert.deepEqual(await send(63, breaker.sample.prefix), { sent: breaker.sample.prefix })
  kit.pass(breaker.bucketSeconds)
  assert.deepEqual(await send(63, 1, 100), { 'few-used': 1 })
  kit.pass(breaker.bucketSeconds * breaker.buckets)
  assert.deepEqual(await send(63, 1, 100), { sent: 1 }, 'an hour later it is tried again')
})

test('a code that is entered twice counts once, so nobody opens the breaker with one real code', async () => {
  newDay()
  const to = number(70, 1)
  await enter(to)
  const { rows } = await kit.rooms.store.db
    .selectFrom('sending_windows')
    .select('used')
    .where('key', '=', `used:prefix:${to.slice(0, -4)}`)
    .execute()
    .then((rows) => ({ rows }))
  assert.deepEqual(rows, [{ used: 1 }])
})

test('each count is told by its name, and says how long it holds', async () => {
  newDay()
  const person = newId(kit.now())
  for (let nth = 0; nth < 10; nth++) assert.equal(await outcome(text(number(80 + nth, 1), person)), 'sent')
  assert.equal(await outcome(text(number(95, 1), person)), 'person')
  for (let nth = 0; nth < 10; nth++) assert.equal(await outcome(text(number(96, 2))), 'sent')
  assert.equal(await outcome(text(number(96, 2))), 'address')
  await assert.rejects(
    () => maySend(kit.rooms, { address: '198.51.100.7' }, text(number(95, 2), person)),
    (error) => error instanceof Problem && Number(error.details.retryAfterSeconds) > 0 && Number(error.details.retryAfterSeconds) <= 3600,
  )
  const site = await kit.site()
  assert.ok(
    await changeSendingRules(
      kit.rooms.store.db,
      kit.now(),
      { organizationId: site.id, changedBy: person },
      {
        countries: null,
        dailyMost: 2,
        siteDailyMost: null,
        sitesBringGateways: false,
        version: 0,
      },
    ),
  )
  const own = [97, 98, 99].map((prefix) => outcome(text(number(prefix, 3), undefined, site.id)))
  assert.deepEqual((await Promise.all(own)).sort(), ['organization', 'sent', 'sent'])
})

test('a refusal costs nothing: what was refused by one count is charged to no other', async () => {
  newDay()
  const person = newId(kit.now())
  for (let nth = 0; nth < 10; nth++) await outcome(text(number(30, nth), person))
  const contents = () => kit.rooms.store.db.selectFrom('sending_windows').selectAll().orderBy('key').orderBy('starts_at').execute()
  const before = await contents()
  for (let nth = 0; nth < 20; nth++) assert.equal(await outcome(text(number(31, nth), person)), 'person')
  assert.deepEqual(await contents(), before)
})

test('A88 of any number of askings one account gets five reset mails an hour, one a minute, and the answer stays the same', async () => {
  newDay()
  const person = await kit.person((await kit.site()).id)
  const ask = (email: string, address: string) => kit.client(address).call('POST', '/api/v1/password-resets', { email })
  const mails = async () => (await kit.mailsTo(person.email)).length
  for (let nth = 0; nth < 5; nth++) assert.equal((await ask(person.email, `192.0.2.${nth}`)).status, 202)
  assert.equal(await mails(), 1, 'askings within a minute are one mail')
  for (let nth = 0; nth < 20; nth++) {
    kit.pass(60)
    assert.equal((await ask(person.email, `192.0.2.${nth}`)).status, 202)
  }
  assert.equal(await mails(), 5)
  kit.pass(3600)
  await ask(person.email, '192.0.2.1')
  assert.equal(await mails(), 6, 'and an hour later again')
})

test('A88 one network asks for a hundred resets an hour, then is told to wait, whether the addresses have accounts or not', async () => {
  newDay()
  const client = kit.client('203.0.113.9')
  const ask = (nth: number) => client.call('POST', '/api/v1/password-resets', { email: `nobody-${nth}@example.org` })
  const statuses = []
  for (let nth = 0; nth < 100; nth += 10)
    statuses.push(...(await Promise.all(Array.from({ length: 10 }, (_, one) => ask(nth + one)))).map(({ status }) => status))
  assert.deepEqual(counts(statuses.map(String)), { 202: 100 })
  const late = await ask(100)
  refused(late, 429, 'sending-limit', { reason: 'network' })
  assert.ok(Number(late.headers['retry-after']) > 0)
  assert.equal((await kit.client('2001:db8::1').call('POST', '/api/v1/password-resets', { email: 'nobody@example.org' })).status, 202)
})

test('A88 an invitation goes to one address four times an hour, whoever sends it again and in whatever way', async () => {
  newDay()
  const site = await kit.site()
  const head = await kit.person(site.id, { role: 'security-admin' })
  await kit.enroll(head, await kit.signIn(head))
  const client = await kit.signIn(head)
  const at = `/api/v1/organizations/${site.id}/users`
  const email = `often-${site.id}@example.org`
  const { id } = (await client.call('POST', at, { name: 'Often', email, role: 'user' })).json
  for (let nth = 0; nth < 3; nth++) assert.equal((await client.call('POST', `${at}/${id}/invitation`)).status, 200)
  refused(await client.call('POST', `${at}/${id}/invitation`), 429, 'sending-limit', { reason: 'address' })
  const bulk = await client.call('POST', `${at}/actions`, { action: 'invite-again', users: [id] })
  assert.deepEqual(bulk.json.results[0].refused.code, 'sending-limit')
  assert.equal((await client.call('DELETE', `${at}/${id}`)).status, 204)
  refused(await client.call('POST', at, { name: 'Often', email, role: 'user' }), 429, 'sending-limit')
  assert.equal((await kit.mailsTo(email)).length, 4)
  assert.equal((await client.call('GET', `${at}?search=often`)).json.users.length, 0, 'what was refused left nobody behind')
})

test('A88 an import invites nobody a fifth time in an hour, says so of that line, and invites the others', async () => {
  newDay()
  const site = await kit.site()
  const head = await kit.person(site.id, { role: 'security-admin' })
  await kit.enroll(head, await kit.signIn(head))
  const client = await kit.signIn(head)
  const at = `/api/v1/organizations/${site.id}/users`
  const email = `imported-${site.id}@example.org`
  const send = async (more = '') => {
    const { status, json, text } = await client.call('POST', `${at}/import`, { csv: `name,email\nOften,${email}\n${more}`, isTrial: false })
    assert.equal(status, 200, text)
    return json.lines.map(({ problem }: { problem: string | null }) => problem)
  }
  for (let nth = 0; nth < 4; nth++) {
    assert.deepEqual(await send(), [null])
    const [{ id }] = (await client.call('GET', `${at}?search=imported`)).json.users
    assert.equal((await client.call('DELETE', `${at}/${id}`)).status, 204)
  }
  assert.deepEqual(await send(`Once,once-${site.id}@example.org\n`), ['invited-often', null])
  assert.equal((await kit.mailsTo(email)).filter(({ text }) => text.includes('/invitation/')).length, 4)
  assert.equal((await kit.mailsTo(`once-${site.id}@example.org`)).length, 1)
})

test('counts that are over are removed, and those that still count stay', async () => {
  newDay()
  const { db } = kit.rooms.store
  await outcome(text(number(40, 1)))
  const many = async () => (await db.selectFrom('sending_windows').select('key').execute()).length
  await sweepWindows(db, kit.now())
  const now = await many()
  assert.ok(now > 5)
  kit.pass(3 * 86_400)
  await sweepWindows(db, kit.now())
  assert.equal(await many(), 0)
})
