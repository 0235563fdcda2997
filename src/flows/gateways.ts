import type {
  ChannelView,
  GatewayChange,
  Gateways as GatewaysView,
  SendingRulesChange,
  ShownGateway,
  Statistics,
  TestOutcome,
  WrittenGateway,
} from '#contract/gateways.ts'
import { newId } from '#crypto/random.ts'
import type { Gateway, Outgoing } from '#delivery/gateway.ts'
import { channels, faultOf, type GatewaySettings, type GatewaySource, keepsSecret, plainServer } from '#domain/gateways.ts'
import { masked } from '#domain/masked.ts'
import type { Channel, Message } from '#domain/message.ts'
import { Problem } from '#domain/problem.ts'
import { defaultDailyMost, ruleFor } from '#domain/sending-limits.ts'
import { note } from '#store/audit.ts'
import {
  changeGateway,
  countSent,
  findGatewayFor,
  findGateways,
  findOnlyOrganization,
  findOwnAddresses,
  type StoredGateway,
} from '#store/gateways.ts'
import type { Standing } from '#store/organizations.ts'
import { changeSendingRules, findSendingRules } from '#store/sending-limits.ts'
import type { Database } from '#store/tables.ts'
import { wordsFor } from '#words/words.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { maySend } from './sending-limits.ts'
import { requireFreshSession, requireSession } from './session.ts'

/**
 * The gateway that takes what is sent for an organization: its own where the provider lets sites bring their own, else the one that the
 * provider has stored, else the one of the environment. Undefined where there is none.
 */
export async function gatewayFor(rooms: Rooms, channel: Channel, organizationId: string | undefined): Promise<Gateway | undefined> {
  return (await gatewayInForce(rooms, channel, organizationId))?.gateway
}

/** The same, with whose it is. */
async function gatewayInForce(
  rooms: Rooms,
  channel: Channel,
  organizationId: string | undefined,
): Promise<{ readonly source: GatewaySource; readonly gateway: Gateway } | undefined> {
  const stored = await findGatewayFor(rooms.store.db, rooms.keys, channel, organizationId)
  if (stored) return { source: stored.isOwn ? 'own' : 'provider', gateway: rooms.transports.open(channel, stored.settings) }
  const gateway = rooms.gateways[channel]
  return gateway && { source: 'environment', gateway }
}

/**
 * The organization whose gateway takes a message. What has a one-time address in it always goes through the installation's: whoever reads
 * that could set a password or claim a mailbox, and no site is to read it of anybody. Other mails go through the gateway of the only
 * organization that their reader has joined.
 */
export async function carrierOf(rooms: Rooms, { channel = 'mail', to, values, organizationId }: Message): Promise<string | undefined> {
  if (values.url !== undefined) return undefined
  return organizationId ?? (channel === 'mail' ? findOnlyOrganization(rooms.store.db, to) : undefined)
}

/** Whether mails of the installation go anywhere. */
export async function hasMailGateway(rooms: Rooms): Promise<boolean> {
  return rooms.gateways.mail !== undefined || (await findGatewayFor(rooms.store.db, rooms.keys, 'mail', undefined)) !== undefined
}

/** What an organization sends through, and how much it may. @throws {Problem} `forbidden`, `not-found` */
export async function gatewaysOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<GatewaysView> {
  const session = await requireSession(rooms, visit)
  return view(rooms, await authorize(rooms.store.db, session, organizationId, 'change-gateways'), session.userId)
}

/**
 * Stores the settings of one channel, or takes them away. A secret that is not sent stays as it was, and only while what it opens stays
 * the same.
 *
 * @throws {Problem} `invalid-gateway` with the field, `gateway-by-provider`, `moved-on` with who was faster, `forbidden`, `proof-required`
 */
export async function changeGatewayOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  channel: Channel,
  { version, settings }: GatewayChange,
): Promise<GatewaysView> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-gateways')
  const session = await requireFreshSession(rooms, visit)
  const organization = await rooms.store.transaction(async (db) => {
    const found = await authorize(db, session, organizationId, 'change-gateways')
    const before = (await findGateways(db, rooms.keys, found.id))[channel]
    if (settings !== null && !(await mayBringOwn(db, found))) throw new Problem('gateway-by-provider')
    const overtaken = () => new Problem('moved-on', before?.changedBy ? { changedBy: [before.changedBy] } : {})
    // A secret that is kept is looked for in what was read.
    if ((before?.version ?? 0) !== version) throw overtaken()
    const next = settings && settingsOf(channel, settings, before?.settings)
    const change = { organizationId: found.id, channel, settings: next, version, changedBy: session.userId }
    if (!(await changeGateway(db, rooms.keys, rooms.now(), change))) throw overtaken()
    await note(db, rooms.now(), visit, {
      action: 'gateway.changed',
      organizationId: found.id,
      actorId: session.userId,
      detail: {
        channel,
        from: before?.settings ? { ...shown(before.settings) } : null,
        to: next && { ...shown(next) },
        ...(next ? { secretChanged: next.secret !== before?.settings?.secret } : {}),
      },
    })
    return found
  })
  // What waits for a gateway may have one now.
  rooms.onMessage()
  return view(rooms, organization, session.userId)
}

/** Settings as they are stored. @throws {Problem} `invalid-gateway` with the field that is wrong */
function settingsOf(channel: Channel, written: WrittenGateway, before: GatewaySettings | undefined): GatewaySettings {
  const next = plain({ ...written, secret: written.secret ?? null })
  const kept = written.secret === undefined && before && keepsSecret(before, next) ? { ...next, secret: before.secret } : next
  const fault = faultOf(channel, kept)
  if (fault) throw new Problem('invalid-gateway', { reason: fault })
  return kept
}

/** The one form in which settings are stored and compared. */
function plain(settings: GatewaySettings): GatewaySettings {
  const trimmed = (text: string | null) => text?.trim() || null
  switch (settings.kind) {
    case 'smtp':
      return {
        ...settings,
        host: plainServer(settings.host) ?? settings.host,
        username: trimmed(settings.username),
        from: settings.from.trim(),
      }
    case 'twilio':
      return {
        ...settings,
        accountSid: settings.accountSid.trim(),
        apiKeySid: trimmed(settings.apiKeySid),
        from: trimmed(settings.from),
        messagingServiceSid: trimmed(settings.messagingServiceSid),
      }
    case 'webhook':
      return { ...settings, url: settings.url.trim() }
  }
}

/**
 * Sends a test to whoever asks, through the gateway that is in force, and tells precisely what became of it.
 *
 * @throws {Problem} `no-gateway`, `no-phone`, `sending-limit`, `forbidden`, `proof-required`
 */
export async function testGateway(rooms: Rooms, visit: Visit, organizationId: string, channel: Channel): Promise<TestOutcome> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-gateways')
  const session = await requireFreshSession(rooms, visit)
  const { id, name } = await authorize(rooms.store.db, session, organizationId, 'change-gateways')
  const own = await findOwnAddresses(rooms.store.db, session.userId)
  const to = channel === 'mail' ? own.mail : own.phone
  if (to === null) throw new Problem('no-phone')
  const found = await gatewayInForce(rooms, channel, id)
  if (!found) throw new Problem('no-gateway')
  await maySend(rooms, visit, { channel, to, userId: session.userId, organizationId: id })
  const started = performance.now()
  let trouble: { readonly reason: string; readonly said: string } | undefined
  try {
    await found.gateway.send(testMessage(rooms, channel, to, name))
  } catch (error) {
    trouble = rooms.transports.explain(error)
  }
  const outcome = trouble?.reason ?? 'accepted'
  await note(rooms.store.db, rooms.now(), visit, {
    action: 'gateway.tested',
    organizationId: id,
    actorId: session.userId,
    detail: { channel, outcome },
  })
  return {
    accepted: trouble === undefined,
    to: masked(to),
    source: found.source,
    reason: trouble?.reason ?? null,
    said: trouble?.said ?? null,
    milliseconds: Math.round(performance.now() - started),
  }
}

function testMessage(rooms: Rooms, channel: Channel, to: string, organization: string): Outgoing {
  const id = newId(rooms.now())
  const words = wordsFor()
  if (channel === 'mail') {
    const written = words.mail('gateway-test', { organization, at: rooms.now().toISOString() })
    return { channel, id, to, ...written }
  }
  const text = words.gatewayTest(organization)
  return channel === 'text'
    ? { channel, id, to, text }
    : { channel, id, to, text, prompt: words.gatewayTestPrompt, language: words.language }
}

/**
 * Stores how much may be sent, and to where.
 *
 * @throws {Problem} `moved-on`, `forbidden`, `proof-required`, `malformed` where a site sets what only the provider does
 */
export async function changeSendingRulesOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  change: SendingRulesChange,
): Promise<GatewaysView> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-gateways')
  const session = await requireFreshSession(rooms, visit)
  const organization = await rooms.store.transaction(async (db) => {
    const found = await authorize(db, session, organizationId, 'change-gateways')
    if (found.kind === 'site' && (change.siteDailyMost !== null || change.sitesBringGateways))
      throw new Problem('malformed', { reason: change.sitesBringGateways ? 'sitesBringGateways' : 'siteDailyMost' })
    const { organization: before } = await findSendingRules(db, found.id)
    if (!(await changeSendingRules(db, rooms.now(), { organizationId: found.id, changedBy: session.userId }, change)))
      throw new Problem('moved-on')
    const facts = ({ countries, dailyMost, siteDailyMost, sitesBringGateways }: Omit<SendingRulesChange, 'version'>) => ({
      countries: countries?.toSorted() ?? null,
      dailyMost,
      ...(found.kind === 'provider' ? { siteDailyMost, sitesBringGateways } : {}),
    })
    await note(db, rooms.now(), visit, {
      action: 'sending-rules.changed',
      organizationId: found.id,
      actorId: session.userId,
      detail: { from: facts({ ...before, countries: before.countries && [...before.countries] }), to: facts(change) },
    })
    return found
  })
  return view(rooms, organization, session.userId)
}

const statisticsDays = 14

/** What was sent in the last two weeks: of the provider all, of a site its own. */
export async function statisticsOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<Statistics> {
  const session = await requireSession(rooms, visit)
  const { id, kind } = await authorize(rooms.store.db, session, organizationId, 'change-gateways')
  const today = rooms.now().toISOString().slice(0, 10)
  const from = new Date(Date.parse(today) - (statisticsDays - 1) * 86_400_000)
  const days = await countSent(rooms.store.db, from, kind === 'site' ? id : undefined)
  return { days: [...days], from: from.toISOString().slice(0, 10), to: today }
}

/** The provider always stores gateways of its own; a site where the provider lets sites do so. */
async function mayBringOwn(db: Database, { kind }: Standing): Promise<boolean> {
  return kind === 'provider' || (await findSendingRules(db)).installation.sitesBringGateways
}

async function view(rooms: Rooms, organization: Standing, userId: string): Promise<GatewaysView> {
  const { db } = rooms.store
  const { id, kind } = organization
  const stored = await findGateways(db, rooms.keys, id)
  const list: ChannelView[] = []
  for (const channel of channels) {
    const found = await findGatewayFor(db, rooms.keys, channel, kind === 'site' ? id : undefined)
    const inForce = found ? (found.isOwn || kind === 'provider' ? 'own' : 'provider') : rooms.gateways[channel] ? 'environment' : null
    list.push({ channel, inForce, ...channelView(stored[channel]) })
  }
  const { installation, organization: own } = await findSendingRules(db, id)
  const { countries, most } = ruleFor(installation, kind === 'site' ? own : undefined, rooms.phoneCountries ?? [])
  const { version, dailyMost, siteDailyMost, sitesBringGateways } = own
  const addresses = await findOwnAddresses(db, userId)
  return {
    channels: list,
    mayBringOwn: await mayBringOwn(db, organization),
    rules: {
      countries: own.countries && [...own.countries],
      dailyMost,
      siteDailyMost,
      sitesBringGateways,
      version,
      inForce: {
        countries: [...countries],
        dailyMost: kind === 'site' ? most.organization : most.installation,
        siteDailyMost: installation.siteDailyMost ?? defaultDailyMost.organization,
      },
    },
    testGoesTo: { mail: masked(addresses.mail), phone: addresses.phone === null ? null : masked(addresses.phone) },
  }
}

function channelView(stored: StoredGateway | undefined): Omit<ChannelView, 'channel' | 'inForce'> {
  return {
    own: stored?.settings ? shown(stored.settings) : null,
    version: stored?.version ?? 0,
    changedBy: stored?.changedBy ?? null,
    changedAt: stored?.changedAt?.toISOString() ?? null,
  }
}

function shown({ secret, ...settings }: GatewaySettings): ShownGateway {
  return { ...settings, hasSecret: secret !== null }
}
