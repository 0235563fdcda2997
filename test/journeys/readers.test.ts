import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type Kit, openKit } from '../kit.ts'

let kit: Kit

before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const double = (value: number) =>
  kit.rooms.store.read<{ value: number; twice: number }>('select $1::int as value, $1::int * 2 as twice', [value])

test('of many reads at once each gets its own answer, and one that fails takes no other along', async () => {
  const answers = await Promise.allSettled(
    Array.from({ length: 400 }, (_, nth) =>
      nth % 100 === 7 ? kit.rooms.store.read('select 1 / ($1::int - $1::int) as nothing', [nth]) : double(nth),
    ),
  )
  for (const [nth, answer] of answers.entries()) {
    if (nth % 100 === 7) assert.equal(answer.status, 'rejected')
    else assert.deepEqual(answer, { status: 'fulfilled', value: [{ value: nth, twice: 2 * nth }] })
  }
})

test('what one statement has committed, the next read sees', async () => {
  const { id } = await kit.site()
  for (let round = 0; round < 50; round += 1) {
    await kit.rooms.store.run('update organizations set name = $1 where id = $2', [`Round ${round}`, id])
    const [row] = await kit.rooms.store.read<{ name: string }>('select name from organizations where id = $1', [id])
    assert.equal(row?.name, `Round ${round}`)
  }
})

if (process.env.TEST_DATABASE === 'postgres') {
  test('when PostgreSQL ends the connections, what was being read fails at once, and the next sign-in opens others', async () => {
    const person = await kit.person((await kit.site()).id)
    await kit.signIn(person)
    const waiting = Promise.allSettled([0, 1].map(() => kit.rooms.store.read('select pg_sleep($1)', [20])))
    // The two that sleep are those that read.
    for (let seen = 0; seen < 2; ) seen = (await asleep()).length
    const began = performance.now()
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()`.execute(
      kit.rooms.store.db,
    )
    assert.deepEqual(
      (await waiting).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.ok(performance.now() - began < 10_000)
    const client = await kit.signIn(person)
    assert.equal((await client.call('GET', '/api/v1/session')).status, 200)
  })
}

async function asleep(): Promise<readonly unknown[]> {
  const found =
    await sql`select pid from pg_stat_activity where datname = current_database() and state = 'active' and query like 'select pg_sleep%'`.execute(
      kit.rooms.store.db,
    )
  return found.rows
}
