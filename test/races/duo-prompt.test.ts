import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import type { Visit } from '#flows/rooms.ts'
import { answerSignIn, type Reply, startSignIn } from '#flows/sign-in.ts'
import { type DuoKit, openDuoKit } from '../duo-kit.ts'
import type { Kit, Person } from '../kit.ts'

/** Each round walks through the simulated Duo and back, so there are fewer than where nobody outside is asked. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 20 : 8
const atOnce = 64

let duoKit: DuoKit
let kit: Kit
before(async () => {
  duoKit = await openDuoKit()
  kit = duoKit.kit
})
after(() => duoKit.close())

async function begin(person: Person): Promise<Visit> {
  const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }
  const { cookies } = await startSignIn(kit.rooms, visit, { email: person.email, password: person.password })
  return { ...visit, signIn: cookies.signIn ?? '' }
}

const addressIn = ({ step }: Reply) => ('duo' in step && step.duo?.address) || ''

/** Goes to Duo and approves there: what the browser comes back with. */
async function returned(visit: Visit): Promise<Answer> {
  const { state = '', duo_code = '' } = await duoKit.approve(addressIn(await answerSignIn(kit.rooms, visit, { open: 'duo' })))
  return { returned: { state, duo_code } }
}

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
const rowsOf = async (table: 'sessions' | 'authenticators', { id }: Person) =>
  (await kit.rooms.store.db.selectFrom(table).select('id').where('user_id', '=', id).execute()).length
const tokensAsked = () => duoKit.duo.asked.filter(({ path }) => path.endsWith('/token')).length

test(`A64 of ${atOnce} returns at once with one code exactly one gets in and asks Duo, in each of ${rounds} rounds`, async () => {
  const person = await kit.person((await duoKit.site()).id)
  duoKit.user(person)
  await duoKit.bind(person)
  for (let round = 0; round < rounds; round++) {
    kit.pass(60)
    const visit = await begin(person)
    const given = await returned(visit)
    const [sessions, asked] = [await rowsOf('sessions', person), tokensAsked()]
    const outcomes = await race(Array(atOnce).fill(visit), given)
    assert.equal(count(outcomes, 'done'), 1, `round ${round}: ${outcomes}`)
    assert.equal(await rowsOf('sessions', person), sessions + 1)
    assert.equal(tokensAsked(), asked + 1, 'the question was spent before Duo was asked')
  }
})

test(`of ${atOnce} wishes at once to go to Duo one asks it, and no other way is opened by so many`, async () => {
  const site = await duoKit.site({ settings: { whenAway: 'other-factor' } })
  const person = await kit.person(site.id)
  duoKit.user(person)
  await duoKit.bind(person)
  const visit = await begin(person)
  const asked = duoKit.duo.asked.length
  const outcomes = await race(Array(atOnce).fill(visit), { open: 'duo' })
  assert.equal(duoKit.duo.asked.length, asked + count(outcomes, 'answer'))
  assert.equal(count(outcomes, 'answer') + count(outcomes, 'moved-on'), atOnce, String(outcomes))
  const { step } = await answerSignIn(kit.rooms, visit, { open: 'duo' })
  assert.deepEqual('kinds' in step && step.kinds, ['duo', 'backup-codes'])
})

test(`A67 trap 7: of two people whom Duo knows as one user exactly one is set up, in each of ${rounds} rounds`, async () => {
  const site = await duoKit.site()
  for (let round = 0; round < rounds; round++) {
    kit.pass(60)
    const people = [await kit.person(site.id), await kit.person(site.id)] as const
    duoKit.user(people[0]).aliases.push(people[1].email)
    const ready = await Promise.all(
      people.map(async (person) => {
        const visit = await begin(person)
        return { visit, given: await returned(visit) }
      }),
    )
    const outcomes = await Promise.all(ready.map(({ visit, given }) => outcomeOf(visit, given)))
    assert.deepEqual([...outcomes].sort(), ['codes', 'taken'], `round ${round}`)
    const bound = await Promise.all(people.map((person) => rowsOf('authenticators', person)))
    assert.deepEqual([...bound].sort(), [0, 1])
  }
})
