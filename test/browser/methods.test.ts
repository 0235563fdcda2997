import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import { newId } from '#crypto/random.ts'
import type { Policy } from '#domain/policy.ts'
import { findPolicy } from '#store/policy.ts'
import type { Person } from '../kit.ts'
import { accountMenu, type BrowserKit, gone, heading, openBrowserKit, see, setUpApp } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ remembersHashes: true })
})
afterEach(() => at.tidy())
after(() => at.close())

const twoFactor = '/company-settings/general/two-factor'

async function desk(role: Role, policy: Partial<Policy>, path: string) {
  const site = await at.kit.site(policy)
  const person = await at.kit.person(site.id, { role })
  return { site, person, stored: () => findPolicy(at.kit.rooms.store.db, site.id), ...(await at.openAs(person, path)) }
}

async function bind({ id: user_id }: Pick<Person, 'id'>, kind: string, label: string): Promise<void> {
  const row = { id: newId(at.kit.now()), user_id, kind, label, secret_sealed: Buffer.alloc(1), counter: 0, hashes: [], used_hashes: [] }
  await at.kit.rooms.store.db
    .insertInto('authenticators')
    .values({ ...row, bound_at: at.kit.now(), last_used_at: null, retired_at: null })
    .execute()
}

const update = (page: Page) => page.getByRole('button', { name: 'Update', exact: true }).click()
const saved = (page: Page) => see(page.getByText('Saved.', { exact: true }))
const box = (page: Page, name: string): Locator => page.getByRole('checkbox', { name, exact: true })
const profile = (page: Page): Locator => page.getByRole('region', { name: 'Profile', exact: true })

test('S0.56 S0.57 S0.58 a Security Admin reads why text messages, email and calls are weaker, accepts them, and finds all three in the drop-down; an admin may only look', async () => {
  const { page, stored, site, person } = await desk('security-admin', { mode: 'opt-in' }, twoFactor)
  const method = page.getByRole('combobox', { name: '2FA Communication Method' })
  await see(method)
  assert.deepEqual(await method.locator('option').allTextContents(), ['Google / Microsoft Authenticator'])
  await see(page.getByText('Whoever takes over a mailbox'))
  for (const name of ['Email', 'Text Message', 'Phone Call']) {
    assert.equal(await box(page, name).isChecked(), false, 'off until somebody says so')
    await box(page, name).check()
  }
  await see(page.getByText('Numbers can be moved to another SIM card'))
  assert.deepEqual(await method.locator('option').allTextContents(), [
    'Google / Microsoft Authenticator',
    'Email',
    'Text Message',
    'Phone Call',
  ])
  await method.selectOption({ label: 'Phone Call' })
  await see(heading(page, 'Configuring Additional 2FA Settings'))
  await page.getByLabel('2FA Passcode Timeout').fill('7')
  await update(page)
  const question = page.getByRole('dialog', { name: 'Allow weaker methods?' })
  await see(question.getByText('answering machines'))
  await question.getByRole('button', { name: 'Cancel' }).click()
  await gone(question)
  assert.deepEqual((await stored()).methods, ['totp'], 'nothing is stored without it')
  await update(page)
  await question.getByRole('button', { name: 'I accept this' }).click()
  await saved(page)
  await see(page.getByText(`${person.name} accepted the weaker methods`))
  const { methods, defaultMethod, passcodeTimeoutMinutes } = await stored()
  assert.deepEqual([methods, defaultMethod, passcodeTimeoutMinutes], [['totp', 'email', 'sms', 'voice'], 'voice', 7])

  assert.equal(await page.getByText('No text and no call is sent yet').count(), 0, 'the installation has countries')
  await at.kit.rooms.store.db
    .insertInto('sending_rules')
    .values({
      organization_id: site.id,
      countries: [],
      daily_most: null,
      site_daily_most: null,
      sites_bring_gateways: false,
      version: 1,
      changed_by: person.id,
      changed_at: at.kit.now(),
    })
    .execute()
  await page.reload()
  await see(page.getByText('No text and no call is sent yet'))
  await page.getByRole('link', { name: 'To the countries' }).click()
  await see(page.getByText('No country is chosen, so no text and no call is sent.'))

  const admin = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), twoFactor)
  await see(admin.page.getByText('You can look, not change.'))
  assert.equal(await box(admin.page, 'Text Message').isDisabled(), true)
  await admin.client.call('GET', '/api/v1/session')
  const { version, ...rules } = await stored()
  const refused = await admin.client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...rules, version, defaultMethod: 'sms' })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
})

test('a change that needs a proof first is carried out afterwards, with the acceptance given before', async () => {
  const { page: own, person, stored } = await desk('security-admin', { mode: 'opt-in' }, twoFactor)
  at.kit.pass(301)
  await box(own, 'Email').check()
  await update(own)
  await own.getByRole('button', { name: 'I accept this' }).click()
  await own.getByRole('dialog', { name: 'Confirm that it is you' }).getByRole('button', { name: 'Confirm now' }).click()
  await see(heading(own, 'Confirm that it is you'))
  await own.getByLabel('Password', { exact: true }).fill(person.password)
  await own.getByRole('button', { name: 'Continue' }).click()
  const resumed = own.getByRole('dialog', { name: 'Go on where you stopped?' })
  await see(resumed.getByText('Accept Email, which is weaker than an app.'))
  await resumed.getByRole('button', { name: 'Continue' }).click()
  await see(own.getByText('accepted the weaker methods'))
  assert.deepEqual((await stored()).methods, ['totp', 'email'])
})

test('S0.33 S0.34 S0.35 a Security Admin standardizes all users on any allowed method by one preset, and sees whom it moves before it is stored', async () => {
  const { page, stored, site, person } = await desk('security-admin', { mode: 'opt-in', methods: ['totp', 'sms', 'voice'] }, twoFactor)
  const other = await at.kit.person(site.id)
  await bind(other, 'totp', 'Phone')
  await page.getByRole('button', { name: 'Standardize on one method' }).click()
  assert.deepEqual(await page.getByRole('menuitem').allInnerTexts(), [
    'Standardize on Google / Microsoft Authenticator',
    'Standardize on Text Message',
    'Standardize on Phone Call',
  ])
  await page.getByRole('menuitem', { name: 'Standardize on Text Message' }).click()
  assert.equal(await page.getByRole('switch', { name: 'Allow Users to Change 2FA Communication' }).isChecked(), false)
  assert.equal(await page.getByRole('radio', { name: 'Force All Users On 2FA' }).isChecked(), true)
  assert.equal(await box(page, 'Google / Microsoft Authenticator').isChecked(), false)
  await see(page.getByText('1 person will set up an authenticator at their next sign-in.'))
  await see(page.getByText('1 person has only what is no longer allowed to them'))
  await see(page.getByText('2 of them have no verified number'))
  await see(page.getByText(`${person.name}, ${other.name}`))
  await see(page.getByText('1 session ends.'))
  await update(page)
  await page.waitForURL('**/sign-in**')
  const { methods, defaultMethod, mayChangeMethod, mode } = await stored()
  assert.deepEqual([methods, defaultMethod, mayChangeMethod, mode], [['sms'], 'sms', false, 'everyone'])
})

test('a draft of the rules outlives a look at another tab, and can be dropped', async () => {
  const { page, stored } = await desk('security-admin', { mode: 'opt-in' }, twoFactor)
  await page.getByLabel('2FA Passcode Timeout').fill('8')
  await see(page.getByText('2FA Passcode Timeout: 8 minutes'))
  for (const tab of ['Appearance', 'Password Security Rules']) await page.getByRole('tab', { name: tab }).click()
  await see(page.getByText('2FA Passcode Timeout: 8 minutes'))
  await page.getByLabel('Least password length').fill('21')
  await page.getByRole('tab', { name: 'Two-Factor Authentication' }).click()
  assert.equal(await page.getByLabel('2FA Passcode Timeout').inputValue(), '8 minutes')
  await see(page.getByText('least password length: 21'))
  await page.getByRole('button', { name: 'Drop my draft' }).click()
  await gone(page.getByText('Not saved yet.'))
  assert.equal(await page.getByLabel('2FA Passcode Timeout').inputValue(), '5 minutes')
  assert.equal((await stored()).version, 1)
})

test('S0.38 S3.32 S3.33 an admin sets the Two Factor Type and the number of a person, by country and as it is dialed there; a user may not', async () => {
  const { page, site, client } = await desk('admin', { mode: 'chosen', methods: ['totp', 'sms', 'voice'] }, '/users')
  const person = await at.kit.person(site.id)
  await page.goto(`/users/${person.id}`)
  const type = page.getByLabel('Two Factor Type')
  await see(type)
  assert.deepEqual(await type.locator('option').allTextContents(), [
    "Organization's default",
    'Google / Microsoft Authenticator',
    'Text Message',
    'Phone Call',
  ])
  await type.selectOption({ label: 'Text Message' })
  const country = page.getByRole('combobox', { name: 'Country Code' })
  await country.fill('germ')
  await page.getByRole('option', { name: 'Germany (+49)' }).click()
  await page.getByLabel('Cell Phone').fill('12')
  await update(page)
  await see(page.getByText('This is not a phone number of that country.'))
  await page.getByLabel('Cell Phone').fill('01512 3456789')
  await update(page)
  await saved(page)
  await see(page.getByText('Not verified yet: the person proves it'))
  const user = `/api/v1/organizations/${site.id}/users/${person.id}`
  const { method, phone } = (await client.call('GET', user)).json
  assert.deepEqual([method, phone], ['sms', { number: '+4915123456789', isVerified: false }])
  await page.reload()
  assert.equal(await country.inputValue(), 'Germany (+49)')

  const plain = await at.openAs(await at.kit.person(site.id), `/users/${person.id}`)
  await see(plain.page.getByText('This page is not open to you'))
  await plain.client.call('GET', '/api/v1/session')
  const refused = await plain.client.call('PATCH', user, { phone: null })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
})

test('S0.61 S2.44 S2.45 S2.46 S2.47 S2.48 a user opens User Settings by their name, finds the card with its choices, picks the app with the radio button and configures it with any TOTP app', async () => {
  const { page, person, site } = await desk(
    'user',
    { mode: 'opt-in', methods: ['totp', 'email', 'sms'], defaultMethod: 'sms' },
    '/help/two-factor',
  )
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'User Settings' }).click()
  const card = page.getByRole('region', { name: 'Two-Factor Authentication', exact: true })
  await see(card.getByRole('radio'))
  assert.deepEqual(await card.getByRole('radio').evaluateAll((all) => all.map((one) => (one as { value?: string }).value ?? '')), [
    'sms',
    'totp',
    'email',
  ])
  await card.getByRole('radio', { name: 'Third Party Authenticator App' }).check()
  await see(card.getByText('Duo Mobile or any TOTP app'))
  await card.getByRole('button', { name: 'Enable 2FA' }).click()
  const dialog = page.getByRole('dialog', { name: 'Enable 2FA' })
  await see(dialog.getByText('Get an authenticator app on your phone'))
  await see(dialog.getByText('You may also use: Text Message and Email.'))
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  // What is set up is marked, with where its codes go; where the organization has chosen there is nothing to pick.
  const { db } = at.kit.rooms.store
  await db.updateTable('users').set({ phone: '+4915123454711', phone_verified_at: at.kit.now() }).where('id', '=', person.id).execute()
  await bind(person, 'sms', 'My phone')
  await page.reload()
  await see(card.getByText('Text Message to •••• 4711'))
  await see(card.getByText('In use. We send a code'))
  assert.equal(await card.getByRole('radio', { name: 'Text Message' }).isChecked(), true)
  await card.getByRole('radio', { name: 'Email' }).check()
  await see(card.getByRole('button', { name: 'Set up: Email' }))
  await db.updateTable('policies').set({ may_change_method: false }).where('organization_id', '=', site.id).execute()
  await page.reload()
  await see(card.getByText(`${site.name} has chosen the method`))
  assert.equal(await card.getByRole('radio').count(), 0, 'S0.61: only where change is allowed')

  // S2.47 S2.48, with an app alone.
  const second = await desk('user', { mode: 'opt-in' }, '/settings')
  await second.page.getByRole('radio', { name: 'Third Party Authenticator App' }).check()
  await second.page.getByRole('button', { name: 'Enable 2FA' }).click()
  await second.page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click()
  await see(heading(second.page, 'Set up Two-Factor Authentication'))
  await setUpApp(at.kit, second.page, second.person)
  await see(heading(second.page, 'Set-up is complete'))
  await second.page
    .getByRole('link', { name: 'Continue' })
    .or(second.page.getByRole('button', { name: 'Continue' }))
    .click()
  await see(second.page.getByText('SECURED', { exact: true }))
})

test('a number that codes go to is changed on the pages where the new one is proved, and removed only after a question', async () => {
  const { page, person } = await desk('user', { mode: 'opt-in', methods: ['totp', 'sms'] }, '/settings')
  const { db } = at.kit.rooms.store
  const set = (phone: string, phone_verified_at: Date | null) =>
    db.updateTable('users').set({ phone, phone_verified_at }).where('id', '=', person.id).execute()
  await set('+4915123456789', null)
  await page.reload()
  await see(profile(page).getByRole('button', { name: 'Verify this number' }))
  await set('+4915123456789', at.kit.now())
  await bind(person, 'sms', 'My phone')
  await page.reload()
  await see(profile(page).getByText('Verified: a code has proved'))
  assert.equal(await profile(page).getByRole('button', { name: 'Verify this number' }).count(), 0)
  await profile(page).getByLabel('Cell Phone').fill('01512 3456780')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  const question = page.getByRole('dialog', { name: 'Change the number that your codes go to?' })
  await see(question.getByText('until then nothing changes'))
  await see(question.getByRole('button', { name: 'Prove the new number' }))
  await question.getByRole('button', { name: 'Cancel' }).click()
  await profile(page).getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the number' }).click()
  // The session is from before the message was bound: it gives the second step first.
  await see(page.getByRole('dialog', { name: 'Confirm that it is you' }))
  const { phone } = await db.selectFrom('users').select('phone').where('id', '=', person.id).executeTakeFirstOrThrow()
  assert.equal(phone, '+4915123456789')
})

test('the list of users narrows by method, and keeps that in its address', async () => {
  const { page, site } = await desk('admin', { mode: 'opt-in', methods: ['totp', 'sms'] }, '/users')
  const [texts, none] = [await at.kit.person(site.id), await at.kit.person(site.id)]
  await bind(texts, 'sms', 'My phone')
  await page.getByLabel('Method', { exact: true }).selectOption({ label: 'Text Message' })
  await see(page.getByText('1 person', { exact: true }))
  await see(page.getByRole('link', { name: texts.name, exact: true }))
  await gone(page.getByRole('link', { name: none.name, exact: true }))
  assert.equal(new URL(page.url()).search, '?method=sms')
})
