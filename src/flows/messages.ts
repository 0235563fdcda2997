import type { Outgoing } from '#delivery/gateway.ts'
import type { Channel, Message, UndeliveredReason } from '#domain/message.ts'
import { giveUpExpired, type Leased, lease, markFailed, markSent } from '#store/messages.ts'
import { wordsFor } from '#words/words.ts'
import { carrierOf, gatewayFor } from './gateways.ts'
import { mailLook } from './look.ts'
import type { Rooms } from './rooms.ts'

export interface Queue {
  /** Looks for due messages now instead of at the next tick. */
  wake(): void
  /** Waits until nothing is due any more; for tests and for a clean stop. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Seconds to wait after each failed attempt; after the last one the message is given up and stays in the table. */
const retries = [10, 60, 300, 1800, 7200, 21_600]
/** A message that the gateway may have taken waits at least so long: its report may come in the meantime. */
const uncertainSeconds = 30
/** A gateway that keeps asking for patience is not waited for longer than this. */
const patienceSeconds = 86_400
/** Longer than any gateway takes for one message. */
const leaseSeconds = 60
/** How many messages of a channel are under way at once, and how many of them may be of one organization: its gateway may hang. */
const mostAtOnce = 10
const mostOfOne = 5

const channels: readonly Channel[] = ['mail', 'text', 'call']

/**
 * Sends what waits in the queue: at least once each, never in the transaction of the change. Each channel has a line of its own, so a
 * gateway that hangs holds up nothing else. Any number of processes may run one; `SKIP LOCKED` keeps them apart.
 */
export function startQueue(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 2000): Queue {
  const lines = channels.map((channel) => openLine(rooms, channel, log))
  const wake = () => {
    for (const line of lines) line.wake()
  }
  const clear = () =>
    giveUpExpired(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'what has expired could not be given up'))
  const ticker = setInterval(() => {
    void clear()
    wake()
  }, everyMilliseconds)
  ticker.unref()
  return {
    wake,
    drain: async () => {
      await clear()
      wake()
      await Promise.all(lines.map((line) => line.drain()))
    },
    stop: async () => {
      clearInterval(ticker)
      await Promise.all(lines.map((line) => line.stop()))
    },
  }
}

function openLine(rooms: Rooms, channel: Channel, log: (error: unknown, what: string) => void): Queue {
  const underway = new Map<Promise<void>, string | undefined>()
  let looking: Promise<void> | undefined
  let isWoken = false
  let isStopped = false

  const busyOrganizations = (): readonly string[] => {
    const counts = new Map<string, number>()
    for (const one of underway.values()) if (one !== undefined) counts.set(one, (counts.get(one) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= mostOfOne).map(([organizationId]) => organizationId)
  }
  const look = async (): Promise<void> => {
    for (;;) {
      isWoken = false
      const wanted = Math.min(mostOfOne, mostAtOnce - underway.size)
      // Whatever ends looks again.
      if (wanted <= 0 || isStopped) return
      const { db } = rooms.store
      const messages = await lease(db, rooms.keys, rooms.now(), channel, wanted, leaseSeconds, busyOrganizations())
      for (const message of messages) {
        const sending = attempt(rooms, message, log).finally(() => {
          underway.delete(sending)
          wake()
        })
        underway.set(sending, message.organizationId)
      }
      if (messages.length < wanted && !isWoken) return
    }
  }
  const wake = () => {
    isWoken = true
    if (isStopped || looking) return
    looking = look()
      .catch((error: unknown) => log(error, 'the queue could not be read'))
      .finally(() => {
        looking = undefined
      })
  }
  const settled = async () => {
    while (looking || underway.size > 0) await Promise.all([looking, ...underway.keys()])
  }
  return {
    wake,
    drain: settled,
    stop: async () => {
      isStopped = true
      await settled()
    },
  }
}

async function attempt(rooms: Rooms, message: Leased, log: (error: unknown, what: string) => void): Promise<void> {
  const { db } = rooms.store
  try {
    const ref = await handOver(rooms, message)
    await untilWritten(() => markSent(db, message.id, rooms.now(), ref))
  } catch (error) {
    const now = rooms.now()
    const failure = withoutContent(error, message)
    const wait = waitAfter(error, message, now)
    const retryAt = 'seconds' in wait ? new Date(now.getTime() + wait.seconds * 1000) : undefined
    const isInTime = retryAt !== undefined && !(message.expiresAt && message.expiresAt <= retryAt)
    const after =
      'seconds' in wait && retryAt && isInTime
        ? { retryAt, wasMade: wait.wasMade }
        : { givenUp: true as const, reason: 'reason' in wait ? wait.reason : 'gateway' }
    // The lease ends by itself: what cannot be written down now is found again.
    await markFailed(db, message.id, now, failure.message, after).catch((trouble: unknown) => log(trouble, 'a failure could not be kept'))
    if (!(error instanceof NoGateway)) log(failure, isInTime ? 'a message will be tried again' : 'a message was given up')
  }
}

/** Nobody takes messages of this channel; they wait until somebody does. */
class NoGateway extends Error {
  override readonly message = 'there is no gateway'
}

class Expired extends Error {
  readonly isFinal = true
  readonly reason = 'expired'
  override readonly message = 'expired'
}

async function handOver(rooms: Rooms, message: Leased): Promise<string | undefined> {
  const gateway = await gatewayFor(rooms, message.channel ?? 'mail', await carrierOf(rooms, message))
  if (!gateway) throw new NoGateway()
  const outgoing = await writtenOut(rooms, message)
  // It was not when it was taken from the queue, and that may have been a while ago.
  if (message.expiresAt && message.expiresAt <= rooms.now()) throw new Expired()
  return (await gateway.send(outgoing)).ref
}

/** A message as its reader gets it. @throws {TypeError} for a template that the channel does not have */
export async function writtenOut(
  rooms: Rooms,
  message: Message & { readonly id: string; readonly language?: string | undefined },
): Promise<Outgoing> {
  const { id, to, template, values, channel = 'mail', expiresAt } = message
  const words = wordsFor(values.language ?? message.language)
  const address = { id, to, ...(expiresAt ? { expiresAt } : {}) }
  if (channel === 'text') return { ...address, channel, text: words.textFromQueue(template, values) }
  if (channel === 'call') {
    const prompt = words.calls.prompt(values.organization)
    return { ...address, channel, prompt, text: words.callFromQueue(template, values), language: words.language }
  }
  return { ...words.mailFromQueue(template, values, await mailLook(rooms, message)), ...address, channel }
}

type Wait = { readonly seconds: number; readonly wasMade: boolean } | { readonly reason: UndeliveredReason }

/** What a failure means for the message, by what the gateway has put on the error. */
function waitAfter(error: unknown, message: Leased, now: Date): Wait {
  const age = (now.getTime() - message.createdAt.getTime()) / 1000
  if (error instanceof NoGateway) return { seconds: Math.min(600, Math.max(60, age / 10)), wasMade: false }
  const { isFinal, reason, retryAfterSeconds, isUncertain } = error as Partial<Record<string, unknown>>
  if (isFinal === true) return { reason: (reason as UndeliveredReason | undefined) ?? 'unknown' }
  if (typeof retryAfterSeconds === 'number')
    return age < patienceSeconds ? { seconds: retryAfterSeconds, wasMade: false } : { reason: 'gateway' }
  const seconds = retries[message.attempts - 1]
  if (seconds === undefined) return { reason: 'gateway' }
  return { seconds: isUncertain === true ? Math.max(uncertainSeconds, seconds) : seconds, wasMade: true }
}

/**
 * The failure as it may be kept and logged. Gateways quote nothing of what they were told; should one do so all the same, nothing of the
 * message is in it any more: no value, no link, no run of digits that could be a code.
 */
function withoutContent(error: unknown, { values, to }: Message): Error {
  const content = [...Object.values(values), to].filter((one) => one.length >= 4).sort((a, b) => b.length - a.length)
  const clean = (text: string) =>
    content
      .reduce((rest, one) => rest.replaceAll(one, '…'), text)
      .replace(/https?:\/\/\S+/gi, '…')
      .replace(/\d(?:[\s,-]*\d){5,}/g, '…')
      .slice(0, 2000)
  const failure = new Error(clean(error instanceof Error ? error.message : String(error)).slice(0, 500))
  failure.name = error instanceof Error ? error.name : 'Error'
  if (error instanceof Error && error.stack) failure.stack = clean(error.stack)
  return failure
}

/** A message that was sent and is not known as sent would be sent again, so this is tried a little longer than other things. */
async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (let nth = 1; ; nth++) {
    try {
      return await write()
    } catch (error) {
      if (nth === 3) throw Object.assign(new Error('sent, and not written down', { cause: error }), { isUncertain: true })
    }
  }
}
