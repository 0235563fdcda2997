/**
 * How long the list of people takes where one organization has very many: `node bench/people-list.ts [people]`.
 *
 * A PostgreSQL of its own, filled by `insert … select`, and the API as it is delivered. Prints, for each search and filter, the
 * times of twenty pages, and the plans of the slowest page and of the slowest count.
 */
import { CompiledQuery } from 'kysely'
import { countMembers, listMembers } from '#store/people.ts'
import type { Database } from '#store/tables.ts'
import { startPostgres } from '../test/machine/postgres.ts'

const people = Number(process.argv[2] ?? 100_000)
const rounds = 20

const server = await startPostgres()
process.env.TEST_DATABASE_URL = server.url
// The kit reads the address when it is loaded.
const { openKit } = await import('../test/kit.ts')
const kit = await openKit({ database: 'postgres', remembersHashes: true })
const { db } = kit.rooms.store
const run = (text: string, parameters: readonly unknown[] = []) =>
  db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...parameters]))

const site = await kit.site({ mode: 'chosen' })
const admin = await kit.person(site.id, { role: 'admin' })
const client = await kit.signIn(admin)
await fill()

const filters = [
  '',
  'cursor=the+middle',
  'search=person+4711',
  'search=e',
  'search=nobody+of+this+name',
  'status=active',
  'status=invited',
  'status=suspended',
  'role=admin',
  'role=owner',
  'badge=secured',
  'badge=required',
  'badge=not-set-up',
  'badge=not-available',
  'search=99&badge=required&role=user',
]
const middle = (
  await run('select listed_as from memberships where organization_id = $1 order by listed_as offset $2 limit 1', [site.id, people / 2])
).rows[0]?.listed_as
const at = `/api/v1/organizations/${site.id}/users`

console.log(`${people.toLocaleString('en')} people in one organization, ${kit.rooms.store.engine}, ${rounds} pages of 50 each\n`)
console.log('| search or filter | matches | p50 ms | greatest ms |\n|---|---:|---:|---:|')
const times: { readonly filter: string; readonly p50: number }[] = []
for (const filter of filters) {
  const query = filter.replace('the+middle', Buffer.from(String(middle)).toString('base64url'))
  const taken: number[] = []
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    const reply = await client.call('GET', `${at}?${query}`)
    taken.push(performance.now() - begun)
    if (reply.status !== 200) throw new Error(`${filter}: ${reply.text}`)
    total = reply.json.total
  }
  taken.sort((a, b) => a - b)
  const [p50 = 0, most = 0] = [taken[rounds / 2], taken.at(-1)]
  times.push({ filter, p50 })
  console.log(
    `| ${filter === '' ? 'none' : `\`${filter.replaceAll('+', ' ')}\``} | ${total.toLocaleString('en')} | ${p50.toFixed(1)} | ${most.toFixed(1)} |`,
  )
}

const slowest = times.reduce((most, one) => (one.p50 > most.p50 ? one : most))
const asked = Object.fromEntries(new URLSearchParams(slowest.filter))
console.log(`\nThe plans of the slowest, ${slowest.filter || 'no filter'}:`)
for (const { sql, parameters } of await statementsOf(async (spy) => {
  const { cursor: _cursor, ...filter } = asked
  await listMembers(spy, site.id, admin.id, filter, { limit: 51 })
  await countMembers(spy, site.id, filter)
})) {
  const { rows } = await run(`explain (analyze, buffers, costs off) ${sql}`, parameters)
  console.log(`\n\`\`\`\n${rows.map((row) => row['QUERY PLAN']).join('\n')}\n\`\`\``)
}
await kit.close()
await server.stop()

/** Names of people as they are, a third invited or suspended or in charge here and there, two thirds secured. */
async function fill(): Promise<void> {
  await run(
    `insert into users (id, email, name, created_at)
      select gen_random_uuid(), 'person-' || n || '@example.org', (array['Ada', 'Ben', 'Chiara', 'Dmitri', 'Elif', 'Farid', 'Grace'])[1 + n % 7] || ' Person ' || n, now()
      from generate_series(1, $1::int) n`,
    [people],
  )
  await run(
    `insert into memberships (organization_id, user_id, role, required, invited_as, invited_at, joined_at, suspended_at)
      select $1, u.id, case when n % 500 = 0 then 'admin' else 'user' end, n % 2 = 0, u.name, now(), case when n % 50 <> 0 then now() end,
        case when n % 200 = 1 then now() end
      from (select id, name, split_part(split_part(email, '-', 2), '@', 1)::int as n from users where email like 'person-%@example.org' and email ~ '^person-[0-9]+@') u`,
    [site.id],
  )
  await run(
    `insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at)
      select gen_random_uuid(), user_id, kind, kind, '\\x00', 0, '{}', now()
      from memberships, (values ('totp'), ('backup-codes')) k (kind) where organization_id = $1 and hashtext(user_id::text) % 3 <> 0`,
    [site.id],
  )
  await run(
    `insert into audit_events (id, at, action, subject_id, address, request_id, detail)
      select gen_random_uuid(), now() - n * interval '1 day', case when n % 3 = 0 then 'session.started' else 'sign-in.code-refused' end, user_id, '', '', '{}'
      from memberships, generate_series(1, 9) n where organization_id = $1`,
    [site.id],
  ).catch((error: unknown) => console.error(`Without sign-ins: ${error}`))
  await run('vacuum analyze')
}

/** The statements that a function of the store sends. */
async function statementsOf(work: (spy: Database) => Promise<unknown>): Promise<readonly CompiledQuery[]> {
  const sent: CompiledQuery[] = []
  const executor = db.getExecutor()
  const getExecutor = () =>
    new Proxy(executor, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (name !== 'executeQuery') return typeof value === 'function' ? value.bind(target) : value
        return (query: CompiledQuery) => {
          sent.push(query)
          return target.executeQuery(query)
        }
      },
    })
  await work({ getExecutor } as Database)
  return sent
}
