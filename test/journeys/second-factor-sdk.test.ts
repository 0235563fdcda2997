import assert from 'node:assert/strict'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Client as UniversalPrompt } from '@duosecurity/duo_universal'
import { newCertificate } from '../../simulators/certificate.ts'
import { type Client, type Kit, openKit, type Person } from '../kit.ts'
import { addPortal, enrolled, giveSecondStep, type Portal, redirectUri } from '../second-factor.ts'

/** The contract: the vendor's own library, unchanged but for whom it trusts, completes its flow against Countersign over TLS. */
const { key, certificate } = newCertificate(['localhost'])
let kit: Kit
let server: https.Server
let host = ''

before(async () => {
  server = https.createServer({ key, cert: certificate }, (request, reply) => kit.app.routing(request, reply))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  host = `localhost:${(server.address() as AddressInfo).port}`
  kit = await openKit({ publicUrl: `https://${host}` })
  await kit.app.ready()
})
after(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await kit.close()
})

function libraryOf({ clientId, secret }: Portal, more: { readonly clientSecret?: string; readonly useDuoCodeAttribute?: boolean } = {}) {
  const library = new UniversalPrompt({ clientId, clientSecret: secret, apiHost: host, redirectUrl: redirectUri, ...more })
  const { axios } = library as unknown as { axios: { defaults: { httpsAgent: https.Agent; timeout: number } } }
  Object.assign(axios.defaults, { httpsAgent: new https.Agent({ ca: certificate }), timeout: 5000 })
  return library
}

async function world() {
  const site = await kit.site()
  const [portal, person] = [await addPortal(kit, site.id), await enrolled(kit, site.id)]
  return { portal, person, library: libraryOf(portal) }
}

/** A browser that follows where the library sends it, up to the portal. */
async function follow(address: string, person: Person, client: Client = kit.client()): Promise<URLSearchParams> {
  const url = new URL(address)
  assert.equal(url.host, host)
  const begun = await client.call('GET', `${url.pathname}${url.search}`, undefined, { host })
  assert.deepEqual([begun.status, begun.headers.location], [303, '/sign-in'])
  // A backup code, because the codes of an app go by the clock, which is set back and forth here.
  const [code, ...left] = person.backupCodes ?? []
  person.backupCodes = left
  return (await giveSecondStep(kit, person, client, code)).searchParams
}

/** The kit's clock is its own; the library looks at the machine's, so the kit goes by that one here. */
const setClock = () => kit.pass((Date.now() - kit.now().getTime()) / 1000)

describe('the vendor’s library', () => {
  test('completes its flow: health check, prompt, exchange', async () => {
    setClock()
    const { person, library } = await world()
    setClock()
    const health = await library.healthCheck()
    assert.equal(health.stat, 'OK')
    const state = library.generateState()
    const returned = await follow(await library.createAuthUrl(person.email, state), person)
    assert.equal(returned.get('state'), state)
    const code = returned.get('duo_code') ?? ''
    const token = await library.exchangeAuthorizationCodeFor2FAResult(code, person.email)
    assert.deepEqual([token.auth_result?.result, token.preferred_username, token.sub], ['allow', person.email, person.email])
    assert.deepEqual([token.auth_context?.user?.key, token.auth_context?.application?.name], [person.id, 'Old Portal'])
    await assert.rejects(library.exchangeAuthorizationCodeFor2FAResult(code, person.email), /invalid_grant/)
  })

  test('without its own parameter takes the code in "code"', async () => {
    setClock()
    const { portal, person } = await world()
    setClock()
    const library = libraryOf(portal, { useDuoCodeAttribute: false })
    const returned = await follow(await library.createAuthUrl(person.email, library.generateState()), person)
    assert.ok(await library.exchangeAuthorizationCodeFor2FAResult(returned.get('code') ?? '', person.email))
  })

  test('is told what is wrong: the secret, the person, the code of somebody else', async () => {
    setClock()
    const { portal, person, library } = await world()
    setClock()
    await assert.rejects(libraryOf(portal, { clientSecret: 'x'.repeat(40) }).healthCheck(), /invalid_client: Failed to verify signature/)
    const returned = await follow(await library.createAuthUrl(person.email, library.generateState()), person)
    await assert.rejects(
      library.exchangeAuthorizationCodeFor2FAResult(returned.get('duo_code') ?? '', 'somebody@else.example'),
      /username/i,
    )
    const other = await world()
    setClock()
    const theirs = await follow(await other.library.createAuthUrl(other.person.email, other.library.generateState()), other.person)
    await assert.rejects(library.exchangeAuthorizationCodeFor2FAResult(theirs.get('duo_code') ?? '', other.person.email), /invalid_grant/)
  })

  test('and a hundred of it at once, each with a code of its own, are each answered once', async () => {
    setClock()
    const { library } = await world()
    setClock()
    const checks = await Promise.all(Array.from({ length: 100 }, () => library.healthCheck()))
    assert.ok(checks.every(({ stat }) => stat === 'OK'))
  })
})
