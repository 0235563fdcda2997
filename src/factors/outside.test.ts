import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ask, Failure, type FailureReason, outside } from './outside.ts'

const limits = { method: 'GET', milliseconds: 50, mostBytes: 10 } as const
const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code })
const reasonOf = (ask: Ask) =>
  outside(ask)('https://x.example/', limits).then(
    ({ text }) => text,
    (error) => (error instanceof Failure ? error.reason : `threw ${error}`),
  )

describe('the way out', () => {
  test('tells by the error of the connection what kind of trouble it is, by its code, its cause or its words', async () => {
    const expected: [Error, FailureReason][] = [
      [withCode('ENOTFOUND'), 'host'],
      [withCode('EAI_AGAIN'), 'host'],
      [new TypeError('fetch failed', { cause: withCode('ENOTFOUND') }), 'host'],
      [new Error('the server could not be reached: ENOTFOUND'), 'host'],
      [new Error('its server is at an address that messages may not go to'), 'host'],
      [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'certificate'],
      [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'certificate'],
      [withCode('CERT_HAS_EXPIRED'), 'certificate'],
      [withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'certificate'],
      [withCode('ECONNREFUSED'), 'network'],
      [withCode('ECONNRESET', 'aborted'), 'network'],
      [withCode('ENETUNREACH'), 'network'],
      [new Error('sent, but ECONNRESET'), 'network'],
      [new Error('anything else'), 'network'],
      [withCode('ETIMEDOUT'), 'timeout'],
      [new DOMException('The operation was aborted due to timeout', 'TimeoutError'), 'timeout'],
      [new Error('sent, but no whole answer in time'), 'timeout'],
      [new Error('the answer is too long'), 'reply'],
    ]
    for (const [error, reason] of expected) assert.equal(await reasonOf(() => Promise.reject(error)), reason, `${error} ${error.cause}`)
    assert.equal(await reasonOf(() => Promise.reject('not even an error')), 'network')
    assert.equal(
      await reasonOf(() => {
        throw new Error('at once')
      }),
      'network',
    )
  })

  test('ends what does not end, and refuses what is longer than asked for', async () => {
    assert.equal(await reasonOf(() => new Promise(() => undefined)), 'timeout')
    assert.equal(await reasonOf(async () => ({ status: 200, headers: {}, text: 'eleven char' })), 'reply')
    assert.equal(await reasonOf(async () => ({ status: 200, headers: {}, text: 'ten chars.' })), 'ten chars.')
  })

  test('has room again when a question has ended, however it ended', async () => {
    let end: (() => void) | undefined
    const ask = outside(
      () =>
        new Promise((done) => {
          end = () => done({ status: 200, headers: {}, text: '' })
        }),
      1,
    )
    const first = ask('https://x.example/', { ...limits, milliseconds: 5_000 })
    await assert.rejects(ask('https://x.example/', limits), (error) => error instanceof Failure && error.reason === 'busy')
    end?.()
    await first
    await assert.rejects(ask('https://x.example/', limits), (error) => error instanceof Failure && error.reason === 'timeout')
    await assert.rejects(ask('https://x.example/', limits), (error) => error instanceof Failure && error.reason === 'timeout')
  })

  test('counts over all clients that share it, and for each host by itself', async () => {
    const silent = outside(() => new Promise(() => undefined), 3)
    const clients = Array.from({ length: 10 }, () => outside(silent))
    const reasons = await Promise.all(
      clients.flatMap((ask) =>
        ['https://one.example/', 'https://two.example/'].map((url) => ask(url, limits).catch(({ reason }: Failure) => reason)),
      ),
    )
    assert.equal(reasons.filter((reason) => reason === 'timeout').length, 6)
    assert.equal(reasons.filter((reason) => reason === 'busy').length, 14)
  })

  test('trap 3: only what is merely away is an outage', () => {
    const outages = ['host', 'certificate', 'network', 'timeout', 'busy', 'rate', 'outage', 'not-it'] as const
    const others = ['secret', 'application', 'clock', 'permission', 'request', 'reply'] as const
    for (const reason of outages) assert.ok(new Failure(reason).isOutage, reason)
    for (const reason of others) assert.ok(!new Failure(reason).isOutage, reason)
  })
})
