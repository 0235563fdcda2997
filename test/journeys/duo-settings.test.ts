import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoFault, type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type Client, contentsOf, type Kit, openKit, refused, rulesOf } from '../kit.ts'

let kit: Kit
let duo: DuoSimulator

before(async () => {
  duo = await startDuo({ now: () => kit?.now() ?? new Date(), names: ['api-00000000.duosecurity.com'] })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  kit = await openKit({ delivery: { allowedHosts: [duo.host] } })
})
after(() => Promise.all([kit.close(), duo.stop()]))

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}/duo`

/** Two applications at Duo, as they are pasted. */
function applications() {
  const [web, api] = [duo.account.addApplication('websdk', 'Portal'), duo.account.addApplication('authapi', 'Portal')]
  const pasted = ({ id, secret }: { id: string; secret: string }) => ({ host: duo.host, key: id, secret })
  return { prompt: pasted(web), auth: pasted(api) }
}

const written = (more: Record<string, unknown> = {}) => ({
  isOn: true,
  account: 'own',
  whenAway: 'closed',
  countsBypass: false,
  version: 0,
  ...more,
})

async function securityAdmin(siteOf?: string): Promise<{ readonly id: string; readonly name: string; readonly client: Client }> {
  const id = siteOf ?? (await kit.site()).id
  const admin = await kit.person(id, { role: 'security-admin' })
  return { id, name: admin.name, client: await kit.signIn(admin) }
}

const providerOf = async (siteId: string) =>
  (await kit.rooms.store.db.selectFrom('organizations').select('parent_id').where('id', '=', siteId).executeTakeFirstOrThrow()).parent_id ??
  ''

/** What the audit keeps about an organization's Duo. */
const audited = (organizationId: string) =>
  kit.rooms.store.db
    .selectFrom('audit_events')
    .select(['action', 'detail'])
    .where('organization_id', '=', organizationId)
    .where('action', 'like', 'duo.%')
    .orderBy('id')
    .execute()

describe('the settings of Duo', () => {
  test('S0.27 S0.31 S0.32 S2.20 two pairs of keys are freed of spaces, tried at Duo, stored sealed, and never given out again', async () => {
    const { id, name, client } = await securityAdmin()
    const { prompt, auth } = applications()
    const pasted = {
      prompt: { host: ` https://${duo.host.toUpperCase()}/ `, key: `${prompt.key}\n`, secret: `\t${prompt.secret} ` },
      auth: { ...auth, secret: ` ${auth.secret}` },
    }
    const stored = await client.call('PUT', at(id), written(pasted))
    assert.equal(stored.status, 200, stored.text)
    assert.deepEqual([stored.json.isOn, stored.json.isUsable, stored.json.version, stored.json.changedBy], [true, true, 1, name])
    assert.deepEqual(stored.json.prompt, { host: duo.host, key: prompt.key })
    assert.equal(stored.json.provedAt, kit.now().toISOString())
    const read = await client.call('GET', at(id))
    for (const secret of [prompt.secret, auth.secret]) {
      assert.ok(!stored.text.includes(secret) && !read.text.includes(secret), 'in a reply')
      assert.ok(!JSON.stringify(await audited(id)).includes(secret), 'in the audit')
      assert.ok(!(await contentsOf(kit)).includes(secret), 'in the database')
    }
    const [event] = await audited(id)
    assert.equal(event?.action, 'duo.changed')
  })

  test('S0.32 a secret that is not sent stays while host and key do, and is not led elsewhere when one of them changes', async () => {
    const { id, client } = await securityAdmin()
    const { prompt, auth } = applications()
    await client.call('PUT', at(id), written({ prompt, auth }))
    const kept = { host: prompt.host, key: prompt.key }
    const changed = await client.call('PUT', at(id), written({ prompt: kept, whenAway: 'other-factor', version: 1 }))
    assert.deepEqual([changed.status, changed.json.whenAway], [200, 'other-factor'], changed.text)
    const other = applications()
    const moved = { host: prompt.host, key: other.prompt.key }
    refused(await client.call('PUT', at(id), written({ prompt: moved, version: 2 })), 422, 'invalid-duo', { reason: 'prompt.secret-again' })
    const elsewhere = { host: 'api-12345678.duosecurity.com', key: auth.key }
    refused(await client.call('PUT', at(id), written({ auth: elsewhere, version: 2 })), 422, 'invalid-duo', { reason: 'auth.secret-again' })
    assert.equal((await client.call('POST', `${at(id)}/check`, {})).json.prompt.proof, 'right')
  })

  test('S2.16 A68 a host that is neither Duo’s nor listed is refused before anybody is asked, and so is what is no key', async () => {
    const { id, client } = await securityAdmin()
    const { prompt, auth } = applications()
    const asked = duo.asked.length
    const wrong = async (which: 'prompt' | 'auth', more: Record<string, string>, reason: string) =>
      refused(
        await client.call('PUT', at(id), written({ prompt, auth, [which]: { ...{ prompt, auth }[which], ...more } })),
        422,
        'invalid-duo',
        { reason },
      )
    for (const host of ['', 'duosecurity.com', '169.254.169.254', 'localhost', 'api-1.duosecurity.com.evil.example', `${duo.host}/admin`])
      await wrong('prompt', { host }, 'prompt.host')
    await wrong('auth', { host: 'api-12345678.duosecurity.com' }, 'auth.host-other')
    await wrong('prompt', { key: 'DI' }, 'prompt.key')
    await wrong('auth', { secret: 'too short' }, 'auth.secret')
    refused(await client.call('PUT', at(id), written({ prompt })), 422, 'invalid-duo', { reason: 'auth.key' })
    refused(await client.call('PUT', at(id), written()), 422, 'invalid-duo', { reason: 'prompt.key' })
    assert.equal(duo.asked.length, asked)
    assert.equal((await client.call('GET', at(id))).json.version, 0)
  })

  test('S0.32 S2.20 what is wrong is said of the application that it is about, and nothing is stored', async () => {
    const { id, client } = await securityAdmin()
    const { prompt, auth } = applications()
    const { prompt: other } = applications()
    const failing = async (keys: Record<string, unknown>, said: Record<string, string>) =>
      refused(await client.call('PUT', at(id), written(keys)), 422, 'duo-check-failed', said)
    await failing({ prompt: { ...prompt, secret: other.secret }, auth }, { prompt: 'secret', auth: 'right' })
    await failing({ prompt, auth: { ...auth, secret: other.secret } }, { prompt: 'right', auth: 'secret' })
    await failing({ prompt: auth, auth: prompt }, { prompt: 'other-application', auth: 'other-application' })
    await failing({ prompt, auth: other }, { prompt: 'right', auth: 'other-application' })
    await failing({ prompt: { ...prompt, key: 'DI000000000000000000' }, auth }, { prompt: 'application', auth: 'right' })
    const misbehaving = async (fault: DuoFault, said: Record<string, string>) => {
      duo.misbehave(fault)
      await failing({ prompt, auth }, said)
      duo.behave()
    }
    await misbehaving('html-ok', { prompt: 'not-it', auth: 'not-it' })
    await misbehaving('reset', { prompt: 'network', auth: 'network' })
    await misbehaving('rate', { prompt: 'rate', auth: 'rate' })
    await misbehaving('unavailable', { prompt: 'outage', auth: 'outage' })
    const faraway = { host: 'api-99999999.duosecurity.com' }
    const nowhere = await client.call('PUT', at(id), written({ prompt: { ...prompt, ...faraway }, auth: { ...auth, ...faraway } }))
    assert.equal(nowhere.json.code, 'duo-check-failed')
    assert.notEqual(nowhere.json.prompt, 'right')
    assert.equal((await client.call('GET', at(id))).json.version, 0)
    assert.deepEqual(await audited(id), [])
  })

  test('S0.32 a clock that is off is told by name', async () => {
    const slow = await startDuo({ now: () => new Date(kit.now().getTime() - 600_000) })
    setDefaultCACertificates([...getCACertificates('default'), slow.ca])
    const other = await openKit({ delivery: { allowedHosts: [slow.host] } })
    try {
      const site = await other.site()
      const client = await other.signIn(await other.person(site.id, { role: 'security-admin' }))
      const [web, api] = [slow.account.addApplication('websdk', 'Portal'), slow.account.addApplication('authapi', 'Portal')]
      const body = written({
        prompt: { host: slow.host, key: web.id, secret: web.secret },
        auth: { host: slow.host, key: api.id, secret: api.secret },
      })
      refused(await client.call('PUT', at(site.id), body), 422, 'duo-check-failed', { prompt: 'clock', auth: 'clock' })
    } finally {
      await other.close()
      await slow.stop()
    }
  })

  test('S0.32 the keys can be tried again, and the time and the result are shown', async () => {
    const { id, client } = await securityAdmin()
    refused(await client.call('POST', `${at(id)}/check`, {}), 409, 'method-not-available', { reason: 'duo-off' })
    const { prompt, auth } = applications()
    await client.call('PUT', at(id), written({ prompt, auth }))
    kit.pass(60)
    const right = await client.call('POST', `${at(id)}/check`, {})
    assert.deepEqual(right.json, { at: kit.now().toISOString(), prompt: { proof: 'right' }, auth: { proof: 'right' } })
    assert.equal((await client.call('GET', at(id))).json.provedAt, kit.now().toISOString())
    // Somebody has the secret key drawn anew in Duo's panel.
    const place = duo.account.applications.findIndex((one) => one.id === auth.key)
    const [application] = duo.account.applications.splice(place, 1)
    assert.ok(application)
    duo.account.addApplication('authapi', 'Portal', { id: application.id })
    const wrong = await client.call('POST', `${at(id)}/check`, {})
    assert.deepEqual([wrong.json.prompt.proof, wrong.json.auth.proof, wrong.json.auth.because], ['right', 'wrong', 'secret'])
    kit.pass(1)
    assert.equal((await audited(id)).at(-1)?.action, 'duo.checked')
  })

  test('S0.22 S0.33 Duo can be allowed only while it is connected, and is not switched off while the rules allow it', async () => {
    const { id, client } = await securityAdmin()
    const policy = `/api/v1/organizations/${id}/policy`
    const wanted = async () => ({ ...(await rulesOf(client, id)), methods: ['totp', 'duo'], defaultMethod: 'duo' })
    refused(await client.call('PUT', policy, await wanted()), 409, 'method-not-available', { reason: 'duo-off' })
    const keys = applications()
    await client.call('PUT', at(id), written(keys))
    assert.equal((await client.call('PUT', policy, await wanted())).status, 200)
    refused(await client.call('PUT', at(id), written({ isOn: false, version: 1 })), 409, 'method-in-use', { methods: ['duo'] })
    assert.equal((await client.call('PUT', policy, { ...(await wanted()), methods: ['totp'], defaultMethod: 'totp' })).status, 200)
    const off = await client.call('PUT', at(id), written({ isOn: false, version: 1 }))
    assert.deepEqual([off.status, off.json.isOn, off.json.prompt?.key], [200, false, keys.prompt.key], 'the keys are kept')
    refused(await client.call('PUT', policy, await wanted()), 409, 'method-not-available', { reason: 'duo-off' })
    // What was stored is tried again when it is switched on.
    duo.misbehave('reset')
    refused(await client.call('PUT', at(id), written({ version: 2 })), 422, 'duo-check-failed', { prompt: 'network' })
    duo.behave()
    assert.equal((await client.call('PUT', at(id), written({ version: 2 }))).json.isUsable, true)
    const forgotten = await client.call('PUT', at(id), written({ isOn: false, prompt: null, auth: null, version: 3 }))
    assert.deepEqual([forgotten.json.prompt, forgotten.json.auth, forgotten.json.provedAt], [null, null, null])
  })

  test('whoever was slower is told who was faster, and overwrites nothing', async () => {
    const { id, name, client } = await securityAdmin()
    const { prompt, auth } = applications()
    await client.call('PUT', at(id), written({ prompt, auth }))
    refused(await client.call('PUT', at(id), written({ countsBypass: true })), 409, 'moved-on', { changedBy: [name] })
    assert.equal((await client.call('GET', at(id))).json.countsBypass, false)
  })

  test('S0.23 S2.10 are for a Security Admin: another role is refused with the reason, and elsewhere there is nothing', async () => {
    const { id } = await securityAdmin()
    for (const role of ['admin', 'user'] as const) {
      const client = await kit.signIn(await kit.person(id, { role }))
      refused(await client.call('GET', at(id)), 403, 'forbidden', { right: 'change-duo', role })
      refused(await client.call('PUT', at(id), written(applications())), 403, 'forbidden')
      refused(await client.call('POST', `${at(id)}/check`, {}), 403, 'forbidden')
    }
    const stranger = await securityAdmin()
    refused(await stranger.client.call('GET', at(id)), 404, 'not-found')
    kit.pass(400)
    const { client, id: own } = stranger
    refused(await client.call('PUT', at(own), written(applications())), 403, 'proof-required')
  })
})

describe('the provider’s account', () => {
  test('S0.18 a site that has no account uses the provider’s only while it is on and offered, and the provider cannot drop it under them', async () => {
    const { id, client } = await securityAdmin()
    const provider = await providerOf(id)
    const owner = await securityAdmin(provider)
    const ofProvider = written({ account: 'provider' })
    refused(await client.call('PUT', at(id), ofProvider), 409, 'duo-not-offered')
    refused(await owner.client.call('PUT', at(provider), ofProvider), 422, 'invalid-duo', { reason: 'account' })
    refused(await client.call('PUT', at(id), written({ ...applications(), servesSites: true })), 422, 'invalid-duo', {
      reason: 'servesSites',
    })
    const keys = applications()
    assert.equal((await owner.client.call('PUT', at(provider), written(keys))).status, 200)
    refused(await client.call('PUT', at(id), ofProvider), 409, 'duo-not-offered')
    assert.equal((await client.call('GET', at(id))).json.isOffered, false)
    const offering = await owner.client.call('PUT', at(provider), written({ servesSites: true, version: 1 }))
    assert.deepEqual([offering.status, offering.json.servesSites], [200, true], offering.text)
    const chosen = await client.call('PUT', at(id), ofProvider)
    assert.deepEqual([chosen.status, chosen.json.isUsable, chosen.json.prompt], [200, true, null], chosen.text)
    const check = await client.call('POST', `${at(id)}/check`, {})
    assert.equal(check.json.prompt.proof, 'right')
    for (const secret of [keys.prompt.secret, keys.auth.secret, keys.prompt.key]) assert.ok(!chosen.text.includes(secret))
    // While the rules of a site rely on it the provider cannot withdraw it.
    const policy = `/api/v1/organizations/${id}/policy`
    const rules = await rulesOf(client, id)
    assert.equal((await client.call('PUT', policy, { ...rules, methods: ['totp', 'duo'] })).status, 200)
    assert.equal((await owner.client.call('GET', at(provider))).json.sitesUsing, 1)
    for (const change of [{ servesSites: false }, { isOn: false }])
      refused(await owner.client.call('PUT', at(provider), written({ ...change, version: 2 })), 409, 'method-in-use', {
        reason: 'sites',
        sites: 1,
      })
    assert.equal((await client.call('PUT', policy, { ...(await rulesOf(client, id)), methods: ['totp'] })).status, 200)
    assert.equal((await owner.client.call('PUT', at(provider), written({ servesSites: false, version: 2 }))).status, 200)
    assert.equal((await client.call('GET', at(id))).json.isUsable, false)
    assert.equal((await owner.client.call('PUT', at(provider), written({ isOn: false, version: 3 }))).status, 200)
  })
})

describe('the notice about Duo', () => {
  test('S0.16 S0.17 is written by the provider, read by the administrators of its sites, and leads to https only', async () => {
    const { id, client } = await securityAdmin()
    const admin = await kit.signIn(await kit.person(id, { role: 'admin' }))
    const provider = await providerOf(id)
    const owner = await securityAdmin(provider)
    const notice = { text: ' 50 licences are waiting for you. ', label: 'Claim them', url: 'https://provider.example/duo', version: 0 }
    refused(await client.call('PUT', `${at(id)}/notice`, notice), 403, 'forbidden', { right: 'change-duo-notice' })
    refused(await admin.call('PUT', `${at(id)}/notice`, notice), 403, 'forbidden')
    const path = `${at(provider)}/notice`
    for (const url of ['http://provider.example', 'javascript:alert(1)', 'https://a:b@provider.example', 'provider', ''])
      refused(await owner.client.call('PUT', path, { ...notice, url }), 422, 'invalid-duo', { reason: 'notice.url' })
    refused(await owner.client.call('PUT', path, { ...notice, label: null }), 422, 'invalid-duo', { reason: 'notice.label' })
    const stored = await owner.client.call('PUT', path, notice)
    assert.equal(stored.status, 200, stored.text)
    for (const reader of [client, admin])
      assert.deepEqual((await reader.call('GET', `${at(id)}/notice`)).json, {
        text: '50 licences are waiting for you.',
        label: 'Claim them',
        url: 'https://provider.example/duo',
        version: 1,
      })
    refused(await owner.client.call('PUT', path, notice), 409, 'moved-on', { changedBy: [owner.name] })
    assert.equal((await owner.client.call('PUT', path, { text: ' ', label: 'x', url: 'y', version: 1 })).json.text, '')
  })
})
