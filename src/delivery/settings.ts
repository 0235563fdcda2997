import { isIP } from 'node:net'
import type { Channel } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'
import { canonicalHost } from './addresses.ts'
import { hostAndPort, openDoor } from './door.ts'
import type { Gateways } from './gateway.ts'
import type { Inbox } from './inbox.ts'
import { type SmtpOptions, smtp } from './smtp.ts'
import { type TwilioOptions, twilio } from './twilio.ts'
import { type WebhookOptions, webhook } from './webhook.ts'

/** What the operator has set about how messages leave the house. */
export interface DeliverySettings {
  /** Hosts that may be private and be spoken to without TLS, by anybody who may name one. */
  readonly allowedHosts: readonly string[]
  readonly smtp?: Omit<SmtpOptions, 'door'>
  readonly twilio?: Omit<TwilioOptions, 'door' | 'now'>
  readonly webhook?: Omit<WebhookOptions, 'door' | 'now'> & { readonly channels: readonly Channel[] }
}

const isLoopback = (host: string) => ['localhost', '127.0.0.1', '::1'].includes(canonicalHost(host.replace(/^\[(.*)\]$/, '$1')) ?? '')

/**
 * Reads them. `refuse` is given one sentence about a setting that cannot be used; no secret is ever in it.
 */
export function readDeliverySettings(
  read: (name: string) => string | undefined,
  { publicUrl, mailFrom }: { readonly publicUrl: string; readonly mailFrom: string },
  refuse: (sentence: string) => never,
): DeliverySettings {
  const allowedHosts = listOf(read('ALLOWED_HOSTS'))
  for (const host of allowedHosts) {
    if (!hostAndPort(host))
      refuse(`ALLOWED_HOSTS has "${host}", but must list hosts like mail.internal or 10.0.0.7:2525, separated by commas.`)
  }
  const smtpSettings = readSmtp(read, mailFrom, refuse)
  const twilioSettings = readTwilio(read, publicUrl, allowedHosts, refuse)
  const webhookSettings = readWebhook(read, publicUrl, allowedHosts, refuse)
  return {
    allowedHosts,
    ...(smtpSettings ? { smtp: smtpSettings } : {}),
    ...(twilioSettings ? { twilio: twilioSettings } : {}),
    ...(webhookSettings ? { webhook: webhookSettings } : {}),
  }
}

type Read = (name: string) => string | undefined
type Refuse = (sentence: string) => never

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

function readSmtp(read: Read, from: string, refuse: Refuse): DeliverySettings['smtp'] {
  const tls = read('SMTP_TLS') ?? 'required'
  if (tls !== 'required' && tls !== 'optional') refuse(`SMTP_TLS is "${tls}", but must be required or optional.`)
  const url = read('SMTP_URL')
  if (!url) return undefined
  if (!/^smtps?:\/\/[^\s]+$/.test(url)) refuse('SMTP_URL must start with smtp:// or smtps://.')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isWhole = parsed && parsed.hostname !== '' && ['', '/'].includes(parsed.pathname) && !parsed.search && !parsed.hash
  if (!isWhole || !isDecodable(parsed))
    refuse('SMTP_URL must be like smtp://user:password@host:587, special characters as %XX, and nothing behind.')
  return { url, from, tls: tls as 'required' | 'optional' }
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

function readTwilio(read: Read, publicUrl: string, allowedHosts: readonly string[], refuse: Refuse): DeliverySettings['twilio'] {
  const accountSid = read('TWILIO_ACCOUNT_SID')
  const [authToken, key, secret] = [read('TWILIO_AUTH_TOKEN'), read('TWILIO_API_KEY'), read('TWILIO_API_SECRET')]
  const [from, messagingService, apiUrl] = [read('TWILIO_FROM'), read('TWILIO_MESSAGING_SERVICE'), read('TWILIO_API_URL')]
  const callbacks = read('TWILIO_CALLBACKS') ?? 'on'
  if (callbacks !== 'on' && callbacks !== 'off') refuse(`TWILIO_CALLBACKS is "${callbacks}", but must be on or off.`)
  if (!accountSid) {
    if (authToken || key || secret || from || messagingService || apiUrl)
      refuse('TWILIO_ACCOUNT_SID is missing beside the other settings of Twilio.')
    return undefined
  }
  if (!/^AC[0-9a-f]{32}$/.test(accountSid))
    refuse('TWILIO_ACCOUNT_SID must be AC and 32 digits of 0-9 and a-f, as the Twilio console shows it.')
  if (key && !/^SK[0-9a-f]{32}$/.test(key))
    refuse('TWILIO_API_KEY must be SK and 32 digits of 0-9 and a-f; its secret belongs into TWILIO_API_SECRET.')
  if ((key === undefined) !== (secret === undefined)) refuse('TWILIO_API_KEY and TWILIO_API_SECRET belong together: set both or none.')
  if (!authToken && !key) refuse('Twilio needs TWILIO_AUTH_TOKEN, or TWILIO_API_KEY with TWILIO_API_SECRET.')
  if (!from && !messagingService) refuse('Twilio needs TWILIO_FROM or TWILIO_MESSAGING_SERVICE to send from.')
  if (from && !/^(?:\+[1-9]\d{6,14}|\d{5,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/.test(from))
    refuse('TWILIO_FROM must be a number like +15005550006, or a name of at most 11 letters and digits.')
  if (messagingService && !/^MG[0-9a-f]{32}$/.test(messagingService))
    refuse('TWILIO_MESSAGING_SERVICE must be MG and 32 digits of 0-9 and a-f.')
  if (apiUrl) requireOpen('TWILIO_API_URL', apiUrl, allowedHosts, refuse, 'listed')
  if (callbacks === 'on' && !authToken)
    refuse('Twilio signs its callbacks with the auth token: set TWILIO_AUTH_TOKEN, or TWILIO_CALLBACKS=off.')
  if (callbacks === 'on' && !apiUrl && isLoopback(new URL(publicUrl).hostname))
    refuse('Twilio cannot reach PUBLIC_URL on this machine: set PUBLIC_URL to where it can, or TWILIO_CALLBACKS=off.')
  return {
    accountSid,
    ...(authToken ? { authToken } : {}),
    ...(key && secret ? { apiKey: { sid: key, secret } } : {}),
    ...(from ? { from } : {}),
    ...(messagingService ? { messagingService } : {}),
    ...(callbacks === 'on' ? { callbackUrl: publicUrl } : {}),
    ...(apiUrl ? { apiUrl: new URL(apiUrl).origin } : {}),
  }
}

function readWebhook(read: Read, publicUrl: string, allowedHosts: readonly string[], refuse: Refuse): DeliverySettings['webhook'] {
  const [url, secret] = [read('WEBHOOK_URL'), read('WEBHOOK_SECRET')]
  const channels = listOf(read('WEBHOOK_CHANNELS') ?? 'text,call')
  const isChannel = (one: string): one is Channel => one === 'mail' || one === 'text' || one === 'call'
  if (channels.length === 0 || !channels.every(isChannel))
    refuse('WEBHOOK_CHANNELS must list some of mail, text and call, separated by commas.')
  if (!url && !secret) return undefined
  if (!url || !secret) refuse('WEBHOOK_URL and WEBHOOK_SECRET belong together: set both or none.')
  if (secret.length < 32) refuse('WEBHOOK_SECRET must have at least 32 characters: both sides sign with it.')
  requireOpen('WEBHOOK_URL', url, allowedHosts, refuse)
  return { url, secret, callbackUrl: publicUrl, channels: channels.filter(isChannel) }
}

/** https to anywhere, or http to a listed host; whether its address is public shows when it is looked up. */
function requireOpen(name: string, text: string, allowedHosts: readonly string[], refuse: Refuse, which?: 'listed'): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password)
    refuse(`${name} must be like https://host/path, without a user in it.`)
  const host = canonicalHost(url.hostname.replace(/^\[(.*)\]$/, '$1')) ?? ''
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const listed = allowedHosts.map(hostAndPort)
  const isListed = listed.includes(host) || listed.includes(`${host} ${port}`)
  if (isListed) return
  if (which === 'listed') refuse(`${name} is only used for a host that stands in ALLOWED_HOSTS.`)
  if (url.protocol === 'http:' || isLoopback(host)) refuse(`${name} must start with https://, unless its host stands in ALLOWED_HOSTS.`)
}

/** The installation's gateways: what is set takes its channels, and what nothing takes is caught where there is an inbox. */
export function openGateways({ allowedHosts, ...set }: DeliverySettings, inbox: Inbox | undefined, now: Clock): Gateways {
  const door = openDoor({ allowedHosts })
  const texts = set.twilio && twilio({ ...set.twilio, door, now })
  const hook = set.webhook && webhook({ ...set.webhook, door, now })
  const byHook = (channel: Channel) => (set.webhook?.channels.includes(channel) ? hook : undefined)
  const isNumber = set.twilio?.from?.startsWith('+') === true
  const mail =
    byHook('mail') ??
    (set.smtp && smtp({ ...set.smtp, door: openDoor({ allowedHosts: [...allowedHosts, ...ownHost(set.smtp.url)] }) })) ??
    inbox
  const text = byHook('text') ?? texts ?? inbox
  // Calls come from a number: neither a name nor a messaging service can ring.
  const call = byHook('call') ?? (isNumber ? texts : undefined) ?? inbox
  return { ...(mail ? { mail } : {}), ...(text ? { text } : {}), ...(call ? { call } : {}) }
}

/** The operator's own mail server may be in the operator's own network; that opens the way to it for nobody else. */
function ownHost(url: string): readonly string[] {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return [isIP(host) === 6 ? `[${host}]` : host]
}
