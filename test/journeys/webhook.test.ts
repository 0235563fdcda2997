import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { openDoor } from '#delivery/door.ts'
import { webhook } from '#delivery/webhook.ts'
import { undeliveredReasons } from '#domain/message.ts'
import { startQueue } from '#flows/messages.ts'
import { enqueue } from '#store/messages.ts'
import { openKit } from '../kit.ts'

/** A gateway as somebody writes one by docs/guides/delivery.md: it checks each request and believes nothing unsigned. */
const secret = 'a secret of thirty-two characters'
const sign = (timestamp: string, body: string, key = secret) =>
  `v1=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`
// biome-ignore lint/suspicious/noExplicitAny: bodies of every channel.
const received: any[] = []
let answer = (response: ServerResponse): unknown =>
  response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ ref: `r${received.length}` }))
const normal = answer
const server = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  const body = Buffer.concat(parts).toString()
  const timestamp = String(request.headers['countersign-timestamp'])
  const isRight =
    request.method === 'POST' &&
    request.headers['content-type'] === 'application/json' &&
    request.headers['countersign-signature'] === sign(timestamp, body) &&
    Math.abs(Number(timestamp) - kit.now().getTime() / 1000) < 300 &&
    request.headers['idempotency-key'] === JSON.parse(body).id
  if (!isRight) return response.writeHead(401).end()
  received.push(JSON.parse(body))
  return answer(response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/messages`
const publicUrl = 'https://id.example.org'
const door = openDoor({ allowedHosts: ['127.0.0.1'] })
const kit = await openKit({
  publicUrl,
  gateways: (now) => {
    const gateway = webhook({ url, secret, callbackUrl: publicUrl, door, now, milliseconds: 500 })
    return { mail: gateway, text: gateway, call: gateway }
  },
})
const { db } = kit.rooms.store
const queue = startQueue(kit.rooms, () => {}, 1_000_000)
await queue.drain()
after(async () => {
  await queue.stop()
  await kit.close()
  server.closeAllConnections()
  server.close()
})

let numbers = 0
const newNumber = () => `+491556${String(++numbers).padStart(7, '0')}`
const put = (to: string, channel: 'text' | 'call' = 'text') =>
  enqueue(db, kit.rooms.keys, kit.now(), {
    to,
    channel,
    template: 'sign-in-code',
    values: { code: '471108' },
    expiresAt: new Date(kit.now().getTime() + 300_000),
  })
const rowOf = (to: string) => db.selectFrom('messages').selectAll().where('to_address', '=', to).executeTakeFirstOrThrow()
const waits = async (to: string) => ((await rowOf(to)).next_attempt_at.getTime() - kit.now().getTime()) / 1000

test('each channel reaches the gateway as one signed JSON object, and its ref is kept', async () => {
  const [text, call] = [newNumber(), newNumber()]
  await put(text)
  await put(call, 'call')
  await kit.client().call('POST', '/api/v1/password-resets', { email: kit.provider.owner.email })
  await queue.drain()
  const of = (to: string) => received.find((one) => one.to === to)
  const { id, expires_at, gateway_ref } = await rowOf(text)
  assert.deepEqual(of(text), {
    id,
    channel: 'text',
    to: text,
    expiresAt: expires_at?.toISOString(),
    text: of(text).text,
    callback: `${publicUrl}/callbacks/webhook/${id}`,
  })
  assert.match(of(text).text, /471108/)
  assert.match(gateway_ref ?? '', /^r\d+$/)
  assert.deepEqual(Object.keys(of(call)).sort(), ['callback', 'channel', 'expiresAt', 'id', 'language', 'prompt', 'text', 'to'])
  assert.deepEqual(Object.keys(received.find((one) => one.channel === 'mail')).sort(), [
    'callback',
    'channel',
    'html',
    'id',
    'subject',
    'text',
    'to',
  ])
})

test('each answer of the gateway means one thing', async () => {
  const json =
    (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    (response: ServerResponse) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  const table: readonly (readonly [string, (response: ServerResponse) => unknown, number | string | undefined])[] = [
    ['202 with a ref', json(202, { ref: 'x' }), undefined],
    ['204', (response) => response.writeHead(204).end(), undefined],
    ['422 opted-out', json(422, { reason: 'opted-out' }), 'opted-out'],
    ['422 with a reason of its own', json(422, { reason: '<b>because</b>' }), 'unknown'],
    ['422 with a page', (response) => response.writeHead(422).end('<html>'), 'unknown'],
    ['429', json(429, {}, { 'retry-after': '77' }), 77],
    ['503 without a time', json(503, {}), 30],
    ['401', json(401, {}), 10],
    ['301', (response) => response.writeHead(301, { location: url }).end(), 10],
    ['500', json(500, {}), 30],
    ['200 and nothing', (response) => response.writeHead(200).end(), 30],
    ['200 and a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>{"ref":"x"}</html>'), 30],
    [
      'half a body',
      (response) => response.writeHead(200, { 'content-length': '50' }).write('{"ref":"x') && setTimeout(() => response.destroy(), 30),
      30,
    ],
    ['a ref that is none', json(200, { ref: 7 }), 30],
    ['nothing ever', () => {}, 30],
  ]
  for (const [what, reply, then] of table) {
    const to = newNumber()
    answer = reply
    await put(to)
    await queue.drain()
    const row = await rowOf(to)
    if (then === undefined) assert.ok(row.sent_at, what)
    else if (typeof then === 'string') assert.deepEqual([row.failed_at !== null, row.delivery_reason], [true, then], what)
    else assert.deepEqual([row.sent_at, row.failed_at, await waits(to)], [null, null, then], what)
    answer = normal
    kit.pass(300)
    await queue.drain()
  }
  const attempts = received.filter(({ to }) => to === received.at(-1).to)
  assert.equal(new Set(attempts.map(({ id }) => id)).size, 1, 'every attempt has the same id')
})

test('the gateway reports in the same signature: in any order, twice, and only for the message it took', async () => {
  const client = kit.client()
  const report = (id: string, body: string, { at = kit.now(), signature = undefined as string | undefined } = {}) => {
    const timestamp = String(Math.floor(at.getTime() / 1000))
    return client.call('POST', `/callbacks/webhook/${id}`, body, {
      'content-type': 'application/json',
      'countersign-timestamp': timestamp,
      'countersign-signature': signature ?? sign(timestamp, body),
    })
  }
  const to = newNumber()
  await put(to)
  await queue.drain()
  const { id, gateway_ref: ref } = await rowOf(to)
  const said = (status: string, more: object = {}) => JSON.stringify({ ref, status, ...more })
  const right = said('undelivered', { reason: 'unreachable' })
  const now = String(Math.floor(kit.now().getTime() / 1000))
  for (const signature of [
    '',
    'v1=',
    sign(now, right, 'another secret'),
    sign(now, `${right} `),
    sign('0', right),
    sign(now, right).toUpperCase(),
  ])
    assert.equal((await report(id, right, { signature })).json?.code, 'forged-request', signature)
  for (const seconds of [-301, 301])
    assert.equal((await report(id, right, { at: new Date(kit.now().getTime() + seconds * 1000) })).status, 403)
  for (const body of [
    '',
    '[]',
    '{',
    '{"ref":1,"status":"delivered"}',
    said('exploded'),
    `{"ref":"${'x'.repeat(201)}","status":"delivered"}`,
  ])
    assert.equal((await report(id, body)).status, 403, body)
  assert.equal((await rowOf(to)).delivery, null)

  assert.equal((await report(id, right)).status, 204)
  assert.deepEqual([(await rowOf(to)).delivery, (await rowOf(to)).delivery_reason], ['undelivered', 'unreachable'])
  assert.equal((await report(id, said('delivered'))).status, 204)
  for (const late of [said('accepted'), right]) assert.equal((await report(id, late)).status, 204)
  assert.deepEqual([(await rowOf(to)).delivery, (await rowOf(to)).delivery_reason], ['delivered', null])
  assert.equal(
    (
      await report(
        id.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        right,
      )
    ).status,
    204,
    'of a message that nobody knows',
  )
  assert.ok(undeliveredReasons.includes('unreachable'))
})
