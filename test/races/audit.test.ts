import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sealAll } from '#flows/audit.ts'
import { sealEvents, walkChain } from '#store/audit-chain.ts'
import { type Kit, openKit, start } from '../kit.ts'

const atOnce = 64
const rounds = 3

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

test(`${atOnce} people who sign in at once, while four seal, leave one chain with each of their sign-ins in it once`, async () => {
  const { store, keys } = kit.rooms
  const site = await kit.site({ mode: 'opt-in' })
  const people = await Promise.all(Array.from({ length: atOnce }, () => kit.person(site.id)))
  for (let round = 1; round <= rounds; round++) {
    let isOver = false
    const sealing = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        await sealEvents(store, keys.audit, 7)
        await new Promise((resume) => setImmediate(resume))
      }
    })
    const replies = await Promise.all(people.map((person) => start(kit.client(), person)))
    isOver = true
    await Promise.all(sealing)
    assert.deepEqual(
      replies.map(({ json }) => json.step),
      replies.map(() => 'done'),
    )
  }
  await sealAll(kit.rooms)
  const { broken, events, unsealed } = await walkChain(store, keys.audit)
  assert.deepEqual([broken, unsealed], [undefined, 0])
  const rows = await store.db.selectFrom('audit_events').select(['position', 'action', 'subject_id']).orderBy('position').execute()
  assert.deepEqual(
    rows.map(({ position }) => position),
    Array.from({ length: events }, (_, nth) => nth + 1),
  )
  for (const { id } of people)
    assert.equal(rows.filter(({ action, subject_id }) => action === 'session.started' && subject_id === id).length, rounds)
})
