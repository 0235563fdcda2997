import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answered, answer, type Client, type Kit, openKit, type Person, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ remembersHashes: true })
})
after(() => kit.close())

type Run = Kit['rooms']['store']['run']

/** What a statement may answer that goes wrong: with an exception, without a row, and with rows that say nothing. */
const faults: Readonly<Record<string, () => Promise<never>>> = {
  'an exception': async () => {
    throw new Error('gone')
  },
  'no row': async () => [] as never,
  'a row of nothing': async () => [{ row: null }] as never,
  nothing: async () => undefined as never,
}

/** Does something while the n-th statement goes wrong. @returns whether it came as far as that */
async function withFault(nth: number, fault: () => Promise<never>, work: () => Promise<void>): Promise<boolean> {
  const { store } = kit.rooms
  const { run, read } = store
  let count = 0
  const failing =
    (carryOut: Run) =>
    (...given: Parameters<Run>) => {
      count += 1
      return count === nth ? fault() : carryOut(...given)
    }
  Object.assign(store, { run: failing(run), read: failing(read) })
  try {
    await work()
  } finally {
    Object.assign(store, { run, read })
  }
  return count >= nth
}

async function halfway(): Promise<{ readonly person: Person; readonly client: Client }> {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  await kit.enroll(person, await kit.signIn(person))
  kit.pass(60)
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'answer')
  return { person, client }
}

/** The status of an answer, of one that the kit takes for a failure of ours, too: here that is what is wanted. */
const statusOf = (asked: Promise<Answered>): Promise<number> =>
  asked.then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof assert.AssertionError && error.message.includes('→ 500: ')) return 500
      throw error
    },
  )

const isSignedIn = async (client: Client) => (await client.call('GET', '/api/v1/session')).status === 200

describe('A22 an error is never taken for a yes', () => {
  for (const [name, fault] of Object.entries(faults)) {
    test(`${name} in place of any statement lets nobody in with a wrong password, a wrong code or half a sign-in`, async () => {
      const { person, client } = await halfway()
      for (let nth = 1, isReached = true; isReached; nth++) {
        isReached = await withFault(nth, fault, async () => {
          const stranger = kit.client()
          const status = await statusOf(start(stranger, { ...person, password: 'not the password of anybody' }))
          assert.ok(status >= 400, `${nth}: ${status}`)
          assert.equal(await isSignedIn(stranger), false)
        })
        assert.ok(nth < 12)
      }
      for (let nth = 1, isReached = true; isReached; nth++) {
        kit.pass(120)
        isReached = await withFault(nth, fault, async () => {
          const status = await statusOf(answer(client, { code: kit.wrongCode(person) }))
          assert.ok(status >= 400, `${nth}: ${status}`)
        })
        assert.equal(await isSignedIn(client), false, String(nth))
        assert.ok(nth < 12)
      }
    })

    test(`${name} in place of any statement of a right code is no session either, unless it came after it was made`, async () => {
      for (let nth = 1, isReached = true; isReached; nth++) {
        const { person, client } = await halfway()
        let status = 0
        isReached = await withFault(nth, fault, async () => {
          status = await statusOf(answer(client, { code: kit.code(person) }))
        })
        assert.equal(await isSignedIn(client), status < 400, `${nth}: ${status}`)
        if (isReached && nth < 3) assert.ok(status >= 400, `${nth}: ${status}`)
        assert.ok(nth < 12)
      }
    })
  }

  test('a factor that throws, or says anything but yes or no, lets nobody in', async () => {
    const totp = kit.rooms.factors.find(({ kind }) => kind === 'totp')
    assert.ok(totp)
    const { authentication } = totp
    const said: readonly unknown[] = [undefined, null, false, true, {}, 'accepted', { verdict: true }, { verdict: 'unknown' }]
    for (const one of [...said, { verdict: 'accepted' }, new Error('gone')]) {
      const { person, client } = await halfway()
      const broken = () => {
        if (one instanceof Error) throw one
        return one
      }
      Object.assign(totp, { authentication: { ...authentication, answer: broken } })
      try {
        const status = await statusOf(answer(client, { code: kit.code(person) }))
        assert.ok(status >= 400, `${JSON.stringify(one)}: ${status}`)
        assert.equal(await isSignedIn(client), false, JSON.stringify(one))
      } finally {
        Object.assign(totp, { authentication })
      }
    }
  })
})
