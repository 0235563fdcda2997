import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Authenticator } from '../authenticator.ts'
import { answer, type Client, type Kit, openKit, type Person, start, startFromSession } from '../kit.ts'

const origin = 'https://id.example.test'
const many = 64
let kit: Kit

before(async () => {
  kit = await openKit({ publicUrl: origin })
})
after(() => kit.close())

/** A person with a passkey, and no session left. */
async function owner(isSynced: boolean): Promise<{ readonly person: Person; readonly device: Authenticator }> {
  const site = await kit.site({ mode: 'everyone', methods: ['passkey'], defaultMethod: 'passkey', passwordless: true })
  const person = await kit.person(site.id)
  const device = new Authenticator(origin, { isSynced })
  const client = kit.client()
  const step = await start(client, person)
  assert.equal((await answer(client, { passkey: device.create(step.json.passkey) })).json.step, 'codes')
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  await kit.rooms.store.db.deleteFrom('sessions').where('user_id', '=', person.id).execute()
  return { person, device }
}

const sessionsOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).length

for (const isSynced of [false, true]) {
  const what = isSynced ? 'that does not count' : 'that counts'
  test(`A04 of one signature given ${many} times at once, by a key ${what}, one opens a session`, async () => {
    const { person, device } = await owner(isSynced)
    const client = kit.client()
    const step = await start(client, person)
    const passkey = device.get(step.json.passkey)
    const replies = await Promise.all(Array.from({ length: many }, () => answer(client.copy(), { passkey })))
    assert.equal(replies.filter(({ status }) => status === 200).length, 1)
    assert.equal(await sessionsOf(person), 1)
  })

  test(`A04 of one whole sign-in given ${many} times at once, by a key ${what}, one opens a session`, async () => {
    const { person, device } = await owner(isSynced)
    const client = kit.client()
    const asked = await client.call('GET', '/api/v1/sign-ins/passkey')
    const passkey = device.get(asked.json.passkey)
    const copies: readonly Client[] = Array.from({ length: many }, () => client.copy())
    const replies = await Promise.all(copies.map((one) => one.call('POST', '/api/v1/sign-ins/passkey', { passkey })))
    assert.equal(replies.filter(({ status }) => status === 201).length, 1)
    assert.equal(await sessionsOf(person), 1)
  })
}

test('A04 of one key set up by two people at once, one has it', async () => {
  const site = await kit.site({ mode: 'opt-in', methods: ['passkey'], defaultMethod: 'passkey' })
  const device = new Authenticator(origin)
  const begun = await Promise.all(
    [0, 1].map(async () => {
      const client = await kit.signIn(await kit.person(site.id))
      const step = await startFromSession(client, 'enroll')
      assert.equal(step.json.kind, 'passkey', step.text)
      return { client, passkey: device.create(step.json.passkey) }
    }),
  )
  const replies = await Promise.all(begun.map(({ client, passkey }) => answer(client, { passkey })))
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422])
})
