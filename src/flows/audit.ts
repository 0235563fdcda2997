import { sealEvents } from '#store/audit-chain.ts'
import type { Rooms } from './rooms.ts'

export interface Sealing {
  /** Seals what is left and ends. */
  stop(): Promise<void>
}

/**
 * Seals the audit behind the back of the sign-ins, every two seconds. Any number of processes may run one.
 */
export function startSealing(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 2000): Sealing {
  let running: Promise<void> | undefined
  const seal = () => {
    running ??= sealAll(rooms)
      .catch((error: unknown) => log(error, 'the audit could not be sealed'))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const ticker = setInterval(seal, everyMilliseconds)
  ticker.unref()
  return {
    stop: async () => {
      clearInterval(ticker)
      await running
      await seal()
    },
  }
}

/** Seals until nothing waits any more. Each batch is a transaction of its own, so that others get the connection in between. */
export async function sealAll({ store, keys }: Rooms): Promise<void> {
  const batch = 500
  while ((await sealEvents(store, keys.audit, batch)) === batch);
}
