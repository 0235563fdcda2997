import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Policy } from '#domain/policy.ts'
import { Authenticator, type AuthenticatorOptions } from '../authenticator.ts'
import { type DuoKit, openDuoKit } from '../duo-kit.ts'
import { type Answered, answer, type Client, confirm, type Kit, type Person, start, startFromSession } from '../kit.ts'
import { addPortal, follow, type Portal, prove } from '../portal.ts'

/** A host that can have passkeys. */
const publicUrl = 'http://localhost:8080'
let kit: Kit
let duoKit: DuoKit
before(async () => {
  duoKit = await openDuoKit({ isRunning: true, publicUrl })
  kit = duoKit.kit
})
after(() => duoKit.close())

const [one, two, resistant] = ['urn:countersign:acr:1', 'urn:countersign:acr:2', 'phr']

interface World {
  readonly portal: Portal
  readonly person: Person
  readonly organizationId: string
  readonly admin: Client
}

async function worldWith(policy: Partial<Policy>): Promise<World> {
  const site = await kit.site(policy)
  const head = await kit.person(site.id, { role: 'security-admin' })
  const isDuo = policy.methods?.[0] === 'duo'
  if (isDuo) {
    await duoKit.set(site.id)
    duoKit.user(head)
  }
  const admin = isDuo ? await duoKit.bind(head) : await kit.signIn(head)
  return { portal: await addPortal(kit, site.id, admin), person: await kit.person(site.id), organizationId: site.id, admin }
}

/** What a portal is told of somebody, with a browser that is signed in or not. */
async function told({ portal, person }: World, browser: Client, asks: Record<string, string> = {}) {
  const begun = await portal.begin(asks)
  const { page, asked } = await prove(kit, browser, await follow(browser, begun.url), person)
  const claims = (await portal.finish(begun, page.at, asks.max_age === undefined ? {} : { maxAge: Number(asks.max_age) })).claims()
  assert.ok(claims)
  return { acr: claims.acr, amr: [...(claims.amr as string[])].toSorted(), at: Number(claims.auth_time), asked }
}

const signedOut = async (browser: Client) => {
  await browser.call('GET', '/api/v1/session')
  await browser.call('DELETE', '/api/v1/session')
}

/** A sign-in with the password and then an answer. */
async function with2nd(world: World, given: (world: World, browser: Client) => Promise<unknown>, browser = kit.client()): Promise<Client> {
  assert.equal((await start(browser, world.person)).json.step, 'answer')
  kit.pass(30)
  const reply = await answer(browser, await given(world, browser))
  assert.equal(reply.json.step, 'done', reply.text)
  return browser
}

const app = async ({ person }: World) => ({ code: kit.code(person) })
const everyone = { mode: 'everyone' } as const
const withDuo = { mode: 'everyone', methods: ['duo'], defaultMethod: 'duo' } as const
const withPasskeys = { mode: 'everyone', methods: ['totp', 'passkey'] } as const

/** Somebody who has used Duo once. */
async function duoUser({ person }: World): Promise<void> {
  duoKit.user(person)
  await duoKit.bind(person)
}

/** Somebody with an app, and with a key that was set up from the settings. */
async function keyOwner({ person }: World, options: AuthenticatorOptions = {}): Promise<Authenticator> {
  const browser = await kit.signIn(person)
  const device = new Authenticator(publicUrl, options)
  assert.equal((await startFromSession(browser, 'enroll')).json.step, 'enroll')
  const offered = await answer(browser, { choose: 'passkey' })
  assert.equal((await answer(browser, { passkey: device.create(offered.json.passkey) })).json.step, 'done')
  return device
}

/** A sign-in with a password and a key. */
async function withKey({ person }: World, device: Authenticator): Promise<Client> {
  const browser = kit.client()
  const step = await start(browser, person)
  assert.equal((await answer(browser, { passkey: device.get(step.json.passkey) })).json.step, 'done')
  return browser
}

/** Signs in on a device that is remembered, without a second step. */
async function remembered(world: World): Promise<Client> {
  await kit.signIn(world.person)
  const browser = await with2nd(world, async ({ person }) => ({ code: kit.code(person), remember: true }))
  await signedOut(browser)
  assert.equal((await start(browser, world.person)).json.step, 'done')
  return browser
}

/** Answers a set-up that is open, to its end. */
async function setUp(person: Person, browser: Client, opened: Answered): Promise<Client> {
  person.key = opened.json.key
  const bound = await answer(browser, { code: kit.code(person) })
  assert.equal(bound.json.step, 'codes', bound.text)
  assert.equal((await answer(browser, { saved: true })).json.step, 'done')
  return browser
}
const sending = (kind: string) => ({ mode: 'everyone', methods: [kind], defaultMethod: kind }) as const

/** What happened, and what may be said of it: `[policy, how somebody signs in, acr, amr]`. */
const journeys: Readonly<Record<string, readonly [Partial<Policy>, (world: World) => Promise<Client>, string, readonly string[]]>> = {
  'a password, where nothing else is asked for': [{}, ({ person }) => kit.signIn(person), one, ['pwd']],
  'a password, where two-factor authentication is off': [{ enabled: false }, ({ person }) => kit.signIn(person), one, ['pwd']],
  'an app set up in the sign-in': [everyone, ({ person }) => kit.signIn(person), two, ['mfa', 'otp', 'pwd']],
  'an app, the second time': [
    everyone,
    async (world) => {
      await kit.signIn(world.person)
      return with2nd(world, app)
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'a backup code': [
    everyone,
    async (world) => {
      await kit.signIn(world.person)
      return with2nd(world, async ({ person }) => ({ code: person.backupCodes?.[0] }))
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'a code by text': [sending('sms'), ({ person }) => kit.signIn(person), two, ['mfa', 'pwd', 'sms']],
  'a code by call': [sending('voice'), ({ person }) => kit.signIn(person), two, ['mfa', 'pwd', 'tel']],
  'a code by mail, which is no second factor': [sending('email'), ({ person }) => kit.signIn(person), one, ['otp', 'pwd']],
  'a remembered device, which proves nothing': [{ mode: 'everyone', rememberDays: 30 }, remembered, one, ['pwd']],
  'an authenticator set up from the settings': [
    {},
    async ({ person }) => {
      const browser = await kit.signIn(person)
      await kit.enroll(person, browser)
      return browser
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'an app, after the authenticators were reset and set up anew': [
    everyone,
    async ({ person, admin, organizationId }) => {
      await kit.signIn(person)
      const path = `/api/v1/organizations/${organizationId}/users/${person.id}/two-factor`
      assert.equal((await admin.call('POST', path, { action: 'reset' })).status, 200)
      const browser = kit.client()
      assert.equal((await start(browser, person)).json.opens, 'set-up')
      assert.equal((await answer(browser, { send: 'email' })).status, 200)
      const opened = await answer(browser, { code: await kit.mailedCode(person.email) })
      return setUp(person, browser, opened)
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'an app set up on a one-time pass of an administrator': [
    everyone,
    async ({ person, admin, organizationId }) => {
      await kit.signIn(person)
      const path = `/api/v1/organizations/${organizationId}/users/${person.id}/one-time-pass`
      const issued = await admin.call('POST', path, { reason: 'Lost phone, known by voice', minutes: 60 })
      assert.equal(issued.status, 201, issued.text)
      const mail = (await kit.mailsTo(person.email)).find(({ subject }) => subject === 'Your one-time pass')
      const pass = /: ((?:[A-Z2-7]{5}-){3}[A-Z2-7]{5})\n/.exec(mail?.text ?? '')?.[1]
      const browser = kit.client()
      await start(browser, person)
      return setUp(person, browser, await answer(browser, { code: pass }))
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'a confirmation with the app, on a device that was remembered': [
    { mode: 'everyone', rememberDays: 30 },
    async (world) => {
      const browser = await remembered(world)
      await browser.call('GET', '/api/v1/session')
      kit.pass(30)
      await confirm(kit, world.person, browser)
      return browser
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  "Duo's prompt, the first time": [
    withDuo,
    ({ person }) => {
      duoKit.user(person)
      return duoKit.bind(person)
    },
    two,
    ['mca', 'mfa', 'pwd'],
  ],
  "Duo's prompt, the second time": [
    withDuo,
    async (world) => {
      await duoUser(world)
      const browser = kit.client()
      const back = await duoKit.through(browser, world.person)
      assert.equal(back.status, 303, back.text)
      return browser
    },
    two,
    ['mca', 'mfa', 'pwd'],
  ],
  'a push of Duo from our own page': [
    withDuo,
    async (world) => {
      await duoUser(world)
      const browser = kit.client()
      await start(browser, world.person)
      assert.equal((await answer(browser, { send: 'duo' })).status, 200)
      let reply = await answer(browser, { check: 'duo' })
      for (let round = 0; reply.json.step === 'answer' && round < 50; round++) reply = await answer(browser, { check: 'duo' })
      assert.equal(reply.json.step, 'done', reply.text)
      return browser
    },
    two,
    ['mca', 'mfa', 'pwd'],
  ],
  'a passcode of Duo': [
    withDuo,
    async (world) => {
      await duoUser(world)
      duoKit.duo.account.users.find(({ username }) => username === world.person.email)?.passcodes.push('1234567')
      return with2nd(world, async () => ({ code: '1234567' }))
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'a passkey as second factor, with a PIN or a finger': [
    withPasskeys,
    async (world) => withKey(world, await keyOwner(world)),
    resistant,
    ['mfa', 'pop', 'pwd', 'user'],
  ],
  'a security key as second factor, which asks for nothing but a touch': [
    withPasskeys,
    async (world) => withKey(world, await keyOwner(world, { verifies: false })),
    resistant,
    ['mfa', 'pop', 'pwd', 'user'],
  ],
  'an app, of somebody who has a passkey, too': [
    withPasskeys,
    async (world) => {
      await keyOwner(world)
      return with2nd(world, app)
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
  'a passkey alone, without a password': [
    { ...withPasskeys, passwordless: true },
    async (world) => {
      const device = await keyOwner(world)
      const browser = kit.client()
      const path = '/api/v1/sign-ins/passkey'
      const asked = await browser.call('GET', path)
      const reply = await browser.call('POST', path, { passkey: device.get(asked.json.passkey) })
      assert.equal(reply.json.step, 'done', reply.text)
      return browser
    },
    resistant,
    ['mfa', 'pop', 'user'],
  ],
}

describe('A39 A25 what is told of a sign-in', () => {
  for (const [name, [policy, signIn, acr, amr]] of Object.entries(journeys)) {
    test(`A39 A25 says ${acr} of ${name}; and in silence no more than that is reached`, async () => {
      const world = await worldWith(policy)
      const browser = await signIn(world)
      const silent = await told(world, browser, { prompt: 'none' })
      assert.deepEqual([silent.acr, silent.amr], [acr, amr])
      const order = [one, two, resistant]
      for (const asked of order) {
        const begun = await world.portal.begin({ prompt: 'none', acr_values: asked })
        const { at } = await follow(browser, begun.url)
        const isReached = order.indexOf(asked) <= order.indexOf(acr)
        assert.equal(at.searchParams.get('error'), isReached ? null : 'unmet_authentication_requirements', asked)
        if (isReached) assert.equal((await world.portal.finish(begun, at)).claims()?.acr, asked)
      }
    })
  }

  test('A39 auth_time is that of the sign-in, however long ago, and of the confirmation after one', async () => {
    const world = await worldWith(everyone)
    const browser = await kit.signIn(world.person)
    const first = await told(world, browser)
    kit.pass(1800)
    const later = await told(world, browser)
    assert.equal(later.at, first.at)
    const anew = await told(world, browser, { prompt: 'login' })
    assert.deepEqual(anew.asked, ['password', 'code'])
    assert.ok(anew.at >= first.at + 1800)
    assert.equal((await told(world, browser)).at, anew.at)
  })

  test('A39 a session that is older than max_age tells nothing in silence, and after both factors the time of these', async () => {
    const world = await worldWith(everyone)
    const browser = await kit.signIn(world.person)
    const first = await told(world, browser)
    kit.pass(600)
    const silent = await world.portal.begin({ prompt: 'none', max_age: '300' })
    assert.equal((await follow(browser, silent.url)).at.searchParams.get('error'), 'login_required')
    const anew = await told(world, browser, { max_age: '300' })
    assert.deepEqual(anew.asked, ['password', 'code'])
    assert.ok(anew.at >= first.at + 600)
    assert.deepEqual([anew.acr, anew.amr], [two, ['mfa', 'otp', 'pwd']])
  })

  test('A39 R129 who is asked for a passkey and has none sets one up on the way, and phr is said of nothing else', async () => {
    const world = await worldWith(withPasskeys)
    const browser = await kit.signIn(world.person)
    const begun = await world.portal.begin({ acr_values: resistant })
    const { text } = await follow(browser, begun.url)
    assert.match(text, /data-passkey="create"/)
    const offered = await browser.call('GET', '/api/v1/sign-ins/current')
    const device = new Authenticator(publicUrl)
    const bound = await answer(browser, { passkey: device.create(offered.json.passkey) })
    assert.equal(bound.json.step, 'done', bound.text)
    const { at } = await follow(browser, new URL(bound.json.returnTo, publicUrl))
    const claims = (await world.portal.finish(begun, at)).claims()
    assert.ok(claims)
    assert.deepEqual([claims.acr, [...(claims.amr as string[])].toSorted()], [resistant, ['mfa', 'otp', 'pop', 'pwd', 'user']])

    const other = { ...world, person: await kit.person(world.organizationId) }
    const chooser = await kit.signIn(other.person)
    const again = await world.portal.begin({ acr_values: resistant })
    await follow(chooser, again.url)
    await chooser.call('GET', '/api/v1/sign-ins/current')
    const { key } = (await answer(chooser, { choose: 'totp' })).json
    const done = await chooser.submit('/sign-in', '/sign-in/answer', { code: kit.code({ ...other.person, key }) })
    const left = await follow(chooser, new URL(String(done.headers.location), publicUrl))
    assert.equal(left.at.searchParams.get('error'), 'unmet_authentication_requirements')
    const either = await told(other, chooser, { acr_values: `${resistant} ${two}` })
    assert.deepEqual([either.asked, either.acr], [[], two])
  })

  test('A39 a session that ran out tells nothing', async () => {
    const world = await worldWith(everyone)
    const browser = await kit.signIn(world.person)
    await told(world, browser)
    kit.pass(3601)
    const begun = await world.portal.begin({ prompt: 'none' })
    assert.equal((await follow(browser, begun.url)).at.searchParams.get('error'), 'login_required')
  })

  test('A30 stopping after the password leaves nothing that a portal is told of', async () => {
    const world = await worldWith(everyone)
    await kit.signIn(world.person)
    const browser = kit.client()
    assert.equal((await start(browser, world.person)).json.step, 'answer')
    const begun = await world.portal.begin({ prompt: 'none' })
    assert.equal((await follow(browser, begun.url)).at.searchParams.get('error'), 'login_required')
  })
})
