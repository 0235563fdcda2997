import assert from 'node:assert/strict'
import { newId } from '#crypto/random.ts'
import type { DuoSettings } from '#domain/duo.ts'
import { changeDuo } from '#store/duo.ts'
import type { DuoSimulator } from '../../simulators/duo.ts'
import type { Kit, Person } from '../kit.ts'

type Normalization = 'none' | 'simple'

/** Stores Duo's settings of an organization, with applications of its own in the simulated account. Resolves to keys of the Admin API. */
export async function giveDuo(kit: Kit, duo: DuoSimulator, organizationId: string, by: Pick<Person, 'id'>, auth: Normalization = 'none') {
  const application = (type: 'websdk' | 'authapi') => {
    const { id: key, secret } = duo.account.addApplication(type, 'Countersign', { normalization: auth })
    return { host: duo.host, key, secret }
  }
  const settings: DuoSettings = {
    isOn: true,
    account: 'own',
    prompt: application('websdk'),
    auth: application('authapi'),
    whenAway: 'closed',
    countsBypass: false,
  }
  assert.ok(await changeDuo(kit.rooms.store.db, kit.rooms.keys, kit.now(), { organizationId, settings, version: 0, changedBy: by.id }))
  const { id: key, secret } = duo.account.addApplication('adminapi', 'Countersign')
  return { key, secret }
}

/** Many people of an organization at once, who never sign in here. */
export async function crowd({ rooms, now }: Kit, organizationId: string, count: number): Promise<readonly { id: string; email: string }[]> {
  const { db } = rooms.store
  const people = Array.from({ length: count }, (_, nth) => {
    const number = String(nth + 1).padStart(5, '0')
    return { id: newId(now()), name: `Person ${number}`, email: `crowd-${organizationId.slice(-6)}-${number}@example.org` }
  })
  for (let from = 0; from < count; from += 500) {
    const part = people.slice(from, from + 500)
    const added = { password_hash: null, set_up_due: false, created_at: now() }
    await db
      .insertInto('users')
      .values(part.map((one) => ({ ...one, ...added })))
      .execute()
    const joined = { organization_id: organizationId, role: 'user', required: false, invited_at: now(), joined_at: now() } as const
    await db
      .insertInto('memberships')
      .values(part.map(({ id, name }) => ({ user_id: id, invited_as: name, ...joined })))
      .execute()
  }
  return people
}
