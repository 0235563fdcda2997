import { plainHost } from './host.ts'
import type { Channel } from './message.ts'

/** The ways a message leaves, in the order in which they are shown. */
export const channels: readonly Channel[] = ['mail', 'text', 'call']

/** A mail server. `starttls` demands STARTTLS before anything is said, `tls` speaks TLS from the first byte. */
export interface SmtpSettings {
  readonly kind: 'smtp'
  readonly host: string
  readonly port: number
  readonly security: 'starttls' | 'tls'
  readonly username: string | null
  readonly secret: string | null
  /** The sender: an address, with or without a name before it. */
  readonly from: string
}

/** Twilio. The secret is the auth token, or that of the API key where one is given. */
export interface TwilioSettings {
  readonly kind: 'twilio'
  readonly accountSid: string
  readonly apiKeySid: string | null
  readonly secret: string | null
  /** E.164, or for texts a short number or a name of up to eleven letters. */
  readonly from: string | null
  readonly messagingServiceSid: string | null
}

/** A service of one's own that is called with a signed request. */
export interface WebhookSettings {
  readonly kind: 'webhook'
  readonly url: string
  readonly secret: string | null
}

export type GatewaySettings = SmtpSettings | TwilioSettings | WebhookSettings

/** Whose gateway takes a message: the organization's own, the one that the provider has stored, or the one of the environment. */
export type GatewaySource = 'own' | 'provider' | 'environment'

/** What is wrong with settings: the field. */
export type GatewayFault = 'kind' | 'host' | 'port' | 'from' | 'secret' | 'account' | 'sender' | 'url'

/** The first thing that is wrong with settings for a channel, before anything is sent by them. */
export function faultOf(channel: Channel, settings: GatewaySettings): GatewayFault | undefined {
  if ((channel === 'mail') !== (settings.kind === 'smtp')) return 'kind'
  switch (settings.kind) {
    case 'smtp':
      if (plainServer(settings.host) === undefined) return 'host'
      if (!Number.isInteger(settings.port) || settings.port < 1 || settings.port > 65_535) return 'port'
      if (!isSender(settings.from)) return 'from'
      return (settings.username === null) === (settings.secret === null) ? undefined : 'secret'
    case 'twilio': {
      if (!/^AC[0-9a-f]{32}$/.test(settings.accountSid)) return 'account'
      if (settings.apiKeySid !== null && !/^SK[0-9a-f]{32}$/.test(settings.apiKeySid)) return 'account'
      if (settings.secret === null) return 'secret'
      const isNumber = settings.from !== null && /^\+[1-9]\d{6,14}$/.test(settings.from)
      const isShort = settings.from !== null && /^\d{5,6}$/.test(settings.from)
      if (channel === 'call') return isNumber && settings.messagingServiceSid === null ? undefined : 'sender'
      if (settings.messagingServiceSid !== null)
        return settings.from === null && /^MG[0-9a-f]{32}$/.test(settings.messagingServiceSid) ? undefined : 'sender'
      const isName = settings.from !== null && /^(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}$/.test(settings.from)
      return isNumber || isShort || isName ? undefined : 'sender'
    }
    case 'webhook':
      if (!isWebhookUrl(settings.url)) return 'url'
      return settings.secret === null || settings.secret.length < 32 ? 'secret' : undefined
  }
}

/**
 * A server's name in the one form in which it is stored: a host name, or an IPv4 address written the usual way. Undefined for all else,
 * so that no number in another base and no half address ever reaches a resolver.
 */
export function plainServer(input: string): string | undefined {
  const text = input.trim().toLowerCase()
  const isAddress = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
  return isAddress || text === 'localhost' ? text : plainHost(text)
}

/** `name@host`, or `Somebody <name@host>`; nothing that could end a line or begin a second address. */
export function isSender(text: string): boolean {
  const address = '[^\\s@<>(),;:"\\\\]{1,64}@[^\\s@<>(),;:"\\\\]{1,253}'
  return text.length <= 320 && new RegExp(`^(?:${address}|[^<>@\\p{Cc}",;]{1,100} <${address}>)$`, 'u').test(text)
}

function isWebhookUrl(text: string): boolean {
  const host = /^https:\/\/([^/?#@\s\\:]+)(?::\d{1,5})?(?:[/?][^\s#\\]*)?$/i.exec(text)?.[1]
  return text.length <= 500 && host !== undefined && plainServer(host) !== undefined
}

/**
 * Whether a kept secret may be used with changed settings: only while it goes to the same place under the same name. Otherwise who may
 * change settings could send a secret that they cannot read to a server of their own.
 */
export function keepsSecret(before: GatewaySettings, after: GatewaySettings): boolean {
  if (before.kind === 'smtp' && after.kind === 'smtp')
    return (
      before.host === after.host && before.port === after.port && before.security === after.security && before.username === after.username
    )
  if (before.kind === 'twilio' && after.kind === 'twilio')
    return before.accountSid === after.accountSid && before.apiKeySid === after.apiKeySid
  return before.kind === 'webhook' && after.kind === 'webhook' && before.url === after.url
}
