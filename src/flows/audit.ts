import type { AuditExport, AuditFilter, AuditRecord, AuditRecords } from '#contract/audit.ts'
import { idAt, isId } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { byteOrderMark, csvLine } from '#domain/spreadsheet.ts'
import { note } from '#store/audit.ts'
import { sealEvents } from '#store/audit-chain.ts'
import { type EventFilter, findPeople, type ListedEvent, listEvents } from '#store/audit-list.ts'
import { type Words, wordsFor } from '#words/words.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'

/**
 * What concerns an organization, newest first. Its administrators see what was done in it, and what its members did about their
 * own account while they were members; never what was done in another organization, also about a person who belongs to both.
 *
 * @throws {Problem} `not-found`, `forbidden`, `malformed` for an id or a moment that is none
 */
export async function auditOf(rooms: Rooms, visit: Visit, organizationId: string, asked: AuditFilter): Promise<AuditRecords> {
  const { place } = await enter(rooms, visit, organizationId, asked)
  const words = wordsFor()
  const limit = asked.limit === undefined ? 50 : Number(asked.limit)
  const events = await listEvents(rooms.store.db, place.id, await narrowed(rooms, place.id, words, asked), limit + 1)
  const page = events.slice(0, limit)
  return { events: page.map((event) => view(words, event)), nextCursor: events.length > limit ? (page.at(-1)?.id ?? null) : null }
}

export interface Exported {
  readonly fileName: string
  readonly type: string
  /** Read page by page, so that neither the memory nor the one connection of the embedded database is ever full of it. */
  readonly chunks: AsyncGenerator<string>
}

/** All that a filter matches, as CSV for spreadsheets or as a line of JSON each. That it was asked for is written down first. */
export async function exportAudit(rooms: Rooms, visit: Visit, organizationId: string, asked: AuditExport): Promise<Exported> {
  const { place, userId } = await enter(rooms, visit, organizationId, asked)
  const words = wordsFor()
  const { format = 'csv', site: _site, ...filter } = asked
  const narrow = await narrowed(rooms, place.id, words, asked)
  const now = rooms.now()
  await note(rooms.store.db, now, visit, {
    action: 'audit.exported',
    organizationId: place.id,
    actorId: userId,
    detail: { format, ...(Object.keys(filter).length > 0 ? { filter } : {}) },
  })
  const name = place.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return {
    fileName: `audit-${name === '' ? '' : `${name}-`}${now.toISOString().slice(0, 10)}.${format}`,
    type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
    chunks: lines(rooms, place.id, words, narrow, format),
  }
}

async function* lines(rooms: Rooms, organizationId: string, words: Words, filter: EventFilter, format: 'csv' | 'jsonl') {
  if (format === 'csv') yield byteOrderMark + csvLine(words.audit.columns)
  const most = 500
  for (let before = filter.before; ; ) {
    const events = await listEvents(rooms.store.db, organizationId, { ...filter, ...(before === undefined ? {} : { before }) }, most)
    const records = events.map((event) => view(words, event))
    if (records.length > 0) yield records.map((one) => (format === 'csv' ? csvLine(cellsOf(one)) : `${JSON.stringify(one)}\n`)).join('')
    if (events.length < most) return
    before = events.at(-1)?.id
  }
}

const cellsOf = ({ at, sentence, action, organization, who, whom, address, details, requestId, id, position }: AuditRecord) => [
  at,
  sentence,
  action,
  organization?.name ?? '',
  who?.name ?? '',
  who?.id ?? '',
  whom?.name ?? '',
  whom?.id ?? '',
  address,
  details.map(({ what, before, value }) => `${what}: ${before === undefined ? '' : `${before} → `}${value}`).join('; '),
  requestId,
  id,
  String(position),
]

/** The organization whose audit is asked for, with everything that was committed until now in its place. */
async function enter(rooms: Rooms, visit: Visit, organizationId: string, { site }: { readonly site?: string }) {
  const session = await requireSession(rooms, visit)
  const own = await authorize(rooms.store.db, session, organizationId, 'see-audit')
  const place = site === undefined ? own : await authorize(rooms.store.db, session, site, 'see-audit')
  await sealEvents(rooms.store, rooms.keys.audit)
  return { place, userId: session.userId }
}

async function narrowed(rooms: Rooms, organizationId: string, words: Words, asked: AuditFilter): Promise<EventFilter> {
  const { action, person, from, to, cursor } = asked
  if (person !== undefined && !isId(person)) throw new Problem('malformed', { reason: 'person' })
  if (cursor !== undefined && !isId(cursor)) throw new Problem('malformed', { reason: 'cursor' })
  const [before] = [...(cursor === undefined ? [] : [cursor.toLowerCase()]), ...(to === undefined ? [] : [firstIdAt(to)])].sort()
  const search = asked.search?.trim()
  return {
    ...(action === undefined ? {} : { action }),
    ...(person === undefined ? {} : { person }),
    ...(from === undefined ? {} : { from: firstIdAt(from) }),
    ...(before === undefined ? {} : { before }),
    ...(search
      ? { search: { actions: words.audit.actionsWith(search), people: await findPeople(rooms.store.db, organizationId, search, 100) } }
      : {}),
  }
}

function firstIdAt(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at) || at < 0 || at >= 2 ** 48) throw new Problem('malformed', { reason: 'date' })
  return idAt(new Date(at))
}

function view(words: Words, event: ListedEvent): AuditRecord {
  const { id, at, action, organization, actor, subject, address, requestId, detail, position } = event
  const isSelf = actor !== undefined && actor.id === subject?.id
  const told = { ...(actor ? { who: actor.name } : {}), ...(subject ? { whom: subject.name } : {}), isSelf, detail }
  return {
    id,
    at: at.toISOString(),
    action,
    sentence: words.audit.sentence(action, told),
    organization: organization ?? null,
    who: actor ?? null,
    whom: subject ?? null,
    address,
    requestId,
    details: [...words.audit.details(detail)],
    position,
  }
}

export interface Sealing {
  /** Ends after the batch that is under way, and one more. What still waits then, waits for whoever seals next. */
  stop(): Promise<void>
}

/**
 * Seals the audit behind the back of the sign-ins, every two seconds. Any number of processes may run one.
 */
export function startSealing(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 2000): Sealing {
  let running: Promise<void> | undefined
  let isStopping = false
  const seal = () => {
    running ??= sealAll(rooms, () => isStopping)
      .catch((error: unknown) => log(error, 'the audit could not be sealed'))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const ticker = setInterval(seal, everyMilliseconds)
  ticker.unref()
  return {
    stop: async () => {
      clearInterval(ticker)
      isStopping = true
      await running
      await seal()
    },
  }
}

/**
 * Seals until nothing waits any more, or until it is to stop. Each batch is a transaction of its own, so that others get the
 * connection in between.
 */
export async function sealAll({ store, keys }: Rooms, isStopping: () => boolean = () => false): Promise<void> {
  const batch = 500
  while ((await sealEvents(store, keys.audit, batch)) === batch && !isStopping());
}
