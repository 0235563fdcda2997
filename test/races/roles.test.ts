import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startingPolicy } from '#domain/policy.ts'
import { type Client, type Kit, openKit, type Person } from '../kit.ts'

const rounds = 100

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function admin(organizationId: string): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(organizationId, { role: 'security-admin' })
  return { person, client: await kit.signIn(person) }
}

test(`of two Security Admins who demote each other at the same moment exactly one stays, in each of ${rounds} rounds`, async () => {
  const site = await kit.site()
  const [one, two] = [await admin(site.id), await admin(site.id)]
  const demote = (by: { client: Client }, whom: { person: Person }) =>
    by.client.call('PATCH', `/api/v1/organizations/${site.id}/users/${whom.person.id}`, { role: 'user' })
  const { db } = kit.rooms.store
  for (let round = 1; round <= rounds; round++) {
    const replies = await Promise.all([demote(one, two), demote(two, one)])
    const outcomes = replies.map(({ status, json }) => (status === 200 ? 'done' : json.code)).sort()
    assert.equal(outcomes.filter((outcome) => outcome === 'done').length, 1, `round ${round}: ${outcomes}`)
    assert.ok(
      outcomes.some((outcome) => outcome === 'forbidden' || outcome === 'last-security-admin'),
      `round ${round}: ${outcomes}`,
    )
    const left = await db
      .selectFrom('memberships')
      .select('user_id')
      .where('organization_id', '=', site.id)
      .where('role', '=', 'security-admin')
      .execute()
    assert.equal(left.length, 1, `round ${round}`)
    await db.updateTable('memberships').set({ role: 'security-admin' }).where('organization_id', '=', site.id).execute()
  }
})

test(`of eight Security Admins who all leave the role at the same moment exactly one stays, in each of ${rounds / 4} rounds`, async () => {
  const site = await kit.site()
  const all = await Promise.all(Array.from({ length: 8 }, () => admin(site.id)))
  const { db } = kit.rooms.store
  for (let round = 1; round <= rounds / 4; round++) {
    const replies = await Promise.all(
      all.map(({ client, person }) => client.call('PATCH', `/api/v1/organizations/${site.id}/users/${person.id}`, { role: 'admin' })),
    )
    const outcomes = replies.map(({ status, json }) => (status === 200 ? 'done' : json.code))
    assert.deepEqual(
      [outcomes.filter((outcome) => outcome === 'done').length, outcomes.filter((outcome) => outcome === 'last-security-admin').length],
      [7, 1],
      `round ${round}`,
    )
    await db.updateTable('memberships').set({ role: 'security-admin' }).where('organization_id', '=', site.id).execute()
  }
})

test(`of two who save the same policy at the same moment exactly one is heard, in each of ${rounds} rounds`, async () => {
  const site = await kit.site()
  const [one, two] = [await admin(site.id), await admin(site.id)]
  for (let version = 1; version <= rounds; version++) {
    const save = ({ client }: { client: Client }, newUsersRequired: boolean) =>
      client.call('PUT', `/api/v1/organizations/${site.id}/policy`, {
        ...startingPolicy,
        enabled: true,
        mode: 'opt-in',
        newUsersRequired,
        version,
      })
    const outcomes = (await Promise.all([save(one, true), save(two, false)])).map(({ status }) => status)
    assert.deepEqual(outcomes.sort(), [200, 409], `version ${version}`)
  }
})
