import { once } from 'node:events'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'

/** How one mail is treated. The next ones take theirs from a list, and whatever comes after it is accepted. */
export type SmtpBehavior =
  | 'accept'
  /** Refuses the address with this code at RCPT. */
  | { readonly refuse: number }
  /** Comes back later, please. */
  | 'greylist'
  /** Refuses the content at the end of DATA, and quotes it. */
  | { readonly reject: number }
  /** Answers nothing any more from RCPT on. */
  | 'hang'
  /** Takes the mail and hangs up before saying so. */
  | 'drop-after-data'
  /** Takes its time, in milliseconds, before it says that it has the mail. */
  | { readonly slow: number }
  /** Takes it, and sends it back to its sender. */
  | 'bounce'

export interface SmtpReceived {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly isTls: boolean
  readonly at: Date
}

export interface SmtpSimulator {
  readonly url: string
  /** What was taken, in order; a mail that was dropped after DATA is among it. */
  readonly received: readonly SmtpReceived[]
  /** What was sent back, to whom. */
  readonly bounced: readonly { readonly to: string; readonly about: string }[]
  behave(...next: readonly SmtpBehavior[]): void
  stop(): Promise<void>
}

export interface SmtpSimulatorOptions {
  readonly port?: number
  /** Offers STARTTLS, or speaks TLS from the first byte, with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly from: 'STARTTLS' | 'the first byte' }
  /** Asks for these before anything else. */
  readonly credentials?: { readonly user: string; readonly password: string }
}

const error = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

/** A mail server on loopback that keeps what it is given, and misbehaves when told to. */
export async function startSmtp({ port = 0, tls, credentials }: SmtpSimulatorOptions = {}): Promise<SmtpSimulator> {
  const received: SmtpReceived[] = []
  const bounced: { to: string; about: string }[] = []
  const behaviors: SmtpBehavior[] = []
  const current = new Map<string, SmtpBehavior>()

  const server = new SMTPServer({
    ...(tls ? { key: tls.key, cert: tls.cert } : {}),
    secure: tls?.from === 'the first byte',
    hideSTARTTLS: tls?.from !== 'STARTTLS',
    authOptional: credentials === undefined,
    disabledCommands: credentials ? [] : ['AUTH'],
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      username === credentials?.user && password === credentials?.password
        ? done(null, { user: username })
        : done(error(535, '5.7.8 Authentication credentials invalid')),
    onRcptTo: (_address, session, done) => {
      const behavior = behaviors.shift() ?? 'accept'
      current.set(session.id, behavior)
      if (behavior === 'hang') return
      if (behavior === 'greylist') return done(error(451, '4.7.1 Greylisted, try again later'))
      if (typeof behavior === 'object' && 'refuse' in behavior) return done(error(behavior.refuse, '5.1.1 No such mailbox'))
      done()
    },
    onData: (stream: SMTPServerDataStream, session: SMTPServerSession, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const raw = Buffer.concat(parts).toString()
        const behavior = current.get(session.id) ?? 'accept'
        const { mailFrom, rcptTo } = session.envelope
        if (typeof behavior === 'object' && 'reject' in behavior)
          return done(error(behavior.reject, `5.7.1 This was refused: ${raw.replace(/\s+/g, ' ')}`))
        const from = mailFrom === false ? '' : mailFrom.address
        received.push({ from, to: rcptTo.map(({ address }) => address), raw, isTls: session.secure, at: new Date() })
        if (behavior === 'drop-after-data') return void [...server.connections].find(({ id }) => id === session.id)?._socket.destroy()
        if (behavior === 'bounce') bounced.push({ to: from, about: rcptTo[0]?.address ?? '' })
        if (typeof behavior === 'object' && 'slow' in behavior) setTimeout(done, behavior.slow)
        else done()
      })
    },
  }) as SMTPServer & { readonly connections: Set<{ readonly id: string; readonly _socket: { destroy(): void } }> }
  server.on('error', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const { port: opened } = server.server.address() as { port: number }
  return {
    url: `${tls?.from === 'the first byte' ? 'smtps' : 'smtp'}://127.0.0.1:${opened}`,
    received,
    bounced,
    behave: (...next) => void behaviors.push(...next),
    stop: () =>
      new Promise((done) => {
        for (const { _socket } of server.connections) _socket.destroy()
        server.close(() => done())
      }),
  }
}
