import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { maySend } from '#flows/sending-limits.ts'
import { type Kit, openKit } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 60 : 20
const atOnce = 64

let kit: Kit
before(async () => {
  kit = await openKit({ founded: false, phoneCountries: ['DE'] })
})
after(() => kit.close())

async function race(send: (nth: number) => Promise<void>): Promise<readonly string[]> {
  const told = (error: unknown) => {
    if (error instanceof Problem && error.code === 'sending-limit') return String(error.details.reason)
    throw error
  }
  return Promise.all(Array.from({ length: atOnce }, (_, nth) => send(nth).then(() => 'sent', told)))
}

const many = (outcomes: readonly string[], wanted: string) => outcomes.filter((one) => one === wanted).length

test(`A87 of ${atOnce} texts to one number at once ten are sent, in each of ${rounds} rounds, and the counts hold exactly those`, async () => {
  const { db } = kit.rooms.store
  for (let round = 0; round < rounds; round++) {
    kit.pass(86_400)
    const to = `+49151${2000 + round}1234`
    const outcomes = await race((nth) =>
      maySend(kit.rooms, { address: `203.0.113.${nth}` }, { channel: 'text', to, userId: newId(kit.now()) }),
    )
    assert.deepEqual([many(outcomes, 'sent'), many(outcomes, 'address')], [10, atOnce - 10], `round ${round}`)
    const rows = await db.selectFrom('sending_windows').select(['key', 'spent']).where('ends_at', '>', kit.now()).execute()
    const spent = (part: string) => rows.filter(({ key }) => key.includes(part)).reduce((sum, one) => sum + one.spent, 0)
    // Each has an hour and a day of its person, its own network, and all share the rest: nothing of a refused one was counted.
    assert.deepEqual([spent(':person:'), spent(':network:'), spent(':installation:'), spent('used:')], [20, 10, 10, 20])
  }
})

test(`A88 of ${atOnce} askings for one address at once one is mailed, in each of ${rounds} rounds`, async () => {
  for (let round = 0; round < rounds; round++) {
    kit.pass(86_400)
    const wanted = { channel: 'mail', to: `round-${round}@example.org`, purpose: 'password-reset' } as const
    const outcomes = await race((nth) => maySend(kit.rooms, { address: `203.0.113.${nth}` }, wanted))
    assert.deepEqual([many(outcomes, 'sent'), many(outcomes, 'address')], [1, atOnce - 1], `round ${round}`)
  }
})
