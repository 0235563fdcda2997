import { newToken } from '#crypto/random.ts'
import { type DuoFinding, type DuoNormalization, type DuoPerson, type DuoUser, simpleName } from '#domain/duo.ts'
import { Failure, type FailureReason } from '../outside.ts'
import type { DuoAdmin } from './duo-admin.ts'
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

/**
 * Asks for each person whether Duo knows them by the name that we send: what the key doctor can say without keys of the Admin API.
 * One after another, so that it can be shown how far it is.
 *
 * @throws {Failure} at the first question that is not answered
 */
export async function* duoStandings(
  auth: DuoAuth,
  people: readonly DuoPerson[],
): AsyncGenerator<{ person: DuoPerson; standing: DuoStanding }> {
  for (const person of people) {
    const { result } = await auth.preauth(person.name)
    yield { person, standing: result === 'auth' ? 'known' : result === 'enroll' ? 'not-enrolled' : 'unsure' }
  }
}

/**
 * Adds the aliases that the key doctor found missing, one person after another. A single person's trouble is told and passed over;
 * keys that may not write, or a Duo that is away, end it.
 *
 * @throws {Failure} when going on would be of no use
 */
export async function* addMissingAliases(admin: DuoAdmin, findings: readonly DuoFinding[]): AsyncGenerator<DuoCure> {
  for (const finding of findings) {
    if (finding.finding !== 'alias-missing') continue
    const { person, user } = finding
    try {
      yield { person, cure: await admin.addAlias(user.key, person.name) }
    } catch (error) {
      if (!(error instanceof Failure) || error.reason !== 'request') throw error
      yield { person, cure: 'failed', because: error.reason }
    }
  }
}
