import type { DuoAdminChange, DuoUsers } from '#contract/duo-users.ts'
import { newToken } from '#crypto/random.ts'
import { type DuoApplication, duoHost, duoId, duoSecret } from '#domain/duo.ts'
import { Problem } from '#domain/problem.ts'
import { type DuoAdmin, duoAdmin } from '#factors/duo/duo-admin.ts'
import { Failure } from '#factors/outside.ts'
import { note } from '#store/audit.ts'
import {
  changeDuoAdmin,
  dropDuoUser,
  findDuoAdmin,
  findLeftDuoUsers,
  type LeftDuoUser,
  leaseLeftDuoUsers,
  noteLeftDuoUser,
} from '#store/duo-users.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

const most = 100

/** Who is left behind in the provider's Duo, and whether Countersign can take them out. @throws {Problem} `forbidden`, `not-found` */
export async function duoUsersOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<DuoUsers> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-duo')
  return view(rooms, id)
}

/**
 * Stores the application of the type "Admin API" that takes people out of Duo, once Duo has taken its keys for that; or forgets it.
 * No transaction is open while Duo is asked.
 *
 * @throws {Problem} `invalid-duo` with the field, or `admin.account` where there is no account of one's own; `duo-check-failed` with
 *   what is wrong, `forbidden`, `proof-required`
 */
export async function changeDuoUsersOf(rooms: Rooms, visit: Visit, organizationId: string, change: DuoAdminChange): Promise<DuoUsers> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-duo')
  const session = await requireFreshSession(rooms, visit)
  const application = change.admin === null ? undefined : applicationOf(rooms, change.admin)
  if (application) await prove(rooms, application)
  const now = rooms.now()
  const id = await rooms.store.transaction(async (db) => {
    const found = await authorize(db, session, organizationId, 'change-duo')
    const isChanged = await changeDuoAdmin(db, rooms.keys, now, found.id, application)
    if (!isChanged && application) throw new Problem('invalid-duo', { reason: 'admin.account' })
    if (!isChanged) return found.id
    await note(db, now, visit, {
      action: 'duo.admin-changed',
      organizationId: found.id,
      actorId: session.userId,
      detail: { host: application?.host ?? null, adminApi: application?.key ?? null },
    })
    return found.id
  })
  return view(rooms, id)
}

async function view(rooms: Rooms, organizationId: string): Promise<DuoUsers> {
  const { db } = rooms.store
  const admin = await findDuoAdmin(db, rooms.keys, organizationId)
  const left = await findLeftDuoUsers(db, rooms.now(), organizationId, most)
  return {
    admin: admin ? { host: admin.host, key: admin.key } : null,
    left: left.map(({ trouble, ...user }) => ({ ...user, ...(trouble === undefined ? {} : { trouble }) })),
  }
}

function applicationOf({ listedHosts }: Rooms, written: NonNullable<DuoAdminChange['admin']>): DuoApplication {
  const wrong = (field: string) => new Problem('invalid-duo', { reason: `admin.${field}` })
  const host = duoHost(written.host, listedHosts)
  if (host === undefined) throw wrong('host')
  const key = duoId(written.key)
  if (key === undefined) throw wrong('key')
  const secret = duoSecret(written.secret)
  if (secret === undefined) throw wrong('secret')
  return { host, key, secret }
}

/** Proves that the keys may read and write: by looking for nobody, and by taking out nobody. @throws {Problem} `duo-check-failed` */
async function prove(rooms: Rooms, application: DuoApplication): Promise<void> {
  const admin = duoAdmin({ ask: rooms.outside, now: rooms.now, application })
  const nobody = newToken().replace(/[^A-Za-z0-9]/g, 'x')
  try {
    await admin.find(nobody)
    await admin.remove(`DU${nobody.slice(0, 18).toUpperCase()}`)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Problem('duo-check-failed', { admin: error.reason, ...(error.detail ? { said: error.detail.slice(0, 200) } : {}) })
  }
}

export interface DuoCleanUp {
  /** Looks now instead of at the next tick. */
  wake(): void
  /** Takes out whoever is due now, and waits for it. */
  drain(): Promise<void>
  /** Ends after the people who are being taken out. */
  stop(): Promise<void>
}

const atOnce = 20
const leaseSeconds = 300

/**
 * Takes people out of the provider's Duo who are used by nobody any more: every minute, and when somebody was removed or reset here. Any
 * number of processes may run one: a lease keeps them apart, and who is killed in between leaves somebody whom the next one takes out, for
 * Duo does not mind being told twice.
 */
export function startDuoCleanUp(rooms: Rooms, log: (error: unknown, what: string) => void, everyMilliseconds = 60_000): DuoCleanUp {
  let running: Promise<void> | undefined
  let isWoken = false
  let isStopping = false
  const takeOutAll = async () => {
    while (!isStopping) {
      const left = await leaseLeftDuoUsers(rooms.store.db, rooms.now(), atOnce, leaseSeconds)
      for (const user of left) if (!isStopping) await takeOut(rooms, user)
      if (left.length < atOnce) return
    }
  }
  const work = async () => {
    do {
      isWoken = false
      await takeOutAll()
    } while (isWoken && !isStopping)
  }
  const wake = () => {
    isWoken = true
    if (isStopping || running) return
    running = work()
      .catch((error: unknown) => log(error, 'people who left will be taken out of Duo later'))
      .finally(() => {
        running = undefined
      })
  }
  const ticker = setInterval(wake, everyMilliseconds)
  ticker.unref()
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

/** What a job did, which no request asked for. */
const ownWork = { address: '', requestId: '' } as const

async function takeOut(rooms: Rooms, user: LeftDuoUser): Promise<void> {
  const application = await findDuoAdmin(rooms.store.db, rooms.keys, user.accountOf)
  if (!application) return later(rooms, user, 'no-admin')
  let isOut: boolean
  try {
    isOut = await removeFrom(duoAdmin({ ask: rooms.outside, now: rooms.now, application }), user)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return later(rooms, user, error.reason)
  }
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const isDropped = await dropDuoUser(db, user.id)
    if (isDropped && isOut) await note(db, now, ownWork, eventOf(user, 'duo.user-removed', { duoUser: user.userName }))
  })
}

/** Takes a user out, whom Duo may never have made where it did not say so. @returns false where there was nobody. @throws {Failure} */
async function removeFrom(admin: DuoAdmin, { userKey, userName }: LeftDuoUser): Promise<boolean> {
  const key = userKey ?? (await admin.find(userName))?.key
  if (key !== undefined) await admin.remove(key)
  return key !== undefined
}

const eventOf = (
  { accountOf, userId }: LeftDuoUser,
  action: 'duo.user-removed' | 'duo.user-left',
  detail: Readonly<Record<string, string>>,
) => ({
  action,
  organizationId: accountOf,
  subjectId: userId,
  detail,
})

const dayMilliseconds = 86_400_000

/** Tries again after twice the time, a day at most. The first failure is written down, so that it does not fill the audit. */
async function later(rooms: Rooms, user: LeftDuoUser, trouble: string): Promise<void> {
  const now = rooms.now()
  const wait = trouble === 'no-admin' ? dayMilliseconds : Math.min(dayMilliseconds, 60_000 * 2 ** Math.min(user.attempts, 12))
  await rooms.store.transaction(async (db) => {
    await noteLeftDuoUser(db, user.id, trouble, new Date(now.getTime() + wait))
    if (user.attempts === 1) await note(db, now, ownWork, eventOf(user, 'duo.user-left', { duoUser: user.userName, reason: trouble }))
  })
}
