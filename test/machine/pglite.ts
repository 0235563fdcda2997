import { writeFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from '#store/store.ts'

/**
 * Writes an embedded database with every migration into a file. To begin with it takes a third of what it takes to make one, and
 * every test file begins with one.
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
