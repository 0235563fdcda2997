import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDoor } from '#delivery/door.ts'
import { type TwilioOptions, twilio, twilioSignature } from '#delivery/twilio.ts'
import type { Message } from '#domain/message.ts'
import { startQueue } from '#flows/messages.ts'
import { enqueue } from '#store/messages.ts'
import { startTwilio, type TwilioBehavior } from '../../simulators/twilio.ts'
import { openKit, start } from '../kit.ts'
import { freePort } from '../machine/server.ts'

/** Texts and calls through a gateway that is a real server, with its reports coming back over a real connection. */
const port = await freePort()
const publicUrl = `http://127.0.0.1:${port}`
const gateway = await startTwilio()
const door = openDoor({ allowedHosts: ['127.0.0.1'] })
const account = (now: () => Date, more: Partial<TwilioOptions> = {}) => {
  const { accountSid, authToken, from } = gateway
  return twilio({ accountSid, authToken, from, apiUrl: gateway.url, callbackUrl: publicUrl, door, now, milliseconds: 600, ...more })
}
const kit = await openKit({ publicUrl, gateways: (now) => ({ text: account(now), call: account(now) }) })
await kit.app.listen({ host: '127.0.0.1', port })
after(async () => {
  await gateway.stop()
  await kit.close()
})

const { db } = kit.rooms.store
const errors: string[] = []
const queue = startQueue(kit.rooms, (error) => errors.push(String(error)), 1_000_000)
after(() => queue.stop())

let numbers = 0
const newNumber = () => `+491555${String(++numbers).padStart(7, '0')}`
const code = '471108'
const put = (to: string, channel: 'text' | 'call' = 'text', more: Partial<Message> = {}) =>
  enqueue(db, kit.rooms.keys, kit.now(), {
    to,
    channel,
    template: 'sign-in-code',
    values: { code, organization: 'Mill & <Sons>' },
    expiresAt: new Date(kit.now().getTime() + 300_000),
    ...more,
  })
const rowOf = (to: string) => db.selectFrom('messages').selectAll().where('to_address', '=', to).executeTakeFirstOrThrow()
const takenFor = (to: string) => gateway.received.filter(({ fields }) => fields.To === to)
/** Sends what is due and waits until the gateway has said what it has to say. */
const turn = async () => {
  await queue.drain()
  await gateway.reported()
}
const stateOf = async (to: string) => {
  const { attempts, sent_at, failed_at, delivery, delivery_reason, next_attempt_at } = await rowOf(to)
  const waits = sent_at || failed_at ? undefined : (next_attempt_at.getTime() - kit.now().getTime()) / 1000
  return { attempts, isSent: sent_at !== null, isGivenUp: failed_at !== null, delivery, reason: delivery_reason, waits }
}
const sent = { attempts: 1, isSent: true, isGivenUp: false, waits: undefined }
const waiting = { isSent: false, isGivenUp: false, delivery: null, reason: null }

test('a text goes out as Twilio takes it, dies with its code, and is known as delivered', async () => {
  const to = newNumber()
  await put(to)
  kit.pass(100)
  await turn()
  const [one] = takenFor(to)
  assert.deepEqual(Object.keys(one?.fields ?? {}).sort(), ['Body', 'From', 'StatusCallback', 'To', 'ValidityPeriod'])
  assert.match(one?.fields.Body ?? '', /471108/)
  assert.equal(one?.fields.ValidityPeriod, '200')
  assert.deepEqual(await stateOf(to), { ...sent, delivery: 'delivered', reason: null })
  assert.equal((await rowOf(to)).gateway_ref, one?.sid)
})

test('trap 10: a text that does not arrive says why', async () => {
  for (const [errorCode, reason] of [
    [30003, 'unreachable'],
    [30005, 'invalid-number'],
    [30006, 'not-mobile'],
    [30007, 'filtered'],
    [30034, 'sender'],
    [39999, 'unknown'],
  ] as const) {
    const to = newNumber()
    gateway.behave({ undelivered: errorCode })
    await put(to)
    await turn()
    assert.deepEqual(await stateOf(to), { ...sent, delivery: 'undelivered', reason }, String(errorCode))
  }
})

test('trap 10: a text that Twilio refuses for good is given up at once, with the reason', async () => {
  const magic = {
    '+15005550001': 'invalid-number',
    '+15005550002': 'no-route',
    '+15005550003': 'region-blocked',
    '+15005550004': 'opted-out',
    '+15005550009': 'not-mobile',
  }
  for (const [to, reason] of Object.entries(magic)) {
    await put(to)
    const before = gateway.statuses.length
    await turn()
    kit.pass(299)
    await turn()
    assert.deepEqual(await stateOf(to), { attempts: 1, isSent: false, isGivenUp: true, delivery: 'undelivered', reason, waits: undefined })
    assert.equal(gateway.statuses.length, before + 1)
  }
  for (const [refuse, reason] of [
    [21606, 'sender'],
    [21608, 'sender'],
    [99999, 'unknown'],
  ] as const) {
    const to = newNumber()
    gateway.behave({ refuse })
    await put(to)
    await turn()
    assert.deepEqual([(await stateOf(to)).isGivenUp, (await stateOf(to)).reason], [true, reason], String(refuse))
  }
})

test('a failure that may pass is tried again: after a while, when the gateway said, and later where the text may have been taken', async () => {
  const table: readonly (readonly [TwilioBehavior, number, number])[] = [
    [{ refuse: 20003, status: 401 }, 10, 1],
    [{ refuse: 20404, status: 404 }, 10, 1],
    [{ refuse: 21611 }, 10, 1],
    [{ busy: 45 }, 45, 0],
    [{ fail: 503 }, 30, 0],
    [{ fail: 500 }, 30, 1],
    [{ fail: 502 }, 30, 1],
    [{ fail: 404 }, 10, 1],
    ['hang', 30, 1],
  ]
  for (const [behavior, waits, attempts] of table) {
    const to = newNumber()
    const what = JSON.stringify(behavior)
    gateway.behave(behavior)
    await put(to)
    await turn()
    assert.deepEqual(await stateOf(to), { ...waiting, attempts, waits }, what)
    kit.pass(waits - 1)
    await turn()
    assert.equal(takenFor(to).length, 0, what)
    kit.pass(1)
    await turn()
    assert.deepEqual(await stateOf(to), { ...sent, attempts: attempts + 1, delivery: 'delivered', reason: null }, what)
    assert.equal(takenFor(to).length, 1, what)
  }
})

test('a text whose answer is lost, empty, a page or half of one is not sent twice: the report says that it was taken', async () => {
  for (const behavior of ['lost-answer', 'nothing', 'html', 'half-a-body'] as const) {
    const to = newNumber()
    gateway.behave(behavior)
    await put(to)
    await turn()
    assert.deepEqual(await stateOf(to), { ...sent, delivery: 'delivered', reason: null }, behavior)
    kit.pass(299)
    await turn()
    assert.equal(takenFor(to).length, 1, behavior)
    assert.equal((await rowOf(to)).gateway_ref, takenFor(to)[0]?.sid, behavior)
  }
})

test('where no reports come, a text whose answer is lost is sent once more with the same code, and never after the code has run out', async () => {
  const [once, late] = [newNumber(), newNumber()]
  const deaf = { ...kit.rooms, gateways: { text: account(kit.now, { callbackUrl: '' }) } }
  const silent = startQueue(deaf, () => {}, 1_000_000)
  gateway.behave('lost-answer')
  await put(once)
  await silent.drain()
  assert.deepEqual(await stateOf(once), { ...waiting, attempts: 1, waits: 30 })
  kit.pass(30)
  await silent.drain()
  assert.deepEqual(await stateOf(once), { ...sent, attempts: 2, delivery: null, reason: null })
  assert.equal(new Set(takenFor(once).map(({ fields }) => fields.Body)).size, 1)
  assert.ok(takenFor(once).every(({ fields }) => fields.StatusCallback === undefined))

  gateway.behave('lost-answer')
  await put(late, 'text', { expiresAt: new Date(kit.now().getTime() + 30_000) })
  await silent.drain()
  kit.pass(30)
  await silent.drain()
  assert.equal(takenFor(late).length, 1)
  assert.equal((await stateOf(late)).isGivenUp, true)
  await silent.stop()
})

test('reports may come three times and in any order: what was delivered stays so', async () => {
  for (const behavior of ['duplicates', 'out-of-order'] as const) {
    const to = newNumber()
    gateway.behave(behavior)
    await put(to)
    await turn()
    assert.deepEqual(await stateOf(to), { ...sent, delivery: 'delivered', reason: null }, behavior)
  }
  assert.deepEqual(
    gateway.callbacks.filter(({ answered }) => answered !== 204),
    [],
  )
  // Every order of every report that Twilio may send of one text ends the same.
  const reports = ['queued', 'sent', 'undelivered', 'delivered']
  const orders = (list: readonly string[]): string[][] =>
    list.length === 0 ? [[]] : list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((rest) => [one, ...rest]))
  for (const order of orders(reports)) {
    const to = newNumber()
    gateway.behave('silent')
    await put(to)
    await turn()
    const { id, gateway_ref } = await rowOf(to)
    for (const status of order)
      await gateway.callBack(`${publicUrl}/callbacks/twilio/${id}`, {
        AccountSid: gateway.accountSid,
        MessageSid: gateway_ref ?? '',
        MessageStatus: status,
      })
    assert.equal((await stateOf(to)).delivery, 'delivered', order.join(' '))
  }
})

test('a call says who calls, waits for a key, and then speaks the code twice, digit by digit', async () => {
  const to = newNumber()
  gateway.answerAs('human')
  await put(to, 'call')
  await turn()
  const [heard] = gateway.calls.filter((one) => one.to === to)
  const spoken = heard?.heard ?? []
  assert.equal(spoken.length, 4)
  assert.match(spoken[0] ?? '', /Mill & <Sons>.*Press any key/)
  assert.match(spoken[2] ?? '', /4, 7, 1, 1, 0, 8/)
  assert.deepEqual([spoken[0], spoken[2]], [spoken[1], spoken[3]])
  assert.doesNotMatch(JSON.stringify(takenFor(to)[0]?.fields), /471108|4, 7, 1/, 'the code is not handed over before somebody is there')
  assert.deepEqual(await stateOf(to), { ...sent, delivery: 'delivered', reason: null })
})

test('an answering machine is told no code, and a call that nobody heard says why', async () => {
  for (const [callee, reason] of [
    ['machine', 'not-heard'],
    ['busy', 'busy'],
    ['no-answer', 'no-answer'],
  ] as const) {
    const to = newNumber()
    gateway.answerAs(callee)
    await put(to, 'call')
    await turn()
    const heard = gateway.calls.filter((one) => one.to === to).flatMap((one) => one.heard)
    assert.doesNotMatch(heard.join(' '), /\d/, callee)
    assert.deepEqual(await stateOf(to), { ...sent, delivery: 'undelivered', reason }, callee)
  }
  gateway.answerAs('human')
})

test('the code of a call is spoken once, and not after it has run out', async () => {
  const press = async (id: string, sid: string) => {
    const reply = await gateway.callBack(`${publicUrl}/callbacks/twilio/${id}/key`, {
      AccountSid: gateway.accountSid,
      CallSid: sid,
      CallStatus: 'in-progress',
      Digits: '1',
    })
    assert.equal(reply.status, 200)
    return reply.text()
  }
  const [heard, late] = [newNumber(), newNumber()]
  await put(heard, 'call')
  await turn()
  const again = await rowOf(heard)
  assert.doesNotMatch(await press(again.id, again.gateway_ref ?? ''), /4, 7, 1/)

  gateway.answerAs('machine')
  await put(late, 'call')
  await turn()
  gateway.answerAs('human')
  const row = await rowOf(late)
  // Ten keys at once, which only a forger with the signature would press: one of them is told.
  const texts = await Promise.all(Array.from({ length: 10 }, () => press(row.id, row.gateway_ref ?? '')))
  assert.equal(texts.filter((text) => text.includes('4, 7, 1, 1, 0, 8')).length, 1)
  const old = newNumber()
  gateway.answerAs('machine')
  await put(old, 'call')
  await turn()
  gateway.answerAs('human')
  kit.pass(300)
  assert.match(await press((await rowOf(old)).id, (await rowOf(old)).gateway_ref ?? ''), /can no longer be used/)
})

test('a call without reports speaks at once, as the operator chose', async () => {
  const to = newNumber()
  const deaf = startQueue({ ...kit.rooms, gateways: { call: account(kit.now, { callbackUrl: '' }) } }, () => {}, 1_000_000)
  await put(to, 'call')
  await deaf.drain()
  await deaf.stop()
  await gateway.reported()
  assert.match(gateway.calls.find((one) => one.to === to)?.heard.join(' ') ?? '', /4, 7, 1, 1, 0, 8\..*4, 7, 1, 1, 0, 8/)
})

test('trap 10: a report is believed by its signature over the public address alone, and told nothing', async () => {
  const to = newNumber()
  gateway.behave('silent')
  await put(to)
  await turn()
  const { id, gateway_ref } = await rowOf(to)
  const fields = { AccountSid: gateway.accountSid, MessageSid: gateway_ref ?? '', MessageStatus: 'undelivered', ErrorCode: '30007' }
  const client = kit.client()
  const post = (
    given: Readonly<Record<string, string>>,
    signature: string | undefined,
    path = `/callbacks/twilio/${id}`,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    client.call('POST', path, new URLSearchParams(given).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...(signature === undefined ? {} : { 'x-twilio-signature': signature }),
      ...headers,
    })
  const signed = (given: Readonly<Record<string, string>>, url = `${publicUrl}/callbacks/twilio/${id}`, token = gateway.authToken) =>
    twilioSignature(token, url, new URLSearchParams(given))
  const right = signed(fields)
  const nowhere = `/callbacks/twilio/${id.replace(/^./, (first) => (first === 'f' ? 'e' : 'f'))}`
  const forged = [
    await post(fields, undefined),
    await post(fields, ''),
    await post(fields, 'x'),
    await post(fields, right.slice(0, -2)),
    await post({ ...fields, MessageStatus: 'delivered' }, right),
    await post({ ...fields, More: '1' }, right),
    await post(fields, signed(fields, undefined, 'another token')),
    await post(fields, signed(fields, `https://127.0.0.1:${port}/callbacks/twilio/${id}`)),
    await post(fields, signed(fields, `http://evil.example/callbacks/twilio/${id}`), undefined, { host: 'evil.example' }),
    await post(fields, signed(fields, `http://evil.example/callbacks/twilio/${id}`), undefined, { 'x-forwarded-host': 'evil.example' }),
    await post({ ...fields, AccountSid: `AC${'0'.repeat(32)}` }, signed({ ...fields, AccountSid: `AC${'0'.repeat(32)}` })),
    await post(fields, right, `/callbacks/twilio/${id}/key`),
    await post(fields, right, nowhere),
    await post(fields, right, '/callbacks/twilio/not-an-id'),
    await post(fields, right, `/callbacks/webhook/${id}`),
  ]
  for (const [nth, { status, json }] of forged.entries()) assert.deepEqual([status, json?.code], [403, 'forged-request'], String(nth))
  assert.equal((await stateOf(to)).delivery, null)

  // Signed, about nothing that we know: no more is said than of one that we do.
  assert.equal((await post(fields, signed(fields, `${publicUrl}${nowhere}`), nowhere)).status, 204)
  const foreign = { ...fields, MessageSid: `SM${'0'.repeat(32)}` }
  assert.equal((await post(foreign, signed(foreign))).status, 204)
  assert.equal((await stateOf(to)).delivery, null, 'a report of another attempt says nothing of this one')

  assert.equal((await post(fields, right)).status, 204)
  const state = await stateOf(to)
  assert.deepEqual([state.delivery, state.reason], ['undelivered', 'filtered'])
  assert.equal((await post(fields, right)).status, 204)
  assert.deepEqual(await stateOf(to), state, 'a second time nothing changes')
  assert.equal((await client.call('GET', `/callbacks/twilio/${id}`)).status, 404)
  assert.equal((await post(fields, right, undefined, { 'content-type': 'text/plain' })).status, 415)
})

test("Twilio's signature is the one that its own libraries make", () => {
  const form = new URLSearchParams({ From: '+1', MessageSid: 'SM1', MessageStatus: 'delivered', To: '+15005550006' })
  assert.equal(twilioSignature('authtoken', 'https://p.example/tw/sms?tenant=t1', form), 'doFcG2hWl0LaA6sE33XqtB+0k3A=')
})

test('an API key opens the account as well, and a wrong one is no reason to give a text up', async () => {
  const to = newNumber()
  const by = async (apiKey: { sid: string; secret: string }) => {
    const one = startQueue({ ...kit.rooms, gateways: { text: account(kit.now, { apiKey }) } }, () => {}, 1_000_000)
    await one.drain()
    await one.stop()
  }
  await put(to)
  await by({ ...gateway.apiKey, secret: 'wrong' })
  assert.deepEqual(await stateOf(to), { ...waiting, attempts: 1, waits: 10 })
  kit.pass(10)
  await by(gateway.apiKey)
  assert.equal((await stateOf(to)).isSent, true)
  await gateway.reported()
})

test('nobody waits for a gateway: who causes a message is answered, and others sign in, while it hangs', async () => {
  const person = await kit.person((await kit.site()).id)
  const stuck = startQueue({ ...kit.rooms, gateways: { text: account(kit.now, { milliseconds: 5000 }) } }, () => {}, 1_000_000)
  gateway.behave(...Array.from({ length: 8 }, () => 'hang' as const))
  for (let nth = 0; nth < 8; nth++) await put(newNumber())
  let isDrained = false
  const drained = stuck.drain().then(() => {
    isDrained = true
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal((await start(kit.client(), person)).status, 201)
  assert.equal((await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })).status, 202)
  assert.equal(isDrained, false, 'the gateway was still hanging')
  await drained
  await stuck.stop()
})

test('A18 no code and no number stands in what was logged or kept of a failure', async () => {
  const rows = await db.selectFrom('messages').select(['last_error', 'delivery_reason', 'gateway_ref']).execute()
  const told = JSON.stringify([errors, rows])
  assert.ok(errors.length > 20)
  assert.doesNotMatch(told, /471108|4, ?7, ?1|\+49|\+1500|Mill/)
})
