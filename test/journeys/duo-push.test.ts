import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { pushLimits, pushSeconds } from '#domain/duo-push.ts'
import { type DuoFault, type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type DuoKit, type DuoPerson, duoKit } from '../duo-push-kit.ts'
import { type Answered, answer, type Client, type Kit, openKit, type Person, refused, start } from '../kit.ts'

let kit: Kit
let duo: DuoSimulator
let made: DuoKit

before(async () => {
  duo = await startDuo({ now: () => kit?.now() ?? new Date(), pollSeconds: 0.05 })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  kit = await openKit({ delivery: { allowedHosts: [duo.host] } })
  made = duoKit(kit, duo)
})
after(() => Promise.all([kit.close(), duo.stop()]))

const send = (client: Client, more: Record<string, unknown> = {}) => answer(client, { send: 'duo', ...more })
const check = (client: Client) => answer(client, { check: 'duo' })
const pushesOf = ({ user }: DuoPerson) => duo.account.pushes.filter((push) => push.user.id === user.id)
const lastPush = (person: DuoPerson) => {
  const push = pushesOf(person).at(-1)
  assert.ok(push, 'no phone rang')
  return push
}
const settle = (person: DuoPerson, outcome: 'approve' | 'deny' | 'fraud' | 'timeout') => duo.account.settle(lastPush(person), outcome)

/** A sign-in whose phone rings. */
async function ringing(person: DuoPerson, client: Client = kit.client()): Promise<Client> {
  const first = await start(client, person)
  assert.equal(first.json.step, 'answer', first.text)
  const sent = await send(client)
  assert.equal(sent.json.duo?.push?.state, 'waiting', sent.text)
  return client
}

const failuresOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${id}`).executeTakeFirst())?.failures ?? 0
const sessionsOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).length
const actionsOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', id).execute()).map(({ action }) => action)

/** After the first sign-in with Duo backup codes are drawn. */
async function through(client: Client, reply: Answered): Promise<string[]> {
  assert.equal(reply.json.step, 'done', reply.text)
  return client ? [] : []
}

describe('a push', () => {
  test('S0.2 S0.14 S2.3 rings one phone, is waited for, and an approval opens one session', async () => {
    const person = await made.person(await made.site())
    const client = await ringing(person)
    const waiting = await check(client)
    assert.deepEqual([waiting.json.step, waiting.json.duo.push.state], ['answer', 'waiting'])
    assert.equal(waiting.json.duo.push.device, `Apple iOS (XXX-XXX-${person.user.phones[0]?.number.slice(-4)})`)
    assert.equal(await sessionsOf(person), 0)
    settle(person, 'approve')
    await through(client, await check(client))
    const { aal, amr } = (await client.call('GET', '/api/v1/session')).json
    assert.deepEqual([aal, [...amr].sort()], [2, ['mca', 'mfa', 'pwd']])
    assert.equal(pushesOf(person).length, 1)
    assert.ok((await actionsOf(person)).includes('duo.push-sent'))
  })

  test('R062 shows what for, which organization, from which address and when', async () => {
    const site = await made.site()
    const person = await made.person(site)
    await ringing(person, kit.client('203.0.113.9'))
    const { shown } = lastPush(person)
    assert.deepEqual([shown.type, shown.name, shown.ip], ['Login', person.email, '203.0.113.9'])
    const lines = Object.fromEntries(new URLSearchParams(shown.info))
    const { name } = await kit.rooms.store.db.selectFrom('organizations').select('name').where('id', '=', site.id).executeTakeFirstOrThrow()
    const time = `${kit.now().toISOString().slice(0, 16).replace('T', ' ')} UTC`
    assert.deepEqual(lines, { Organization: name, Address: '203.0.113.9', Time: time })
  })

  test('of 64 who hear of one approval at once one gets in', async () => {
    const person = await made.person(await made.site())
    const client = await ringing(person)
    settle(person, 'approve')
    const replies = await Promise.all(Array.from({ length: 64 }, () => check(client.copy())))
    assert.equal(replies.filter(({ json }) => json.step === 'done').length, 1)
    assert.equal(await sessionsOf(person), 1)
  })

  test('S0.14 that is denied lets nobody in, is told by mail, counts like a wrong code, and ends all pushes until another factor was proved', async () => {
    const person = await made.person(await made.site(), { passcodes: ['1234567'] })
    const client = await ringing(person)
    settle(person, 'deny')
    const replies = await Promise.all(Array.from({ length: 8 }, () => check(client.copy())))
    assert.equal(replies.filter(({ json }) => json.code === 'duo-refused').length, 1)
    assert.equal(await failuresOf(person), 1)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.duo.push.state, 'denied')
    assert.equal(await sessionsOf(person), 0)
    const mails = (await kit.mailsTo(person.email)).filter(({ subject }) => subject === 'A log-in was denied on your phone')
    assert.equal(mails.length, 1)
    refused(await send(client), 429, 'duo-push-limit', { reason: 'stopped' })
    const later = kit.client('203.0.113.10')
    kit.pass(90_000)
    await start(later, person)
    refused(await send(later), 429, 'duo-push-limit', { reason: 'stopped' })
    assert.equal((await answer(later, { code: '123 4567' })).json.step, 'done')
    kit.pass(1)
    const again = await ringing(person, kit.client('203.0.113.11'))
    settle(person, 'approve')
    assert.equal((await check(again)).json.step, 'done')
  })

  test('S0.14 that is reported as fraud is told to the Security Admins as well, and what else rings counts no more', async () => {
    const site = await made.site()
    const person = await made.person(site)
    const first = await ringing(person)
    const other = lastPush(person)
    const second = await ringing(person, kit.client('203.0.113.12'))
    settle(person, 'fraud')
    refused(await check(second), 422, 'duo-refused', { reason: 'fraud' })
    duo.account.settle(other, 'approve')
    refused(await check(first), 429, 'duo-push-limit', { reason: 'stopped' })
    assert.equal(await sessionsOf(person), 0)
    const [mail] = (await kit.mailsTo(site.admin.email)).filter(({ subject }) => subject.includes('reported a log-in'))
    assert.match(mail?.text ?? '', /gave the right password/)
    assert.ok((await actionsOf(person)).includes('duo.push-reported'))
    const unlocked = await site.client.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/unlocking`, {})
    assert.ok(unlocked.status < 300, unlocked.text)
    await ringing(person, kit.client('203.0.113.13'))
  })

  test('S0.14 that nobody answers ends after a minute and can be sent again', async () => {
    const person = await made.person(await made.site())
    const client = await ringing(person)
    settle(person, 'timeout')
    assert.equal((await check(client)).json.duo.push.state, 'timeout')
    assert.equal((await send(client)).json.duo.push.state, 'waiting')
    kit.pass(pushSeconds + 10)
    assert.equal((await check(client)).json.duo.push.state, 'timeout', 'also where Duo says nothing')
    assert.equal(await failuresOf(person), 0)
    assert.equal((await send(client)).json.duo.push.state, 'waiting')
    settle(person, 'approve')
    assert.equal((await check(client)).json.step, 'done')
  })

  test('goes to the one of several devices that the person chooses, and to no other one', async () => {
    const person = await made.person(await made.site(), {
      phones: [duo.account.newPhone(), duo.account.newPhone({ platform: 'Android' }), duo.account.newPhone({ isActivated: false })],
    })
    const client = kit.client()
    await start(client, person)
    const asked = await send(client)
    assert.deepEqual([asked.json.duo.devices.length, asked.json.duo.push, pushesOf(person).length], [2, undefined, 0])
    refused(await send(client, { device: 'DPNOTMINE' }), 422, 'duo-refused', { reason: 'no-such-device' })
    const [, second] = asked.json.duo.devices
    assert.equal((await send(client, { device: second.id })).json.duo.push.device, second.name)
    assert.equal(lastPush(person).phone.id, second.id)
  })

  test('R060 carries a number from the page to the phone where Duo demands it', async () => {
    const site = await made.site()
    site.application.verifiedPush = true
    const person = await made.person(site)
    const client = kit.client()
    await start(client, person)
    const { push } = (await send(client)).json.duo
    assert.match(push.code, /^\d{3,6}$/)
    assert.equal(push.code, lastPush(person).code)
    assert.match((await client.call('GET', '/sign-in')).text, new RegExp(`>${push.code}<`))
    settle(person, 'approve')
    assert.equal((await check(client)).json.step, 'done')
  })

  test('is asked for by the user key that was pinned: a name that somebody else has now rings nobody else', async () => {
    const person = await made.person(await made.site())
    person.user.username = 'elsewhere'
    const thief = duo.account.addUser(person.email)
    await ringing(person)
    assert.equal(duo.account.pushes.filter(({ user }) => user === thief).length, 0)
  })

  test('remembers the device where that was ticked and the rules allow it', async () => {
    const site = await made.site({}, { rememberDays: 7, remembers: 'everyone' })
    const person = await made.person(site)
    const client = kit.client()
    await start(client, person)
    await send(client, { remember: true })
    settle(person, 'approve')
    assert.equal((await check(client)).json.step, 'done')
    assert.ok([...client.cookies.keys()].includes('countersign-remembered'))
  })
})

describe('A70 what Duo says before it asks anybody', () => {
  test('a bypass is no second step unless the organization has said so', async () => {
    const person = await made.person(await made.site(), { status: 'bypass', passcodes: ['7654321'] })
    const client = kit.client()
    await start(client, person)
    refused(await send(client), 422, 'duo-refused', { reason: 'spared' })
    refused(await answer(client, { code: '1111111' }), 422, 'duo-refused', { reason: 'spared' })
    assert.deepEqual([await sessionsOf(person), await failuresOf(person)], [0, 0])
    const lenient = await made.person(await made.site({ countsBypass: true }), { status: 'bypass' })
    const other = kit.client()
    await start(other, lenient)
    assert.equal((await send(other)).json.step, 'done')
    assert.equal((await other.call('GET', '/api/v1/session')).json.aal, 1, 'it proves nothing')
  })

  test('who is disabled, has no phone left or is gone reads so, and nobody gets in', async () => {
    const site = await made.site()
    for (const [change, reason] of [
      [(person: DuoPerson) => Object.assign(person.user, { status: 'disabled' }), 'refused'],
      [(person: DuoPerson) => Object.assign(person.user, { phones: [] }), 'not-enrolled'],
      [
        (person: DuoPerson) => Object.assign(person.user, { phones: [duo.account.newPhone({ isActivated: false })], passcodes: ['1'] }),
        'no-device',
      ],
      [(person: DuoPerson) => void duo.account.users.splice(duo.account.users.indexOf(person.user), 1), 'not-enrolled'],
    ] as const) {
      const person = await made.person(site)
      change(person)
      const client = kit.client()
      await start(client, person)
      refused(await send(client), 422, 'duo-refused', { reason })
      assert.match((await client.submit('/sign-in', '/sign-in/answer', { send: 'duo' })).text, /role="alert"/)
      assert.equal(await sessionsOf(person), 0)
    }
  })
})

describe('a passcode of Duo', () => {
  test('is taken in the one field, charged before Duo is asked, given back with a yes, and good once', async () => {
    const person = await made.person(await made.site(), { passcodes: ['1234567', '2345678'] })
    const client = kit.client('198.51.100.30')
    await start(client, person)
    refused(await answer(client, { code: '9999999' }), 422, 'code-not-accepted', { reason: 'mismatch' })
    assert.equal(await failuresOf(person), 1)
    assert.equal((await answer(client, { code: '1234567' })).json.step, 'done')
    assert.equal(await failuresOf(person), 1, 'the right one was given back')
    assert.deepEqual((await client.call('GET', '/api/v1/session')).json.amr.sort(), ['mfa', 'otp', 'pwd'])
    const again = kit.client('198.51.100.31')
    await start(again, person)
    refused(await answer(again, { code: '1234567' }), 422, 'code-not-accepted')
    assert.equal((await answer(again, { code: '2345678' })).json.step, 'done')
  })

  test('of 64 wrong ones at once no more reach Duo than the budget has', async () => {
    const person = await made.person(await made.site())
    const client = kit.client('198.51.100.32')
    await start(client, person)
    const before = duo.asked.length
    const replies = await Promise.all(Array.from({ length: 64 }, (_, nth) => answer(client.copy(), { code: String(1_000_000 + nth) })))
    const told = replies.filter(({ json }) => json.code === 'code-not-accepted').length
    assert.equal(duo.asked.length - before, told)
    assert.ok(told <= 5, `${told} were told`)
    assert.equal(await failuresOf(person), told)
  })

  test('one that our own app takes never goes to Duo', async () => {
    const site = await made.site({}, { methods: ['duo', 'totp'] })
    const person = await made.person(site)
    const client = await ringing(person)
    settle(person, 'approve')
    assert.equal((await check(client)).json.step, 'done')
    await client.call('GET', '/api/v1/session')
    const choosing = await client.call('POST', '/api/v1/me/sign-ins', { intent: 'enroll' })
    const shown = choosing.json.kind === 'totp' ? choosing : await answer(client, { choose: 'totp' })
    person.key = shown.json.key
    const bound = await answer(client, { code: kit.code(person) })
    if (bound.json.step === 'codes') await answer(client, { saved: true })
    const next = kit.client()
    kit.pass(60)
    await start(next, person)
    const before = duo.asked.length
    assert.equal((await answer(next, { code: kit.code(person) })).json.step, 'done')
    assert.equal(duo.asked.length, before)
  })
})

describe('A66 while Duo is away', () => {
  const faults: readonly DuoFault[] = [
    'reset',
    'half',
    'html',
    'html-ok',
    'empty',
    'broken',
    'redirect',
    'rate',
    'internal',
    'unavailable',
    'clock',
  ]

  test('nobody gets in by any call, whatever is the matter, the page says so, and no attempt and no push is lost', async () => {
    const person = await made.person(await made.site(), { passcodes: ['1234567'] })
    const client = await ringing(person, kit.client('198.51.100.40'))
    const { pushes } = duo.account
    settle(person, 'approve')
    for (const fault of faults) {
      duo.misbehave(fault, { times: 1 })
      refused(await check(client), 424, 'duo-unavailable')
    }
    const other = kit.client('198.51.100.41')
    await start(other, person)
    for (const fault of faults) {
      duo.misbehave(fault, { times: 1 })
      refused(await send(other), 424, 'duo-unavailable')
      duo.misbehave(fault, { times: 1, on: '/auth/v2/auth' })
      refused(await send(other), 424, 'duo-unavailable')
      duo.misbehave(fault, { times: 1 })
      refused(await answer(other, { code: '1234567' }), 424, 'duo-unavailable')
    }
    duo.behave()
    assert.deepEqual([await sessionsOf(person), await failuresOf(person)], [0, 0])
    duo.misbehave('html', { times: 1 })
    assert.match((await other.submit('/sign-in', '/sign-in/answer', { send: 'duo' })).text, /Duo does not answer/)
    assert.equal((await send(other)).json.duo.push.state, 'waiting', 'what never went out was given back')
    assert.equal(pushes, duo.account.pushes)
    assert.equal((await check(client)).json.step, 'done')
    assert.ok((await actionsOf(person)).includes('duo.unanswered'))
  })

  test('a wrong secret is no yes either', async () => {
    const site = await made.site()
    const person = await made.person(site)
    const client = kit.client('198.51.100.42')
    await start(client, person)
    Object.assign(site.application, { secret: 'x'.repeat(40) })
    refused(await send(client), 424, 'duo-unavailable', { reason: 'secret' })
  })
})

describe('A69 R061 against push bombing', () => {
  test(`100 sign-ins in ten minutes make a phone ring ${pushLimits.most} times`, async () => {
    const person = await made.person(await made.site())
    const clients = await Promise.all(
      Array.from({ length: 100 }, async (_, nth) => {
        const client = kit.client(`203.0.113.${nth}`)
        await start(client, person)
        return client
      }),
    )
    const replies: Answered[] = []
    for (let first = 0; first < clients.length; first += 25) {
      replies.push(...(await Promise.all(clients.slice(first, first + 25).map((client) => send(client)))))
      kit.pass(120)
    }
    assert.equal(pushesOf(person).length, pushLimits.most)
    const told = replies.filter(({ json }) => json.code === 'duo-push-limit')
    assert.equal(told.length, 100 - pushLimits.most)
    for (const { json } of told) assert.ok(json.reason === 'often' && json.retryAfterSeconds > 0 && json.retryAfterSeconds <= 600)
  })

  test('64 wishes at once for one sign-in make a phone ring once', async () => {
    const person = await made.person(await made.site())
    const client = kit.client()
    await start(client, person)
    const replies = await Promise.all(Array.from({ length: 64 }, () => send(client.copy())))
    assert.equal(pushesOf(person).length, 1)
    assert.equal(replies.filter(({ json }) => json.step === 'answer').length, 1)
  })

  test(`no more than ${pushLimits.mostInDay} ring in a day that nobody approves, and an approval begins anew`, async () => {
    const person = await made.person(await made.site())
    const round = async () => {
      kit.pass(pushLimits.seconds)
      const client = kit.client()
      await start(client, person)
      const replies = []
      for (let nth = 0; nth < pushLimits.most; nth++) {
        const sent = await send(client)
        if (sent.status === 200) {
          settle(person, 'timeout')
          await check(client)
        }
        replies.push(sent)
      }
      return { client, replies }
    }
    for (let nth = 0; nth < 3; nth++) for (const reply of (await round()).replies) assert.equal(reply.status, 200, reply.text)
    const { client, replies } = await round()
    assert.equal(replies[0]?.status, 200)
    refused(replies[1] as Answered, 429, 'duo-push-limit', { reason: 'day' })
    assert.match((await client.submit('/sign-in', '/sign-in/answer', { send: 'duo' })).text, /rung often enough today/)
    kit.pass(86_400)
    const next = await ringing(person)
    settle(person, 'approve')
    assert.equal((await check(next)).json.step, 'done')
    const { replies: after } = await round()
    assert.deepEqual(
      after.map(({ status }) => status),
      [200, 200, 200],
    )
  })
})
