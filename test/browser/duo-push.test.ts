import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { type DuoKit, type DuoPerson, duoKit } from '../duo-push-kit.ts'
import { type BrowserKit, givePassword, heading, keepCodes, scan, see } from './browser.ts'
import { openDuoBrowser } from './duo-kit.ts'

let at: BrowserKit
let duo: DuoSimulator
let made: DuoKit
before(async () => {
  ;({ at, duo } = await openDuoBrowser())
  made = duoKit(at.kit, duo)
  await made.offer()
})
afterEach(() => at.tidy())
after(() => Promise.all([at.close(), duo.stop()]))

/** The phone of somebody, as a browser at the simulated Duo shows it. */
const phone = async (id: string | undefined): Promise<Page> => at.open(`${duo.url}/phone/${id}`, { ignoreHTTPSErrors: true })

/** Up to the push that rings. */
async function ringing(person: DuoPerson, javaScriptEnabled = true) {
  const page = await at.open('/sign-in', { javaScriptEnabled })
  await givePassword(page, person)
  await page.getByRole('button', { name: 'Send a push to my phone' }).click()
  await see(heading(page, 'Approve it on your phone'))
  return { page, phone: await phone(person.user.phones[0]?.id) }
}

// With a script all of this is walked in the installation of the demo: demo-duo.ts. Without one the person says when the phone was answered.
const answered = (page: Page) => page.getByRole('button', { name: 'I have approved it' }).click()

test('S0.2 S0.14 S2.3 without any script a push is approved on the phone, and the person is logged in once they say so', async () => {
  const site = await made.site()
  const person = await made.person(site)
  const { page, phone } = await ringing(person, false)
  await see(page.getByText('Approve only what shows this:'))
  await answered(page)
  await see(page.getByText('There is no answer from the phone yet.'))
  await phone.getByRole('button', { name: 'Approve' }).click()
  await see(phone.getByText('Nothing waits for an answer.'))
  await answered(page)
  await page.waitForURL(`${at.origin}/`)
  const sessions = await at.kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', person.id).execute()
  assert.equal(sessions.length, 1)
})

test('S0.14 without any script nobody answers and it is sent again; that one is denied, and a passcode is taken instead', async () => {
  const person = await made.person(await made.site(), { passcodes: ['1234567'] })
  const { page, phone } = await ringing(person, false)
  await phone.getByRole('button', { name: 'Let it ring' }).click()
  await answered(page)
  await see(page.getByText('Nobody answered on the phone in time.'))
  await page.getByRole('button', { name: 'Send it again' }).click()
  await see(page.getByText('Approve only what shows this:'))
  await phone.reload()
  await phone.getByRole('button', { name: 'Deny' }).click()
  await answered(page)
  await see(page.getByText('The request was denied on your phone.'))
  await see(page.getByText('no more pushes are sent until you have logged in another way'))
  assert.equal(await page.getByRole('button', { name: 'Send it again' }).count(), 0)
  await page.getByRole('link', { name: 'Type a Duo passcode instead' }).click()
  await page.getByLabel('Authentication Code').fill('123 4567')
  await page.getByRole('button', { name: 'Log In' }).click()
  await page.waitForURL(`${at.origin}/`)
})

test('S0.18 S0.19 S0.20 S0.21 S2.32 without any script a person of a site without an account scans our QR code with the phone, approves the first push, and is set up', async () => {
  const site = await made.site({ account: 'provider' })
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(page, person)
  await see(heading(page, 'Set up Duo'))
  await see(page.getByText('Who looks after Duo here: Provider.'))
  for (const store of ['App Store', 'Google Play']) await see(page.getByRole('link', { name: store }))
  await page.getByRole('button', { name: 'Show the QR code' }).click()
  const { href } = await scan(page)
  const phones = await at.open(`${duo.url}/phone`, { ignoreHTTPSErrors: true })
  await phones.getByLabel('Activation code').fill(href)
  await phones.getByRole('button', { name: 'Activate' }).click()
  await page.getByRole('button', { name: 'I have scanned it' }).click()
  await see(heading(page, 'Approve it on your phone'))
  const push = duo.account.pushes.at(-1)
  await (await phone(push?.phone.id)).getByRole('button', { name: 'Approve' }).click()
  await answered(page)
  await keepCodes(page, person)
  await see(page.getByRole('main'))
  const next = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(next, person)
  await see(next.getByRole('button', { name: 'Send a push to my phone' }))
  assert.equal(await next.getByRole('button', { name: 'Continue to Duo' }).count(), 0)
})

test('R060 a verified push is approved by typing the number on the page into the phone, and a wrong one lets nobody in', async () => {
  const site = await made.site()
  site.application.verifiedPush = true
  const person = await made.person(site)
  const { page, phone } = await ringing(person)
  const number = (await page.getByLabel('Type this number on your phone').textContent()) ?? ''
  await phone.getByLabel('Number on the screen').fill('x')
  await phone.getByRole('button', { name: 'Verify' }).click()
  await see(phone.getByText('This is not the number on the screen.'))
  await phone.goBack()
  await phone.getByLabel('Number on the screen').fill(number)
  await phone.getByRole('button', { name: 'Verify' }).click()
  await page.waitForURL(`${at.origin}/`)
})

test('S0.21 the provider reads who is left in its Duo, gives keys that take them out, and another role sees nothing of it', async () => {
  const site = await made.site({ account: 'provider' })
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await page.getByRole('button', { name: 'Show the QR code' }).click()
  await see(page.getByRole('img', { name: 'QR code' }))
  await page.close()
  at.kit.pass(1300)
  const { page: above } = await at.openAs(at.kit.provider.owner, '/company-settings/general/two-factor#duo-users')
  const card = above.getByRole('region', { name: 'People who left' })
  await see(card.getByText('No Admin API application is stored'))
  await see(card.getByText(person.name))
  const { id, secret } = duo.account.addApplication('adminapi', 'Clean-up')
  await card.getByLabel('Integration key').fill(id)
  await card.getByLabel('Secret key of').first().fill(secret)
  await card.getByLabel('API hostname').fill(duo.host)
  await card.getByRole('button', { name: 'Save these keys' }).click()
  await see(above.getByText('Duo took these keys, and they are saved.'))
  await at.kit.duoCleanUp.drain()
  await above.reload()
  await see(card.getByText('Nobody is left behind in Duo.'))
  const admin = await at.kit.person(at.kit.provider.id, { role: 'admin' })
  const { page: other } = await at.openAs(admin, '/company-settings/general/two-factor')
  await see(other.getByText('can set up Duo.'))
  assert.equal(await other.getByText('People who left').count(), 0)
})
