import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Client, type Kit, openKit, type Person } from '../kit.ts'
import { proxyNames, type RunningProxy, startProxy } from '../machine/proxies.ts'
import { freePort } from '../machine/server.ts'

/**
 * The configurations of the guide in real proxies, before a real portal that says what reaches it. A portal on another port of loopback
 * is on another host for us, as origins go; cookies do not tell ports apart, which is why it is called by another name: `localhost`.
 */
let kit: Kit
let portal: Server
let reached: {
  readonly method: string
  readonly body: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly raw: readonly string[]
}[] = []
let countersign: number

before(async () => {
  countersign = await freePort()
  kit = await openKit({ publicUrl: `http://127.0.0.1:${countersign}`, trustedProxies: ['127.0.0.1'] })
  await kit.app.listen({ host: '127.0.0.1', port: countersign })
  portal = createServer(async (asked, response) => {
    const parts: Buffer[] = []
    try {
      for await (const part of asked) parts.push(part)
    } catch {
      // Half a body: what counts is that it came as far as here.
    }
    reached.push({
      method: asked.method ?? '',
      body: String(Buffer.concat(parts)),
      url: asked.url ?? '',
      headers: asked.headers,
      raw: asked.rawHeaders,
    })
    response.setHeader('set-cookie', 'cart=1; Path=/')
    response.end('the portal')
  })
  await new Promise<void>((ready) => portal.listen(0, '127.0.0.1', ready))
})
after(async () => {
  portal.close()
  portal.closeAllConnections()
  await kit.close()
})

const everybody = ['owner', 'security-admin', 'admin', 'user'] as const
const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request as it is written here; `fetch` would add headers of its own. */
function send(port: number, path: string, { method = 'GET', headers = {}, body }: Sent) {
  return new Promise<{ readonly status: number; readonly text: string; readonly headers: IncomingHttpHeaders }>((done, fail) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) }
    const asked = request(
      { host: '127.0.0.1', port, path, method, agent: false, headers: { host: `localhost:${port}`, ...length, ...headers } },
      (reply) => {
        let text = ''
        reply.on('data', (part: Buffer) => (text += part))
        reply.on('end', () => done({ status: reply.statusCode ?? 0, text, headers: reply.headers }))
      },
    )
    asked.setTimeout(10_000, () => asked.destroy(new Error('no answer')))
    asked.on('error', fail)
    asked.end(body)
  })
}

/** What a server says to bytes, as far as it says it before it waits for more. */
function say(port: number, bytes: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    const finish = () => {
      socket.destroy()
      done(said)
    }
    socket.setTimeout(700, finish)
    socket.on('data', (part: Buffer) => (said += part.toString('latin1')))
    socket.on('error', finish)
    socket.on('close', finish)
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}

/** Numbers that are the same at every run, and look like chance. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
}

/** Requests that are wrong or odd in one way or several. `cookie` belongs to somebody who may be let in. */
function malformed(count: number, host: string, cookie: string): readonly string[] {
  const draw = chance(20_261_130)
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)] as T
  const paths = [
    '/reports',
    '/?x=1',
    '/../admin',
    '/%2e%2e/admin',
    '/..%2fadmin',
    '/%2e%2e%5cadmin',
    '//admin',
    '/a//admin',
    '/./admin',
    '/..;/admin',
    '/;/admin',
    '/%00',
    '/%0d%0aRemote-User:%20x',
    '/%zz',
    '/%',
    '/%c0%ae%c0%ae/admin',
    '/%252e%252e/admin',
    '/\\admin',
    '/%ff',
    '/a%00b',
    '*',
    'admin',
    'http://evil.example/',
    '//evil.example/',
    '/%e2%80%ae',
    '/%ef%bc%8f',
    '/%20admin',
    '/a\tb',
    '/"',
    '/<script>',
    `/${'a'.repeat(9_000)}`,
    '/#x',
    '/ x',
    '/\x80',
    '/\xff',
    '/%u0061',
  ]
  const forged = [
    'Remote-User: owner',
    'remote_user: owner',
    'REMOTE-ROLE: owner',
    'Remote_Role: owner',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Uri: /',
    'X_Forwarded_Uri: /',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    'Forwarded: host=evil.example',
    'Connection: close, Remote-User',
    'Connection: X-Forwarded-Uri',
    'Connection: X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Method',
    'Connection: Cookie',
    'X-Original-Url: /',
    'X-Rewrite-Url: /',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Host: evil.example',
    'Remote-User : owner',
    ' Remote-User: owner',
    'Remote-User:\tx\x00',
    'Cookie: a=1',
  ]
  const methods = ['GET', 'POST', 'HEAD', 'OPTIONS', 'TRACE', 'get', 'G\tET', 'PROPFIND', 'CONNECT', '']
  const hosts = [
    host,
    host,
    host,
    'evil.example',
    `${host}, evil.example`,
    '',
    `${host}@evil.example`,
    `evil.example\t${host}`,
    `${host}.`,
    'LOCALHOST',
  ]
  const ends = ['\r\n', '\r\n', '\r\n', '\n']
  return Array.from({ length: count }, () => {
    const lines = [
      `${draw(3) === 0 ? pick(methods) : 'GET'} ${pick(paths)} ${pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''])}`,
      `Host: ${pick(hosts)}`,
      'Connection: close',
      ...Array.from({ length: draw(4) }, () => pick(forged)),
      ...(cookie ? [`Cookie: ${cookie}`] : []),
    ]
    const end = pick(ends)
    return `${lines.join(end)}${end}${end}`
  })
}

for (const name of proxyNames) {
  describe(name, () => {
    let proxy: RunningProxy
    let site: { readonly id: string }
    let person: Person
    let client: Client
    let origin: string
    let host: string
    const cookies = new Map<string, string>()

    before(async () => {
      const port = await freePort()
      host = `localhost:${port}`
      origin = `http://${host}`
      site = await kit.site()
      const admin = await kit.person(site.id, { role: 'security-admin' })
      const own = await kit.signIn(admin)
      await kit.enroll(admin, own)
      const rule = { roles: everybody, strength: 'any', freshMinutes: 5 }
      const rules = [
        { path: '/', ...rule },
        { path: '/admin', ...rule, roles: ['admin'] },
      ]
      const made = await own.call('POST', `/api/v1/organizations/${site.id}/applications`, {
        name: 'Portal',
        settings: { kind: 'forward-auth', origins: [origin], people: 'own', organizations: [], rules },
      })
      assert.equal(made.status, 201, made.text)
      proxy = await startProxy(name, { port, portal: portOf(portal), countersign, clientId: made.json.application.clientId })
      person = await kit.person(site.id)
      client = await kit.signIn(person)
    })
    after(() => proxy?.stop())

    const cookieLine = () => [...cookies].map(([key, value]) => `${key}=${value}`).join('; ')

    /** As a browser asks the portal. */
    async function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
      reached = []
      const reply = await send(proxy.port, path, {
        method,
        headers: { accept: 'text/html', ...(cookies.size > 0 ? { cookie: cookieLine() } : {}), ...headers },
      })
      for (const line of reply.headers['set-cookie'] ?? []) {
        const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(key, value)
      }
      return { status: reply.status, text: reply.text, location: reply.headers.location ?? '' }
    }

    async function enter(): Promise<void> {
      cookies.clear()
      const asked = await ask('/reports?year=2026')
      assert.equal(asked.status, 302)
      const { pathname, search, origin: home } = new URL(asked.location)
      assert.equal(home, kit.rooms.publicUrl)
      const sent = await client.call('GET', `${pathname}${search}`)
      const back = new URL(String(sent.headers.location))
      assert.deepEqual([back.origin, back.pathname], [origin, '/.countersign/return'])
      const returned = await ask(`${back.pathname}${back.search}`)
      assert.deepEqual([returned.status, returned.location], [303, '/reports?year=2026'])
    }

    test('sends a browser to the sign-in, takes it back, and tells the portal who it is', async () => {
      const program = await ask('/', { accept: 'application/json' })
      assert.deepEqual([program.status, program.location], [401, ''])
      assert.equal((await ask('/', {}, 'POST')).status, 401)
      assert.equal(reached.length, 0)
      await enter()
      for (const path of ['/reports?year=2026&q=%2F..%2F', '/J%C3%B6rg', '/a;b=c', '/100%25']) {
        const reply = await ask(path)
        assert.deepEqual([reply.status, reply.text], [200, 'the portal'])
        assert.equal(reached[0]?.url, path)
      }
      await ask('/', {})
      const [seen] = reached
      assert.deepEqual(
        [
          seen?.headers['remote-user'],
          seen?.headers['remote-email'],
          seen?.headers['remote-name'],
          seen?.headers['remote-role'],
          seen?.headers['remote-organization-id'],
          seen?.headers['remote-acr'],
          seen?.headers.cookie,
        ],
        [person.id, person.email, person.name, 'user', site.id, 'urn:countersign:acr:1', 'cart=1'],
      )
      assert.equal((await ask('/admin')).status, 302)
      assert.equal((await ask('/admin', { accept: '*/*' })).status, 403)
      assert.equal(reached.length, 0)
    })

    test('passes a body and a method on to the portal', async () => {
      await enter()
      reached = []
      const reply = await send(proxy.port, '/form', { method: 'POST', body: 'a=1', headers: { cookie: cookieLine() } })
      assert.deepEqual([reply.status, reply.text], [200, 'the portal'])
      assert.deepEqual(
        reached.map(({ method, body }) => [method, body]),
        [['POST', 'a=1']],
      )
    })

    test('A93 replaces whatever a browser says about itself', async () => {
      await enter()
      const forged = {
        'remote-user': 'owner',
        'remote-role': 'owner',
        'remote-groups': 'admins',
        remote_user: 'owner',
        remote_role: 'owner',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-uri': '/',
        'x-forwarded-proto': 'https',
        'x-forwarded-method': 'POST',
        forwarded: 'host=evil.example',
      }
      assert.equal((await ask('/reports', forged)).status, 200)
      const names = reached[0]?.raw.filter((_, at) => at % 2 === 0).map((one) => one.toLowerCase()) ?? []
      assert.equal(reached[0]?.headers['remote-user'], person.id)
      assert.equal(reached[0]?.headers['remote-role'], 'user')
      assert.ok(!names.some((one) => one.startsWith('remote_')), String(names))
      assert.equal(names.filter((one) => one === 'remote-user').length, 1)
      assert.equal((await ask('/admin', { ...forged, accept: '*/*' })).status, 403)
      cookies.clear()
      assert.equal((await ask('/reports', { ...forged, accept: '*/*' })).status, 401)
      assert.equal(reached.length, 0)
    })

    test('A93 of 500 malformed requests none reaches the portal without a sign-in', async () => {
      reached = []
      const requests = malformed(500, host, '')
      for (let at = 0; at < requests.length; at += 50) {
        const replies = await Promise.all(requests.slice(at, at + 50).map((one) => say(proxy.port, one)))
        // Caddy answers OPTIONS of * by itself, and with nothing.
        for (const [nth, reply] of replies.entries())
          assert.ok(
            (!/^HTTP\/1\.[01] 2/.test(reply) || requests[at + nth]?.startsWith('OPTIONS *')) && !reply.includes('the portal'),
            `${JSON.stringify(requests[at + nth])} → ${reply.slice(0, 200)}`,
          )
      }
      assert.deepEqual(reached, [])
    })

    test('A93 of 500 malformed requests by somebody who is let in none is told to the portal as somebody else, or of a path that is not theirs', async () => {
      await enter()
      reached = []
      const requests = malformed(500, host, cookieLine())
      for (let at = 0; at < requests.length; at += 50) await Promise.all(requests.slice(at, at + 50).map((one) => say(proxy.port, one)))
      assert.ok(reached.length > 0)
      for (const { url, headers, raw } of reached) {
        const told = raw.filter((key, at) => at % 2 === 0 && /^remote[-_]/i.test(key))
        assert.ok(
          told.every((key) => !key.includes('_')),
          String(told),
        )
        assert.ok(headers['remote-user'] === person.id, `${url} ${JSON.stringify(headers)}`)
        assert.equal(headers['remote-role'], 'user')
        assert.ok(!decodeURIComponent(url.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).includes('admin'), url)
      }
    })

    test('what ends the session ends the portal at the next request', async () => {
      await enter()
      assert.equal((await ask('/reports')).status, 200)
      await client.call('GET', '/api/v1/session')
      assert.equal((await client.call('DELETE', '/api/v1/session')).status, 204)
      assert.equal((await ask('/reports', { accept: '*/*' })).status, 401)
      await kit.signIn(person, client)
    })

    test('A22 when Countersign fails, or is not there, nobody is let in', async () => {
      await enter()
      const { store } = kit.rooms
      const { read } = store
      Object.assign(store, { read: () => Promise.reject(new Error('gone')) })
      try {
        const reply = await ask('/reports')
        assert.ok(reply.status >= 400, String(reply.status))
        assert.equal(reached.length, 0)
      } finally {
        Object.assign(store, { read })
      }
      assert.equal((await ask('/reports')).status, 200)
      const port = await freePort()
      const alone = await startProxy(name, { port, portal: portOf(portal), countersign: await freePort(), clientId: 'x' })
      try {
        reached = []
        const reply = await send(port, '/', { headers: { accept: 'text/html' } })
        assert.ok(reply.status >= 400)
        assert.equal(reached.length, 0)
      } finally {
        await alone.stop()
      }
    })
  })
}
