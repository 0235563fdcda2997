import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startingPolicy } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { acceptInvitation, offerSetUp, resetPassword, setUp } from '#flows/recovery.ts'
import { addLink } from '#store/links.ts'
import { addOrganization } from '#store/organizations.ts'
import { addMembership, findOrAddUser } from '#store/people.ts'
import { type Kit, openKit } from '../kit.ts'

/** The embedded database takes one statement at a time, so a round there is slower and holds fewer orders of events. */
const rounds = 200
const fewerRounds = process.env.TEST_DATABASE === 'postgres' ? 100 : 40
const atOnce = 64
const password = 'five unrelated words for one door'
const visit = { address: '198.51.100.7', requestId: 'race', browser: 'race' }

let kit: Kit
before(async () => {
  kit = await openKit({ founded: false })
})
after(() => kit.close())

/** Does the same thing so many times at once and tells what became of each. */
async function race(act: (nth: number) => Promise<unknown>): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: atOnce }, (_, nth) =>
      act(nth).then(
        () => 'done',
        (error: unknown) => {
          if (error instanceof Problem) return error.code
          throw error
        },
      ),
    ),
  )
}

function exactlyOne(outcomes: readonly string[], round: number): void {
  const won = outcomes.filter((outcome) => outcome === 'done').length
  const gone = outcomes.filter((outcome) => outcome === 'link-gone').length
  assert.deepEqual([won, gone], [1, atOnce - 1], `round ${round}: ${[...new Set(outcomes)]}`)
}

/** An organization of its own, in an installation that nobody founded. */
const organization = async () =>
  (await kit.rooms.store.db.selectFrom('organizations').select('id').execute())[0]?.id ??
  (await addOrganization(kit.rooms.store.db, kit.now(), 'Provider', null, { ...startingPolicy, enabled: true, mode: 'opt-in' })).id

const later = () => new Date(kit.now().getTime() + 3_600_000)

test(`R008 of ${atOnce} who hold the set-up address exactly one founds the installation, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  for (let round = 1; round <= rounds; round++) {
    const token = (await offerSetUp(rooms))?.split('/').at(-1) ?? ''
    const outcomes = await race((nth) =>
      setUp(rooms, visit, { token, organizationName: 'Provider', name: 'Olive', email: `founder-${nth}@example.org`, password }),
    )
    exactlyOne(outcomes, round)
    for (const table of ['organizations', 'users', 'memberships', 'policies'] as const) {
      assert.equal((await db.selectFrom(table).selectAll().execute()).length, 1, table)
    }
    // As it was before anybody came.
    for (const table of ['links', 'sign_ins', 'memberships', 'policies', 'organizations', 'users'] as const)
      await db.deleteFrom(table).execute()
  }
  const founded = await db.selectFrom('audit_events').select('id').where('action', '=', 'organization.founded').execute()
  assert.equal(founded.length, rounds)
})

test(`of ${atOnce} who hold one invitation exactly one accepts it, in each of ${rounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  const site = await organization()
  for (let round = 1; round <= rounds; round++) {
    const email = `invited-${round}@example.org`
    const userId = await findOrAddUser(db, kit.now(), { email, name: 'Ina' })
    await addMembership(db, kit.now(), { organizationId: site, userId, role: 'user', required: false, name: 'Ina', hasJoined: false })
    const token = await addLink(db, kit.now(), { kind: 'invitation', organizationId: site, userId, expiresAt: later() })
    exactlyOne(await race(() => acceptInvitation(rooms, visit, { token, password })), round)
    const sessions = await db.selectFrom('sessions').select('id').where('user_id', '=', userId).execute()
    assert.equal(sessions.length, 1)
  }
  const joined = await db.selectFrom('audit_events').select('id').where('action', '=', 'user.joined').execute()
  assert.equal(joined.length, rounds)
})

test(`of two invitations of one new person, accepted with two passwords at the same moment, exactly one sets the password, in each of ${fewerRounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  const provider = await organization()
  const sites = await Promise.all(['One', 'Two'].map((name) => addOrganization(db, kit.now(), name, provider, startingPolicy)))
  for (let round = 1; round <= fewerRounds; round++) {
    const email = `invited-twice-${round}@example.org`
    const userId = await findOrAddUser(db, kit.now(), { email, name: 'Ina' })
    const tokens: string[] = []
    for (const { id: organizationId } of sites) {
      await addMembership(db, kit.now(), { organizationId, userId, role: 'user', required: false, name: 'Ina', hasJoined: false })
      tokens.push(await addLink(db, kit.now(), { kind: 'invitation', organizationId, userId, expiresAt: later() }))
    }
    const passwords = [password, `${password} of mine`]
    const outcomes = await Promise.all(
      tokens.map((token, nth) =>
        acceptInvitation(rooms, visit, { token, password: passwords[nth] ?? '' }).then(
          () => 'done',
          (error: Problem) => error.code,
        ),
      ),
    )
    // Whoever comes a moment later finds that the person has a password, and theirs is another.
    assert.equal(outcomes.filter((outcome) => outcome === 'done').length, 1, `round ${round}: ${outcomes}`)
    assert.ok(['moved-on', 'wrong-password'].includes(outcomes.find((outcome) => outcome !== 'done') ?? ''), `round ${round}: ${outcomes}`)
    const { password_hash: stored } = await db
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    const winner = passwords[outcomes.indexOf('done')] ?? ''
    assert.equal(await rooms.passwords.verify(stored ?? undefined, winner, 'unknown'), true, `round ${round}`)
  }
})

test(`of ${atOnce} who hold one password link exactly one sets a password, and it is the one that then holds, in each of ${fewerRounds} rounds`, async () => {
  const { rooms } = kit
  const { db } = rooms.store
  const person = await kit.person(await organization())
  const words = Array.from({ length: atOnce }, (_, nth) => `a password of the one who came as number ${nth}`)
  const hashes = await Promise.all(words.map((word) => rooms.passwords.hash(word)))
  for (let round = 1; round <= fewerRounds; round++) {
    const token = await addLink(db, kit.now(), { kind: 'password-reset', userId: person.id, expiresAt: later() })
    const outcomes = await race((nth) => resetPassword(rooms, visit, { token, password: words[nth] ?? '' }))
    exactlyOne(outcomes, round)
    const { password_hash } = await db.selectFrom('users').select('password_hash').where('id', '=', person.id).executeTakeFirstOrThrow()
    assert.equal(password_hash, hashes[outcomes.indexOf('done')])
  }
})
