import { newToken } from '#crypto/random.ts'
import { type DuoFinding, type DuoNormalization, type DuoPerson, type DuoUser, simpleName } from '#domain/duo.ts'
import { Failure, type FailureReason } from '../outside.ts'
import type { DuoAdmin, Question } from './duo-admin.ts'
import type { DuoAuth } from './duo-auth.ts'

/** What Duo says about a name without being asked to do anything. `unsure` where it would let in, or refuse, whoever it is. */
export type DuoStanding = 'known' | 'not-enrolled' | 'unsure'

/** What became of one missing alias. */
export type DuoCure = { readonly person: DuoPerson } & (
  | { readonly cure: Awaited<ReturnType<DuoAdmin['addAlias']>> }
  | { readonly cure: 'failed'; readonly because: FailureReason }
)

/** A name that nobody has. */
const nobody = () =>
  newToken()
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase()

/**
 * How the Auth API application reads names, found out by asking for an enrolled user by a name of another domain: "Simple" cuts that
 * off and finds them. Nobody's phone rings. `unknown` where Duo answers the same for everybody.
 *
 * @throws {Failure}
 */
export async function duoNormalization(auth: DuoAuth, enrolled: DuoUser): Promise<DuoNormalization> {
  const bare = simpleName(enrolled.name)
  if (!enrolled.isEnrolled || enrolled.status !== 'active' || bare === '') return 'unknown'
  const elsewhere = `${nobody()}.invalid`
  const asThem = await auth.preauth(`${bare}@${elsewhere}`)
  const asNobody = await auth.preauth(`${nobody()}@${elsewhere}`)
  if (asNobody.result === 'auth') return 'unknown'
  if (asThem.result === 'auth') return 'simple'
  return asThem.result === asNobody.result ? 'none' : 'unknown'
}

/** How often a question is put again, and how long is waited before. A wrong key is not worth a second question. */
const again: Readonly<Partial<Record<FailureReason, number>>> = { rate: 6, busy: 6, network: 2, timeout: 2, outage: 2 }
const waits = [500, 1_000, 2_000, 4_000, 8_000, 16_000]

/**
 * Puts a question with the patience of somebody who asks about thousands: waits longer each time where Duo wants to be asked less
 * often, and tries twice more where it is away. The signal ends the waiting.
 *
 * @throws {Failure} when that was of no use
 */
export function patiently(signal?: AbortSignal): Question {
  return async (ask) => {
    for (let failures = 0; ; failures++) {
      signal?.throwIfAborted()
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof Failure) || failures >= (again[error.reason] ?? 0)) throw error
        await passing(waits[failures] ?? 0, signal)
      }
    }
  }
}

/** Waits; the signal ends it by throwing its reason. */
function passing(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const end = () => {
      clearTimeout(timer)
      fail(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      done()
    }, milliseconds)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** How many questions about people are open at once: enough to be quick, few enough that sign-ins find room beside them. */
const atOnce = 4

/**
 * Asks for each person whether Duo knows them by the name that we send: what the key doctor can say without keys of the Admin API.
 * The answers come in the order of the people.
 *
 * @throws {Failure} at the first question that is not answered; a name that Duo does not take is `unsure`
 */
export async function* duoStandings(
  auth: DuoAuth,
  people: Iterable<DuoPerson>,
  question: Question = (ask) => ask(),
): AsyncGenerator<{ person: DuoPerson; standing: DuoStanding }> {
  const standingOf = async (person: DuoPerson) => ({ person, standing: await standing(auth, person, question) })
  const open: Promise<{ person: DuoPerson; standing: DuoStanding }>[] = []
  for (const person of people) {
    const answer = standingOf(person)
    // Whoever waits for an answer before this one may never come to it.
    answer.catch(() => undefined)
    open.push(answer)
    const [first] = open
    if (open.length === atOnce && first) {
      yield await first
      void open.shift()
    }
  }
  for (const answer of open) yield await answer
}

async function standing(auth: DuoAuth, { name }: DuoPerson, question: Question): Promise<DuoStanding> {
  try {
    const { result } = await question(() => auth.preauth(name))
    return result === 'auth' ? 'known' : result === 'enroll' ? 'not-enrolled' : 'unsure'
  } catch (error) {
    if (error instanceof Failure && error.reason === 'request') return 'unsure'
    throw error
  }
}

/**
 * Adds the aliases that the key doctor found missing, one person after another. A single person's trouble is told and passed over;
 * keys that may not write, or a Duo that is away, end it.
 *
 * @param before asked before each person, and ends it by throwing
 * @throws {Failure} when going on would be of no use
 */
export async function* addMissingAliases(
  admin: DuoAdmin,
  findings: readonly DuoFinding[],
  question: Question = (ask) => ask(),
  before: () => Promise<void> = async () => undefined,
): AsyncGenerator<DuoCure> {
  for (const finding of findings) {
    if (finding.finding !== 'alias-missing') continue
    const { person, user } = finding
    await before()
    try {
      yield { person, cure: await question(() => admin.addAlias(user.key, person.name)) }
    } catch (error) {
      if (!(error instanceof Failure) || error.reason !== 'request') throw error
      yield { person, cure: 'failed', because: error.reason }
    }
  }
}
