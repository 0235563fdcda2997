import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Role } from '#contract/account.ts'
import { openServer } from '#http/server.ts'
import { Authenticator } from '../authenticator.ts'
import { answer, type Client, contentsOf, type Kit, openKit, type Person, readsDuring, refused, rulesOf, start } from '../kit.ts'

let kit: Kit
const proxy = '10.0.0.5'
const portal = 'https://portal.example'

before(async () => {
  kit = await openKit({ publicUrl: 'https://id.example', trustedProxies: ['10.0.0.0/8'] })
})
after(() => kit.close())

interface Rule {
  readonly path?: string
  readonly roles?: readonly Role[]
  readonly strength?: 'any' | 'second-factor' | 'fresh' | 'phishing-resistant'
  readonly freshMinutes?: number
}

const everybody = ['owner', 'security-admin', 'admin', 'user'] as const
const settingsOf = (rules: readonly Rule[] = [{}], more: object = {}) => ({
  kind: 'forward-auth',
  origins: [portal],
  people: 'own',
  organizations: [],
  rules: rules.map((rule) => ({ path: '/', roles: everybody, strength: 'any', freshMinutes: 5, ...rule })),
  ...more,
})

/** An application of a site, set up by its Security Admin. */
async function application(rules?: readonly Rule[], more?: object, organizationId?: string) {
  const site = organizationId === undefined ? await kit.site() : { id: organizationId }
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  await kit.enroll(admin, client)
  const path = `/api/v1/organizations/${site.id}/applications`
  const created = await client.call('POST', path, { name: 'Portal', settings: settingsOf(rules, more) })
  assert.equal(created.status, 201, created.text)
  const { application: made, secret } = created.json
  assert.equal(secret, null)
  return { site, admin, client, path: `${path}/${made.id}`, clientId: made.clientId as string }
}

/** What a browser has at the portal, and a proxy that asks for it. */
class Browser {
  readonly cookies = new Map<string, string>()
  readonly clientId: string
  constructor(clientId: string) {
    this.clientId = clientId
  }

  async ask(path: string, headers: Readonly<Record<string, string>> = {}, peer = proxy, node = kit.app) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await node.inject({
      method: 'GET',
      url: `/forward-auth/${this.clientId}${path}`,
      remoteAddress: peer,
      headers: {
        accept: 'text/html',
        'x-forwarded-method': 'GET',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'portal.example',
        'x-forwarded-uri': '/',
        'x-forwarded-for': '192.0.2.9',
        ...(cookie ? { cookie } : {}),
        ...headers,
      },
    })
    for (const { name, value } of reply.cookies) this.cookies.set(name, value)
    return reply
  }

  /** The whole way: asked, sent to the sign-in, back with a ticket. */
  async enter(client: Client, uri = '/'): Promise<void> {
    const asked = await this.ask('', { 'x-forwarded-uri': uri })
    assert.equal(asked.statusCode, 302)
    const passed = await client.call('GET', pathOf(asked.headers.location))
    assert.equal(passed.status, 303, passed.text)
    await this.come(String(passed.headers.location), uri)
  }

  async come(address: string, uri: string): Promise<void> {
    const { origin, pathname, search } = new URL(address)
    assert.deepEqual([origin, pathname], [portal, '/.countersign/return'])
    const back = await this.ask(`/return${search}`)
    assert.deepEqual([back.statusCode, back.headers.location], [303, uri])
  }
}

const pathOf = (address: unknown) => String(address).replace('https://id.example', '')

/** A user of a site who has signed in, with the second step where there is one. */
async function user(siteId: string, role: Role = 'user', isEnrolled = false): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(siteId, { role })
  const client = await kit.signIn(person)
  if (isEnrolled) await kit.enroll(person, client)
  return { person, client }
}

describe('forward-auth', () => {
  test('lets somebody in who is signed in, says who it is, and passes on their cookies without ours', async () => {
    const { site, clientId } = await application()
    const { person, client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client, '/reports?year=2026&q=a%2Fb')
    browser.cookies.set('cart', '1')
    for (const path of ['', '/status']) {
      const reply = await browser.ask(path, { 'remote-user': 'owner', 'remote-role': 'owner' })
      assert.equal(reply.statusCode, 200)
      assert.deepEqual(
        ['user', 'email', 'name', 'organization', 'organization-id', 'role', 'acr'].map((name) => reply.headers[`remote-${name}`]),
        [
          person.id,
          person.email,
          person.name,
          (await kit.rooms.store.db.selectFrom('organizations').select('name').where('id', '=', site.id).executeTakeFirstOrThrow()).name,
          site.id,
          'user',
          'urn:countersign:acr:1',
        ],
      )
      assert.equal(reply.headers.cookie, 'cart=1')
      assert.equal(reply.payload, '')
      assert.equal(reply.headers['cache-control'], 'no-store')
    }
    const cookies = [...browser.cookies.keys()]
    assert.deepEqual(cookies.toSorted(), [`__Host-countersign-portal-${clientId}`, `__Host-countersign-way-${clientId}`, 'cart'])
  })

  test('sends a browser that shows a page to the sign-in and back, and tells everything else that it is not signed in', async () => {
    const { site, clientId } = await application()
    const person = await kit.person(site.id)
    const browser = new Browser(clientId)
    for (const headers of [{ accept: 'application/json' }, { 'x-forwarded-method': 'POST' }, { 'sec-fetch-mode': 'cors' }]) {
      const reply = await browser.ask('', headers as unknown as Record<string, string>)
      assert.deepEqual([reply.statusCode, reply.headers.location], [401, undefined])
    }
    const nginx = await browser.ask('/status', { 'x-forwarded-uri': '/a?b=c' })
    assert.equal(nginx.statusCode, 401)
    const client = kit.client()
    const sent = await client.call('GET', pathOf(nginx.headers.location))
    assert.equal(sent.status, 303)
    const login = new URL(String(sent.headers.location), 'https://id.example')
    assert.equal(login.pathname, '/sign-in')
    const signedIn = await client.submit('/sign-in', '/sign-in', {
      email: person.email,
      password: person.password,
      returnTo: login.searchParams.get('return') ?? '',
    })
    assert.equal(signedIn.status, 303)
    // Not by a redirect: browsers follow one that comes of a form only to where the form may be sent.
    const page = await client.call('GET', String(signedIn.headers.location))
    assert.equal(page.status, 200)
    const [, address = ''] = /^0;url=(.*)$/.exec(String(page.headers.refresh)) ?? []
    await browser.come(address, '/a?b=c')
    assert.equal((await browser.ask('')).statusCode, 200)
  })

  test('A21 a sign-in on its way opens no portal', async () => {
    const { site, clientId } = await application()
    const { person } = await user(site.id, 'user', true)
    const half = kit.client()
    assert.equal((await start(half, person)).json.step, 'answer')
    const browser = new Browser(clientId)
    for (const [name, value] of half.cookies) {
      browser.cookies.set(name, value)
      browser.cookies.set(`__Host-countersign-portal-${clientId}`, value)
      browser.cookies.set('__Host-countersign-session', value)
    }
    for (const path of ['', '/status']) assert.ok((await browser.ask(path)).statusCode > 299)
    const sent = await half.call('GET', pathOf((await browser.ask('')).headers.location))
    assert.match(String(sent.headers.location), /^\/sign-in\?/)
  })

  test('what ends or weakens a session ends what is open at a portal, at the very next request', async () => {
    const { site, clientId, client: admin, path } = await application()
    const ends: readonly (readonly [string, (one: { person: Person; client: Client }) => Promise<unknown>])[] = [
      ['sign-out', ({ client }) => client.call('DELETE', '/api/v1/session')],
      [
        'suspension',
        ({ person }) => admin.call('POST', `/api/v1/organizations/${site.id}/users/actions`, { action: 'suspend', users: [person.id] }),
      ],
      ['removal', ({ person }) => admin.call('DELETE', `/api/v1/organizations/${site.id}/users/${person.id}`)],
      [
        'a rule',
        async () => {
          const rules = await rulesOf(admin, site.id)
          const changed = await admin.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...rules, mode: 'everyone' })
          assert.equal(changed.status, 200, changed.text)
        },
      ],
    ]
    for (const [name, end] of ends) {
      const one = await user(site.id)
      const browser = new Browser(clientId)
      await browser.enter(one.client)
      assert.equal((await browser.ask('')).statusCode, 200, name)
      await end(one)
      assert.equal((await browser.ask('', { accept: '*/*' })).statusCode, 401, name)
    }
    const last = await user(site.id, 'user')
    const browser = new Browser(clientId)
    await browser.enter(last.client)
    const off = await admin.call('PATCH', path, { version: 1, isOn: false })
    assert.equal(off.status, 200, off.text)
    assert.equal((await browser.ask('')).statusCode, 403)
    assert.equal((await admin.call('PATCH', path, { version: 2, isOn: true })).status, 200)
    assert.equal((await browser.ask('', { accept: '*/*' })).statusCode, 401, 'what was open stays ended')
  })

  test('an hour without a request ends it, and requests to the portal count', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    for (let round = 0; round < 3; round++) {
      kit.pass(1800)
      assert.equal((await browser.ask('')).statusCode, 200)
    }
    assert.equal((await client.call('GET', '/api/v1/session')).status, 200)
    kit.pass(3601)
    assert.equal((await browser.ask('')).statusCode, 302)
  })

  test('an address takes the role that its rules name, and who has another is not let in, nor sent round in circles', async () => {
    const { site, clientId } = await application([{}, { path: '/admin', roles: ['admin'] }])
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    for (const uri of ['/admin', '/Admin/x', '/%61dmin', '/admin;a=b'])
      assert.equal((await browser.ask('', { 'x-forwarded-uri': uri, accept: '*/*' })).statusCode, 403, uri)
    const asked = await browser.ask('', { 'x-forwarded-uri': '/admin' })
    const page = await client.call('GET', pathOf(asked.headers.location))
    assert.equal(page.status, 403)
    assert.match(page.text, /You are not let in here/)
    const admin = await user(site.id, 'admin')
    const other = new Browser(clientId)
    await other.enter(admin.client, '/admin')
    assert.equal((await other.ask('', { 'x-forwarded-uri': '/admin' })).headers['remote-role'], 'admin')
  })

  test('an address that asks for a second step leads there and back; one given too long ago does too', async () => {
    const { site, clientId } = await application([
      {},
      { path: '/pay', strength: 'second-factor' },
      { path: '/pay/now', strength: 'fresh', freshMinutes: 10 },
    ])
    const { person, client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const stepUp = async (uri: string) => {
      const asked = await browser.ask('/status', { 'x-forwarded-uri': uri })
      assert.equal(asked.statusCode, 401)
      const address = pathOf(asked.headers.location)
      await client.call('GET', '/api/v1/session')
      const page = await client.call('GET', address)
      assert.match(page.text, /One more step/)
      const query = new URL(address, portal).searchParams
      const form = { to: query.get('to') ?? '', way: query.get('way') ?? '' }
      return client.submit(address, `/forward-auth/${clientId}/step-up`, form)
    }
    assert.equal((await stepUp('/pay')).headers.location, '/sign-in')
    // Nothing is set up yet, so this is the set-up.
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'enroll')
    await client.call('GET', '/api/v1/session')
    await kit.enroll(person, client)
    assert.equal((await browser.ask('', { 'x-forwarded-uri': '/pay/now' })).headers['remote-acr'], 'urn:countersign:acr:2')
    kit.pass(601)
    assert.equal((await browser.ask('', { 'x-forwarded-uri': '/pay' })).statusCode, 200)
    assert.equal((await stepUp('/pay/now')).headers.location, '/sign-in')
    await client.call('GET', '/api/v1/sign-ins/current')
    assert.equal((await client.call('POST', '/api/v1/sign-ins/current/answers', { password: person.password })).json.step, 'answer')
    kit.pass(30)
    const done = await client.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code(person) })
    assert.match(done.json.returnTo, new RegExp(`^/forward-auth/${clientId}/enter`))
    assert.equal((await browser.ask('', { 'x-forwarded-uri': '/pay/now' })).statusCode, 200)
  })

  test('an address that asks for a passkey is opened by nothing else; who has none sets one up on the way, where the rules allow it', async () => {
    const { site, client: office, clientId } = await application([{}, { path: '/vault', strength: 'phishing-resistant' }])
    const { person, client } = await user(site.id, 'user', true)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const vault = { 'x-forwarded-uri': '/vault' }
    assert.equal((await browser.ask('', { ...vault, accept: '*/*' })).statusCode, 401, 'an app is no passkey')
    const address = pathOf((await browser.ask('', vault)).headers.location)
    const query = new URL(address, portal).searchParams
    const form = { to: query.get('to') ?? '', way: query.get('way') ?? '' }
    const stepUp = () => client.submit(address, `/forward-auth/${clientId}/step-up`, form)
    const late = await client.submit(`/forward-auth/${clientId}/sign-out`, `/forward-auth/${clientId}/step-up`, form)
    for (const barred of [await client.call('GET', address), late]) {
      assert.equal(barred.status, 403)
      assert.match(barred.text, /asks for a passkey or security key here\. You can set up no passkey/)
      assert.match(barred.text, /href="https:\/\/portal\.example\/">Back to/, 'it lets them in elsewhere')
      assert.doesNotMatch(barred.text, /Go on</)
    }
    const draft = settingsOf([{}, { path: '/vault', strength: 'phishing-resistant' }])
    const counted = async () => (await office.call('POST', `/api/v1/organizations/${site.id}/forward-auth/preview`, draft)).json.rules[1]
    assert.deepEqual(
      await counted(),
      { path: '/vault', asks: 'phishing-resistant', letIn: 2, secured: 0 },
      'an app is no passkey here either',
    )

    kit.pass(30)
    await office.call('GET', '/api/v1/session')
    const rules = await rulesOf(office, site.id)
    const allowed = { ...rules, methods: [...rules.methods, 'passkey'] }
    const changed = await office.call('PUT', `/api/v1/organizations/${site.id}/policy`, allowed)
    assert.equal(changed.status, 200, changed.text)
    kit.pass(400)
    assert.equal((await stepUp()).headers.location, '/sign-in')
    const current = '/api/v1/sign-ins/current'
    assert.equal((await client.call('GET', current)).json.step, 'password')
    const asked = await client.call('POST', `${current}/answers`, { password: person.password })
    assert.deepEqual(asked.json.kinds, ['totp', 'backup-codes'], 'one factor binds no second authenticator')
    const opened = await client.call('POST', `${current}/answers`, { code: kit.code(person) })
    assert.deepEqual([opened.json.step, opened.json.kind], ['enroll', 'passkey'], opened.text)
    const key = new Authenticator('https://id.example')
    const bound = await client.call('POST', `${current}/answers`, { passkey: key.create(opened.json.passkey) })
    assert.equal(bound.json.step, 'done', bound.text)
    const opens = await browser.ask('', vault)
    assert.deepEqual([opens.statusCode, opens.headers['remote-acr']], [200, 'phr'])
    await office.call('GET', '/api/v1/session')
    assert.equal((await counted()).secured, 1)

    const elsewhere = kit.client()
    kit.pass(30)
    await start(elsewhere, person)
    assert.equal((await answer(elsewhere, { code: kit.code(person) })).json.step, 'done')
    const weaker = new Browser(clientId)
    await weaker.enter(elsewhere)
    assert.equal((await weaker.ask('')).headers['remote-acr'], 'urn:countersign:acr:2')
    assert.equal((await weaker.ask('', { ...vault, accept: '*/*' })).statusCode, 401, 'having a passkey is not using it')
    await elsewhere.call('GET', '/api/v1/session')
    const again = await elsewhere.submit(address, `/forward-auth/${clientId}/step-up`, form)
    assert.equal(again.headers.location, '/sign-in')
    await elsewhere.call('GET', current)
    const step = await elsewhere.call('POST', `${current}/answers`, { password: person.password })
    assert.equal((await elsewhere.call('POST', `${current}/answers`, { passkey: key.get(step.json.passkey) })).json.step, 'done')
    assert.equal((await weaker.ask('', vault)).headers['remote-acr'], 'phr')
  })

  test('a session on a remembered device has no second step, also for a portal', async () => {
    const { site, clientId } = await application([{}, { path: '/pay', strength: 'second-factor' }])
    const { person, client } = await user(site.id, 'user', true)
    const visitor = client.copy()
    visitor.cookies.clear()
    assert.equal((await start(visitor, person)).json.step, 'answer')
    kit.pass(30)
    await visitor.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code(person), remember: true })
    assert.equal((await start(visitor, person)).json.step, 'done')
    const browser = new Browser(clientId)
    await browser.enter(visitor)
    assert.equal((await browser.ask('')).headers['remote-acr'], 'urn:countersign:acr:1')
    assert.equal((await browser.ask('', { 'x-forwarded-uri': '/pay', accept: '*/*' })).statusCode, 401)
  })

  test('people of another organization are let in by an application of the provider alone', async () => {
    const site = await kit.site()
    const { client } = await user(site.id)
    const refusedAt = async (clientId: string) => {
      const asked = await new Browser(clientId).ask('')
      return (await client.call('GET', pathOf(asked.headers.location))).status === 403
    }
    assert.ok(await refusedAt((await application()).clientId))
    assert.ok(await refusedAt((await application(undefined, { people: 'all' })).clientId), 'a site lets in nobody but its own')
    assert.ok(await refusedAt((await application(undefined, { people: 'chosen', organizations: [site.id] })).clientId))
    assert.ok(await refusedAt((await application(undefined, {}, kit.provider.id)).clientId))
    for (const more of [{ people: 'all' }, { people: 'chosen', organizations: [site.id] }]) {
      const { clientId } = await application(undefined, more, kit.provider.id)
      const browser = new Browser(clientId)
      await browser.enter(client)
      assert.equal((await browser.ask('')).headers['remote-organization-id'], site.id)
    }
  })

  test('under the address of Countersign itself the session is the cookie, and elsewhere it is not', async () => {
    const here = await application(undefined, { origins: ['https://id.example', portal] })
    const { client } = await user(here.site.id)
    const browser = new Browser(here.clientId)
    for (const [name, value] of client.cookies) browser.cookies.set(name, value)
    const same = { 'x-forwarded-host': 'id.example', 'x-forwarded-uri': '/portal' }
    const reply = await browser.ask('', same)
    assert.deepEqual([reply.statusCode, reply.headers.cookie], [200, ''])
    assert.equal((await browser.ask('', { accept: '*/*' })).statusCode, 401)
    browser.cookies.clear()
    const asked = await browser.ask('', same)
    assert.deepEqual((await client.call('GET', pathOf(asked.headers.location))).headers.location, '/portal')
  })

  test('A93 nothing is believed of a peer that is no trusted proxy; nobody is one by default', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    for (const peer of ['192.0.2.1', '127.0.0.1', '::1', '11.0.0.1', '::ffff:192.0.2.1']) {
      for (const path of ['', '/status']) assert.equal((await browser.ask(path, {}, peer)).statusCode, 403, peer)
      assert.match(String((await browser.ask('/return?ticket=x', {}, peer)).headers.location), /\/lost$/)
    }
    assert.equal((await browser.ask('', {}, '::ffff:10.1.2.3')).statusCode, 200)
    const bare = await openKit({ founded: false })
    try {
      const reply = await bare.app.inject({ url: `/forward-auth/${clientId}`, headers: { 'x-forwarded-host': 'portal.example' } })
      assert.equal(reply.statusCode, 403)
    } finally {
      await bare.close()
    }
  })

  test('A93 a header that is missing, came twice, or can be read in two ways lets nobody in', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const odd: Readonly<Record<string, readonly string[]>> = {
      'x-forwarded-host': [
        '',
        'evil.example',
        'portal.example.',
        'portal.example, portal.example',
        'portal.example:8443',
        '.portal.example',
        'portal.example/',
        'portal.example#',
        'a@portal.example',
        'portal.example\\',
        'sub.portal.example',
      ],
      'x-forwarded-proto': ['', 'http', 'HTTPS', 'https, https', 'wss', 'https:'],
      'x-forwarded-uri': [
        '',
        'x',
        '//',
        '/../',
        '/%2e%2e/',
        '/a//b',
        '/\\',
        '/%00',
        '/%zz',
        '/;/',
        '/%252e',
        '/#',
        'https://portal.example/',
        '/%0d%0a',
        '/a b',
        '*',
      ],
      'x-forwarded-method': ['', 'get', 'GET, GET', 'G ET'],
    }
    for (const [name, values] of Object.entries(odd))
      for (const value of values) {
        const reply = await browser.ask('', { [name]: value })
        assert.equal(reply.statusCode, 403, `${name}: ${value}`)
        assert.ok(!Object.keys(reply.headers).some((one) => one.startsWith('remote-')))
      }
    for (const id of ['x', 'undefined', "'", '%00', clientId.toLowerCase(), `${clientId}x`])
      assert.ok((await new Browser(id).ask('')).statusCode > 399, id)
    assert.equal((await browser.ask('')).statusCode, 200)
  })

  test('A80 the way back leads to addresses of the application and nowhere else', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const way = 'w'.repeat(43)
    const at = (to: string) => client.call('GET', `/forward-auth/${clientId}/enter?${new URLSearchParams({ to, way })}`)
    const tricks = [
      '%',
      '@',
      ':',
      '.',
      ',',
      ';',
      '\\',
      '/',
      '#',
      '?',
      '&',
      '\t',
      '\n',
      '\r',
      ' ',
      '\0',
      '%00',
      '%09',
      '%2f',
      '%5c',
      '%40',
      '。',
      '／',
      '\u202e',
    ]
    const corpus = [
      ...[
        '',
        '/',
        '//',
        '///',
        '/\\',
        '\\\\',
        'x',
        '*',
        'javascript:alert(1)',
        'data:text/html,x',
        'JaVaScRiPt://portal.example/%0aalert(1)',
        'vbscript:x',
        'file:///etc/passwd',
        'https:',
        'https:/',
        'https://',
        'https:///',
        'https:portal.example/',
        'http://portal.example/',
        'HTTPS://portal.example/',
        'wss://portal.example/',
        ' https://portal.example/',
        '\thttps://portal.example/',
        'https://portal.example',
        '/sign-in',
        '//portal.example/',
        '//evil.example/',
      ],
      ...tricks.flatMap((one) => [
        `${portal}${one}evil.example/`,
        `${portal}${one}@evil.example/`,
        `https://evil.example${one}portal.example/`,
        `https://evil.example/${one}${portal}/`,
        `https://${one}portal.example/`,
      ]),
      ...[
        'evil-portal.example',
        'portal.example.evil.example',
        'portal.examples',
        'xn--portal.example',
        'PORTAL.EXAMPLE.',
        'portal.example:8443',
        'portal.example:',
        'portal.example:0443',
        'portal.example:443x',
        '[::1]',
        '127.1',
        '0x7f.1',
        'localhost',
        'id.example',
      ].map((host) => `https://${host}/`),
    ]
    assert.ok(corpus.length >= 150, `${corpus.length}`)
    for (const to of corpus) {
      const reply = await at(to)
      if (reply.status === 303) {
        assert.equal(new URL(String(reply.headers.location)).origin, portal, JSON.stringify(to))
        assert.match(to, /^https:\/\/portal\.example(:443)?\//)
      } else assert.ok(reply.status === 404 || reply.status === 400, `${JSON.stringify(to)} → ${reply.status}`)
    }
    for (const odd of ['', 'x', 'w'.repeat(42), `${'w'.repeat(42)}=`]) {
      const query = new URLSearchParams({ to: `${portal}/`, way: odd })
      assert.equal((await client.call('GET', `/forward-auth/${clientId}/enter?${query}`)).status, 404)
    }
    assert.equal((await at(`${portal}/`)).status, 303)
  })

  test('a ticket is good once, for one minute, at its portal, in the browser that asked for it, while its session lasts', async () => {
    const { site, clientId } = await application()
    const other = await application()
    const { client } = await user(site.id)
    const ticketFor = async (browser: Browser) => {
      const asked = await browser.ask('')
      const sent = await client.call('GET', pathOf(asked.headers.location))
      return new URL(String(sent.headers.location)).search
    }
    const lost = async (browser: Browser, ticket: string, headers = {}) => {
      const reply = await browser.ask(`/return${ticket}`, headers)
      assert.equal(reply.headers.location, `https://id.example/forward-auth/${browser.clientId}/lost`)
      assert.equal(reply.cookies.length, 0)
    }
    const browser = new Browser(clientId)
    await browser.enter(client)
    const fresh = () => new Browser(clientId)

    const victim = fresh()
    await victim.ask('')
    const forged = await ticketFor(fresh())
    await lost(victim, forged)

    const twice = fresh()
    const ticket = await ticketFor(twice)
    assert.equal((await twice.ask(`/return${ticket}`)).headers.location, '/')
    await lost(twice, ticket)

    const late = fresh()
    const old = await ticketFor(late)
    kit.pass(60)
    await lost(late, old)

    const elsewhere = fresh()
    await lost(elsewhere, await ticketFor(elsewhere), { 'x-forwarded-host': 'evil.example' })
    const stranger = new Browser(other.clientId)
    for (const [name, value] of elsewhere.cookies) stranger.cookies.set(name.replace(clientId, other.clientId), value)
    await lost(stranger, await ticketFor(elsewhere))
    for (const odd of ['', '?ticket=', '?ticket=x', '?ticket=a&ticket=b']) await lost(fresh(), odd)

    const ended = fresh()
    const orphan = await ticketFor(ended)
    await client.call('GET', '/api/v1/session')
    assert.equal((await client.call('DELETE', '/api/v1/session')).status, 204)
    await lost(ended, orphan)
    const page = await kit.client().call('GET', `/forward-auth/${clientId}/lost`)
    assert.equal(page.status, 410)
    assert.match(page.text, /href="https:\/\/portal.example\/"/)
  })

  test('the cookie of one portal opens no other', async () => {
    const one = await application()
    const two = await application(undefined, {}, one.site.id)
    const { client } = await user(one.site.id)
    const browser = new Browser(one.clientId)
    await browser.enter(client)
    const other = new Browser(two.clientId)
    for (const [name, value] of browser.cookies) {
      other.cookies.set(name, value)
      other.cookies.set(name.replace(one.clientId, two.clientId), value)
    }
    assert.equal((await other.ask('', { accept: '*/*' })).statusCode, 401)
    refused(
      await client
        .copy()
        .call('GET', '/api/v1/session', undefined, { cookie: `__Host-countersign-session=${[...browser.cookies.values()].at(-1)}` }),
      401,
      'not-signed-in',
    )
  })

  test('signing out by the page that a portal links to ends the session everywhere', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const path = `/forward-auth/${clientId}/sign-out`
    assert.equal((await client.call('POST', path, 'csrf=x', { 'content-type': 'application/x-www-form-urlencoded' })).status, 403)
    assert.equal((await browser.ask('')).statusCode, 200)
    const done = await client.submit(path, path, {})
    assert.match(done.text, /You are logged out/)
    assert.equal((await browser.ask('', { accept: '*/*' })).statusCode, 401)
    assert.match((await client.call('GET', path)).text, /You are logged out/)
  })

  test('A22 whatever fails beneath, nobody is let in', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const { store } = kit.rooms
    const { read } = store
    const failures: readonly (() => Promise<readonly never[]>)[] = [
      async () => {
        throw new Error('gone')
      },
      async () => [],
      async () => [{} as never],
      async () => [{ row: [] } as never],
      async () => [{ row: null } as never],
      async () => [{ row: ['x', 'y', 'z', true, null, null, false, null] } as never],
    ]
    for (const fail of failures) {
      Object.assign(store, { read: fail })
      try {
        for (const path of ['', '/status']) assert.ok((await browser.ask(path)).statusCode > 399)
      } finally {
        Object.assign(store, { read })
      }
    }
    assert.equal((await browser.ask('')).statusCode, 200)
  })

  test('a check is one statement and writes nothing', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    await browser.ask('')
    const before = await contentsOf(kit)
    const statements = await readsDuring(kit, async () => {
      for (const one of [browser, new Browser(clientId)]) await one.ask('')
    })
    assert.equal(statements, 2)
    assert.equal(await contentsOf(kit), before)
  })

  test('the requests of one page ask the database once, and what has ended holds within a second on every process', async () => {
    const { site, clientId } = await application()
    const { client } = await user(site.id)
    const browser = new Browser(clientId)
    await browser.enter(client)
    const options = { rooms: kit.rooms, csrfKey: kit.rooms.keys.csrf, logLevel: 'silent', trustedProxies: ['10.0.0.0/8'], consoleDir: '' }
    const nodes = await Promise.all([openServer(options), openServer(options)])
    try {
      const statements = await readsDuring(kit, async () => {
        for (const node of nodes) {
          for (let request = 0; request < 50; request++)
            assert.equal((await browser.ask('', { accept: '*/*' }, proxy, node)).statusCode, 200)
        }
      })
      assert.ok(statements >= 2 && statements < 20, `${statements} statements`)
      await client.call('GET', '/api/v1/session')
      const endedAt = performance.now()
      assert.equal((await client.call('DELETE', '/api/v1/session')).status, 204)
      for (const node of nodes) while ((await browser.ask('', { accept: '*/*' }, proxy, node)).statusCode !== 401) await pause(20)
      assert.ok(performance.now() - endedAt < 1_000)
    } finally {
      for (const node of nodes) await node.close()
    }
  })

  test('a draft says whom it would let in, and stores nothing; nobody below a Security Admin asks', async () => {
    const { site, client } = await application()
    await user(site.id)
    await user(site.id, 'admin', true)
    const path = `/api/v1/organizations/${site.id}/forward-auth/preview`
    const before = await contentsOf(kit)
    const draft = settingsOf([{}, { path: '/admin', roles: ['admin', 'security-admin'] }, { path: '/admin/own', roles: ['admin'] }])
    const told = await client.call('POST', path, draft)
    assert.deepEqual(told.json, {
      rules: [
        { path: '/', asks: 'any', letIn: 3, secured: 3 },
        { path: '/admin', asks: 'any', letIn: 2, secured: 2 },
        { path: '/admin/own', asks: 'any', letIn: 1, secured: 1 },
      ],
    })
    const none = settingsOf([{}], { people: 'chosen', organizations: [kit.provider.id] })
    assert.deepEqual((await client.call('POST', path, none)).json.rules, [{ path: '/', asks: 'any', letIn: 0, secured: 0 }])
    refused(await client.call('POST', path, settingsOf([{ path: '/a' }])), 422, 'invalid-application', { reason: 'rules' })
    assert.equal(await contentsOf(kit), before)
    const admin = await kit.signIn(await kit.person(site.id, { role: 'admin' }))
    refused(await admin.call('POST', path, draft), 403, 'forbidden', { right: 'change-applications' })
  })

  test('"Try it" tells how the proxy asks, and believes no more of it than a check does', async () => {
    const { clientId } = await application()
    const told = async (headers: Readonly<Record<string, string>>, peer = proxy) => {
      const { headers: answered } = await new Browser(clientId).ask('/return?try=1', headers, peer)
      const page = await kit.client().call('GET', pathOf(answered.location))
      assert.equal(page.status, 200)
      return page.text
    }
    assert.match(await told({}), /The proxy asks as it should/)
    assert.match(await told({}, '192.0.2.1'), /TRUSTED_PROXIES does not have its address/)
    assert.match(await told({ 'x-forwarded-host': 'evil.example' }), /not an address of this application/)
    const page = await kit.client().call('GET', `/forward-auth/${clientId}/tried?peer=trusted&scheme=twice&host=%3Cscript%3E&uri=missing`)
    assert.match(page.text, /X-Forwarded-Proto arrives more than once/)
    assert.match(page.text, /X-Forwarded-Uri does not arrive/)
    assert.ok(!page.text.includes('<script>'))
  })

  test('settings that could let in the wrong people are refused with the field that is wrong', async () => {
    const { client, path } = await application()
    const change = (settings: object) => client.call('PATCH', path, { version: 1, settings })
    for (const origin of ['http://portal.example', 'https://*.example', 'https://portal.example/x', 'https://a@b', 'portal.example'])
      refused(await change(settingsOf([{}], { origins: [origin] })), 422, 'invalid-application', { reason: 'origins', said: origin })
    refused(await change(settingsOf([{ path: '/a' }])), 422, 'invalid-application', { reason: 'rules' })
    refused(await change(settingsOf([{}, { path: '/a/../b' }])), 422, 'invalid-application', { reason: 'rules', said: '/a/../b' })
    refused(await change(settingsOf([{ roles: [] }])), 422, 'invalid-application', { reason: 'roles' })
    refused(await change(settingsOf([{}], { people: 'chosen' })), 422, 'invalid-application', { reason: 'organizations' })
    refused(await client.call('POST', `${path}/secret`), 404, 'not-found')
  })
})
