import { newestEventAt } from '#store/audit.ts'
import type { Rooms } from './rooms.ts'

/** How far the clocks of several processes may be apart, in seconds. */
const clocksApartSeconds = 60

/**
 * Why this process should get no requests, in words for the operator; undefined when nothing keeps it from them. A clock that has gone back
 * makes no used code live, because steps only rise, but waits and lifetimes last longer than they say.
 */
export async function troubleOf({ store, now }: Pick<Rooms, 'store' | 'now'>): Promise<string | undefined> {
  if (!(await store.isReady())) return 'the database is not reachable or not migrated'
  const newest = await newestEventAt(store.db)
  if (newest && newest.getTime() - now().getTime() > clocksApartSeconds * 1000) return 'the clock is behind what was written last'
  return undefined
}
