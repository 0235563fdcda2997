import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { sealAll, startSealing } from '#flows/audit.ts'
import { note } from '#store/audit.ts'
import { sealEvents, walkChain } from '#store/audit-chain.ts'
import { wordsFor } from '#words/words.ts'
import { type Kit, openKit } from '../kit.ts'

const origin = { address: '192.0.2.7', requestId: 'a request' }

/** A kit of its own with so many events, all sealed: every test here breaks the one it has. */
async function sealed(events = 0): Promise<Kit> {
  const kit = await openKit()
  const { store } = kit.rooms
  const site = await kit.site()
  const person = await kit.person(site.id)
  for (let nth = 0; nth < events; nth++) {
    kit.pass(1)
    await note(store.db, kit.now(), origin, {
      action: 'role.changed',
      organizationId: site.id,
      actorId: kit.provider.owner.id,
      subjectId: person.id,
      detail: { nth },
    })
  }
  await sealAll(kit.rooms)
  return kit
}

const walk = ({ rooms }: Kit, noted?: string) => walkChain(rooms.store, rooms.keys.audit, noted)

/** What somebody does who owns the tables: takes the triggers off first. */
async function tamper({ rooms: { store } }: Kit, statement: string): Promise<void> {
  const tables = ['audit_events', 'audit_concerns']
  for (const table of tables) await sql.raw(`alter table ${table} disable trigger user`).execute(store.db)
  await sql.raw(statement).execute(store.db)
}

let kit: Kit
before(async () => {
  kit = await sealed(3)
})
after(() => kit.close())

test('the database refuses to change, remove or empty what the audit holds, sealed or not, and takes a seal once', async () => {
  const { store } = kit.rooms
  await note(store.db, kit.now(), origin, { action: 'session.started', subjectId: kit.provider.owner.id })
  const isRefused = (statement: string) =>
    assert.rejects(sql.raw(statement).execute(store.db), /The audit is only ever added to/, statement)
  for (const change of [
    `update audit_events set detail = '{}'`,
    `update audit_events set at = at + interval '1 microsecond'`,
    'update audit_events set actor_id = null where actor_id is not null',
    `update audit_events set subject_id = gen_random_uuid() where position is null`,
    `update audit_events set position = 99, concerns = '{}' where position is null`,
    `update audit_events set position = 99, concerns = '{}', hash = 'x', action = 'other' where position is null`,
    `update audit_events set position = null where position is not null`,
    `update audit_events set hash = 'x' where position is not null`,
    'delete from audit_events',
    'delete from audit_events where position is null',
    'truncate audit_events',
    'delete from audit_concerns',
    'update audit_concerns set organization_id = gen_random_uuid()',
    'truncate audit_concerns',
  ]) {
    await isRefused(change)
  }
  await sealAll(kit.rooms)
  assert.equal((await walk(kit)).broken, undefined)
})

test('the chain goes over all that was sealed, in one line, and tells how much, from when to when, and its head', async () => {
  const { store, keys } = kit.rooms
  const first = await walk(kit)
  assert.ok(first.events >= 4)
  assert.deepEqual([first.from?.slice(0, 10), first.broken, first.unsealed], ['2026-06-01', undefined, 0])
  await note(store.db, kit.now(), origin, { action: 'password.reset-asked' })
  assert.equal((await walk(kit)).unsealed, 1)
  assert.equal(await sealEvents(store, keys.audit), 1)
  assert.equal(await sealEvents(store, keys.audit), 0)
  const second = await walk(kit, first.head)
  assert.deepEqual([second.events, second.notedAt, second.unsealed], [first.events + 1, first.events, 0])
  assert.notEqual(second.head, first.head)
  const { isWhole, sentences } = wordsFor().audit.verified(second, first.head)
  assert.ok(isWhole && sentences.includes(`Head: ${second.head}`))
})

test('a server that stops does not wait until a long audit is sealed: what is left waits for the next one', async () => {
  const own = await sealed()
  const { store } = own.rooms
  await sql`insert into audit_events (id, at, action, address, request_id, detail)
    select gen_random_uuid(), now(), 'session.started', '', '', '{}' from generate_series(1, 1200)`.execute(store.db)
  await startSealing(own.rooms, assert.fail, 1_000_000).stop()
  assert.equal((await walk(own)).unsealed, 700)
  await sealAll(own.rooms)
  assert.deepEqual([(await walk(own)).unsealed, (await walk(own)).broken], [0, undefined])
  await own.close()
})

test('an event that commits after a later one was sealed is sealed next', async () => {
  const { store, keys } = kit.rooms
  const [early, late] = [new Date(kit.now().getTime() - 60_000), kit.now()]
  await note(store.db, late, origin, { action: 'session.ended', subjectId: kit.provider.owner.id, detail: { nth: 'late' } })
  assert.equal(await sealEvents(store, keys.audit), 1)
  await note(store.db, early, origin, { action: 'session.ended', subjectId: kit.provider.owner.id, detail: { nth: 'early' } })
  assert.equal(await sealEvents(store, keys.audit), 1)
  const rows = await store.db.selectFrom('audit_events').select(['detail', 'position']).orderBy('position', 'desc').limit(2).execute()
  assert.deepEqual(
    rows.map(({ detail }) => detail),
    [{ nth: 'early' }, { nth: 'late' }],
  )
  assert.equal((await walk(kit)).broken, undefined)
})

test('a change of any field of any event is found, and so is an event that is gone, one that was put in, and two that changed places', async () => {
  const own = await sealed(4)
  try {
    const { db } = own.rooms.store
    const { events } = await walk(own)
    const at = events - 2
    const changes: readonly (readonly [statement: string, undo: string])[] = [
      ...[
        ['id', 'gen_random_uuid()'],
        ['at', `at + interval '1 microsecond'`],
        ['action', `'role.kept'`],
        ['organization_id', 'null'],
        ['actor_id', 'subject_id'],
        ['subject_id', 'actor_id'],
        ['address', `'192.0.2.8'`],
        ['request_id', `'another'`],
        ['detail', `'{"nth": 7}'`],
        ['concerns', `concerns || '{00000000-0000-0000-0000-000000000000}'::uuid[]`],
        ['hash', `'${'A'.repeat(43)}'`],
      ].map(([field = '', other = '']): readonly [string, string] => [
        `create table kept as select * from audit_events where position = ${at}; update audit_events set ${field} = ${other} where position = ${at}`,
        `update audit_events set ${field} = (select ${field} from kept) where position = ${at}; drop table kept`,
      ]),
      [
        `create table kept as select * from audit_events where position = ${at}; delete from audit_events where position = ${at}`,
        'insert into audit_events select * from kept; drop table kept',
      ],
      [
        `update audit_events set position = 0 where position = ${at}; update audit_events set position = ${at} where position = ${at + 1}; update audit_events set position = ${at + 1} where position = 0`,
        `update audit_events set position = 0 where position = ${at}; update audit_events set position = ${at} where position = ${at + 1}; update audit_events set position = ${at + 1} where position = 0`,
      ],
    ]
    for (const [statement, undo] of changes) {
      for (const one of statement.split(';')) await tamper(own, one)
      const { broken } = await walk(own)
      assert.equal(broken?.position, at, `${statement}: ${JSON.stringify(broken)}`)
      for (const one of undo.split(';')) await tamper(own, one)
      assert.equal((await walk(own)).broken, undefined, undo)
    }
    // The end is what a chain alone cannot hold; a head that was noted can.
    const { head } = await walk(own)
    await tamper(own, `delete from audit_concerns where position = ${events}`)
    assert.equal((await walk(own)).broken?.why, 'lists')
    await tamper(own, `delete from audit_events where position = ${events}`)
    const cut = await walk(own, head)
    assert.deepEqual([cut.broken, cut.notedAt], [undefined, undefined])
    assert.equal(wordsFor().audit.verified(cut, head).isWhole, false)
    await tamper(
      own,
      `insert into audit_concerns select gen_random_uuid(), event_id, position, action from audit_concerns where position = 1 limit 1`,
    )
    assert.equal((await walk(own)).broken?.why, 'lists')
    assert.equal((await db.selectFrom('audit_events').select('id').execute()).length, events - 1)
  } finally {
    await own.close()
  }
})

test('without the key nobody seals an event that would be taken for a real one', async () => {
  const own = await sealed(1)
  try {
    await note(own.rooms.store.db, own.now(), origin, { action: 'session.started', subjectId: own.provider.owner.id })
    const other = await openKit({ founded: false })
    await sealEvents(own.rooms.store, other.rooms.keys.audit)
    await other.close()
    const { events, broken } = await walk(own)
    assert.deepEqual(broken, { position: events + 1, why: 'changed' })
  } finally {
    await own.close()
  }
})
