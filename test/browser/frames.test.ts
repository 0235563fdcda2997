import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { startFromSession } from '../kit.ts'
import { adminOf, enrolled, addPortal as secondFactorPortal } from '../second-factor.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'

let at: BrowserKit
let other: Server
let elsewhere = ''

before(async () => {
  other = createServer((request, reply) => {
    request.resume()
    reply.setHeader('content-type', 'text/html; charset=utf-8')
    const frame = new URL(request.url ?? '/', elsewhere).searchParams.get('frame') ?? ''
    reply.end(
      `<!doctype html><html lang="en"><title>You have won</title><h1>You have won</h1><iframe src="${frame.replaceAll('&', '&amp;')}"></iframe>`,
    )
  })
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`
  at = await openBrowserKit()
})
after(async () => {
  await at.close()
  other.closeAllConnections()
  await new Promise((done) => other.close(done))
})

test('A81 no page of ours shows in a frame of another origin, whoever is signed in: neither to consent, nor to confirm, switch off or reset', async () => {
  const { kit, origin } = at
  const site = await kit.site()
  const { admin } = await adminOf(kit, site.id)
  const person = await enrolled(kit, site.id)
  const portal = await secondFactorPortal(kit, site.id)
  const request = await portal.sign(portal.request(person.email))
  // Of the same site by its name, so that the browser sends our cookies along.
  const { page, client } = await at.openAs(person, '/settings')
  assert.equal((await startFromSession(client, 'disable')).status, 201)
  await page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: origin })))
  const paths = [
    '/',
    '/settings',
    '/users',
    `/users/${admin.id}`,
    '/sign-in',
    '/sign-out',
    '/forgot-password',
    `/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`,
    '/oidc/end-session',
    '/oidc/authorize?client_id=nobody',
    `/forward-auth/${portal.clientId}/sign-out`,
    '/there-is-no-such-page',
  ]
  await page.goto('/sign-in')
  assert.notEqual(await page.getByRole('heading', { level: 1 }).textContent(), 'Log in', 'a step of a signed-in person stands there')
  for (const path of paths) {
    await page.goto(`${elsewhere}?frame=${encodeURIComponent(`${origin}${path}`)}`)
    const [, shown] = page.frames()
    assert.ok(shown, path)
    // What Chromium shows in place of a page that may not be framed.
    await shown.waitForURL('chrome-error://**')
    assert.equal(await shown.locator('form').count(), 0, path)
  }
})
