import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addMembership } from '#store/people.ts'
import { Authenticator, type AuthenticatorOptions } from '../authenticator.ts'
import { type Answered, answer, type Client, type Kit, openKit, type Person, refused, rulesOf, start, startFromSession } from '../kit.ts'

const origin = 'https://id.example.test'
let kit: Kit

before(async () => {
  kit = await openKit({ publicUrl: origin })
})
after(() => kit.close())

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}`
const withPasskeys = { methods: ['totp', 'passkey'] }
const key = (options: AuthenticatorOptions = {}, where = origin) => new Authenticator(where, options)

/** Sets up a passkey from a session whose proof is fresh, as the person's settings do. */
async function addPasskey(client: Client, device: Authenticator, label?: string): Promise<Answered> {
  kit.pass(1)
  const first = await startFromSession(client, 'enroll')
  assert.equal(first.json.step, 'enroll', first.text)
  const chosen = first.json.kind === 'passkey' ? first : await answer(client, { choose: 'passkey' })
  assert.equal(chosen.json.kind, 'passkey', chosen.text)
  let reply = await answer(client, { passkey: device.create(chosen.json.passkey), ...(label ? { label } : {}) })
  if (reply.json.step === 'codes') reply = await answer(client, { saved: true })
  await client.call('GET', '/api/v1/session')
  return reply
}

/** A person with a passkey and nothing else, signed in. */
async function owner(organizationId: string, device: Authenticator, wish: Parameters<Kit['person']>[1] = {}) {
  const person = await kit.person(organizationId, wish)
  const client = kit.client()
  await kit.signIn(person, client)
  const added = await addPasskey(client, device)
  assert.equal(added.json.step, 'done', added.text)
  return { person, client }
}

/** Signs in with password and passkey. */
async function enter(person: Person, device: Authenticator, client: Client = kit.client()): Promise<Client> {
  const step = await start(client, person)
  assert.deepEqual([step.json.step, step.json.kinds[0]], ['answer', 'passkey'], step.text)
  const reply = await answer(client, { passkey: device.get(step.json.passkey) })
  assert.equal(reply.json.step, 'done', reply.text)
  await client.call('GET', '/api/v1/session')
  return client
}

const session = async (client: Client) => (await client.call('GET', '/api/v1/session')).json

describe('a passkey as a second step', () => {
  test('is set up beside others, is offered first, and says truthfully what it proved', async () => {
    const site = await kit.site(withPasskeys)
    const person = await kit.person(site.id)
    const client = await kit.signIn(person)
    await kit.enroll(person, client)
    const device = key()
    assert.equal((await addPasskey(client, device, 'Blue key')).json.step, 'done')
    const card = (await client.call('GET', '/api/v1/me/two-factor')).json
    assert.deepEqual(
      card.authenticators.map(({ kind, label }: { kind: string; label: string }) => [kind, label]),
      [
        ['totp', 'Authenticator app'],
        ['passkey', 'Blue key'],
      ],
    )
    const entered = await start(kit.client(), person)
    assert.deepEqual(entered.json.kinds, ['passkey', 'totp', 'backup-codes'])
    const { aal, amr } = await session(await enter(person, device))
    assert.deepEqual([aal, amr], [2, ['pwd', 'pop', 'user', 'mfa']])
    const mails = await kit.mailsTo(person.email)
    assert.ok(mails.some(({ text }) => text.includes('Blue key')))
  })

  test('is one of several with names of their own; one is renamed and one removed, and the last one stays', async () => {
    const site = await kit.site({ mode: 'everyone', methods: ['passkey'], defaultMethod: 'passkey' })
    const [first, second] = [key(), key({ algorithm: 'EdDSA', isSynced: true })]
    const person = await kit.person(site.id)
    const client = kit.client()
    const step = await start(client, person)
    assert.equal(step.json.kind, 'passkey', step.text)
    assert.equal((await answer(client, { passkey: first.create(step.json.passkey) })).json.step, 'codes')
    assert.equal((await answer(client, { saved: true })).json.step, 'done')
    assert.equal((await addPasskey(client, second)).json.step, 'done')
    const list = async () => (await client.call('GET', '/api/v1/me/two-factor')).json.authenticators
    assert.deepEqual(
      (await list()).map(({ label }: { label: string }) => label),
      ['Passkey', 'Passkey 2'],
    )
    const [one, two] = await list()
    assert.equal((await client.call('PATCH', `/api/v1/me/authenticators/${two.id}`, { label: 'Phone' })).status, 200)
    await enter(person, second)
    assert.equal((await client.call('DELETE', `/api/v1/me/authenticators/${one.id}`)).status, 200)
    const gone = await start(kit.client(), person)
    assert.deepEqual(
      gone.json.passkey.allowCredentials.map(({ id }: { id: string }) => id),
      [second.id],
    )
    refused(await client.call('DELETE', `/api/v1/me/authenticators/${two.id}`), 409, 'two-factor-required')
  })

  test('A74 R070 signs what is good for one answer: a used one, one of another sign-in and one after a mistake are refused', async () => {
    const site = await kit.site(withPasskeys)
    const device = key()
    const { person } = await owner(site.id, device)
    const client = kit.client()
    const step = await start(client, person)
    const good = device.get(step.json.passkey)
    const other = kit.client()
    const foreign = await start(other, person)
    refused(await answer(other, { passkey: good }), 422, 'passkey-not-accepted', { reason: 'mismatch' })
    assert.equal((await answer(other, { passkey: device.get(foreign.json.passkey) })).json.step, 'done')
    const wrong = { ...good, response: { ...good.response, signature: device.get(step.json.passkey).response.signature } }
    refused(await answer(client, { passkey: wrong }), 422, 'passkey-not-accepted')
    refused(await answer(client, { passkey: good }), 422, 'passkey-not-accepted', { reason: 'mismatch' })
    const again = await client.call('GET', '/api/v1/sign-ins/current')
    assert.notEqual(again.json.passkey.challenge, step.json.passkey.challenge)
    const reply = await answer(client, { passkey: device.get(again.json.passkey) })
    assert.equal(reply.json.step, 'done', reply.text)
  })

  test('A74 is refused where its count falls, and is nobody else’s: of another person, or set up a second time', async () => {
    const site = await kit.site(withPasskeys)
    const device = key()
    const { person } = await owner(site.id, device)
    await enter(person, device)
    device.counter = 0
    const client = kit.client()
    const step = await start(client, person)
    refused(await answer(client, { passkey: device.get(step.json.passkey) }), 422, 'passkey-not-accepted')

    const thief = await kit.person(site.id)
    const theirs = await kit.signIn(thief)
    const begun = await startFromSession(theirs, 'enroll')
    const chosen = begun.json.kind === 'passkey' ? begun : await answer(theirs, { choose: 'passkey' })
    refused(await answer(theirs, { passkey: device.create(chosen.json.passkey) }), 422, 'passkey-not-accepted', { reason: 'known' })
    const own = key()
    const fresh = await theirs.call('GET', '/api/v1/sign-ins/current')
    assert.equal((await answer(theirs, { passkey: own.create(fresh.json.passkey) })).json.step, 'codes')
    assert.equal((await answer(theirs, { saved: true })).json.step, 'done')
    const asThief = kit.client()
    const asked = await start(asThief, thief)
    refused(await answer(asThief, { passkey: device.get(asked.json.passkey) }), 422, 'passkey-not-accepted')
  })

  test('A21 opens nothing before it is given, and a set-up is no answer to a question', async () => {
    const site = await kit.site(withPasskeys)
    const device = key()
    const { person } = await owner(site.id, device)
    const client = kit.client()
    const step = await start(client, person)
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
    refused(
      await answer(client, { passkey: key().create({ ...step.json.passkey, rp: { id: 'id.example.test' } }) }),
      422,
      'passkey-not-accepted',
    )
    refused(await answer(client, { passkey: { id: 'x' } }), 400, 'malformed')
    refused(await answer(client, { code: '000000' }), 422, 'code-not-accepted')
  })

  test('works at the host that it was set up at, and the page of another host says where', async () => {
    const site = await kit.site(withPasskeys)
    const host = `acme-${site.id.slice(-6)}.example.test`
    await kit.rooms.store.db.updateTable('organizations').set({ host }).where('id', '=', site.id).execute()
    const device = key({}, `https://${host}`)
    const person = await kit.person(site.id)
    const onHost = (client: Client) => {
      const { call } = client
      client.call = (method, path, body, headers) => call(method, path, body, { host, ...headers })
      return client
    }
    const client = onHost(kit.client())
    await kit.signIn(person, client)
    assert.equal((await addPasskey(client, device)).json.step, 'done')
    const there = onHost(kit.client())
    const step = await start(there, person)
    assert.equal(step.json.passkey.rpId, host)
    assert.equal((await answer(there, { passkey: device.get(step.json.passkey) })).json.step, 'done')
    const common = await start(kit.client(), person)
    assert.deepEqual([common.json.passkey, common.json.passkeyHosts], [undefined, [host]])
    const evil = kit.client()
    const { call } = evil
    evil.call = (method, path, body, headers) => call(method, path, body, { host: 'evil.example', ...headers })
    assert.equal((await start(evil, person)).json.passkey, undefined, 'a host that is nobody’s is the common one')
  })

  test('takes a host name: at an address of numbers the method cannot be allowed', async () => {
    const plain = await openKit()
    try {
      const site = await plain.site()
      const admin = await plain.person(site.id, { role: 'security-admin' })
      const client = await plain.signIn(admin)
      const rules = await rulesOf(client, site.id)
      assert.ok(!(await client.call('GET', `${at(site.id)}/policy`)).json.availableMethods.includes('passkey'))
      const refusal = { reason: 'no-host-name' }
      refused(await client.call('PUT', `${at(site.id)}/policy`, { ...rules, ...withPasskeys }), 409, 'method-not-available', refusal)
      refused(await client.call('PUT', `${at(site.id)}/policy`, { ...rules, passwordless: true }), 409, 'method-not-available', refusal)
    } finally {
      await plain.close()
    }
  })
})

test('R071 rules without passkeys are allowed while they can be had, and "Passkeys only" without passkeys is refused', async () => {
  const site = await kit.site({ methods: ['totp'] })
  const device = key()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  const rules = await rulesOf(client, site.id)
  assert.ok((await client.call('GET', `${at(site.id)}/policy`)).json.availableMethods.includes('passkey'), 'one click allows them')
  const stored = await client.call('PUT', `${at(site.id)}/policy`, { ...rules, rememberDays: 7 })
  assert.equal(stored.status, 200, stored.text)
  const allowed = await client.call('PUT', `${at(site.id)}/policy`, { ...(await rulesOf(client, site.id)), methods: ['totp', 'passkey'] })
  assert.equal(allowed.status, 200, allowed.text)
  await addPasskey(client, device)
  const strong = await enter(admin, device)
  for (const phishingResistant of ['administrators', 'everyone'] as const) {
    const known = await rulesOf(strong, site.id)
    const { version, ...draft } = { ...known, mode: 'everyone' as const, methods: ['totp'], defaultMethod: 'totp', phishingResistant }
    refused(await strong.call('PUT', `${at(site.id)}/policy`, { ...draft, version }), 422, 'passkeys-left-out')
    refused(await strong.call('POST', `${at(site.id)}/policy/preview`, draft), 422, 'passkeys-left-out')
    const right = await strong.call('PUT', `${at(site.id)}/policy`, { ...draft, version, methods: ['totp', 'passkey'] })
    assert.equal(right.status, 200, right.text)
  }
})

describe('where nothing weaker than a passkey is taken', () => {
  const policy = { mode: 'everyone', methods: ['totp', 'passkey', 'email'], phishingResistant: 'everyone' } as const

  /** Somebody who may use nothing but a passkey and has set one up on their first day. */
  async function covered(organizationId: string, role: 'user' | 'security-admin' = 'user') {
    const person = await kit.person(organizationId, { role })
    const client = kit.client()
    const step = await start(client, person)
    assert.equal((await answer(client, { passkey: key().create(step.json.passkey) })).json.step, 'done')
    await client.call('GET', '/api/v1/session')
    return { person, client }
  }

  /** A site whose rules are made stricter by a Security Admin who has a passkey. */
  async function strictSite(phishingResistant: 'administrators' | 'everyone' = 'everyone') {
    const site = await kit.site({ ...withPasskeys, mode: 'everyone' })
    const device = key()
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    await addPasskey(client, device)
    const people = { totp: await kit.person(site.id), passkey: await owner(site.id, key()) }
    await kit.signIn(people.totp)
    const strict = async () => {
      const at_ = await enter(admin, device)
      const rules = await rulesOf(at_, site.id)
      return { client: at_, draft: { ...rules, phishingResistant } }
    }
    return { site, device, admin, client, people, strict }
  }

  test('A38 whoever switches it on has shown a passkey, and sees before who could not sign in any more', async () => {
    const { site, client, people, strict } = await strictSite()
    const rules = await rulesOf(client, site.id)
    const body = { ...rules, phishingResistant: 'everyone' }
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const weak = await kit.signIn(admin)
    refused(await weak.call('PUT', `${at(site.id)}/policy`, body), 409, 'passkey-first')
    refused(await weak.call('PUT', `${at(site.id)}/policy`, { ...body, mode: 'opt-in' }), 400, 'malformed', { reason: 'phishingResistant' })
    const { client: strong, draft } = await strict()
    const { version: _version, ...wish } = draft
    const preview = await strong.call('POST', `${at(site.id)}/policy/preview`, wish)
    assert.equal(preview.status, 200, preview.text)
    assert.deepEqual(preview.json.cannotSignIn.names.sort(), [people.totp.name, admin.name].sort())
    assert.ok(preview.json.sessionsEnd.count >= 2, preview.text)
    assert.equal((await strong.call('PUT', `${at(site.id)}/policy`, draft)).status, 200)
  })

  test('A40 A38 sessions that rest on less end at once, remembered devices spare nothing, and no answer but a passkey is taken', async () => {
    const { site, people, strict } = await strictSite()
    const { totp } = people
    const remembering = kit.client()
    const begun = await start(remembering, totp)
    kit.pass(30)
    assert.equal(begun.json.step, 'answer')
    assert.equal((await answer(remembering, { code: kit.code(totp), remember: true })).json.step, 'done')
    assert.equal((await remembering.call('GET', '/api/v1/session')).status, 200)
    const { client, draft } = await strict()
    assert.equal((await client.call('PUT', `${at(site.id)}/policy`, draft)).status, 200)
    assert.equal((await remembering.call('GET', '/api/v1/session')).status, 401)
    const step = await start(remembering, totp)
    assert.deepEqual([step.json.step, step.json.reason, step.json.requiredBy.rule], ['refused', 'ask-administrator', 'phishing-resistant'])
    kit.pass(30)
    const tries = [
      { code: kit.code(totp) },
      { code: totp.backupCodes?.[0] ?? '' },
      { send: 'email' },
      { send: 'sms' },
      { choose: 'totp' },
      { choose: 'passkey' },
      { phone: '+4915123456789' },
      { saved: true },
      { open: 'duo' },
      { send: 'duo' },
      { password: totp.password },
      { passkey: key().get({ challenge: 'AAAA', rpId: 'id.example.test' }) },
    ]
    for (const one of tries) refused(await answer(remembering, one), 409, 'step-not-open')

    const { person, client: theirs } = people.passkey
    assert.equal((await theirs.call('GET', '/api/v1/session')).status, 200, 'a session that rests on a passkey goes on')
    const own = kit.client()
    const asked = await start(own, person)
    assert.deepEqual([asked.json.kinds, asked.json.rememberDays], [['passkey'], undefined])
    for (const one of [{ send: 'email' }, { send: 'sms' }, { choose: 'totp' }, { open: 'duo' }])
      refused(await answer(own, one), 409, 'step-not-open')
    refused(await answer(own, { code: '123456' }), 422, 'code-not-accepted')
  })

  test('A38 who is covered draws no backup codes, resets nothing of their own, and keeps at least one passkey', async () => {
    const site = await kit.site(policy)
    const person = await kit.person(site.id)
    const device = key()
    const client = kit.client()
    const step = await start(client, person)
    assert.deepEqual([step.json.step, step.json.kinds], ['enroll', ['passkey']], step.text)
    refused(await answer(client, { choose: 'totp' }), 409, 'step-not-open')
    const reply = await answer(client, { passkey: device.create(step.json.passkey) })
    assert.equal(reply.json.step, 'done', 'no backup codes come along')
    refused(await startFromSession(client, 'backup-codes'), 409, 'passkey-required')
    refused(await startFromSession(client, 'disable'), 409, 'two-factor-required')
    refused(await client.call('POST', '/api/v1/me/two-factor/reset'), 409, 'passkey-required')
    const [only] = (await client.call('GET', '/api/v1/me/two-factor')).json.authenticators
    refused(await client.call('DELETE', `/api/v1/me/authenticators/${only.id}`), 409, 'two-factor-required')
    assert.equal((await addPasskey(client, key())).json.step, 'done')
    assert.equal((await client.call('DELETE', `/api/v1/me/authenticators/${only.id}`)).status, 200)
  })

  test('A38 A33 after a reset mailbox and password open nothing; a pass takes two administrators, the mail and the voice', async () => {
    const site = await kit.site(policy)
    const [one, two] = [await covered(site.id, 'security-admin'), await covered(site.id, 'security-admin')]
    const person = await kit.person(site.id)
    const lost = kit.client()
    const first = await start(lost, person)
    assert.equal((await answer(lost, { passkey: key().create(first.json.passkey) })).json.step, 'done')
    const user = `${at(site.id)}/users/${person.id}`
    assert.equal((await one.client.call('POST', `${user}/two-factor`, { action: 'reset' })).status, 200)

    const stuck = kit.client()
    const refusal = await start(stuck, person)
    assert.deepEqual([refusal.json.step, refusal.json.reason], ['refused', 'ask-administrator'], refusal.text)
    refused(await answer(stuck, { send: 'email' }), 409, 'step-not-open')
    refused(await two.client.call('POST', `${user}/one-time-pass/approval`), 409, 'moved-on')

    const issued = await one.client.call('POST', `${user}/one-time-pass`, { reason: 'Lost every key', minutes: 60 })
    assert.equal(issued.status, 201, issued.text)
    assert.ok(issued.json.needsApproval && typeof issued.json.spoken === 'string')
    const mail = (await kit.mailsTo(person.email)).map(({ text }) => /[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(text)?.[0]).find(Boolean)
    const pass = `${mail}-${issued.json.spoken}`
    const asked = (await kit.mailsTo(two.person.email)).filter(({ subject }) => subject.includes('waits for your word'))
    assert.equal(asked.length, 1, 'the other administrator is told')
    assert.ok(asked[0]?.text.includes('Lost every key') && asked[0].text.includes(`/users/${person.id}?organization=${site.id}`))
    assert.ok(!asked[0]?.text.includes(String(mail)), 'the mail holds nothing of the pass')
    for (const { email } of [one.person, person])
      assert.ok(!(await kit.mailsTo(email)).some(({ subject }) => subject.includes('waits for your word')), 'nobody else is')
    const shown = async ({ client }: typeof one) => {
      const { state, isByYou } = (await client.call('GET', user)).json.oneTimePass
      return [state, isByYou]
    }
    assert.deepEqual(await Promise.all([one, two].map(shown)), [
      ['waiting', true],
      ['waiting', false],
    ])
    assert.equal((await start(stuck, person)).json.step, 'refused', 'one administrator alone opens nothing')
    refused(await answer(stuck, { code: pass }), 409, 'step-not-open')
    refused(await one.client.call('POST', `${user}/one-time-pass/approval`), 409, 'yourself')
    const helper = await kit.person(site.id)
    const theirs = kit.client()
    const step = await start(theirs, helper)
    await answer(theirs, { passkey: key().create(step.json.passkey) })
    await theirs.call('GET', '/api/v1/session')
    refused(await theirs.call('POST', `${user}/one-time-pass/approval`), 403, 'forbidden', { right: 'reset-two-factor' })
    assert.equal((await two.client.call('POST', `${user}/one-time-pass/approval`)).status, 204)
    refused(await one.client.call('POST', `${user}/one-time-pass/approval`), 409, 'moved-on')
    assert.deepEqual(await shown(two), ['good', false])

    const open = await start(stuck, person)
    assert.deepEqual([open.json.step, open.json.kinds], ['answer', ['one-time-pass']], open.text)
    refused(await answer(stuck, { code: `${mail}-AAAAA` }), 422, 'code-not-accepted')
    const taken = await answer(stuck, { code: pass })
    assert.deepEqual([taken.json.step, taken.json.kinds], ['enroll', ['passkey']], taken.text)
    const done = await answer(stuck, { passkey: key().create(taken.json.passkey) })
    assert.equal(done.json.step, 'done', done.text)
    const { rows } = {
      rows: await kit.rooms.store.db.selectFrom('audit_events').select('action').where('subject_id', '=', person.id).execute(),
    }
    assert.ok(rows.some(({ action }) => action === 'one-time-pass.approved'))
  })

  test('A38 a pass that nobody approved in time opens nothing, and the person’s page says that it has expired', async () => {
    const site = await kit.site(policy)
    const [one, two, person] = [await covered(site.id, 'security-admin'), await covered(site.id, 'security-admin'), await covered(site.id)]
    const user = `${at(site.id)}/users/${person.person.id}`
    const read = async () => (await two.client.call('GET', user)).json.oneTimePass
    assert.equal(await read(), null)
    assert.equal((await one.client.call('POST', `${user}/two-factor`, { action: 'reset' })).status, 200)
    assert.equal((await one.client.call('POST', `${user}/one-time-pass`, { reason: 'Lost every key', minutes: 15 })).status, 201)
    assert.equal((await read()).state, 'waiting')
    kit.pass(899)
    assert.equal((await read()).state, 'waiting')
    kit.pass(1)
    assert.deepEqual([(await read()).state, (await read()).isByYou], ['expired', false])
    assert.equal((await start(kit.client(), person.person)).json.step, 'refused')
  })

  test('A38 a pass from before the rule, and a password from a mail, open nothing either', async () => {
    const site = await kit.site({ ...withPasskeys, mode: 'everyone' })
    const admin = await kit.person(site.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    const person = await kit.person(site.id)
    await kit.signIn(person)
    const user = `${at(site.id)}/users/${person.id}`
    assert.equal((await client.call('POST', `${user}/one-time-pass`, { reason: 'Lost', minutes: 60 })).status, 201)
    const pass = (await kit.mailsTo(person.email)).map(({ text }) => /([A-Z2-7]{5}-){3}[A-Z2-7]{5}/.exec(text)?.[0]).find(Boolean) ?? ''
    await kit.rooms.store.db
      .updateTable('policies')
      .set({ phishing_resistant: 'everyone' })
      .where('organization_id', '=', site.id)
      .execute()
    const stuck = kit.client()
    assert.equal((await start(stuck, person)).json.step, 'refused')
    refused(await answer(stuck, { code: pass }), 409, 'step-not-open')
    const fresh = await kit.person(site.id)
    await kit.rooms.store.db.updateTable('users').set({ password_mailed: true }).where('id', '=', fresh.id).execute()
    assert.equal((await start(kit.client(), fresh)).json.step, 'refused', 'a first passkey is not set up on what a mailbox gave')
  })

  test('counts whoever must use a passkey and has none as not covered: in the rules, in the list of people and in that of the sites', async () => {
    const site = await kit.site({ ...withPasskeys, mode: 'chosen' })
    const clerk = await kit.person(site.id, { role: 'admin' })
    await kit.enroll(clerk, await kit.signIn(clerk))
    const { person: owning, client } = await owner(site.id, key(), { role: 'security-admin' })
    const secured = await kit.person(site.id, { required: true })
    await kit.signIn(secured)
    await kit.person(site.id)
    const provider = await kit.signIn(kit.provider.owner)
    const told = async () => {
      const { total, secured: all, required, missing } = (await client.call('GET', `${at(site.id)}/policy`)).json.people
      const list = (await provider.call('GET', `${at(kit.provider.id)}/sites?search=${encodeURIComponent(site.name)}`)).json
      const shown = list.sites[0].people
      assert.deepEqual([shown.total, shown.secured, shown.missing], [total, all, missing], 'both say the same')
      const of = async (badge: string) => {
        const { users } = (await client.call('GET', `${at(site.id)}/users?badge=${badge}`)).json
        for (const one of users) assert.equal(one.badge, badge)
        return users.map(({ id }: { id: string }) => id).sort()
      }
      return { figures: [total, all, required, missing], secured: await of('secured'), required: await of('required') }
    }
    const rule = (phishingResistant: string, mode = 'chosen') =>
      kit.rooms.store.db
        .updateTable('policies')
        .set({ phishing_resistant: phishingResistant as 'off', mode: mode as 'chosen' })
        .where('organization_id', '=', site.id)
        .execute()
    const ids = (...people: readonly Person[]) => people.map(({ id }) => id).sort()
    assert.deepEqual(await told(), { figures: [4, 3, 1, 0], secured: ids(clerk, owning, secured), required: [] })
    await rule('administrators')
    assert.deepEqual(await told(), { figures: [4, 2, 3, 1], secured: ids(owning, secured), required: ids(clerk) })
    await rule('administrators', 'opt-in')
    assert.deepEqual((await told()).figures, [4, 2, 2, 1], 'also where everybody else decides alone')
    await rule('everyone', 'everyone')
    const { figures, secured: left } = await told()
    assert.deepEqual([figures, left], [[4, 1, 4, 3], ids(owning)])
  })

  test('covers administrators alone where the rule says so, and the strictest of several organizations wins', async () => {
    const site = await kit.site({ ...withPasskeys, mode: 'everyone', phishingResistant: 'administrators' })
    const admin = await kit.person(site.id, { role: 'admin' })
    const step = await start(kit.client(), admin)
    assert.deepEqual(step.json.kinds, ['passkey'], step.text)
    const user = await kit.person(site.id)
    assert.deepEqual((await start(kit.client(), user)).json.kinds, ['totp', 'passkey'])
    const strict = await kit.site(policy)
    const userId = user.id
    await addMembership(kit.rooms.store.db, kit.now(), {
      organizationId: strict.id,
      userId,
      role: 'user',
      required: false,
      name: user.name,
      hasJoined: true,
    })
    assert.deepEqual((await start(kit.client(), user)).json.kinds, ['passkey'])
  })
})

describe('a passkey as a whole sign-in', () => {
  const entrance = '/api/v1/sign-ins/passkey'
  const alone = async (client: Client, device: Authenticator) => {
    const asked = await client.call('GET', entrance)
    assert.equal(asked.status, 200, asked.text)
    return client.call('POST', entrance, { passkey: device.get(asked.json.passkey) })
  }

  test('is off until an organization allows it; then it opens a session with two proofs and no password', async () => {
    const own = await openKit({ publicUrl: origin })
    try {
      const site = await own.site(withPasskeys)
      refused(await own.client().call('GET', entrance), 409, 'step-not-open')
      await own.rooms.store.db.updateTable('policies').set({ passwordless: true }).where('organization_id', '=', site.id).execute()
      assert.equal((await own.client().call('GET', entrance)).status, 200)
    } finally {
      await own.close()
    }
    const site = await kit.site({ ...withPasskeys, mode: 'everyone', passwordless: true })
    const device = key({ isSynced: true })
    await owner(site.id, device)
    const client = kit.client()
    const reply = await alone(client, device)
    assert.deepEqual([reply.status, reply.json.step], [201, 'done'], reply.text)
    const { aal, amr } = await session(client)
    assert.deepEqual([aal, amr], [2, ['pop', 'user', 'mfa']])
    const confirmed = await startFromSession(client, 'confirm')
    assert.equal(confirmed.json.step, 'password')
    assert.equal((await answer(client, { passkey: device.get(confirmed.json.passkey) })).json.step, 'done')
  })

  test('its page and all that it loads are at most 30 KB, uncompressed', async () => {
    await kit.site({ ...withPasskeys, passwordless: true })
    const page = await kit.client().call('GET', '/sign-in', undefined, { accept: 'text/html' })
    assert.match(page.text, /data-fills/)
    const loaded = [...page.text.matchAll(/<(?:link|script|img)\b[^>]*?\s(?:href|src)="(\/[^"]+)"/g)].map(([, path = '']) => path)
    assert.equal(loaded.length, 4, loaded.join(' '))
    const parts = await Promise.all(loaded.map((url) => kit.app.inject({ url })))
    const bytes = [Buffer.from(page.text), ...parts.map(({ rawPayload }) => rawPayload)].reduce((sum, part) => sum + part.length, 0)
    assert.ok(bytes <= 30 * 1024, `${bytes} bytes`)
  })

  test('takes a PIN or a finger, what was asked of this browser a short time ago, and each answer once', async () => {
    const site = await kit.site({ ...withPasskeys, passwordless: true })
    const [device, touched] = [key(), key({ verifies: false })]
    await owner(site.id, device)
    await owner(site.id, touched)
    refused(await alone(kit.client(), touched), 422, 'passkey-not-accepted', { reason: 'mismatch' })
    refused(await alone(kit.client(), key()), 422, 'passkey-not-accepted', { reason: 'mismatch' })
    const client = kit.client()
    const asked = await client.call('GET', entrance)
    const signed = device.get(asked.json.passkey)
    const thief = kit.client()
    await thief.call('GET', entrance)
    refused(await thief.call('POST', entrance, { passkey: signed }), 401, 'sign-in-gone')
    refused(
      await client.call('POST', entrance, { passkey: device.get({ ...asked.json.passkey, challenge: 'A'.repeat(43) }) }),
      401,
      'sign-in-gone',
    )
    const { csrf } = client
    client.csrf = ''
    refused(await client.call('POST', entrance, { passkey: signed }), 403, 'forged-request')
    client.csrf = csrf
    assert.equal((await client.copy().call('POST', entrance, { passkey: signed })).status, 201)
    refused(await client.call('POST', entrance, { passkey: signed }), 409, 'moved-on')
    const late = kit.client()
    const old = await late.call('GET', entrance)
    kit.pass(601)
    refused(await late.call('POST', entrance, { passkey: device.get(old.json.passkey) }), 401, 'sign-in-gone')
  })

  test('is not enough for whoever also belongs to an organization that asks for the password', async () => {
    const [open, shut] = [await kit.site({ ...withPasskeys, passwordless: true }), await kit.site(withPasskeys)]
    const device = key()
    const { person } = await owner(open.id, device)
    const wish = { userId: person.id, role: 'user', required: false, name: person.name, hasJoined: true } as const
    await addMembership(kit.rooms.store.db, kit.now(), { organizationId: shut.id, ...wish })
    refused(await alone(kit.client(), device), 422, 'passkey-not-accepted', { reason: 'not-whole' })
    const client = await enter(person, device)
    await kit.rooms.store.db.updateTable('memberships').set({ suspended_at: kit.now() }).where('user_id', '=', person.id).execute()
    assert.equal((await client.call('GET', '/api/v1/session')).status, 401)
    refused(await alone(kit.client(), device), 422, 'passkey-not-accepted', { reason: 'mismatch' })
  })

  test('counts beside the password too, and nobody is asked twice', async () => {
    const site = await kit.site({ ...withPasskeys, passwordless: true })
    const device = key()
    const { person, client } = await owner(site.id, device)
    kit.pass(400)
    await client.call('GET', '/api/v1/session')
    const step = await startFromSession(client, 'confirm')
    assert.equal(step.json.step, 'password')
    const second = await answer(client, { password: person.password })
    assert.deepEqual([second.json.step, second.json.kinds[0]], ['answer', 'passkey'])
    assert.equal((await answer(client, { passkey: device.get(second.json.passkey) })).json.step, 'done')
  })
})
