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
async function ringing(person: DuoPerson, javaScriptEnabled: boolean) {
  const page = await at.open('/sign-in', { javaScriptEnabled })
  await givePassword(page, person)
  await page.getByRole('button', { name: 'Send a push to my phone' }).click()
  await see(heading(page, 'Approve it on your phone'))
  return { page, phone: await phone(person.user.phones[0]?.id) }
}

/** Without a script the person says when the phone was answered. */
const answered = async (page: Page, javaScriptEnabled: boolean) => {
  if (!javaScriptEnabled) await page.getByRole('button', { name: 'I have approved it' }).click()
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'live, with a script' : 'without any script'

  test(`S0.2 S0.14 S2.3 a push is approved on the phone that shows what the page shows, and the person is logged in, ${how}`, async () => {
    const site = await made.site()
    const person = await made.person(site)
    const { page, phone } = await ringing(person, javaScriptEnabled)
    await see(page.getByText('Approve only what shows this:'))
    for (const text of ['Login request', 'Address: 127.0.0.1', person.email]) await see(phone.getByText(text))
    if (!javaScriptEnabled) {
      await page.getByRole('button', { name: 'I have approved it' }).click()
      await see(page.getByText('There is no answer from the phone yet.'))
    }
    await phone.getByRole('button', { name: 'Approve' }).click()
    await see(phone.getByText('Nothing waits for an answer.'))
    await answered(page, javaScriptEnabled)
    await page.waitForURL(`${at.origin}/`)
    const client = await at.kit.rooms.store.db.selectFrom('sessions').select('id').where('user_id', '=', person.id).execute()
    assert.equal(client.length, 1)
  })

  test(`S0.14 a push is denied on the phone: nobody gets in, the page says what follows, and a passcode is taken instead, ${how}`, async () => {
    const person = await made.person(await made.site(), { passcodes: ['1234567'] })
    const { page, phone } = await ringing(person, javaScriptEnabled)
    await phone.getByRole('button', { name: 'Deny' }).click()
    await answered(page, javaScriptEnabled)
    await see(page.getByText('The request was denied on your phone.'))
    await see(page.getByText('no more pushes are sent until you have logged in another way'))
    assert.equal(await page.getByRole('button', { name: 'Send it again' }).count(), 0)
    await page.getByRole('link', { name: 'Type a Duo passcode instead' }).click()
    await page.getByLabel('Authentication Code').fill('7654321')
    await page.getByRole('button', { name: 'Log In' }).click()
    await see(page.getByText('Duo did not take it.'))
    await page.getByLabel('Authentication Code').fill('123 4567')
    await page.getByRole('button', { name: 'Log In' }).click()
    await page.waitForURL(`${at.origin}/`)
  })

  test(`S0.14 nobody answers: the page says so and sends it again, ${how}`, async () => {
    const person = await made.person(await made.site())
    const { page, phone } = await ringing(person, javaScriptEnabled)
    for (const push of duo.account.pushes) duo.account.settle(push, 'timeout')
    await answered(page, javaScriptEnabled)
    await see(page.getByText('Nobody answered on the phone in time.'))
    await page.getByRole('button', { name: 'Send it again' }).click()
    await see(page.getByText('Approve only what shows this:'))
    await phone.reload()
    await phone.getByRole('button', { name: 'I did not request this' }).click()
    await answered(page, javaScriptEnabled)
    await see(page.getByText('You reported that this was not you.'))
  })

  test(`S0.18 S0.19 S0.20 S0.21 S2.32 a person of a site without an account scans our QR code with the phone, approves the first push, and is set up, ${how}`, async () => {
    const site = await made.site({ account: 'provider' })
    const person = await at.kit.person(site.id)
    const page = await at.open('/sign-in', { javaScriptEnabled })
    await givePassword(page, person)
    await see(heading(page, 'Set up Duo'))
    await see(page.getByText('Who looks after Duo here: Provider.'))
    for (const store of ['App Store', 'Google Play']) await see(page.getByRole('link', { name: store }))
    await page.getByRole('button', { name: 'Show the QR code' }).click()
    const { href } = await scan(page)
    const phones = await at.open(`${duo.url}/phone`, { ignoreHTTPSErrors: true })
    await phones.getByLabel('Activation code').fill(href)
    await phones.getByRole('button', { name: 'Activate' }).click()
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'I have scanned it' }).click()
    await see(heading(page, 'Approve it on your phone'))
    const push = duo.account.pushes.at(-1)
    await (await phone(push?.phone.id)).getByRole('button', { name: 'Approve' }).click()
    await see(page.getByText('Approve only what shows this:').or(heading(page, 'Save your backup codes')))
    await answered(page, javaScriptEnabled)
    await keepCodes(page, person)
    await see(page.getByRole('main'))
    const next = await at.open('/sign-in', { javaScriptEnabled })
    await givePassword(next, person)
    await see(next.getByRole('button', { name: 'Send a push to my phone' }))
    assert.equal(await next.getByRole('button', { name: 'Continue to Duo' }).count(), 0)
  })
}

test('R060 a verified push is approved by typing the number on the page into the phone, and a wrong one lets nobody in', async () => {
  const site = await made.site()
  site.application.verifiedPush = true
  const person = await made.person(site)
  const { page, phone } = await ringing(person, true)
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
