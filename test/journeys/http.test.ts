import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, contentsOf, type Kit, openKit, type Person, refused, start, startFromSession } from '../kit.ts'
import { exampleRequests } from '../requests.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function signedIn(): Promise<{ person: Person; client: Client; organizationId: string }> {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id, { role: 'security-admin' })
  return { person, client: await kit.signIn(person), organizationId: site.id }
}

interface Change {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** Whether a cookie vouches for it, so that a proof against forgery must come with it. */
  readonly isProved: boolean
}

/** Every unsafe address of the API with a body that would be right. */
function changes(organizationId: string, userId: string): readonly Change[] {
  return exampleRequests(kit.app.authorities)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body, who }) => ({
      method,
      path: path.replace(':organizationId', organizationId).replace(':channel', 'mail').replaceAll(/:\w+/g, userId),
      isProved: who !== 'anyone' && who !== 'api-key',
      ...(body ? { body } : {}),
    }))
}

test('R084 no change goes through without its proof, from another origin, or in another form than JSON', async () => {
  const { person, client, organizationId } = await signedIn()
  kit.pass(60)
  await startFromSession(client, 'backup-codes')
  const all = changes(organizationId, person.id)
  assert.ok(all.length >= 16, `${all.length} addresses`)
  const before = await contentsOf(kit)
  for (const { method, path, body, isProved } of all) {
    const send = (proof: string, headers: Record<string, string>, payload: unknown = body) =>
      Object.assign(client.copy(), { csrf: proof }).call(method, path, payload, headers)
    const name = `${method} ${path}`
    if (isProved) {
      for (const proof of ['', 'x', 'x'.repeat(43)]) refused(await send(proof, {}), 403, 'forged-request')
      refused(
        await send((await kit.client().call('GET', '/sign-in')).text.match(/name="csrf" value="([^"]+)"/)?.[1] ?? '', {}),
        403,
        'forged-request',
      )
    }
    for (const origin of ['https://evil.example', 'http://127.0.0.1:8081', 'http://127.0.0.1:8080.evil.example', 'junk']) {
      refused(await send(client.csrf, { origin }), 403, 'forged-request')
    }
    for (const site of ['cross-site', 'same-site']) refused(await send(client.csrf, { 'sec-fetch-site': site }), 403, 'forged-request')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml']) {
      const reply = await send(client.csrf, { 'content-type': type }, body ? JSON.stringify(body) : 'x=1')
      refused(reply, 415, 'unsupported-media-type')
    }
    assert.ok(name)
  }
  assert.equal(await contentsOf(kit), before)
})

test('R084 the forms of the pages are refused without their proof and from another site', async () => {
  const { client } = await signedIn()
  const actions = [
    '/sign-in',
    '/sign-in/answer',
    '/sign-in/cancel',
    '/setup',
    '/invitation',
    '/forgot-password',
    '/reset-password',
    '/email-change',
  ]
  const token = 'x'.repeat(43)
  const fields = { email: 'a@example.org', password: 'x', code: '123456', token, organizationName: 'O', name: 'N' }
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  await client.call('GET', '/forgot-password')
  const before = await contentsOf(kit)
  for (const action of actions) {
    const form = (csrf: string) => new URLSearchParams({ csrf, ...fields }).toString()
    assert.equal((await client.call('POST', action, form(''), type)).status, 403, action)
    assert.equal((await client.call('POST', action, form('x'.repeat(43)), type)).status, 403, action)
    assert.equal((await client.call('POST', action, `${form('')}&csrf=a&csrf=b`, type)).status, 403, action)
    assert.equal(
      (await client.call('POST', action, JSON.stringify({ csrf: '', ...fields }), { 'content-type': 'text/plain' })).status,
      403,
      action,
    )
    const csrf = /name="csrf" value="([^"]+)"/.exec((await client.call('GET', '/forgot-password')).text)?.[1] ?? ''
    assert.ok(csrf)
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
    ]) {
      const reply = await client.call('POST', action, form(csrf), { ...type, ...headers } as Record<string, string>)
      assert.equal(reply.status, 403, `${action} ${JSON.stringify(headers)}`)
    }
  }
  assert.equal(await contentsOf(kit), before)
})

test('R081 on https every cookie is tied to the host and sent over TLS only, and the browser is told to stay there', async () => {
  const own = await openKit({ publicUrl: 'https://id.example.org' })
  try {
    const site = await own.site({ mode: 'everyone' })
    const client = await own.signIn(await own.person(site.id))
    assert.deepEqual([...client.cookies.keys()].sort(), ['__Host-countersign-device', '__Host-countersign-session'])
    const bare = own.client()
    for (const [name, value] of client.cookies) bare.cookies.set(name.replace('__Host-', ''), value)
    refused(await bare.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    assert.equal((await client.call('DELETE', '/api/v1/session')).status, 204)
    assert.equal((await client.call('GET', '/sign-in')).headers['strict-transport-security'], 'max-age=31536000')
  } finally {
    await own.close()
  }
})

test('every kind of reply carries the security headers: pages, JSON, assets, redirects, refusals, addresses that cannot be read', async () => {
  const { client } = await signedIn()
  const stranger = kit.client()
  const looks = [
    '/sign-in',
    '/forgot-password',
    '/inbox',
    '/assets/prompt.css',
    '/assets/prompt.js',
    '/healthz',
    '/readyz',
    '/problems/forbidden',
    '/api/v1/openapi.json',
  ]
  for (const path of looks) assert.equal((await stranger.call('GET', path)).status, 200, path)
  assert.equal((await client.call('GET', '/sign-in')).status, 303)
  const missing = [
    '/nothing',
    '/api/v1/nothing',
    '/api/nothing',
    '/problems/nothing',
    '/setup/x',
    `/invitation/${'x'.repeat(43)}`,
    '/sign-in/nothing',
    '/assets/../package.json',
    '/.env',
  ]
  for (const path of missing) assert.ok([404, 410].includes((await stranger.call('GET', path)).status), path)
  for (const path of ['/api/v1/%zz', '/%zz', '/setup/%ff', '/api/v1/organizations/%'])
    assert.equal((await stranger.call('GET', path)).status, 400, path)
  for (const method of ['PUT', 'OPTIONS', 'PATCH']) assert.ok((await stranger.call(method, '/api/v1/session')).status >= 400, method)
  assert.ok((await stranger.call('GET', `/setup/${'x'.repeat(300)}`)).status < 500)
})

test('A13 A98 whatever is typed into a code field is answered with a refusal, as JSON and as a form', async () => {
  const { person } = await signedIn()
  const client = kit.client()
  await start(client, person)
  const odd: unknown[] = [null, true, false, 0, -1, 1e308, 123456, [], ['1'], {}, { code: '1' }, { $gt: '' }, [[[]]], { toString: 'x' }]
  for (const code of odd) refused(await answer(client, { code }), 400, 'malformed')
  const texts = [
    '',
    ' ',
    '000000',
    '-00001',
    '+12345',
    '0x1234',
    '1e5',
    '12345６',
    '١٢٣٤٥٦',
    'NaN',
    'null',
    'undefined',
    "' or 1=1 --",
    '%00',
    '\u0000',
    '\u202e123456',
    '\ud800',
    '123456\u0000',
    '<script>',
    '#{7*7}',
    '{{7*7}}',
    '../../etc',
    '\r\nSet-Cookie: x=y',
    'A'.repeat(64),
    '🦉'.repeat(16),
    '\u0301'.repeat(60),
    '=1+1',
    'AAAA-AAAA-AAAA-AAAA',
  ]
  for (const code of texts) {
    const reply = await answer(client, { code })
    assert.ok([400, 422, 429].includes(reply.status), `${JSON.stringify(code)} → ${reply.status}`)
    const page = await client.submit('/sign-in', '/sign-in/answer', { code })
    assert.ok(page.status >= 400 && page.status < 500, `${JSON.stringify(code)} → ${page.status}`)
    assert.ok(!page.text.includes('<script>') && page.headers['set-cookie'] === undefined)
  }
  refused(await answer(client, { code: 'x'.repeat(129) }), 400, 'malformed')
  refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
})

test('A61 A98 keys of a prototype, keys that nobody asked for, keys that come twice, and broken JSON are refused', async () => {
  const { client, organizationId } = await signedIn()
  const json = { 'content-type': 'application/json' }
  const post = (path: string, text: string) => client.call('POST', path, text, json)
  const bad = [
    '{"email":"a@example.org","password":"x","__proto__":{"role":"owner"}}',
    '{"email":"a@example.org","password":"x","constructor":{"prototype":{"role":"owner"}}}',
    '{"email":"a@example.org","password":"x","role":"owner"}',
    '{"email":"a@example.org"}',
    '{"email":{"a":1},"password":"x"}',
    '{"email":["a@example.org"],"password":"x"}',
    '{',
    '',
    'null',
    '[]',
    '"x"',
    '1',
    '\u0000',
    '{"email":"\\u0000","password":"x"}',
    '{"email":"\\ud800","password":"x"}',
    '['.repeat(30_000),
  ]
  for (const text of bad) refused(await post('/api/v1/sign-ins', text), 400, 'malformed')
  assert.equal(({} as Record<string, unknown>).role, undefined)
  await client.call('GET', '/api/v1/session')
  for (const name of ['\u0000', 'a\u0000b', '\ud800']) {
    refused(
      await client.call('POST', `/api/v1/organizations/${organizationId}/users`, { name, email: 'odd@example.org', role: 'user' }),
      400,
      'malformed',
    )
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const text of [
    'email=a&email=b&password=x',
    '__proto__=x&__proto__[a]=b',
    'email=%00&password=%00',
    'email=%zz',
    '&&&==',
    'a[b]=c&a[b]=d',
  ]) {
    const page = await kit.client().call('GET', '/sign-in')
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const visitor = kit.client()
    const cookie = String([page.headers['set-cookie']].flat()[0]).split(';')[0] ?? ''
    const reply = await visitor.call('POST', '/sign-in', `csrf=${csrf}&${text}`, { ...form, cookie })
    assert.ok([400, 422].includes(reply.status), `${text} → ${reply.status}`)
  }
})

test('a body that is larger than anything expected is refused before it is read', async () => {
  const { client } = await signedIn()
  const big = 'x'.repeat(70_000)
  refused(await client.call('POST', '/api/v1/sign-ins', { email: big, password: 'x' }), 413, 'payload-too-large')
  assert.equal((await client.call('POST', '/sign-in', `email=${big}`, { 'content-type': 'application/x-www-form-urlencoded' })).status, 413)
  refused(await start(client, { email: 'a@example.org', password: 'x'.repeat(1025) }), 400, 'malformed')
  refused(await start(client, { email: 'a@example.org', password: '🦉'.repeat(1024) }), 422, 'wrong-password')
})

/** The statements that something takes, as they are sent, and how many connections were taken for them. */
async function statementsOf(act: () => Promise<void>): Promise<{ readonly statements: readonly string[]; readonly connections: number }> {
  const { store } = kit.rooms
  const executor = store.db.getExecutor() as unknown as {
    executeQuery(query: { readonly sql: string }, ...rest: readonly unknown[]): Promise<unknown>
    provideConnection: (...rest: unknown[]) => Promise<unknown>
  }
  const statements: string[] = []
  const original = executor.executeQuery
  executor.executeQuery = function (this: unknown, query, ...rest) {
    statements.push(query.sql)
    return original.call(this as typeof executor, query, ...rest)
  }
  const held = executor.provideConnection
  let connections = 0
  const { run, read } = store
  const noting =
    (carryOut: typeof run): typeof run =>
    (text, parameters) => {
      statements.push(text)
      return carryOut(text, parameters)
    }
  Object.assign(store, { run: noting(run), read: noting(read) })
  executor.provideConnection = function (this: unknown, ...rest: unknown[]) {
    connections += 1
    return held.apply(this as typeof executor, rest)
  }
  try {
    await act()
  } finally {
    executor.executeQuery = original
    executor.provideConnection = held
    Object.assign(store, { run, read })
  }
  return { statements, connections }
}

const isWrite = (text: string) => /\b(insert into|update|delete from)\b/.test(text)

test('a whole sign-in takes six statements at most, two of which write, and opens no transaction', async () => {
  const { person } = await signedIn()
  kit.pass(60)
  const { statements, connections } = await statementsOf(async () => {
    const client = kit.client()
    await start(client, person)
    assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
    assert.equal((await client.call('GET', '/api/v1/session')).json.aal, 2)
  })
  assert.ok(statements.length >= 4 && statements.length <= 6, `${statements.length} statements`)
  assert.equal(statements.filter(isWrite).length, 2)
  assert.ok(connections <= statements.length, `${connections} connections for ${statements.length} statements`)
})

test('to have a device remembered costs no statement, a sign-in on it takes two, and the check of its session one', async () => {
  const { person } = await signedIn()
  kit.pass(60)
  const client = kit.client()
  const remembering = await statementsOf(async () => {
    await start(client, person)
    assert.equal((await answer(client, { code: kit.code(person), remember: true })).json.step, 'done')
  })
  assert.deepEqual([remembering.statements.length, remembering.statements.filter(isWrite).length], [4, 2])
  const entering = await statementsOf(async () => {
    assert.equal((await start(client, person)).json.step, 'done')
  })
  assert.deepEqual([entering.statements.length, entering.statements.filter(isWrite).length], [2, 1])
  const check = await statementsOf(async () => {
    assert.equal((await client.call('GET', '/api/v1/session')).json.onRememberedDevice, true)
  })
  assert.equal(check.statements.length, 1)
})
