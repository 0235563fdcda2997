import { openAsBlob, writeFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from '#store/store.ts'

/**
 * Writes an embedded database with every migration into a file. To begin with it takes a third of what it takes to make one, and
 * every process of tests begins with one.
 */
export async function writeTemplate(path: string): Promise<void> {
  const pglite = await PGlite.create()
  try {
    const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) })
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
    if (error) throw error
    writeFileSync(path, Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()))
  } finally {
    await pglite.close()
  }
}

interface Embedded {
  readonly pglite: PGlite
  /** What the template has of tables and triggers. */
  readonly shape: string
}

/** Those of this process that nobody uses at the moment, empty but for the list of migrations. */
const idle: Embedded[] = []

/**
 * An embedded database as the template has it, with every migration and empty. To empty one takes a tenth of what it takes to begin one, so
 * a closed one is emptied and given to whoever comes next in this process, unless somebody has changed more than its rows.
 */
export async function lendPglite(template: string): Promise<PGlite> {
  const embedded = idle.pop() ?? (await begin(template))
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await empty(embedded)
  }
  return new Proxy(embedded.pglite, {
    get: (pglite, name) => {
      if (name === 'close') return close
      if (name === 'closed') return isClosed
      const found: unknown = Reflect.get(pglite, name, pglite)
      if (typeof found !== 'function') return found
      if (isClosed) throw new Error('PGlite is closed')
      return found.bind(pglite)
    },
  })
}

async function begin(template: string): Promise<Embedded> {
  const pglite = await PGlite.create({ loadDataDir: await openAsBlob(template) })
  return { pglite, shape: await shapeOf(pglite) }
}

async function shapeOf(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ shape: string }>(`
    select concat((select string_agg(concat(relname, relkind), ',' order by oid) from pg_class where relnamespace = 'public'::regnamespace), ' ',
      (select string_agg(concat(tgname, tgenabled), ',' order by oid) from pg_trigger)) as shape`)
  return rows[0]?.shape ?? ''
}

async function empty(embedded: Embedded): Promise<void> {
  const { pglite, shape } = embedded
  if ((await shapeOf(pglite)) !== shape) return pglite.close()
  // The audit refuses to be emptied, and so it should: its own triggers are put aside and back.
  const audit = ['audit_events', 'audit_concerns']
  await pglite.exec(`
    begin;
    ${audit.map((table) => `alter table ${table} disable trigger ${table}_is_kept;`).join('\n')}
    do $$ begin
      execute (select 'truncate ' || string_agg(quote_ident(tablename), ', ') from pg_tables where schemaname = 'public' and tablename not like 'kysely%');
    end $$;
    ${audit.map((table) => `alter table ${table} enable always trigger ${table}_is_kept;`).join('\n')}
    commit`)
  await pglite.exec('discard all')
  idle.push(embedded)
}
