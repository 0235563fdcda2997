import { createTransport } from 'nodemailer'
import type { Mail } from '#words/en/mails.ts'

/** A mail on its way to one address. `id` becomes the Message-ID, so that a mail sent twice is known as one. */
export interface Outgoing extends Mail {
  readonly id: string
  readonly to: string
}

export interface SmtpOptions {
  /** `smtp://` requires STARTTLS unless the host is a loopback address; `smtps://` speaks TLS from the first byte. */
  readonly url: string
  readonly from: string
}

/** A refusal that another attempt would meet as well: an address that does not exist, a rejected sender. */
export class Undeliverable extends Error {
  readonly isFinal = true
}

/** Hands one mail to a mail server, or throws within 30 seconds. It never retries: that is the queue's work. */
export function smtp({ url, from }: SmtpOptions): (mail: Outgoing) => Promise<void> {
  const { protocol, hostname } = new URL(url)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  const transport = createTransport({
    url,
    requireTLS: protocol === 'smtp:' && !isLoopback,
    ignoreTLS: protocol === 'smtp:' && isLoopback,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as Parameters<typeof createTransport>[0])
  const domain = /@([^\s>]+)/.exec(from)?.[1] ?? 'countersign'
  return async ({ id, to, subject, text, html, logo }) => {
    try {
      // The object form of the address keeps a comma in it from becoming a second recipient.
      await transport.sendMail({
        from,
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
    } catch (error) {
      const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
      if (code >= 500 && code !== 535) throw new Undeliverable(`The mail server refused it: ${(error as Error).message}`, { cause: error })
      throw error
    }
  }
}
