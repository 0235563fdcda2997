import type { Keys } from '#crypto/keys.ts'
import type { Passwords } from '#crypto/password.ts'
import { newId } from '#crypto/random.ts'
import type { Gateway, Gateways } from '#delivery/gateway.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Factor } from '#domain/factor.ts'
import type { GatewaySettings } from '#domain/gateways.ts'
import { originOf } from '#domain/host.ts'
import type { Channel, Message } from '#domain/message.ts'
import type { Clock } from '#domain/ports.ts'
import type { Ask } from '#factors/outside.ts'
import { sealMessage } from '#store/messages.ts'
import type { Concerned } from '#store/oidc-logouts.ts'
import type { EventRow, MessageRow, Origin } from '#store/settlement.ts'
import type { Store } from '#store/store.ts'

/** Gateways by settings that were stored, and what went wrong with what was sent by them: made in the room of delivery, used here. */
export interface Transports {
  /** A gateway that speaks to public hosts, and to those that the operator has listed. */
  open(channel: Channel, settings: GatewaySettings): Gateway
  /** Why a sending failed, as a code and in a sentence that holds nothing secret. */
  explain(error: unknown): { readonly reason: string; readonly said: string }
}

/** What the use cases work with: the lower rooms, opened. */
export interface Rooms {
  readonly store: Store
  readonly keys: Keys
  readonly passwords: Passwords
  readonly factors: readonly Factor[]
  readonly now: Clock
  /** Where people reach this installation; all addresses in mails start with it. */
  readonly publicUrl: string
  readonly recommendedApp: string
  /** Whom to ask for help, as the operator wrote it. */
  readonly supportContact?: string
  /** Countries (ISO 3166) whose numbers get texts and calls while the provider has chosen none; none when absent. */
  readonly phoneCountries?: readonly string[]
  /** The gateways that the operator has set, by channel. They hold where the provider has stored none. */
  readonly gateways: Gateways
  readonly transports: Transports
  /** The one way out of factors that are judged elsewhere: guarded, and with a number of questions to one host that may be open. */
  readonly outside: Ask
  /** Hosts inside one's own network that the operator has listed, in lower case. */
  readonly listedHosts?: readonly string[]
  /** Called after something was put into the queue, so that it need not wait for the next look. */
  readonly onMessage: () => void
  /** Called after the reset of an organization began or was taken back, so that its work need not wait for the next look. */
  readonly onReset?: () => void
  /** Called after somebody was removed or reset, so that their user in the provider's Duo need not wait for the next look. */
  readonly onLeft?: () => void
  /** Called after a rule was changed that some sessions may no longer meet, so that applications need not wait to be told. */
  readonly onRules?: (concerned: Concerned) => void
}

/** Who asks, as far as the request shows it. The four cookies are bearer secrets. */
export interface Visit extends Origin {
  readonly signIn?: string
  readonly session?: string
  readonly device?: string
  /** Of a remembered device. */
  readonly remembered?: string
  readonly browser: string
  /** The host name that was asked for: a claim, to be looked up before it is believed. */
  readonly host?: string
}

/** Cookies to set (text) or to clear (null). */
export interface Cookies {
  readonly signIn?: string | null
  readonly session?: string | null
  readonly device?: string
  readonly remembered?: { readonly token: string; readonly seconds: number }
}

/**
 * Where the links in a person's mails lead: the host name of the only organization they belong to, if it has one, else the
 * common address. Never what a request said.
 */
export function originFor(
  { publicUrl }: Rooms,
  { memberships }: { readonly memberships: readonly { readonly host?: string | null }[] },
): string {
  const [only, ...others] = memberships
  return only?.host && others.length === 0 ? originOf(only.host, publicUrl) : publicUrl
}

export function factorOf(rooms: Rooms, kind: string): Factor {
  const factor = rooms.factors.find((one) => one.kind === kind)
  if (!factor) throw new Error(`There is no factor of the kind ${kind}.`)
  return factor
}

/** What a kind has to send before it can be answered; undefined for kinds that send nothing. */
export function sendingOf(rooms: Rooms, kind: string): Factor['sending'] {
  return rooms.factors.find((one) => one.kind === kind)?.sending
}

export function eventRow(now: Date, event: AuditEvent, whenFailures?: number): EventRow {
  return { id: newId(now), ...event, ...(whenFailures === undefined ? {} : { whenFailures }) }
}

/** A notice about a person's account, with when and where from, ready for the statement of the change. */
export function messageRow(
  rooms: Rooms,
  visit: Visit,
  message: Message,
  when: Pick<MessageRow, 'whenFailures' | 'whenCodesLeft'> = {},
): MessageRow {
  const now = rooms.now()
  const told = withCircumstances(now, visit, message)
  const { id, sealed } = sealMessage(rooms.keys, now, told)
  return {
    id,
    to: told.to,
    template: told.template,
    sealed,
    channel: told.channel ?? 'mail',
    ...(told.expiresAt ? { expiresAt: told.expiresAt } : {}),
    ...(told.organizationId === undefined ? {} : { organizationId: told.organizationId }),
    ...when,
  }
}

export function withCircumstances(now: Date, visit: Origin, { values, ...message }: Message): Message {
  return { ...message, values: { ...values, at: now.toISOString(), address: visit.address } }
}
