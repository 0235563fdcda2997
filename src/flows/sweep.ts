import { methods } from '#domain/methods.ts'
import { sweepPushes } from '#store/duo-pushes.ts'
import { sweepWindows } from '#store/sending-limits.ts'
import { sweep } from '#store/session.ts'
import { countCoverage } from '#store/sites.ts'
import type { Rooms } from './rooms.ts'

const everyMilliseconds = 600_000

/**
 * Removes what has run out and counts the sites anew, every ten minutes. Nothing waits for it: what has run out is refused by its
 * time, and a count says how old it is. Gives the way to end it.
 */
export function startSweep(rooms: Rooms, log: (error: unknown, what: string) => void): () => void {
  const ticker = setInterval(() => {
    void sweep(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'what has run out could not be removed'))
    void sweepWindows(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'counts that are over could not be removed'))
    void sweepPushes(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'pushes that are over could not be removed'))
    void countCoverage(rooms.store.db, rooms.now(), methods).catch((error: unknown) => log(error, 'the sites could not be counted'))
  }, everyMilliseconds)
  ticker.unref()
  return () => clearInterval(ticker)
}
