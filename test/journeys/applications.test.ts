import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Client, contentsOf, type Kit, openKit, type Person, refused } from '../kit.ts'
import { anApplication } from '../requests.ts'

let kit: Kit

before(async () => {
  kit = await openKit()
})
after(() => kit.close())

const at = (organizationId: string, more = '') => `/api/v1/organizations/${organizationId}/applications${more}`

/** A site with a Security Admin who has just proved who they are. */
async function siteWithAdmin() {
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  await kit.enroll(admin, client)
  return { site, admin, client }
}

async function create(client: Client, organizationId: string, name = 'Portal', settings: Record<string, unknown> = {}) {
  const created = await client.call('POST', at(organizationId), { name, settings: { ...anApplication, ...settings } })
  assert.equal(created.status, 201, created.text)
  return created.json
}

/** Whether the audit of an organization says this. */
async function isSaid(client: Client, organizationId: string, sentence: string): Promise<void> {
  const { json } = await client.call('GET', `/api/v1/organizations/${organizationId}/audit`)
  const said: readonly string[] = json.events.map((event: { readonly sentence: string }) => event.sentence)
  assert.ok(said.includes(sentence), `not said: ${sentence}`)
}

describe('applications', () => {
  test('are added by a Security Admin, who is told the secret once; it is stored nowhere and told never again', async () => {
    const { site, admin, client } = await siteWithAdmin()
    const { application, secret } = await create(client, site.id)
    assert.match(secret, /^[\w-]{43}$/)
    assert.match(application.clientId, /^[\w-]{22}$/)
    assert.deepEqual(
      [application.name, application.isOn, application.hasSecret, application.createdBy, application.lastUsedAt],
      ['Portal', true, true, admin.name, null],
    )
    const listed = await client.call('GET', at(site.id))
    assert.deepEqual(listed.json, { applications: [application], issuer: kit.rooms.publicUrl })
    const shown = await client.call('GET', at(site.id, `/${application.id}`))
    assert.deepEqual(shown.json, application)
    assert.ok(![listed.text, shown.text, await contentsOf(kit)].some((text) => text.includes(secret)))
    await isSaid(client, site.id, `${admin.name} added the application Portal`)
  })

  test('belong to one organization: another one neither sees, nor changes, nor removes them', async () => {
    const { site, client } = await siteWithAdmin()
    const { application } = await create(client, site.id)
    const elsewhere = await siteWithAdmin()
    for (const organizationId of [elsewhere.site.id, site.id]) {
      const path = at(organizationId, `/${application.id}`)
      refused(await elsewhere.client.call('GET', path), 404, 'not-found')
      refused(await elsewhere.client.call('PATCH', path, { version: 1, name: 'Mine' }), 404, 'not-found')
      refused(await elsewhere.client.call('POST', `${path}/secret`), 404, 'not-found')
      refused(await elsewhere.client.call('DELETE', path), 404, 'not-found')
    }
    assert.deepEqual((await elsewhere.client.call('GET', at(elsewhere.site.id))).json.applications, [])
  })

  test('are no business of an Admin or of a User, and a change asks for a fresh proof', async () => {
    const { site, client } = await siteWithAdmin()
    const { application } = await create(client, site.id)
    for (const role of ['admin', 'user'] as const) {
      const other = await kit.signIn(await kit.person(site.id, { role }))
      refused(await other.call('GET', at(site.id)), 403, 'forbidden', { right: 'change-applications' })
      refused(await other.call('POST', at(site.id), { name: 'Mine', settings: anApplication }), 403, 'forbidden')
      refused(await other.call('DELETE', at(site.id, `/${application.id}`)), 403, 'forbidden')
    }
    kit.pass(301)
    refused(await client.call('POST', at(site.id), { name: 'Late', settings: anApplication }), 403, 'proof-required')
    refused(await client.call('POST', at(site.id, `/${application.id}/secret`)), 403, 'proof-required')
    refused(await client.call('DELETE', at(site.id, `/${application.id}`)), 403, 'proof-required')
  })

  test('of a site are also set up by a Security Admin of the provider', async () => {
    const site = await kit.site()
    const admin: Person = await kit.person(kit.provider.id, { role: 'security-admin' })
    const client = await kit.signIn(admin)
    const { application } = await create(client, site.id)
    assert.equal((await client.call('GET', at(site.id, `/${application.id}`))).json.createdBy, admin.name)
  })

  test('a change is refused when somebody else was faster, and says who', async () => {
    const { site, admin, client } = await siteWithAdmin()
    const { application } = await create(client, site.id)
    const path = at(site.id, `/${application.id}`)
    const renamed = await client.call('PATCH', path, { version: 1, name: 'Another' })
    assert.deepEqual([renamed.status, renamed.json.name, renamed.json.version], [200, 'Another', 2])
    refused(await client.call('PATCH', path, { version: 1, name: 'Third' }), 409, 'moved-on', { changedBy: [admin.name] })
    await isSaid(client, site.id, `${admin.name} changed the application Portal`)
  })

  test('a renewed secret takes the place of the one before', async () => {
    const { site, admin, client } = await siteWithAdmin()
    const { application, secret } = await create(client, site.id)
    const renewed = await client.call('POST', at(site.id, `/${application.id}/secret`))
    assert.equal(renewed.status, 200, renewed.text)
    assert.match(renewed.json.secret, /^[\w-]{43}$/)
    assert.notEqual(renewed.json.secret, secret)
    await isSaid(client, site.id, `${admin.name} gave the application Portal another secret`)
  })

  test('are switched off, on again, and removed, each of which the audit knows', async () => {
    const { site, admin, client } = await siteWithAdmin()
    const { application } = await create(client, site.id)
    const path = at(site.id, `/${application.id}`)
    assert.equal((await client.call('PATCH', path, { version: 1, isOn: false })).json.isOn, false)
    await isSaid(client, site.id, `${admin.name} switched the application Portal off`)
    assert.equal((await client.call('PATCH', path, { version: 2, isOn: true })).json.isOn, true)
    await isSaid(client, site.id, `${admin.name} switched the application Portal on`)
    assert.equal((await client.call('DELETE', path)).status, 204)
    await isSaid(client, site.id, `${admin.name} removed the application Portal`)
    refused(await client.call('GET', path), 404, 'not-found')
    refused(await client.call('DELETE', path), 404, 'not-found')
  })

  test('an address that could lead elsewhere than it is read is refused, and named', async () => {
    const { site, client } = await siteWithAdmin()
    const wrong = [
      'http://portal.example.org/back',
      'https://portal.example.org/*',
      'https://*.example.org/',
      'https://portal.example.org/back#here',
      'https://name@portal.example.org/back',
      'https://portal.example.org/a/../b',
      'https://PORTAL.example.org/back',
      'https://portal.example.org:443/back',
      'https://portal.example.org./back',
      'https://portal.example.org\\back',
      'javascript:alert(1)',
      '//portal.example.org/back',
      'portal.example.org',
      'https://bücher.example/back',
    ]
    for (const address of wrong) {
      const settings = { ...anApplication, redirectUris: [address] }
      refused(await client.call('POST', at(site.id), { name: 'P', settings }), 422, 'invalid-application', { reason: 'redirectUris' })
    }
    const none = { ...anApplication, redirectUris: [] }
    refused(await client.call('POST', at(site.id), { name: 'P', settings: none }), 422, 'invalid-application', { reason: 'redirectUris' })
    refused(await client.call('POST', at(site.id), { name: '  ', settings: anApplication }), 422, 'invalid-application', { reason: 'name' })
    for (const address of [
      'http://localhost:3000/back',
      'http://127.0.0.1/back',
      'https://portal.example.org/back?tenant=1',
      'https://a.example',
    ])
      await create(client, site.id, 'Right', { redirectUris: [address] })
  })
})
