import { Problem } from '#domain/problem.ts'
import { type DuoAuth, type DuoOutcome, duoAuth } from '#factors/duo/duo-auth.ts'
import { Failure } from '#factors/outside.ts'
import type { DuoService } from '#store/duo.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { unanswered } from './duo-away.ts'
import type { Rooms, Visit } from './rooms.ts'

/** The Auth API of a service. */
export const duoAuthOf = ({ outside, now }: Rooms, { auth }: DuoService): DuoAuth => duoAuth({ ask: outside, now, application: auth })

/**
 * Asks Duo, with no transaction open. Whatever is not an answer is written down, and is a problem.
 *
 * @throws {Problem} `duo-unavailable` with a `reason`; `duo-refused` where Duo does not know what the question is about
 */
export async function askDuo<T>(rooms: Rooms, visit: Visit, open: OpenSignIn, service: DuoService, ask: (duo: DuoAuth) => Promise<T>) {
  try {
    return await ask(duoAuthOf(rooms, service))
  } catch (error) {
    throw unknownToDuo(error) ?? (await unanswered(rooms, visit, open, service, error))
  }
}

/** What Duo refuses to be asked about: somebody, or a phone, that is not there any more. */
export function unknownToDuo(error: unknown): Problem | undefined {
  if (!(error instanceof Failure) || error.reason !== 'request') return undefined
  const reason = /\bdevice\b/.test(error.detail ?? '') ? 'no-such-device' : 'not-enrolled'
  return new Problem('duo-refused', { reason }, { cause: error })
}

/** How long Duo may hold one question for what became of a push. */
const holdSeconds = 3

/**
 * How many such questions may be open to one host. Fewer than the way out has, so that whoever waits keeps nobody from being asked; who
 * finds none free hears "waiting" and asks again a moment later.
 */
const mostHeld = 16

const held = new Map<string, Promise<DuoOutcome>>()

/** What became of a push. All who ask for the same one share one question. @throws {Failure} */
export function outcomeOfPush(duo: DuoAuth, host: string, txid: string): Promise<DuoOutcome> {
  const key = `${host} ${txid}`
  const open = held.get(key)
  if (open) return open
  const ofHost = [...held.keys()].filter((one) => one.startsWith(`${host} `)).length
  if (ofHost >= mostHeld) return Promise.resolve({ result: 'waiting', status: 'busy' })
  const question = duo.outcome(txid, holdSeconds).finally(() => held.delete(key))
  held.set(key, question)
  return question
}
