/** The two servers under test, each with its people in a database of its own. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type Keys, keysFrom } from '#crypto/keys.ts'
import { type Cluster, freePort } from './cluster.ts'
import { floorPreparations, seedFloor } from './floor-data.ts'
import { type Preparations, peopleOf, type Subject } from './measure.ts'
import { seedCountersign } from './seed.ts'
import { pageBytes, type ServerProcess, startServer } from './server.ts'

export interface RunningSubject extends Subject {
  /** From starting the process to its first answer, with everybody in the database. */
  readonly readySeconds: number
  readonly pageBytes?: number
  /** Starts one more process on the same database, with the same key. */
  startAnother(): Promise<ServerProcess>
  /** Ends the server before the run does. */
  stop(): Promise<void>
}

/** Takes what must be closed when the run ends, however far it came; the last one is closed first. */
export type CloseLater = (close: () => unknown) => void

const floorProgram = fileURLToPath(new URL('floor.ts', import.meta.url))
const countersignProgram = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** What `npm start` gives Node, so that what is measured is what people run. */
function flagsOfStart(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--') && !word.startsWith('--env-file'))
}

function openDatabase(url: string, closeLater: CloseLater): pg.Pool {
  const database = new pg.Pool({ connectionString: url, max: 1 })
  database.on('error', () => undefined)
  closeLater(() => database.end())
  return database
}

function subjectOf(name: string, server: ServerProcess, preparations: Preparations, people: number): Omit<RunningSubject, 'startAnother'> {
  return {
    name,
    port: server.port,
    pid: server.pid,
    databaseName: name.toLowerCase(),
    preparations,
    people: peopleOf(people),
    readySeconds: server.readySeconds,
    stop: server.stop,
  }
}

export async function startFloor(cluster: Cluster, people: number, closeLater: CloseLater): Promise<Omit<RunningSubject, 'startAnother'>> {
  const url = await cluster.createDatabase('floor')
  const database = openDatabase(url, closeLater)
  await seedFloor(database, people)
  const server = await startServer([floorProgram], await freePort(), {
    DATABASE_URL: url,
    // More threads than processors hash no faster, and keep the one that answers waiting.
    UV_THREADPOOL_SIZE: String(cpus().length),
  })
  closeLater(server.stop)
  return subjectOf('floor', server, floorPreparations(database), people)
}

/**
 * Waits for the server to seal the events that filling the database has left: as in a house that is lived in, only what is measured
 * is sealed while it is measured.
 */
async function untilSealed(database: pg.Pool): Promise<void> {
  for (const patience = Date.now() + 120_000; Date.now() < patience; await new Promise((resume) => setTimeout(resume, 100))) {
    if ((await database.query('SELECT FROM audit_events WHERE position IS NULL LIMIT 1')).rowCount === 0) return
  }
  throw new Error('The events that filling the database has left were not sealed within two minutes.')
}

export interface CountersignOptions {
  readonly name?: string
  /** For Node, before the program. */
  readonly flags?: readonly string[]
  /** Settings beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** Puts more into the database than the people who sign in. */
  readonly prepare?: (database: pg.Pool, keys: Keys) => Promise<void>
}

export async function startCountersign(
  cluster: Cluster,
  people: number,
  closeLater: CloseLater,
  { name = 'Countersign', flags = [], settings = {}, prepare }: CountersignOptions = {},
): Promise<RunningSubject> {
  const url = await cluster.createDatabase(name.toLowerCase())
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  closeLater(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const environment = {
    DATABASE_URL: url,
    DATA_DIR: folder,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    INBOX: 'off',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    ...settings,
  }
  // The first start makes the tables and the key that everything is sealed with.
  const first = await startServer([countersignProgram, 'serve'], port, environment)
  await first.stop()
  const keys = keysFrom(readFileSync(join(folder, 'countersign.key'), 'utf8'))
  const database = openDatabase(url, closeLater)
  const preparations = await seedCountersign(database, keys, people)
  await prepare?.(database, keys)
  const serve = async (at: number) => {
    const started = await startServer([...flagsOfStart(), ...flags, countersignProgram, 'serve'], at, environment)
    closeLater(started.stop)
    return started
  }
  const server = await serve(port)
  await untilSealed(database)
  return {
    ...subjectOf(name, server, preparations, people),
    startAnother: async () => serve(await freePort()),
    pageBytes: await pageBytes(`http://127.0.0.1:${port}/sign-in`),
  }
}
