import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type DuoKit, openWithDuo } from '../duo-kit.ts'
import { rulesOf } from '../kit.ts'
import { type BrowserKit, giveCode, givePassword, heading, keepCodes, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
let duoKit: DuoKit
before(async () => {
  const opened = await openWithDuo(
    (delivery) => openBrowserKit({ delivery }),
    ({ kit }) => kit,
  )
  at = opened.opened
  duoKit = opened.duoKit
  // Duo sends browsers back to the public address: here that is the port that the browser kit was given.
  Object.assign(at.kit.rooms, { publicUrl: at.origin })
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await duoKit.duo.stop()
})

/** A browser that trusts the certificate which the simulated Duo has made for itself. */
const open = (path: string) => at.open(path, { ignoreHTTPSErrors: true })
const isAtDuo = (page: Page) => assert.equal(new URL(page.url()).host, duoKit.duo.host)
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()

test('S0.15 S2.2 S0.20 S2.22 S2.26 S2.27 S2.28 S2.29 S2.30 S2.31 S2.32 a person sets Duo up in its own dialog, and later approves a login there', async () => {
  const site = await duoKit.site()
  const person = await at.kit.person(site.id)
  const page = await open('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Set up Duo'))
  assert.match((await page.getByRole('link', { name: /App Store/ }).getAttribute('href')) ?? '', /apps\.apple\.com/)
  assert.match((await page.getByRole('link', { name: /Google Play/ }).getAttribute('href')) ?? '', /play\.google\.com/)
  await see(page.getByText('Choose "Start setup".'))
  await press(page, 'Continue to Duo')
  await see(heading(page, 'Protect your account'))
  isAtDuo(page)
  await see(page.getByText(person.email))
  await press(page, 'Start setup')
  await page.getByLabel('Device').selectOption('Mobile phone')
  await press(page, 'Continue')
  await page.getByLabel('Phone number').fill('+4930901820')
  await press(page, 'Continue')
  assert.deepEqual(await page.getByLabel('Operating system').locator('option').allTextContents(), [
    'iPhone',
    'Android',
    'Windows Phone',
    'Other',
  ])
  await press(page, 'Continue')
  await press(page, 'I have Duo Mobile installed')
  await see(page.locator('svg'))
  await press(page, 'Scan it with the simulated phone')
  const user = duoKit.duo.account.find(person.email, 'none')
  assert.ok(user)
  duoKit.duo.habit(user, 'approve')
  await press(page, /^Duo Push/)
  await see(heading(page, 'Save your backup codes'))
  assert.equal(new URL(page.url()).origin, at.origin, 'the browser came back with its sign-in: the cookie went along')
  await keepCodes(page, person)
  await see(heading(page, 'Set-up is complete'))

  at.kit.pass(60)
  const later = await open('/sign-in')
  await givePassword(later, person)
  await see(later.getByRole('button', { name: 'Continue to Duo' }))
  assert.equal(await later.locator('button:focus').textContent(), 'Continue to Duo', 'first and focused')
  await later.keyboard.press('Enter')
  await see(heading(later, 'Choose how to sign in'))
  isAtDuo(later)
  await press(later, /^Duo Push/)
  await later.waitForURL(`${at.origin}/`)
  await see(later.getByRole('button', { name: person.name }))
})

test('S0.36 S2.23 S2.24 S2.25 the old app is asked a last time, then Duo takes over, straight to the prompt for whom its mail has enrolled', async () => {
  const site = await at.kit.site()
  const person = await at.kit.person(site.id)
  await at.kit.enroll(person, await at.kit.signIn(person))
  await duoKit.set(site.id)
  const admin = await at.kit.signIn(await at.kit.person(site.id, { role: 'security-admin' }))
  const rules = { ...(await rulesOf(admin, site.id)), mode: 'everyone', methods: ['duo'], defaultMethod: 'duo', mayChangeMethod: false }
  assert.equal((await admin.call('PUT', `/api/v1/organizations/${site.id}/policy`, rules)).status, 200)
  duoKit.user(person)
  at.kit.pass(60)
  const page = await open('/sign-in')
  await givePassword(page, person)
  await see(page.getByLabel('Authentication Code'))
  assert.equal(await page.getByRole('button', { name: 'Continue to Duo' }).count(), 0, 'the old one comes first')
  await giveCode(page, at.kit.code(person))
  await see(heading(page, 'Set up Duo'))
  await see(page.getByText('stays until Duo has let you in once'))
  await see(page.getByText('Get Started'))
  await press(page, 'Continue to Duo')
  await see(heading(page, 'Choose how to sign in'))
  await press(page, /^Duo Push/)
  await page.waitForURL(`${at.origin}/`)

  at.kit.pass(60)
  const later = await open('/sign-in')
  await givePassword(later, person)
  await see(later.getByRole('button', { name: 'Continue to Duo' }))
})

test('a return that does not count, and Duo away, are said on the page, and the other ways stay', async () => {
  const site = await duoKit.site()
  const person = await at.kit.person(site.id)
  const user = duoKit.user(person)
  await duoKit.bind(person)
  at.kit.pass(60)
  const page = await open('/sign-in')
  await givePassword(page, person)
  user.status = 'bypass'
  await press(page, 'Continue to Duo')
  await see(page.getByText('Duo let you through without asking you.'))
  user.status = 'active'
  duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })
  await press(page, 'Continue to Duo')
  await see(page.getByText('Duo does not answer.'))
  await page.goBack()
  await page.goto('/sign-in/duo?state=made-up&duo_code=made-up')
  await see(page.getByText('is not for this login'))
  await page.getByRole('link', { name: 'Use a backup code' }).click()
  await page.getByLabel('Authentication Code').fill(person.backupCodes?.[0] ?? '')
  await press(page, 'Log In')
  await page.waitForURL(`${at.origin}/`)
})
