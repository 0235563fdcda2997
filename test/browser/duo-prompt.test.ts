import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type DuoKit, openWithDuo } from '../duo-kit.ts'
import { type BrowserKit, givePassword, openBrowserKit, see } from './browser.ts'

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
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()

// The set-up in Duo's own dialog and the switch from an app are walked in the installation of the demo: demo-duo.ts.

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
