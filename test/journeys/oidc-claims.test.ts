import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Policy } from '#domain/policy.ts'
import { answer, type Client, type Kit, openKit, type Person, start } from '../kit.ts'
import { addPortal, follow, type Portal, prove } from '../portal.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ isRunning: true })
})
after(() => kit.close())

const [one, two] = ['urn:countersign:acr:1', 'urn:countersign:acr:2']

interface World {
  readonly portal: Portal
  readonly person: Person
  readonly organizationId: string
  readonly admin: Client
}

async function worldWith(policy: Partial<Policy>): Promise<World> {
  const site = await kit.site(policy)
  const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
  return { portal: await addPortal(kit, site.id, admin), person: await kit.person(site.id), organizationId: site.id, admin }
}

/** What a portal is told of somebody, with a browser that is signed in or not. */
async function told({ portal, person }: World, browser: Client, asks: Record<string, string> = {}) {
  const begun = await portal.begin(asks)
  const { page, asked } = await prove(kit, browser, await follow(browser, begun.url), person)
  const claims = (await portal.finish(begun, page.at)).claims()
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
  'a remembered device, which proves nothing': [
    { mode: 'everyone', rememberDays: 30 },
    async (world) => {
      await kit.signIn(world.person)
      const browser = await with2nd(world, async ({ person }) => ({ code: kit.code(person), remember: true }))
      await signedOut(browser)
      assert.equal((await start(browser, world.person)).json.step, 'done')
      return browser
    },
    one,
    ['pwd'],
  ],
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
      person.key = opened.json.key
      const bound = await answer(browser, { code: kit.code(person) })
      assert.equal(bound.json.step, 'codes', bound.text)
      assert.equal((await answer(browser, { saved: true })).json.step, 'done')
      return browser
    },
    two,
    ['mfa', 'otp', 'pwd'],
  ],
}

describe('A39 A25 what is told of a sign-in', () => {
  for (const [name, [policy, signIn, acr, amr]] of Object.entries(journeys)) {
    test(`A39 A25 is ${acr.slice(-1)} of: ${name}; and for two factors it is asked for what is missing, or unmet`, async () => {
      const world = await worldWith(policy)
      const browser = await signIn(world)
      const silent = await told(world, browser, { prompt: 'none' })
      assert.deepEqual([silent.acr, silent.amr], [acr, amr])
      const begun = await world.portal.begin({ prompt: 'none', acr_values: two })
      const { at } = await follow(browser, begun.url)
      assert.equal(at.searchParams.get('error'), acr === two ? null : 'unmet_authentication_requirements')
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
