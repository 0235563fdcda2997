import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { addPortal, adminOf, enrolled, post } from '../second-factor.ts'
import { type BrowserKit, giveCode, heading, openBrowserKit, see, setUpApp } from './browser.ts'

let at: BrowserKit
let portalServer: Server
let home = ''

before(async () => {
  portalServer = createServer((request, reply) => {
    reply.setHeader('content-type', 'text/html; charset=utf-8')
    reply.end('<!doctype html><html lang="en"><title>Portal</title><h1>Welcome back to the portal</h1>')
    request.resume()
  })
  await new Promise<void>((done) => portalServer.listen(0, '127.0.0.1', done))
  home = `http://127.0.0.1:${(portalServer.address() as AddressInfo).port}/back`
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  portalServer.closeAllConnections()
  await new Promise((done) => portalServer.close(done))
})

test('a portal of another origin sends its people here and gets them back, with a code for its server', async () => {
  const { kit } = at
  const site = await kit.site()
  const portal = await addPortal(kit, site.id, { redirectUris: [home] })
  const person = await enrolled(kit, site.id)
  const request = await portal.sign(portal.request(person.email, { state: 'state-0123456789-0123' }))
  const page = await at.open(`/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`)
  await see(page.getByText('Old Portal asks for your second step'))
  assert.equal(await page.getByLabel('Password').count(), 0)
  kit.pass(30)
  await giveCode(page, kit.code(person))
  await see(page.getByRole('heading', { name: 'Welcome back to the portal' }))
  const back = new URL(page.url())
  assert.equal(`${back.origin}${back.pathname}`, home)
  assert.equal(back.searchParams.get('state'), 'state-0123456789-0123')
  const reply = await post(kit.client(), 'token', await portal.token(back.searchParams.get('duo_code') ?? ''), portal.host)
  assert.equal(reply.status, 200, reply.text)
  await page.goto(`${at.origin}/settings`)
  await see(heading(page, 'Log in'))
})

test('somebody new types the code that was mailed, sets up the app, keeps the backup codes, and is back at the portal', async () => {
  const { kit } = at
  const site = await kit.site({ mode: 'everyone' })
  const portal = await addPortal(kit, site.id, { redirectUris: [home] })
  const person = await kit.person(site.id)
  const request = await portal.sign(portal.request(person.email))
  const page = await at.open(`/oauth/v1/authorize?client_id=${portal.clientId}&request=${request}`)
  await page.getByRole('button', { name: /Email/ }).click()
  await giveCode(page, await kit.mailedCode(person.email))
  await setUpApp(kit, page, person)
  await see(page.getByRole('heading', { name: 'Welcome back to the portal' }))
})

test('a Security Admin adds a portal, is given what to write into it, and tries it', async () => {
  const { kit } = at
  const site = await kit.site()
  const { admin } = await adminOf(kit, site.id)
  const { page } = await at.openAs(admin, '/applications')
  await page.getByRole('button', { name: 'Add application' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add application' })
  await dialog.getByLabel('How it signs people in').selectOption({ label: 'Second factor only' })
  await dialog.getByLabel('Name').fill('Old portal')
  await dialog.getByLabel('Redirect addresses').fill('https://portal.example.com/duo-callback')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  const secret = page.getByRole('dialog', { name: 'The secret of this application' })
  await see(secret)
  assert.match(await secret.getByRole('textbox').inputValue(), /^[A-Za-z0-9]{40}$/)
  await page.getByRole('button', { name: 'I have copied it' }).click()
  assert.match(await page.getByLabel('Client ID', { exact: true }).inputValue(), /^DI[A-Z0-9]{18}$/)
  assert.equal(await page.getByLabel('API hostname', { exact: true }).inputValue(), new URL(at.origin).host)
  const example = page.getByRole('region', { name: 'the example' })
  await see(example.getByText('https://portal.example.com/duo-callback'))
  await page.getByLabel('Library').selectOption({ label: 'Java (duo_universal_java)' })
  await see(page.getByText('Port 443 only.'))
  await see(example.getByText('setCACerts'))
  await page.getByRole('button', { name: 'Try it' }).click()
  await see(page.getByText('Old portal asks for your second step'))
  kit.pass(30)
  await giveCode(page, kit.code(admin))
  await see(heading(page, 'It works'))
  await page.getByRole('link', { name: 'Back to Applications' }).click()
  await see(page.getByRole('link', { name: 'Old portal' }))
})

test('an API key is created, copied once, used for a prompt that the person approves, and revoked', async () => {
  const { kit } = at
  const site = await kit.site()
  const { admin } = await adminOf(kit, site.id)
  const person = await enrolled(kit, site.id)
  const { page } = await at.openAs(admin, '/applications')
  await page.getByRole('button', { name: 'Create API key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create API key' })
  await dialog.getByLabel('Name').fill('VPN Vienna')
  await dialog.getByLabel('Ask for a second step in a browser').check()
  await dialog.getByRole('button', { name: 'Create API key' }).click()
  const shown = page.getByRole('dialog', { name: 'Your new API key' })
  await see(shown)
  const key = await shown.getByRole('textbox').inputValue()
  await page.getByRole('button', { name: 'I have copied it' }).click()
  const row = page.getByRole('row').filter({ hasText: 'VPN Vienna' })
  await see(row.getByText(`${key.slice(0, 12)}…`))

  const headers = { authorization: `Bearer ${key}` }
  const prompts = '/api/v1/second-factor/prompts'
  const { json } = await kit.client().call('POST', prompts, { user: person.email, reason: 'Call 4711' }, headers)
  const theirs = await at.open(json.address)
  await see(theirs.getByText('The reason it gives: Call 4711'))
  await theirs.getByRole('button', { name: 'It is me' }).click()
  kit.pass(30)
  await giveCode(theirs, kit.code(person))
  await see(heading(theirs, 'Thank you'))
  assert.equal((await kit.client().call('GET', `${prompts}/${json.id}`, undefined, headers)).json.state, 'approved')

  await row.getByRole('button', { name: 'Revoke the key VPN Vienna' }).click()
  await page.getByRole('button', { name: 'Revoke', exact: true }).last().click()
  await see(page.getByText('No API keys yet'))
  assert.equal((await kit.client().call('GET', `${prompts}/${json.id}`, undefined, headers)).status, 401)
})
