import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { pushLimits } from '#domain/duo-push.ts'
import { findPushes, givePushBack, spendPush, stopPushes } from '#store/duo-pushes.ts'
import { keepDuoUser, leaseLeftDuoUsers } from '#store/duo-users.ts'
import { type Kit, openKit } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 50 : 20
const atOnce = 64

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const many = <T>(make: (nth: number) => T) => Promise.all(Array.from({ length: atOnce }, (_, nth) => make(nth)))
const spentOf = (outcomes: readonly boolean[]) => outcomes.filter(Boolean).length

test(`A69 R061 of ${atOnce} pushes at once exactly ${pushLimits.most} are charged, in each of ${rounds} rounds, and ${pushLimits.mostInDay} in a day`, async () => {
  const { db } = kit.rooms.store
  const userId = randomUUID()
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    const spent = spentOf(await many(() => spendPush(db, kit.now(), userId)))
    const left = pushLimits.mostInDay - sum
    assert.equal(spent, Math.min(pushLimits.most, left), `round ${round}`)
    sum += spent
    kit.pass(pushLimits.seconds)
  }
  assert.equal(sum, pushLimits.mostInDay)
})

test(`what is given back while others charge is never given back twice, in each of ${rounds} rounds`, async () => {
  const { db } = kit.rooms.store
  for (let round = 0; round < rounds; round++) {
    const userId = randomUUID()
    await many(async () => {
      if (await spendPush(db, kit.now(), userId)) await givePushBack(db, userId, kit.now())
    })
    assert.equal((await findPushes(db, userId)).sent.length, 0)
    assert.equal(spentOf(await many(() => spendPush(db, kit.now(), userId))), pushLimits.most)
  }
})

test(`a denial among ${atOnce} wishes ends them: nothing is charged after it, in each of ${rounds} rounds`, async () => {
  const { db } = kit.rooms.store
  for (let round = 0; round < rounds; round++) {
    const userId = randomUUID()
    await Promise.all([many(() => spendPush(db, kit.now(), userId)), stopPushes(db, kit.now(), userId)])
    assert.equal(await spendPush(db, kit.now(), userId), false)
    kit.pass(86_400)
    assert.equal(await spendPush(db, kit.now(), userId), false, 'time alone helps nobody')
  }
})

test('of many processes that look for people who left, each takes other ones', async () => {
  const { db } = kit.rooms.store
  const ids = Array.from({ length: 40 }, () => randomUUID())
  for (const id of ids) {
    const row = { id, accountOf: kit.provider.id, userId: randomUUID(), userName: id, userKey: `DU${id.slice(0, 18)}` }
    await keepDuoUser(db, kit.now(), { ...row, activationExpiresAt: kit.now() })
  }
  const taken = (await Promise.all(Array.from({ length: 16 }, () => leaseLeftDuoUsers(db, kit.now(), 5, 300)))).flat()
  assert.equal(new Set(taken.map(({ id }) => id)).size, taken.length)
  const rest = await leaseLeftDuoUsers(db, kit.now(), 100, 300)
  assert.deepEqual(new Set([...taken, ...rest].map(({ id }) => id)), new Set(ids))
})
