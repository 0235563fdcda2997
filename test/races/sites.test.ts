import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Kit, openKit, refused } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = () => `/api/v1/organizations/${kit.provider.id}/sites`

async function owner() {
  return kit.signIn(await kit.person(kit.provider.id, { role: 'owner', required: true }))
}

const once = (replies: readonly { status: number }[], status: number) => replies.filter((one) => one.status === status).length

test('of many that suspend, reinstate or remove a site at once, each is done once and written down once', async () => {
  const client = await owner()
  const site = await kit.site()
  await kit.person(site.id)
  const path = `${at()}/${site.id}`
  const many = (send: () => ReturnType<typeof client.call>) => Promise.all(Array.from({ length: 12 }, send))
  const suspended = await many(() => client.copy().call('PATCH', path, { isSuspended: true }))
  assert.deepEqual([once(suspended, 200), once(suspended, 409)], [1, 11])
  const opened = await many(() => client.copy().call('PATCH', path, { isSuspended: false }))
  assert.deepEqual([once(opened, 200), once(opened, 409)], [1, 11])
  await client.call('PATCH', path, { isSuspended: true })
  const removed = await many(() => client.copy().call('POST', `${path}/removal`, { name: site.name }))
  assert.deepEqual([once(removed, 204), once(removed, 404)], [1, 11])
  const { db } = kit.rooms.store
  const events = await db.selectFrom('audit_events').select('action').where('organization_id', '=', site.id).execute()
  const count = (action: string) => events.filter((one) => one.action === action).length
  assert.deepEqual(['organization.suspended', 'organization.reinstated', 'organization.removed'].map(count), [2, 1, 1])
})

test('a site that is opened again and removed at the same moment is one or the other', async () => {
  const client = await owner()
  for (let round = 0; round < 6; round++) {
    const site = await kit.site()
    const path = `${at()}/${site.id}`
    await client.call('PATCH', path, { isSuspended: true })
    const [opened, removed] = await Promise.all([
      client.copy().call('PATCH', path, { isSuspended: false }),
      client.copy().call('POST', `${path}/removal`, { name: site.name }),
    ])
    assert.ok((opened.status === 200) !== (removed.status === 204), `${opened.status} ${removed.status}`)
    const row = await kit.rooms.store.db.selectFrom('organizations').selectAll().where('id', '=', site.id).executeTakeFirstOrThrow()
    assert.equal(row.removed_at !== null, removed.status === 204)
    assert.equal(row.suspended_at !== null, removed.status === 204)
  }
})

test('of an invitation in the moment of the removal nothing is left: it is there before, or refused', async () => {
  const client = await owner()
  const { db } = kit.rooms.store
  const outcomes = new Set<number>()
  for (let round = 0; round < 24; round++) {
    const site = await kit.site()
    const path = `${at()}/${site.id}`
    await client.call('PATCH', path, { isSuspended: true })
    const invite = (nth: number) =>
      client
        .copy()
        .call('POST', `/api/v1/organizations/${site.id}/users`, { name: 'Late', email: `late-${round}-${nth}@example.org`, role: 'user' })
    const [first, removed, second] = await Promise.all([
      invite(1),
      client.copy().call('POST', `${path}/removal`, { name: site.name }),
      invite(2),
    ])
    assert.equal(removed.status, 204, removed.text)
    for (const { status } of [first, second]) outcomes.add(status)
    for (const table of ['memberships', 'links'] as const)
      assert.deepEqual(
        await db.selectFrom(table).select('user_id').where('organization_id', '=', site.id).execute(),
        [],
        `round ${round}: ${table}`,
      )
  }
  for (const status of outcomes) assert.ok(status === 201 || status === 404, `${status}`)
})

test('of many that save a look at once one is stored, and the others are told that it moved on', async () => {
  const site = await kit.site()
  const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
  const path = `/api/v1/organizations/${site.id}/look`
  const { version } = (await admin.call('GET', path)).json
  const accents = Array.from({ length: 8 }, (_, nth) => `#00000${nth}`)
  const replies = await Promise.all(accents.map((accent) => admin.copy().call('PUT', path, { version, accent, supportContact: null })))
  assert.equal(once(replies, 200), 1)
  for (const reply of replies.filter(({ status }) => status !== 200)) refused(reply, 409, 'moved-on')
  assert.equal((await admin.call('GET', path)).json.accent, accents[replies.findIndex(({ status }) => status === 200)])
  const { db } = kit.rooms.store
  const noted = await db
    .selectFrom('audit_events')
    .select('detail')
    .where('organization_id', '=', site.id)
    .where('action', '=', 'organization.look-changed')
    .execute()
  assert.equal(noted.length, 1)
})

test('a host name that many sites ask for at once is given to one', async () => {
  const client = await owner()
  const sites = await Promise.all(Array.from({ length: 8 }, () => kit.site()))
  const replies = await Promise.all(sites.map(({ id }) => client.copy().call('PATCH', `${at()}/${id}`, { host: 'login.one.example' })))
  assert.equal(once(replies, 200), 1)
  for (const reply of replies.filter(({ status }) => status !== 200)) refused(reply, 409, 'host-taken')
})
