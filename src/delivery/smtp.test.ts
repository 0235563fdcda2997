import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { smtp, Undeliverable } from './smtp.ts'

interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
}

const open: (SMTPServer | Server)[] = []
after(() => Promise.all(open.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))))

/** A real mail server on a loopback port that keeps what it is given. */
async function mailServer(options: SMTPServerOptions = {}): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onData: (stream, session, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((one) => one.address),
          raw: Buffer.concat(parts).toString(),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  open.push(server)
  await once(server.server, 'listening')
  const { port } = server.server.address() as { port: number }
  return { url: `smtp://127.0.0.1:${port}`, received }
}

const mail = { id: '0197', to: 'ada@example.org', subject: 'Set a new password', text: 'Open the link.', html: '<p>Open the link.</p>' }
const from = 'Acme <no-reply@acme.example>'

test('a mail arrives whole at a real mail server, under an id that stays the same when it is sent twice', async () => {
  const { url, received } = await mailServer()
  const send = smtp({ url, from })
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

test('no name, subject or address can smuggle in a second recipient or a header', async () => {
  const { url, received } = await mailServer()
  const send = smtp({ url, from })
  await send({ ...mail, subject: 'Hello\r\nBcc: evil@example.org' })
  await assert.rejects(send({ ...mail, to: 'ada@example.org,evil@example.org' }))
  await assert.rejects(send({ ...mail, to: 'ada@example.org>\r\nRCPT TO:<evil@example.org' }))
  assert.equal(received.length, 1)
  assert.deepEqual(received[0]?.to, ['ada@example.org'])
  const parsed = await simpleParser(received[0]?.raw ?? '')
  assert.equal(parsed.headers.has('bcc'), false)
})

test('a refusal for good is told apart from one that may pass', async () => {
  const refuse = (responseCode: number) => ({
    onRcptTo: (_address: unknown, _session: unknown, done: (error?: Error) => void) =>
      done(Object.assign(new Error('no'), { responseCode })),
  })
  const forGood = await mailServer(refuse(550))
  const forNow = await mailServer(refuse(451))
  await assert.rejects(smtp({ url: forGood.url, from })(mail), (error) => error instanceof Undeliverable && error.isFinal)
  await assert.rejects(smtp({ url: forNow.url, from })(mail), (error) => !(error instanceof Undeliverable))
})

test('a server that is away, or that hangs up, is an error and not a silence', async () => {
  await assert.rejects(smtp({ url: 'smtp://127.0.0.1:9', from })(mail))
  const rude = createServer((socket) => socket.destroy())
  rude.listen(0, '127.0.0.1')
  open.push(rude)
  await once(rude, 'listening')
  const { port } = rude.address() as { port: number }
  await assert.rejects(smtp({ url: `smtp://127.0.0.1:${port}`, from })(mail))
})

test('without TLS nothing is sent to a server that is not on this machine', async () => {
  const { url, received } = await mailServer()
  const { port } = new URL(url)
  await assert.rejects(smtp({ url: `smtp://localhost.localdomain.invalid:${port}`, from })(mail))
  assert.equal(received.length, 0)
})
