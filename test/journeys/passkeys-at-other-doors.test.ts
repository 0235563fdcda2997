import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Policy } from '#domain/policy.ts'
import { Authenticator } from '../authenticator.ts'
import { type DuoKit, openDuoKit } from '../duo-kit.ts'
import { answer, type Client, type Kit, type Person, refused, start, startFromSession } from '../kit.ts'
import { follow, addPortal as openIdPortal } from '../portal.ts'
import { addPortal, post } from '../second-factor.ts'

const origin = 'https://id.example.test'
let duoKit: DuoKit
let kit: Kit

before(async () => {
  duoKit = await openDuoKit({ publicUrl: origin, isRunning: true })
  kit = duoKit.kit
})
after(() => duoKit.close())

/** A browser at the host that portals send it to. */
const browser = (client: Client = kit.client()): Client => {
  const { call } = client
  client.call = (method, path, body, headers) => call(method, path, body, { host: 'id.example.test', ...headers })
  return client
}

const change = (organizationId: string, rules: Partial<Record<'phishing_resistant', Policy['phishingResistant']>>) =>
  kit.rooms.store.db.updateTable('policies').set(rules).where('organization_id', '=', organizationId).execute()

/** Signs in for the first time and sets up a passkey; whom the rules leave something else has an app before. */
async function owner(person: Person, device: Authenticator, hasApp: boolean): Promise<Client> {
  const client = browser()
  if (hasApp) {
    await kit.signIn(person, client)
    kit.pass(1)
    await startFromSession(client, 'enroll')
    const chosen = await answer(client, { choose: 'passkey' })
    assert.equal((await answer(client, { passkey: device.create(chosen.json.passkey) })).json.step, 'done')
  } else {
    const step = await start(client, person)
    assert.deepEqual(step.json.kinds, ['passkey'], step.text)
    assert.equal((await answer(client, { passkey: device.create(step.json.passkey) })).json.step, 'done')
  }
  await client.call('GET', '/api/v1/session')
  return client
}

const current = (client: Client) => client.call('GET', '/api/v1/sign-ins/current')
const strict = { mode: 'everyone', methods: ['totp', 'passkey', 'email'], phishingResistant: 'everyone' } as const
const weaker = (person: Person) => [
  { send: 'email' },
  { choose: 'totp' },
  { choose: 'passkey' },
  { open: 'duo' },
  { send: 'duo' },
  { password: person.password },
  { saved: true },
]

test('A38 a portal that asks for the second step gets a passkey and nothing weaker, and its word sets nobody’s first one up', async () => {
  const site = await kit.site(strict)
  const portal = await addPortal(kit, site.id, { opensSetUp: true })
  const [person, device] = [await kit.person(site.id), new Authenticator(origin)]
  await owner(person, device, false)

  const client = browser()
  assert.equal((await portal.send(client, person.email)).headers.location, '/sign-in')
  const step = await current(client)
  assert.deepEqual([step.json.step, step.json.kinds, step.json.intent], ['answer', ['passkey'], 'second-factor'], step.text)
  for (const one of weaker(person)) refused(await answer(client, one), 409, 'step-not-open')
  refused(await answer(client, { code: '123456' }), 422, 'code-not-accepted')
  const done = await answer(client, { passkey: device.get((await current(client)).json.passkey) })
  assert.equal(done.json.step, 'done', done.text)
  assert.equal((await client.call('GET', '/api/v1/session')).status, 401, 'no session comes of it')
  const code = new URL(done.json.returnTo, origin).searchParams.get('duo_code') ?? ''
  const reply = await post(browser(), 'token', await portal.token(code))
  assert.equal(reply.status, 200, reply.text)

  const newcomer = await kit.person(site.id)
  const stuck = browser()
  await portal.send(stuck, newcomer.email)
  const refusal = await current(stuck)
  assert.deepEqual([refusal.json.step, refusal.json.reason], ['refused', 'ask-administrator'], refusal.text)
  for (const one of [...weaker(newcomer), { code: '123456' }]) refused(await answer(stuck, one), 409, 'step-not-open')
  await owner(newcomer, new Authenticator(origin), false)
})

test('A38 A40 a step-up of OpenID Connect for a phishing-resistant class is met by a passkey, and an app does not pass for one', async () => {
  const site = await kit.site({ mode: 'everyone', methods: ['totp', 'passkey'] })
  const admin = browser(await kit.signIn(await kit.person(site.id, { role: 'security-admin' }), browser()))
  const portal = await openIdPortal(kit, site.id, admin)
  const [person, device] = [await kit.person(site.id), new Authenticator(origin)]
  await owner(person, device, true)
  const client = browser()
  await start(client, person)
  kit.pass(30)
  assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')

  const asked = async (parameters: Record<string, string>) => {
    const begun = await portal.begin(parameters)
    const page = await follow(client, begun.url)
    assert.equal(page.at.pathname, '/sign-in', page.at.href)
    const step = await current(client)
    if (step.json.step === 'password') await answer(client, { password: person.password })
    return { begun, step: await current(client) }
  }
  const weak = await asked({ acr_values: 'phr' })
  assert.deepEqual([weak.step.json.step, weak.step.json.kinds], ['answer', ['passkey', 'totp', 'backup-codes']], weak.step.text)
  kit.pass(30)
  const byApp = await answer(client, { code: kit.code(person) })
  assert.equal(byApp.json.step, 'done', byApp.text)
  const again = await follow(client, new URL(byApp.json.returnTo, origin))
  assert.notEqual(again.at.searchParams.get('error'), null, `an app passed for a passkey: ${again.at.href}`)
  assert.equal(again.at.searchParams.get('code'), null)

  const strong = await asked({ acr_values: 'phr' })
  const byKey = await answer(client, { passkey: device.get(strong.step.json.passkey) })
  const back = await follow(client, new URL(byKey.json.returnTo, origin))
  const tokens = await portal.finish(strong.begun, back.at)
  assert.equal(tokens.claims()?.acr, 'phr')
  assert.ok(((tokens.claims()?.amr ?? []) as string[]).includes('pop'))

  await change(site.id, { phishing_resistant: 'everyone' })
  const anew = await asked({ prompt: 'login' })
  assert.deepEqual([anew.step.json.step, anew.step.json.kinds], ['answer', ['passkey']], anew.step.text)
  for (const one of weaker(person)) refused(await answer(client, one), 409, 'step-not-open')
  kit.pass(30)
  refused(await answer(client, { code: kit.code(person) }), 422, 'code-not-accepted')
  refused(await answer(client, { code: person.backupCodes?.[0] ?? '' }), 422, 'code-not-accepted')
  const last = await answer(client, { passkey: device.get((await current(client)).json.passkey) })
  assert.equal((await portal.finish(anew.begun, (await follow(client, new URL(last.json.returnTo, origin))).at)).claims()?.acr, 'phr')
})

test('A38 A66 that Duo is away opens nothing weaker for whom only passkeys are left, neither before nor after the rule', async () => {
  const site = await kit.site({ mode: 'everyone', methods: ['totp', 'passkey'] })
  const [person, device] = [await kit.person(site.id), new Authenticator(origin)]
  await owner(person, device, true)
  const plain = await kit.person(site.id)
  await kit.signIn(plain, browser())
  await duoKit.set(site.id, { whenAway: 'other-factor' })
  duoKit.user(person)
  const rules = { methods: ['duo', 'passkey'], default_method: 'duo' }
  await kit.rooms.store.db.updateTable('policies').set(rules).where('organization_id', '=', site.id).execute()
  const moving = browser()
  await start(moving, plain)
  duoKit.user(plain)
  kit.pass(30)
  assert.equal((await answer(moving, { code: kit.code(plain) })).json.kind, 'duo')
  const opened = await duoKit.open(moving)
  await duoKit.back(moving, await duoKit.approve(opened.json.duo.address))

  const open = browser()
  assert.deepEqual((await start(open, plain)).json.kinds, ['duo', 'backup-codes'])
  duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
  assert.deepEqual((await duoKit.open(open)).json.kinds, ['duo', 'totp', 'backup-codes'])
  await change(site.id, { phishing_resistant: 'everyone' })
  const refusal = await current(open)
  assert.deepEqual([refusal.json.step, refusal.json.reason], ['refused', 'ask-administrator'], refusal.text)
  kit.pass(30)
  for (const one of [...weaker(plain), { code: kit.code(plain) }, { code: plain.backupCodes?.[0] ?? '' }])
    refused(await answer(open, one), 409, 'step-not-open')

  const client = browser()
  const step = await start(client, person)
  assert.deepEqual([step.json.step, step.json.kinds], ['answer', ['passkey']], step.text)
  duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
  for (const one of weaker(person)) refused(await answer(client, one), 409, 'step-not-open')
  kit.pass(30)
  refused(await answer(client, { code: kit.code(person) }), 422, 'code-not-accepted')
  assert.equal((await answer(client, { passkey: device.get((await current(client)).json.passkey) })).json.step, 'done')
})
