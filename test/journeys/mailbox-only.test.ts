import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fromBase32 } from '#factors/base32.ts'
import { hotp, stepAt } from '#factors/totp.ts'
import { type Answered, answer, type Client, type Kit, openKit, type Person, start } from '../kit.ts'

let kit: Kit
before(async () => {
  kit = await openKit()
})
after(() => kit.close())

/** A small generator, so that a walk that finds something can be walked again. */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Attack {
  readonly victim: Person
  readonly client: Client
  /** What the attacker has set, once they have. */
  password: string
  /** The key on show, if an app is being set up. */
  key: string
}

const linkIn = async (email: string, path: string) =>
  (await kit.mailsTo(email)).flatMap(({ text }) => new RegExp(`(?<=${path}/)[\\w-]{43}`).exec(text) ?? [])[0]
const codeIn = async (email: string) => (await kit.mailsTo(email)).flatMap(({ text }) => /^[0-9]{6}$/m.exec(text) ?? [])[0] ?? '000000'
const ownNumber = '+4930901999'

/** Whatever somebody can try who reads the victim's mail, and has an app and a phone of their own. */
const routes: Readonly<Record<string, (attack: Attack) => Promise<Answered>>> = {
  'ask for a new password': ({ client, victim }) => client.call('POST', '/api/v1/password-resets', { email: victim.email }),
  'set a new password': async (attack) => {
    const token = await linkIn(attack.victim.email, 'reset-password')
    attack.password = 'a password of the attacker'
    return attack.client.call('POST', '/api/v1/password-resets/complete', { token, password: attack.password })
  },
  'log in': ({ client, victim, password }) => start(client, { email: victim.email, password }),
  'look at the step': ({ client }) => client.call('GET', '/api/v1/sign-ins/current'),
  'have a mail sent': ({ client }) => answer(client, { send: 'email' }),
  'have a text sent': ({ client }) => answer(client, { send: 'sms' }),
  'type the mailed code': async ({ client, victim }) => answer(client, { code: await codeIn(victim.email) }),
  'choose an app': ({ client }) => answer(client, { choose: 'totp' }),
  'type the code of an own app': ({ client, key }) =>
    answer(client, { code: key === '' ? '000000' : hotp(fromBase32(key), stepAt(kit.now())) }),
  'choose mail': ({ client }) => answer(client, { choose: 'email' }),
  'set up an own number': ({ client }) => answer(client, { phone: ownNumber }),
  'say that the codes are saved': ({ client }) => answer(client, { saved: true }),
  cancel: ({ client }) => client.call('DELETE', '/api/v1/sign-ins/current'),
  'accept the invitation': async ({ client, victim, password }) => {
    const token = await linkIn(victim.email, 'invitation')
    return client.call('POST', '/api/v1/invitations/accept', { token, password })
  },
  'confirm a change of email': async ({ client, victim, password }) => {
    const token = (await linkIn(victim.email, 'email-change')) ?? 'x'.repeat(43)
    return client.call('POST', '/api/v1/email-changes/complete', { token, password })
  },
}

/** Those whom an attacker with the mailbox alone must not become, and how they got where they are. */
const victims: Readonly<Record<string, () => Promise<Person>>> = {
  'with an app': async () => protectedBy(['totp']),
  'with mail': async () => protectedBy(['email']),
  'with mail and an app': async () => protectedBy(['totp', 'email']),
  'with a text message': async () => protectedBy(['sms']),
  'after a reset': async () => {
    const person = await protectedBy(['totp'])
    const owner = await kit.signIn(kit.provider.owner)
    const [membership] = await kit.rooms.store.db
      .selectFrom('memberships')
      .selectAll()
      .where('user_id', '=', person.id)
      .where('joined_at', 'is not', null)
      .execute()
    const path = `/api/v1/organizations/${membership?.organization_id}/users/${person.id}/two-factor`
    assert.equal((await owner.call('POST', path, { action: 'reset' })).status, 200)
    return person
  },
}

async function protectedBy(kinds: readonly string[]): Promise<Person> {
  const site = await kit.site({ mode: 'everyone', methods: ['totp', 'email', 'sms', 'voice'] })
  const person = await kit.person(site.id)
  const client = kit.client()
  const first = (await start(client, person)).json
  for (const [nth, kind] of kinds.entries()) {
    if (nth > 0) {
      await client.call('GET', '/api/v1/session')
      await client.call('POST', '/api/v1/me/sign-ins', { intent: 'enroll' })
    }
    if (kind === 'totp') assert.equal((await answer(client, { code: hotp(fromBase32(first.key), stepAt(kit.now())) })).status, 200)
    else {
      await answer(client, { choose: kind })
      await answer(client, kind === 'email' ? { send: 'email' } : { phone: '+4930901888' })
      const [text] = await kit.textsTo('+4930901888')
      const code = kind === 'email' ? await codeIn(person.email) : /[0-9]{6}/.exec(text?.text ?? '')?.[0]
      assert.equal((await answer(client, { code })).status, 200)
    }
    if (nth === 0) assert.equal((await answer(client, { saved: true })).json.step, 'done')
  }
  const elsewhere = await kit.site({ mode: 'everyone' })
  const owner = await kit.signIn(kit.provider.owner)
  await owner.call('POST', `/api/v1/organizations/${elsewhere.id}/users`, { name: person.name, email: person.email, role: 'user' })
  await owner.call('DELETE', '/api/v1/session')
  kit.pass(3600)
  return person
}

const authenticatorsOf = (person: Person) =>
  kit.rooms.store.db
    .selectFrom('authenticators')
    .select('id')
    .where('user_id', '=', person.id)
    .where('retired_at', 'is', null)
    .orderBy('id')
    .execute()

/** The routes that lead furthest, walked first and always; what chance finds comes on top. */
const known: readonly (readonly string[])[] = [
  [
    'ask for a new password',
    'set a new password',
    'log in',
    'have a mail sent',
    'type the mailed code',
    'type the code of an own app',
    'say that the codes are saved',
  ],
  ['ask for a new password', 'set a new password', 'accept the invitation', 'have a mail sent', 'type the mailed code', 'choose an app'],
  ['ask for a new password', 'set a new password', 'log in', 'cancel', 'log in', 'have a mail sent', 'type the mailed code', 'choose mail'],
]
const walks = 14
const stepsPerWalk = 10

for (const [name, make] of Object.entries(victims)) {
  test(`A36 who reads the mailbox and has nothing else never becomes somebody ${name}, by ${known.length + walks} ways of up to ${stepsPerWalk} steps`, async () => {
    const victim = await make()
    const before = await authenticatorsOf(victim)
    const names = Object.keys(routes)
    let reached = 0
    for (let walk = 0; walk < known.length + walks; walk++) {
      const draw = drawing(walk * 7919 + name.length)
      const attack: Attack = { victim, client: kit.client(`198.51.100.${walk}`), password: 'not known to the attacker', key: '' }
      const path: string[] = []
      // Half of the walks begin where the mailbox has already given a password: further on is where it could go wrong.
      if (walk % 2 === 1) path.push('ask for a new password', 'set a new password', 'log in')
      while (path.length < stepsPerWalk) path.push(names[draw(names.length)] ?? '')
      for (const [nth, step] of (known[walk] ?? path).entries()) {
        const reply = await routes[step]?.(attack)
        if (typeof reply?.json?.key === 'string') attack.key = reply.json.key
        const session = await attack.client.call('GET', '/api/v1/session')
        assert.equal(session.status, 401, `a session after: ${(known[walk] ?? path).slice(0, nth + 1).join(', ')}`)
        if (attack.client.cookies.has('countersign-sign-in')) reached += 1
      }
      assert.deepEqual(await authenticatorsOf(victim), before, 'nothing was bound or removed')
      kit.pass(7200)
    }
    assert.ok(reached > 20, `the attacker came as far as the second step ${reached} times`)
  })
}

test('A36 the owner of an app who lost the password gets back in by the mailed link and a code of the app', async () => {
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  await kit.signIn(person)
  kit.pass(3600)
  await kit.client().call('POST', '/api/v1/password-resets', { email: person.email })
  const token = await linkIn(person.email, 'reset-password')
  const password = 'the next password of its owner'
  assert.equal((await kit.client().call('POST', '/api/v1/password-resets/complete', { token, password })).status, 204)
  await kit.signIn({ ...person, password })
})
