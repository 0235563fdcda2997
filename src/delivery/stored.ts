import type { GatewaySettings } from '#domain/gateways.ts'
import type { Channel } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'
import { canonicalHost } from './addresses.ts'
import { openDoor } from './door.ts'
import type { Gateway } from './gateway.ts'
import type { DeliverySettings } from './settings.ts'
import { smtp } from './smtp.ts'
import { twilio } from './twilio.ts'
import { webhook } from './webhook.ts'

/** How long transports wait for who is outside; each as long as it does by itself where nothing is said. */
export interface TransportPatience {
  /** For the connection, the greeting and the mail, each. */
  readonly smtpMilliseconds?: number
}

/**
 * Opens gateways by settings that were stored in the Console, and says what went wrong with what was sent by them. Whoever stored them is
 * not the operator: they lead to public addresses only, or to hosts that the operator has listed, always through the same door.
 */
export function openTransports(set: DeliverySettings, publicUrl: string, now: Clock, patience: TransportPatience = {}) {
  const door = openDoor({ allowedHosts: set.allowedHosts })
  const host = new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, '$1')
  const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(canonicalHost(host) ?? '')
  // Nobody outside reaches this machine by a loopback name, and where the operator has switched callbacks off they stay off.
  const hasCallbacks = set.twilio ? set.twilio.callbackUrl !== undefined : !isLoopback

  const open = (_channel: Channel, settings: GatewaySettings): Gateway => {
    switch (settings.kind) {
      case 'smtp': {
        const { security, username, secret, from } = settings
        const user = username === null ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(secret ?? '')}@`
        const url = `${security === 'tls' ? 'smtps' : 'smtp'}://${user}${settings.host}:${settings.port}`
        const { smtpMilliseconds: milliseconds } = patience
        return smtp({ url, from, door, ...(milliseconds === undefined ? {} : { milliseconds }) })
      }
      case 'twilio': {
        const { accountSid, apiKeySid, secret, from, messagingServiceSid } = settings
        return twilio({
          accountSid,
          ...(apiKeySid === null ? { authToken: secret ?? '' } : { apiKey: { sid: apiKeySid, secret: secret ?? '' } }),
          ...(from === null ? {} : { from }),
          ...(messagingServiceSid === null ? {} : { messagingService: messagingServiceSid }),
          ...(hasCallbacks ? { callbackUrl: publicUrl } : {}),
          ...(set.twilio?.apiUrl ? { apiUrl: set.twilio.apiUrl } : {}),
          door,
          now,
        })
      }
      case 'webhook':
        return webhook({ url: settings.url, secret: settings.secret ?? '', callbackUrl: publicUrl, door, now })
    }
  }
  return { open, explain }
}

/** What the sentences of this room and the codes of the network mean to whoever set a gateway up. The first that fits holds. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/ALLOWED_HOSTS/, 'host-not-allowed'],
  [/does not accept the user and the password|the credentials are wrong|\(404, 20404\)|\((401|403)\)/, 'credentials'],
  [/at MAIL FROM/, 'sender'],
  [/ENOTFOUND|EAI_|has no address/, 'unknown-host'],
  [/ETLS|CERT|TLS|SSL|self.signed|certificate|ESOCKET/i, 'tls'],
  [/ETIMEDOUT|in time/, 'timeout'],
  [/ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ECONNECTION|could not be (?:reached|used)/, 'no-connection'],
]

/**
 * Why a sending failed: a code, and what was said, which never holds a secret or anything of the message (gateways see to that).
 */
export function explain(error: unknown): { readonly reason: string; readonly said: string } {
  const said = (error instanceof Error ? error.message : String(error)).slice(0, 300)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = meanings.find(([pattern]) => pattern.test(said) || pattern.test(code))?.[1]
  const { reason, retryAfterSeconds, isUncertain } = error as Partial<Record<string, unknown>>
  if (known === 'host-not-allowed') return { reason: known, said }
  if (isUncertain === true) return { reason: /in time|ETIMEDOUT/.test(said) ? 'timeout' : 'uncertain', said }
  if (typeof retryAfterSeconds === 'number') return { reason: 'busy', said }
  if (typeof reason === 'string' && reason !== 'unknown') return { reason, said }
  return { reason: known ?? 'unknown', said }
}
