import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { CompiledQuery, type Dialect, Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { ClientConfig } from 'pg'
import * as foundation from './migrations/0001-foundation.ts'
import * as rules from './migrations/0002-rules.ts'
import * as devices from './migrations/0003-devices.ts'
import * as self from './migrations/0004-self.ts'
import * as people from './migrations/0005-people.ts'
import * as sites from './migrations/0006-sites.ts'
import * as audit from './migrations/0007-audit.ts'
import * as messages from './migrations/0008-messages.ts'
import * as sentCodes from './migrations/0009-sent-codes.ts'
import * as methods from './migrations/0010-methods.ts'
import * as gateways from './migrations/0011-gateways.ts'
import * as recovery from './migrations/0012-recovery.ts'
import * as reset from './migrations/0013-reset.ts'
import * as rest from './migrations/0014-rest.ts'
import * as delivery from './migrations/0015-delivery.ts'
import * as authanvil from './migrations/0016-authanvil.ts'
import * as duo from './migrations/0017-duo.ts'
import * as duoPushes from './migrations/0018-duo-pushes.ts'
import * as duoDoctor from './migrations/0019-duo-doctor.ts'
import * as applications from './migrations/0020-applications.ts'
import * as oidc from './migrations/0021-oidc.ts'
import * as forwardAuth from './migrations/0022-forward-auth.ts'
import * as apiKeys from './migrations/0023-api-keys.ts'
import * as prompts from './migrations/0024-prompts.ts'
import * as passkeys from './migrations/0025-passkeys.ts'
import * as emailVerified from './migrations/0027-email-verified.ts'
import * as lighterSignIns from './migrations/0028-lighter-sign-ins.ts'
import * as duoUsersIntended from './migrations/0029-duo-users-intended.ts'
import { openReaders } from './readers.ts'
import type { Database, Tables } from './tables.ts'

/** All migrations, oldest first. Forward only; each stands in a file of its own and is never changed once released. */
export const migrations = {
  '0001-foundation': foundation,
  '0002-rules': rules,
  '0003-devices': devices,
  '0004-self': self,
  '0005-people': people,
  '0006-sites': sites,
  '0007-audit': audit,
  '0008-messages': messages,
  '0009-sent-codes': sentCodes,
  '0010-methods': methods,
  '0011-gateways': gateways,
  '0012-recovery': recovery,
  '0013-reset': reset,
  '0014-rest': rest,
  '0015-delivery': delivery,
  '0016-authanvil': authanvil,
  '0017-duo': duo,
  '0018-duo-pushes': duoPushes,
  '0025-passkeys': passkeys,
  '0020-applications': applications,
  '0021-oidc': oidc,
  '0022-forward-auth': forwardAuth,
  '0023-api-keys': apiKeys,
  '0024-prompts': prompts,
  '0019-duo-doctor': duoDoctor,
  '0027-email-verified': emailVerified,
  '0028-lighter-sign-ins': lighterSignIns,
  '0029-duo-users-intended': duoUsersIntended,
}

/** Why the database cannot be used, in one sentence for the operator. */
export class StoreUnusable extends Error {}

export interface Store {
  readonly db: Database
  /**
   * Runs one constant statement by itself, prepared once per connection: for what every sign-in and session check does, where
   * the query builder would cost as much as the rest.
   */
  readonly run: Run
  /** The same for what every sign-in and session check reads: see {@link openReaders}. A text that locks rows has no place here. */
  readonly read: Run
  /** `PostgreSQL 15.18` or `PGlite (PostgreSQL 18.3)`. */
  readonly engine: string
  /** Brings the tables up to date, whole or not at all; several processes may call it at once. @throws {StoreUnusable} */
  migrate(): Promise<readonly string[]>
  /** Whether the database answers and has every migration. */
  isReady(): Promise<boolean>
  /**
   * Does the work whole or not at all. Where it and another waited for each other in a circle, PostgreSQL ends one of the two, and that
   * one is begun anew: the work must change nothing but the database.
   */
  transaction<T>(work: (db: Database) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export type Run = <Row>(text: string, parameters: readonly unknown[]) => Promise<readonly Row[]>

export interface StoreOptions {
  /** A `postgres://` address; without one the embedded database in `dataDir` is used. */
  readonly databaseUrl?: string
  /** Folder of the embedded database; `memory:` keeps nothing. */
  readonly dataDir: string
  readonly poolSize?: number
  /** An embedded database that is open already, in place of one in `dataDir`. It is closed with the store. */
  readonly pglite?: PGlite
}

/** Opens the database. PostgreSQL and PGlite differ in this function and nowhere else. @throws {StoreUnusable} */
export async function openStore({ databaseUrl, dataDir, poolSize = 10, pglite }: StoreOptions): Promise<Store> {
  const { dialect, engine, run, read, end } = databaseUrl ? await postgres(databaseUrl, poolSize) : await embedded(pglite ?? dataDir)
  const db = new Kysely<Tables>({ dialect })
  const close = async () => {
    await Promise.all([db.destroy(), end?.()])
  }
  const version = await db
    .executeQuery<{ server_version: string; number: number }>(
      CompiledQuery.raw(`select current_setting('server_version') as server_version, current_setting('server_version_num')::int as number`),
    )
    .catch(async (cause) => {
      await close().catch(() => undefined)
      throw new StoreUnusable(`The database does not answer: ${reason(cause)}.`, { cause })
    })
  const { server_version = '', number = 0 } = version.rows[0] ?? {}
  if (number < 150_000) {
    await close()
    throw new StoreUnusable(`This database is PostgreSQL ${server_version}. Countersign needs PostgreSQL 15 or newer.`)
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const applied = async () =>
    (await db.introspection.getTables({ withInternalKyselyTables: true })).some((one) => one.name === 'kysely_migration')
      ? (await db.executeQuery<{ name: string }>(CompiledQuery.raw('select name from kysely_migration order by name'))).rows.map(
          (row) => row.name,
        )
      : []

  return {
    db,
    run,
    read,
    engine: engine(server_version.split(' ')[0] ?? ''),
    migrate: async () => {
      const unknown = (await applied()).filter((name) => !(name in migrations))
      if (unknown.length > 0) {
        throw new StoreUnusable(
          `This database was made by a newer version of Countersign (it has ${unknown.join(', ')}). Start that version.`,
        )
      }
      const { error, results = [] } = await migrator.migrateToLatest()
      if (error)
        throw new StoreUnusable(`The database could not be brought up to date, and nothing was changed: ${reason(error)}.`, {
          cause: error,
        })
      return results.map((one) => one.migrationName)
    },
    isReady: async () => {
      try {
        const names = await applied()
        return Object.keys(migrations).every((name) => names.includes(name))
      } catch {
        return false
      }
    },
    transaction: (work) => outOfCircles(() => db.transaction().execute(work)),
    close,
  }
}

interface Engine {
  readonly dialect: Dialect
  readonly run: Run
  readonly read: Run
  readonly engine: (version: string) => string
  /** Ends what the dialect does not. */
  readonly end?: () => Promise<void>
}

/** Every statement is prepared once per connection under a name of its own: its text. */
async function postgres(connectionString: string, max: number): Promise<Engine> {
  const { default: pg } = await import('pg')
  const int8 = pg.types.builtins.INT8
  const types = {
    getTypeParser: (id: number, format?: 'text' | 'binary') => (id === int8 ? Number : pg.types.getTypeParser(id, format as 'text')),
  }
  const options: ClientConfig = {
    connectionString,
    types: types as typeof pg.types,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    application_name: 'countersign',
    // Every statement finds its rows by a key, whatever the values: to plan it anew for each would cost more than to run it. So would
    // compiling it: the preview of a policy for 100,000 people runs for one second, and was compiled for five.
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
  }
  const pool = new pg.Pool({ ...options, max, idleTimeoutMillis: 60_000 })
  pool.on('error', () => undefined)
  const names = new Map<string, string>()
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `s${names.size}`
    names.set(text, name)
    return name
  }
  const connect = async () => {
    const client = await pool.connect()
    return {
      query: (text: string, values: readonly unknown[]) =>
        values === undefined || values.length === 0
          ? client.query(text)
          : client.query({ name: nameOf(text), text, values: values as unknown[] }),
      release: () => client.release(),
    }
  }
  const prepared = { connect, end: () => pool.end(), options: pool.options }
  const run: Run = async <Row>(text: string, parameters: readonly unknown[]) =>
    (await outOfCircles(() => pool.query({ name: nameOf(text), text, values: parameters as unknown[] }))).rows as readonly Row[]
  const readers = openReaders(pg, options)
  const read: Run = (text, parameters) => readers.read(nameOf(text), text, parameters as unknown[])
  const engine = (version: string) => `PostgreSQL ${version}`
  return { dialect: new PostgresDialect({ pool: prepared as never }), run, read, engine, end: readers.end }
}

/** Ends as the first attempt that did not end in a circle of locks; nothing of one that did is left. */
async function outOfCircles<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 2; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      const isCircle = error instanceof Error && 'code' in error && error.code === '40P01'
      if (!isCircle || left === 0) throw error
    }
  }
}

async function embedded(place: string | PGlite): Promise<Engine> {
  const pglite = typeof place === 'string' ? await openEmbedded(place) : place
  const run: Run = async <Row>(text: string, parameters: readonly unknown[]) => (await pglite.query<Row>(text, [...parameters])).rows
  return { dialect: new PGliteDialect({ pglite }), run, read: run, engine: (version) => `PGlite (PostgreSQL ${version})` }
}

async function openEmbedded(dataDir: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  const folder = dataDir === 'memory:' ? undefined : join(dataDir, 'database')
  if (folder) mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    return await PGlite.create(folder ? { dataDir: folder } : {})
  } catch (cause) {
    throw new StoreUnusable(
      `The embedded database in ${folder} cannot be opened: ${reason(cause)}. Is another Countersign running on it?`,
      { cause },
    )
  }
}

function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return reason(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}
