import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { findPolicy } from '#store/policy.ts'
import { type BrowserKit, gone, heading, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const twoFactor = '/company-settings/general/two-factor'
const passwords = '/company-settings/general/password-rules'

async function desk(policy: Partial<Policy>, path = twoFactor, role: Role = 'security-admin') {
  const site = await at.kit.site(policy)
  const person = await at.kit.person(site.id, { role })
  return { site, person, stored: () => findPolicy(at.kit.rooms.store.db, site.id), ...(await at.openAs(person, path)) }
}

const update = (page: Page) => page.getByRole('button', { name: 'Update', exact: true }).click()
const saved = (page: Page) => see(page.getByText('Saved.', { exact: true }))
const isFocused = (thing: Locator) => thing.evaluate((element) => element === element.ownerDocument.activeElement)

test('S0.12 S0.22 S0.58 S0.64 S0.65 every rule has its field, is explained, kept while the switch is off, and read back as it was saved', async () => {
  const { page, stored, client, site } = await desk({ mode: 'opt-in' })
  await see(heading(page, 'Configuring Additional 2FA Settings'))

  // S0.22: one drop-down, of the methods that there are.
  const method = page.getByRole('combobox', { name: '2FA Communication Method' })
  assert.deepEqual(await method.locator('option').allTextContents(), ['Google / Microsoft Authenticator'])
  assert.equal(await page.getByRole('checkbox', { name: 'Google / Microsoft Authenticator' }).isDisabled(), true, 'one is always allowed')

  // S0.64: unit, floor, ceiling, and what it does not touch.
  const timeout = page.getByLabel('2FA Passcode Timeout')
  assert.equal(await timeout.inputValue(), '5 minutes')
  await see(page.getByText('How long a code that was sent to somebody is good: 1 to 10 minutes.'))
  await see(page.getByText('they change every 30 seconds'))
  await timeout.fill('11')
  assert.notEqual(await timeout.inputValue(), '11 minutes', 'the ceiling')
  await timeout.fill('3')
  for (const minutes of [0, 11]) {
    const { version, ...rules } = await stored()
    await client.call('GET', '/api/v1/session')
    const refused = await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, {
      ...rules,
      version,
      passcodeTimeoutMinutes: minutes,
    })
    assert.deepEqual([refused.status, refused.json.code], [400, 'malformed'])
  }
  await page.getByLabel('Remember devices for').fill('0')
  const strict = page.getByRole('switch', { name: 'Strict time for app codes' })
  await strict.click()
  await page.getByRole('switch', { name: 'Allow Users to Change 2FA Communication' }).click()
  await see(page.getByText('2FA Passcode Timeout: 3 minutes'))
  await update(page)
  await saved(page)
  const { passcodeTimeoutMinutes, rememberDays, strictTotp, mayChangeMethod } = await stored()
  assert.deepEqual([passcodeTimeoutMinutes, rememberDays, strictTotp, mayChangeMethod], [3, 0, true, false])

  // S0.12: off, all of it is folded away and kept.
  await page.getByRole('switch', { name: 'Enable 2FA' }).click()
  for (const folded of [timeout, method, strict]) await gone(folded)
  await update(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Switch it off' }).click()
  await see(page.getByText('Two-Factor Authentication is OFF.'))
  await page.reload()
  await page.getByRole('switch', { name: 'Enable 2FA' }).click()
  assert.equal(await timeout.inputValue(), '3 minutes')
  assert.equal(await strict.isChecked(), true)
  assert.equal(await page.getByLabel('Remember devices for').inputValue(), '0 days')
})

test('S0.34 S0.35 "Standardize on one method" turns the change switch off and forces everybody, in the form first, with whom it concerns', async () => {
  const { page, stored, person, site } = await desk({ mode: 'opt-in' })
  const other = await at.kit.person(site.id)
  const before = await stored()
  await page.getByRole('button', { name: 'Standardize on one method' }).click()
  assert.equal(await page.getByRole('switch', { name: 'Allow Users to Change 2FA Communication' }).isChecked(), false)
  assert.equal(await page.getByRole('radio', { name: 'Force All Users On 2FA' }).isChecked(), true)
  await see(page.getByText('2 people will set up an authenticator at their next sign-in.'))
  await see(page.getByText(`${person.name}, ${other.name}`))
  await see(page.getByText('1 session ends.'))
  assert.deepEqual(await stored(), before, 'nothing is stored before the button')
  await update(page)
  await page.waitForURL('**/sign-in**')
  assert.deepEqual(await stored(), { ...before, mayChangeMethod: false, mode: 'everyone', version: before.version + 1 })
})

test('a Security Admin who was overtaken is told what changed and by whom, keeps the draft, and saves it on top', async () => {
  const { page, site, stored } = await desk({ mode: 'opt-in' })
  await page.getByRole('radio', { name: 'Chosen users' }).check()
  await page.getByLabel('2FA Passcode Timeout').fill('3')
  const other = await at.kit.person(site.id, { role: 'security-admin' })
  const client = await at.kit.signIn(other)
  const put = async (change: Partial<Policy>) =>
    assert.equal((await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...(await stored()), ...change })).status, 200)
  await put({ newUsersRequired: true, passcodeTimeoutMinutes: 7 })
  await update(page)
  const told = page.getByRole('alert').filter({ hasText: `${other.name} changed these settings while you were here.` })
  await see(told)
  await see(told.getByText('new users start as not required → new users start as required.'))
  await see(
    told.getByText(
      '2FA Passcode Timeout: 5 minutes → 2FA Passcode Timeout: 7 minutes. In your draft it is "2FA Passcode Timeout: 3 minutes".',
    ),
  )
  assert.equal((await stored()).mode, 'opt-in', 'nothing was overwritten')
  assert.equal(await page.getByRole('radio', { name: 'Chosen users' }).isChecked(), true, 'the draft is kept')
  assert.equal(await page.getByRole('checkbox', { name: 'New users start as required' }).isChecked(), true, 'and the rest follows')
  await update(page)
  await saved(page)
  await gone(told)
  const { mode, newUsersRequired, passcodeTimeoutMinutes } = await stored()
  assert.deepEqual([mode, newUsersRequired, passcodeTimeoutMinutes], ['chosen', true, 3])

  // The draft can be dropped, too.
  await page.getByLabel('2FA Passcode Timeout').fill('4')
  await put({ strictTotp: true })
  await update(page)
  await page.getByRole('button', { name: 'Drop my draft' }).click()
  assert.equal(await page.getByLabel('2FA Passcode Timeout').inputValue(), '3 minutes')
  await gone(page.getByText('Not saved yet.'))
})

test('S1.2 S1.14 Client Settings, Password Security Rules leads to the same switch: off there is off on the other tab, and search finds it by both names', async () => {
  const { page, stored } = await desk({ mode: 'opt-in' }, '/client-settings/password-security-rules')
  await page.waitForURL(`**${passwords}`)
  const master = page.getByRole('switch', { name: 'Enable 2FA' })
  assert.equal(await master.isChecked(), true)
  await page.getByLabel('Least password length').fill('20')
  await master.click()
  await see(page.getByText('From then on the password alone signs everybody in.'))
  await update(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Switch it off' }).click()
  await see(page.getByText('Two-Factor Authentication is OFF.'))
  const { enabled, leastPasswordLength } = await stored()
  assert.deepEqual([enabled, leastPasswordLength], [false, 20])

  const search = page.getByRole('searchbox', { name: 'Find a setting' })
  await search.fill('Password Security Rules')
  await see(page.getByRole('list', { name: 'Settings found' }).getByRole('link', { name: 'Password Security Rules' }))
  await search.fill('Client Settings domain')
  await page.getByRole('list', { name: 'Settings found' }).getByRole('link', { name: 'Enable 2FA' }).click()
  await page.waitForURL(`**${twoFactor}#enable`)
  await see(heading(page, 'TWO-FACTOR AUTHENTICATION'))
  assert.equal(await master.isChecked(), false)
})

test('S0.60 one search finds the change switch under both of its names, and leads to the very switch', async () => {
  const { page } = await desk({ mode: 'opt-in' }, passwords)
  for (const name of ['Allow Users to Change Method of 2FA Communication', 'Allow Users to Change 2FA Communication']) {
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill(name)
    await see(page.getByText('1 setting', { exact: true }))
    await page.getByRole('link', { name: 'Allow Users to Change 2FA Communication' }).click()
    const change = page.getByRole('switch', { name: 'Allow Users to Change 2FA Communication' })
    await see(change)
    assert.equal(await isFocused(change), true)
  }
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('carrier pigeon')
  await see(page.getByText('No setting of this name.'))
})

test('help finds settings as well; who may not see Company Settings is not led there', async () => {
  const { page } = await desk({ mode: 'opt-in' }, '/help/two-factor', 'user')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('Passcode Timeout')
  await see(page.getByText('No setting of this name.'))
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('reset qr')
  await page.getByRole('link', { name: 'Two-Factor Authentication', exact: true }).click()
  await see(heading(page, 'User Settings'))
})

test('S1.9 who is invited starts as required where the rule says so, and a banner counts who is not covered', async () => {
  const { page, site, client } = await desk({ mode: 'chosen', newUsersRequired: true })
  await see(page.getByText('1 person not covered'))
  await client.call('GET', '/api/v1/session')
  const invited = await client.call('POST', `/api/v1/organizations/${site.id}/users`, {
    name: 'Ina Invited',
    email: 'ina@example.org',
    role: 'user',
  })
  assert.equal(invited.json.required, true)
  await page.reload()
  await see(page.getByText('2 people not covered'))
  await see(page.getByText('1 of them must set up an authenticator and have not yet.'))
  await page.getByRole('link', { name: 'See who' }).click()
  await see(page.getByRole('row').filter({ hasText: 'Ina Invited' }))
})
