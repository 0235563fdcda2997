import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Step } from '#contract/sign-in.ts'
import { resendAfterSeconds } from '#domain/challenge.ts'
import type { Policy } from '#domain/policy.ts'
import { codesFromAnywhere } from '#domain/throttle.ts'
import { messageFrom } from '#store/messages.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, refused, rulesOf, start, startFromSession } from '../kit.ts'

let kit: Kit
const log: string[] = []
before(async () => {
  kit = await openKit({ logTo: { write: (line) => void log.push(line) } })
})
after(() => kit.close())

let numbers = 0
/** A number that nobody has yet. */
const newNumber = () => `+4930${901_000 + 10_007 * (numbers++ % 9) + numbers}`
const all: Partial<Policy> = { mode: 'everyone', methods: ['totp', 'email', 'sms', 'voice'], defaultMethod: 'totp' }
const sixDigits = /\b[0-9]{6}\b/

async function member(policy: Partial<Policy> = all): Promise<Person & { readonly siteId: string; number: string }> {
  const site = await kit.site(policy)
  return { ...(await kit.person(site.id)), siteId: site.id, number: newNumber() }
}

/** The code that came last by this way. */
async function received(person: { readonly email: string; readonly number: string }, kind: string): Promise<string> {
  if (kind === 'email') return kit.mailedCode(person.email)
  const [last] = await (kind === 'sms' ? kit.textsTo(person.number) : kit.callsTo(person.number))
  const code = sixDigits.exec(last?.text ?? '')?.[0]
  assert.ok(code, `nothing came by ${kind}`)
  return code
}

const messages = async () =>
  (await kit.rooms.store.db.selectFrom('messages').select('id').where('template', '=', 'sign-in-code').execute()).length

async function ok(reply: ReturnType<typeof answer>): Promise<Step & Record<string, never>> {
  const { status, json, text } = await reply
  assert.equal(status, 200, text)
  return json
}

/** Sets up a method whose code is sent, from where a sign-in offers it. Ends signed in. */
async function setUp(person: Awaited<ReturnType<typeof member>>, kind: string, client: Client): Promise<void> {
  await ok(answer(client, { choose: kind }))
  await ok(answer(client, kind === 'email' ? { send: 'email' } : { phone: person.number }))
  const codes = await ok(answer(client, { code: await received(person, kind) }))
  if (codes.step === 'codes') {
    person.backupCodes = (codes as { codes: string[] }).codes
    assert.equal((await ok(answer(client, { saved: true }))).step, 'done')
  } else assert.equal(codes.step, 'done')
  kit.pass(60)
}

async function secured(kind: string, policy: Partial<Policy> = all) {
  const person = await member(policy)
  const client = kit.client()
  await start(client, person)
  await setUp(person, kind, client)
  return { person, client }
}

/** At the question for the second step. */
async function asked(person: Person, client = kit.client()) {
  const { json } = await start(client, person)
  assert.equal(json.step, 'answer')
  return { client, step: json }
}

const sessionOf = async (client: Client) => (await client.call('GET', '/api/v1/session')).json

async function wrongCode(person: Awaited<ReturnType<typeof member>>, kind: string): Promise<string> {
  const right = await received(person, kind)
  return right === '000000' ? '000001' : '000000'
}

for (const [kind, amr, aal] of [
  ['sms', 'sms', 2],
  ['voice', 'tel', 2],
  ['email', 'otp', 1],
] as const) {
  test(`S0.57 S3.23 S3.25 ${kind}: the choice at set-up is proved by a code that was sent, and from then on one is sent at log-in`, async () => {
    const person = await member()
    const client = kit.client()
    const first = (await start(client, person)).json
    assert.deepEqual([first.step, first.kind, first.kinds], ['enroll', 'totp', ['totp', 'email', 'sms', 'voice']])
    const chosen = (await answer(client, { choose: kind })).json
    assert.deepEqual([chosen.step, chosen.kind, chosen.key, chosen.uri], ['enroll', kind, undefined, undefined])
    if (kind !== 'email') {
      assert.equal(chosen.to, undefined, 'no number is known yet')
      refused(await answer(client, { send: kind }), 409, 'step-not-open')
      refused(await answer(client, { phone: '0800 123' }), 422, 'invalid-phone')
    }
    const sent = (await answer(client, kind === 'email' ? { send: kind } : { phone: ` ${person.number.replace('+49', '+49 ')} ` })).json
    assert.equal(sent.sent.kind, kind)
    assert.equal(sent.sent.to, kind === 'email' ? `p•••@example.org` : person.number)
    refused(await answer(client, { code: await wrongCode(person, kind) }), 422, 'code-not-accepted', { reason: 'mismatch' })
    const codes = (await answer(client, { code: await received(person, kind) })).json
    assert.equal(codes.step, 'codes')
    assert.equal((await answer(client, { saved: true })).json.step, 'done')
    const { db } = kit.rooms.store
    const { phone, phone_verified_at } = await db.selectFrom('users').selectAll().where('id', '=', person.id).executeTakeFirstOrThrow()
    assert.deepEqual([phone, phone_verified_at], kind === 'email' ? [null, null] : [person.number, kit.now()])
    assert.equal(
      (await kit.mailsTo(person.email)).filter(({ subject }) => /Two-Factor Authentication is on|enabled/i.test(subject)).length,
      1,
    )

    const { client: next, step } = await asked(person)
    assert.ok(step.ways.some((one: { kind: string }) => one.kind === kind))
    await ok(answer(next, { send: kind }))
    assert.equal((await ok(answer(next, { code: await received(person, kind) }))).step, 'done')
    const sessions = (await next.call('GET', '/api/v1/me/sessions')).json
    const [mine] = (sessions.sessions ?? sessions).filter((one: { isCurrent?: boolean; current?: boolean }) => one.isCurrent ?? one.current)
    assert.ok(mine.amr.includes(amr) && mine.amr.includes('pwd'))
    assert.equal(mine.amr.includes('mfa'), aal === 2, 'a mailbox never counts as a second factor towards portals')
  })
}

test('S3.18 S3.24 S3.26 the one field takes the code of the app, the sent code and a backup code; the page says where codes go', async () => {
  const { person, client: owner } = await secured('sms')
  await confirmBySms(person, owner)
  await startFromSession(owner, 'enroll')
  const { key } = (await answer(owner, { choose: 'totp' })).json
  person.key = key
  await ok(answer(owner, { code: kit.code(person) }))
  kit.pass(60)

  for (const how of ['app', 'text', 'call', 'backup code']) {
    const { client, step } = await asked(person)
    assert.deepEqual(step.kinds, ['totp', 'sms', 'voice', 'backup-codes'])
    const masked = `•••• ${person.number.slice(-4)}`
    assert.deepEqual(step.ways, [
      { kind: 'sms', to: masked },
      { kind: 'voice', to: masked },
    ])
    kit.pass(30)
    if (how === 'text' || how === 'call') await ok(answer(client, { send: how === 'text' ? 'sms' : 'voice' }))
    const code =
      how === 'app'
        ? kit.code(person)
        : how === 'backup code'
          ? person.backupCodes?.[0]
          : await received(person, how === 'text' ? 'sms' : 'voice')
    assert.equal((await ok(answer(client, { code }))).step, 'done', how)
  }
})

async function confirmBySms(person: Awaited<ReturnType<typeof member>>, client: Client): Promise<void> {
  await startFromSession(client, 'confirm')
  await ok(answer(client, { password: person.password }))
  await ok(answer(client, { send: 'sms' }))
  assert.equal((await ok(answer(client, { code: await received(person, 'sms') }))).step, 'done')
  await client.call('GET', '/api/v1/session')
}

test('S3.26 S3.27 "Send SMS Code" is for verified numbers where the rules allow it: elsewhere it is not offered, and asking for it sends nothing', async () => {
  const person = await member()
  await kit.signIn(person)
  await kit.rooms.store.db.updateTable('users').set({ phone: person.number, phone_verified_at: null }).where('id', '=', person.id).execute()
  kit.pass(60)
  const before = await messages()
  const { client, step } = await asked(person)
  assert.deepEqual(step.ways, [])
  for (const kind of ['sms', 'voice', 'email', 'totp', 'backup-codes', 'nonsense'])
    refused(await answer(client, { send: kind }), 409, 'step-not-open')
  assert.equal(await messages(), before)

  const narrow = await secured('sms')
  const owner = await kit.signIn(kit.provider.owner)
  const rules = { ...(await rulesOf(owner, narrow.person.siteId)), methods: ['totp', 'sms'] }
  assert.equal((await owner.call('PUT', `/api/v1/organizations/${narrow.person.siteId}/policy`, rules)).status, 200)
  const later = await asked(narrow.person)
  assert.deepEqual(
    later.step.ways.map((one: { kind: string }) => one.kind),
    ['sms'],
  )
  refused(await answer(later.client, { send: 'voice' }), 409, 'step-not-open')
})

test('a text and a call are told in which language they are: the one that the person chose', async () => {
  const { person, client: owner } = await secured('sms')
  await confirmBySms(person, owner)
  await ok(owner.call('PATCH', '/api/v1/me/profile', { language: 'en' }))
  kit.pass(60)
  const { client } = await asked(person)
  await ok(answer(client, { send: 'sms' }))
  const row = await kit.rooms.store.db
    .selectFrom('messages')
    .selectAll()
    .where('to_address', '=', person.number)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  assert.equal(messageFrom(kit.rooms.keys, row).values.language, 'en')
})

test('S2.43 "Resend" sends the same code once more, no earlier than after half a minute, and does not make it live longer', async () => {
  const { person } = await secured('sms')
  const { client } = await asked(person)
  const first = (await answer(client, { send: 'sms' })).json.sent
  const code = await received(person, 'sms')
  refused(await answer(client, { send: 'sms' }), 429, 'sending-limit', { reason: 'person', retryAfterSeconds: resendAfterSeconds })
  kit.pass(resendAfterSeconds)
  const again = (await answer(client, { send: 'sms' })).json.sent
  assert.equal(await received(person, 'sms'), code, 'the first code stays valid')
  assert.equal((await kit.textsTo(person.number)).length, 3, 'set-up, sent, and sent again')
  assert.deepEqual([again.expiresAt, again.kind], [first.expiresAt, 'sms'])
  assert.ok(again.at > first.at && again.resendAt > first.resendAt)
  assert.equal((await ok(answer(client, { code }))).step, 'done')
})

test('S0.64 a sent code works for as long as the "2FA Passcode Timeout" says, to the second; of several organizations the shortest wins', async () => {
  const person = await member({ ...all, passcodeTimeoutMinutes: 5 })
  const other = await kit.site({ ...all, passcodeTimeoutMinutes: 2 })
  const first = kit.client()
  await start(first, person)
  await setUp(person, 'sms', first)
  const timed = async (seconds: number) => {
    const { client } = await asked(person)
    const { sent } = (await answer(client, { send: 'sms' })).json
    assert.equal(Date.parse(sent.expiresAt) - Date.parse(sent.at), seconds * 1000)
    const code = await received(person, 'sms')
    kit.pass(seconds - 1)
    kit.pass(1)
    refused(await answer(client, { code }), 422, 'code-not-accepted', { reason: 'expired' })
    const next = (await answer(client, { send: 'sms' })).json.sent
    assert.notEqual(await received(person, 'sms'), code, 'after its life comes a new one')
    assert.equal(next.kind, 'sms')
    refused(await answer(client, { code }), 422, 'code-not-accepted', { reason: 'superseded' })
    kit.pass(seconds - 1)
    assert.equal((await ok(answer(client, { code: await received(person, 'sms') }))).step, 'done')
  }
  await timed(300)
  const owner = await kit.signIn(kit.provider.owner)
  await owner.call('POST', `/api/v1/organizations/${other.id}/users`, { name: person.name, email: person.email, role: 'user' })
  await kit.rooms.store.db.updateTable('memberships').set({ joined_at: kit.now() }).where('user_id', '=', person.id).execute()
  kit.pass(60)
  await timed(120)
})

test('A17 of three log-ins, three ways and three lives each code works in its own place alone', async () => {
  const person = await member({ ...all, passcodeTimeoutMinutes: 1 })
  const first = kit.client()
  await start(first, person)
  await setUp(person, 'sms', first)
  await confirmBySms(person, first)
  await startFromSession(first, 'enroll')
  await setUp(person, 'email', first)

  const kinds = ['sms', 'voice', 'email'] as const
  const seen: { signIn: number; code: string }[] = []
  const clients: Client[] = []
  for (let signIn = 0; signIn < 3; signIn++) {
    const { client } = await asked(person)
    clients.push(client)
    for (const kind of kinds) {
      await ok(answer(client, { send: kind }))
      seen.push({ signIn, code: await received(person, kind) })
      kit.pass(resendAfterSeconds)
    }
  }
  const last = seen.map(({ code }) => code)
  assert.equal(new Set(last).size, 9, 'nine sendings are nine codes')
  // In the last log-in only the last code is good; whatever else was sent says what it is.
  const reasons = []
  const client = clients[2] as Client
  for (const { signIn, code } of seen.slice(0, -1)) {
    if (reasons.length >= codesFromAnywhere.waits.filter((wait) => wait === 0).length) break
    const reply = await answer(client, { code })
    assert.equal(reply.status, 422, reply.text)
    reasons.push([signIn, reply.json.reason])
  }
  assert.deepEqual(
    reasons,
    seen.slice(0, reasons.length).map(({ signIn }) => [signIn, signIn === 2 ? 'superseded' : 'mismatch']),
  )
  const fresh = await secured('sms', { ...all, passcodeTimeoutMinutes: 1 })
  const { client: lives } = await asked(fresh.person)
  const codes: string[] = []
  for (let life = 0; life < 3; life++) {
    await ok(answer(lives, { send: 'sms' }))
    codes.push(await received(fresh.person, 'sms'))
    if (life < 2) kit.pass(61)
  }
  for (const code of codes.slice(0, 2)) refused(await answer(lives, { code }), 422, 'code-not-accepted', { reason: 'superseded' })
  assert.equal((await ok(answer(lives, { code: codes[2] }))).step, 'done')
  refused(await answer((await asked(fresh.person)).client, { code: codes[2] }), 422, 'code-not-accepted', { reason: 'not-sent' })
})

test('A35 nothing is sent before the password: no cookie, a made-up one, a sign-in that waits for the password', async () => {
  const { person, client } = await secured('sms')
  const before = await messages()
  for (const wish of [{ send: 'sms' }, { send: 'email' }, { phone: newNumber() }, { choose: 'sms' }]) {
    const stranger = kit.client()
    assert.equal((await answer(stranger, wish)).status, 401)
    stranger.cookies.set('countersign-sign-in', 'x'.repeat(43))
    assert.ok([401, 403].includes((await answer(stranger, wish)).status))
  }
  assert.equal((await startFromSession(client, 'confirm')).json.step, 'password')
  for (const wish of [{ send: 'sms' }, { phone: newNumber() }, { code: '123456' }])
    refused(await answer(client, wish), 409, 'step-not-open')
  assert.equal(await messages(), before)
  assert.equal((await kit.textsTo(person.number)).length, 1)
})

test('A18 a code that was sent stands in no reply, no line of the log, no audit event, no cookie and no address, and in no table in clear', async () => {
  const person = await member()
  const client = kit.client()
  const told: string[] = []
  const say = async (reply: ReturnType<typeof answer>) => {
    const { text, headers, json } = await reply
    told.push(text, JSON.stringify(headers), JSON.stringify([...client.cookies]))
    return json
  }
  await say(start(client, person))
  await say(answer(client, { choose: 'sms' }))
  await say(answer(client, { phone: person.number }))
  const codes = [await received(person, 'sms')]
  await say(client.call('GET', '/api/v1/sign-ins/current'))
  await say(client.call('GET', '/sign-in'))
  await say(answer(client, { code: codes[0] }))
  await say(answer(client, { saved: true }))
  kit.pass(60)
  for (const kind of ['sms', 'voice']) {
    await say(start(client, person))
    await say(answer(client, { send: kind }))
    codes.push(await received(person, kind))
    await say(client.call('GET', '/sign-in'))
    await say(answer(client, { code: '12345' }))
    await say(answer(client, { code: codes.at(-1) }))
    kit.pass(60)
  }
  const { db } = kit.rooms.store
  const rows = [
    await db.selectFrom('audit_events').selectAll().where('subject_id', '=', person.id).execute(),
    await db.selectFrom('sign_ins').selectAll().where('user_id', '=', person.id).execute(),
    await db.selectFrom('messages').selectAll().where('to_address', '=', person.number).execute(),
    await db.selectFrom('authenticators').selectAll().where('user_id', '=', person.id).execute(),
  ].map((one) => JSON.stringify(one))
  assert.ok(rows[0]?.includes('sign-in.code-sent'))
  assert.ok(
    log.some((line) => line.includes('/api/v1/sign-ins/current/answers')),
    'the log was written',
  )
  for (const code of codes)
    for (const text of [...told, ...rows, ...log])
      assert.ok(!new RegExp(`(?<![0-9a-f.])${code}(?![0-9a-f])`).test(text), `a code stands in ${text.slice(0, 200)}`)
})

test('wrong sent codes count like all others: twenty, whatever is sent and resent in between, and a resend gives none back', async () => {
  const { person } = await secured('sms')
  const elsewhere = (nth: number) => kit.client(`198.51.100.${nth}`)
  const failures = async () =>
    (await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${person.id}`).executeTakeFirst())
      ?.failures
  for (let nth = 1; nth <= codesFromAnywhere.limit; nth++) {
    const { client } = await asked(person, elsewhere(nth))
    await ok(answer(client, { send: 'sms' }))
    refused(await answer(client, { code: await wrongCode(person, 'sms') }), 422, 'code-not-accepted', { reason: 'mismatch' })
    kit.pass(resendAfterSeconds)
    await ok(answer(client, { send: 'voice' }))
    assert.equal(await failures(), nth, 'sending changes no count')
    kit.pass(7200)
  }
  const { client } = await asked(person, elsewhere(200))
  await ok(answer(client, { send: 'sms' }))
  refused(await answer(client, { code: await received(person, 'sms') }), 429, 'password-change-required')
})

test('nobody binds a number by guessing: wrong codes at its set-up count as well, and another number voids the code of the first', async () => {
  const person = await member()
  const client = kit.client()
  await start(client, person)
  await answer(client, { choose: 'sms' })
  await answer(client, { phone: person.number })
  const code = await received(person, 'sms')
  const stranger = newNumber()
  await ok(answer(client, { phone: stranger }))
  refused(await answer(client, { code }), 422, 'code-not-accepted', { reason: 'mismatch' })
  for (let nth = 2; nth <= 5; nth++) refused(await answer(client, { code: '000000' }), 422, 'code-not-accepted')
  refused(await answer(client, { code: await received({ ...person, number: stranger }, 'sms') }), 429, 'too-many-attempts')
})

test('S3.28 what the gateway reports of the last message is shown, and a new message starts without a report', async () => {
  const { person } = await secured('sms')
  const { client } = await asked(person)
  assert.equal((await answer(client, { send: 'sms' })).json.sent.delivery, undefined)
  const report = (state: 'delivered' | 'undelivered', reason: string | null) =>
    kit.rooms.store.db
      .updateTable('messages')
      .set({ delivery: state, delivery_reason: reason, delivery_at: kit.now() })
      .where('to_address', '=', person.number)
      .execute()
  const sent = async () => (await client.call('GET', '/api/v1/sign-ins/current')).json.sent
  await report('undelivered', 'unreachable')
  assert.deepEqual([(await sent()).delivery, (await sent()).reason], ['undelivered', 'unreachable'])
  assert.match((await client.call('GET', '/sign-in')).text, /could not be delivered.*another number/s)
  kit.pass(resendAfterSeconds)
  assert.equal((await answer(client, { send: 'sms' })).json.sent.delivery, undefined)
  assert.equal((await sent()).delivery, undefined)
})

test('S3.35 the number changes only for who is logged in; who is locked out is led to other ways, backup codes and the help desk', async () => {
  const { person } = await secured('sms')
  const { client } = await asked(person)
  refused(await answer(client, { phone: newNumber() }), 409, 'step-not-open')
  await ok(answer(client, { send: 'sms' }))
  const page = (await client.call('GET', '/sign-in')).text
  for (const sentence of [/Nothing arrives\?/, /Use a backup code/, /Call me/, /Ask an administrator/]) assert.match(page, sentence)
})

test('A53 another number is set up with the old method first: the old one is dead, text and call move to the new one, and the owner is told', async () => {
  const { person, client } = await secured('sms')
  const old = person.number
  await confirmBySms(person, client)
  await startFromSession(client, 'enroll')
  await ok(answer(client, { choose: 'sms' }))
  person.number = newNumber()
  await ok(answer(client, { phone: person.number }))
  assert.equal((await ok(answer(client, { code: await received(person, 'sms') }))).step, 'done')
  const rows = await kit.rooms.store.db
    .selectFrom('authenticators')
    .select(['kind', 'retired_at'])
    .where('user_id', '=', person.id)
    .execute()
  const alive = rows.filter(({ retired_at }) => retired_at === null).map(({ kind }) => kind)
  assert.deepEqual(alive.sort(), ['backup-codes', 'sms'])
  const [mail] = await kit.mailsTo(person.email)
  assert.match(mail?.text ?? '', new RegExp(`Text Message \\(•••• ${person.number.slice(-4)}\\)`))
  kit.pass(60)
  const { client: next } = await asked(person)
  const before = (await kit.textsTo(old)).length
  await ok(answer(next, { send: 'sms' }))
  assert.equal((await kit.textsTo(old)).length, before)
  assert.equal((await ok(answer(next, { code: await received(person, 'sms') }))).step, 'done')
})

test("A53 a number that no code has proved for twelve months counts no more: it may be somebody else's by now; each use proves it anew", async () => {
  const { person } = await secured('sms')
  const day = 86_400
  for (const wait of [300 * day, 300 * day]) {
    kit.pass(wait)
    const { client } = await asked(person)
    await ok(answer(client, { send: 'sms' }))
    assert.equal((await ok(answer(client, { code: await received(person, 'sms') }))).step, 'done', 'used within the year')
  }
  kit.pass(365 * day)
  const before = (await kit.textsTo(person.number)).length
  const { client, step } = await asked(person)
  assert.deepEqual([step.kinds, step.ways], [['backup-codes'], []])
  refused(await answer(client, { send: 'sms' }), 409, 'step-not-open')
  assert.equal((await kit.textsTo(person.number)).length, before)
  assert.match((await client.call('GET', '/sign-in')).text, /Ask an administrator/)
})

test('whoever changes a number that codes went to has no way by text or call any more, until the new one is proved', async () => {
  const { person, client } = await secured('sms')
  await confirmBySms(person, client)
  await startFromSession(client, 'enroll')
  const { key } = (await answer(client, { choose: 'totp' })).json
  person.key = key
  await ok(answer(client, { code: kit.code(person) }))
  await client.call('GET', '/api/v1/session')
  assert.equal((await client.call('PUT', '/api/v1/me/phone', { phone: newNumber() })).status, 200)
  kit.pass(60)
  assert.deepEqual((await asked(person)).step.kinds, ['totp', 'backup-codes'])
})

test('S0.59 what the rules no longer allow is asked for once more, and then an allowed method is set up in the same log-in', async () => {
  const { person } = await secured('sms')
  const owner = await kit.signIn(kit.provider.owner)
  const rules = { ...(await rulesOf(owner, person.siteId)), methods: ['totp'], defaultMethod: 'totp' }
  assert.equal((await owner.call('PUT', `/api/v1/organizations/${person.siteId}/policy`, rules)).status, 200)
  const { client, step } = await asked(person)
  assert.deepEqual(step.kinds, ['sms', 'backup-codes'])
  await ok(answer(client, { send: 'sms' }))
  const next = (await answer(client, { code: await received(person, 'sms') })).json
  assert.deepEqual([next.step, next.kinds], ['enroll', ['totp']])
  refused(await answer(client, { choose: 'sms' }), 409, 'step-not-open')
  person.key = next.key
  assert.equal((await ok(answer(client, { code: kit.code(person) }))).step, 'done')
  kit.pass(60)
  const later = await asked(person)
  assert.deepEqual([later.step.kinds, later.step.ways], [['totp', 'backup-codes'], []])
  refused(await answer(later.client, { send: 'sms' }), 409, 'step-not-open')
})

test('S2.42 S2.43 after a reset a temporary passcode by mail opens the set-up and nothing else; "Resend" brings the same one', async () => {
  const person = await member({ mode: 'everyone' })
  await kit.signIn(person)
  const owner = await kit.signIn(kit.provider.owner)
  const path = `/api/v1/organizations/${person.siteId}/users/${person.id}/two-factor`
  assert.equal((await owner.call('POST', path, { action: 'reset' })).status, 200)
  const { client, step } = await asked(person)
  assert.deepEqual([step.opens, step.kinds, step.ways], ['set-up', ['email'], [{ kind: 'email', to: 'p•••@example.org' }]])
  refused(await answer(client, { code: '123456' }), 422, 'code-not-accepted', { reason: 'not-sent' })
  await ok(answer(client, { send: 'email' }))
  const code = await kit.mailedCode(person.email)
  const subjects = async () => (await kit.mailsTo(person.email)).filter(({ subject }) => subject === 'Your temporary passcode').length
  assert.equal(await subjects(), 1)
  kit.pass(resendAfterSeconds)
  await ok(answer(client, { send: 'email' }))
  assert.deepEqual([await subjects(), await kit.mailedCode(person.email)], [2, code])
  const opened = await answer(client, { code, remember: true })
  assert.equal(opened.json.step, 'enroll')
  assert.ok(!client.cookies.has('countersign-session') && !client.cookies.has('countersign-remembered'))
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  // Whoever stops here has gained nothing: the next log-in asks for the next passcode.
  assert.equal((await asked(person)).step.opens, 'set-up')
  person.key = opened.json.key
  await ok(answer(client, { code: kit.code(person) }))
  assert.equal((await ok(answer(client, { saved: true }))).step, 'done')
  assert.equal((await sessionOf(client)).user.email, person.email)
  kit.pass(60)
  assert.equal((await asked(person)).step.opens, undefined)
})

test('who was reset and whose password came by mail is told to ask an administrator, on the page and by the API, and no code is sent', async () => {
  const person = await member({ mode: 'everyone' })
  await kit.signIn(person)
  const owner = await kit.signIn(kit.provider.owner)
  await owner.call('POST', `/api/v1/organizations/${person.siteId}/users/${person.id}/two-factor`, { action: 'reset' })
  await kit.rooms.store.db.updateTable('users').set({ password_mailed: true }).where('id', '=', person.id).execute()
  const client = kit.client()
  const { json } = await start(client, person)
  assert.deepEqual([json.step, json.reason], ['refused', 'ask-administrator'])
  for (const wish of [{ send: 'email' }, { code: '123456' }, { choose: 'totp' }, { saved: true }])
    refused(await answer(client, wish), 409, 'step-not-open')
  assert.match((await client.call('GET', '/sign-in')).text, /Ask your administrator/)
  assert.equal((await kit.mailsTo(person.email)).filter(({ subject }) => /passcode/.test(subject)).length, 0)
  assert.ok(!client.cookies.has('countersign-session'))
})

test('an honest person signs in day after day by each method that is sent', async () => {
  for (const method of ['sms', 'voice', 'email']) {
    const site = await kit.site({ mode: 'everyone', methods: [method], defaultMethod: method })
    const person = await kit.person(site.id)
    for (let day = 0; day < 3; day++) {
      const client = await kit.signIn(person)
      assert.equal((await sessionOf(client)).user.email, person.email)
      kit.pass(86_400)
    }
  }
})

test('S0.36 after "Standardize on one method" every next login leads to that method, whatever its person had chosen before', async () => {
  const site = await kit.site(all)
  const head = await kit.person(site.id, { role: 'security-admin' })
  const admin = await kit.signIn(head)
  const people: Awaited<ReturnType<typeof member>>[] = []
  for (const kind of ['email', 'voice', 'sms']) {
    const person = { ...(await kit.person(site.id)), siteId: site.id, number: newNumber() }
    const client = kit.client()
    await start(client, person)
    await setUp(person, kind, client)
    people.push(person)
  }
  const rules = { ...(await rulesOf(admin, site.id)), methods: ['sms'], defaultMethod: 'sms', mayChangeMethod: false, mode: 'everyone' }
  await confirm(kit, head, admin)
  assert.equal((await admin.call('PUT', `/api/v1/organizations/${site.id}/policy`, rules)).status, 200)
  kit.pass(60)
  for (const [nth, person] of people.entries()) {
    const { client, step } = await asked(person)
    const had = ['email', 'voice', 'sms'][nth] ?? ''
    if (step.ways.some(({ kind }: { kind: string }) => kind === 'sms')) {
      await ok(answer(client, { send: 'sms' }))
      assert.equal((await ok(answer(client, { code: await received(person, 'sms') }))).step, 'done', had)
      continue
    }
    await ok(answer(client, { send: had }))
    const due = await ok(answer(client, { code: await received(person, had) }))
    assert.deepEqual([due.step, due.kind, due.kinds], ['enroll', 'sms', ['sms']], had)
    await setUp(person, 'sms', client)
  }
  kit.pass(60)
  for (const person of people)
    assert.deepEqual(
      (await asked(person)).step.kinds.filter((kind: string) => kind !== 'backup-codes'),
      ['sms'],
    )
})
