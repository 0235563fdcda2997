import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, afterEach, before, test } from 'node:test'
import { type RunningProxy, startProxy } from '../machine/proxies.ts'
import { freePort } from '../machine/server.ts'
import { type BrowserKit, giveCode, givePassword, heading, openBrowserKit, see, setUpApp } from './browser.ts'

let at: BrowserKit
let portal: Server
let proxy: RunningProxy | undefined

before(async () => {
  const countersign = await freePort()
  at = await openBrowserKit({ publicUrl: `http://127.0.0.1:${countersign}`, trustedProxies: ['127.0.0.1'] })
  portal = createServer((request, response) => {
    const { 'remote-name': name = 'nobody', cookie = 'none' } = request.headers
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(
      `<!doctype html><link rel="icon" href="data:,"><title>Portal</title><h1>Portal of ${name}</h1><p>${request.url}</p><p>Cookies: ${cookie}</p>`,
    )
  })
  await new Promise<void>((ready) => portal.listen(0, '127.0.0.1', ready))
})
afterEach(() => at.tidy())
after(async () => {
  await proxy?.stop()
  portal.close()
  portal.closeAllConnections()
  await at.close()
})

const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('a Security Admin puts a portal behind nginx, tries it, and people get in with their second step, are asked again, and log out', async () => {
  const { kit } = at
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  await kit.enroll(admin, await kit.signIn(admin))
  const port = await freePort()
  const origin = `http://localhost:${port}`

  const { page, client } = await at.openAs(admin, '/applications')
  await page.getByRole('button', { name: 'Add application' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add application' })
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Payroll')
  await dialog.getByLabel('How it signs people in').selectOption('forward-auth')
  await see(dialog.getByText('1 person is let in.'))
  await dialog.getByLabel('Addresses of the portal').fill('http://payroll.example')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(dialog.getByText('This one is wrong: http://payroll.example'))
  await dialog.getByLabel('Addresses of the portal').fill(origin)
  await dialog.getByRole('button', { name: 'Add a stricter part' }).click()
  const part = dialog.getByRole('group', { name: 'A part of the portal' })
  await part.getByLabel('Path begins with').fill('/pay')
  await dialog
    .getByRole('group', { name: 'Everything that begins with /pay' })
    .getByLabel('How surely they must have signed in')
    .selectOption('fresh')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(heading(page, 'Payroll'))
  const clientId = await page.getByLabel('Client ID', { exact: true }).inputValue()
  assert.equal(
    await page.getByLabel('Address that nginx asks', { exact: true }).inputValue(),
    `${at.origin}/forward-auth/${clientId}/status`,
  )
  assert.ok(client)

  proxy = await startProxy('nginx', { port, portal: portOf(portal), countersign: Number(new URL(at.origin).port), clientId })
  const [tried] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'Try it' }).click()])
  await see(heading(tried, 'The proxy asks as it should'))
  await tried.getByRole('link', { name: 'Open Payroll' }).click()
  // The session on which the form was filled in is enough, so nothing is asked.
  await see(heading(tried, `Portal of ${admin.name}`))
  assert.equal(new URL(tried.url()).origin, origin)

  const person = await kit.person(site.id)
  const own = await at.open('')
  await own.goto(`${origin}/reports?year=2026`)
  assert.equal(new URL(own.url()).origin, at.origin)
  await givePassword(own, person)
  // The portal takes a second step, and this person has none yet.
  await see(heading(own, 'One more step'))
  await own.getByRole('button', { name: 'Go on' }).click()
  await setUpApp(kit, own, person)
  await own.getByRole('link', { name: 'Continue' }).click()
  await see(heading(own, `Portal of ${person.name}`))
  assert.equal(own.url(), `${origin}/reports?year=2026`)
  await see(own.getByText('Cookies: none'))

  kit.pass(16 * 60)
  await own.goto(`${origin}/reports`)
  await see(heading(own, `Portal of ${person.name}`))
  await own.goto(`${origin}/pay`)
  await own.getByRole('button', { name: 'Go on' }).click()
  await own.getByLabel('Password', { exact: true }).fill(person.password)
  await own.getByRole('button', { name: 'Continue' }).click()
  kit.pass(30)
  await giveCode(own, kit.code(person))
  await see(heading(own, `Portal of ${person.name}`))
  assert.equal(own.url(), `${origin}/pay`)

  await own.goto(`${at.origin}/forward-auth/${clientId}/sign-out`)
  await own.getByRole('button', { name: 'Log out' }).click()
  await see(heading(own, 'You are logged out'))
  await own.getByRole('link', { name: 'Back to Payroll' }).click()
  await see(heading(own, 'Log in'))
  await own.goto(`${origin}/reports`)
  await see(heading(own, 'Log in'))
})

test('who belongs elsewhere reads that they are not let in, and an old way in says where to begin', async () => {
  const { kit } = at
  const site = await kit.site()
  const admin = await kit.person(site.id, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  await kit.enroll(admin, client)
  const rules = [{ path: '/', roles: ['user'], strength: 'any', freshMinutes: 5 }]
  const settings = { kind: 'forward-auth', origins: ['http://localhost:1'], people: 'own', organizations: [], rules }
  const made = await client.call('POST', `/api/v1/organizations/${site.id}/applications`, { name: 'Payroll', settings })
  const { clientId } = made.json.application
  const stranger = await kit.person((await kit.site()).id)
  const query = new URLSearchParams({ to: 'http://localhost:1/', way: 'w'.repeat(43) })
  const { page } = await at.openAs(stranger, `/forward-auth/${clientId}/enter?${query}`)
  await see(heading(page, 'You are not let in here'))
  await page.goto(`/forward-auth/${clientId}/lost`)
  await see(heading(page, 'That way in no longer works'))
  assert.equal(await page.getByRole('link', { name: 'Open Payroll' }).getAttribute('href'), 'http://localhost:1/')
})
