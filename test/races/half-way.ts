import { digest, newId, newToken } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import { passwordEvidence } from '#domain/assurance.ts'
import { Problem } from '#domain/problem.ts'
import type { Visit } from '#flows/rooms.ts'
import { answerSignIn } from '#flows/sign-in.ts'
import { authenticatorAddress } from '#store/person.ts'
import { toSignInRow } from '#store/sign-in.ts'
import type { Kit, Person } from '../kit.ts'

/** People and sign-ins put straight into the tables, so that a round of a race is the race and nothing else. */

/** A person with an authenticator and ten backup codes, put into the tables as the set-up would. */
export async function secured(kit: Kit): Promise<Person & { readonly backupCodes: readonly string[] }> {
  const { rooms } = kit
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const kinds = rooms.factors.filter(({ kind }) => kind === 'totp' || kind === 'backup-codes')
  const shown = kinds.map((factor) => ({ kind: factor.kind, ...factor.enrollment.begin(person) }))
  let key = ''
  let codes: readonly string[] = []
  for (const { kind, show, keep } of shown) {
    const id = newId(kit.now())
    const kept = keep as { readonly salt: string; readonly hashes: readonly string[] }
    if (show.form === 'secret') key = show.key
    if (show.form === 'list') codes = show.codes
    const [secret, hashes] = show.form === 'secret' ? [keep, []] : [kept.salt, kept.hashes]
    await rooms.store.db
      .insertInto('authenticators')
      .values({
        id,
        user_id: person.id,
        kind,
        label: kind,
        secret_sealed: seal(rooms.keys.seal, authenticatorAddress(id, person.id), secret),
        counter: 0,
        hashes: [...hashes],
        used_hashes: [],
        bound_at: kit.now(),
        last_used_at: null,
        retired_at: null,
      })
      .execute()
  }
  return { ...person, key, backupCodes: codes }
}

/** A visit of somebody whose password was right, as the sign-in stores it. */
export async function atCode(kit: Kit, person: Person): Promise<Visit> {
  const { store, keys } = kit.rooms
  const token = newToken()
  const row = toSignInRow(keys, {
    id: newId(kit.now()),
    intent: 'enter',
    userId: person.id,
    evidence: [passwordEvidence(kit.now())],
    bound: [],
    returnTo: '/',
    expiresAt: new Date(kit.now().getTime() + 600_000),
    version: 2,
  })
  const stored = {
    token_hash: digest(token),
    id: row.id,
    intent: row.intent,
    user_id: row.userId,
    evidence: JSON.stringify(row.evidence),
    bound: [],
    return_to: '/',
    expires_at: row.expiresAt,
    version: 2,
  }
  await store.db
    .insertInto('sign_ins')
    .values(stored as never)
    .execute()
  return { signIn: token, address: '198.51.100.7', requestId: 'race', browser: 'race' }
}

/** Gives all answers at the same moment and tells what became of each: `done`, or why not. */
export async function race(kit: Kit, answers: readonly { readonly visit: Visit; readonly code: string }[]): Promise<readonly string[]> {
  return Promise.all(
    answers.map(({ visit, code }) =>
      answerSignIn(kit.rooms, visit, { code }).then(
        ({ step }) => step.step,
        (error: unknown) => {
          if (error instanceof Problem) return String(error.details.reason ?? error.code)
          throw error
        },
      ),
    ),
  )
}

export const count = (outcomes: readonly string[], which: string) => outcomes.filter((outcome) => outcome === which).length
export const sessionsOf = async (kit: Kit, { id }: Person) =>
  (await kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).length
/** So many at the same moment. */
export const atOnce = 64
export const many = <T>(make: () => T) => Array.from({ length: atOnce }, make)
