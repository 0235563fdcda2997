import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '#crypto/random.ts'
import type { Gateways, Outgoing } from '#delivery/gateway.ts'
import type { Message } from '#domain/message.ts'
import { startQueue } from '#flows/messages.ts'
import { enqueue, lease, listFailed, sendAgain } from '#store/messages.ts'
import { type Kit, openKit } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
  await kit.mailsTo(kit.provider.owner.email)
})
after(() => kit.close())

const message = (to: string) => ({ to, template: 'password-changed', values: { at: '2026-06-01T12:00:00Z' } })
const put = (to: string) => enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), message(to))
const rowOf = (to: string) => kit.rooms.store.db.selectFrom('messages').selectAll().where('to_address', '=', to).executeTakeFirstOrThrow()

/** A queue of its own on the kit's database that hands mails over as told and looks only when woken. */
function queueThat(send: (outgoing: Outgoing) => Promise<unknown>, channels: readonly (keyof Gateways)[] = ['mail'], rooms = kit.rooms) {
  const errors: Error[] = []
  const gateway = {
    send: async (outgoing: Outgoing) => {
      const ref = await send(outgoing)
      return typeof ref === 'string' ? { ref } : {}
    },
  }
  const gateways: Gateways = Object.fromEntries(channels.map((channel) => [channel, gateway]))
  const queue = startQueue({ ...rooms, gateways }, (error) => errors.push(error as Error), 1_000_000)
  return { ...queue, errors }
}

const failing =
  (fields: object, message = 'no') =>
  async () => {
    throw Object.assign(new Error(message), fields)
  }
const codeFor = (to: string, seconds = 300, more: Partial<Message> = {}): Message => ({
  to,
  template: 'sign-in-code',
  channel: 'text',
  values: { code: '471108', organization: 'Acme' },
  expiresAt: new Date(kit.now().getTime() + seconds * 1000),
  ...more,
})
const putCode = (to: string, seconds?: number, more?: Partial<Message>) =>
  enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), codeFor(to, seconds, more))
let numbers = 100
const newNumber = () => `+4915550000${++numbers}`

test('a mail that cannot be sent now is tried again after ten seconds and then arrives', async () => {
  await put('later@example.org')
  let attempts = 0
  const queue = queueThat(async ({ to }) => {
    attempts += 1
    assert.equal(to, 'later@example.org')
    if (attempts === 1) throw new Error('connection refused')
  })
  await queue.drain()
  await queue.drain()
  assert.equal(attempts, 1)
  assert.match((await rowOf('later@example.org')).last_error ?? '', /connection refused/)
  kit.pass(10)
  await queue.drain()
  assert.equal(attempts, 2)
  assert.ok((await rowOf('later@example.org')).sent_at)
  await queue.stop()
})

test('a mail that is refused for good is given up at once and stays on record', async () => {
  await put('gone@example.org')
  let attempts = 0
  const queue = queueThat(async () => {
    attempts += 1
    throw Object.assign(new Error('no such mailbox'), { isFinal: true, reason: 'invalid-address' })
  })
  await queue.drain()
  kit.pass(100_000)
  await queue.drain()
  await queue.stop()
  assert.equal(attempts, 1)
  const row = await rowOf('gone@example.org')
  assert.ok(row.failed_at)
  assert.equal(row.sent_at, null)
  assert.deepEqual([row.delivery, row.delivery_reason], ['undelivered', 'invalid-address'])
})

test('many processes that look at once send each mail once', async () => {
  const wanted = Array.from({ length: 40 }, (_one, nth) => `many-${nth}@example.org`)
  for (const to of wanted) await put(to)
  const sent: string[] = []
  const queues = Array.from({ length: 5 }, () =>
    queueThat(async ({ to }) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      sent.push(to)
    }),
  )
  await Promise.all(queues.map((one) => one.drain()))
  await Promise.all(queues.map((one) => one.stop()))
  assert.deepEqual(sent.sort(), wanted.sort())
})

test('a mail whose process died while sending is given to the next one after a minute', async () => {
  await put('orphan@example.org')
  const never = queueThat(() => new Promise<void>(() => {}))
  never.wake()
  await new Promise((resolve) => setTimeout(resolve, 200))
  const sent: string[] = []
  const other = queueThat(async ({ to }) => void sent.push(to))
  await other.drain()
  assert.deepEqual(sent, [])
  kit.pass(60)
  await other.drain()
  await other.stop()
  assert.deepEqual(sent, ['orphan@example.org'])
})

test('what a mail says stands sealed in the queue', async () => {
  await enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), {
    to: 'sealed@example.org',
    template: 'password-reset',
    values: { url: 'https://x/TOP-SECRET', expiresAt: '2026-06-01T12:00:00Z' },
  })
  const row = await rowOf('sealed@example.org')
  assert.ok(!Buffer.from(row.values_sealed).toString('latin1').includes('TOP-SECRET'))
  assert.ok(!JSON.stringify({ ...row, values_sealed: '' }).includes('TOP-SECRET'))
})

test('a code goes out by the channel it was meant for, in the words of that channel, and its name at the gateway is kept', async () => {
  const [text, call] = [newNumber(), newNumber()]
  await putCode(text)
  await putCode(call, 300, { channel: 'call' })
  const sent: Outgoing[] = []
  const queue = queueThat(async (outgoing) => `ref-${sent.push(outgoing)}`, ['text', 'call'])
  await queue.drain()
  await queue.stop()
  const byChannel = Object.fromEntries(sent.map((one) => [one.channel, one]))
  assert.equal(byChannel.text?.to, text)
  assert.match(byChannel.text?.text ?? '', /471108/)
  assert.ok(byChannel.call?.channel === 'call' && /471108/.test(byChannel.call.text) && !/\d/.test(byChannel.call.prompt))
  assert.ok(byChannel.text?.expiresAt)
  assert.match((await rowOf(text)).gateway_ref ?? '', /^ref-/)
})

test('the kit reads texts and calls as it reads mails', async () => {
  const [text, call] = [newNumber(), newNumber()]
  await putCode(text)
  await putCode(call, 300, { channel: 'call' })
  assert.match((await kit.textsTo(text))[0]?.text ?? '', /471108/)
  assert.match((await kit.callsTo(call))[0]?.text ?? '', /471108/)
  assert.deepEqual(await kit.textsTo(call), [])
})

test('a code that has run out is never sent: not from the queue, not between the queue and the gateway, not at another attempt', async () => {
  const [late, between, again] = [newNumber(), newNumber(), newNumber()]
  const sent: string[] = []
  await putCode(late, 60)
  kit.pass(60)
  const queue = queueThat(async ({ to }) => void sent.push(to), ['text'])
  await queue.drain()
  assert.equal(sent.length, 0)
  assert.equal((await rowOf(late)).last_error, 'expired')

  // The clock goes on by an hour after the queue has looked: for what has expired, and into its three channels.
  await putCode(between, 60)
  let looks = 0
  const rooms = { ...kit.rooms, now: () => (looks++ < 4 ? kit.now() : new Date(kit.now().getTime() + 3_600_000)) }
  const slow = queueThat(async ({ to }) => void sent.push(to), ['text'], rooms)
  await slow.drain()
  assert.equal(sent.length, 0)
  const row = await rowOf(between)
  assert.deepEqual([row.attempts, row.last_error, row.delivery_reason], [1, 'expired', 'expired'])

  // The next attempt would come too late: it is given up now, so that the person hears of it while they wait.
  await putCode(again, 15)
  const failed = queueThat(failing({}), ['text'])
  await failed.drain()
  kit.pass(10)
  await failed.drain()
  assert.deepEqual([(await rowOf(again)).attempts, (await rowOf(again)).delivery_reason], [2, 'gateway'])
  kit.pass(3600)
  await queue.drain()
  assert.equal(sent.length, 0)
  await Promise.all([queue, slow, failed].map((one) => one.stop()))
})

test('a gateway that takes no more for now is asked again when it said, as often as it says so within a day', async () => {
  const to = 'patient@example.org'
  await put(to)
  let attempts = 0
  const queue = queueThat(async (outgoing) => {
    if (outgoing.to !== to) return
    attempts += 1
    await failing({ retryAfterSeconds: 90 })()
  })
  for (let round = 1; round <= 12; round++) {
    await queue.drain()
    assert.equal(attempts, round)
    kit.pass(89)
    await queue.drain()
    assert.equal(attempts, round)
    kit.pass(1)
  }
  assert.equal((await rowOf(to)).failed_at, null)
  kit.pass(86_400)
  await queue.drain()
  assert.ok((await rowOf(to)).failed_at)
  await queue.stop()
})

test('a message that its gateway may have taken waits longer before it is sent a second time', async () => {
  const to = newNumber()
  await putCode(to)
  let attempts = 0
  const queue = queueThat(async () => {
    attempts += 1
    if (attempts === 1) await failing({ isUncertain: true })()
  }, ['text'])
  await queue.drain()
  kit.pass(29)
  await queue.drain()
  assert.equal(attempts, 1)
  kit.pass(1)
  await queue.drain()
  assert.equal(attempts, 2)
  await queue.stop()
})

test('messages of a channel without a gateway wait, and lose no attempt by waiting', async () => {
  const to = newNumber()
  await putCode(to, 3600)
  const deaf = queueThat(async () => {}, [])
  for (let round = 0; round < 10; round++) {
    await deaf.drain()
    kit.pass(120)
  }
  assert.deepEqual([(await rowOf(to)).attempts, (await rowOf(to)).failed_at, deaf.errors.length], [0, null, 0])
  const sent: string[] = []
  const queue = queueThat(async (outgoing) => void sent.push(outgoing.to), ['text'])
  kit.pass(600)
  await queue.drain()
  assert.deepEqual(sent, [to])
  await Promise.all([deaf.stop(), queue.stop()])
})

test('a gateway that hangs holds up neither another channel nor the messages of another organization', async () => {
  const [hung, other] = [newId(kit.now()), newId(kit.now())]
  const stuck = Array.from({ length: 30 }, newNumber)
  for (const to of stuck) await putCode(to, 3600, { organizationId: hung })
  const [text, plain] = [newNumber(), newNumber()]
  await putCode(text, 3600, { organizationId: other })
  await putCode(plain, 3600)
  await put('meanwhile@example.org')
  const sent: string[] = []
  let letGo = () => {}
  const hanging = new Promise<void>((done) => {
    letGo = done
  })
  const queue = queueThat(
    async ({ to }) => {
      if (stuck.includes(to)) await hanging
      sent.push(to)
    },
    ['mail', 'text'],
  )
  queue.wake()
  for (let tries = 0; tries < 100 && sent.length < 3; tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(sent.toSorted(), [plain, text, 'meanwhile@example.org'].toSorted())
  letGo()
  await queue.drain()
  assert.equal(sent.length, stuck.length + 3)
  assert.equal(new Set(sent).size, sent.length, 'nothing twice')
  await queue.stop()
})

test('A18 what a failed message says is neither kept with its failure nor logged, even where a gateway quotes it', async () => {
  const to = newNumber()
  await putCode(to, 300, { values: { code: '471108', organization: 'Acme', url: 'https://x.example/t/TOP-SECRET' } })
  const queue = queueThat(
    failing({ isFinal: true }, `550 not wanted: 471108, 4 7 1 1 0 8, https://x.example/t/TOP-SECRET to ${to} (5.7.1)`),
    ['text'],
  )
  await queue.drain()
  await queue.stop()
  const { last_error } = await rowOf(to)
  assert.match(last_error ?? '', /^550 not wanted: .*\(5\.7\.1\)$/)
  for (const told of [last_error ?? '', ...queue.errors.map(({ message, stack }) => `${message} ${stack}`)])
    assert.doesNotMatch(told, /471108|4 7 1 1 0 8|TOP-SECRET|Acme|\+49/)
  assert.equal(queue.errors.length, 1)
})

test('what was given up is listed without what it says, for its organization alone, and is sent again while it is worth something', async () => {
  const { db } = kit.rooms.store
  const [own, foreign] = [newId(kit.now()), newId(kit.now())]
  const lost = [newNumber(), newNumber(), newNumber()]
  for (const to of lost) {
    await putCode(to, 600, { organizationId: own })
    kit.pass(1)
  }
  await putCode(newNumber(), 600, { organizationId: foreign })
  const deaf = queueThat(failing({ isFinal: true, reason: 'opted-out' }), ['text'])
  await deaf.drain()
  const first = await listFailed(db, { organizationId: own, limit: 2 })
  const second = await listFailed(db, { organizationId: own, limit: 2, before: first.at(-1)?.id ?? '' })
  assert.deepEqual(
    [...first, ...second].map(({ to, reason, channel, template }) => [to, reason, channel, template]),
    lost.toReversed().map((to) => [to, 'opted-out', 'text', 'sign-in-code']),
  )
  assert.doesNotMatch(JSON.stringify(first), /471108/)
  assert.ok((await listFailed(db, { limit: 100 })).length > 3)

  const [id = '', spare = ''] = first.map((one) => one.id)
  assert.equal(await sendAgain(db, id, kit.now(), foreign), 'gone')
  assert.equal(await sendAgain(db, newId(kit.now()), kit.now()), 'gone')
  const asked = await Promise.all(Array.from({ length: 8 }, () => sendAgain(db, id, kit.now(), own)))
  assert.equal(asked.filter((one) => one === 'queued').length, 1, 'it waits already')
  const sent: string[] = []
  const queue = queueThat(async ({ to }) => void sent.push(to), ['text'])
  await queue.drain()
  assert.deepEqual(sent, [lost[2]])
  assert.equal(await sendAgain(db, id, kit.now(), own), 'gone', 'it was sent')
  kit.pass(600)
  assert.equal(await sendAgain(db, spare, kit.now(), own), 'expired')
  await queue.drain()
  assert.deepEqual(sent, [lost[2]])
  await Promise.all([deaf.stop(), queue.stop()])
})

test('what has an end goes first: a code is not behind the notices that were queued before it', async () => {
  await kit.mailsTo('drained@example.org')
  for (let nth = 0; nth < 20; nth++) await put(`notice-${nth}@example.org`)
  kit.pass(60)
  const expiresAt = new Date(kit.now().getTime() + 300_000)
  await enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), { ...message('code@example.org'), expiresAt })
  const [first] = await lease(kit.rooms.store.db, kit.rooms.keys, kit.now(), 'mail', 1, 60)
  assert.equal(first?.to, 'code@example.org')
  const [second] = await lease(kit.rooms.store.db, kit.rooms.keys, kit.now(), 'mail', 1, 60)
  assert.match(second?.to ?? '', /^notice-/)
})
