import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, isIP } from 'node:net'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { newCertificate } from '../../test/machine/certificate.ts'
import { isPublic } from './addresses.ts'
import { hostAndPort, objectIn, openDoor } from './door.ts'
import { Uncertain, Undeliverable } from './gateway.ts'

const stops: (() => unknown)[] = []
after(() => Promise.all(stops.map((stop) => stop())))

async function listen(handle: RequestListener): Promise<{ readonly url: string; readonly port: number; readonly seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host}${request.url}`)
    handle(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

/** What a closed address can be written as, in an address of a gateway that somebody may choose. */
const spellings: readonly string[] = [
  // This machine, as it is written and as it may be written.
  '127.0.0.1',
  '127.0.0.2',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '127.0.0.1.',
  '127.1.',
  '2130706433',
  '2130706433.',
  '017700000001',
  '0x7f000001',
  '0X7F000001',
  '0x7f.0x0.0x0.0x1',
  '0x7f.1',
  '0x7F.0.1',
  '0177.0.0.1',
  '0177.0.0.01',
  '0177.1',
  '00000177.0.0.1',
  '127.0x0.00.1',
  '127.0.0.0x1',
  '127.65536',
  '127.0.256',
  '0',
  '0.0.0.0',
  '0x0',
  '00',
  '0.1.2.3',
  'localhost',
  'LOCALHOST',
  'LocalHost.',
  'localhost.',
  // Digits and dots of other scripts, which browsers read as ours.
  '１２７.０.０.１',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '①②⑦.⓪.⓪.①',
  '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
  '₁₂₇.₀.₀.₁',
  '¹²⁷.⁰.⁰.¹',
  'ｌｏｃａｌｈｏｓｔ',
  'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  'local\u00adhost',
  '0ｘ7f.1',
  // Private networks, the link, carriers, the provider's metadata.
  '10.0.0.1',
  '10.255.255.255',
  '10.1',
  '167772161',
  '0x0a000001',
  '012.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '0xac100001',
  '2886729729',
  '192.168.0.1',
  '192.168.255.255',
  '192.168.1',
  '3232235521',
  '0xc0a80001',
  '0300.0250.0.1',
  '169.254.169.254',
  '169.254.0.1',
  '2852039166',
  '0xa9fea9fe',
  '0xa9.0xfe.0xa9.0xfe',
  '0251.0376.0251.0376',
  '169.16689662',
  '169.254.43518',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '192.88.99.1',
  // Many hosts, or none.
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '4294967295',
  '0xffffffff',
  // IPv6: this machine, the link, unique local, site-local, multicast, documentation, discard.
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::]',
  '[::0.0.0.1]',
  '[::127.0.0.1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fdff:ffff::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[100::1]',
  '[5f00::1]',
  // IPv6 with an IPv4 address in it: mapped, translated, 6to4, Teredo, NAT64 and its local form.
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:7F00:0001]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::10.0.0.1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::1]',
  '[2002:a9fe:a9fe::]',
  '[2001::7f00:1]',
  '[2001:0:53aa:64c:0:0:80ff:fffe]',
  '[2001:10::1]',
  '[2001:20::1]',
  // With something on them that is not for addresses.
  '[fe80::1%25eth0]',
  '[fe80::1%eth0]',
  '[::1%lo]',
  '127.0.0.1%00.example.org',
  '%31%32%37.0.0.1',
  '%6cocalhost',
  'example.org@127.0.0.1',
  '127.0.0.1#.example.org',
  '127.0.0.1?.example.org',
  '127.0.0.1\\.example.org',
  '127.0.0.1/.example.org',
  // Names that lead there.
  'private.example.org',
  'metadata.example.org',
  'six.example.org',
  'both.example.org',
  'printer.local',
]

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ['::1', '127.0.0.1'],
  'private.example.org': ['10.0.0.1'],
  'metadata.example.org': ['169.254.169.254'],
  'six.example.org': ['fd00::1'],
  // One open address beside a closed one opens nothing: nobody knows which one would be taken.
  'both.example.org': ['93.184.216.34', '192.168.0.1'],
  'printer.local': ['fe80::1%eth0'],
}

test('A75 no spelling of a closed address is connected to, over https, http or another protocol, and all get the same words', async () => {
  assert.ok(new Set(spellings).size === spellings.length && spellings.length >= 120)
  const { port, seen } = await listen((_request, response) => response.end('{}'))
  const sockets: unknown[] = []
  const note = (message: unknown) => void sockets.push(message)
  subscribe('net.client.socket', note)
  const door = openDoor({ allowedHosts: [], resolve: async (host) => names[host] ?? [] })
  const told = new Set<string>()
  const isShut = (error: unknown) => {
    assert.ok(error instanceof Undeliverable && error.reason === 'gateway', String(error))
    told.add(error.message)
    return true
  }
  for (const spelling of spellings) {
    for (const address of [`https://${spelling}`, `https://${spelling}:${port}/`, `http://${spelling}:${port}/x`])
      await assert.rejects(door.fetch(address, { method: 'POST', body: 'x' }), isShut, address)
    await assert.rejects(door.connect(spelling.replace(/^\[(.*)\]$/, '$1'), port, 1000), isShut, spelling)
  }
  assert.deepEqual(sockets, [])
  await openDoor({ allowedHosts: ['127.0.0.1'] }).fetch(`http://127.0.0.1:${port}/`, { method: 'GET' })
  unsubscribe('net.client.socket', note)
  assert.equal(sockets.length, 1, 'a connection would have been noticed')
  assert.equal(seen.length, 1)
  assert.equal(told.size, 1)
})

test('A75 a name is looked up once, and what it leads to a moment later is not asked', async () => {
  const { port, seen } = await listen((_request, response) => response.end('{}'))
  let looks = 0
  // Listed, so that the check lets the first answer pass; every later one would lead to nobody.
  const door = openDoor({ allowedHosts: ['rebinding.internal'], resolve: async () => (looks++ === 0 ? ['127.0.0.1'] : ['127.0.0.9']) })
  assert.equal((await door.fetch(`http://rebinding.internal:${port}/`, { method: 'GET' })).status, 200)
  assert.deepEqual([looks, seen], [1, [`GET rebinding.internal:${port}/`]])
  looks = 0
  const socket = await door.connect('rebinding.internal', port, 1000)
  assert.deepEqual([looks, socket.remoteAddress], [1, '127.0.0.1'])
  socket.destroy()
})

test('addresses of the internet are open, and what is no address is not', () => {
  for (const one of [
    '93.184.216.34',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
  ])
    assert.ok(isPublic(one), one)
  for (const one of ['', 'example.org', '1.1.1', '::ffff:1.1.1.1', '2606:4700::1111%eth0']) assert.ok(!isPublic(one), one)
  for (const one of spellings.map((spelling) => spelling.replace(/^\[(.*)\]$/, '$1'))) if (isIP(one)) assert.ok(!isPublic(one), one)
})

test('a listed host may be private and without TLS, and opens nothing beside itself', async () => {
  const { url, port, seen } = await listen((_request, response) => response.end('{"a":1}'))
  const resolve = async () => ['127.0.0.1']
  const asked = (allowedHosts: readonly string[], address: string) => openDoor({ allowedHosts, resolve }).fetch(address, { method: 'GET' })
  assert.deepEqual((await asked(['127.0.0.1'], url)).status, 200)
  assert.equal((await asked([`127.0.0.1:${port}`], url)).text, '{"a":1}')
  assert.equal((await asked(['gateway.internal'], `http://gateway.internal:${port}/`)).status, 200)
  assert.equal((await asked(['GATEWAY.internal.'], `http://gateway.internal:${port}/`)).status, 200)
  assert.equal(seen.length, 4)
  for (const [listed, address] of [
    ['127.0.0.1:1', url],
    ['127.0.0.2', url],
    ['gateway.internal', url],
    ['gateway.internal', `http://other.internal:${port}/`],
    ['internal', `http://gateway.internal:${port}/`],
  ] as const)
    await assert.rejects(asked([listed], address), Undeliverable, listed)
  assert.equal(seen.length, 4)
})

test('entries of ALLOWED_HOSTS are hosts with a port or without', () => {
  assert.equal(hostAndPort('Mail.Internal'), 'mail.internal')
  assert.equal(hostAndPort('mail.internal:2525'), 'mail.internal 2525')
  assert.equal(hostAndPort('[fd00::1]:25'), 'fd00::1 25')
  assert.equal(hostAndPort('fd00:0::1'), 'fd00::1')
  for (const one of ['', 'https://mail.internal', 'mail.internal/', 'a b', 'mail.internal:', 'mail.internal:x', '10.0.0.0/8', '*'])
    assert.equal(hostAndPort(one) === undefined || one === '*', true, one)
})

test('A75 redirects are not followed, wherever they lead', async () => {
  const inner = await listen((_request, response) => response.end('secret'))
  for (const status of [301, 302, 303, 307, 308]) {
    const outer = await listen((_request, response) => response.writeHead(status, { location: `${inner.url}/` }).end())
    const answer = await openDoor({ allowedHosts: ['127.0.0.1'] }).fetch(outer.url, { method: 'POST', body: 'x' })
    assert.equal(answer.status, status)
  }
  assert.deepEqual(inner.seen, [])
})

test('a server has its time and its size, and what was sent without a whole answer is uncertain', async () => {
  const door = openDoor({ allowedHosts: ['127.0.0.1'] })
  const limits = { method: 'POST', body: 'x', milliseconds: 400, mostBytes: 1000 } as const
  const servers: Readonly<Record<string, RequestListener>> = {
    'never answers': () => {},
    'answers for ever': (_request, response) => {
      const drip = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(drip))
    },
    'answers too much': (_request, response) => response.end('x'.repeat(1001)),
    'hangs up': (request) => request.socket.destroy(),
    'stops halfway': (request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"sid":')
      setTimeout(() => request.socket.destroy(), 50)
    },
    'has endless headers': (request) => request.socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n`),
    'does not speak HTTP': (request) => void request.socket.end('220 mail.example ESMTP\r\n'),
  }
  for (const [what, handle] of Object.entries(servers)) {
    const { url } = await listen(handle)
    const started = performance.now()
    await assert.rejects(door.fetch(url, limits), Uncertain, what)
    assert.ok(performance.now() - started < 5000, what)
  }
  await assert.rejects(
    door.fetch('http://127.0.0.1:9/', limits),
    (error: Error) => !(error instanceof Uncertain) && /could not be reached/.test(error.message),
  )
  const slowNames = openDoor({ allowedHosts: [], resolve: () => new Promise(() => {}) })
  await assert.rejects(slowNames.fetch('https://example.org/', limits), (error: Error) => !(error instanceof Uncertain))
})

test('over https the certificate must be good for the name that was asked, at the address that was checked', async () => {
  const certificate = newCertificate(['gateway.internal'])
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert])
  const listenTls = async (own: { readonly key: string; readonly cert: string }) => {
    const server = createTlsServer(own, (request, response) => response.end(String(request.headers.host)))
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => server.close())
    return (server.address() as AddressInfo).port
  }
  const door = openDoor({ allowedHosts: ['gateway.internal', 'other.internal'], resolve: async () => ['127.0.0.1'] })
  const [good, unknown] = [await listenTls(certificate), await listenTls(newCertificate(['gateway.internal']))]
  const outbound = { method: 'POST', body: 'x' } as const
  assert.equal((await door.fetch(`https://gateway.internal:${good}/`, outbound)).text, `gateway.internal:${good}`)
  for (const address of [`https://other.internal:${good}/`, `https://gateway.internal:${unknown}/`])
    await assert.rejects(
      door.fetch(address, outbound),
      (error: Error) => !(error instanceof Uncertain) && /could not be reached/.test(error.message),
    )
})

test('a user in an address, another protocol and half an address are refused', async () => {
  const door = openDoor({ allowedHosts: ['127.0.0.1'] })
  for (const address of [
    'http://user:password@127.0.0.1/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'javascript:1',
    '//127.0.0.1',
    '',
    'http://',
  ])
    await assert.rejects(door.fetch(address, { method: 'GET' }), Undeliverable, address)
})

test('half a JSON object, a list and a text are no object', () => {
  for (const text of ['', '{"a":', '[1]', '"a"', 'null', '<html>']) assert.equal(objectIn(text), undefined)
  assert.deepEqual(objectIn('{"a":1}'), { a: 1 })
})
