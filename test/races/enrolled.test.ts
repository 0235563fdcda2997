import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import { addMembership } from '#store/people.ts'
import { type Kit, openKit } from '../kit.ts'

const rounds = 20

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** Where what a membership says of its person is not what the tables say. */
async function untrue() {
  const { rows } = await sql`
    select m.user_id, m.enrolled, m.elsewhere from memberships m
    where m.enrolled <> exists (select from authenticators a where a.user_id = m.user_id and a.retired_at is null and a.kind <> 'backup-codes')
      or (not m.elsewhere and exists (select from memberships o where o.user_id = m.user_id and o.organization_id <> m.organization_id))`.execute(
    kit.rooms.store.db,
  )
  return rows
}

const bind = (userId: string) => {
  const row = { id: newId(kit.now()), user_id: userId, kind: 'totp', label: 'App', secret_sealed: Buffer.alloc(1), counter: 0, hashes: [] }
  return kit.rooms.store.db
    .insertInto('authenticators')
    .values({ ...row, bound_at: kit.now() } as never)
    .execute()
}
const retire = (userId: string) =>
  kit.rooms.store.db.updateTable('authenticators').set({ retired_at: kit.now() }).where('user_id', '=', userId).execute()
const take = (userId: string, organizationId: string) =>
  addMembership(kit.rooms.store.db, kit.now(), { organizationId, userId, role: 'user', required: false, name: 'Ada', hasJoined: true })

test(`a membership knows whether its person has an authenticator and belongs elsewhere, whatever happens at once, in each of ${rounds} rounds`, async () => {
  const sites = await Promise.all(Array.from({ length: 4 }, () => kit.site()))
  const [home, ...others] = sites.map(({ id }) => id)
  for (let round = 1; round <= rounds; round++) {
    const { id } = await kit.person(home ?? '')
    await Promise.all([bind(id), ...others.map((other) => take(id, other))])
    assert.deepEqual(await untrue(), [], `round ${round}: bound while others took the person in`)
    await Promise.all([bind(id), retire(id), bind(id), retire(id), bind(id)])
    assert.deepEqual(await untrue(), [], `round ${round}: bound and retired`)
    await retire(id)
    assert.deepEqual(await untrue(), [], `round ${round}: all retired`)
  }
})

test(`of two changes that wait for each other in a circle both are carried out, in each of ${rounds / 10} rounds`, async () => {
  const { store } = kit.rooms
  const { id } = await kit.site()
  const [one, two] = [await kit.person(id), await kit.person(id)]
  const rename = (userId: string, name: string, db = store.db) => db.updateTable('users').set({ name }).where('id', '=', userId).execute()
  for (let round = 1; round <= rounds / 10; round++) {
    let waiting = 2
    let begun = 0
    let open = () => {}
    const both = new Promise<void>((resolve) => {
      open = resolve
    })
    // The embedded database has one connection, so nobody can meet anybody there.
    if (store.engine.startsWith('PGlite')) open()
    const crossing = (first: string, second: string) =>
      store.transaction(async (db) => {
        begun += 1
        await rename(first, `first ${round}`, db)
        waiting -= 1
        if (waiting <= 0) open()
        await both
        await rename(second, `second ${round}`, db)
      })
    await Promise.all([crossing(one.id, two.id), crossing(two.id, one.id)])
    const names = await store.db.selectFrom('users').select('name').where('id', 'in', [one.id, two.id]).execute()
    assert.deepEqual(names.map(({ name }) => name).toSorted(), [`first ${round}`, `second ${round}`])
    if (!store.engine.startsWith('PGlite')) assert.equal(begun, 3, `round ${round}: one of them was begun anew`)
  }
})
