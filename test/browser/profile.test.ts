import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { accountMenu, type BrowserKit, givePassword, gone, heading, linkIn, openBrowserKit, said, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const profile = (page: Page): Locator => page.getByRole('region', { name: 'Profile', exact: true })

async function volunteer(path = '/settings#profile') {
  const site = await at.kit.site({ mode: 'opt-in' })
  const person = await at.kit.person(site.id)
  return { site, person, ...(await at.openAs(person, path)) }
}

test('S2.44 a user opens "Edit Profile", changes name and language, and is called so from then on', async () => {
  const { person, page, client } = await volunteer('/help/two-factor')
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'Edit Profile' }).click()
  await page.waitForURL('**/settings#profile')
  const name = profile(page).getByRole('textbox', { name: 'Name', exact: true })
  await name.fill(' ')
  await profile(page).getByRole('button', { name: 'Update' }).click()
  await see(profile(page).getByText('Type your name.'))
  await name.fill('Zoë Ångström')
  const language = profile(page).getByLabel('Language')
  assert.deepEqual(await language.getByRole('option').allInnerTexts(), ['As the browser says', 'English'])
  await language.selectOption('English')
  await profile(page).getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('Saved.'))
  await see(page.getByRole('banner').getByRole('button', { name: 'Zoë Ångström', exact: true }))
  const stored = (await client.call('GET', '/api/v1/me/profile')).json
  assert.deepEqual([stored.name, stored.language], ['Zoë Ångström', 'en'])
})

test('S3.32 S3.33 a user finds the country by search and types the number; it is stored as E.164, shown as not verified, and told by mail', async () => {
  const { person, page, client } = await volunteer()
  const country = profile(page).getByRole('combobox', { name: 'Country Code' })
  const number = profile(page).getByLabel('Cell Phone')

  // S3.32: the drop-down takes a name or a code.
  await country.fill('+49')
  assert.ok((await page.getByRole('option').allInnerTexts()).includes('Germany (+49)'))
  await country.fill('nowhere')
  await see(page.getByText('No country of that name or code'))
  await country.fill('germ')
  await page.getByRole('option', { name: 'Germany (+49)' }).click()
  assert.equal(await country.inputValue(), 'Germany (+49)')

  // S3.33: as it is dialed there; what cannot be one is refused beside the field, and by the API too.
  await number.fill('12')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  await see(profile(page).getByText('This is not a phone number of that country.'))
  await number.fill('0900 1234567')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  await see(profile(page).getByText('This is not a phone number of that country.'))
  const refused = await client.call('PUT', '/api/v1/me/phone', { phone: '+49 12' })
  assert.deepEqual([refused.status, refused.json.code], [422, 'invalid-phone'])
  await number.fill('01512 3456789')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  await see(page.getByText('Saved.'))
  await see(profile(page).getByText('+4915123456789 is stored and not verified yet'))
  assert.deepEqual((await client.call('GET', '/api/v1/me/profile')).json.phone, { number: '+4915123456789', isVerified: false })
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Your phone number was changed'))

  await page.reload()
  assert.equal(await country.inputValue(), 'Germany (+49)')
  assert.equal(await number.inputValue(), '01512 3456789')
  await profile(page).getByRole('button', { name: 'Remove' }).click()
  await see(profile(page).getByText('No number yet.'))
})

test('a user changes their email: a proof, a link to the new address, a button there, a mail to the old one', async () => {
  const { person, page } = await volunteer()
  const email = person.email.replace('person', 'renamed')
  at.kit.pass(301)
  await profile(page).getByRole('button', { name: 'Change email' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change email' })
  await dialog.getByLabel('New email').fill('no address')
  await dialog.getByRole('button', { name: 'Send the link' }).click()
  await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByRole('button', { name: 'Confirm now' }).click()
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('dialog', { name: 'Go on where you stopped?' }).getByRole('button', { name: 'Continue' }).click()
  await see(page.getByText('This is not an email address that mail can be sent to.'))

  await profile(page).getByRole('button', { name: 'Change email' }).click()
  await dialog.getByLabel('New email').fill(person.email)
  await dialog.getByRole('button', { name: 'Send the link' }).click()
  await see(dialog.getByText('This is your email already.'))
  await dialog.getByLabel('New email').fill(email)
  await dialog.getByRole('button', { name: 'Send the link' }).click()
  await see(profile(page).getByText('Waiting for your confirmation'))
  await see(profile(page).getByText(email))
  assert.match(await said(profile(page).locator('.facts').first()), new RegExp(person.email), 'nothing has changed yet')

  const link = await linkIn(at.kit, email)
  await page.goto(link)
  await see(heading(page, 'Confirm your new email'))
  assert.equal(await page.getByLabel('New email').inputValue(), email)
  assert.equal(await page.getByLabel('Password', { exact: true }).count(), 0)
  await page.getByRole('button', { name: 'Confirm this email' }).click()
  await see(heading(page, 'Your email was changed'))
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'The email of your account was changed'))
  await page.getByRole('link', { name: 'Go to your profile' }).click()
  await see(profile(page).getByText(email))
  await gone(profile(page).getByText('Waiting for your confirmation'))

  await page.goto(link)
  await see(heading(page, 'This link no longer works'))
  const later = await at.open('/sign-in')
  await givePassword(later, { ...person, email })
  await see(heading(later, 'User Settings'))
})

test('somebody who is not signed in confirms a new email with the password, without a script', async () => {
  const { person, page, client } = await volunteer()
  const email = person.email.replace('person', 'elsewhere')
  await profile(page).getByRole('button', { name: 'Change email' }).click()
  await page.getByLabel('New email').fill(email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await see(profile(page).getByText('Waiting for your confirmation'))
  const other = await at.open(await linkIn(at.kit, email), { javaScriptEnabled: false })
  await other.getByLabel('Password', { exact: true }).fill('not the right one, by far')
  await other.getByRole('button', { name: 'Confirm this email' }).click()
  await see(other.getByText('That password is not right.'))
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, person.email)
  await other.getByLabel('Password', { exact: true }).fill(person.password)
  await other.getByRole('button', { name: 'Confirm this email' }).click()
  await see(heading(other, 'Your email was changed'))
  assert.equal((await client.call('GET', '/api/v1/session')).json.user.email, email)
})

test('a user calls a change of email off, and its link is dead', async () => {
  const { person, page } = await volunteer()
  const email = person.email.replace('person', 'never')
  await profile(page).getByRole('button', { name: 'Change email' }).click()
  await page.getByLabel('New email').fill(email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await profile(page).getByRole('button', { name: 'Call the change off' }).click()
  await see(page.getByText('Your email stays as it is'))
  await page.goto(await linkIn(at.kit, email))
  await see(heading(page, 'This link no longer works'))
})

test('a user changes the password with the present one; this session stays, the others end, and a mail says so', async () => {
  const { person, page } = await volunteer('/settings')
  const { page: other } = await at.openAs(person, '/settings')
  await see(heading(other, 'User Settings'))
  await page.getByRole('button', { name: 'Change password' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change password' })
  const give = async (current: string, password: string) => {
    await dialog.getByLabel(/^Current password/).fill(current)
    await dialog.getByLabel(/^New password/).fill(password)
    await dialog.getByRole('button', { name: 'Change password' }).click()
  }
  await give('', '')
  await see(dialog.getByText('Fill this in.'))
  await give(person.password, 'too short')
  await see(dialog.getByText('Use at least 15 characters'))
  await give('not the right one, by far', 'five unrelated words for one door')
  await see(dialog.getByText('That is not your current password.'))
  await give(person.password, 'five unrelated words for one door')
  await see(page.getByText('Your password was changed'))
  await gone(dialog)
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Your password was changed'))
  await other.reload()
  await see(heading(other, 'Log in'))
  await page.reload()
  await see(heading(page, 'User Settings'))
  const later = await at.open('/sign-in')
  await givePassword(later, { ...person, password: 'five unrelated words for one door' })
  await see(heading(later, 'User Settings'))
})
