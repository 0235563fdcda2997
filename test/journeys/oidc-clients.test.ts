import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { wrongSecrets } from '#domain/oidc-clients.ts'
import { sweepSecretCounts } from '#store/oidc-clients.ts'
import { type Kit, openKit } from '../kit.ts'
import { addPortal, type Portal } from '../portal.ts'

let kit: Kit
before(async () => {
  kit = await openKit({ isRunning: true })
})
after(() => kit.close())

const { most, seconds } = wrongSecrets

async function portalOfSite(): Promise<Portal> {
  const site = await kit.site()
  return addPortal(kit, site.id, await kit.signIn(await kit.person(site.id, { role: 'security-admin' })))
}

/** Asks with this secret and a code that is none: what follows a right secret is `invalid_grant`. */
async function ask({ clientId }: Portal, secret: string, { from = '192.0.2.10', path = '/oidc/token', node = kit.app } = {}) {
  const grant = {
    grant_type: 'authorization_code',
    code: 'x',
    redirect_uri: 'https://portal.example.org/signed-in',
    code_verifier: 'x'.repeat(43),
  }
  const reply = await node.inject({
    method: 'POST',
    url: path,
    remoteAddress: from,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      client_id: clientId,
      client_secret: secret,
      ...(path === '/oidc/token' ? grant : { token: 'x' }),
    }).toString(),
  })
  const { error, error_description: text } = reply.payload === '' ? { error: null } : reply.json()
  return { status: reply.statusCode, error, text, retryAfter: reply.headers['retry-after'], type: reply.headers['content-type'] }
}

const told = (replies: readonly { readonly status: number; readonly error: string | null }[]) =>
  replies.map(({ status, error }) => `${status} ${error}`)

describe('secrets of applications', () => {
  test(`R016 of 100 wrong ones at once exactly ${most} are judged, and then not even the right one, until a minute is over`, async () => {
    const portal = await portalOfSite()
    const wrong = await Promise.all(Array.from({ length: 100 }, (_, nth) => ask(portal, `guess ${nth}`)))
    assert.equal(told(wrong).filter((one) => one === '401 invalid_client').length, most)
    assert.equal(told(wrong).filter((one) => one === '429 temporarily_unavailable').length, 100 - most)
    const refused = await ask(portal, portal.secret)
    assert.deepEqual([refused.status, refused.error], [429, 'temporarily_unavailable'])
    assert.ok(Number(refused.retryAfter) > 0 && Number(refused.retryAfter) <= seconds, String(refused.retryAfter))
    assert.match(refused.text, new RegExp(`try again in ${refused.retryAfter} seconds`))
    assert.match(String(refused.type), /^application\/json/)
    assert.equal((await ask(portal, portal.secret, { path: '/oidc/revoke' })).status, 429, 'no side door')
    assert.equal((await ask(portal, portal.secret, { from: '192.0.2.250' })).status, 429, 'no other address of the network')
    kit.pass(seconds)
    assert.equal((await ask(portal, portal.secret)).error, 'invalid_grant')
    assert.equal((await ask(portal, 'one more')).error, 'invalid_client', 'and the count begins anew')
  })

  test('wrong ones keep out neither other networks, nor other applications, nor who has shown the right one a moment ago', async () => {
    const [portal, other] = [await portalOfSite(), await portalOfSite()]
    assert.equal((await ask(portal, portal.secret)).error, 'invalid_grant')
    for (let nth = 0; nth <= most; nth++) await ask(portal, `guess ${nth}`)
    assert.equal((await ask(portal, 'guess')).status, 429)
    assert.equal((await ask(portal, portal.secret)).error, 'invalid_grant', 'from the network of the guesser')
    assert.equal((await ask(portal, portal.secret, { from: '198.51.100.1' })).error, 'invalid_grant')
    assert.equal((await ask(portal, portal.secret, { from: '2001:db8::1' })).error, 'invalid_grant')
    assert.equal((await ask(other, other.secret)).error, 'invalid_grant')
    assert.equal((await ask(other, 'wrong')).error, 'invalid_client')
  })

  test('right ones are never kept out, however many come at once, and cost two statements in a minute', async () => {
    const portal = await portalOfSite()
    const { store } = kit.rooms
    const rightOnes = (count: number) =>
      Promise.all(Array.from({ length: count }, () => ask(portal, portal.secret, { from: '203.0.113.1' })))
    assert.deepEqual(new Set(told(await rightOnes(100))), new Set(['400 invalid_grant']))
    const rows = () => store.db.selectFrom('throttles').selectAll().where('key', 'like', 'client-secret:%').execute()
    const before = await rows()
    assert.ok(before.some(({ failures }) => failures === 0))
    await rightOnes(50)
    assert.deepEqual(await rows(), before, 'nothing was written')
    kit.pass(seconds)
    await rightOnes(50)
    assert.notDeepEqual(await rows(), before)
    kit.pass(seconds + 1)
    await sweepSecretCounts(store.db, kit.now())
    assert.deepEqual(await rows(), [])
  })

  test('a secret that was replaced is wrong at once, also where it was right a moment ago', async () => {
    const site = await kit.site()
    const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
    const portal = await addPortal(kit, site.id, admin)
    assert.equal((await ask(portal, portal.secret)).error, 'invalid_grant')
    const path = `/api/v1/organizations/${site.id}/applications/${portal.id}`
    const replaced = await admin.call('POST', `${path}/secret`, {})
    assert.equal(replaced.status, 200, replaced.text)
    assert.equal((await ask(portal, portal.secret)).error, 'invalid_client')
    assert.equal((await ask(portal, replaced.json.secret)).error, 'invalid_grant')
  })
})
