import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Problem } from '#domain/problem.ts'
import { resetPassword } from '#flows/recovery.ts'
import { addLink } from '#store/links.ts'
import { answer, type Client, type Kit, openKit, type Person, start } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 60 : 25
const atOnce = 32
const other = 'five unrelated words for one door'
const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }

let kit: Kit
let site: { readonly id: string }
let admin: Person
let staff: Client
before(async () => {
  kit = await openKit()
  site = await kit.site({ mode: 'everyone' })
  admin = await kit.person(site.id, { role: 'security-admin' })
  staff = await kit.signIn(admin)
})
after(() => kit.close())

const passes = new Set<string>()
/** The pass of the newest mail, as much of it as was mailed. */
async function mailedPass({ email }: Person): Promise<string> {
  const found = (await kit.mailsTo(email)).flatMap(({ text }) => /: ((?:[A-Z2-7]{5}-){2,3}[A-Z2-7]{5})\n/.exec(text)?.[1] ?? [])
  const pass = found.find((one) => !passes.has(one)) ?? ''
  passes.add(pass)
  return pass
}
const issue = (person: Person) =>
  staff.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/one-time-pass`, { reason: 'Lost phone', minutes: 60 })

/** Somebody who is set up; the administrator's proof is fresh. */
async function somebody(): Promise<Person> {
  const person = await kit.person(site.id)
  await kit.signIn(person)
  staff = await kit.signIn(admin, staff)
  return person
}

test(`A15 of ${atOnce} who type one pass at the same moment exactly one goes on to the set-up, in each of ${rounds} rounds`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const person = await somebody()
    assert.equal((await issue(person)).status, 201)
    const code = await mailedPass(person)
    const clients = Array.from({ length: atOnce }, () => kit.client())
    for (const one of clients) assert.equal((await start(one, person)).json.step, 'answer')
    const outcomes = await Promise.all(clients.map(async (one) => (await answer(one, { code })).json))
    assert.equal(outcomes.filter(({ step }) => step === 'enroll').length, 1, `round ${round}`)
    for (const { step, code: problem } of outcomes)
      assert.ok(step === 'enroll' || ['code-not-accepted', 'sign-in-gone', 'moved-on', 'step-not-open'].includes(problem), problem)
    const used = await kit.rooms.store.db
      .selectFrom('audit_events')
      .select('id')
      .where('action', '=', 'one-time-pass.used')
      .where('subject_id', '=', person.id)
      .execute()
    assert.equal(used.length, 1)
  }
})

test(`a pass that is issued while a password is set by mail is split or dead: the mailbox never holds both, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  const seen = { split: 0, dead: 0 }
  for (let round = 1; round <= rounds; round++) {
    const person = await somebody()
    const expiresAt = new Date(kit.now().getTime() + 3_600_000)
    const token = await addLink(db, kit.now(), { kind: 'password-reset', userId: person.id, email: person.email, expiresAt })
    const later = <One>(act: () => Promise<One>) => new Promise<One>((done, fail) => setTimeout(() => act().then(done, fail), round % 3))
    const [issued] = await Promise.all([
      round % 2 === 0 ? issue(person) : later(() => issue(person)),
      round % 2 === 0
        ? later(() => resetPassword(rooms, visit, { token, password: other }))
        : resetPassword(rooms, visit, { token, password: other }),
    ])
    assert.equal(issued.status, 201, issued.text)
    const mailed = await mailedPass(person)
    const thief = kit.client()
    assert.equal((await start(thief, { ...person, password: other })).json.step, 'answer')
    const reply = await answer(thief, { code: mailed })
    assert.equal(reply.json?.code, 'code-not-accepted', `round ${round}: ${reply.text}`)
    if (issued.json.spoken === null) seen.dead += 1
    else seen.split += 1
  }
  assert.equal(seen.split + seen.dead, rounds)
})

test(`of a pass and a new password by mail, spent at the same moment, never both count, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  for (let round = 1; round <= rounds; round++) {
    const person = await somebody()
    await issue(person)
    const code = await mailedPass(person)
    const expiresAt = new Date(kit.now().getTime() + 3_600_000)
    const token = await addLink(db, kit.now(), { kind: 'password-reset', userId: person.id, email: person.email, expiresAt })
    const stuck = kit.client()
    await start(stuck, person)
    await Promise.all([answer(stuck, { code }), resetPassword(rooms, visit, { token, password: other })])
    // Whoever was first: with the new password the pass is worth nothing, and the sign-in with the old one is over.
    const next = await stuck.call('GET', '/api/v1/sign-ins/current')
    assert.equal(next.status, 401, `round ${round}: ${next.text}`)
    const { one_time_pass: left } = await db
      .selectFrom('users')
      .select('one_time_pass')
      .where('id', '=', person.id)
      .executeTakeFirstOrThrow()
    assert.equal(left, null)
    const late = kit.client()
    await start(late, { ...person, password: other })
    await assert.rejects(
      answer(late, { code }).then(({ json }) => {
        if (json?.code) throw new Problem(json.code)
      }),
      (error: unknown) => error instanceof Problem && (error.code === 'code-not-accepted' || error.code === 'step-not-open'),
    )
  }
})
