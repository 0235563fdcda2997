import type { DuoAliases, DuoDoctorLine, DuoDoctor as DuoDoctorView, DuoExamination, DuoMergeLine } from '#contract/duo-doctor.ts'
import { newId } from '#crypto/random.ts'
import {
  bareNameMerges,
  type DuoApplication,
  type DuoDiagnosis,
  type DuoFinding,
  type DuoNormalization,
  type DuoUser,
  diagnose,
  duoId,
  duoSecret,
} from '#domain/duo.ts'
import { Problem } from '#domain/problem.ts'
import { type DuoAdmin, duoAdmin, type Question } from '#factors/duo/duo-admin.ts'
import { type DuoAuth, duoAuth } from '#factors/duo/duo-auth.ts'
import { addMissingAliases, duoNormalization, duoStandings, patiently } from '#factors/duo/duo-doctor.ts'
import { Failure } from '#factors/outside.ts'
import { note } from '#store/audit.ts'
import {
  beginDuoRun,
  type DuoAccount,
  type DuoUserHere,
  endDuoRun,
  findDuoAccount,
  findDuoReading,
  holdDuoRun,
  keepDuoReading,
  listDuoPeople,
} from '#store/duo-doctor.ts'
import type { OpenSession } from '#store/session.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/** What the key doctor would ask, and what it found out last. @throws {Problem} `forbidden`, `not-found` */
export async function duoDoctorOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<DuoDoctorView> {
  const session = await requireSession(rooms, visit)
  const { db } = rooms.store
  const { id } = await authorize(db, session, organizationId, 'change-duo')
  const account = await findDuoAccount(db, rooms.keys, id)
  const people = await listDuoPeople(db, id, account?.accountOf ?? id)
  const { prompt, auth, checkedBy, checkedAt } = await findDuoReading(db, id)
  return {
    account: account?.account ?? null,
    host: account?.auth.host ?? null,
    people: people.filter(({ isOwn }) => isOwn).length,
    prompt,
    auth,
    checkedBy,
    checkedAt: checkedAt?.toISOString() ?? null,
  }
}

/** How many people of a merge are named where rules are refused because of it. */
const mostNamed = 20

/**
 * Keeps people whom Duo would take for one away from Duo, as far as the last run of the key doctor knows how the applications read names.
 * People of other organizations are counted and not named.
 *
 * @throws {Problem} `duo-would-merge` when rules allow Duo that did not before, with whom it would be, as far as there is room to say
 */
export async function requireNobodyMerged(rooms: Rooms, organizationId: string, before: Allowing, wanted: Allowing): Promise<void> {
  if (!wanted.methods.includes('duo') || before.methods.includes('duo')) return
  const { db } = rooms.store
  const { prompt, auth } = await findDuoReading(db, organizationId)
  if (prompt !== 'simple' && auth !== 'simple') return
  const account = await findDuoAccount(db, rooms.keys, organizationId)
  if (!account) return
  const people = new Map((await listDuoPeople(db, organizationId, account.accountOf)).map((person) => [person.id, person]))
  const merges = bareNameMerges([...people.values()]).map(({ people: merged, because }) => ({
    own: merged.flatMap(({ id }) => people.get(id) ?? []).filter(({ isOwn }) => isOwn),
    count: merged.length,
    because,
  }))
  // One with somebody of one's own says more than one of people elsewhere.
  const first = merges.find(({ own }) => own.length > 0) ?? merges[0]
  if (!first) return
  throw new Problem('duo-would-merge', {
    reason: 'bareName' in first.because ? first.because.bareName : first.because.userKey,
    merges: merges.length,
    people: first.count,
    merged: first.own.slice(0, mostNamed).map(({ shownName, name }) => `${shownName} (${name})`),
  })
}
type Allowing = { readonly methods: readonly string[] }

/**
 * The check, line by line: without keys of the Admin API each person is asked for by the name that a sign-in would send; with them all of
 * Duo's users are read and compared. Nobody's phone rings, nothing is changed, and no transaction is open while Duo is asked. The keys
 * live as long as the answer.
 *
 * @param signal ends it, also while it waits
 * @throws {Problem} `forbidden`, `proof-required`, `malformed`, `method-not-available` without keys to ask with, `duo-doctor-running`
 */
export async function examineDuo(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { prompt, admin }: DuoExamination,
  signal: AbortSignal,
): Promise<AsyncGenerator<DuoDoctorLine>> {
  const work = await begin(rooms, visit, organizationId, prompt, signal, admin)
  const { people, session } = work
  await note(rooms.store.db, rooms.now(), visit, {
    action: 'duo.people-checked',
    organizationId: work.organizationId,
    actorId: session.userId,
    detail: { people: people.filter(({ isOwn }) => isOwn).length, withAdminKeys: admin !== undefined },
  })
  return held(rooms, work, admin ? examined(rooms, work) : asked(rooms, work))
}

/**
 * Adds the aliases that are missing of the people who were named, and tells of each what became of it. Duo is read again first: what was
 * found before may no longer be so. Nothing is added while people would be merged or the applications read names differently.
 *
 * @throws {Problem} as {@link examineDuo}
 */
export async function addDuoAliases(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { prompt, admin, people }: DuoAliases,
  signal: AbortSignal,
): Promise<AsyncGenerator<DuoDoctorLine>> {
  const work = await begin(rooms, visit, organizationId, prompt, signal, admin)
  return held(rooms, work, cured(rooms, visit, work, new Set(people)))
}

/** A run of the key doctor. */
interface Work {
  readonly organizationId: string
  readonly runId: string
  readonly session: OpenSession
  readonly people: readonly DuoUserHere[]
  readonly prompt: DuoNormalization
  readonly auth: DuoAuth
  readonly admin: DuoAdmin
  readonly question: Question
}

async function begin(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  prompt: DuoNormalization,
  signal: AbortSignal,
  typed: DuoExamination['admin'],
): Promise<Work> {
  const { db } = rooms.store
  const first = await requireSession(rooms, visit)
  const { id } = await authorize(db, first, organizationId, 'change-duo')
  const session = await requireFreshSession(rooms, visit)
  const account = await findDuoAccount(db, rooms.keys, id)
  if (!account) throw new Problem('method-not-available', { methods: ['duo'], reason: 'duo-off' })
  const application = typed ? adminApplication(account, typed) : account.auth
  const people = await listDuoPeople(db, id, account.accountOf)
  const runId = newId(rooms.now())
  if (!(await beginDuoRun(db, rooms.now(), id, runId))) throw new Problem('duo-doctor-running')
  const client = { ask: rooms.outside, now: rooms.now }
  return {
    organizationId: id,
    runId,
    session,
    people,
    prompt,
    auth: duoAuth({ ...client, application: account.auth }),
    admin: duoAdmin({ ...client, application }),
    question: patiently(signal),
  }
}

/** The Admin API of the same account: its keys are sent to no other host. @throws {Problem} `malformed` with the field that is wrong */
function adminApplication({ auth: { host } }: DuoAccount, typed: NonNullable<DuoExamination['admin']>): DuoApplication {
  const key = duoId(typed.key)
  if (key === undefined) throw new Problem('malformed', { reason: 'key' })
  const secret = duoSecret(typed.secret)
  if (secret === undefined) throw new Problem('malformed', { reason: 'secret' })
  return { host, key, secret }
}

const holdEvery = 20_000

/** Lines of a run that holds its place while it goes on, and gives it back however it ends. */
async function* held(rooms: Rooms, work: Work, lines: AsyncGenerator<DuoDoctorLine>): AsyncGenerator<DuoDoctorLine> {
  const { db } = rooms.store
  const { organizationId, runId } = work
  let heldAt = rooms.now().getTime()
  try {
    for await (const line of lines) {
      if (rooms.now().getTime() - heldAt > holdEvery) {
        await holdDuoRun(db, rooms.now(), organizationId, runId)
        heldAt = rooms.now().getTime()
      }
      yield line
    }
  } catch (error) {
    if (error instanceof Failure) yield { line: 'ended', reason: error.reason, ...saidOf(error) }
    else if (error instanceof Problem) yield { line: 'ended', reason: error.code }
    else if (!(error instanceof Error && error.name === 'AbortError')) throw error
  } finally {
    await endDuoRun(db, organizationId, runId)
  }
}

/** What Duo said, where it is a word of its own: an error of the network says it in ours. */
const saidOf = ({ detail, code }: Failure) => (detail === undefined || code === undefined ? {} : { said: detail.slice(0, 200) })

/** Without keys of the Admin API. */
async function* asked(rooms: Rooms, { people, prompt, auth: api, question, ...work }: Work): AsyncGenerator<DuoDoctorLine> {
  const own = people.filter(({ isOwn }) => isOwn)
  const byId = new Map(own.map((person) => [person.id, person]))
  yield { line: 'begun', people: own.length }
  let auth: DuoNormalization = 'unknown'
  for await (const { person, standing } of duoStandings(api, own, question)) {
    const here = byId.get(person.id)
    if (!here) continue
    // Somebody whom Duo would ask is enough to see how it reads names.
    if (standing === 'known' && auth === 'unknown') auth = await question(() => duoNormalization(api, standIn(here)))
    yield { line: 'person', person: named(here), finding: standing }
  }
  const diagnosis = diagnose(people, [], { prompt, auth })
  yield* mergeLines(people, diagnosis, [])
  yield await finish(rooms, { ...work, prompt }, auth, diagnosis)
}

/** Somebody whom Duo has just said it would ask. */
const standIn = ({ name }: DuoUserHere): DuoUser => ({ key: '', name, aliases: [], email: '', isEnrolled: true, status: 'active' })

/** With keys of the Admin API. */
async function* examined(rooms: Rooms, work: Work): AsyncGenerator<DuoDoctorLine> {
  yield { line: 'begun', people: work.people.filter(({ isOwn }) => isOwn).length }
  const { users, auth } = yield* read(work)
  const diagnosis = diagnose(work.people, users, { prompt: work.prompt, auth })
  yield* findingLines(work.people, diagnosis)
  yield* mergeLines(work.people, diagnosis, users)
  yield await finish(rooms, work, auth, diagnosis)
}

/** Adding aliases. */
async function* cured(rooms: Rooms, visit: Visit, work: Work, wanted: ReadonlySet<string>): AsyncGenerator<DuoDoctorLine> {
  const { organizationId, session, people, prompt, admin, question } = work
  const { db } = rooms.store
  const chosen = people.filter(({ id, isOwn }) => isOwn && wanted.has(id))
  yield { line: 'begun', people: chosen.length }
  const { users, auth } = yield* read(work)
  const diagnosis = diagnose(people, users, { prompt, auth })
  yield* mergeLines(people, diagnosis, users)
  if (diagnosis.merges.length > 0) return yield { line: 'ended', reason: 'would-merge' }
  if (!diagnosis.isAgreed) return yield { line: 'ended', reason: 'not-agreed' }
  const findings = new Map(diagnosis.findings.map((finding) => [finding.person.id, finding]))
  const missing = chosen.flatMap(({ id }) => findings.get(id) ?? []).filter(({ finding }) => finding === 'alias-missing')
  const names = new Map(missing.map((finding) => [finding.person.id, usersOf(finding)]))
  for (const person of chosen) if (!names.has(person.id)) yield { line: 'alias', person: named(person), cure: 'not-missing' }
  const byId = new Map(chosen.map((person) => [person.id, person]))
  // Asked before each: whoever loses the role in the meantime adds no more.
  const mayStill = async () => void (await authorize(db, await requireSession(rooms, visit), organizationId, 'change-duo'))
  for await (const { person, cure } of addMissingAliases(admin, missing, question, mayStill)) {
    const here = byId.get(person.id)
    if (!here) continue
    if (cure === 'added') {
      const detail = { alias: person.name, duoUser: names.get(person.id)?.[0] ?? '' }
      const about = { organizationId, actorId: session.userId, subjectId: person.id, detail }
      await note(db, rooms.now(), visit, { action: 'duo.alias-added', ...about })
    }
    yield { line: 'alias', person: named(here), cure }
  }
  yield await finish(rooms, work, auth, diagnosis)
}

/** Reads all of Duo's users, and tries on those who have a phone how the Auth API application reads names. */
async function* read({ admin, auth: api, question }: Work): AsyncGenerator<DuoDoctorLine, { users: DuoUser[]; auth: DuoNormalization }> {
  const users: DuoUser[] = []
  for await (const page of admin.pages(question)) {
    users.push(...page)
    yield { line: 'users', read: users.length }
  }
  for (const user of users.filter(({ isEnrolled, status }) => isEnrolled && status === 'active').slice(0, 3)) {
    const auth = await question(() => duoNormalization(api, user))
    if (auth !== 'unknown') return { users, auth }
  }
  return { users, auth: 'unknown' }
}

/** Keeps what is known now of how names are read. */
async function finish(
  rooms: Rooms,
  { organizationId, session, prompt }: Pick<Work, 'organizationId' | 'session' | 'prompt'>,
  auth: DuoNormalization,
  { isAgreed }: DuoDiagnosis,
): Promise<DuoDoctorLine> {
  await keepDuoReading(rooms.store.db, organizationId, { prompt, auth, checkedBy: session.userId, checkedAt: rooms.now() })
  return { line: 'done', prompt, auth, isAgreed }
}

const named = ({ id, shownName, name }: DuoUserHere) => ({ id, name: shownName, email: name })

/** The names at Duo of whom a finding is about. */
function usersOf(found: DuoFinding): readonly string[] {
  if (found.finding === 'unknown') return []
  return found.finding === 'ambiguous' ? found.users.slice(0, 5).map(({ name }) => name) : [found.user.name]
}

function* findingLines(people: readonly DuoUserHere[], { findings }: DuoDiagnosis): Generator<DuoDoctorLine> {
  for (const [nth, found] of findings.entries()) {
    const here = people[nth]
    if (here?.isOwn) yield { line: 'person', person: named(here), finding: found.finding, users: usersOf(found) }
  }
}

/** Only merges in which somebody of the organization is; of people elsewhere no more than how many. */
function* mergeLines(people: readonly DuoUserHere[], { merges }: DuoDiagnosis, users: readonly DuoUser[]): Generator<DuoMergeLine> {
  const byId = new Map(people.map((person) => [person.id, person]))
  const byKey = new Map(users.map((user) => [user.key, user.name]))
  for (const { people: merged, because } of merges) {
    const own = merged.flatMap(({ id }) => byId.get(id) ?? []).filter(({ isOwn }) => isOwn)
    if (own.length === 0) continue
    const why = 'bareName' in because ? because : { duoUser: byKey.get(because.userKey) ?? because.userKey }
    yield { line: 'merge', people: own.map(named), others: merged.length - own.length, because: why }
  }
}
