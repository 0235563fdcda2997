import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Kit, openKit } from '../kit.ts'
import { atCode, atOnce, count, many, race, secured } from './half-way.ts'

const rounds = 200

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

test(`A15 of ${atOnce} sign-ins with the same backup code exactly one gets in, in each of ${rounds} rounds`, async () => {
  const { db } = kit.rooms.store
  const person = await secured(kit)
  const { hashes } = await db
    .selectFrom('authenticators')
    .select('hashes')
    .where('user_id', '=', person.id)
    .where('kind', '=', 'backup-codes')
    .executeTakeFirstOrThrow()
  const visits = await Promise.all(many(() => atCode(kit, person)))
  for (let round = 1; round <= rounds; round++) {
    const code = person.backupCodes[round % 10] ?? ''
    const outcomes = await race(
      kit,
      visits.map((visit) => ({ visit, code })),
    )
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
    visits[outcomes.indexOf('done')] = await atCode(kit, person)
  }
})
