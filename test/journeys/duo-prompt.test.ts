import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { digest } from '#crypto/random.ts'
import type { DuoSettings } from '#domain/duo.ts'
import { findDuo } from '#store/duo.ts'
import { addMembership } from '#store/people.ts'
import { findSignIn } from '#store/sign-in.ts'
import type { DuoFault } from '../../simulators/duo.ts'
import { type DuoKit, openDuoKit } from '../duo-kit.ts'
import { answer, type Client, type Kit, type Person, refused, rulesOf, start, startFromSession } from '../kit.ts'

let duoKit: DuoKit
let kit: Kit

before(async () => {
  duoKit = await openDuoKit()
  kit = duoKit.kit
})
after(() => duoKit.close())

describe('a sign-in with Duo', () => {
  test('S0.15 S2.2 asks whether Duo is there, sends the browser to it, and lets in whom Duo lets in', async () => {
    const site = await duoKit.site()
    const person = await kit.person(site.id)
    duoKit.user(person)
    const first = await start(kit.client(), person)
    assert.deepEqual([first.json.step, first.json.kind, first.json.duo.host], ['enroll', 'duo', duoKit.duo.host], first.text)
    const client = await duoKit.bind(person)
    const session = (await client.call('GET', '/api/v1/session')).json
    assert.deepEqual([session.aal, [...session.amr].sort()], [2, ['mca', 'mfa', 'pwd']])
    const again = kit.client()
    const asked = await start(again, person)
    assert.deepEqual([asked.json.step, asked.json.kinds], ['answer', ['duo', 'backup-codes']], asked.text)
    const before = duoKit.duo.asked.length
    const opened = await duoKit.open(again)
    assert.deepEqual(
      duoKit.duo.asked.slice(before).map(({ path }) => path),
      ['/oauth/v1/health_check'],
    )
    const back = await duoKit.back(again, await duoKit.approve(opened.json.duo.address))
    assert.deepEqual([back.status, back.headers.location], [303, '/'], back.text)
    assert.equal((await again.call('GET', '/api/v1/session')).status, 200)
    refused(await answer(again, { open: 'duo' }), 401, 'sign-in-gone')
  })
})

/** Somebody whose Duo is set up, at the step that asks for it. */
async function asked(wish: Parameters<DuoKit['site']>[0] = {}) {
  const site = await duoKit.site(wish)
  const person = await kit.person(site.id)
  const user = duoKit.user(person)
  await duoKit.bind(person)
  const client = kit.client()
  assert.equal((await start(client, person)).json.step, 'answer')
  return { site, person, user, client }
}

/** Goes to Duo and approves there. */
async function away(client: Client): Promise<Record<string, string>> {
  const opened = await duoKit.open(client)
  assert.equal(opened.status, 200, opened.text)
  return duoKit.approve(opened.json.duo.address)
}

/** Nobody was let in, the question is spent, and another way still leads in. */
async function stillOutside({ client, person }: { readonly client: Client; readonly person: Person }): Promise<void> {
  assert.equal((await client.copy().call('GET', '/api/v1/session')).status, 401)
  const found = await findSignIn(kit.rooms.store, kit.rooms.keys, digest(client.cookies.get('countersign-sign-in') ?? ''))
  assert.ok(found && found.signIn.challenge === undefined, 'what hung open is spent')
  assert.equal((await answer(client, { code: person.backupCodes?.[0] })).json.step, 'done', 'a backup code leads in')
}

const eventsOf = async ({ id }: Person) =>
  (
    await kit.rooms.store.db.selectFrom('audit_events').select(['action', 'detail']).where('subject_id', '=', id).orderBy('id').execute()
  ).filter(({ action }) => action.startsWith('duo.'))

describe('the return from Duo', () => {
  test('A64 with a wrong, missing or other person’s state lets nobody in and spends the question', async () => {
    const other = await asked()
    const theirs = await away(other.client)
    for (const change of [
      { state: undefined },
      { state: 'x'.repeat(43) },
      { state: theirs.state },
      { duo_code: undefined },
      { error: 'access_denied', error_description: 'no' },
    ]) {
      const one = await asked()
      const returned = Object.entries({ ...(await away(one.client)), ...change }).filter(
        (each): each is [string, string] => each[1] !== undefined,
      )
      const calls = duoKit.duo.asked.length
      const back = await duoKit.back(one.client, Object.fromEntries(returned))
      assert.deepEqual([back.status, duoKit.duo.asked.length], [409, calls], `${JSON.stringify(change)}: no code was spent`)
      assert.match(back.text, /role="alert"/)
      const honest = await duoKit.back(one.client, Object.fromEntries(returned))
      assert.equal(honest.status, 409, 'the question is spent')
      await stillOutside(one)
    }
    assert.equal((await duoKit.back(other.client, theirs)).status, 303, 'nothing of it touched the other person')
  })

  test('A64 a code of one person in the browser of another lets neither in', async () => {
    const [one, other] = [await asked(), await asked()]
    const [mine, theirs] = [await away(one.client), await away(other.client)]
    assert.equal((await duoKit.back(one.client, { ...mine, duo_code: theirs.duo_code ?? '' })).status, 409, 'of another application')
    await stillOutside(one)
    assert.equal((await duoKit.back(kit.client(), theirs)).headers.location, '/sign-in', 'a browser without the sign-in')
    const colleague = await kit.person(other.site.id)
    duoKit.user(colleague)
    const client = kit.client()
    await start(client, colleague)
    const third = await away(client)
    const back = await duoKit.back(client, { ...third, duo_code: theirs.duo_code ?? '' })
    assert.equal(back.status, 424, 'of the same application: the token is for another nonce and another name')
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
  })

  test('A64 is good once: reloading the page of the return starts nothing', async () => {
    const { client, person } = await asked()
    const returned = await away(client)
    const again = client.copy()
    assert.equal((await duoKit.back(client, returned)).status, 303)
    const reloaded = await duoKit.back(again, returned)
    assert.deepEqual([reloaded.status, reloaded.headers.location], [303, '/sign-in'])
    const next = kit.client()
    await start(next, person)
    await duoKit.open(next)
    assert.equal((await duoKit.back(next, returned)).status, 409, 'also not in a later sign-in of the same person')
  })

  test('A64 after ten minutes it is too late, and what was opened again counts in place of what was opened before', async () => {
    const { client, person } = await asked()
    const first = await away(client)
    const second = await away(client)
    assert.equal((await duoKit.back(client, first)).status, 409)
    assert.equal((await duoKit.back(client, second)).status, 409, 'spent by the wrong one')
    const third = await away(client)
    kit.pass(601)
    assert.equal((await duoKit.back(client, third)).headers.location, '/sign-in')
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
    assert.equal((await duoKit.through(kit.client(), person)).status, 303)
  })

  for (const fault of [
    'alg-none',
    'alg-hs256',
    'other-secret',
    'wrong-issuer',
    'wrong-audience',
    'many-audiences',
    'expired',
    'not-yet',
    'issued-in-future',
    'old-sign-in',
    'no-expiry',
    'wrong-nonce',
    'no-nonce',
    'wrong-user',
    'no-user',
    'no-key',
    'not-bearer',
    'not-a-token',
    'no-context',
    'no-result',
  ] as const) {
    test(`A64 A65 with a token that is ${fault} lets nobody in`, async () => {
      const one = await asked()
      const returned = await away(one.client)
      duoKit.duo.misbehave(fault, { on: '/token', times: 1 })
      assert.equal((await duoKit.back(one.client, returned)).status, 424)
      assert.deepEqual((await eventsOf(one.person)).at(-1), { action: 'duo.unanswered', detail: { reason: 'reply', otherFactor: false } })
      await stillOutside(one)
    })
  }

  test('A65 with a signed "deny", "fraud" or anything but "allow" lets nobody in, and says what to do', async () => {
    for (const [fault, status, sentence] of [
      ['result-deny', 'deny', /Duo did not let you in/],
      ['result-fraud', 'fraud', /reported as not yours/],
      ['result-unknown', 'Allow', /Duo did not let you in/],
    ] as const) {
      const one = await asked()
      const returned = await away(one.client)
      duoKit.duo.misbehave(fault, { on: '/token', times: 1 })
      const back = await duoKit.back(one.client, returned)
      assert.equal(back.status, 422)
      assert.match(back.text, sentence)
      assert.deepEqual((await eventsOf(one.person)).at(-1), { action: 'duo.refused', detail: { reason: 'denied', status } })
      await stillOutside(one)
    }
  })

  test('A67 trap 7: whom Duo lets in as another of its users gets nobody in, and person and administrators are told', async () => {
    const one = await asked()
    const admin = await kit.person(one.site.id, { role: 'security-admin' })
    const returned = await away(one.client)
    duoKit.duo.misbehave('other-key', { on: '/token', times: 1 })
    const back = await duoKit.back(one.client, returned)
    assert.equal(back.status, 422)
    assert.match(back.text, /somebody else than before/)
    assert.deepEqual((await eventsOf(one.person)).at(-1), { action: 'duo.other-user', detail: { reason: 'other-user' } })
    assert.match((await kit.mailsTo(one.person.email))[0]?.subject ?? '', /login through Duo was stopped/)
    const [notice] = await kit.mailsTo(admin.email)
    assert.match(notice?.subject ?? '', /takes .* for somebody else/)
    assert.ok(notice?.text.includes(`/users/${one.person.id}?organization=${one.site.id}`))
    await stillOutside(one)
  })

  test('A67 trap 7: two people whom Duo knows as one user are kept apart: the second is not set up, and it is told', async () => {
    const site = await duoKit.site()
    const [first, second] = [await kit.person(site.id), await kit.person(site.id)]
    const user = duoKit.user(first)
    user.aliases.push(second.email)
    await duoKit.bind(first)
    const client = kit.client()
    const back = await duoKit.through(client, second)
    assert.equal(back.status, 422)
    assert.match(back.text, /takes you for somebody else/)
    assert.deepEqual((await eventsOf(second)).at(-1), { action: 'duo.other-user', detail: { reason: 'taken' } })
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'enroll')
    assert.equal((await duoKit.through(kit.client(), first)).status, 303)
  })
})

describe('when Duo let somebody in without asking', () => {
  test('A70 a bypass at Duo is no second step', async () => {
    const one = await asked()
    one.user.status = 'bypass'
    const back = await duoKit.back(one.client, await away(one.client))
    assert.equal(back.status, 422)
    assert.match(back.text, /without asking you/)
    assert.deepEqual((await eventsOf(one.person)).at(-1), { action: 'duo.refused', detail: { reason: 'spared', factor: 'bypass_user' } })
    await stillOutside(one)
  })

  test('A70 counts where the organization has said so, and proves nothing to anybody', async () => {
    const one = await asked({ settings: { countsBypass: true } })
    one.user.status = 'bypass'
    assert.equal((await duoKit.back(one.client, await away(one.client))).headers.location, '/')
    const session = (await one.client.call('GET', '/api/v1/session')).json
    assert.deepEqual([session.aal, session.amr], [1, ['pwd']])
  })

  test('A70 whom Duo does not know is set up at Duo, and never let in by being unknown', async () => {
    const site = await duoKit.site()
    const person = await kit.person(site.id)
    const application = duoKit.duo.account.applications.findLast(({ type }) => type === 'websdk')
    assert.ok(application)
    application.newUsers = 'allow'
    const client = kit.client()
    await start(client, person)
    const opened = await duoKit.open(client)
    assert.equal((await duoKit.back(client, await duoKit.approve(opened.json.duo.address))).status, 422)
    assert.equal((await client.call('GET', '/api/v1/sign-ins/current')).json.step, 'enroll', 'nothing is set up by it')
    application.newUsers = 'enroll'
    const prompt = await duoKit.open(client)
    await assert.rejects(duoKit.approve(prompt.json.duo.address), /Start setup/, 'Duo asks for its own set-up')
  })
})

describe('while Duo is away', () => {
  for (const [fault, reason] of [
    ['internal', 'outage'],
    ['unavailable', 'outage'],
    ['html', 'outage'],
    ['html-ok', 'not-it'],
    ['broken', 'not-it'],
    ['empty', 'not-it'],
    ['half', 'network'],
    ['reset', 'network'],
    ['rate', 'rate'],
    ['redirect', 'not-it'],
  ] as const) {
    test(`A66 (${fault}) nobody is let in, before the prompt and after it, and it is written down`, async () => {
      const one = await asked()
      const page = await one.client.submit('/sign-in', '/sign-in/answer', { open: 'duo', ...misbehave(fault, '/health_check') })
      assert.equal(page.status, 424)
      assert.match(page.text, /Duo does not answer/)
      const returned = await away(one.client)
      duoKit.duo.misbehave(fault, { on: '/token', times: 1 })
      assert.equal((await duoKit.back(one.client, returned)).status, 424, 'the token fails after the health check went well')
      const events = await eventsOf(one.person)
      assert.deepEqual(events.slice(-2), Array(2).fill({ action: 'duo.unanswered', detail: { reason, otherFactor: false } }))
      const { lastTrouble } = await findDuo(kit.rooms.store.db, kit.rooms.keys, one.site.id)
      assert.deepEqual(lastTrouble, { reason, at: kit.now() })
      await stillOutside(one)
    })
  }

  const misbehave = (fault: DuoFault, on: string) => {
    kit.pass(1)
    duoKit.duo.misbehave(fault, { on, times: 1 })
    return {}
  }

  test('A66 that hangs nobody waits longer than a few seconds, and nobody is let in', async () => {
    const one = await asked()
    duoKit.duo.misbehave('hang', { on: '/health_check', times: 1 })
    const since = performance.now()
    refused(await duoKit.open(one.client), 424, 'duo-unavailable', { reason: 'timeout' })
    assert.ok(performance.now() - since < 8_000)
    await stillOutside(one)
  })

  /** Somebody who has an app as well as Duo, which alone is allowed. */
  async function withApp(settings: Partial<DuoSettings>) {
    const site = await kit.site()
    const person = await kit.person(site.id)
    const client = await kit.signIn(person)
    await kit.enroll(person, client)
    await duoKit.set(site.id, settings)
    await allowDuo(site.id)
    duoKit.user(person)
    const moving = kit.client()
    assert.deepEqual((await start(moving, person)).json.kinds, ['totp', 'backup-codes'])
    kit.pass(30)
    assert.equal((await answer(moving, { code: kit.code(person) })).json.kind, 'duo')
    assert.equal((await duoKit.back(moving, await away(moving))).headers.location, '/')
    const now = kit.client()
    assert.deepEqual((await start(now, person)).json.kinds, ['duo', 'backup-codes'], 'only Duo from now on')
    kit.pass(30)
    refused(await answer(now, { code: kit.code(person) }), 422, 'code-not-accepted')
    return { site, person, client: now }
  }
  const allowDuo = (organizationId: string) =>
    kit.rooms.store.db
      .updateTable('policies')
      .set({ mode: 'everyone', methods: ['duo'], default_method: 'duo' })
      .where('organization_id', '=', organizationId)
      .execute()

  test('A66 closed by default: the person’s app is not taken either', async () => {
    const { client, person } = await withApp({})
    duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
    refused(await duoKit.open(client), 424, 'duo-unavailable', { reason: 'outage' })
    assert.deepEqual((await client.call('GET', '/api/v1/sign-ins/current')).json.kinds, ['duo', 'backup-codes'])
    kit.pass(30)
    refused(await answer(client, { code: kit.code(person) }), 422, 'code-not-accepted')
  })

  test('A66 where the organization wants it the person’s app is taken, for this sign-in, and it is written down', async () => {
    const { client, person, site } = await withApp({ whenAway: 'other-factor' })
    duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
    const opened = await duoKit.open(client, { remember: true })
    assert.deepEqual([opened.status, opened.json.kinds, opened.json.duo.isAway], [200, ['duo', 'totp', 'backup-codes'], true], opened.text)
    assert.match((await client.call('GET', '/sign-in')).text, /For now .* lets you use another way/)
    kit.pass(30)
    assert.equal((await answer(client, { code: kit.code(person), remember: true })).json.step, 'done')
    assert.equal(
      [...client.cookies.keys()].some((name) => name.includes('remembered')),
      false,
      'it is remembered on no device',
    )
    assert.deepEqual((await eventsOf(person)).at(-1), { action: 'duo.unanswered', detail: { reason: 'outage', otherFactor: true } })
    assert.equal((await findDuo(kit.rooms.store.db, kit.rooms.keys, site.id)).lastTrouble?.reason, 'outage')
    const next = kit.client()
    assert.deepEqual((await start(next, person)).json.kinds, ['duo', 'backup-codes'], 'the next sign-in asks Duo again')
  })

  test('A66 never on a wrong key, a wrong clock, a flood of questions or a bad answer, and not for who has nothing else', async () => {
    const { client, site } = await withApp({ whenAway: 'other-factor' })
    const kinds = async () => (await client.call('GET', '/api/v1/sign-ins/current')).json.kinds
    for (const [fault, reason] of [
      ['clock', 'clock'],
      ['denied', 'permission'],
      ['rate', 'rate'],
      ['huge', 'reply'],
    ] as const) {
      duoKit.duo.misbehave(fault, { on: '/health_check', times: 1 })
      refused(await duoKit.open(client), 424, 'duo-unavailable', { reason })
      assert.deepEqual(await kinds(), ['duo', 'backup-codes'], fault)
    }
    const { id: key, secret } = duoKit.duo.account.addApplication('websdk', 'Another')
    const prompt = { host: duoKit.duo.host, key, secret: `${secret.slice(0, 39)}${secret.endsWith('a') ? 'b' : 'a'}` }
    await duoKit.set(site.id, { whenAway: 'other-factor', prompt })
    refused(await duoKit.open(client), 424, 'duo-unavailable', { reason: 'secret' })
    assert.deepEqual(await kinds(), ['duo', 'backup-codes'], 'a wrong secret')
    const alone = await asked({ settings: { whenAway: 'other-factor' } })
    duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
    refused(await duoKit.open(alone.client), 424, 'duo-unavailable', { reason: 'outage' })
    await stillOutside(alone)
  })
})

describe('moving to Duo', () => {
  test('S2.24 S2.25 asks the old app first, keeps it until Duo has let the person in once, and takes whom Duo’s own mail has enrolled', async () => {
    const site = await kit.site()
    const person = await kit.person(site.id)
    const old = await kit.signIn(person)
    await kit.enroll(person, old)
    await duoKit.set(site.id)
    const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const rules = { ...(await rulesOf(admin, site.id)), mode: 'everyone', methods: ['duo'], defaultMethod: 'duo' }
    assert.equal((await admin.call('PUT', `/api/v1/organizations/${site.id}/policy`, rules)).status, 200)
    const user = duoKit.user(person)
    assert.ok(
      user.phones.some(({ isActivated }) => isActivated),
      'enrolled by the mail of Duo',
    )

    const client = kit.client()
    assert.deepEqual((await start(client, person)).json.kinds, ['totp', 'backup-codes'], 'the old one comes first')
    refused(await answer(client, { open: 'duo' }), 409, 'step-not-open')
    kit.pass(30)
    const step = await answer(client, { code: kit.code(person) })
    assert.deepEqual([step.json.step, step.json.kind], ['enroll', 'duo'])
    const page = (await client.call('GET', '/sign-in')).text
    assert.match(page, /stays until Duo has let you in once/)
    assert.deepEqual(await boundOf(person), ['backup-codes', 'totp'])
    user.status = 'bypass'
    assert.equal((await duoKit.back(client, await away(client))).status, 422)
    assert.deepEqual(await boundOf(person), ['backup-codes', 'totp'], 'nothing is bound by a return that does not count')
    user.status = 'active'
    const later = kit.client()
    assert.deepEqual((await start(later, person)).json.kinds, ['totp', 'backup-codes'], 'the old one still comes first')
    assert.equal((await duoKit.back(client, await away(client))).headers.location, '/', 'straight through, without a set-up at Duo')
    assert.deepEqual(await boundOf(person), ['backup-codes', 'duo', 'totp'])
    assert.deepEqual((await start(kit.client(), person)).json.kinds, ['duo', 'backup-codes'])
    const mails = (await kit.mailsTo(person.email)).map(({ subject }) => subject)
    assert.ok(
      mails.some((subject) => /authenticator was added/i.test(subject)),
      String(mails),
    )
  })

  test('S0.36 once an organization has only Duo, the next login of everybody asks Duo, whatever they had chosen before', async () => {
    const site = await kit.site({ methods: ['totp', 'email', 'sms'], defaultMethod: 'totp' })
    const people: Person[] = []
    for (const kind of ['totp', 'email', 'sms'] as const) {
      const person = await kit.person(site.id)
      const client = await kit.signIn(person)
      await setUp(person, client, kind)
      people.push(person)
    }
    await duoKit.set(site.id)
    const owner = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const rules = { ...(await rulesOf(owner, site.id)), mode: 'everyone', methods: ['duo'], defaultMethod: 'duo', mayChangeMethod: false }
    assert.equal((await owner.call('PUT', `/api/v1/organizations/${site.id}/policy`, rules)).status, 200)
    for (const [nth, person] of people.entries()) {
      duoKit.user(person)
      const client = kit.client()
      const first = await start(client, person)
      assert.deepEqual(first.json.kinds, [['totp', 'email', 'sms'][nth], 'backup-codes'], 'the one they had, a last time')
      kit.pass(31)
      if (nth > 0) await answer(client, { send: first.json.kinds[0] })
      const code = nth === 0 ? kit.code(person) : nth === 1 ? await kit.mailedCode(person.email) : await textedCode(person)
      assert.equal((await answer(client, { code })).json.kind, 'duo')
      assert.equal((await duoKit.back(client, await away(client))).headers.location, '/')
      assert.deepEqual((await start(kit.client(), person)).json.kinds, ['duo', 'backup-codes'])
    }
    const newcomer = await kit.person(site.id)
    duoKit.user(newcomer)
    assert.deepEqual((await start(kit.client(), newcomer)).json.kinds, ['duo'])
  })

  const boundOf = async ({ id }: Person) =>
    (
      await kit.rooms.store.db
        .selectFrom('authenticators')
        .select('kind')
        .where('user_id', '=', id)
        .where('retired_at', 'is', null)
        .execute()
    )
      .map(({ kind }) => kind)
      .sort()
  const textedCode = async ({ phone = '' }: Person) => /[0-9]{6}/.exec((await kit.textsTo(phone))[0]?.text ?? '')?.[0] ?? ''

  async function setUp(person: Person, client: Client, kind: 'totp' | 'email' | 'sms'): Promise<void> {
    if (kind === 'totp') return kit.enroll(person, client)
    person.phone = '+4930901820'
    assert.equal((await startFromSession(client, 'enroll')).json.step, 'enroll')
    await answer(client, { choose: kind })
    await answer(client, kind === 'sms' ? { phone: person.phone } : { send: kind })
    const step = await answer(client, { code: kind === 'sms' ? await textedCode(person) : await kit.mailedCode(person.email) })
    assert.equal(step.json.step, 'codes', step.text)
    assert.equal((await answer(client, { saved: true })).json.step, 'done')
    kit.pass(3_700)
  }
})

describe('Duo beside the other ways', () => {
  test('S0.15 is first and focused where the organization puts it first, and else one way among the others', async () => {
    const site = await duoKit.site({ policy: { methods: ['totp', 'duo'], defaultMethod: 'duo' } })
    const person = await kit.person(site.id)
    duoKit.user(person)
    const client = await duoKit.bind(person)
    await startFromSession(client, 'enroll')
    const shown = await answer(client, { choose: 'totp' })
    person.key = shown.json.key
    kit.pass(30)
    await answer(client, { code: kit.code(person) })
    const browser = kit.client()
    assert.deepEqual((await start(browser, person)).json.kinds, ['duo', 'totp', 'backup-codes'])
    const first = (await browser.call('GET', '/sign-in')).text
    assert.ok(first.indexOf('Continue to Duo</button>') < first.indexOf('id="code"'))
    assert.match(first, /autofocus>Continue to Duo/)
    await kit.rooms.store.db.updateTable('policies').set({ default_method: 'totp' }).where('organization_id', '=', site.id).execute()
    const other = (await browser.call('GET', '/sign-in')).text
    assert.ok(other.indexOf('Continue to Duo</button>') > other.indexOf('id="code"'))
    assert.doesNotMatch(other, /autofocus>Continue to Duo/)
    kit.pass(30)
    assert.equal((await answer(browser, { code: kit.code(person) })).json.step, 'done')
  })

  test('its form needs no script, and may lead to Duo and nowhere else', async () => {
    const { client } = await asked()
    const page = await client.call('GET', '/sign-in')
    assert.match(String(page.headers['content-security-policy']), new RegExp(`form-action 'self' https://${duoKit.duo.host};`))
    const sent = await client.submit('/sign-in', '/sign-in/answer', { open: 'duo' })
    assert.equal(sent.status, 303)
    assert.ok(String(sent.headers.location).startsWith(`https://${duoKit.duo.host}/oauth/v1/authorize?`), String(sent.headers.location))
    assert.equal(sent.headers['cache-control'], 'no-store')
    const elsewhere = await start(kit.client(), await kit.person((await kit.site()).id))
    assert.equal(elsewhere.json.step, 'done')
    assert.match(String((await kit.client().call('GET', '/sign-in')).headers['content-security-policy']), /form-action 'self';/)
  })

  test('remembers the device that was ticked before going to Duo, and proves again who is signed in', async () => {
    const { client, person } = await asked()
    const opened = await duoKit.open(client, { remember: true })
    const back = await duoKit.back(client, await duoKit.approve(opened.json.duo.address))
    assert.equal(back.headers.location, '/')
    assert.ok(client.cookies.has('countersign-remembered'))
    kit.pass(400)
    const confirming = await startFromSession(client, 'confirm')
    assert.equal(confirming.json.step, 'password')
    assert.equal((await answer(client, { password: person.password })).json.step, 'answer')
    const confirmed = await duoKit.back(client, await away(client))
    assert.deepEqual([confirmed.status, confirmed.headers.location], [303, '/settings?done=confirm'])
    assert.equal((await start(client, person)).json.step, 'done', 'the remembered device spares the second step')
  })

  test('is the same for programs: the step with the address, then what Duo sent the browser back with', async () => {
    const { client, person } = await asked()
    const { state = '', duo_code = '' } = await away(client)
    refused(await answer(client, { returned: { state, duo_code, more: 'x' } }), 400, 'malformed')
    assert.equal((await answer(client, { returned: { state, duo_code } })).json.step, 'done')
    assert.equal((await client.call('GET', '/api/v1/session')).status, 200)
    const other = kit.client()
    await start(other, person)
    refused(await answer(other, { returned: { state, duo_code } }), 409, 'duo-start-again', { reason: 'state' })
    const free = await kit.site({ mode: 'everyone' })
    const app = kit.client()
    await start(app, await kit.person(free.id))
    for (const given of [{ open: 'duo' }, { check: 'duo' }, { send: 'duo' }, { returned: { state, duo_code } }])
      refused(await answer(app, given), 409, 'step-not-open')
  })

  test('comes back to the host name of the site where the sign-in began, and to no host that somebody invented', async () => {
    const site = await duoKit.site()
    const person = await kit.person(site.id)
    duoKit.user(person)
    await kit.rooms.store.db.updateTable('organizations').set({ host: 'acme.example' }).where('id', '=', site.id).execute()
    const redirectOf = async (host: string) => {
      const client = kit.client()
      await start(client, person)
      const opened = await client.call('POST', '/api/v1/sign-ins/current/answers', { open: 'duo' }, { host })
      return new URL(opened.json.duo.address).searchParams.get('redirect_uri')
    }
    assert.equal(await redirectOf('acme.example'), 'http://acme.example:8080/sign-in/duo')
    assert.equal(await redirectOf('127.0.0.1:8080'), 'http://127.0.0.1:8080/sign-in/duo')
    assert.equal(await redirectOf('evil.example'), 'http://127.0.0.1:8080/sign-in/duo')
  })

  test('charges no attempt for going to Duo, and does not begin while wrong codes have shut the sign-in', async () => {
    const { client, person } = await asked()
    for (let nth = 0; nth < 5; nth++) assert.equal((await duoKit.open(client)).status, 200)
    const throttles = await kit.rooms.store.db.selectFrom('throttles').select('failures').where('key', '=', `code:${person.id}`).execute()
    assert.ok(throttles.every(({ failures }) => failures === 0))
    for (let nth = 0; nth < 5; nth++) refused(await answer(client, { code: 'AAAA-AAAA-AAAA-AAAA' }), 422, 'code-not-accepted')
    const calls = duoKit.duo.asked.length
    refused(await answer(client, { open: 'duo' }), 429, 'too-many-attempts')
    assert.equal(duoKit.duo.asked.length, calls, 'Duo is not asked')
  })
})

describe('people of several organizations', () => {
  test('S2.4 are not offered the Duo of one of them, are told why, and have an app as the way out; the Duo of the provider they share', async () => {
    const site = await duoKit.site()
    const other = await kit.site({ mode: 'everyone', methods: ['totp'] })
    const person = await kit.person(site.id)
    duoKit.user(person)
    await duoKit.bind(person)
    await addMembership(kit.rooms.store.db, kit.now(), {
      organizationId: other.id,
      userId: person.id,
      role: 'user',
      required: false,
      name: person.name,
      hasJoined: true,
    })
    const client = kit.client()
    const first = await start(client, person)
    assert.deepEqual([first.json.kinds, first.json.withoutDuo], [['duo', 'backup-codes'], [site.name]], 'what they have, a last time')
    assert.equal((await duoKit.back(client, await away(client))).headers.location, '/sign-in')
    const moving = (await client.call('GET', '/api/v1/sign-ins/current')).json
    assert.deepEqual([moving.step, moving.kind, moving.kinds, moving.withoutDuo], ['enroll', 'totp', ['totp'], [site.name]])
    assert.match((await client.call('GET', '/sign-in')).text, /is not for you: an account at Duo is for one organization/)
    refused(await answer(client, { open: 'duo' }), 409, 'step-not-open')
    refused(await answer(client, { choose: 'duo' }), 409, 'step-not-open')
    person.key = moving.key
    kit.pass(30)
    assert.equal((await answer(client, { code: kit.code(person) })).json.step, 'done')
    const own = await client.call('GET', '/api/v1/me/two-factor')
    assert.deepEqual(own.json.withoutDuo, [site.name])

    await duoKit.set(kit.provider.id, { servesSites: true })
    for (const each of [site, other]) {
      await duoKit.set(each.id, { account: 'provider' })
      const rules = { methods: ['duo'], default_method: 'duo' }
      await kit.rooms.store.db.updateTable('policies').set(rules).where('organization_id', '=', each.id).execute()
    }
    const shared = await start(kit.client(), person)
    assert.deepEqual([shared.json.kinds, shared.json.withoutDuo], [['duo', 'backup-codes'], undefined], 'one account for both')
  })
})
