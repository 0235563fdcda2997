import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type DuoKit, openDuoKit } from '../duo-kit.ts'
import { answer, type Client, type Person, refused, start } from '../kit.ts'

/** An organization gives up the account at Duo that its people are bound to: in another one each of them is somebody else. */

let duoKit: DuoKit
let other: DuoSimulator
before(async () => {
  duoKit = await openDuoKit()
  other = await startDuo({ now: () => duoKit.kit.now() })
  setDefaultCACertificates([...getCACertificates('default'), other.ca])
})
after(() => Promise.all([duoKit.close(), other.stop()]))

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}/duo`
const owes = async ({ id }: Person) =>
  (await duoKit.kit.rooms.store.db.selectFrom('users').select('set_up_due').where('id', '=', id).executeTakeFirstOrThrow()).set_up_due
const kindsOf = async ({ id }: Person) => {
  const { db } = duoKit.kit.rooms.store
  const rows = await db.selectFrom('authenticators').select('kind').where('user_id', '=', id).where('retired_at', 'is', null).execute()
  return rows.map(({ kind }) => kind).sort()
}
const mailsOf = async ({ email }: Person, subject: RegExp) =>
  (await duoKit.kit.mailsTo(email)).filter((mail) => subject.test(mail.subject)).length
const wasReset = /Two-Factor Authentication was reset/
const eventsOf = (organizationId: string) =>
  duoKit.kit.rooms.store.db
    .selectFrom('audit_events')
    .select(['action', 'subject_id', 'actor_id', 'detail'])
    .where('organization_id', '=', organizationId)
    .where('action', 'in', ['two-factor.reset', 'authenticator.removed', 'duo.changed'])
    .orderBy('id')
    .execute()

/** Binds somebody to the account that their organization uses now, as they do it themselves. */
async function bound(siteId: string, role: 'user' | 'security-admin' | 'owner' = 'user'): Promise<{ person: Person; client: Client }> {
  const person = await duoKit.kit.person(siteId, { role })
  duoKit.user(person)
  return { person, client: await duoKit.bind(person) }
}

/** The same in the account of the provider: the QR code is ours, and the first push proves it. */
async function lent(siteId: string, role: 'user' | 'security-admin' = 'user'): Promise<{ person: Person; client: Client }> {
  const person = await duoKit.kit.person(siteId, { role })
  const client = duoKit.kit.client()
  await start(client, person)
  const shown = await answer(client, { send: 'duo' })
  assert.ok(duoKit.duo.activate(shown.json.duo.activation.uri), shown.text)
  await answer(client, { check: 'duo' })
  const push = duoKit.duo.account.pushes.at(-1)
  assert.ok(push)
  duoKit.duo.account.settle(push, 'approve')
  assert.equal((await answer(client, { check: 'duo' })).json.step, 'codes')
  assert.equal((await answer(client, { saved: true })).json.step, 'done')
  await client.call('GET', '/api/v1/session')
  return { person, client }
}

/** What the settings say now, led to applications of the other account. */
async function moved(client: Client, siteId: string, duo: DuoSimulator = other) {
  const keysOf = (type: 'websdk' | 'authapi') => {
    const { id, secret } = duo.account.addApplication(type, 'Portal')
    return { host: duo.host, key: id, secret }
  }
  const { json } = await client.call('GET', at(siteId))
  const { isOn, account, whenAway, countsBypass, version } = json
  return { isOn, account, whenAway, countsBypass, version, prompt: keysOf('websdk'), auth: keysOf('authapi') }
}

/** Signs in, and says what is asked first. */
async function asked(person: Person) {
  duoKit.kit.pass(60)
  const client = duoKit.kit.client()
  const { json } = await start(client, person)
  return { client, step: json }
}

test('keys of another account retire the Duo of everybody who is bound to the old one: they are told, and set up anew in the new one', async () => {
  const site = await duoKit.site()
  const head = await bound(site.id, 'security-admin')
  const ana = await bound(site.id)
  const bare = await duoKit.kit.person(site.id)
  assert.equal((await head.client.call('GET', at(site.id))).json.bound, 2, 'said beforehand')

  const renewed = await moved(head.client, site.id, duoKit.duo)
  assert.equal((await head.client.call('PUT', at(site.id), renewed)).json.bound, 2, 'new keys of the same account change nobody')
  assert.deepEqual(await kindsOf(ana.person), ['backup-codes', 'duo'])

  duoKit.kit.pass(1)
  const saved = await head.client.call('PUT', at(site.id), await moved(head.client, site.id))
  assert.deepEqual([saved.status, saved.json.bound], [200, 0], saved.text)
  for (const { person } of [head, ana]) {
    assert.deepEqual([await kindsOf(person), await owes(person), await mailsOf(person, wasReset)], [[], true, 1])
  }
  assert.equal(await owes(bare), false, 'who has nothing there is left alone')
  refused(await ana.client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  assert.equal((await head.client.call('GET', '/api/v1/session')).status, 200, 'the session that it was done in goes on')
  const events = await eventsOf(site.id)
  assert.deepEqual(
    events
      .filter(({ action }) => action === 'two-factor.reset')
      .map(({ subject_id, actor_id }) => [subject_id, actor_id])
      .sort(),
    [head, ana].map(({ person }) => [person.id, head.person.id]).sort(),
  )
  assert.equal(Object(events.findLast(({ action }) => action === 'duo.changed')?.detail).retired, 2)

  const { client, step } = await asked(ana.person)
  assert.deepEqual([step.opens, step.kinds], ['set-up', ['email']], 'the way of a reset')
  await answer(client, { send: 'email' })
  const opened = await answer(client, { code: await duoKit.kit.mailedCode(ana.person.email) })
  assert.deepEqual([opened.json.step, opened.json.kind, opened.json.duo.host], ['enroll', 'duo', other.host])
})

test('who has another method beside Duo is asked for that, and set up for nothing anew', async () => {
  const site = await duoKit.site({ policy: { methods: ['duo', 'totp'] } })
  const head = await bound(site.id, 'security-admin')
  const ben = await bound(site.id)
  // An app beside Duo, as the same person has it who is bound to one from before.
  const { db } = duoKit.kit.rooms.store
  const withApp = await duoKit.kit.person(site.id)
  const rules = (methods: string[]) =>
    db
      .updateTable('policies')
      .set({ methods, default_method: methods[0] ?? '' })
      .where('organization_id', '=', site.id)
      .execute()
  await rules(['totp'])
  await duoKit.kit.signIn(withApp)
  await rules(['duo', 'totp'])
  await db
    .updateTable('authenticators')
    .set({ user_id: ben.person.id })
    .where('user_id', '=', withApp.id)
    .where('kind', '=', 'totp')
    .execute()

  assert.equal((await head.client.call('PUT', at(site.id), await moved(head.client, site.id))).status, 200)
  assert.deepEqual([await kindsOf(ben.person), await owes(ben.person)], [['backup-codes', 'totp'], false])
  assert.deepEqual([await mailsOf(ben.person, wasReset), await mailsOf(ben.person, /An authenticator was removed/)], [0, 1])
  refused(await ben.client.call('GET', '/api/v1/session'), 401, 'not-signed-in')
  const { step } = await asked(ben.person)
  assert.deepEqual([step.step, step.opens, step.kinds], ['answer', undefined, ['totp', 'backup-codes']])
  const removed = (await eventsOf(site.id)).filter(({ action }) => action === 'authenticator.removed')
  assert.deepEqual(
    removed.map(({ subject_id, detail }) => [subject_id, Object(detail).because]),
    [[ben.person.id, 'duo-account']],
  )
})

test('the provider’s account for one’s own, and another account of the provider, leave nobody bound to what is not asked any more', async () => {
  const { provider } = duoKit.kit
  await duoKit.set(provider.id, { servesSites: true })
  const [one, two] = [await duoKit.site({ settings: { account: 'provider' } }), await duoKit.site({ settings: { account: 'provider' } })]
  const head = await lent(one.id, 'security-admin')
  const ana = await lent(two.id)
  assert.equal((await head.client.call('GET', at(one.id))).json.bound, 1)
  const own = { ...(await moved(head.client, one.id, duoKit.duo)), account: 'own' }
  assert.equal((await head.client.call('PUT', at(one.id), own)).status, 200)
  assert.deepEqual([await kindsOf(head.person), await kindsOf(ana.person)], [[], ['backup-codes', 'duo']])

  const owner = await duoKit.kit.signIn(provider.owner)
  assert.equal((await owner.call('GET', at(provider.id))).json.bound, 1, 'those of sites count')
  const anew = { ...(await moved(owner, provider.id)), servesSites: true }
  assert.equal((await owner.call('PUT', at(provider.id), anew)).status, 200)
  assert.deepEqual([await kindsOf(ana.person), await owes(ana.person), await mailsOf(ana.person, wasReset)], [[], true, 1])
})

test('it is refused, and nothing stored, where a reset of the same people would be: an owner among them, or two who must agree', async () => {
  const site = await duoKit.site()
  const head = await bound(site.id, 'security-admin')
  const boss = await bound(site.id, 'owner')
  const wanted = await moved(head.client, site.id)
  refused(await head.client.call('PUT', at(site.id), wanted), 409, 'duo-account-in-use', { reason: 'above', people: 1 })
  const rules = { organization_id: site.id, needs_approval: true, lapses_at: null, undo_minutes: 60 }
  await duoKit.kit.rooms.store.db.insertInto('reset_rules').values(rules).execute()
  const again = await moved(boss.client, site.id)
  refused(await boss.client.call('PUT', at(site.id), again), 409, 'duo-account-in-use', { reason: 'approval', people: 1 })
  assert.deepEqual(
    [await kindsOf(head.person), await kindsOf(boss.person)],
    [
      ['backup-codes', 'duo'],
      ['backup-codes', 'duo'],
    ],
  )
  assert.equal((await boss.client.call('GET', at(site.id))).json.prompt.host, duoKit.duo.host)
  assert.deepEqual(await eventsOf(site.id), [])
})
