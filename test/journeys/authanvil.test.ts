import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { addMembership } from '#store/people.ts'
import { type AuthAnvilSimulator, start as startAuthAnvil } from '../../simulators/authanvil.ts'
import { answer, type Client, type Kit, openKit, type Person, refused, rulesOf, start } from '../kit.ts'

let kit: Kit
let server: AuthAnvilSimulator

before(async () => {
  server = await startAuthAnvil()
  setDefaultCACertificates([...getCACertificates('default'), server.ca])
  kit = await openKit({ delivery: { allowedHosts: [new URL(server.url).hostname] } })
})
after(() => Promise.all([kit.close(), server.stop()]))

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}`
const written = (more: Record<string, unknown> = {}) => ({
  isOn: true,
  url: server.sasUrl,
  siteId: '1',
  pinOrder: 'before',
  showsPin: false,
  version: 0,
  ...more,
})

/** A site with AuthAnvil switched on and allowed as the only method, by its own Security Admin. */
async function siteWith(settings: Record<string, unknown> = {}, policy: Record<string, unknown> = {}) {
  const site = await kit.site({ mode: 'everyone' })
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  const stored = await client.call('PUT', `${at(site.id)}/authanvil`, written(settings))
  assert.equal(stored.status, 200, stored.text)
  const rules = await rulesOf(client, site.id)
  const changed = await client.call('PUT', `${at(site.id)}/policy`, {
    ...rules,
    methods: ['authanvil'],
    defaultMethod: 'authanvil',
    ...policy,
  })
  assert.equal(changed.status, 200, changed.text)
  return { site, admin, client }
}

/** A user of AuthAnvil with passwords to come. */
const token = (person: Person, passwords: readonly string[], more: Record<string, unknown> = {}) =>
  server.addUser({ name: person.email, passwords: [...passwords], pinPlace: 'before', ...more })

/** Signs in for the first time: the first passcode that AuthAnvil takes binds it. */
async function bind(person: Person, passcode: string, client: Client = kit.client()): Promise<Client> {
  const first = await start(client, person)
  assert.deepEqual([first.json.step, first.json.kind], ['enroll', 'authanvil'], first.text)
  const codes = await answer(client, { code: passcode })
  assert.equal(codes.json.step, 'codes', codes.text)
  person.backupCodes = codes.json.codes
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  return client
}

/** Wrong answers of a person in the lane of strangers. */
const failuresOf = async ({ id }: Person) =>
  (await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${id}`).executeTakeFirst())?.failures ?? 0

describe('the settings of AuthAnvil', () => {
  test('S0.3 S0.48 are switched on by a Security Admin, and only then can AuthAnvil be allowed', async () => {
    const site = await kit.site()
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    await kit.enroll(admin, client)
    const rules = await rulesOf(client, site.id)
    const wanted = { ...rules, methods: ['totp', 'authanvil'] }
    refused(await client.call('PUT', `${at(site.id)}/policy`, wanted), 409, 'method-not-available', { reason: 'authanvil-off' })
    assert.equal((await client.call('GET', `${at(site.id)}/authanvil`)).json.isOn, false)
    const stored = await client.call('PUT', `${at(site.id)}/authanvil`, written())
    assert.deepEqual([stored.status, stored.json.isOn, stored.json.version, stored.json.changedBy], [200, true, 1, admin.name])
    assert.equal((await client.call('PUT', `${at(site.id)}/policy`, wanted)).status, 200)
    refused(await client.call('PUT', `${at(site.id)}/authanvil`, written({ isOn: false, version: 1 })), 409, 'method-in-use')
  })

  test('S0.48 are for a Security Admin: another role is refused with the reason, and elsewhere there is nothing', async () => {
    const site = await kit.site()
    for (const [role, status, code] of [
      ['admin', 403, 'forbidden'],
      ['user', 403, 'forbidden'],
    ] as const) {
      const client = await kit.signIn(await kit.person(site.id, { role }))
      refused(await client.call('GET', `${at(site.id)}/authanvil`), status, code, { right: 'change-authanvil', role })
      refused(await client.call('PUT', `${at(site.id)}/authanvil`, written()), status, code)
    }
    const other = await kit.site()
    const stranger = await kit.signIn(await kit.person(other.id, { role: 'security-admin' }))
    refused(await stranger.call('GET', `${at(site.id)}/authanvil`), 404, 'not-found')
    refused(await stranger.call('PUT', `${at(site.id)}/authanvil`, written()), 404, 'not-found')
  })

  test('S0.49 S0.50 S0.52 repair what is pasted, and name the field that cannot be', async () => {
    const site = await kit.site()
    const client = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const put = (more: Record<string, unknown>) => client.call('PUT', `${at(site.id)}/authanvil`, written(more))
    for (const siteId of ['', '1.5', 'x', '-1']) refused(await put({ siteId }), 422, 'invalid-authanvil', { reason: 'siteId' })
    for (const url of ['', 'ftp://a.example/', 'https://a.example/other.asmx', 'https://u:p@a.example/'])
      refused(await put({ url }), 422, 'invalid-authanvil', { reason: 'url' })
    refused(await put({ pin: 'x'.repeat(33) }), 400, 'malformed')
    refused(await put({ pin: ' 12' }), 422, 'invalid-authanvil', { reason: 'pin' })
    let version = 0
    for (const url of [server.url, `${server.sasUrl}?wsdl`, new URL(server.url).host, `${server.url}/AuthAnvil/`]) {
      const stored = await put({ url, siteId: ' 7 ', version: version++ })
      assert.deepEqual([stored.json.url, stored.json.siteId], [server.sasUrl, 7], stored.text)
    }
  })

  test('S0.51 S0.49 are stored only after a sign of life, and what is wrong is said precisely', async () => {
    const site = await kit.site()
    const client = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const put = (more: Record<string, unknown> = {}) => client.call('PUT', `${at(site.id)}/authanvil`, written(more))
    for (const [fault, reason] of [
      ['wsdl-other-product', 'not-it'],
      ['html', 'outage'],
      ['wsdl-dtd', 'reply'],
      ['redirect', 'not-it'],
      ['reset', 'network'],
    ] as const) {
      server.misbehave(fault, { times: 1 })
      refused(await put(), 422, 'authanvil-check-failed', { reason })
    }
    refused(await put({ url: 'https://10.1.2.3' }), 422, 'authanvil-check-failed', { reason: 'host' })
    refused(await put({ url: 'http://192.168.7.7' }), 422, 'authanvil-check-failed', { reason: 'plain' })
    assert.equal((await client.call('GET', `${at(site.id)}/authanvil`)).json.version, 0, 'nothing was stored')
    const before = server.asked.length
    assert.equal((await put()).status, 200)
    assert.equal(server.asked.length - before, 2, 'its description, and whether it lives')
  })

  test('tell who was faster, take a fresh proof, and are written down without the PIN', async () => {
    const site = await kit.site()
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    assert.equal((await client.call('PUT', `${at(site.id)}/authanvil`, written({ pin: '918273' }))).status, 200)
    refused(await client.call('PUT', `${at(site.id)}/authanvil`, written()), 409, 'moved-on', { changedBy: [admin.name] })
    const shown = await client.call('GET', `${at(site.id)}/authanvil`)
    assert.equal(shown.json.isUsualPin, false)
    assert.ok(!shown.text.includes('918273'))
    const rows = await kit.rooms.store.db.selectFrom('audit_events').selectAll().where('organization_id', '=', site.id).execute()
    const noted = rows.filter(({ action }) => action === 'authanvil.changed')
    assert.equal(noted.length, 1)
    assert.ok(!JSON.stringify(rows).includes('918273'))
    kit.pass(400)
    refused(await client.call('PUT', `${at(site.id)}/authanvil`, written({ version: 1 })), 403, 'proof-required')
  })
})

describe('a sign-in with AuthAnvil', () => {
  test('S0.3 S0.53 is set up by the first right passcode, with the default PIN 1111, and then asked for', async () => {
    const { site } = await siteWith()
    const person = await kit.person(site.id)
    token(person, ['123456', '234567'])
    const client = await bind(person, '123456')
    const session = (await client.call('GET', '/api/v1/session')).json
    assert.deepEqual([session.aal, [...session.amr].sort()], [2, ['mfa', 'otp', 'pwd']])
    assert.equal(server.calls.at(-1)?.values.Passcode, '1111123456')
    const again = kit.client()
    const asked = await start(again, person)
    assert.deepEqual([asked.json.step, asked.json.kinds[0], asked.json.asksPin], ['answer', 'authanvil', undefined])
    refused(await answer(again, { code: '123456' }), 422, 'code-not-accepted', { reason: 'mismatch' })
    assert.equal((await answer(again, { code: '234567' })).json.step, 'done')
    const third = kit.client()
    await start(third, person)
    const calls = server.calls.length
    assert.equal((await answer(third, { code: person.backupCodes?.[0] })).json.step, 'done')
    assert.equal(server.calls.length, calls, 'a backup code is shown to nobody')
  })

  test('S0.53 S0.55 sends the PIN of the person where they have one, and shows a field for it only where that is on', async () => {
    const { site, client: admin } = await siteWith({ showsPin: true })
    const person = await kit.person(site.id)
    token(person, ['123456', '234567'], { name: 'ana.elsewhere', pin: '7788' })
    const at1 = `${at(site.id)}/users/${person.id}/authanvil`
    const set = await admin.call('PUT', at1, { userName: 'ana.elsewhere', pin: '7788' })
    assert.deepEqual(set.json, { userName: 'ana.elsewhere', hasPin: true }, set.text)
    await bind(person, '123456')
    assert.equal((await admin.call('PUT', at1, { pin: null })).json.hasPin, false)
    const client = kit.client()
    assert.equal((await start(client, person)).json.asksPin, true)
    assert.match((await client.call('GET', '/sign-in')).text, /name="pin"/)
    assert.equal((await answer(client, { code: '234567', pin: '7788' })).json.step, 'done')
    const hidden = await siteWith()
    const other = await kit.person(hidden.site.id)
    const page = kit.client()
    assert.equal((await start(page, other)).json.asksPin, undefined)
    assert.doesNotMatch((await page.call('GET', '/sign-in')).text, /name="pin"/)
    const user = await kit.signIn(await kit.person((await kit.site()).id, { role: 'security-admin' }))
    refused(await user.call('PUT', at1, { pin: '1' }), 404, 'not-found')
  })

  test('S0.54 A73 with "both" the other order is tried after a clear no, as one attempt of the person', async () => {
    const { site } = await siteWith({ pinOrder: 'both' })
    const person = await kit.person(site.id)
    token(person, ['123456'], { pinPlace: 'behind' })
    await bind(person, '123456')
    const calls = server.calls.length
    const client = kit.client('198.51.100.7')
    await start(client, person)
    refused(await answer(client, { code: '999999' }), 422, 'code-not-accepted')
    assert.deepEqual([server.calls.length - calls, await failuresOf(person)], [2, 1])
  })

  test('fails closed when AuthAnvil is away: told apart from a wrong passcode, costs no attempt, and is written down', async () => {
    const { site } = await siteWith()
    const person = await kit.person(site.id)
    token(person, ['123456', '234567'])
    await bind(person, '123456')
    const client = kit.client('198.51.100.8')
    await start(client, person)
    for (const fault of ['reset', 'fault', 'html', 'one', 'xxe', 'true-twice', 'true-in-cdata', 'capital-true'] as const) {
      server.misbehave(fault, { times: 1 })
      refused(await answer(client, { code: '000000' }), 424, 'authanvil-unavailable')
      assert.equal(await failuresOf(person), 0, fault)
    }
    server.misbehave('reset', { times: 1 })
    const page = await client.submit('/sign-in', '/sign-in/answer', { code: '000000' })
    assert.match(page.text, /AuthAnvil does not answer/)
    const noted = await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id).execute()
    assert.equal(noted.filter(({ action }) => action === 'authanvil.unanswered').length, 9)
    assert.equal((await answer(client, { code: '234567' })).json.step, 'done')
  })

  test('A71 what is typed arrives as it was typed, and what cannot be sent costs nothing', async () => {
    const { site } = await siteWith({ pinOrder: 'none' })
    const person = await kit.person(site.id)
    token(person, ['123456'], { pinPlace: 'none' })
    await bind(person, '123456')
    const client = kit.client('198.51.100.9')
    await start(client, person)
    const calls = server.calls.length
    refused(await answer(client, { code: 'a\u0000b' }), 400, 'malformed')
    refused(await answer(client, { code: 'a\u0008b' }), 422, 'code-not-accepted', { reason: 'malformed' })
    assert.deepEqual([server.calls.length, await failuresOf(person)], [calls, 0])
    refused(await answer(client, { code: '</Passcode><SiteID>2' }), 422, 'code-not-accepted')
    assert.equal(server.calls.at(-1)?.values.Passcode, '</Passcode><SiteID>2')
  })

  test('of 64 wrong passcodes at once no more reach AuthAnvil than the budget has, and one right one opens one session', async () => {
    const { site } = await siteWith()
    const person = await kit.person(site.id)
    token(person, ['123456', '234567'])
    await bind(person, '123456')
    const client = kit.client('198.51.100.10')
    await start(client, person)
    const right = await Promise.all(Array.from({ length: 8 }, () => answer(client.copy(), { code: '234567' })))
    assert.equal(right.filter(({ json }) => json.step === 'done').length, 1)
    const wrongClient = kit.client('198.51.100.11')
    await kit.rooms.store.db.deleteFrom('throttles').where('key', '=', `code:${person.id}`).execute()
    await start(wrongClient, person)
    const calls = server.calls.length
    const replies = await Promise.all(Array.from({ length: 64 }, (_, nth) => answer(wrongClient.copy(), { code: String(100_000 + nth) })))
    const told = replies.filter(({ json }) => json.code === 'code-not-accepted').length
    assert.equal(server.calls.length - calls, told)
    assert.ok(told <= 5, `${told} were told`)
    assert.equal(replies.filter(({ json }) => json.code === 'too-many-attempts').length, 64 - told)
    assert.equal(await failuresOf(person), told)
  })

  test('an app that is bound is asked for before AuthAnvil takes its place', async () => {
    const { admin } = await siteWith()
    token(admin, ['123456'])
    kit.pass(60)
    const fresh = kit.client()
    assert.deepEqual((await start(fresh, admin)).json.kinds.slice(0, 1), ['totp'])
    const next = await answer(fresh, { code: kit.code(admin) })
    assert.deepEqual([next.json.step, next.json.kind], ['enroll', 'authanvil'], next.text)
    assert.equal((await answer(fresh, { code: '123456' })).json.step, 'done')
  })

  test('one organization’s AuthAnvil says nothing to another: a person of two is not offered it', async () => {
    const { site } = await siteWith({}, { methods: ['authanvil', 'totp'] })
    const person = await kit.person(site.id)
    const other = await kit.site({ mode: 'everyone' })
    const membership = { organizationId: other.id, userId: person.id, role: 'user' as const, required: false, name: person.name }
    await addMembership(kit.rooms.store.db, kit.now(), { ...membership, hasJoined: true })
    assert.deepEqual((await start(kit.client(), person)).json.kinds, ['totp'])
  })
})

test('S0.1 one directory of users, and six kinds of second factor that are on at the same time, each of which signs in', async () => {
  const kinds = ['totp', 'authanvil', 'email', 'sms', 'voice']
  const { client: admin, site } = await siteWith({}, { methods: kinds, defaultMethod: 'totp', mayChangeMethod: true, acceptsWeaker: true })
  const person = await kit.person(site.id)
  const others = [await kit.person(site.id), await kit.person(site.id)]
  const number = '+4930901777'
  token(person, ['anvil-one', 'anvil-two'])
  const code = async (kind: string): Promise<string> => {
    if (kind === 'totp') return kit.code(person)
    if (kind === 'email') return kit.mailedCode(person.email)
    const [last] = await (kind === 'sms' ? kit.textsTo(number) : kit.callsTo(number))
    return /[0-9]{6}/.exec(last?.text ?? '')?.[0] ?? ''
  }
  const client = kit.client()
  let step = (await start(client, person)).json
  for (const [nth, kind] of kinds.entries()) {
    if (nth > 0) {
      await client.call('GET', '/api/v1/session')
      step = (await client.call('POST', '/api/v1/me/sign-ins', { intent: 'enroll' })).json
    }
    if (step.kind !== kind) step = (await answer(client, { choose: kind })).json
    assert.deepEqual([step.step, step.kind], ['enroll', kind])
    if (kind === 'totp') person.key = step.key
    if (kind === 'sms') await answer(client, { phone: number })
    if (kind === 'email' || kind === 'voice') await answer(client, { send: kind })
    const bound = await answer(client, { code: kind === 'authanvil' ? 'anvil-one' : await code(kind) })
    assert.equal(bound.status, 200, `${kind}: ${bound.text}`)
    if (nth === 0) {
      person.backupCodes = bound.json.codes
      assert.equal((await answer(client, { saved: true })).json.step, 'done')
    }
  }
  kit.pass(60)
  const listed = (await admin.call('GET', `${at(site.id)}/users`)).json
  assert.ok([person, ...others].every(({ id }) => JSON.stringify(listed).includes(id)))
  for (const kind of [...kinds, 'backup-codes']) {
    const entering = kit.client()
    const asked = (await start(entering, person)).json
    assert.ok(asked.kinds.includes(kind), `${kind} of ${asked.kinds}`)
    if (['email', 'sms', 'voice'].includes(kind)) assert.equal((await answer(entering, { send: kind })).status, 200)
    const given = kind === 'backup-codes' ? person.backupCodes?.[0] : kind === 'authanvil' ? 'anvil-two' : await code(kind)
    const entered = await answer(entering, { code: given })
    assert.deepEqual([entered.status, entered.json.step], [200, 'done'], `${kind}: ${entered.text}`)
    kit.pass(60)
  }
})
