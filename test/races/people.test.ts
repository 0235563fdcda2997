import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

const rounds = 25

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function admin(organizationId: string): Promise<{ person: Person; client: Client }> {
  const person = await kit.person(organizationId, { role: 'security-admin' })
  return { person, client: await kit.signIn(person) }
}

test(`a sign-in that ends in the moment of the suspension opens nothing, then or after the reinstatement, in each of ${rounds} rounds`, async () => {
  const site = await kit.site({ mode: 'everyone' })
  const head = await kit.person(site.id, { role: 'security-admin' })
  const at = `/api/v1/organizations/${site.id}/users`
  const person = await kit.person(site.id)
  await kit.signIn(person)
  for (let round = 1; round <= rounds; round++) {
    // A session grows old in a day of time steps; the one who acts comes anew.
    const by = await kit.signIn(head)
    const client = kit.client()
    assert.equal((await start(client, person)).json.step, 'answer')
    kit.pass(30)
    const [suspended, answered] = await Promise.all([
      by.call('POST', `${at}/${person.id}/suspension`),
      answer(client, { code: kit.code(person) }),
    ])
    assert.equal(suspended.status, 200, `round ${round}: ${suspended.text}`)
    // Its row was gone before the answer was looked at, or while it was.
    if (answered.status !== 200) assert.ok(['sign-in-gone', 'moved-on'].includes(answered.json.code), `round ${round}: ${answered.text}`)
    refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    assert.equal((await by.call('POST', `${at}/${person.id}/reinstatement`)).status, 200)
    refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    kit.pass(60)
  }
})

test(`of three Security Admins who demote, suspend and remove each other in a circle at the same moment one stays, in each of ${rounds} rounds`, async () => {
  const site = await kit.site()
  const at = `/api/v1/organizations/${site.id}/users`
  const { db } = kit.rooms.store
  for (let round = 1; round <= rounds; round++) {
    const [one, two, three] = [await admin(site.id), await admin(site.id), await admin(site.id)]
    const replies = await Promise.all([
      one.client.call('PATCH', `${at}/${two.person.id}`, { role: 'user' }),
      two.client.call('POST', `${at}/${three.person.id}/suspension`),
      three.client.call('DELETE', `${at}/${one.person.id}`),
    ])
    const outcomes = replies.map(({ status, json }) => (status < 300 ? 'done' : json.code))
    // Whoever was suspended or removed a moment before they could act is refused in one of these ways.
    for (const outcome of outcomes)
      assert.ok(['done', 'forbidden', 'not-found', 'not-signed-in', 'last-security-admin'].includes(outcome), `round ${round}: ${outcomes}`)
    const left = await db
      .selectFrom('memberships')
      .select('user_id')
      .where('organization_id', '=', site.id)
      .where('role', '=', 'security-admin')
      .where('suspended_at', 'is', null)
      .execute()
    assert.ok(left.length >= 1, `round ${round}: ${outcomes}`)
    await db.deleteFrom('memberships').where('organization_id', '=', site.id).execute()
  }
})

test(`of the last two Security Admins, one demoted and one suspended by the provider at the same moment, one stays, in each of ${rounds} rounds`, async () => {
  const site = await kit.site()
  const at = `/api/v1/organizations/${site.id}/users`
  const provider = await kit.signIn(kit.provider.owner)
  const { db } = kit.rooms.store
  for (let round = 1; round <= rounds; round++) {
    const [one, two] = [await kit.person(site.id, { role: 'security-admin' }), await kit.person(site.id, { role: 'security-admin' })]
    const replies = await Promise.all([
      round % 2 === 0 ? provider.call('PATCH', `${at}/${one.id}`, { role: 'user' }) : provider.call('DELETE', `${at}/${one.id}`),
      provider.call('POST', `${at}/${two.id}/suspension`),
    ])
    const outcomes = replies.map(({ status, json }) => (status < 300 ? 'done' : json.code))
    assert.deepEqual(outcomes.toSorted(), ['done', 'last-security-admin'], `round ${round}`)
    await db.deleteFrom('memberships').where('organization_id', '=', site.id).execute()
  }
})

test(`of a removal and an acceptance of the invitation at the same moment the removal wins, in each of ${rounds} rounds`, async () => {
  const site = await kit.site()
  const head = await admin(site.id)
  const at = `/api/v1/organizations/${site.id}/users`
  for (let round = 1; round <= rounds; round++) {
    const email = `race-${round}-${site.id}@example.org`
    const { id } = (await head.client.call('POST', at, { name: 'In', email, role: 'user' })).json
    const token = /invitation\/([\w-]+)/.exec((await kit.mailsTo(email))[0]?.text ?? '')?.[1]
    const client = kit.client()
    const [removed, accepted] = await Promise.all([
      head.client.call('DELETE', `${at}/${id}`),
      client.call('POST', '/api/v1/invitations/accept', { token, password: 'a long enough password' }),
    ])
    assert.equal(removed.status, 204, `round ${round}: ${removed.text}`)
    if (accepted.status >= 300) refused(accepted, 410, 'link-gone')
    refused(await client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
    refused(await head.client.call('GET', `${at}/${id}`), 404, 'not-found')
  }
})
