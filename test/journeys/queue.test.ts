import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Send, startQueue } from '#flows/messages.ts'
import { enqueue, lease } from '#store/messages.ts'
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

/** A queue of its own on the kit's database that sends as told and looks only when woken. */
function queueThat(send: Send) {
  const errors: unknown[] = []
  const queue = startQueue(kit.rooms, send, (error) => errors.push(error), 1_000_000)
  return { ...queue, errors }
}

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
    throw Object.assign(new Error('no such mailbox'), { isFinal: true })
  })
  await queue.drain()
  kit.pass(100_000)
  await queue.drain()
  await queue.stop()
  assert.equal(attempts, 1)
  const row = await rowOf('gone@example.org')
  assert.ok(row.failed_at)
  assert.equal(row.sent_at, null)
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
  const never = queueThat(() => new Promise(() => {}))
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

test('what has an end goes first: a code is not behind the notices that were queued before it', async () => {
  await kit.mailsTo('drained@example.org')
  for (let nth = 0; nth < 20; nth++) await put(`notice-${nth}@example.org`)
  kit.pass(60)
  const expiresAt = new Date(kit.now().getTime() + 300_000)
  await enqueue(kit.rooms.store.db, kit.rooms.keys, kit.now(), { ...message('code@example.org'), expiresAt })
  const [first] = await lease(kit.rooms.store.db, kit.rooms.keys, kit.now(), 1, 60)
  assert.equal(first?.to, 'code@example.org')
  const [second] = await lease(kit.rooms.store.db, kit.rooms.keys, kit.now(), 1, 60)
  assert.match(second?.to ?? '', /^notice-/)
})
