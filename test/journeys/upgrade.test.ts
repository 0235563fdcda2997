import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { newId } from '#crypto/random.ts'
import { startingPolicy } from '#domain/policy.ts'
import * as foundation from '#store/migrations/0001-foundation.ts'
import { findPolicy } from '#store/policy.ts'
import { findAccount } from '#store/session.ts'
import { openStore, type Store } from '#store/store.ts'
import { createDatabase } from '../machine/postgres.ts'

let store: Store
before(async () => {
  const base = process.env.TEST_DATABASE === 'postgres' ? process.env.TEST_DATABASE_URL : undefined
  const databaseUrl = base ? await createDatabase(base, `upgrade_${randomBytes(6).toString('hex')}`) : undefined
  store = await openStore({ ...(databaseUrl ? { databaseUrl } : {}), dataDir: 'memory:' })
})
after(() => store.close())

test('a database of the first version is brought up to date with everything that is in it, and no organization has become laxer', async () => {
  const { db } = store
  const first = new Migrator({ db, provider: { getMigrations: async () => ({ '0001-foundation': foundation }) } })
  assert.equal((await first.migrateToLatest()).error, undefined)
  const now = new Date('2026-05-01T08:00:00Z')
  const [organizationId, userId, authenticatorId] = [newId(now), newId(now), newId(now)]
  await sql`insert into organizations (id, parent_id, name, created_at) values (${organizationId}, null, 'Old Mill Press', ${now})`.execute(
    db,
  )
  await sql`insert into policies (organization_id, enabled, mode, new_users_required, version)
    values (${organizationId}, true, 'everyone', false, 7)`.execute(db)
  await sql`insert into users (id, email, name, password_hash, set_up_due, created_at)
    values (${userId}, 'rita@example.org', 'Rita Sol', 'a hash', false, ${now})`.execute(db)
  await sql`insert into memberships (organization_id, user_id, role, required, invited_as, invited_at, joined_at)
    values (${organizationId}, ${userId}, 'security-admin', true, 'Rita', ${now}, ${now})`.execute(db)
  await sql`insert into authenticators (id, user_id, kind, label, secret_sealed, counter, hashes, bound_at)
    values (${authenticatorId}, ${userId}, 'totp', 'Authenticator app', '\\x00'::bytea, 41, '{}', ${now})`.execute(db)

  const applied = await store.migrate()
  assert.equal(applied[0], '0002-rules')
  assert.equal(await store.isReady(), true)
  assert.deepEqual(await store.migrate(), [], 'a second time there is nothing to do')

  const kept = { ...startingPolicy, enabled: true, mode: 'everyone', newUsersRequired: false, rememberDays: 0 }
  assert.deepEqual(await findPolicy(db, organizationId), { ...kept, version: 7 })
  const account = await findAccount(db, userId)
  assert.deepEqual(
    [account?.name, account?.memberships[0]?.role, account?.memberships[0]?.policy, account?.authenticators.map((one) => one.counter)],
    ['Rita Sol', 'security-admin', kept, [41]],
  )
})
