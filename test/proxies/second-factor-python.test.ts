import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newCertificate } from '../../simulators/certificate.ts'
import { type Kit, openKit } from '../kit.ts'
import { installPythonLibrary, runPython } from '../machine/python.ts'
import { addPortal, enrolled, giveSecondStep, type Portal, redirectUri } from '../second-factor.ts'

/** The vendor's library for Python, unchanged, as a portal in that language has it. Whom it trusts it takes as a setting. */
const { key, certificate } = newCertificate(['localhost'])
const home = mkdtempSync(join(tmpdir(), 'countersign-python-'))
let library = ''
let kit: Kit
let server: https.Server
let host = ''

before(async () => {
  library = installPythonLibrary('duo_universal', '2.3.1')
  writeFileSync(join(home, 'authority.pem'), certificate)
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
  rmSync(home, { recursive: true, force: true })
})

/** What the library says of these steps: a value, or the text of its exception. */
function ask({ clientId, secret }: Portal, step: string, values: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const program = `
import json, os
from duo_universal.client import Client, DuoException
get = os.environ.get
client = Client(get('CLIENT_ID'), get('CLIENT_SECRET'), get('API_HOST'), get('REDIRECT_URI'), duo_certs=get('AUTHORITY'))
try:
    print(json.dumps({'said': ${step}}))
except DuoException as refusal:
    print(json.dumps({'refused': str(refusal)}))
`
  const settings = { CLIENT_ID: clientId, CLIENT_SECRET: secret, API_HOST: host, REDIRECT_URI: redirectUri }
  return runPython(program, library, { ...settings, AUTHORITY: join(home, 'authority.pem'), ...values })
}

/** The kit's clock is its own; the library looks at the machine's. */
const setClock = () => kit.pass((Date.now() - kit.now().getTime()) / 1000)

test('the vendor’s library for Python completes its flow: health check, prompt, exchange; and is told what is wrong', async () => {
  const site = await kit.site()
  setClock()
  const [portal, person] = [await addPortal(kit, site.id), await enrolled(kit, site.id)]
  setClock()
  const health = (await ask(portal, 'client.health_check()')) as { said: { stat: string } }
  assert.equal(health.said.stat, 'OK')
  const state = 's'.repeat(36)
  const asked = await ask(portal, `client.create_auth_url(get('WHO'), '${state}', nonce='${'n'.repeat(36)}')`, { WHO: person.email })
  const url = new URL((asked as { said: string }).said)
  assert.equal(url.host, host)

  const browser = kit.client()
  const begun = await browser.call('GET', `${url.pathname}${url.search}`, undefined, { host })
  assert.deepEqual([begun.status, begun.headers.location], [303, '/sign-in'])
  // A backup code, because the codes of an app go by the clock, which is set here.
  const returned = (await giveSecondStep(kit, person, browser, person.backupCodes?.[0])).searchParams
  assert.equal(returned.get('state'), state)
  const exchange = (who: string) =>
    ask(portal, `client.exchange_authorization_code_for_2fa_result(get('CODE'), get('WHO'), nonce='${'n'.repeat(36)}')`, {
      CODE: returned.get('duo_code') ?? '',
      WHO: who,
    })
  const { said } = (await exchange(person.email)) as { said: { auth_result: { result: string }; preferred_username: string } }
  assert.deepEqual([said.auth_result.result, said.preferred_username], ['allow', person.email])
  assert.match(JSON.stringify(await exchange(person.email)), /refused.*invalid_grant/, 'a code works once')
  const wrong = await ask(portal, 'client.health_check()', { CLIENT_SECRET: 'x'.repeat(40) })
  assert.match(JSON.stringify(wrong), /refused.*invalid_client/)
})
