import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Problem } from '#domain/problem.ts'
import { completeEmailChange } from '#flows/email-change.ts'
import { changeOwnPassword } from '#flows/profile.ts'
import { addEmailChange } from '#store/email-change.ts'
import { type Kit, openKit, type Person } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = process.env.TEST_DATABASE === 'postgres' ? 60 : 20
const atOnce = 32
const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** Does things at once and tells what became of each. */
const race = (acts: readonly (() => Promise<unknown>)[]): Promise<readonly string[]> =>
  Promise.all(
    acts.map((act) =>
      act().then(
        () => 'done',
        (error: unknown) => {
          if (error instanceof Problem) return error.code
          throw error
        },
      ),
    ),
  )
const times = (act: () => Promise<unknown>) => Array.from({ length: atOnce }, () => act)
const counted = (outcomes: readonly string[], what: string) => outcomes.filter((outcome) => outcome === what).length

const link = ({ id: userId }: Person, email: string) =>
  addEmailChange(kit.rooms.store.db, kit.now(), { userId, email, expiresAt: new Date(kit.now().getTime() + 3_600_000) })
const emailOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('users').select('email').where('id', '=', id).executeTakeFirstOrThrow()).email

test(`A52 of ${atOnce} who confirm one change of email exactly one does, and the old address is told once, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const site = await kit.site()
  const person = await kit.person(site.id)
  for (let round = 1; round <= rounds; round++) {
    const [from, to] = [await emailOf(person), `round-${round}@example.org`]
    const token = await link(person, to)
    const outcomes = await race(times(() => completeEmailChange(rooms, visit, { token, password: person.password })))
    assert.deepEqual(
      [counted(outcomes, 'done'), counted(outcomes, 'link-gone')],
      [1, atOnce - 1],
      `round ${round}: ${[...new Set(outcomes)]}`,
    )
    assert.equal(await emailOf(person), to)
    const told = (await kit.mailsTo(from)).filter(({ subject }) => subject === 'The email of your account was changed')
    assert.equal(told.length, 1)
  }
})

test(`of two people who change to one address at once exactly one gets it, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const site = await kit.site()
  const people = [await kit.person(site.id), await kit.person(site.id)] as const
  for (let round = 1; round <= rounds; round++) {
    const to = `wanted-${round}@example.org`
    const tokens = [await link(people[0], to), await link(people[1], to)] as const
    const outcomes = await race(
      people.flatMap(({ password }, index) => [
        () => completeEmailChange(rooms, visit, { token: tokens[index as 0 | 1], password }),
        () => completeEmailChange(rooms, visit, { token: tokens[index as 0 | 1], password }),
      ]),
    )
    assert.equal(counted(outcomes, 'done'), 1, `round ${round}: ${outcomes}`)
    assert.equal([await emailOf(people[0]), await emailOf(people[1])].filter((email) => email === to).length, 1)
  }
})

test(`${atOnce} changes of email that are asked for at once leave one link that works, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const person = await kit.person((await kit.site()).id)
  for (let round = 1; round <= rounds; round++) {
    const tokens = await Promise.all(Array.from({ length: atOnce }, (_, nth) => link(person, `asked-${round}-${nth}@example.org`)))
    const outcomes = await race(tokens.map((token) => () => completeEmailChange(rooms, visit, { token, password: person.password })))
    assert.deepEqual([counted(outcomes, 'done'), counted(outcomes, 'link-gone')], [1, atOnce - 1], `round ${round}`)
  }
})

test('of many who change one password at once exactly one does, and its session goes on', async () => {
  const { rooms } = kit
  const person = await kit.person((await kit.site()).id)
  const client = await kit.signIn(person)
  const session = client.cookies.get('countersign-session') ?? ''
  const outcomes = await race(
    Array.from(
      { length: atOnce },
      (_, nth) => () =>
        changeOwnPassword(rooms, { ...visit, session }, { current: person.password, password: `a new password, number ${nth} of many` }),
    ),
  )
  assert.equal(counted(outcomes, 'done'), 1, `${[...new Set(outcomes)]}`)
  const { length } = await rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', person.id).execute()
  assert.equal(length, 1)
})
