import type { KeyObject } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import { keyedDigest } from '#crypto/random.ts'
import type { Walk } from '#domain/audit.ts'
import type { Store } from './store.ts'
import type { Database } from './tables.ts'

/** A row with everything that its hash covers, as text that is the same on every database. */
interface ChainedRow {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly organization_id: string | null
  readonly actor_id: string | null
  readonly subject_id: string | null
  readonly address: string
  readonly request_id: string
  readonly detail: string
}

interface SealedRow extends ChainedRow {
  readonly position: number
  /** A JSON list. */
  readonly concerns: string
  readonly hash: string
}

const chained = `e.id, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.action, e.organization_id, e.actor_id, e.subject_id,
  e.address, e.request_id, e.detail::text as detail`

/** What the first event of a chain follows. */
const beginning = ''

function hashOf(key: KeyObject, previous: string, position: number, concerns: readonly string[], row: ChainedRow): string {
  const { id, at, action, organization_id, actor_id, subject_id, address, request_id, detail } = row
  const fields = [previous, position, id, at, action, organization_id, actor_id, subject_id, address, request_id, detail, concerns]
  return keyedDigest(key, JSON.stringify(fields))
}

// In the order of the index of what waits: without it, a table that was seen full of such events is read through from its beginning.
const waitingText = 'select from audit_events where position is null order by id limit 1'

/** Held while a batch is sealed, so that several processes do not do the same work; that no place is given twice, an index sees to. */
const lockText = `select pg_try_advisory_xact_lock(hashtext('countersign'), hashtext('audit')) as is_ours`

const headText = 'select position, hash from audit_events where position is not null order by position desc limit 1'

/**
 * An event of an organization concerns that one and the provider above it. A personal event concerns the organizations that the
 * person is a member of at this moment, and none that they join later. What concerns nobody is the provider's.
 */
const nextText = `select ${chained}, coalesce(
    case when e.organization_id is null
      then (select json_agg(m.organization_id order by m.organization_id) from memberships m where m.user_id = e.subject_id and m.joined_at is not null)
      else (select json_agg(one.id order by one.id) from organizations o, unnest(array[o.id, o.parent_id]) one (id)
        where o.id = e.organization_id and one.id is not null) end,
    (select json_agg(o.id) from organizations o where o.parent_id is null), '[]')::text as concerns
  from audit_events e where e.position is null order by e.id limit $1`

const sealText = `with places as (select * from json_to_recordset($1::json) as one(id uuid, position bigint, concerns uuid[], hash text)),
  sealed as (
    update audit_events e set position = p.position, concerns = p.concerns, hash = p.hash from places p where e.id = p.id and e.position is null
    returning e.id, e.position, e.concerns, e.action, e.actor_id, e.subject_id),
  listed as (
    insert into audit_concerns (organization_id, event_id, position, action, actor_id, subject_id)
    select o, s.id, s.position, s.action, s.actor_id, s.subject_id from sealed s, unnest(s.concerns) o)
  select count(*)::int as sealed from sealed`

/**
 * Gives committed events their places in the chain: one batch, in the order they are found. An event that commits after a later
 * one was sealed is found by the next batch; none is ever passed over. Any number of processes may call it at once.
 *
 * @returns how many were sealed; less than `limit` when none is left, or when another process is at it
 */
export async function sealEvents(store: Store, key: KeyObject, limit = 500): Promise<number> {
  if ((await store.run(waitingText, [])).length === 0) return 0
  return store.transaction(async (db) => {
    const [lock] = await ask<{ is_ours: boolean }>(db, lockText)
    if (!lock?.is_ours) return 0
    const [head] = await ask<{ position: number; hash: string }>(db, headText)
    const rows = await ask<ChainedRow & { readonly concerns: string }>(db, nextText, limit)
    let { position, hash } = head ?? { position: 0, hash: beginning }
    const places = rows.map((row) => {
      const concerns = JSON.parse(row.concerns) as string[]
      position += 1
      hash = hashOf(key, hash, position, concerns, row)
      return { id: row.id, position, concerns, hash }
    })
    const [done] = await ask<{ sealed: number }>(db, sealText, JSON.stringify(places))
    if (done?.sealed !== places.length) throw new Error('Events that were found unsealed could not be sealed.')
    return places.length
  })
}

const walkText = `select e.position, ${chained}, array_to_json(e.concerns)::text as concerns, e.hash
  from audit_events e where e.position > $1 order by e.position limit $2`

const listsText = `select count(*)::int as listed from audit_events e cross join lateral unnest(e.concerns) o
  join audit_concerns c on c.organization_id = o and c.event_id = e.id and c.position = e.position and c.action = e.action
    and c.actor_id is not distinct from e.actor_id and c.subject_id is not distinct from e.subject_id
  where e.position > $1 and e.position <= $2`

/** Computes every hash anew, from the first event to the last, and sees that each event stands in the lists it should. */
export async function walkChain(store: Store, key: KeyObject, noted?: string): Promise<Walk> {
  const step = 1000
  let walk: Omit<Walk, 'unsealed'> = { events: 0, head: beginning }
  let listed = 0
  const stop = async (broken?: Walk['broken']): Promise<Walk> => {
    const [rest] = await store.run<{ count: number }>('select count(*)::int as count from audit_events where position is null', [])
    return { ...walk, ...(broken ? { broken } : {}), unsealed: rest?.count ?? 0 }
  }
  for (;;) {
    const rows = await store.run<SealedRow>(walkText, [walk.events, step])
    const start = walk.events
    let expected = 0
    for (const row of rows) {
      const position = walk.events + 1
      const concerns = (JSON.parse(row.concerns ?? '[]') ?? []) as string[]
      if (row.position !== position) return stop({ position, why: 'missing' })
      if (row.hash !== hashOf(key, walk.head, position, concerns, row)) return stop({ position, why: 'changed' })
      expected += concerns.length
      walk = {
        ...walk,
        events: position,
        from: walk.from ?? row.at,
        to: row.at,
        head: row.hash,
        ...(row.hash === noted ? { notedAt: position } : {}),
      }
    }
    const [found] = await store.run<{ listed: number }>(listsText, [start, walk.events])
    if (found?.listed !== expected) return stop({ position: start + 1, why: 'lists' })
    listed += expected
    if (rows.length < step) break
  }
  const [all] = await store.run<{ count: number }>('select count(*)::int as count from audit_concerns where position <= $1', [walk.events])
  return stop(all?.count === listed ? undefined : { position: 1, why: 'lists' })
}

async function ask<Row>(db: Database, text: string, ...parameters: readonly unknown[]): Promise<readonly Row[]> {
  return (await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows
}
