import type { Socket } from 'node:net'
import { canonicalHost } from './addresses.ts'
import type { Door } from './door.ts'
import { Busy, type Gateway, type OutgoingMail, Uncertain, Undeliverable } from './gateway.ts'

export interface SmtpOptions {
  /** `smtp://user:password@host:587` speaks TLS from STARTTLS on, `smtps://` from the first byte. */
  readonly url: string
  readonly from: string
  /**
   * `required` when absent: a mail carries codes and links, and a server without TLS is not given any unless it is on this machine.
   * `optional` takes TLS where the server offers it.
   */
  readonly tls?: 'required' | 'optional'
  readonly door: Door
  /** For one mail, once the server is reached, which may take ten seconds; 30 seconds when absent. */
  readonly milliseconds?: number
}

/** Loaded with the first mail: at a start, and where texts are all that is sent, it would only be memory. */
const nodemailer = () => import('nodemailer')

/** Hands mails to a mail server, each to exactly one address and under the same Message-ID at every attempt. */
export function smtp({ url, from, tls = 'required', door, milliseconds = 30_000 }: SmtpOptions): Gateway {
  const { protocol, hostname, port: portText, username, password } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const secure = protocol === 'smtps:'
  const port = Number(portText || (secure ? 465 : 587))
  const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(canonicalHost(host) ?? '')
  const domain = /@([^\s>]+)/.exec(from)?.[1] ?? 'countersign'

  const deliver = async (mail: OutgoingMail, socket: Socket, onGiven: () => void): Promise<void> => {
    const { createTransport } = await nodemailer()
    const passOver = () => {}
    const transport = createTransport({
      host,
      port,
      secure,
      // A server on this machine is spoken to without TLS, which would end where it begins.
      requireTLS: !secure && !isLoopback && tls === 'required',
      ignoreTLS: !secure && isLoopback,
      ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
      greetingTimeout: Math.min(10_000, milliseconds),
      socketTimeout: Math.min(30_000, milliseconds),
      disableFileAccess: true,
      disableUrlAccess: true,
      // Nothing is logged; but this is where nodemailer tells that all of the mail is out of the house.
      logger: {
        level: passOver,
        trace: passOver,
        debug: passOver,
        info: (entry: { readonly tnx?: string }) => entry.tnx === 'message' && onGiven(),
        warn: passOver,
        error: passOver,
        fatal: passOver,
      },
      // The address was looked up and checked at the door; nothing looks it up again.
      getSocket: (_options: unknown, done: (error: Error | null, given: { connection: Socket }) => void) =>
        done(null, { connection: socket }),
    } as Parameters<typeof createTransport>[0])
    const { id, to, subject, text, html, logo } = mail
    await transport.sendMail({
      from,
      // The object form of the address keeps a comma in it from becoming a second recipient.
      to: { name: '', address: to },
      subject,
      text,
      html,
      ...(logo
        ? {
            attachments: [
              { cid: 'logo', filename: `logo.${logo.type.slice(6)}`, content: Buffer.from(logo.bytes), contentType: logo.type },
            ],
          }
        : {}),
      messageId: `<${id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  }

  return {
    send: async (outgoing) => {
      if (outgoing.channel !== 'mail') throw new TypeError(`A mail server takes no ${outgoing.channel}.`)
      if (!isOneAddress(outgoing.to)) throw new Undeliverable('The address is not one mail address.', 'invalid-address')
      const socket = await door.connect(host, port, Math.min(10_000, milliseconds))
      let deadline: NodeJS.Timeout | undefined
      let isGiven = false
      try {
        const tooLate = new Promise<never>((_done, fail) => {
          deadline = setTimeout(() => fail(Object.assign(new Error(), { code: 'ETIMEDOUT' })), milliseconds)
        })
        const given = () => {
          isGiven = true
        }
        await Promise.race([deliver(outgoing, socket, given), tooLate])
        return {}
      } catch (error) {
        throw explained(error, isGiven)
      } finally {
        clearTimeout(deadline)
        socket.destroy()
      }
    },
  }
}

/** One address and nothing that could end it or begin another. Whether it exists is for its server to say. */
const isOneAddress = (text: string) => text.length <= 254 && /^[^\s<>(),;:"'\\[\]@\p{Cc}]+@[^\s<>(),;:"'\\[\]@\p{Cc}]+$/u.test(text)

/** The failure without the server's words: a server may quote the mail, and the mail has a code in it. */
function explained(error: unknown, isGiven: boolean): Error {
  if (!(error instanceof Error)) return new Error('The mail server could not be used.')
  const { responseCode, command, code } = error as Error & {
    readonly responseCode?: number
    readonly command?: string
    readonly code?: string
  }
  if (typeof responseCode !== 'number') {
    const what = code ?? error.name
    if (isGiven) return new Uncertain(`The mail server was given the mail and did not say that it took it (${what}).`)
    return new Error(`The mail server could not be used (${what}).`)
  }
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec((error as Error & { readonly response?: string }).response ?? '')?.[1]
  const said = `${responseCode}${enhanced ? ` ${enhanced}` : ''}, at ${command ?? 'its greeting'}`
  if (code === 'EAUTH' || responseCode === 530) return new Error(`The mail server does not accept the user and the password (${said}).`)
  if (responseCode === 421) return new Busy(`The mail server takes no more for now (${said}).`, 60)
  if (responseCode < 500) return new Error(`The mail server does not take it now (${said}).`)
  return new Undeliverable(`The mail server refused it (${said}).`, command === 'RCPT TO' ? 'invalid-address' : 'unknown')
}
