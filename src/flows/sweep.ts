import { methods } from '#domain/methods.ts'
import { sweepPushes } from '#store/duo-pushes.ts'
import { sweepPortals } from '#store/forward-auth.ts'
import { sweepArtifacts } from '#store/oidc.ts'
import { sweepSecretCounts } from '#store/oidc-clients.ts'
import { sweepPrompts } from '#store/second-factor.ts'
import { sweepWindows } from '#store/sending-limits.ts'
import { sweep } from '#store/session.ts'
import { countCoverage } from '#store/sites.ts'
import { sweepSigningKeys } from './oidc-keys.ts'
import { endOutlawedSessions } from './oidc-logouts.ts'
import type { Rooms } from './rooms.ts'

const everyMilliseconds = 600_000

/**
 * Removes what has run out and counts the sites anew, every ten minutes. Nothing waits for it: what has run out is refused by its
 * time, and a count says how old it is. Gives the way to end it.
 */
export function startSweep(rooms: Rooms, log: (error: unknown, what: string) => void): () => void {
  const ticker = setInterval(() => {
    void sweep(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'what has run out could not be removed'))
    void sweepArtifacts(rooms.store.db, rooms.now()).catch((error: unknown) =>
      log(error, 'codes and tokens that are over could not be removed'),
    )
    void sweepSecretCounts(rooms.store.db, rooms.now()).catch((error: unknown) =>
      log(error, 'counts of wrong secrets that are over could not be removed'),
    )
    void sweepPortals(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'what has ended at portals could not be removed'))
    void sweepPrompts(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'prompts that are over could not be removed'))
    void endOutlawedSessions(rooms).catch((error: unknown) => log(error, 'sessions that the rules let in no longer could not be ended'))
    void sweepSigningKeys(rooms).catch((error: unknown) => log(error, 'keys that are over could not be removed'))
    void sweepWindows(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'counts that are over could not be removed'))
    void sweepPushes(rooms.store.db, rooms.now()).catch((error: unknown) => log(error, 'pushes that are over could not be removed'))
    void countCoverage(rooms.store.db, rooms.now(), methods).catch((error: unknown) => log(error, 'the sites could not be counted'))
  }, everyMilliseconds)
  ticker.unref()
  return () => clearInterval(ticker)
}
