import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startPortal } from '../../examples/portal/portal.ts'
import { freePort } from '../machine/free-port.ts'
import { type BrowserKit, giveCode, givePassword, heading, keepCodes, openBrowserKit, scan, see } from './browser.ts'

let at: BrowserKit
const portals: { stop(): Promise<void> }[] = []
before(async () => {
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  at = await openBrowserKit({ publicUrl, isRunning: true, delivery: { allowedHosts: ['127.0.0.1'] } })
})
afterEach(() => at.tidy())
after(async () => {
  for (const portal of portals) await portal.stop()
  await at.close()
})

test('a Security Admin adds an application in the Console, and its portal signs people in, asks for more, and signs them out', async () => {
  const site = await at.kit.site()
  const admin = await at.kit.person(site.id, { role: 'security-admin' })
  await at.kit.enroll(admin, await at.kit.signIn(admin))
  const { page } = await at.openAs(admin, '/settings')
  const url = `http://127.0.0.1:${await freePort()}`
  await page.getByRole('button', { name: 'Admin' }).click()
  await page.getByRole('menuitem', { name: 'Applications' }).click()
  await see(page.getByText('No applications yet'))
  await page.getByRole('button', { name: 'Add application' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add application' })
  await dialog.getByLabel('Name').fill('Portal')
  await dialog.getByLabel('Redirect addresses').fill('http://portal.example.org/callback')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(dialog.getByText('This one is wrong: http://portal.example.org/callback'))
  await dialog.getByLabel('Redirect addresses').fill(`${url}/auth/callback`)
  await dialog.getByLabel('Addresses after signing out').fill(`${url}/`)
  await dialog.getByLabel('Back-channel logout address').fill(`${url}/auth/backchannel-logout`)
  await dialog.getByLabel('Where people begin').fill(`${url}/`)
  await dialog.getByRole('button', { name: 'Add application' }).click()
  const told = page.getByRole('dialog', { name: 'The secret of this application' })
  const clientSecret = await told.getByRole('textbox').inputValue()
  await told.getByRole('button', { name: 'I have copied it' }).click()
  await see(heading(page, 'Portal'))
  const clientId = await page.getByLabel('Client ID', { exact: true }).inputValue()
  assert.equal(await page.getByLabel('Issuer', { exact: true }).inputValue(), at.origin)
  const portal = await startPortal({ issuer: at.origin, clientId, clientSecret, port: Number(new URL(url).port) })
  portals.push(portal)

  const person = await at.kit.person(site.id)
  const theirs = await at.open('')
  await theirs.goto(url)
  await theirs.getByRole('link', { name: 'Sign in with Countersign' }).click()
  await givePassword(theirs, person)
  await see(theirs.getByText(`You are ${person.name}, ${person.email}.`))
  await see(theirs.getByText('Proved: pwd.'))
  await theirs.getByRole('link', { name: 'Invoices' }).click()
  await see(theirs.getByRole('img', { name: 'QR code' }))
  person.key = (await scan(theirs)).searchParams.get('secret') ?? ''
  await giveCode(theirs, at.kit.code(person))
  await keepCodes(theirs, person)
  await theirs.getByRole('link', { name: 'Continue' }).click()
  await see(theirs.getByText('who proved two factors: pwd, otp, mfa.'))

  await theirs.goto(`${url}/logout`)
  await see(theirs.getByText('You are not signed in.'))
  await theirs.getByRole('link', { name: 'Sign in with Countersign' }).click()
  await givePassword(theirs, person)
  at.kit.pass(30)
  await giveCode(theirs, at.kit.code(person))
  await see(theirs.getByText('Proved: pwd, otp, mfa.'))

  const { sessions } = (await (await theirs.context().request.get(`${at.origin}/api/v1/me/sessions`)).json()) as { sessions: unknown[] }
  assert.equal(sessions.length, 1)
  const elsewhere = await at.kit.signIn(person)
  assert.equal((await elsewhere.call('DELETE', '/api/v1/me/sessions')).status, 204)
  await at.kit.logouts.drain()
  await theirs.goto(url)
  await see(theirs.getByText('You are not signed in.'))
})
