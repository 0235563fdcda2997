import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { simpleParser } from 'mailparser'
import { type SmtpSimulatorOptions, startSmtp } from '../../simulators/smtp.ts'
import { newCertificate } from '../../test/machine/certificate.ts'
import { openDoor } from './door.ts'
import { Busy, type OutgoingMail, Uncertain, Undeliverable } from './gateway.ts'
import { type SmtpOptions, smtp } from './smtp.ts'

const stops: (() => unknown)[] = []
after(() => Promise.all(stops.map((stop) => stop())))

const door = openDoor({ allowedHosts: ['127.0.0.1', 'localhost'] })
const from = 'Acme <no-reply@acme.example>'
const mail: OutgoingMail = {
  channel: 'mail',
  id: '0197',
  to: 'ada@example.org',
  subject: 'Set a new password',
  text: 'Open the link. 471108',
  html: '<p>Open the link. 471108</p>',
}

async function mailServer(options?: SmtpSimulatorOptions, client: Partial<SmtpOptions> = {}) {
  const server = await startSmtp(options)
  stops.push(server.stop)
  return { ...server, send: smtp({ url: server.url, from, door, ...client }).send }
}

test('a mail arrives whole at a real mail server, under an id that stays the same when it is sent twice', async () => {
  const { received, send } = await mailServer()
  await send(mail)
  await send(mail)
  assert.equal(received.length, 2)
  const [first, second] = await Promise.all(received.map((one) => simpleParser(one.raw)))
  assert.deepEqual(received[0]?.to, ['ada@example.org'])
  assert.equal(received[0]?.from, 'no-reply@acme.example')
  assert.equal(first?.subject, mail.subject)
  assert.equal(first?.text?.trim(), mail.text)
  assert.equal(first?.messageId, '<0197@acme.example>')
  assert.equal(second?.messageId, first?.messageId)
  assert.equal(first?.headers.get('auto-submitted'), 'auto-generated')
})

test('A78 (trap 8) whatever stands in an address, a mail has one recipient or none', async () => {
  const { received, send } = await mailServer()
  const smuggled = [
    'ada@example.org,evil@example.org',
    'ada@example.org;evil@example.org',
    'ada@example.org evil@example.org',
    'ada@example.org\r\nRCPT TO:<evil@example.org>',
    'ada@example.org>\r\nRCPT TO:<evil@example.org',
    'ada@example.org\nBcc: evil@example.org',
    'ada@example.org\0evil@example.org',
    'ada@example.org\u2028Bcc: evil@example.org',
    'ada@example.org> SIZE=1 <evil@example.org',
    '<ada@example.org>,<evil@example.org>',
    'Ada <ada@example.org>',
    '"ada@example.org, evil"@example.org',
    '"ada\r\nRCPT TO:<evil@example.org>"@example.org',
    'ada@example.org(evil@example.org)',
    'undisclosed: ada@example.org, evil@example.org;',
    '=?utf-8?q?ada=40example.org=2Cevil=40example.org?=',
    'ada%evil@example.org@evil.example',
    '@evil.example:ada@example.org',
    'ada@[127.0.0.1]',
    '',
    ' ',
    '@',
    'ada@',
    `${'a'.repeat(250)}@example.org`,
  ]
  for (const to of smuggled)
    await assert.rejects(send({ ...mail, to }), (error) => error instanceof Undeliverable && error.reason === 'invalid-address', to)
  assert.equal(received.length, 0)
})

test('A78 whatever stands in a subject or a text, a mail has no further header and one recipient', async () => {
  const { received, send } = await mailServer()
  const smuggled = [
    'Hello\r\nBcc: evil@example.org',
    'Hello\nBcc: evil@example.org',
    'Hello\rBcc: evil@example.org',
    'Hello\r\n\r\n<script>',
    'Hello\r\n.\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<evil@example.org>\r\nDATA\r\nHello',
    'Hello\0Bcc: evil@example.org',
    '=?utf-8?q?Hello=0D=0ABcc:_evil=40example.org?=',
    '=?utf-8?b?SGVsbG8NCkJjYzogZXZpbEBleGFtcGxlLm9yZw==?=',
    'Hello\u2028Bcc: evil@example.org',
    'Hello\u0085Bcc: evil@example.org',
    'Hello\u000bBcc: evil@example.org',
    `${'x'.repeat(2000)}\r\nBcc: evil@example.org`,
  ]
  for (const text of smuggled) await send({ ...mail, subject: text, text: `${text}\r\n.\r\nQUIT`, html: text })
  assert.equal(received.length, smuggled.length)
  for (const one of received) {
    assert.deepEqual(one.to, ['ada@example.org'])
    assert.equal(one.from, 'no-reply@acme.example')
    const parsed = await simpleParser(one.raw)
    for (const name of ['bcc', 'cc']) assert.equal(parsed.headers.has(name), false, one.raw)
    assert.equal([parsed.to].flat().length, 1)
  }
})

test('a refusal for good is told apart from one that may pass, and neither repeats what the server said', async () => {
  const { behave, received, send } = await mailServer()
  const sends = [
    [{ refuse: 550 }, (error: unknown) => error instanceof Undeliverable && error.reason === 'invalid-address'],
    [{ refuse: 451 }, (error: unknown) => !(error instanceof Undeliverable) && !(error instanceof Uncertain)],
    ['greylist', (error: unknown) => !(error instanceof Undeliverable) && !(error instanceof Uncertain)],
    [{ refuse: 421 }, (error: unknown) => error instanceof Busy && error.retryAfterSeconds === 60],
    [{ reject: 554 }, (error: unknown) => error instanceof Undeliverable && error.reason === 'unknown'],
    [{ reject: 452 }, (error: unknown) => !(error instanceof Undeliverable) && !(error instanceof Uncertain)],
  ] as const
  for (const [behavior, is] of sends) {
    behave(behavior)
    await assert.rejects(send(mail), (error: Error) => {
      assert.ok(is(error), `${JSON.stringify(behavior)}: ${error}`)
      assert.doesNotMatch(`${error.message}${error.stack}${error.cause}`, /471108|Open the link|mailbox|Greylist/)
      return true
    })
  }
  assert.equal(received.length, 0)
})

test('a server that takes a mail and hangs up before saying so has left it uncertain; one that hangs up earlier has not', async () => {
  const { behave, received, send } = await mailServer()
  behave('drop-after-data')
  await assert.rejects(send(mail), Uncertain)
  assert.equal(received.length, 1)
  await assert.rejects(smtp({ url: 'smtp://127.0.0.1:9', from, door }).send(mail), (error) => !(error instanceof Uncertain))
  let hungUp = 0
  const rude = createServer((socket) => void (hungUp++ % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()))
  rude.listen(0, '127.0.0.1')
  stops.push(() => rude.close())
  await once(rude, 'listening')
  const { port } = rude.address() as { port: number }
  for (let nth = 0; nth < 20; nth++)
    await assert.rejects(smtp({ url: `smtp://127.0.0.1:${port}`, from, door }).send(mail), (error) => !(error instanceof Uncertain))
})

test('a server that hangs is left after the time there is, and one that is only slow is waited for', async () => {
  const { behave, received, send } = await mailServer({}, { milliseconds: 700 })
  behave('hang', { slow: 300 }, { slow: 2000 })
  const started = performance.now()
  await assert.rejects(send(mail), (error) => !(error instanceof Uncertain))
  assert.ok(performance.now() - started < 5000)
  await send(mail)
  assert.equal(received.length, 1)
  await assert.rejects(send(mail), Uncertain)
})

test('a server that takes the connection and says nothing is waited for ten seconds, where nothing else was wished', async (t) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  stops.push(() => silent.close())
  await once(silent, 'listening')
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let isGivenUp = false
  const sent = assert
    .rejects(smtp({ url: `smtp://127.0.0.1:${(silent.address() as { port: number }).port}`, from, door }).send(mail), /ETIMEDOUT/)
    .then(() => {
      isGivenUp = true
    })
  await once(silent, 'connection')
  let seconds = 0
  for (; !isGivenUp && seconds < 40; seconds++) {
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done))
    t.mock.timers.tick(1000)
  }
  await sent
  // The clock of the test may have begun before the one that waits.
  assert.ok(seconds >= 10 && seconds < 20, `${seconds} s`)
})

test('a mail that comes back later was sent all the same', async () => {
  const { behave, bounced, send } = await mailServer()
  behave('bounce')
  assert.deepEqual(await send(mail), {})
  assert.deepEqual(bounced, [{ to: 'no-reply@acme.example', about: 'ada@example.org' }])
})

test('user and password of the address open the server, and wrong ones are no reason to give a mail up', async () => {
  const credentials = { user: 'acme@mail', password: 'p%ss:w/rd' }
  const server = await mailServer({ credentials })
  const at = (password: string) =>
    server.url.replace('smtp://', `smtp://${encodeURIComponent(credentials.user)}:${encodeURIComponent(password)}@`)
  await smtp({ url: at(credentials.password), from, door }).send(mail)
  assert.equal(server.received.length, 1)
  await assert.rejects(smtp({ url: at('another'), from, door }).send(mail), (error: Error) => {
    assert.ok(!(error instanceof Undeliverable))
    assert.doesNotMatch(error.message, /another|acme@mail/)
    return true
  })
})

test('trap 8: without TLS nothing is sent to a server that is not on this machine, unless the operator says so', async () => {
  const elsewhere = openDoor({ allowedHosts: ['mail.internal'], resolve: async () => ['127.0.0.1'] })
  const plain = await mailServer()
  const url = plain.url.replace('127.0.0.1', 'mail.internal')
  await assert.rejects(smtp({ url, from, door: elsewhere }).send(mail))
  assert.equal(plain.received.length, 0)
  await smtp({ url, from, door: elsewhere, tls: 'optional' }).send(mail)
  assert.equal(plain.received.length, 1)
})

test('TLS is spoken from STARTTLS or from the first byte on, with a certificate that is good for the host and that somebody vouches for', async () => {
  const elsewhere = openDoor({ allowedHosts: ['mail.internal', 'other.internal'], resolve: async () => ['127.0.0.1'] })
  const trusted = newCertificate(['mail.internal'])
  setDefaultCACertificates([...getCACertificates('default'), trusted.cert])
  for (const begins of ['STARTTLS', 'the first byte'] as const) {
    const server = await mailServer({ tls: { ...trusted, from: begins } })
    const at = (host: string) => server.url.replace('127.0.0.1', host)
    await smtp({ url: at('mail.internal'), from, door: elsewhere }).send(mail)
    assert.deepEqual(
      server.received.map(({ isTls }) => isTls),
      [true],
      begins,
    )
    const unknown = await mailServer({ tls: { ...newCertificate(['mail.internal']), from: begins } })
    // Where TLS is optional, a bad certificate is not passed over either.
    for (const tls of ['required', 'optional'] as const) {
      await assert.rejects(smtp({ url: at('other.internal'), from, door: elsewhere, tls }).send(mail), /ETLS|ESOCKET/)
      await assert.rejects(
        smtp({ url: unknown.url.replace('127.0.0.1', 'mail.internal'), from, door: elsewhere, tls }).send(mail),
        /ETLS|ESOCKET/,
      )
    }
    assert.deepEqual([server.received.length, unknown.received.length], [1, 0], begins)
  }
})

test('A75 a mail server at a private address is not spoken to unless its host is listed', async () => {
  const { url, received } = await mailServer()
  const { port } = new URL(url)
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'mail.internal']) {
    const closed = openDoor({ allowedHosts: [], resolve: async () => ['127.0.0.1'] })
    await assert.rejects(
      smtp({ url: `smtp://${host}:${port}`, from, door: closed, tls: 'optional' }).send(mail),
      (error) => error instanceof Undeliverable && error.reason === 'gateway',
      host,
    )
  }
  assert.equal(received.length, 0)
})
