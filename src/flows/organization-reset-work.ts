import type { AuditEvent } from '#domain/audit.ts'
import { note, noteEach } from '#store/audit.ts'
import { enqueue } from '#store/messages.ts'
import {
  eraseSecrets,
  finishReset,
  finishTakeBack,
  moveReset,
  noteErased,
  type OrganizationReset,
  resetsAtWork,
} from '#store/organization-reset.ts'
import { retireAll } from '#store/people.ts'
import { type Enlisted, gaveWay, noteTurns, restoreAll, stillOwing, stillReached, type Turn, takeTurns } from '#store/reset-people.ts'
import { endEverythingOf } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { type Rooms, withCircumstances } from './rooms.ts'

/** People in one transaction: few enough that nobody else notices, neither on the event loop nor on the embedded connection. */
const batch = 50

/** So often in a row a batch gives way before it is left for the next look. */
const mostWaits = 5

/** Secrets that are erased in one statement. */
const erasedAtOnce = 1000

export interface ResetWork {
  /** Looks for work now instead of at the next tick. */
  wake(): void
  /** Works until there is nothing more to do at this moment. */
  drain(): Promise<void>
  /** Ends after the batch that is under way; the rest goes on elsewhere, or after the next start. */
  stop(): Promise<void>
}

/**
 * Works off the resets of organizations, every second: people in batches, proposals that have run out, windows that are over. Any number
 * of processes may run one. Each batch is a transaction with the person's retirement, the audit and the mail in it, so whoever
 * is killed has done each person whole or not at all, and the next one goes on from there.
 */
export function startResets(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 1000): ResetWork {
  let running: Promise<void> | undefined
  let isWoken = false
  let isStopping = false
  const work = async () => {
    do {
      isWoken = false
      await workResets(rooms, () => isStopping)
    } while (isWoken && !isStopping)
  }
  const wake = () => {
    isWoken = true
    if (isStopping || running) return
    running = work()
      .catch((error: unknown) => log(error, 'a reset of an organization will be tried again'))
      .finally(() => {
        running = undefined
      })
  }
  const ticker = setInterval(wake, everyMilliseconds)
  ticker.unref()
  wake()
  return {
    wake,
    drain: async () => {
      await running
      wake()
      await running
    },
    stop: async () => {
      isStopping = true
      clearInterval(ticker)
      await running
    },
  }
}

/** Does all that is to be done about resets now. What is locked elsewhere is left for the next look, and one that fails holds up no other. */
export async function workResets(rooms: Rooms, isStopping: () => boolean = () => false): Promise<void> {
  const failures: unknown[] = []
  for (const reset of await resetsAtWork(rooms.store.db, rooms.now())) {
    if (isStopping()) break
    await workOn(rooms, reset, isStopping).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

async function workOn(rooms: Rooms, reset: OrganizationReset, isStopping: () => boolean): Promise<void> {
  if (reset.state === 'running') {
    await workOff(rooms, reset, takeAway, isStopping)
    await conclude(rooms, reset, 'reset.finished', reset.startedBy, (db, now) => finishReset(db, now, reset.id))
  } else if (reset.state === 'proposed') {
    await conclude(rooms, reset, 'reset.expired', null, async (db, now) =>
      (await moveReset(db, now, reset.id, 'proposed', 'expired')) ? {} : undefined,
    )
  } else {
    if (reset.state === 'taking-back') {
      await workOff(rooms, reset, bringBack, isStopping)
      await conclude(rooms, reset, 'reset.taken-back', reset.endedBy, (db) => finishTakeBack(db, reset.id))
    } else if (reset.state === 'done') {
      await conclude(rooms, reset, 'reset.closed', null, async (db, now) =>
        (await moveReset(db, now, reset.id, 'done', 'closed')) ? {} : undefined,
      )
    }
    await erase(rooms, reset, isStopping)
  }
}

type Batch = (rooms: Rooms, db: Database, reset: OrganizationReset) => Promise<number>

/** Batch after batch. One that meets a person in the middle of a sign-in gives way whole, and is tried again a moment later. */
async function workOff(rooms: Rooms, reset: OrganizationReset, once: Batch, isStopping: () => boolean): Promise<void> {
  for (let [done, waits] = [batch, 0]; done > 0 && waits < mostWaits && !isStopping(); ) {
    try {
      done = await rooms.store.transaction((db) => once(rooms, db, reset))
      waits = 0
    } catch (error) {
      if (!gaveWay(error)) throw error
      waits += 1
    }
    rooms.onMessage()
    // Requests that came meanwhile go first.
    await new Promise((next) => setTimeout(next, waits > 0 ? 50 : 0))
  }
}

/** One batch of a reset: the retirement, what it ends, the audit and the mails. @returns how many people had their turn */
const takeAway: Batch = async (rooms, db, reset) => {
  const now = rooms.now()
  const people = await takeTurns(db, reset.id, 'running', batch)
  if (!people || people.length === 0) return 0
  const reached = await stillReached(db, reset.id, people)
  const ids = reached.map(({ id }) => id)
  const sessions = await endEverythingOf(db, ids)
  const retired = await retireAll(db, now, ids, { setUpDue: true, by: reset.id })
  const mails = await tellAll(rooms, db, reset, reached, 'organization-reset', 'two-factor.reset', reset.proposedBy)
  const turns = people.map(({ id }): Turn => {
    const messageId = mails.get(id)
    if (messageId === undefined) return { userId: id, outcome: 'nothing' }
    return { userId: id, outcome: 'reset', ...retired.get(id), sessions: sessions.get(id) ?? 0, messageId }
  })
  await noteTurns(db, now, reset.id, turns)
  return people.length
}

/** One batch of taking back: whoever has not set up anew gets their authenticators back, and is told. */
const bringBack: Batch = async (rooms, db, reset) => {
  const people = await takeTurns(db, reset.id, 'taking-back', batch)
  if (!people || people.length === 0) return 0
  const owing = await stillOwing(db, reset.id, people)
  await restoreAll(db, reset.id, owing)
  const mails = await tellAll(
    rooms,
    db,
    reset,
    owing,
    'organization-reset-taken-back',
    'two-factor.restored',
    reset.endedBy ?? reset.proposedBy,
  )
  // The mail that is counted is that of the reset; this one only follows it.
  const turns = people.map(({ id }): Turn => ({ userId: id, outcome: mails.has(id) ? 'restored' : 'kept' }))
  await noteTurns(db, rooms.now(), reset.id, turns)
  return people.length
}

/** Writes down and mails what was done to each. @returns the mail of each person */
async function tellAll(
  rooms: Rooms,
  db: Database,
  reset: OrganizationReset,
  people: readonly Enlisted[],
  template: string,
  action: AuditEvent['action'],
  actorId: string,
): Promise<ReadonlyMap<string, string>> {
  const now = rooms.now()
  const values = { organization: reset.organization, by: reset.proposer, undoMinutes: String(reset.undoMinutes) }
  const event = { action, organizationId: reset.organizationId, actorId, detail: { reset: reset.id } }
  await noteEach(
    db,
    now,
    reset.origin,
    event,
    people.map(({ id }) => id),
  )
  const messages = people.map(({ email }) => withCircumstances(now, reset.origin, { to: email, template, values }))
  const ids = await enqueue(db, rooms.keys, now, ...messages)
  return new Map(people.map(({ id }, nth) => [id, ids[nth] ?? '']))
}

/** A change of the state of a reset with its audit, by whoever comes first; `change` says nothing when it was not them. */
async function conclude(
  rooms: Rooms,
  reset: OrganizationReset,
  action: AuditEvent['action'],
  actorId: string | null,
  change: (db: Database, now: Date) => Promise<Readonly<Record<string, number>> | undefined>,
): Promise<void> {
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const figures = await change(db, now)
    if (!figures) return
    await note(db, now, reset.origin, {
      action,
      organizationId: reset.organizationId,
      ...(actorId === null ? {} : { actorId }),
      detail: { reset: reset.id, ...figures },
    })
  })
}

async function erase(rooms: Rooms, reset: OrganizationReset, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && (await eraseSecrets(rooms.store.db, reset.id, erasedAtOnce)) === erasedAtOnce);
  await noteErased(rooms.store.db, rooms.now(), reset.id)
}
