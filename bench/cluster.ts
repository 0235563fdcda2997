/** A PostgreSQL of the benchmark's own, with everything on that makes a commit durable, and what it tells about itself. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { createDatabase, startPostgres } from '../test/machine/postgres.ts'

/** A statement as PostgreSQL carried it out. */
export interface Explained {
  readonly milliseconds: number
  /** The statement, and below it the plan with what each part of it took. */
  readonly plan: string
}

export interface Cluster {
  readonly pid: number
  readonly version: string
  /** Connected to a database in which nothing is measured. */
  readonly observer: pg.Client
  createDatabase(name: string): Promise<string>
  /** Statements that the work sent to this database, BEGIN and COMMIT included. */
  countStatements(database: string, work: () => Promise<unknown>): Promise<number>
  /** What PostgreSQL did for the work in this database, each statement with the plan that it really used. */
  explain(database: string, work: () => Promise<unknown>): Promise<readonly Explained[]>
  stop(): Promise<void>
}

/**
 * Checkpoints are put off beyond the run, so that no window carries the page images that follow one: the WAL of two servers
 * can be compared only at the same distance from a checkpoint.
 */
const settings = {
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
  log_line_prefix: '[%d] ',
  log_parameter_max_length: '0',
  log_statement: 'none',
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '-1',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
}

/** A port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export async function startCluster(): Promise<Cluster> {
  // A server that is somebody else's would be measured with all that it does beside.
  delete process.env.DATABASE_URL
  const server = await startPostgres({ durable: true })
  const observer = new pg.Client({ connectionString: server.url })
  await observer.connect()
  async function apply(changed: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(changed)) await observer.query(`ALTER SYSTEM SET ${name} = '${value}'`)
    await observer.query('SELECT pg_reload_conf()')
    // The other backends read the settings anew before their next statement, once the signal has reached them.
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  // So that this connection knows the settings it is about to change.
  await observer.query("LOAD 'auto_explain'")
  await apply(settings)
  const about = (
    await observer.query(`SELECT pg_read_file('postmaster.pid') AS pid_file, current_setting('data_directory') AS folder,
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`)
  ).rows[0]
  if (about.fsync !== 'on' || about.synchronous_commit !== 'on') throw new Error('This PostgreSQL does not make its commits durable.')
  const log = join(dirname(about.folder), 'log')
  return {
    pid: Number.parseInt(about.pid_file, 10),
    version: server.version,
    observer,
    createDatabase: (name) => createDatabase(server.url, name),
    async countStatements(database, work) {
      await apply({ log_statement: 'all' })
      const before = readFileSync(log).length
      await work()
      const written = readFileSync(log).subarray(before).toString('utf8')
      await apply({ log_statement: 'none' })
      const heads = [`[${database}] LOG:  statement:`, `[${database}] LOG:  execute `]
      return written.split('\n').filter((line) => heads.some((head) => line.startsWith(head))).length
    },
    async explain(database, work) {
      await apply({ 'auto_explain.log_min_duration': '0' })
      const before = readFileSync(log).length
      await work()
      await apply({ 'auto_explain.log_min_duration': '-1' })
      const written = readFileSync(log).subarray(before).toString('utf8')
      return written.split(/^(?=\[)/m).flatMap((entry) => {
        const [, from, milliseconds, plan = ''] = /^\[(.*?)\] LOG: {2}duration: ([\d.]+) ms {2}plan:\n([\s\S]*)$/.exec(entry) ?? []
        return from === database ? [{ milliseconds: Number(milliseconds), plan: plan.replaceAll(/^\t/gm, '').trimEnd() }] : []
      })
    },
    async stop() {
      await observer.end()
      await server.stop()
    },
  }
}
