import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import type { Policy } from '#domain/policy.ts'
import { endOutlawedSessions } from '#flows/oidc-logouts.ts'
import { type Client, confirm, contentsOf, type Kit, openKit, type Person, rulesOf } from '../kit.ts'
import { addPortal, follow, type Portal, prove } from '../portal.ts'

let kit: Kit

before(async () => {
  kit = await openKit({ isRunning: true })
})
after(() => kit.close())

const twoFactors = 'urn:countersign:acr:2'

async function siteWithPortal(policy: Partial<Policy> = {}, settings: Record<string, unknown> = {}) {
  const site = await kit.site(policy)
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const adminBrowser = await kit.signIn(admin)
  const portal = await addPortal(kit, site.id, adminBrowser, settings)
  return { site, admin, adminBrowser, portal, at: `/api/v1/organizations/${site.id}/applications/${portal.id}` }
}

/** Somebody who signs in to a portal, with all that they are asked on the way. */
async function enter(portal: Portal, browser: Client, person: Person, parameters: Record<string, string> = {}) {
  const begun = await portal.begin(parameters)
  const { page, asked } = await prove(kit, browser, await follow(browser, begun.url), person)
  const error = page.at.searchParams.get('error')
  return { begun, page, asked, error, at: page.at }
}

async function tokensOf(portal: Portal, browser: Client, person: Person, parameters: Record<string, string> = {}) {
  const entered = await enter(portal, browser, person, parameters)
  assert.equal(entered.error, null, entered.at.href)
  const tokens = await portal.finish(entered.begun, entered.at, 'max_age' in parameters ? { maxAge: Number(parameters.max_age) } : {})
  const claims = tokens.claims()
  assert.ok(claims)
  return { ...entered, tokens, claims }
}

/** What the token endpoint answers to a request that the client would not make. */
async function ask(portal: Portal, fields: Record<string, string>, path = '/oidc/token') {
  const payload = new URLSearchParams({ client_id: portal.clientId, client_secret: portal.secret, ...fields }).toString()
  const reply = await kit.app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload,
  })
  return { status: reply.statusCode, json: reply.payload === '' ? undefined : reply.json() }
}

describe('a portal', () => {
  test('signs in somebody who is signed in here, without a page, and learns who it is', async () => {
    const { site, portal, adminBrowser, at } = await siteWithPortal()
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    assert.equal((await adminBrowser.call('GET', at)).json.lastUsedAt, null)
    const { claims, tokens, asked } = await tokensOf(portal, browser, person)
    assert.notEqual((await adminBrowser.call('GET', at)).json.lastUsedAt, null)
    assert.deepEqual(asked, [])
    assert.deepEqual([claims.sub, claims.name, claims.email], [person.id, person.name, person.email])
    assert.deepEqual(claims.organizations, [{ id: site.id, name: site.name, role: 'user' }])
    assert.deepEqual([claims.roles, claims.amr, claims.acr], [['user'], ['pwd'], 'urn:countersign:acr:1'])
    const info = await client.fetchUserInfo(portal.config, tokens.access_token, claims.sub)
    assert.deepEqual([info.email, info.email_verified, info.roles], [person.email, false, ['user']], 'nobody has proved that address')
  })

  test('learns that an address is verified once something that was mailed there was used, and not of a founder who typed it', async () => {
    const above = await kit.signIn(kit.provider.owner)
    await confirm(kit, kit.provider.owner, above)
    const ofProvider = await addPortal(kit, kit.provider.id, above)
    const verified = async (portal: Portal, browser: Client, person: Person) =>
      (await tokensOf(portal, browser, person, { claims: JSON.stringify({ id_token: { email_verified: null } }) })).claims.email_verified
    assert.equal(await verified(ofProvider, above, kit.provider.owner), false)

    const { site, portal, adminBrowser } = await siteWithPortal()
    const linkIn = async (email: string, page: string) => {
      const mails = await kit.mailsTo(email)
      return mails.map(({ text }) => new RegExp(`/${page}/([A-Za-z0-9_-]{43})`).exec(text)?.[1]).find((token) => token !== undefined)
    }
    // Invited, and came by the link.
    const email = `invited-${site.id}@example.org`
    const at = `/api/v1/organizations/${site.id}/users`
    const invited = await adminBrowser.call('POST', at, { name: 'Ina', email, role: 'user' })
    assert.equal(invited.status, 201, invited.text)
    const guest = kit.client()
    const password = 'five unrelated words for one door'
    const accepted = await guest.call('POST', '/api/v1/invitations/accept', { token: await linkIn(email, 'invitation'), password })
    assert.equal(accepted.json.step, 'done', accepted.text)
    const ina = { id: invited.json.id, email, name: 'Ina', password }
    assert.equal(await verified(portal, guest, ina), true)

    // A new password by a mailed link.
    const forgetful = await kit.person(site.id)
    assert.equal(await verified(portal, await kit.signIn(forgetful), forgetful), false)
    await kit.client().call('POST', '/api/v1/password-resets', { email: forgetful.email })
    const token = await linkIn(forgetful.email, 'reset-password')
    assert.equal((await kit.client().call('POST', '/api/v1/password-resets/complete', { token, password })).status, 204)
    const anew = { ...forgetful, password }
    assert.equal(await verified(portal, await kit.signIn(anew), anew), true)

    // A mailed code.
    const byMail = await siteWithPortal({ mode: 'everyone', methods: ['email'], defaultMethod: 'email' })
    const reader = await kit.person(byMail.site.id)
    assert.equal(await verified(byMail.portal, await kit.signIn(reader), reader), true)

    // Another address, confirmed by the link that went there.
    const mover = await kit.person(site.id)
    const browser = await kit.signIn(mover)
    const to = `moved-${site.id}@example.org`
    const asked = await browser.call('POST', '/api/v1/me/email-change', { email: to })
    assert.ok(asked.status < 300, asked.text)
    assert.equal(await verified(portal, browser, mover), false)
    const change = await linkIn(to, 'email-change')
    assert.equal((await browser.call('POST', '/api/v1/email-changes/complete', { token: change })).status, 204)
    assert.equal(await verified(portal, browser, { ...mover, email: to }), true)
  })

  test('sends who is not signed in to the Prompt, which asks what the rules ask and brings them back', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const { claims, asked } = await tokensOf(portal, kit.client(), person)
    assert.deepEqual(asked, ['password', 'enroll', 'codes'])
    assert.deepEqual([claims.acr, claims.amr], [twoFactors, ['pwd', 'otp', 'mfa']])
    const again = await tokensOf(portal, kit.client(), person)
    assert.deepEqual(again.asked, ['password', 'code'])
  })

  test('gives only the claims of the scopes that were asked for', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const { claims } = await tokensOf(portal, await kit.signIn(person), person, { scope: 'openid' })
    for (const name of ['name', 'email', 'organizations', 'roles']) assert.ok(!(name in claims), name)
  })

  test('learns of the organization that it belongs to, and of no other one of the person', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const other = await kit.site()
    const { addMembership } = await import('#store/people.ts')
    const membership = { userId: person.id, role: 'admin', required: false, name: person.name, hasJoined: true } as const
    await addMembership(kit.rooms.store.db, kit.now(), { organizationId: other.id, ...membership })
    const { claims } = await tokensOf(portal, await kit.signIn(person), person)
    assert.deepEqual(claims.organizations, [{ id: site.id, name: site.name, role: 'user' }])
    assert.deepEqual(claims.roles, ['user'])
  })

  test('of the provider lets in people of its sites, and a portal of a site nobody from elsewhere', async () => {
    const owner = await kit.signIn(kit.provider.owner)
    const ofProvider = await addPortal(kit, kit.provider.id, owner)
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const { claims } = await tokensOf(ofProvider, await kit.signIn(person), person)
    assert.deepEqual(claims.organizations, [{ id: site.id, name: site.name, role: 'user' }])

    const stranger = await kit.person((await kit.site()).id)
    for (const outsider of [stranger, kit.provider.owner]) {
      const browser = await kit.signIn(outsider)
      const { page } = await enter(portal, browser, outsider)
      assert.equal(page.status, 403)
      assert.match(page.text, /You have no access to Portal/)
      const back = await follow(browser, `${page.at.pathname}/refusal`)
      assert.equal(back.at.searchParams.get('error'), 'access_denied')
      const silent = await enter(portal, browser, outsider, { prompt: 'none' })
      assert.equal(silent.error, 'access_denied')
    }
  })

  test('is told nothing in the address but the code, the state and the issuer', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const { at } = await enter(portal, await kit.signIn(person), person)
    assert.deepEqual([...at.searchParams.keys()].toSorted(), ['code', 'iss', 'state'])
    assert.equal(at.searchParams.get('iss'), kit.rooms.publicUrl)
  })

  test('A76 a forged host stands in no address of the discovery document', async () => {
    const reply = await kit.app.inject({
      url: '/.well-known/openid-configuration',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
    })
    assert.equal(reply.statusCode, 200)
    assert.ok(!reply.payload.includes('evil'))
    assert.equal(reply.json().token_endpoint, `${kit.rooms.publicUrl}/oidc/token`)
  })

  test('keeps nothing that opens anything: neither codes, nor tokens, nor the secret stand in the database', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const { tokens, at } = await tokensOf(portal, await kit.signIn(person), person)
    const contents = await contentsOf(kit)
    for (const secret of [tokens.access_token, tokens.refresh_token ?? '', at.searchParams.get('code') ?? '', portal.secret])
      assert.ok(secret.length > 20 && !contents.includes(secret))
  })
})

describe('what an application asks for', () => {
  test('two factors: the second step alone, where the password is fresh', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    await kit.enroll(person, browser)
    const plain = await kit.signIn(person)
    const first = await tokensOf(portal, plain, person, { acr_values: twoFactors })
    assert.deepEqual([first.asked, first.claims.acr], [[], twoFactors])
  })

  test('two factors of somebody who has none: they set one up on the way', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    const { asked, claims } = await tokensOf(portal, browser, person, { acr_values: twoFactors })
    assert.deepEqual([asked, claims.acr, claims.amr], [['enroll', 'codes'], twoFactors, ['pwd', 'otp', 'mfa']])
  })

  test('R083 A31 a remembered device is no second factor: who asks for two is given both anew', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone', rememberDays: 30 })
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    await browser.call('DELETE', '/api/v1/session')
    await kit.client().call('GET', '/healthz')
    const started = await browser.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    kit.pass(30)
    browser.csrf = started.json.csrfToken
    const answered = await browser.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code(person), remember: true })
    assert.equal(answered.json.step, 'done', answered.text)
    await browser.call('GET', '/api/v1/session')
    await browser.call('DELETE', '/api/v1/session')
    const spared = await browser.call('POST', '/api/v1/sign-ins', { email: person.email, password: person.password })
    assert.equal(spared.json.step, 'done', spared.text)
    await browser.call('GET', '/api/v1/session')

    const one = await tokensOf(portal, browser, person)
    assert.deepEqual([one.claims.acr, one.claims.amr], ['urn:countersign:acr:1', ['pwd']])
    const silent = await enter(portal, browser, person, { prompt: 'none', acr_values: twoFactors })
    assert.equal(silent.error, 'unmet_authentication_requirements')
    kit.pass(400)
    const two = await tokensOf(portal, browser, person, { acr_values: twoFactors })
    assert.deepEqual([two.asked, two.claims.acr], [['password', 'code'], twoFactors])
  })

  test('R129 what nobody here can show is unmet_authentication_requirements', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    const claims = (acr: object) => JSON.stringify({ id_token: { acr } })
    for (const asked of [
      { acr_values: 'phr' },
      { claims: claims({ essential: true, value: 'phr' }) },
      { claims: claims({ essential: true, values: ['urn:example:gold'] }) },
    ]) {
      const { error } = await enter(portal, browser, person, asked)
      assert.equal(error, 'unmet_authentication_requirements')
    }
    const essential = await tokensOf(portal, browser, person, { claims: claims({ essential: true, values: ['phr', twoFactors] }) })
    assert.equal(essential.claims.acr, twoFactors)
    const unknown = await tokensOf(portal, browser, person, { acr_values: 'urn:example:gold' })
    assert.equal(unknown.claims.acr, twoFactors)
  })

  test('R129 two factors where two-factor authentication is switched off are unmet', async () => {
    const { site, portal } = await siteWithPortal({ enabled: false })
    const person = await kit.person(site.id)
    const { error } = await enter(portal, await kit.signIn(person), person, { acr_values: twoFactors })
    assert.equal(error, 'unmet_authentication_requirements')
  })

  test('R128 prompt=login asks for both factors anew, and prompt=none shows no page', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    kit.pass(60)
    const before = await tokensOf(portal, browser, person, { prompt: 'none' })
    const anew = await tokensOf(portal, browser, person, { prompt: 'login' })
    assert.deepEqual([before.asked, anew.asked], [[], ['password', 'code']])
    assert.ok(Number(anew.claims.auth_time) > Number(before.claims.auth_time))
    const nobody = await enter(portal, kit.client(), person, { prompt: 'none' })
    assert.equal(nobody.error, 'login_required')
  })

  test('R128 max_age asks once more of who was proved too long ago, and auth_time is the oldest that the session rests on', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    kit.pass(120)
    const young = await tokensOf(portal, browser, person, { max_age: '10000' })
    const old = await tokensOf(portal, browser, person, { max_age: '100' })
    const zero = await tokensOf(portal, browser, person, { max_age: '0' })
    assert.deepEqual([young.asked, old.asked, zero.asked], [[], ['password', 'code'], ['password', 'code']])
    assert.ok(Number(old.claims.auth_time) >= Number(young.claims.auth_time) + 120)
    kit.pass(5)
    assert.equal((await enter(portal, browser, person, { max_age: '1', prompt: 'none' })).error, 'login_required')
  })

  test('who goes back instead of showing more is told to the application as access_denied', async () => {
    const { site, portal } = await siteWithPortal({ mode: 'everyone' })
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    const page = await follow(browser, (await portal.begin({ prompt: 'login' })).url)
    assert.equal(page.at.pathname, '/sign-in')
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const cancelled = await browser.call('POST', '/sign-in/cancel', `csrf=${csrf}`, { 'content-type': 'application/x-www-form-urlencoded' })
    const { at } = await follow(browser, String(cancelled.headers.location))
    assert.equal(at.searchParams.get('error'), 'access_denied')
  })

  test('an ID token of somebody else as hint is login_required', async () => {
    const { site, portal } = await siteWithPortal()
    const [one, other] = [await kit.person(site.id), await kit.person(site.id)]
    const { tokens } = await tokensOf(portal, await kit.signIn(one), one)
    const browser = await kit.signIn(other)
    for (const prompt of [{}, { prompt: 'none' }])
      assert.equal((await enter(portal, browser, other, { id_token_hint: tokens.id_token ?? '', ...prompt })).error, 'login_required')
  })
})

describe('A94 codes and tokens', () => {
  async function code(parameters: Record<string, string> = {}) {
    const world = await siteWithPortal()
    const person = await kit.person(world.site.id)
    const browser = await kit.signIn(person)
    const entered = await enter(world.portal, browser, person, parameters)
    const fields = {
      grant_type: 'authorization_code',
      code: entered.at.searchParams.get('code') ?? '',
      redirect_uri: 'https://portal.example.org/signed-in',
      code_verifier: entered.begun.verifier,
    }
    return { ...world, person, browser, ...entered, fields }
  }

  test('R121 of 16 exchanges of one code at once one is answered, and what it was given ends', async () => {
    const { portal, fields } = await code()
    const replies = await Promise.all(Array.from({ length: 16 }, () => ask(portal, fields)))
    const won = replies.filter(({ status }) => status === 200)
    assert.ok(won.length <= 1, `${won.length} were answered`)
    for (const { status, json } of replies) if (status !== 200) assert.deepEqual([status, json.error], [400, 'invalid_grant'])
    for (const { json } of won) {
      const info = await kit.app.inject({ url: '/oidc/userinfo', headers: { authorization: `Bearer ${json.access_token}` } })
      assert.equal(info.statusCode, 401)
      assert.equal((await ask(portal, { grant_type: 'refresh_token', refresh_token: json.refresh_token })).json.error, 'invalid_grant')
    }
  })

  test('R121 a code that is used again takes back what the first use gave', async () => {
    const { portal, fields } = await code()
    const first = await ask(portal, fields)
    assert.equal(first.status, 200)
    assert.equal((await ask(portal, fields)).json.error, 'invalid_grant')
    const info = await kit.app.inject({ url: '/oidc/userinfo', headers: { authorization: `Bearer ${first.json.access_token}` } })
    assert.equal(info.statusCode, 401)
  })

  test('R121 a code is good for a minute, for its own application, its own address and its own verifier', async () => {
    const mine = await code()
    const other = await siteWithPortal()
    assert.equal((await ask(other.portal, mine.fields)).json.error, 'invalid_grant')
    assert.equal((await ask(mine.portal, { ...mine.fields, redirect_uri: 'https://portal.example.org/other' })).json.error, 'invalid_grant')
    assert.equal((await ask(mine.portal, { ...mine.fields, code_verifier: 'x'.repeat(43) })).json.error, 'invalid_grant')
    const { code_verifier: _, ...bare } = mine.fields
    assert.equal((await ask(mine.portal, bare)).json.error, 'invalid_grant')
    const late = await code()
    kit.pass(61)
    assert.equal((await ask(late.portal, late.fields)).json.error, 'invalid_grant')
  })

  test('R123 no request goes without PKCE, and none with the plain one', async () => {
    const { portal, browser } = await code()
    for (const change of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
    ]) {
      const { url } = await portal.begin()
      for (const [name, value] of Object.entries(change))
        value === undefined ? url.searchParams.delete(name) : url.searchParams.set(name, value)
      const { at } = await follow(browser, url)
      assert.equal(at.searchParams.get('error'), 'invalid_request', JSON.stringify(change))
    }
  })

  test('R122 there is no other way to tokens than the code', async () => {
    const { portal, browser, person } = await code()
    for (const grant of ['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'])
      assert.equal(
        (await ask(portal, { grant_type: grant, username: person.email, password: person.password })).json.error,
        'unsupported_grant_type',
      )
    for (const type of ['token', 'id_token', 'code id_token', 'none']) {
      const { url } = await portal.begin({ response_type: type })
      const { at } = await follow(browser, url)
      const error = at.searchParams.get('error') ?? new URLSearchParams(at.hash.slice(1)).get('error')
      assert.ok(error === 'unsupported_response_type' || error === 'invalid_request', `${type}: ${at.href}`)
      assert.ok(!/token=|code=/.test(at.href), type)
    }
    for (const mode of ['fragment', 'form_post']) {
      const { url } = await portal.begin({ response_mode: mode })
      const { at, text } = await follow(browser, url)
      assert.ok(!at.href.includes('code=') && !text.includes('name="code"'), mode)
    }
  })

  test('R125 a wrong secret is invalid_client, and so is that of another application', async () => {
    const { portal, fields } = await code()
    const other = await siteWithPortal()
    for (const secret of ['wrong', '', other.portal.secret, 'x'.repeat(4000)])
      assert.ok(['invalid_client', 'invalid_request'].includes((await ask(portal, { ...fields, client_secret: secret })).json.error))
    assert.equal((await ask(portal, fields)).status, 200)
  })

  test('R124 a refresh token works once; used again, also after a restart of nothing but time, it ends all of its family', async () => {
    const { portal, fields } = await code()
    const first = (await ask(portal, fields)).json
    const refresh = (token: string) => ask(portal, { grant_type: 'refresh_token', refresh_token: token })
    const second = await refresh(first.refresh_token)
    assert.equal(second.status, 200)
    assert.notEqual(second.json.refresh_token, first.refresh_token)
    kit.pass(120)
    assert.equal((await refresh(first.refresh_token)).json.error, 'invalid_grant')
    assert.equal((await refresh(second.json.refresh_token)).json.error, 'invalid_grant')
  })

  test('R124 of 16 uses of one refresh token at once at most one is answered, and then its family ends', async () => {
    const { portal, fields } = await code()
    const { refresh_token: token } = (await ask(portal, fields)).json
    const replies = await Promise.all(Array.from({ length: 16 }, () => ask(portal, { grant_type: 'refresh_token', refresh_token: token })))
    const won = replies.filter(({ status }) => status === 200)
    assert.ok(won.length <= 1)
    for (const { json } of won)
      assert.equal((await ask(portal, { grant_type: 'refresh_token', refresh_token: json.refresh_token })).json.error, 'invalid_grant')
  })

  test('R132 an ID token is no access token, and a token is revoked by its application', async () => {
    const { portal, fields } = await code()
    const { access_token: access, refresh_token: refresh, id_token: id } = (await ask(portal, fields)).json
    const info = (token: string) => kit.app.inject({ url: '/oidc/userinfo', headers: { authorization: `Bearer ${token}` } })
    assert.equal((await info(id)).statusCode, 401)
    assert.equal((await info(access)).statusCode, 200)
    assert.equal((await ask(portal, { token: refresh }, '/oidc/revoke')).status, 200)
    assert.equal((await ask(portal, { grant_type: 'refresh_token', refresh_token: refresh })).json.error, 'invalid_grant')
  })
})

describe('what ends a sign-in to an application', () => {
  const ways: Readonly<
    Record<string, (world: { site: { id: string }; person: Person; browser: Client; adminBrowser: Client; at: string }) => Promise<unknown>>
  > = {
    'the person signs out': ({ browser }) => browser.call('DELETE', '/api/v1/session'),
    'the person is suspended': ({ adminBrowser, site, person }) =>
      adminBrowser.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/suspension`),
    'the person is removed': ({ adminBrowser, site, person }) =>
      adminBrowser.call('DELETE', `/api/v1/organizations/${site.id}/users/${person.id}`),
    'their authenticators are reset': ({ adminBrowser, site, person }) =>
      adminBrowser.call('POST', `/api/v1/organizations/${site.id}/users/${person.id}/two-factor`, { action: 'reset' }),
    'a rule asks for a second step that the session has not shown': async ({ adminBrowser, site }) => {
      const body = { ...(await rulesOf(adminBrowser, site.id)), mode: 'everyone' }
      return adminBrowser.call('PUT', `/api/v1/organizations/${site.id}/policy`, body)
    },
    'the application is switched off': ({ adminBrowser, at }) => adminBrowser.call('PATCH', at, { version: 1, isOn: false }),
    'the application is removed': ({ adminBrowser, at }) => adminBrowser.call('DELETE', at),
  }
  for (const [way, end] of Object.entries(ways)) {
    test(`R085 ${way}: neither the access token nor the refresh token works any more`, async () => {
      const world = await siteWithPortal()
      await kit.enroll(world.admin, world.adminBrowser)
      const person = await kit.person(world.site.id)
      const browser = await kit.signIn(person)
      if (way.endsWith('reset')) await kit.enroll(person, browser)
      const { tokens } = await tokensOf(world.portal, browser, person)
      const reply = (await end({ ...world, person, browser })) as { readonly status: number; readonly text: string }
      assert.ok(reply.status < 300, reply.text)
      const info = await kit.app.inject({ url: '/oidc/userinfo', headers: { authorization: `Bearer ${tokens.access_token}` } })
      assert.equal(info.statusCode, 401)
      const refreshed = await ask(world.portal, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })
      assert.ok(['invalid_grant', 'invalid_client'].includes(refreshed.json.error), JSON.stringify(refreshed))
    })
  }

  test('R087 after signing out nobody is signed in again in silence', async () => {
    const { site, portal } = await siteWithPortal()
    const person = await kit.person(site.id)
    const browser = await kit.signIn(person)
    await tokensOf(portal, browser, person)
    await browser.call('DELETE', '/api/v1/session')
    assert.equal((await enter(portal, browser, person, { prompt: 'none' })).error, 'login_required')
  })
})

describe('the keys that sign', () => {
  test('change without anybody being down: the next is published a day before, and the last for a day after', async () => {
    const { rotateSigningKey, signingKeys, sweepSigningKeys } = await import('#flows/oidc-keys.ts')
    const own = await openKit({ isRunning: true })
    const { rooms } = own
    const ids = async () => (await own.app.inject({ url: '/oidc/jwks' })).json().keys.map(({ kid }: { kid: string }) => kid)
    const [first] = await ids()
    const [, again] = await Promise.all([signingKeys(rooms), rotateSigningKey(rooms), rotateSigningKey(rooms)])
    own.pass(61)
    assert.deepEqual(await ids(), [first, again?.id])
    own.pass(86_400)
    assert.deepEqual(await ids(), [again?.id, first])
    own.pass(86_400)
    assert.deepEqual(await ids(), [again?.id])
    await sweepSigningKeys(rooms)
    assert.equal((await signingKeys(rooms)).length, 1)
    own.pass(89 * 86_400)
    assert.equal((await ids()).length, 2)
    await own.close()
  })
})

describe('signing out for an application', () => {
  const afterwards = 'https://portal.example.org/signed-out'
  async function signedIn(settings: Record<string, unknown> = {}) {
    const world = await siteWithPortal({}, { postLogoutRedirectUris: [afterwards, `${afterwards}?tenant=1`], ...settings })
    const person = await kit.person(world.site.id)
    const browser = await kit.signIn(person)
    const { tokens } = await tokensOf(world.portal, browser, person)
    const leave = (parameters: Record<string, string>) => follow(browser, `/oidc/end-session?${new URLSearchParams(parameters)}`)
    const isSignedIn = async () => (await browser.call('GET', '/api/v1/session')).status === 200
    return { ...world, person, browser, tokens, hint: tokens.id_token ?? '', leave, isSignedIn }
  }

  test('with its own ID token of this session signs out at once and goes back, with its state', async () => {
    const { hint, leave, isSignedIn } = await signedIn()
    const { at } = await leave({ id_token_hint: hint, post_logout_redirect_uri: `${afterwards}?tenant=1`, state: 'a b&c' })
    assert.equal(at.href, `${afterwards}?tenant=1&state=a+b%26c`)
    assert.equal(await isSignedIn(), false)
    const again = await leave({ id_token_hint: hint, post_logout_redirect_uri: afterwards })
    assert.equal(again.at.href, afterwards)
  })

  test('without a hint, or with one of another session, asks first, and signs nobody out who stays', async () => {
    const { portal, person, browser, hint, leave, isSignedIn } = await signedIn()
    const other = await kit.signIn(person)
    const foreign = await tokensOf(portal, other, person)
    for (const parameters of [{}, { client_id: portal.clientId }, { id_token_hint: foreign.tokens.id_token ?? '' }]) {
      const { text, status } = await leave(parameters)
      assert.equal(status, 200)
      assert.match(text, /Sign out\?/)
    }
    assert.equal(await isSignedIn(), true)
    const from = `/oidc/end-session?${new URLSearchParams({ client_id: portal.clientId, post_logout_redirect_uri: afterwards, state: 's' })}`
    const fields = { client_id: portal.clientId, post_logout_redirect_uri: afterwards, state: 's' }
    const forged = await browser.call('POST', '/oidc/signed-out', new URLSearchParams({ ...fields, answer: 'yes', csrf: 'x' }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    assert.equal(forged.status, 403)
    assert.equal((await browser.submit(from, '/oidc/signed-out', { ...fields, answer: 'no' })).status, 303)
    assert.equal(await isSignedIn(), true)
    const elsewhere = { ...fields, post_logout_redirect_uri: 'https://evil.example/' }
    const left = await browser.submit(from, '/oidc/signed-out', { ...fields, answer: 'yes' })
    assert.match(left.text, /content="0;url=https:\/\/portal\.example\.org\/signed-out\?state=s"/)
    assert.equal(await isSignedIn(), false)
    assert.equal((await browser.submit(from, '/oidc/signed-out', { ...elsewhere, answer: 'yes' })).status, 400)
    assert.ok(hint.length > 0)
  })

  test('goes to no address that is not registered, and takes no hint that it has not signed', async () => {
    const { hint, leave, isSignedIn } = await signedIn()
    const tampered = `${hint.slice(0, -6)}AAAAAA`
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hint.split('.')[1]}.`
    for (const parameters of [
      { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' },
      { id_token_hint: hint, post_logout_redirect_uri: `${afterwards}/` },
      { id_token_hint: tampered, post_logout_redirect_uri: afterwards },
      { id_token_hint: unsigned, post_logout_redirect_uri: afterwards },
      { id_token_hint: 'nonsense' },
    ]) {
      const { status, text } = await leave(parameters)
      assert.equal(status, 400, JSON.stringify(parameters))
      assert.match(text, /This sign-in cannot go on/)
    }
    assert.equal(await isSignedIn(), true)
  })
})

describe('back-channel logout', () => {
  test('tells each application of an ended session once, and of one that merely ran out nobody', async () => {
    const heard: string[] = []
    let answers = 503
    const server = createServer((request, reply) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        heard.push(body)
        reply.writeHead(answers).end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const own = await openKit({ isRunning: true, delivery: { allowedHosts: ['127.0.0.1'] } })
    const site = await own.site()
    const admin = await own.signIn(await own.person(site.id, { role: 'security-admin' }))
    const portal = await addPortal(own, site.id, admin, { backChannelLogoutUri: `http://127.0.0.1:${port}/logout` })
    const quiet = await addPortal(own, site.id, admin)
    const person = await own.person(site.id)
    const visit = async (to: Portal) => {
      const begun = await to.begin()
      return (await to.finish(begun, (await follow(browser, begun.url)).at)).claims()
    }
    let browser = await own.signIn(person)
    const claims = await visit(portal)
    await visit(quiet)
    await browser.call('DELETE', '/api/v1/session')
    await own.logouts.drain()
    assert.equal(heard.length, 1)
    answers = 200
    await own.logouts.drain()
    assert.equal(heard.length, 1, 'it waits before it tries again')
    own.pass(11)
    await own.logouts.drain()
    await own.logouts.drain()
    assert.equal(heard.length, 2)
    const token = new URLSearchParams(heard[1]).get('logout_token') ?? ''
    const jwks = createLocalJWKSet((await own.app.inject({ url: '/oidc/jwks' })).json())
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      issuer: own.rooms.publicUrl,
      audience: portal.clientId,
      currentDate: own.now(),
    })
    assert.deepEqual([protectedHeader.typ, protectedHeader.alg], ['logout+jwt', 'RS256'])
    assert.deepEqual([payload.sub, payload.sid], [person.id, claims?.sid])
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
    assert.ok(!('nonce' in payload))

    browser = await own.signIn(person)
    await visit(portal)
    await endOutlawedSessions(own.rooms)
    await own.logouts.drain()
    assert.equal(heard.length, 2, 'a session that is enough goes on')
    await own.rooms.store.db.updateTable('policies').set({ mode: 'everyone' }).where('organization_id', '=', site.id).execute()
    await endOutlawedSessions(own.rooms)
    await own.logouts.drain()
    assert.equal(heard.length, 3, 'one that a rule no longer lets in is ended')
    await own.rooms.store.db.updateTable('policies').set({ mode: 'chosen' }).where('organization_id', '=', site.id).execute()

    browser = await own.signIn(person)
    await visit(portal)
    own.pass(3601)
    const { sweep } = await import('#store/session.ts')
    await sweep(own.rooms.store.db, own.now())
    await own.logouts.drain()
    assert.equal(heard.length, 3)
    await own.close()
    await new Promise((done) => server.close(done))
  })

  test('a change of the rules, of what one person must, and a suspension tell at once, and only of sessions that they end', async () => {
    const heard: string[] = []
    const server = createServer((request, reply) => {
      request.resume().on('end', () => {
        heard.push(request.url ?? '')
        reply.writeHead(200).end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const own = await openKit({ isRunning: true, delivery: { allowedHosts: ['127.0.0.1'] } })
    // As in `main.ts`.
    Object.assign(own.rooms, { onRules: own.logouts.ruled })
    const site = await own.site({ mode: 'chosen' })
    const admin = await own.person(site.id, { role: 'security-admin' })
    const office = await own.signIn(admin)
    await own.enroll(admin, office)
    const portal = await addPortal(own, site.id, office, { backChannelLogoutUri: `http://127.0.0.1:${port}/told` })
    const visitor = async (isEnrolled = false) => {
      const person = await own.person(site.id)
      const browser = await own.signIn(person)
      if (isEnrolled) await own.enroll(person, browser)
      const begun = await portal.begin()
      await portal.finish(begun, (await follow(browser, begun.url)).at)
      return person
    }
    const [strong, required, suspended, bulk] = [await visitor(true), await visitor(), await visitor(), await visitor()]
    const elsewhere = await own.site()
    const told = async (times: number, why: string) => {
      await own.logouts.drain()
      assert.equal(heard.splice(0).length, times, why)
    }
    const change = async (method: 'POST' | 'PATCH' | 'PUT', path: string, body: object | undefined) => {
      const changed = await office.call(method, `/api/v1/organizations/${site.id}${path}`, body)
      assert.ok(changed.status < 300, changed.text)
    }
    await change('PATCH', `/users/${strong.id}`, { required: true })
    await told(0, 'somebody with a second step goes on')
    await change('PATCH', `/users/${required.id}`, { required: true })
    await told(1, 'somebody without one does not')
    await change('POST', `/users/${suspended.id}/suspension`, undefined)
    await told(1, 'nor somebody who is suspended')
    own.logouts.ruled({ organizationId: elsewhere.id })
    await told(0, 'rules of others end nothing')
    await change('PUT', '/policy', { ...(await rulesOf(office, site.id)), mode: 'everyone' })
    await told(1, `of two the one without a second step: ${bulk.id}`)
    await own.close()
    await new Promise((done) => server.close(done))
  })
})
