/**
 * The audit of an organization with a million events and ten thousand people, on PostgreSQL: how long each question of the viewer
 * takes, with the plan of the slowest, how much room an event takes, and how quickly events are sealed and exported.
 * `node bench/audit.ts`; a number after it takes so many events instead.
 */
import { CompiledQuery, sql } from 'kysely'
import { exportAudit, sealAll } from '#flows/audit.ts'
import { walkChain } from '#store/audit-chain.ts'
import { type EventFilter, findPeople, listEvents } from '#store/audit-list.ts'
import { startPostgres } from '../test/machine/postgres.ts'

const events = Number(process.argv[2] ?? 1_000_000)
const people = 10_000

const postgres = await startPostgres({ durable: false })
Object.assign(process.env, { TEST_DATABASE: 'postgres', TEST_DATABASE_URL: postgres.url })
const { openKit } = await import('../test/kit.ts')
const kit = await openKit()
const { store, keys } = kit.rooms
const { db } = store
const site = await kit.site()
const admin = await kit.person(site.id, { role: 'admin' })
const client = await kit.signIn(admin)

await sql`insert into users (id, email, name, created_at)
  select md5('person ' || n)::uuid, 'person-' || n || '@example.org', 'Name ' || md5(n::text), now() from generate_series(1, ${people}) n`.execute(
  db,
)
await sql`insert into memberships (organization_id, user_id, role, required, invited_as, invited_at, joined_at)
  select ${site.id}, md5('person ' || n)::uuid, 'user', false, '', now(), now() from generate_series(1, ${people}) n`.execute(db)
await sealAll(kit.rooms)
const [{ last } = { last: 0 }] = await store.run<{ last: number }>('select max(position) as last from audit_events', [])
// One in a hundred is an administrator's act, one in fifty thousand a change of the rules; half of the acts by one person.
await sql`insert into audit_events (id, at, action, organization_id, actor_id, subject_id, address, request_id, detail, position, concerns, hash)
  select (lpad(to_hex(t.ms), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid, to_timestamp(t.ms / 1000.0),
    case when n % 50000 = 0 then 'policy.changed' when n % 100 = 0 then 'user.changed' when n % 30 = 0 then 'sign-in.code-refused' else 'session.started' end,
    case when n % 100 = 0 then ${site.id}::uuid end,
    case when n % 200 = 0 then ${admin.id}::uuid when n % 30 <> 0 then md5('person ' || n * 7919 % ${people} + 1)::uuid end, md5('person ' || n * 7919 % ${people} + 1)::uuid,
    '192.0.2.1', gen_random_uuid()::text, '{"aal": 2, "amr": ["pwd", "otp", "mfa"]}', ${last} + n,
    case when n % 100 = 0 then array[${site.id}, ${kit.provider.id}]::uuid[] else array[${site.id}]::uuid[] end, md5(n::text) || md5(n::text)
  from generate_series(1::bigint, ${events}) n, lateral (select ${kit.now().getTime()} - (${events} - n) * 25000::bigint as ms) t`.execute(
  db,
)
await sql`insert into audit_concerns select o, id, position, action, actor_id, subject_id from audit_events, unnest(concerns) o where position > ${last}`.execute(
  db,
)
await sql`vacuum analyze audit_events, audit_concerns, memberships, users`.execute(db)

const somebody = (await store.run<{ id: string }>(`select md5('person 77')::uuid as id`, []))[0]?.id ?? ''
const middle =
  (await store.run<{ id: string }>('select id from audit_events order by position offset $1 limit 1', [events / 2]))[0]?.id ?? ''
const searched = async (text: string, actions: readonly string[]) => ({
  search: { actions, people: await findPeople(db, site.id, text, 100) },
})
const questions: Readonly<Record<string, () => Promise<EventFilter>>> = {
  'the newest page': async () => ({}),
  'a page in the middle': async () => ({ before: middle }),
  'a frequent action': async () => ({ action: 'session.started' }),
  'a rare action': async () => ({ action: 'policy.changed' }),
  'an action that never was': async () => ({ action: 'two-factor.reset' }),
  'a person': async () => ({ person: somebody }),
  'the busiest administrator, a rare action': async () => ({ person: admin.id, action: 'policy.changed' }),
  'a search for one address': () => searched('person-77@example', []),
  'a search for many people (100 are taken)': () => searched('a', ['session.started', 'user.changed', 'sign-in.code-refused']),
  'a search for nobody': () => searched('nobody at all', []),
  'a search, a person, an action and a time at once': async () => ({
    ...(await searched('name a', [])),
    person: somebody,
    action: 'session.started',
    before: middle,
  }),
}

const executor = db.getExecutor()
const original = executor.executeQuery
let asked: CompiledQuery | undefined
executor.executeQuery = function (query, ...rest) {
  asked = query
  return original.call(this, query, ...rest) as never
}

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
const slowest = { milliseconds: 0, plan: '' }
console.log(`${events.toLocaleString('en')} events, ${store.engine}\n\n| question | median, ms | greatest, ms |\n|---|---:|---:|`)
for (const [name, question] of Object.entries(questions)) {
  const times: number[] = []
  for (let nth = 0; nth < 11; nth++) {
    const started = performance.now()
    await listEvents(db, site.id, await question(), 51)
    times.push(performance.now() - started)
  }
  console.log(`| ${name} | ${median(times).toFixed(1)} | ${Math.max(...times).toFixed(1)} |`)
  if (asked && median(times) > slowest.milliseconds) {
    const { rows } = await original.call(
      executor,
      CompiledQuery.raw(`explain (analyze, buffers) ${asked.sql}`, [...asked.parameters]),
      {} as never,
    )
    Object.assign(slowest, {
      milliseconds: median(times),
      plan: (rows as Record<string, string>[]).map((row) => row['QUERY PLAN']).join('\n'),
    })
  }
}
executor.executeQuery = original

const [room] = await store.run<{ events: number; lists: number }>(
  `select pg_total_relation_size('audit_events')::float8 / $1 as events, pg_total_relation_size('audit_concerns')::float8 / $1 as lists`,
  [events],
)
console.log(`\nbytes per event: ${Math.round(room?.events ?? 0)} and ${Math.round(room?.lists ?? 0)} for the lists`)

globalThis.gc?.()
let [bytes, started, greatest] = [0, performance.now(), 0]
const visit = { session: client.cookies.get('countersign-session') ?? '', address: '192.0.2.1', requestId: 'bench', browser: 'bench' }
for await (const chunk of (await exportAudit(kit.rooms, visit, site.id, { format: 'csv' })).chunks) {
  bytes += Buffer.byteLength(chunk)
  greatest = Math.max(greatest, process.memoryUsage().heapUsed)
}
const seconds = (performance.now() - started) / 1000
console.log(
  `export: ${Math.round(events / seconds).toLocaleString('en')} events a second, ${(bytes / 1e6).toFixed(0)} MB of CSV, at most ${(greatest / 2 ** 20).toFixed(0)} MiB of heap`,
)

const fresh = 20_000
await sql`insert into audit_events (id, at, action, actor_id, subject_id, address, request_id, detail)
  select gen_random_uuid(), now(), 'session.started', ${somebody}, ${somebody}, '192.0.2.1', gen_random_uuid()::text, '{"aal": 2}' from generate_series(1, ${fresh})`.execute(
  db,
)
started = performance.now()
await sealAll(kit.rooms)
console.log(`sealing: ${Math.round((fresh * 1000) / (performance.now() - started)).toLocaleString('en')} events a second`)
console.log(`verify stops at the first event that the bench made up: ${JSON.stringify((await walkChain(store, keys.audit)).broken)}`)
console.log(`\nThe plan of the slowest:\n${slowest.plan}`)
await kit.close()
await postgres.stop()
