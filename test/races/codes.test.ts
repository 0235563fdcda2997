import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import { digest, newId, newToken } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import { passwordEvidence } from '#domain/assurance.ts'
import { Problem } from '#domain/problem.ts'
import { codesFromAnywhere } from '#domain/throttle.ts'
import type { Visit } from '#flows/rooms.ts'
import { answerSignIn } from '#flows/sign-in.ts'
import { authenticatorAddress } from '#store/person.ts'
import { toSignInRow } from '#store/sign-in.ts'
import { type Kit, openKit, type Person } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = 200
/** The same race over many sign-ins at once costs the embedded database five times as much, so there it is run less often. */
const fewerRounds = process.env.TEST_DATABASE === 'postgres' ? 200 : 40
const atOnce = 64

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** A person with an authenticator and ten backup codes, put into the tables as the set-up would. */
async function secured(): Promise<Person & { readonly backupCodes: readonly string[] }> {
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
async function atCode(person: Person): Promise<Visit> {
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
async function race(answers: readonly { readonly visit: Visit; readonly code: string }[]): Promise<readonly string[]> {
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

const count = (outcomes: readonly string[], which: string) => outcomes.filter((outcome) => outcome === which).length
const sessionsOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).length
const many = <T>(make: () => T) => Array.from({ length: atOnce }, make)
const clearSessions = ({ id }: Person) => kit.rooms.store.db.deleteFrom('sessions').where('user_id', '=', id).execute()

test(`A02 of ${atOnce} answers with one code in one sign-in exactly one gets in, in each of ${rounds} rounds`, async () => {
  const person = await secured()
  for (let round = 1; round <= rounds; round++) {
    kit.pass(30)
    const visit = await atCode(person)
    const outcomes = await race(many(() => ({ visit, code: kit.code(person) })))
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${[...new Set(outcomes)]}`)
    for (const outcome of outcomes)
      assert.ok(['done', 'replayed', 'sign-in-gone', 'moved-on', 'too-many-attempts'].includes(outcome), outcome)
  }
  assert.equal(await sessionsOf(person), rounds)
})

test(`A03 of ${atOnce} sign-ins of one person with the same code exactly one gets in, in each of ${fewerRounds} rounds`, async () => {
  const person = await secured()
  const visits = await Promise.all(many(() => atCode(person)))
  for (let round = 1; round <= fewerRounds; round++) {
    kit.pass(30)
    // Whoever got in is replaced; the others try on with the next code, until their ten minutes are over.
    if (round % 18 === 0) visits.splice(0, atOnce, ...(await Promise.all(many(() => atCode(person)))))
    const outcomes = await race(visits.map((visit) => ({ visit, code: kit.code(person) })))
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${[...new Set(outcomes)]}`)
    // Whoever looked after the winner was told so at a wrong code's price; five of those, and the lane waits.
    assert.equal(
      count(outcomes, 'replayed') + count(outcomes, 'too-many-attempts'),
      atOnce - 1,
      `round ${round}: ${[...new Set(outcomes)]}`,
    )
    await clearSessions(person)
    await kit.rooms.store.db
      .updateTable('throttles')
      .set({ failures: 0, wait_until: null })
      .where('key', '=', `code:${person.id}`)
      .execute()
    visits[outcomes.indexOf('done')] = await atCode(person)
  }
})

test(`A15 of ${atOnce} sign-ins with the same backup code exactly one gets in, in each of ${rounds} rounds`, async () => {
  const { db } = kit.rooms.store
  const person = await secured()
  const { hashes } = await db
    .selectFrom('authenticators')
    .select('hashes')
    .where('user_id', '=', person.id)
    .where('kind', '=', 'backup-codes')
    .executeTakeFirstOrThrow()
  const visits = await Promise.all(many(() => atCode(person)))
  for (let round = 1; round <= rounds; round++) {
    const code = person.backupCodes[round % 10] ?? ''
    const outcomes = await race(visits.map((visit) => ({ visit, code })))
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${[...new Set(outcomes)]}`)
    assert.equal(
      count(outcomes, 'used-backup-code') + count(outcomes, 'too-many-attempts'),
      atOnce - 1,
      `round ${round}: ${[...new Set(outcomes)]}`,
    )
    const left = await db
      .selectFrom('authenticators')
      .select(['hashes', 'used_hashes'])
      .where('user_id', '=', person.id)
      .where('kind', '=', 'backup-codes')
      .executeTakeFirstOrThrow()
    assert.deepEqual([left.hashes.length, left.used_hashes.length], [9, 1])
    await db
      .updateTable('authenticators')
      .set({ hashes, used_hashes: [] })
      .where('user_id', '=', person.id)
      .where('kind', '=', 'backup-codes')
      .execute()
    await db.updateTable('throttles').set({ failures: 0, wait_until: null }).where('key', '=', `code:${person.id}`).execute()
    visits[outcomes.indexOf('done')] = await atCode(person)
  }
})

test(`A05 of ${atOnce} wrong codes at once exactly five are told that they are wrong, in each of ${rounds} rounds`, async () => {
  const person = await secured()
  const visits = await Promise.all(many(() => atCode(person)))
  const code = kit.wrongCode(person)
  for (let round = 1; round <= rounds; round++) {
    const outcomes = await race(visits.map((visit) => ({ visit, code })))
    assert.equal(count(outcomes, 'mismatch'), 5, `round ${round}: ${[...new Set(outcomes)]}`)
    assert.equal(count(outcomes, 'too-many-attempts'), atOnce - 5, `round ${round}: ${[...new Set(outcomes)]}`)
    await kit.rooms.store.db.deleteFrom('throttles').where('key', '=', `code:${person.id}`).execute()
  }
})

test('A08 G1 however the waits are sat out, exactly twenty wrong codes are told so, and the right one among them never wins afterwards', async () => {
  for (let round = 1; round <= 3; round++) {
    const person = await secured()
    let evaluated = 0
    let wins = 0
    for (let burst = 0; burst < 19; burst++) {
      const visits = await Promise.all(many(() => atCode(person)))
      const wrong = kit.wrongCode(person)
      const isLate = evaluated >= codesFromAnywhere.limit
      const lucky = isLate ? randomInt(atOnce) : -1
      const outcomes = await race(visits.map((visit, index) => ({ visit, code: index === lucky ? kit.code(person) : wrong })))
      evaluated += count(outcomes, 'mismatch')
      wins += count(outcomes, 'done')
      if (isLate) assert.equal(count(outcomes, 'password-change-required'), atOnce, `round ${round}: ${[...new Set(outcomes)]}`)
      kit.pass(3600)
    }
    assert.deepEqual([evaluated, wins, await sessionsOf(person)], [codesFromAnywhere.limit, 0, 0])
  }
})

test('A08 a right code hidden among wrong ones wins at most once, and never where the limit came before it', async () => {
  let won = 0
  for (let round = 1; round <= 30; round++) {
    const person = await secured()
    const visits = await Promise.all(many(() => atCode(person)))
    const lucky = randomInt(12)
    const outcomes = await race(visits.map((visit, index) => ({ visit, code: index === lucky ? kit.code(person) : kit.wrongCode(person) })))
    assert.equal(count(outcomes, 'mismatch'), 5, `${[...new Set(outcomes)]}`)
    assert.equal(count(outcomes, 'done') + count(outcomes, 'too-many-attempts'), atOnce - 5)
    assert.equal(await sessionsOf(person), count(outcomes, 'done'))
    won += count(outcomes, 'done')
    kit.pass(30)
  }
  assert.ok(won > 0 && won < 30, `${won} of 30: both sides of the limit were met`)
})
