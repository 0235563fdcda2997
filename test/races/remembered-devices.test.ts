import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digest } from '#crypto/random.ts'
import { Problem } from '#domain/problem.ts'
import { resetPassword } from '#flows/recovery.ts'
import { forgetAllDevices } from '#flows/remembered-devices.ts'
import type { Visit } from '#flows/rooms.ts'
import { checkSession, resetOwnTwoFactor } from '#flows/session.ts'
import { answerSignIn, type Reply, startSignIn } from '#flows/sign-in.ts'
import { addLink } from '#store/links.ts'
import { answer, type Client, confirm, type Kit, openKit, type Person, startFromSession } from '../kit.ts'

const rounds = process.env.TEST_DATABASE === 'postgres' ? 40 : 15
const atOnce = 8

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const origin = { address: '198.51.100.7', requestId: 'race', browser: 'race' }
const many = <T>(make: (nth: number) => T) => Promise.all(Array.from({ length: atOnce }, (_, nth) => make(nth)))
const visitOf = (client: Client): Visit => ({ ...origin, session: client.cookies.get('countersign-session') ?? '' })
const password = ({ email, password }: Person) => ({ email, password })

async function secured() {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  return { person, client: await kit.signIn(person) }
}

/** What came of an answer: the reply, or nothing where it was refused by a rule of the house. */
const outcome = (reply: Promise<Reply>) =>
  reply.catch((error: unknown) => {
    if (error instanceof Problem) return undefined
    throw error
  })

const isAlive = (session: string | null | undefined) =>
  session
    ? checkSession(kit.rooms, { ...origin, session }).then(
        () => true,
        () => false,
      )
    : Promise.resolve(false)

/** Whether the password alone gets in with any of these devices. */
async function spared(person: Person, replies: readonly (Reply | undefined)[]): Promise<number> {
  const tokens = replies.flatMap((reply) => reply?.cookies.remembered?.token ?? [])
  const steps = await Promise.all(tokens.map((remembered) => startSignIn(kit.rooms, { ...origin, remembered }, password(person))))
  return steps.filter(({ step }) => step.step === 'done').length
}

test(`A31 of ${atOnce} sign-ins on remembered devices at the moment of "forget all" none leaves a session, in each of ${rounds} rounds`, async () => {
  const { person, client } = await secured()
  let entered = 0
  for (let round = 1; round <= rounds; round++) {
    kit.pass(30)
    const atCode = await startSignIn(kit.rooms, origin, password(person))
    const remembering = { ...origin, signIn: atCode.cookies.signIn ?? '' }
    const device = await answerSignIn(kit.rooms, remembering, { code: kit.code(person), remember: true })
    const visit = { ...origin, remembered: device.cookies.remembered?.token ?? '' }
    const forgotten = forgetAllDevices(kit.rooms, visitOf(client))
    const replies = await many(() => outcome(startSignIn(kit.rooms, visit, password(person))))
    await forgotten
    const done = replies.filter((reply) => reply?.step.step === 'done')
    entered += done.length
    for (const reply of done) assert.equal(await isAlive(reply?.cookies.session), false, `round ${round}`)
    assert.equal(await spared(person, [device]), 0, `round ${round}`)
  }
  assert.ok(entered > 0, 'some came before it')
})

/** So many sign-ins at the code, each with a backup code of its own and the tick, at the moment of something that must end them. */
async function rememberAgainst(person: Person, act: () => Promise<unknown>): Promise<readonly (Reply | undefined)[]> {
  const codes = person.backupCodes ?? []
  const started = await many(() => startSignIn(kit.rooms, origin, password(person)))
  const answers = started.map(({ cookies }, nth) =>
    outcome(answerSignIn(kit.rooms, { ...origin, signIn: cookies.signIn ?? '' }, { code: codes[nth] ?? '', remember: true })),
  )
  await act()
  return Promise.all(answers)
}

const acts = {
  'a new password': async (person: Person) => {
    const expiresAt = new Date(kit.now().getTime() + 3_600_000)
    const token = await addLink(kit.rooms.store.db, kit.now(), { kind: 'password-reset', userId: person.id, expiresAt })
    return () => resetPassword(kit.rooms, origin, { token, password: person.password })
  },
  '"Reset QR Code"': async (person: Person, client: Client) => {
    await confirm(kit, person, client)
    return () => resetOwnTwoFactor(kit.rooms, visitOf(client))
  },
}

for (const [what, prepare] of Object.entries(acts)) {
  test(`A31 of ${atOnce} devices that are being remembered at the moment of ${what} none spares anything, in each of ${rounds} rounds`, async () => {
    let remembered = 0
    for (let round = 1; round <= rounds; round++) {
      const { person, client } = await secured()
      const act = await prepare(person, client)
      const replies = await rememberAgainst(person, act)
      remembered += replies.filter((reply) => reply?.cookies.remembered).length
      for (const reply of replies) assert.equal(await isAlive(reply?.cookies.session), false, `round ${round}`)
      assert.equal(await spared(person, replies), 0, `round ${round}`)
    }
    assert.ok(remembered > 0, 'some came before it')
  })
}

test(`A31 a device that is being remembered while another authenticator is bound spares nothing unless it came after it, in each of ${rounds} rounds`, async () => {
  const { db } = kit.rooms.store
  for (let round = 1; round <= rounds; round++) {
    const { person, client } = await secured()
    await confirm(kit, person, client)
    const { key } = (await startFromSession(client, 'enroll')).json
    const epochOf = () => db.selectFrom('users').select('device_epoch').where('id', '=', person.id).executeTakeFirstOrThrow()
    const { device_epoch: earlier } = await epochOf()
    const replies = await rememberAgainst(person, async () => {
      assert.equal((await answer(client, { code: kit.code({ ...person, key }) })).json.step, 'done')
    })
    const { device_epoch: later } = await epochOf()
    assert.ok(later > earlier)
    let live = 0
    for (const token of replies.flatMap((reply) => reply?.cookies.remembered?.token ?? [])) {
      const row = await db
        .selectFrom('remembered_devices')
        .select('epoch')
        .where('token_hash', '=', digest(token))
        .executeTakeFirstOrThrow()
      if (row.epoch === later) live += 1
    }
    assert.equal(await spared(person, replies), live, `round ${round}`)
  }
})
