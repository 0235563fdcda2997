import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import { codesFromAnywhere } from '#domain/throttle.ts'
import { type Kit, openKit } from '../kit.ts'
import { atCode, atOnce, count, many, race, secured, sessionsOf } from './half-way.ts'

const rounds = 200

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

test(`A05 of ${atOnce} wrong codes at once exactly five are told that they are wrong, in each of ${rounds} rounds`, async () => {
  const person = await secured(kit)
  const visits = await Promise.all(many(() => atCode(kit, person)))
  const code = kit.wrongCode(person)
  for (let round = 1; round <= rounds; round++) {
    const outcomes = await race(
      kit,
      visits.map((visit) => ({ visit, code })),
    )
    assert.equal(count(outcomes, 'mismatch'), 5, `round ${round}: ${[...new Set(outcomes)]}`)
    assert.equal(count(outcomes, 'too-many-attempts'), atOnce - 5, `round ${round}: ${[...new Set(outcomes)]}`)
    await kit.rooms.store.db.deleteFrom('throttles').where('key', '=', `code:${person.id}`).execute()
  }
})

test('A08 G1 however the waits are sat out, exactly twenty wrong codes are told so, and the right one among them never wins afterwards', async () => {
  for (let round = 1; round <= 3; round++) {
    const person = await secured(kit)
    let evaluated = 0
    let wins = 0
    for (let burst = 0; burst < 19; burst++) {
      const visits = await Promise.all(many(() => atCode(kit, person)))
      const wrong = kit.wrongCode(person)
      const isLate = evaluated >= codesFromAnywhere.limit
      const lucky = isLate ? randomInt(atOnce) : -1
      const outcomes = await race(
        kit,
        visits.map((visit, index) => ({ visit, code: index === lucky ? kit.code(person) : wrong })),
      )
      evaluated += count(outcomes, 'mismatch')
      wins += count(outcomes, 'done')
      if (isLate) assert.equal(count(outcomes, 'password-change-required'), atOnce, `round ${round}: ${[...new Set(outcomes)]}`)
      kit.pass(3600)
    }
    assert.deepEqual([evaluated, wins, await sessionsOf(kit, person)], [codesFromAnywhere.limit, 0, 0])
  }
})

test('A08 a right code hidden among wrong ones wins at most once, and never where the limit came before it', async () => {
  let won = 0
  for (let round = 1; round <= 30; round++) {
    const person = await secured(kit)
    const visits = await Promise.all(many(() => atCode(kit, person)))
    const lucky = randomInt(12)
    const outcomes = await race(
      kit,
      visits.map((visit, index) => ({ visit, code: index === lucky ? kit.code(person) : kit.wrongCode(person) })),
    )
    assert.equal(count(outcomes, 'mismatch'), 5, `${[...new Set(outcomes)]}`)
    assert.equal(count(outcomes, 'done') + count(outcomes, 'too-many-attempts'), atOnce - 5)
    assert.equal(await sessionsOf(kit, person), count(outcomes, 'done'))
    won += count(outcomes, 'done')
    kit.pass(30)
  }
  assert.ok(won > 0 && won < 30, `${won} of 30: both sides of the limit were met`)
})
