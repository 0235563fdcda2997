import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Kit, openKit, type Person } from '../kit.ts'
import { atCode, atOnce, count, many, race, secured, sessionsOf } from './half-way.ts'

const rounds = 200
/** The same race over many sign-ins at once costs the embedded database five times as much, so there it is run less often. */
const fewerRounds = process.env.TEST_DATABASE === 'postgres' ? 200 : 40

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const clearSessions = ({ id }: Person) => kit.rooms.store.db.deleteFrom('sessions').where('user_id', '=', id).execute()

test(`A02 of ${atOnce} answers with one code in one sign-in exactly one gets in, in each of ${rounds} rounds`, async () => {
  const person = await secured(kit)
  for (let round = 1; round <= rounds; round++) {
    kit.pass(30)
    const visit = await atCode(kit, person)
    const outcomes = await race(
      kit,
      many(() => ({ visit, code: kit.code(person) })),
    )
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${[...new Set(outcomes)]}`)
    for (const outcome of outcomes)
      assert.ok(['done', 'replayed', 'sign-in-gone', 'moved-on', 'too-many-attempts'].includes(outcome), outcome)
  }
  assert.equal(await sessionsOf(kit, person), rounds)
})

test(`A03 of ${atOnce} sign-ins of one person with the same code exactly one gets in, in each of ${fewerRounds} rounds`, async () => {
  const person = await secured(kit)
  const visits = await Promise.all(many(() => atCode(kit, person)))
  for (let round = 1; round <= fewerRounds; round++) {
    kit.pass(30)
    // Whoever got in is replaced; the others try on with the next code, until their ten minutes are over.
    if (round % 18 === 0) visits.splice(0, atOnce, ...(await Promise.all(many(() => atCode(kit, person)))))
    const outcomes = await race(
      kit,
      visits.map((visit) => ({ visit, code: kit.code(person) })),
    )
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
    visits[outcomes.indexOf('done')] = await atCode(kit, person)
  }
})
