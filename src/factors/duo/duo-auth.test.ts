import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DuoFault, type DuoSimulator, start } from '../../../simulators/duo.ts'
import { outsideTo } from '../../../test/machine/outside.ts'
import { Failure } from '../outside.ts'
import { type DuoAuth, duoAuth, fitsPasscode } from './duo-auth.ts'
import { proveDuo } from './proof.ts'
import { authorization, canonicalParameters } from './signed-api.ts'

let duo: DuoSimulator
let client: DuoAuth
const clock = { offset: 0, now: () => new Date(Date.now() + clock.offset * 1000) }
const text = { type: 'Login', displayName: 'Bob', lines: { Site: 'Acme & Söhne', From: '203.0.113.7' }, ip: '203.0.113.7' }
const clientOf = ({ id, secret }: { id: string; secret: string }, host = duo.host) =>
  duoAuth({ ask: outsideTo(duo.ca), now: clock.now, application: { host, key: id, secret } })

before(async () => {
  duo = await start({ pollSeconds: 5, pushSeconds: 30 })
  client = clientOf(duo.account.addApplication('authapi', 'Portal'))
})
after(() => duo.stop())

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error) => (error instanceof Failure ? error.reason : `threw ${error}`),
  )

describe('the signature of the Auth API', () => {
  const application = { key: 'test_ikey', secret: 'test_skey', host: 'test.duosecurity.com' }
  const date = 'Tue, 21 Aug 2012 17:29:18 -0000'
  const hexOf = (basic: string) => Buffer.from(basic.replace('Basic ', ''), 'base64').toString().split(':')[1]

  test('is that of the published vectors', () => {
    const v1 = authorization(application, {
      date,
      method: 'POST',
      path: '/test/v1',
      parameters: { username: 'root', realname: 'First Last' },
    })
    assert.equal(
      v1,
      'Basic dGVzdF9pa2V5OjA0MmEzMGM2ODJiZDgzNmZjNWJhNDY3ODkxYTk1NmVhYTEwMDkxY2EwZjczYTdmYjM5NmFlZmQ1NmEzNTI5ZTU2OTMyZGVhNDI3YTY3MjEzYWY2NjRiYTY4NDE2ODlmZjIzMzZiN2EzNzM3NjZlYTVhYjdhYjlmZTI2MzgyMjZi',
    )
    const parameters = { z: '1', txid: "a b!'()*~é", A: '2' }
    assert.equal(canonicalParameters(parameters), 'A=2&txid=a%20b%21%27%28%29%2A~%C3%A9&z=1')
    assert.equal(
      hexOf(authorization(application, { date, method: 'GET', path: '/auth/v2/auth_status', parameters })),
      '5b8d12cfe9b8f28338456f508a218284871826f2d310dc78ac926baf1f7dc4fae595aff06719654904198aad3012c57d73908462f4471e0d12c7161ad3313ac6',
    )
  })

  test('covers the host without a port, in lower case', () => {
    const signed = (host: string) => authorization({ ...application, host }, { date, method: 'GET', path: '/', parameters: {} })
    assert.equal(signed('TEST.duosecurity.com:8443'), signed('test.duosecurity.com'))
    assert.notEqual(signed('other.duosecurity.com'), signed('test.duosecurity.com'))
  })
})

describe('a push', () => {
  test('is approved on the phone, which shows who asks, from where and for what', async () => {
    const user = duo.account.addUser('ana@acme.example')
    const preauth = await client.preauth('Ana@Acme.example')
    assert.ok(preauth.result === 'auth' && preauth.devices[0]?.canPush)
    const txid = await client.push('Ana@Acme.example', preauth.devices[0].id, text)
    const push = duo.account.pushes.find((each) => each.txid === txid)
    assert.ok(push)
    assert.deepEqual([push.shown.type, push.shown.name, push.shown.ip], ['Login', 'Bob', '203.0.113.7'], 'R062')
    assert.ok(!push.shown.info.includes('+'), 'a space is written so that it is shown as one')
    assert.deepEqual(
      [...new URLSearchParams(push.shown.info)],
      [
        ['Site', 'Acme & Söhne'],
        ['From', '203.0.113.7'],
      ],
    )
    assert.deepEqual(await client.outcome(txid), { result: 'waiting', status: 'pushed' })
    const held = client.outcome(txid)
    duo.account.settle(push, 'approve')
    assert.deepEqual(await held, { result: 'allow', status: 'allow', isBypass: false })
    assert.equal(push.user, user)
  })

  test('is denied, reported as fraud, or rings until its time is over: three different answers', async () => {
    const user = duo.account.addUser('eve@acme.example')
    const ends = async (outcome: 'deny' | 'fraud' | 'timeout') => {
      const txid = await client.push(user.username, 'auto', text)
      const push = duo.account.pushes.find((each) => each.txid === txid)
      assert.ok(push && duo.account.settle(push, outcome))
      const answer = await client.outcome(txid)
      return answer.result === 'deny' ? [answer.status, answer.isFraud] : answer.result
    }
    assert.deepEqual(await ends('deny'), ['deny', false])
    assert.deepEqual(await ends('fraud'), ['fraud', true])
    assert.deepEqual(await ends('timeout'), ['timeout', false])
  })

  test('that nobody has answered yet is "waiting", however long Duo is silent', async () => {
    const user = duo.account.addUser('slow@acme.example')
    const txid = await client.push(user.username, 'auto', text)
    await client.outcome(txid)
    assert.deepEqual(await client.outcome(txid, 0.2), { result: 'waiting', status: 'unchanged' })
  })

  test('R060 carries a number from the screen to the phone where Duo demands it', async () => {
    const verifying = clientOf(duo.account.addApplication('authapi', 'Portal', { verifiedPush: true }))
    const user = duo.account.addUser('num@acme.example')
    const preauth = await verifying.preauth(user.username, { canVerify: true })
    assert.ok(preauth.result === 'auth' && preauth.verification)
    assert.match(preauth.verification.code, /^\d{3,6}$/)
    const txid = await verifying.push(user.username, 'auto', text, preauth.verification)
    assert.equal(duo.account.pushes.find((each) => each.txid === txid)?.code, preauth.verification.code)
    assert.equal(await reasonOf(verifying.push(user.username, 'auto', text)), 'request', 'and none without it')
  })

  test('shows no more than Duo takes', async () => {
    await assert.rejects(client.push('ana@acme.example', 'auto', { ...text, lines: { Site: 'x'.repeat(20_000) } }), RangeError)
  })
})

describe('a passcode', () => {
  test('is good once', async () => {
    const user = duo.account.addUser('pass@acme.example', { passcodes: ['1234567'] })
    assert.deepEqual(await client.passcode(user.username, '123 4567'), { result: 'allow', status: 'allow', isBypass: false })
    const again = await client.passcode(user.username, '1234567')
    assert.deepEqual([again.result, again.status], ['deny', 'deny'])
  })

  test('has the form of one', () => {
    for (const good of ['123456', '1234567', '12 34 56', '123-456', '0000']) assert.ok(fitsPasscode(good), good)
    for (const bad of ['', '123', 'abcdef', '１２３４５６', '1'.repeat(17)]) assert.ok(!fitsPasscode(bad), bad)
  })
})

describe('A70 what Duo says before it asks', () => {
  test('is told apart: bypass, disabled, locked out, unknown', async () => {
    duo.account.addUser('free@acme.example', { status: 'bypass' })
    duo.account.addUser('shut@acme.example', { status: 'disabled' })
    duo.account.addUser('locked@acme.example', { status: 'locked out' })
    duo.account.addUser('bare@acme.example', { phones: [] })
    const results = await Promise.all(
      ['free', 'shut', 'locked', 'bare', 'nobody'].map(async (name) => (await client.preauth(`${name}@acme.example`)).result),
    )
    assert.deepEqual(results, ['allow', 'deny', 'deny', 'enroll', 'enroll'])
    const txid = await client.push('free@acme.example', 'auto', text)
    assert.deepEqual(await client.outcome(txid), { result: 'allow', status: 'bypass', isBypass: true }, 'and never taken for an approval')
    const locked = await client.passcode('locked@acme.example', '1234567')
    assert.deepEqual([locked.result, locked.status], ['deny', 'locked_out'])
  })
})

describe('an enrollment', () => {
  test('shows a code, waits until it is scanned, and then the phone answers', async () => {
    const activation = await client.enroll('New@acme.example', 600)
    assert.match(activation.code, /^duo:\/\//)
    assert.ok(activation.barcode.startsWith(`${duo.url}/frame/qr?value=`))
    assert.equal((await outsideTo(duo.ca)(activation.barcode, { method: 'GET' })).headers['content-type'], 'image/png')
    assert.equal(await client.enrollment(activation), 'waiting')
    assert.equal((await client.preauth('new@acme.example')).result, 'enroll')
    assert.ok(duo.activate(activation.code))
    assert.ok(!duo.activate(activation.code), 'a code activates one phone')
    assert.equal(await client.enrollment(activation), 'done')
    assert.equal((await client.preauth('new@acme.example')).result, 'auth')
  })

  test('that belongs to somebody else, or ran out, is over; a name that Duo knows is not enrolled twice', async () => {
    const one = await client.enroll('one@acme.example', 600)
    const two = await client.enroll('two@acme.example', 600)
    assert.equal(await client.enrollment({ ...one, userKey: two.userKey }), 'expired')
    const activation = duo.account.activations.get(two.code)
    assert.ok(activation)
    activation.until = 0
    assert.equal(await client.enrollment(two), 'expired')
    assert.equal(await reasonOf(client.enroll('ONE@acme.example', 600)), 'request')
  })
})

describe('what is wrong between us and Duo', () => {
  test('is told apart: secret, application, clock, host, network, certificate', async () => {
    const right = duo.account.addApplication('authapi', 'Portal')
    const web = duo.account.addApplication('websdk', 'Portal')
    const check = (keys: { id: string; secret: string }, host?: string) => reasonOf(clientOf(keys, host).check())
    assert.equal(await check(right), 'answered')
    assert.equal(await check({ ...right, secret: 'x'.repeat(40) }), 'secret')
    assert.equal(await check({ ...right, id: `DI${'X'.repeat(18)}` }), 'application')
    assert.equal(await check(web), 'application')
    for (const offset of [400, -400]) {
      clock.offset = offset
      assert.equal(await check(right), 'clock')
    }
    clock.offset = 0
    assert.equal(await check(right, 'api-nowhere.duosecurity.invalid'), 'host')
    assert.equal(await check(right, 'localhost:1'), 'network')
    const distrusting = duoAuth({ ask: outsideTo(), now: clock.now, application: { host: duo.host, key: right.id, secret: right.secret } })
    assert.equal(await reasonOf(distrusting.check()), 'certificate')
  })

  test('trap 2, A66: no bad answer ends the process or lets anybody in', async () => {
    const expected: Partial<Record<DuoFault, string>> = {
      reset: 'network',
      half: 'network',
      huge: 'reply',
      html: 'outage',
      'html-ok': 'not-it',
      empty: 'not-it',
      broken: 'not-it',
      redirect: 'not-it',
      rate: 'rate',
      internal: 'outage',
      unavailable: 'outage',
      denied: 'permission',
      clock: 'clock',
    }
    const user = duo.account.addUser('any@acme.example', { passcodes: ['7654321'] })
    const txid = await client.push(user.username, 'auto', text)
    await client.outcome(txid)
    for (const [fault, reason] of Object.entries(expected)) {
      duo.misbehave(fault as DuoFault, { on: '/auth/v2/' })
      const calls = [client.ping(), client.check(), client.preauth('any@acme.example'), client.passcode('any@acme.example', '0000000')]
      assert.deepEqual(new Set(await Promise.all(calls.map(reasonOf))), new Set([reason]), fault)
      duo.behave()
    }
    assert.deepEqual(await reasonOf(client.check()), 'answered')
  })

  test('an answer of another shape is refused, whatever it says', async () => {
    const replies = [
      '{"stat":"OK"}',
      '{"stat":"OK","response":{}}',
      '{"stat":"OK","response":"allow"}',
      '{"stat":"OK","response":["allow"]}',
      '{"stat":"OK","response":{"result":"Allow","status":"allow"}}',
      '{"stat":"OK","response":{"result":["allow"],"status":"allow"}}',
      '{"stat":"ok","response":{"result":"allow","status":"allow"}}',
      '{"stat":"FAIL","code":"40103","response":{"result":"allow","status":"allow"}}',
      '[{"stat":"OK"}]',
      'true',
      'null',
      '',
    ]
    for (const reply of replies) {
      const odd = duoAuth({
        ask: async () => ({ status: 200, headers: {}, text: reply }),
        now: clock.now,
        application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
      })
      const calls = [odd.passcode('a', '123456'), odd.outcome('t'), odd.preauth('a')]
      for (const reason of await Promise.all(calls.map(reasonOf))) assert.match(reason, /^(?:reply|not-it)$/, reply)
    }
    const bare = duoAuth({
      ask: async () => ({ status: 200, headers: {}, text: '{"stat":"OK","response":{"result":"allow"}}' }),
      now: clock.now,
      application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
    })
    assert.equal(await reasonOf(bare.passcode('a', '123456')), 'reply', 'an outcome has a status')
    for (const status of [201, 302, 404]) {
      const elsewhere = duoAuth({
        ask: async () => ({ status, headers: {}, text: '{"stat":"OK","response":{"result":"allow","status":"allow"}}' }),
        now: clock.now,
        application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
      })
      assert.equal(await reasonOf(elsewhere.passcode('a', '123456')), 'not-it', `with status ${status}`)
    }
    const refused = duoAuth({
      ask: async () => ({ status: 500, headers: {}, text: '{"stat":"OK","response":{"result":"allow","status":"allow"}}' }),
      now: clock.now,
      application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
    })
    assert.equal(await reasonOf(refused.passcode('a', '123456')), 'outage', 'nor one with a wrong status')
  })

  test('no failure tells the secret', async () => {
    const secret = 'z'.repeat(40)
    const keys = { ...duo.account.addApplication('authapi', 'Portal'), secret }
    await assert.rejects(
      clientOf(keys).check(),
      (error: Failure) => !JSON.stringify([error.message, error.detail, error.stack]).includes(secret),
    )
  })

  test('of 200 calls that hang, no more are open at once than may be, and the others fail at once', async () => {
    let open = 0
    const silent = duoAuth({
      ask: () => {
        open++
        return new Promise(() => undefined)
      },
      now: clock.now,
      application: { host: 'api-1.duosecurity.com', key: 'k', secret: 's' },
    })
    const started = performance.now()
    const calls = Array.from({ length: 200 }, () => reasonOf(silent.outcome('t', 0.2)))
    const results = await Promise.all(calls)
    assert.equal(open, 32)
    assert.equal(results.filter((result) => result === 'busy').length, 168)
    assert.ok(performance.now() - started < 3000, 'the way out may forget its limit; the client does not')
  })
})

describe('the proof of the keys before they are saved', () => {
  const prove = (prompt: { id: string; secret: string }, auth: { id: string; secret: string }, host = duo.host) =>
    proveDuo(
      { prompt: { host, key: prompt.id, secret: prompt.secret }, auth: { host, key: auth.id, secret: auth.secret } },
      { ask: outsideTo(duo.ca), now: clock.now },
    )
  const because = (proof: Awaited<ReturnType<typeof prove>>) =>
    [proof.prompt, proof.auth].map((each) => (each.proof === 'right' ? 'right' : each.because))

  test('A68 tries both pairs, and says which is wrong and how', async () => {
    const web = duo.account.addApplication('websdk', 'Portal - Web SDK')
    const auth = duo.account.addApplication('authapi', 'Portal - Auth API')
    const wrong = <T extends object>(keys: T) => ({ ...keys, secret: 'x'.repeat(40) })
    assert.deepEqual(because(await prove(web, auth)), ['right', 'right'])
    assert.deepEqual(because(await prove(wrong(web), auth)), ['secret', 'right'])
    assert.deepEqual(because(await prove(web, wrong(auth))), ['right', 'secret'])
    assert.deepEqual(because(await prove(auth, web)), ['other-application', 'other-application'], 'the two were exchanged')
    assert.deepEqual(because(await prove(web, web)), ['right', 'other-application'])
    assert.deepEqual(because(await prove(web, auth, 'localhost:1')), ['network', 'network'])
    for (const offset of [90, -90, 7200]) {
      clock.offset = offset
      assert.deepEqual(because(await prove(web, auth)), ['clock', 'clock'], `${offset} seconds`)
    }
    clock.offset = 0
    const before = duo.account.pushes.length
    await prove(web, auth)
    assert.equal(duo.account.pushes.length, before, 'nobody’s phone rings')
  })
})
