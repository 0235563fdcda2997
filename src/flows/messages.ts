import type { Message } from '#domain/message.ts'
import { lease, markFailed, markSent } from '#store/messages.ts'
import { type MailLook, mailLook } from './look.ts'
import type { Rooms } from './rooms.ts'

/** Hands one message over, or throws. `isFinal` on the error says that another attempt would fail as well. */
export type Send = (
  message: Message & { readonly id: string; readonly language: string | undefined; readonly look?: MailLook },
) => Promise<void>

export interface Queue {
  /** Looks for due messages now instead of at the next tick. */
  wake(): void
  /** Waits until nothing is due any more; for tests and for a clean stop. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Seconds to wait after each failed attempt; after the last one the message is given up and stays in the table. */
const retries = [10, 60, 300, 1800, 7200, 21_600]
const leaseSeconds = 60
const batch = 10

/**
 * Sends what waits in the queue: at least once each, never in the transaction of the change. Any number of processes may run
 * one; `SKIP LOCKED` keeps them apart.
 */
export function startQueue(rooms: Rooms, send: Send, log: (error: unknown, what: string) => void, everyMilliseconds = 2000): Queue {
  let running: Promise<void> | undefined
  let isWoken = false
  let isStopped = false

  const attempt = async (): Promise<void> => {
    for (;;) {
      isWoken = false
      const messages = await lease(rooms.store.db, rooms.keys, rooms.now(), batch, leaseSeconds)
      for (const message of messages) {
        try {
          const look = await mailLook(rooms, message)
          await send({ ...message, ...(look ? { look } : {}) })
          await markSent(rooms.store.db, message.id, rooms.now())
        } catch (error) {
          const wait = isFinal(error) ? undefined : retries[message.attempts - 1]
          const now = rooms.now()
          await markFailed(
            rooms.store.db,
            message.id,
            now,
            String(error).slice(0, 500),
            wait === undefined ? undefined : new Date(now.getTime() + wait * 1000),
          )
          log(error, wait === undefined ? 'a message was given up' : 'a message will be tried again')
        }
      }
      if (messages.length < batch && !isWoken) return
    }
  }
  const wake = () => {
    isWoken = true
    if (isStopped || running) return
    running = attempt()
      .catch((error: unknown) => log(error, 'the queue could not be read'))
      .finally(() => {
        running = undefined
      })
  }
  const ticker = setInterval(wake, everyMilliseconds)
  ticker.unref()
  return {
    wake,
    drain: async () => {
      wake()
      await running
    },
    stop: async () => {
      isStopped = true
      clearInterval(ticker)
      await running
    },
  }
}

const isFinal = (error: unknown) => error instanceof Error && 'isFinal' in error && error.isFinal === true
