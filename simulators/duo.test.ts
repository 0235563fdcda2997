import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import https from 'node:https'
import { after, before, describe, mock, test } from 'node:test'
import { Client as AdminAndAuth, type Said } from '@duosecurity/duo_api'
import { Client as UniversalPrompt } from '@duosecurity/duo_universal'
import { browserAt, outsideTo, throughPrompt } from '../test/machine/outside.ts'
import { type Claims, signed } from './duo/jwt.ts'
import { canonicalParameters, checkSignature } from './duo/signature.ts'
import { type DuoSimulator, start } from './duo.ts'
import type { Asked } from './server.ts'

/** The contract: the vendor's own libraries complete their flows against the simulator, and it is as strict as the vendor. */
const hostName = 'api-simulated.duosecurity.com'
let duo: DuoSimulator
before(async () => {
  duo = await start({ pollSeconds: 2, names: [hostName] })
})
after(() => duo.stop())

const redirectUrl = 'https://portal.example/duo/callback'
const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

describe('the vendor’s library for the Universal Prompt', () => {
  const application = () => duo.account.addApplication('websdk', 'Portal')
  const clientOf = ({ id, secret }: { id: string; secret: string }) => {
    const client = new UniversalPrompt({ clientId: id, clientSecret: secret, apiHost: duo.host, redirectUrl })
    const { axios } = client as unknown as { axios: { defaults: { httpsAgent: https.Agent; timeout: number } } }
    Object.assign(axios.defaults, { httpsAgent: new https.Agent({ ca: duo.ca }), timeout: 3000 })
    return client
  }
  const ask = () => outsideTo(duo.ca)

  test('completes its flow: health check, prompt, exchange', async () => {
    const client = clientOf(application())
    duo.habit(duo.account.addUser('ana@acme.example'), 'approve')
    assert.equal((await client.healthCheck()).stat, 'OK')
    const state = client.generateState()
    const returned = await throughPrompt(ask(), await client.createAuthUrl('ana@acme.example', state))
    assert.equal(returned.state, state)
    const token = await client.exchangeAuthorizationCodeFor2FAResult(returned.duo_code ?? '', 'ana@acme.example')
    assert.equal(token.auth_result?.result, 'allow')
    assert.equal(token.preferred_username, 'ana@acme.example')
    await assert.rejects(client.exchangeAuthorizationCodeFor2FAResult(returned.duo_code ?? '', 'ana@acme.example'), /invalid_grant/)
  })

  test('with a wrong secret is told that the signature is wrong', async () => {
    const { id } = application()
    await assert.rejects(clientOf({ id, secret: 'x'.repeat(40) }).healthCheck(), /invalid_client: Failed to verify signature/)
    await assert.rejects(clientOf({ id: `DI${'X'.repeat(18)}`, secret: 'x'.repeat(40) }).healthCheck(), /invalid_client/)
  })

  test('refuses what the simulator can make wrong with a token, and does not look at the outcome, which is why we do', async () => {
    const client = clientOf(application())
    duo.habit(duo.account.addUser('bob@acme.example'), 'approve')
    const tried = async (fault: Parameters<DuoSimulator['misbehave']>[0]) => {
      const { duo_code: code = '' } = await throughPrompt(ask(), await client.createAuthUrl('bob@acme.example', client.generateState()))
      duo.misbehave(fault, { on: '/token', times: 1 })
      return client.exchangeAuthorizationCodeFor2FAResult(code, 'bob@acme.example').then(
        () => 'taken',
        () => 'refused',
      )
    }
    for (const fault of [
      'alg-none',
      'alg-hs256',
      'other-secret',
      'wrong-issuer',
      'wrong-audience',
      'expired',
      'wrong-user',
      'not-bearer',
    ] as const) {
      assert.equal(await tried(fault), 'refused', fault)
    }
    for (const fault of ['result-deny', 'no-result', 'issued-in-future'] as const) assert.equal(await tried(fault), 'taken', fault)
  })
})

describe('the vendor’s library for the Auth and Admin API', () => {
  const original = https.request
  before(() => {
    // The library has no way to name a port or a certificate; so its requests are led to the simulator.
    mock.method(https, 'request', (options: https.RequestOptions, done: never) =>
      original({ ...options, host: 'localhost', port: duo.port, ca: duo.ca, agent: false }, done),
    )
  })
  after(() => mock.restoreAll())

  const callerOf = (key: string, secret: string, version: 2 | 5 = 2) => {
    const client = new AdminAndAuth(key, secret, hostName, version)
    return (method: string, path: string, parameters: Record<string, string> = {}) =>
      new Promise<Said>((done) => client.jsonApiCall(method, path, parameters, done))
  }

  for (const version of [2, 5] as const) {
    test(`signs with version ${version} as the simulator checks it, odd letters included`, async () => {
      const { id, secret } = duo.account.addApplication('authapi', 'Portal')
      const call = callerOf(id, secret, version)
      assert.equal((await call('GET', '/auth/v2/check')).stat, 'OK')
      const odd = await call('GET', '/auth/v2/auth_status', { txid: "a b!'()*~é&=+", A: '2', z: '' })
      assert.equal(odd.code, 40002, 'the signature holds, and the id is unknown')
      const enrolled = await call('POST', '/auth/v2/enroll', { username: `v${version} o'brien (é)*!`, valid_secs: '60' })
      assert.match(enrolled.response.activation_code ?? '', /^duo:\/\//)
    })
  }

  test('goes through a push: asked for, ringing, approved', async () => {
    const { id, secret } = duo.account.addApplication('authapi', 'Portal')
    const call = callerOf(id, secret)
    const user = duo.account.addUser('cid@acme.example')
    duo.habit(user, 'approve', 0.1)
    const { response } = await call('POST', '/auth/v2/preauth', { username: 'cid@acme.example' })
    assert.equal(response.result, 'auth')
    const { response: begun } = await call('POST', '/auth/v2/auth', {
      username: 'cid@acme.example',
      factor: 'push',
      device: 'auto',
      async: '1',
    })
    const outcome = () => call('GET', '/auth/v2/auth_status', { txid: begun.txid ?? '' })
    assert.deepEqual((await outcome()).response.result, 'waiting')
    assert.deepEqual((await outcome()).response.result, 'allow')
    duo.habit(user, 'fraud', 0.05)
    const { response: refused } = await call('POST', '/auth/v2/auth', { username: 'cid@acme.example', factor: 'push', device: 'auto' })
    assert.deepEqual([refused.result, refused.status], ['deny', 'fraud'])
  })

  test('reads users page by page, and writes an alias', async () => {
    const { id, secret } = duo.account.addApplication('adminapi', 'Doctor')
    const call = callerOf(id, secret, 5)
    const user = duo.account.addUser('dee')
    const { metadata = {} } = await call('GET', '/admin/v1/users', { limit: '1', offset: '0' })
    assert.equal(metadata.next_offset, 1)
    assert.equal(metadata.total_objects, duo.account.users.length)
    assert.equal((await call('POST', `/admin/v1/users/${user.id}`, { alias1: 'Dee@Acme.example' })).stat, 'OK')
    assert.deepEqual(user.aliases, ['dee@acme.example'], 'in lower case, as Duo keeps them')
  })

  test('is told apart by code: unknown key, other type of application, wrong secret, wrong clock, missing right', async () => {
    const auth = duo.account.addApplication('authapi', 'Portal')
    const web = duo.account.addApplication('websdk', 'Portal')
    const reader = duo.account.addApplication('adminapi', 'Reader', { rights: { read: true, write: false } })
    const check = (id: string, secret: string) => callerOf(id, secret)('GET', '/auth/v2/check')
    assert.equal((await check(`DI${'X'.repeat(18)}`, auth.secret)).code, 40102)
    assert.equal((await check(web.id, web.secret)).code, 40102)
    assert.equal((await check(auth.id, 'x'.repeat(40))).code, 40103)
    assert.equal((await callerOf(reader.id, reader.secret)('POST', '/admin/v1/users', { username: 'x' })).code, 40301)
    mock.timers.enable({ apis: ['Date'], now: Date.now() - 6 * 60_000 })
    const late = check(auth.id, auth.secret)
    mock.timers.reset()
    assert.equal((await late).code, 40105)
  })
})

describe('the signatures', () => {
  const date = 'Tue, 21 Aug 2012 17:29:18 -0000'
  const asked = (method: string, path: string, type: string, body: string, signature: string): Asked => ({
    method,
    path,
    query: new URLSearchParams(),
    headers: { date, 'content-type': type, authorization: signature },
    host: 'test.duosecurity.com',
    body,
    form: new URLSearchParams(type.endsWith('urlencoded') ? body : ''),
    ip: '',
  })
  const basic = (hex: string) => `Basic ${Buffer.from(`test_ikey:${hex}`).toString('base64')}`
  const check = (each: Asked) => checkSignature(each, (key) => (key === 'test_ikey' ? 'test_skey' : undefined), new Date(date))
  const form = 'application/x-www-form-urlencoded'
  const sorted = 'realname=First%20Last&username=root'

  test('of the published vectors hold: version 2 with SHA-512 and SHA-1, version 5', () => {
    const v1 =
      'Basic dGVzdF9pa2V5OjA0MmEzMGM2ODJiZDgzNmZjNWJhNDY3ODkxYTk1NmVhYTEwMDkxY2EwZjczYTdmYjM5NmFlZmQ1NmEzNTI5ZTU2OTMyZGVhNDI3YTY3MjEzYWY2NjRiYTY4NDE2ODlmZjIzMzZiN2EzNzM3NjZlYTVhYjdhYjlmZTI2MzgyMjZi'
    const v2 =
      'Basic dGVzdF9pa2V5OjdkMDI0MDlhMTUyNzY0ODQzY2NjZDgyODRkYTE1M2IzZmI0NDZiYWFkNWY5OTg4ODYzMjVlMjRiYzljZDRhMjQ0ZGU4NWFkNGJmYTdlYTI4NWQ2ODIwOWYxNjA4MzU2NzNkOGI0ZjFlMWIyM2Q5Y2Q1MjFkMjZiZmU3ZjM2NmE0'
    assert.deepEqual(check(asked('POST', '/test/v1', form, sorted, v1)), { key: 'test_ikey' })
    assert.deepEqual(check(asked('POST', '/test/v1', form, 'username=root&realname=First+Last', v1)), { key: 'test_ikey' }, 'in any order')
    assert.deepEqual(check(asked('POST', '/test/v1', form, sorted, basic('7db13501cda6278f27987468405fe8be61b5e3e3'))), {
      key: 'test_ikey',
    })
    const json = '{"realname":"First Last","username":"root"}'
    assert.deepEqual(check(asked('POST', '/test/v1', 'application/json', json, v2)), { key: 'test_ikey' })
    assert.equal(
      canonicalParameters(
        new URLSearchParams([
          ['z', '1'],
          ['txid', "a b!'()*~é"],
          ['A', '2'],
        ]),
      ),
      'A=2&txid=a%20b%21%27%28%29%2A~%C3%A9&z=1',
    )
  })

  test('break with every part that is changed', () => {
    const right = basic('7db13501cda6278f27987468405fe8be61b5e3e3')
    const good = asked('POST', '/test/v1', form, sorted, right)
    const code = (each: Asked) => (check(each) as { code?: number }).code
    assert.equal(code({ ...good, path: '/test/v2' }), 40103)
    assert.equal(code({ ...good, method: 'PUT' }), 40103)
    assert.equal(code({ ...good, host: 'other.duosecurity.com' }), 40103)
    assert.equal(code({ ...good, form: new URLSearchParams('realname=First Last&username=admin') }), 40103)
    assert.equal(code({ ...good, headers: { ...good.headers, date: 'Tue, 21 Aug 2012 17:29:19 -0000' } }), 40103)
    assert.equal(code({ ...good, headers: { ...good.headers, authorization: '' } }), 40101)
    const at = (minutes: number) => checkSignature(good, () => 'test_skey', new Date(Date.parse(date) + minutes * 60_000))
    assert.deepEqual([at(4.9), at(-4.9)], [{ key: 'test_ikey' }, { key: 'test_ikey' }])
    assert.deepEqual(
      [at(5.1), at(-5.1)].map((each) => (each as { code?: number }).code),
      [40105, 40105],
    )
  })
})

describe('the assertion of a client', () => {
  type Change = { alg?: string; secret?: string; claims?: Claims; place?: 'form' | 'query'; withoutId?: boolean }
  const seconds = () => Math.floor(Date.now() / 1000)
  const health = async ({ alg = 'HS512', secret, claims = {}, place = 'form', withoutId = false }: Change) => {
    const application = duo.account.addApplication('websdk', 'Portal')
    const { id } = application
    const right = { iss: id, sub: id, aud: `${duo.url}/oauth/v1/health_check`, exp: seconds() + 300, jti: randomUUID() }
    const assertion = signed({ ...right, ...claims }, secret ?? application.secret, alg)
    const fields = new URLSearchParams({ ...(withoutId ? {} : { client_id: id }), client_assertion: assertion })
    const once = async () => {
      const path = `/oauth/v1/health_check${place === 'query' ? `?${fields}` : ''}`
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = place === 'form' ? fields.toString() : ''
      const reply = JSON.parse((await outsideTo(duo.ca)(duo.url + path, { method: 'POST', headers, body })).text)
      return reply.stat === 'OK' ? 'OK' : reply.message_detail
    }
    return [await once(), await once()]
  }

  test('may be what the vendor’s other libraries send: in the query, with a text or a fraction as expiry, for up to an hour', async () => {
    for (const change of [
      { place: 'query' },
      { withoutId: true },
      { claims: { exp: String(seconds() + 300) } },
      { claims: { exp: seconds() + 299.5 } },
      { claims: { exp: seconds() + 3600 } },
      { claims: { exp: seconds() - 30 } },
      { claims: { aud: [`${duo.url}/oauth/v1/health_check`] } },
    ] as const) {
      assert.equal((await health(change))[0], 'OK', JSON.stringify(change))
    }
  })

  test('is refused with another algorithm, secret, issuer, subject, audience or time, and the second time', async () => {
    for (const change of [
      { alg: 'none' },
      { alg: 'HS256' },
      { secret: 'x'.repeat(40) },
      { claims: { iss: 'DI' } },
      { claims: { sub: 'DI' } },
      { claims: { aud: duo.url } },
      { claims: { aud: `${duo.url}/oauth/v1/token` } },
      { claims: { exp: seconds() - 90 } },
      { claims: { exp: seconds() + 3700 } },
      { claims: { exp: undefined } },
      { claims: { jti: undefined } },
    ] as const) {
      assert.notEqual((await health(change))[0], 'OK', JSON.stringify(change))
    }
    assert.deepEqual(await health({}), ['OK', 'The client_assertion was used before.'])
  })
})

describe('the pages', () => {
  test('lead somebody new through "Start setup" to the first push, and a person answers it on the phone page', async () => {
    const { id, secret } = duo.account.addApplication('websdk', 'Portal')
    const client = new UniversalPrompt({ clientId: id, clientSecret: secret, apiHost: duo.host, redirectUrl })
    const ask = outsideTo(duo.ca)
    const browser = browserAt(ask, duo.url)
    let page = await browser.go(await client.createAuthUrl('new@acme.example', client.generateState()))
    page = await browser.press(page, 'Start setup')
    page = await browser.press(page, 'Continue', { kind: 'Mobile phone' })
    page = await browser.press(page, 'Continue', { number: '+15550100123' })
    page = await browser.press(page, 'Continue', { platform: 'Android' })
    page = await browser.press(page, 'I have Duo Mobile installed')
    assert.match(page.text, /<svg/)
    page = await browser.press(page, 'Scan it with the simulated phone')
    page = await browser.press(page, /^Duo Push to Mobile phone/)
    const [, phone = ''] = /href="(\/phone\/[^"]+)"/.exec(page.text) ?? []
    const deviceAt = await browser.go(phone)
    assert.match(deviceAt.text, /Portal/)
    const waiting = page.url
    await browser.press(deviceAt, 'Deny')
    page = await browser.go(waiting)
    assert.match(page.text, /Login request denied/)
    page = await browser.press(page, 'Try again')
    page = await browser.press(page, /^Duo Push/)
    await browser.press(await browser.go(phone), 'Let it ring')
    page = await browser.go(page.url)
    assert.match(page.text, /Login timed out/, 'at once, and not only after a minute')
    page = await browser.press(page, 'Try again')
    page = await browser.press(page, /^Duo Push/)
    await browser.press(await browser.go(phone), 'Approve')
    page = await browser.go(page.url)
    assert.match(page.url, /^https:\/\/portal\.example\/duo\/callback\?state=.+&duo_code=/)
  })

  test('show passcodes that are good once, and to an administrator the keys of each application and who is a user', async () => {
    const browser = browserAt(outsideTo(duo.ca), duo.url)
    const user = duo.account.addUser('shown@acme.example', { aliases: ['other-name'] })
    const { id, secret } = duo.account.addApplication('authapi', 'Shown')
    const shown = await browser.press(await browser.go(`/phone/${user.phones[0]?.id}`), 'Show a passcode')
    const [, passcode = ''] = /<code>(\d{6})<\/code>/.exec((await browser.go(shown.url)).text) ?? []
    assert.deepEqual([duo.account.spend(user, passcode), duo.account.spend(user, passcode)], [true, false])
    const panel = await browser.go('/panel')
    for (const text of ['Shown: Auth API', id, secret, duo.host, 'shown@acme.example', 'other-name'])
      assert.ok(panel.text.includes(text), text)
  })

  test('let a push ring until it has timed out', async () => {
    const { account, stop } = await start({ pushSeconds: 0.1 })
    const user = account.addUser('late@acme.example')
    const shown = { type: 'Login', name: 'late', application: 'Portal', info: 'From=1.2.3.4', ip: '' }
    const push = account.push(user, account.newPhone(), shown)
    await sleep(400)
    assert.deepEqual([push.result, push.status], ['deny', 'timeout'])
    assert.equal(account.settle(push, 'approve'), false, 'too late')
    await stop()
  })

  test('make it misbehave, and behave again', async () => {
    const browser = browserAt(outsideTo(duo.ca), duo.url)
    await browser.press(await browser.go('/'), 'rate')
    assert.equal((await browser.go('/auth/v2/ping')).status, 429)
    await browser.press(await browser.go('/'), 'Behave')
    assert.equal((await browser.go('/auth/v2/ping')).status, 200)
  })

  test('never redirect a request that does not verify', async () => {
    const { id, secret } = duo.account.addApplication('websdk', 'Portal')
    const browser = browserAt(outsideTo(duo.ca), duo.url)
    const client = new UniversalPrompt({ clientId: id, clientSecret: secret, apiHost: duo.host, redirectUrl })
    const url = new URL(await client.createAuthUrl('x@acme.example', client.generateState()))
    const changed = (name: string, value: string) => {
      const other = new URL(url)
      other.searchParams.set(name, value)
      return browser.go(other.href)
    }
    const request = url.searchParams.get('request') ?? ''
    for (const page of [
      await changed('request', `${request.slice(0, -3)}abc`),
      await changed('request', ''),
      await changed('client_id', 'DI'),
      await changed('response_type', 'token'),
    ]) {
      assert.equal(page.status, 400)
    }
  })
})
