import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { workResets } from '#flows/organization-reset-work.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, start, startFromSession } from '../kit.ts'

const rounds = 15

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}/reset`
const say = (client: Client, organizationId: string, wanted: 'approve' | 'withdraw' | 'take-back', resetId: string) =>
  client.call('POST', `${at(organizationId)}/answers`, { answer: wanted, resetId })
const work = () => workResets(kit.rooms)
const authenticatorsOf = ({ id }: Person) => kit.rooms.store.db.selectFrom('authenticators').selectAll().where('user_id', '=', id).execute()
const owes = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('users').select('set_up_due').where('id', '=', id).executeTakeFirstOrThrow()).set_up_due
/** Mails that were queued for somebody; one of a process whose clock is ahead goes out later. */
const mailsTo = async ({ email }: Person, template: string) =>
  (await kit.rooms.store.db.selectFrom('messages').select('id').where('to_address', '=', email).where('template', '=', template).execute())
    .length
const wasReset = 'organization-reset'
const cameBack = 'organization-reset-taken-back'

async function office(size: number) {
  const site = await kit.site({ mode: 'everyone' })
  const head = await kit.person(site.id, { role: 'security-admin' })
  const people: Person[] = []
  for (let nth = 0; nth < size; nth++) {
    const person = await kit.person(site.id)
    await kit.signIn(person)
    people.push(person)
  }
  const client = await kit.signIn(head)
  const order = () => client.call('POST', at(site.id), { name: site.name })
  const ordered = async (): Promise<string> => {
    const reply = await order()
    assert.equal(reply.status, 202, reply.text)
    return reply.json.reset.id
  }
  return { site, head, client, people, order, ordered }
}

test(`of two resets ordered at the same moment one begins, and three who work it off at once do each person once, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { site, people, order, head } = await office(8)
    const other = await kit.person(site.id, { role: 'security-admin' })
    const second = await kit.signIn(other)
    const replies = await Promise.all([order(), second.call('POST', at(site.id), { name: site.name })])
    const outcomes = replies.map(({ status, json }) => (status === 202 ? 'begun' : json.code))
    assert.deepEqual(outcomes.toSorted(), ['begun', 'reset-under-way'], `round ${round}`)
    await Promise.all([work(), work(), work()])
    await work()
    const reached = [...people, replies[0]?.status === 202 ? other : head]
    for (const person of reached) {
      const all = await authenticatorsOf(person)
      assert.ok(all.length === 2 && all.every(({ retired_at }) => retired_at !== null), `round ${round}`)
      assert.equal(await mailsTo(person, wasReset), 1, `round ${round}`)
    }
    const events = await kit.rooms.store.db
      .selectFrom('audit_events')
      .select(['subject_id', 'action'])
      .where('organization_id', '=', site.id)
      .where('action', 'in', ['two-factor.reset', 'reset.finished'])
      .execute()
    assert.equal(events.filter(({ action }) => action === 'two-factor.reset').length, reached.length)
    assert.equal(events.filter(({ action }) => action === 'reset.finished').length, 1, `round ${round}`)
  }
})

test(`a sign-in that ends in the moment of the reset has no session after it, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { people, ordered } = await office(2)
    const [person = assert.fail()] = people
    await ordered()
    const client = kit.client()
    assert.equal((await start(client, person)).json.step, 'answer')
    kit.pass(30)
    const [answered] = await Promise.all([answer(client, { code: kit.code(person) }), work()])
    if (answered.status !== 200)
      assert.ok(['sign-in-gone', 'moved-on', 'code-not-accepted'].includes(answered.json.code), `round ${round}: ${answered.text}`)
    // Whoever was on the move is passed over, and has their turn in the next look.
    await work()
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401, `round ${round}`)
    assert.deepEqual([await owes(person), (await authenticatorsOf(person)).filter((one) => one.retired_at === null).length], [true, 0])
    assert.equal(await mailsTo(person, wasReset), 1)
  }
})

test(`an authenticator that is being set up in the moment of the reset does not outlive it, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { people, ordered } = await office(1)
    const [person = assert.fail()] = people
    const client = await kit.signIn(person)
    await ordered()
    await confirm(kit, person, client)
    const shown = await startFromSession(client, 'enroll')
    assert.equal(shown.json.step, 'enroll', shown.text)
    const replaced = { ...person, key: shown.json.key }
    kit.pass(30)
    const [bound] = await Promise.all([answer(client, { code: kit.code(replaced) }), work()])
    assert.ok(
      bound.status === 200 || ['sign-in-gone', 'moved-on', 'not-signed-in'].includes(bound.json.code),
      `round ${round}: ${bound.text}`,
    )
    await work()
    const left = (await authenticatorsOf(person)).filter((one) => one.retired_at === null)
    assert.deepEqual([left.length, await owes(person)], [0, true], `round ${round}: ${bound.status}`)
  }
})

test(`a set-up that ends in the moment of the taking back leaves either the new authenticator or the old ones, never both, in each of ${rounds} rounds`, async () => {
  const seen = { new: 0, old: 0 }
  for (let round = 1; round <= rounds; round++) {
    const { site, client, people, ordered } = await office(1)
    const [person = assert.fail()] = people
    const resetId = await ordered()
    await work()
    const theirs = kit.client()
    assert.equal((await start(theirs, person)).json.opens, 'set-up')
    // The notices of all rounds go out first: the inbox keeps the last two hundred mails, and the code is among them.
    await kit.mailsTo(person.email)
    assert.equal((await answer(theirs, { send: 'email' })).status, 200)
    const shown = await answer(theirs, { code: await kit.mailedCode(person.email) })
    assert.equal(shown.json.step, 'enroll', shown.text)
    assert.equal((await say(client, site.id, 'take-back', resetId)).status, 200)
    kit.pass(30)
    const pause = round % 3 === 0 ? Promise.resolve() : new Promise((next) => setTimeout(next, round))
    const [bound] = await Promise.all([answer(theirs, { code: kit.code({ ...person, key: shown.json.key }) }), pause.then(work)])
    await work()
    const all = await authenticatorsOf(person)
    const left = all.filter((one) => one.retired_at === null)
    if (bound.status === 200) {
      seen.new += 1
      assert.deepEqual([left.length, left[0]?.kind, await owes(person)], [1, 'totp', false], `round ${round}`)
    } else {
      seen.old += 1
      assert.ok(['sign-in-gone', 'moved-on', 'step-not-open'].includes(bound.json.code), bound.text)
      assert.deepEqual([left.length, all.length, await owes(person)], [2, 2, false], `round ${round}`)
    }
    assert.equal(await mailsTo(person, cameBack), bound.status === 200 ? 0 : 1, `round ${round}`)
  }
  assert.equal(seen.new + seen.old, rounds)
})

test(`two who take back and one whose clock says that the window is over: one of them wins whole, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { site, client, people, ordered } = await office(3)
    const second = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const resetId = await ordered()
    await work()
    kit.pass(1)
    const ahead = { ...kit.rooms, now: () => new Date(kit.now().getTime() + 3600_000) }
    const replies = await Promise.all([
      say(client, site.id, 'take-back', resetId),
      say(second, site.id, 'take-back', resetId),
      workResets(ahead).then(() => undefined),
    ])
    const won = replies.filter((reply) => reply?.status === 200).length
    await work()
    await workResets(ahead)
    const { json } = await client.call('GET', at(site.id))
    assert.ok(won <= 1, `round ${round}`)
    assert.equal(json.reset.state, won === 1 ? 'taken-back' : 'closed', `round ${round}`)
    for (const person of people) {
      const all = await authenticatorsOf(person)
      assert.equal(all.length, 2)
      for (const { retired_at, secret_sealed } of all)
        assert.deepEqual([retired_at === null, secret_sealed.length > 0], won === 1 ? [true, true] : [false, false], `round ${round}`)
      assert.equal(await mailsTo(person, cameBack), won)
    }
  }
})

test(`a reset that is taken back while it is worked off leaves each person as they were or with a mail of each, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { site, client, people, ordered } = await office(6)
    const resetId = await ordered()
    const [, back] = await Promise.all([work(), say(client, site.id, 'take-back', resetId), work()])
    assert.equal(back.status, 200, `round ${round}: ${back.text}`)
    await work()
    const { json } = await client.call('GET', at(site.id))
    assert.equal(json.reset.state, 'taken-back')
    for (const person of people) {
      const left = (await authenticatorsOf(person)).filter((one) => one.retired_at === null)
      assert.deepEqual([left.length, await owes(person)], [2, false], `round ${round}`)
      assert.equal(await mailsTo(person, wasReset), await mailsTo(person, cameBack), `round ${round}`)
    }
    assert.equal(json.reset.counts.restored + json.reset.counts.spared, 6)
  }
})

test(`of an approval and a withdrawal at the same moment one counts, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const { site, client, people, ordered } = await office(1)
    const other = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    await client.call('PUT', `${at(site.id)}/rules`, { needsApproval: true, undoMinutes: 60 })
    const resetId = await ordered()
    const replies = await Promise.all([
      say(other, site.id, 'approve', resetId),
      say(client, site.id, 'withdraw', resetId),
      say(other, site.id, 'approve', resetId),
    ])
    const outcomes = replies.map(({ status, json }) => (status === 200 ? 'done' : json.code))
    assert.deepEqual(outcomes.toSorted(), ['done', 'moved-on', 'moved-on'], `round ${round}`)
    await work()
    const isApproved = outcomes[1] !== 'done'
    assert.equal(await mailsTo(people[0] ?? assert.fail(), wasReset), isApproved ? 1 : 0, `round ${round}`)
  }
})
