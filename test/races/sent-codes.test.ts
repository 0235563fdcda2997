import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer } from '#contract/sign-in.ts'
import { resendAfterSeconds } from '#domain/challenge.ts'
import { Problem } from '#domain/problem.ts'
import type { Visit } from '#flows/rooms.ts'
import { answerSignIn, startSignIn } from '#flows/sign-in.ts'
import { type Kit, openKit, type Person } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 50 : 20
const atOnce = 64
const number = '+4930901820'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

async function begin(person: Person): Promise<Visit> {
  const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }
  const { cookies } = await startSignIn(kit.rooms, visit, { email: person.email, password: person.password })
  return { ...visit, signIn: cookies.signIn ?? '' }
}

/** What became of a wish: the step that came of it, or why there is none. */
const outcomeOf = (visit: Visit, given: Answer): Promise<string> =>
  answerSignIn(kit.rooms, visit, given).then(
    ({ step }) => step.step,
    (error: unknown) => {
      if (error instanceof Problem) return String(error.details.reason ?? error.code)
      throw error
    },
  )
const race = (visits: readonly Visit[], given: Answer) => Promise.all(visits.map((visit) => outcomeOf(visit, given)))
const count = (outcomes: readonly string[], which: string) => outcomes.filter((outcome) => outcome === which).length
const many = <T>(make: () => T) => Array.from({ length: atOnce }, make)
const lastCode = async () => /[0-9]{6}/.exec((await kit.textsTo(number))[0]?.text ?? '')?.[0] ?? ''
const messagesOf = async () =>
  (await kit.rooms.store.db.selectFrom('messages').select('id').where('to_address', '=', number).execute()).length
/** Whatever counts messages by the hour or the day begins anew. */
const pause = () => kit.pass(86_400)

/** A person who is sent text messages, set up as anybody is. */
async function secured(): Promise<Person> {
  const person = await kit.person((await kit.site({ mode: 'everyone', methods: ['sms'], defaultMethod: 'sms' })).id)
  const visit = await begin(person)
  assert.equal(await outcomeOf(visit, { phone: number }), 'enroll')
  assert.equal(await outcomeOf(visit, { code: await lastCode() }), 'codes')
  assert.equal(await outcomeOf(visit, { saved: true }), 'done')
  pause()
  return person
}

const sessionsOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).length

test(`A02 of ${atOnce} answers with one sent code exactly one gets in, in each of ${rounds} rounds`, async () => {
  const person = await secured()
  const before = await sessionsOf(person)
  for (let round = 1; round <= rounds; round++) {
    const visit = await begin(person)
    assert.equal(await outcomeOf(visit, { send: 'sms' }), 'answer')
    const code = await lastCode()
    const outcomes = await race(
      many(() => visit),
      { code },
    )
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${[...new Set(outcomes)]}`)
    for (const outcome of outcomes) assert.ok(['done', 'sign-in-gone', 'moved-on', 'not-sent'].includes(outcome), outcome)
    pause()
  }
  assert.equal(await sessionsOf(person), before + rounds)
})

test(`A05 of ${atOnce} wrong codes at once, given where a code was sent, exactly five are told that they are wrong`, async () => {
  const person = await secured()
  for (let round = 1; round <= rounds; round++) {
    const visit = await begin(person)
    await outcomeOf(visit, { send: 'sms' })
    const wrong = (await lastCode()) === '000000' ? '000001' : '000000'
    const outcomes = await race(
      many(() => visit),
      { code: wrong },
    )
    assert.equal(count(outcomes, 'mismatch'), 5, `round ${round}: ${[...new Set(outcomes)]}`)
    assert.equal(count(outcomes, 'too-many-attempts'), atOnce - 5, `round ${round}: ${[...new Set(outcomes)]}`)
    await kit.rooms.store.db.deleteFrom('throttles').where('key', '=', `code:${person.id}`).execute()
    pause()
  }
})

test(`S2.43 of ${atOnce} wishes for a code at once in one sign-in one is sent, and of ${atOnce} for it once more one again`, async () => {
  const person = await secured()
  for (let round = 1; round <= rounds; round++) {
    const visit = await begin(person)
    const before = await messagesOf()
    const first = await race(
      many(() => visit),
      { send: 'sms' },
    )
    assert.equal(count(first, 'answer'), 1, `round ${round}: ${[...new Set(first)]}`)
    const code = await lastCode()
    pauseForResend()
    await race(
      many(() => visit),
      { send: 'sms' },
    )
    assert.ok((await messagesOf()) - before <= 2, 'at most one for each')
    assert.equal(await outcomeOf(visit, { code }), 'done', 'the first code stays valid')
    pause()
  }
})

const pauseForResend = () => kit.pass(resendAfterSeconds)

test(`A87 of ${atOnce} sign-ins of one person that all want a code at once, ten get one`, async () => {
  const person = await secured()
  for (let round = 1; round <= 3; round++) {
    const visits = await Promise.all(many(() => begin(person)))
    const before = await messagesOf()
    const outcomes = await race(visits, { send: 'sms' })
    assert.equal(count(outcomes, 'answer'), 10, [...new Set(outcomes)].join())
    assert.equal(count(outcomes, 'person'), atOnce - 10)
    assert.equal((await messagesOf()) - before, 10)
    pause()
  }
})
