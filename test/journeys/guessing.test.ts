import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codesFromAnywhere, codesFromRecognizedDevice, passwordsFromAnywhere } from '#domain/throttle.ts'
import { type Answered, answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** A person with an authenticator, signed in on a device of their own. */
async function secured(): Promise<{ readonly person: Person; readonly owner: Client }> {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const owner = await kit.signIn(person)
  kit.pass(60)
  return { person, owner }
}

async function atCode(person: Person, client = kit.client()): Promise<Client> {
  const reply = await start(client, person)
  assert.equal(reply.json.step, 'answer', reply.text)
  return client
}

let addresses = 0
/** Somewhere nobody has come from yet. */
const elsewhere = () => kit.client(`198.51.100.${addresses++ % 250}`)

/** One wrong code, each from a new place and in a new sign-in. */
const wrong = async (person: Person): Promise<Answered> => answer(await atCode(person, elsewhere()), { code: kit.wrongCode(person) })

/** Wrong codes until so many count, with the waits sat out. */
async function burn(person: Person, until: number): Promise<void> {
  for (let nth = (await failuresOf(person)) + 1; nth <= until; nth++) {
    refused(await wrong(person), 422, 'code-not-accepted', { reason: 'mismatch' })
    assert.equal(await failuresOf(person), nth)
    kit.pass(codesFromAnywhere.waits[Math.min(nth, codesFromAnywhere.waits.length) - 1] ?? 0)
  }
}

async function resetPassword(person: Person, password: string): Promise<void> {
  const client = kit.client()
  assert.equal((await client.call('POST', '/api/v1/password-resets', { email: person.email })).status, 202)
  const mails = (await kit.mailsTo(person.email)).filter(({ subject }) => subject === 'Set a new password')
  const token = /reset-password\/([A-Za-z0-9_-]{43})/.exec(mails[0]?.text ?? '')?.[1]
  assert.equal((await client.call('POST', '/api/v1/password-resets/complete', { token, password })).status, 204)
}

const failuresOf = async (person: Person) =>
  (await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${person.id}`).executeTakeFirst())
    ?.failures ?? 0

test('A05 after five wrong codes the sixth waits exactly as long as it says, and the right one waits as well', async () => {
  const { person } = await secured()
  for (let nth = 1; nth <= 5; nth++) refused(await wrong(person), 422, 'code-not-accepted')
  for (const [nth, wait] of [60, 120, 240, 480].entries()) {
    const client = await atCode(person)
    for (const code of [kit.wrongCode(person), kit.code(person)]) {
      const reply = await answer(client, { code })
      refused(reply, 429, 'too-many-attempts', { retryAfterSeconds: wait })
      assert.equal(reply.headers['retry-after'], String(wait))
    }
    kit.pass(wait - 1)
    refused(await answer(client, { code: kit.code(person) }), 429, 'too-many-attempts', { retryAfterSeconds: 1 })
    kit.pass(1)
    assert.equal(await failuresOf(person), 5 + nth)
    refused(await answer(await atCode(person), { code: kit.wrongCode(person) }), 422, 'code-not-accepted')
  }
  kit.pass(960)
  assert.equal((await answer(await atCode(person), { code: kit.code(person) })).json.step, 'done')
})

test('R012 A06 new sign-ins, new addresses and a code of another kind give no new tries', async () => {
  const { person } = await secured()
  for (let nth = 1; nth <= 4; nth++) refused(await wrong(person), 422, 'code-not-accepted')
  for (let nth = 1; nth <= 20; nth++) await atCode(person, elsewhere())
  refused(await answer(await atCode(person, elsewhere()), { code: 'AAAA-BBBB-CCCC-DDDD' }), 422, 'code-not-accepted', {
    reason: 'mismatch',
  })
  for (const code of [kit.code(person), person.backupCodes?.[0]]) {
    refused(await answer(await atCode(person, elsewhere()), { code }), 429, 'too-many-attempts', { retryAfterSeconds: 60 })
  }
})

test('R011 a right code from a stranger does not refill the budget', async () => {
  const { person } = await secured()
  await burn(person, 4)
  assert.equal((await answer(await atCode(person, elsewhere()), { code: kit.code(person) })).json.step, 'done')
  assert.equal(await failuresOf(person), 4)
  kit.pass(30)
  refused(await wrong(person), 422, 'code-not-accepted')
  refused(await wrong(person), 429, 'too-many-attempts', { retryAfterSeconds: 60 })
})

test('R010 A07 at ten wrong codes the owner is told; at twenty it is shut for the right code too, for a year, until a new password by mail', async () => {
  const { person } = await secured()
  const told = async (subject: string) => (await kit.mailsTo(person.email)).filter((mail) => mail.subject === subject).length
  await burn(person, 9)
  assert.equal(await told('Somebody may know your password'), 0)
  await burn(person, 10)
  assert.equal(await told('Somebody may know your password'), 1)
  await burn(person, 19)
  assert.equal(await told('Your password must be changed'), 0)
  refused(await wrong(person), 422, 'code-not-accepted')
  assert.equal(await told('Your password must be changed'), 1)
  for (const wait of [0, 3600, 365 * 86_400]) {
    kit.pass(wait)
    for (const code of [kit.code(person), person.backupCodes?.[0], kit.wrongCode(person)]) {
      refused(await answer(await atCode(person, elsewhere()), { code }), 429, 'password-change-required')
    }
  }
  const events = await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id).execute()
  assert.equal(events.filter(({ action }) => action === 'sign-in.code-refused').length, 20)
  assert.equal(events.filter(({ action }) => action === 'sign-in.limit-reached').length, 1)
  assert.deepEqual([await told('Somebody may know your password'), await told('Your password must be changed')], [1, 1])

  const password = 'another five words that nobody knows'
  await resetPassword(person, password)
  const renewed = { ...person, password }
  refused(await start(kit.client(), person), 422, 'wrong-password')
  assert.equal(await failuresOf(person), 0)
  assert.equal((await answer(await atCode(renewed), { code: kit.code(person) })).json.step, 'done')
})

test('R013 a recognised device keeps its own lane: twenty wrong codes from elsewhere do not keep its owner out', async () => {
  const { person, owner } = await secured()
  await burn(person, 20)
  refused(await answer(await atCode(person, elsewhere()), { code: kit.code(person) }), 429, 'password-change-required')
  assert.equal((await answer(await atCode(person, owner), { code: kit.code(person) })).json.step, 'done')
  assert.equal(await failuresOf(person), 20, 'and the stranger has got no tries back')
})

test('the lane of a recognised device has its own waits, is cleared by a full sign-in, and at its limit the device is a stranger', async () => {
  const { person, owner } = await secured()
  const lane = kit.rooms.store.db.selectFrom('throttles').select(['key', 'failures', 'wait_until']).where('key', 'like', 'code:%:device:%')
  const wrongHere = async () => answer(await atCode(person, owner), { code: kit.wrongCode(person) })
  for (let nth = 1; nth <= 10; nth++) refused(await wrongHere(), 422, 'code-not-accepted')
  refused(await wrongHere(), 429, 'too-many-attempts', { retryAfterSeconds: 60 })
  kit.pass(60)
  assert.equal((await answer(await atCode(person, owner), { code: kit.code(person) })).json.step, 'done')
  assert.deepEqual(
    (await lane.execute()).map(({ failures }) => failures).filter((failures) => failures > 0),
    [],
  )
  for (let nth = 1; nth <= codesFromRecognizedDevice.limit; nth++) {
    refused(await wrongHere(), 422, 'code-not-accepted')
    kit.pass(codesFromRecognizedDevice.waits[Math.min(nth, codesFromRecognizedDevice.waits.length) - 1] ?? 0)
  }
  assert.equal(await failuresOf(person), 0, 'none of these counted for strangers')
  refused(await wrongHere(), 422, 'code-not-accepted')
  assert.equal(await failuresOf(person), 1, 'from then on they do')
  assert.equal((await answer(await atCode(person, owner), { code: kit.code(person) })).json.step, 'done')
})

test('G2 nobody without the password reaches the lanes of codes', async () => {
  const { person } = await secured()
  const attacker = kit.client('198.51.100.250')
  for (let nth = 0; nth < 5; nth++) {
    refused(await start(attacker, { email: person.email, password: `guess number ${nth}` }), 422, 'wrong-password')
    refused(await answer(attacker, { code: kit.wrongCode(person) }), 401, 'sign-in-gone')
    attacker.cookies.set('countersign-sign-in', 'x'.repeat(43))
    refused(await answer(attacker, { code: kit.wrongCode(person) }), 403, 'forged-request')
    attacker.cookies.clear()
  }
  assert.equal(await failuresOf(person), 0)
})

test('wrong passwords wait longer and longer, a right one clears them, and a recognised device does not wait with the others', async () => {
  const { person, owner } = await secured()
  const guess = (client: Client) => start(client, { email: person.email, password: 'not this one' })
  for (let nth = 1; nth <= 5; nth++) refused(await guess(elsewhere()), 422, 'wrong-password')
  assert.equal((await atCode(person, owner)).cookies.has('countersign-sign-in'), true)
  for (const wait of [30, 60, 120]) {
    refused(await guess(elsewhere()), 429, 'too-many-attempts', { retryAfterSeconds: wait })
    refused(await start(elsewhere(), person), 429, 'too-many-attempts', { retryAfterSeconds: wait })
    kit.pass(wait)
    refused(await guess(elsewhere()), 422, 'wrong-password')
  }
  kit.pass(240)
  await atCode(person, elsewhere())
  for (let nth = 1; nth <= 5; nth++) refused(await guess(elsewhere()), 422, 'wrong-password')
  refused(await guess(elsewhere()), 429, 'too-many-attempts', { retryAfterSeconds: 30 })
})

test('A84 an address that nobody has waits like one that somebody has', async () => {
  const { person } = await secured()
  for (const email of [person.email, `nobody-${person.email}`]) {
    for (let nth = 1; nth <= 5; nth++) refused(await start(elsewhere(), { email, password: 'wrong' }), 422, 'wrong-password')
    refused(await start(elsewhere(), { email: ` ${email.toUpperCase()}`, password: 'wrong' }), 429, 'too-many-attempts', {
      retryAfterSeconds: 30,
    })
  }
  assert.ok(passwordsFromAnywhere.limit <= 100)
})

test('a device that somebody signed in on is recognised for nobody else', async () => {
  const [one, two] = [await secured(), await secured()]
  for (let nth = 1; nth <= 5; nth++)
    refused(await answer(await atCode(two.person, one.owner), { code: kit.wrongCode(two.person) }), 422, 'code-not-accepted')
  assert.equal(await failuresOf(two.person), 5)
  refused(await answer(await atCode(two.person, one.owner), { code: kit.code(two.person) }), 429, 'too-many-attempts', {
    retryAfterSeconds: 60,
  })
})
