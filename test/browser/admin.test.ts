import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { startingPolicy } from '#domain/policy.ts'
import { rulesOf } from '../kit.ts'
import { accountMenu, actionsMenu, type BrowserKit, givePassword, gone, heading, openBrowserKit, said, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const settings = '/company-settings/general/two-factor'

async function desk(role: Role, policy: Partial<Policy>, path: string) {
  const site = await at.kit.site(policy)
  const person = await at.kit.person(site.id, { role })
  return { site, person, ...(await at.openAs(person, path)) }
}

const row = (page: Page, { name }: { readonly name: string }): Locator => page.getByRole('row').filter({ hasText: name })
const update = (page: Page) => page.getByRole('button', { name: 'Update', exact: true }).click()
const adminMenu = async (page: Page): Promise<Locator> => {
  await page.getByRole('navigation', { name: 'Admin' }).getByRole('button', { name: 'Admin' }).click()
  return page.getByRole('menu')
}

test('S0.9 S0.10 S2.7 S2.9 a Security Admin of the provider and of a site find the same card under Admin > Company Settings > General', async () => {
  const site = await at.kit.site({ enabled: false })
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const deputy = await at.kit.person(at.kit.provider.id, { role: 'security-admin', required: true })
  for (const person of [head, deputy]) {
    const { page } = await at.openAs(person, '/settings')

    // S2.7: Admin, Company Settings.
    await (await adminMenu(page)).getByRole('menuitem', { name: 'Company Settings' }).click()
    await see(heading(page, 'Company Settings'))
    await see(page.getByText('General', { exact: true }))

    // S0.10: a tab of that name, with an address of its own and its own help page.
    const tab = page.getByRole('tab', { name: 'Two-Factor Authentication' })
    assert.equal(await tab.getAttribute('aria-selected'), 'true')
    await page.getByRole('tab', { name: 'Password Security Rules' }).click()
    await see(heading(page, 'PASSWORD SECURITY RULES'))
    await tab.click()
    await page.waitForURL(`**${settings}`)
    await page.reload()
    assert.equal(await tab.getAttribute('aria-selected'), 'true')

    // S2.9: the card.
    const card = page.getByRole('region', { name: 'TWO-FACTOR AUTHENTICATION', exact: true })
    await see(card.getByRole('switch', { name: 'Enable 2FA' }))
    await card.getByRole('link', { name: 'Help' }).click()
    await see(heading(page, 'Settings - Two-Factor Authentication (2FA)'))

    // S0.9: the path "Settings > General" leads there as well.
    await page.goto('/settings/general')
    await page.waitForURL(`**${settings}`)
    await see(card.getByRole('switch', { name: 'Enable 2FA' }))
  }
})

test('S0.11 S0.12 S0.39 S0.40 S1.3 S1.4 S1.5 S1.7 S2.5 a Security Admin switches it ON: the options unfold, Update saves, and the saved value is read back', async () => {
  const { site, page, client } = await desk('security-admin', { enabled: false, mode: 'opt-in' }, settings)
  const stored = async () => {
    const { version: _version, ...rules } = await rulesOf(client, site.id)
    return rules
  }
  const master = page.getByRole('switch', { name: 'Enable 2FA' })
  const options = [
    page.getByRole('radiogroup', { name: 'Who must use it' }),
    page.getByRole('checkbox', { name: 'New users start as required' }),
    heading(page, 'OTP Authenticator (Duo Mobile, Google, Microsoft, etc)'),
  ]

  // S0.11 S0.12 S1.3: one master switch; while it is off there is nothing else.
  await see(page.getByText('OFF', { exact: true }))
  assert.equal(await page.getByRole('switch').count(), 1)
  for (const option of options) assert.equal(await option.count(), 0)
  await master.click()
  await see(page.getByText('ON', { exact: true }))
  for (const option of options) await see(option)

  // S0.39 S0.40: the section of authenticator apps and its entry.
  const method = page.getByLabel('2FA Communication Method').locator('option:checked')
  assert.equal(await method.textContent(), 'Google / Microsoft Authenticator')

  // S1.7: available, chosen users, everyone.
  for (const mode of ['Opt-in: each person decides', 'Chosen users: those marked Required 2FA', 'Force All Users On 2FA']) {
    await see(page.getByRole('radio', { name: mode }))
  }
  await page.getByRole('radio', { name: 'Chosen users' }).check()
  await page.getByRole('checkbox', { name: 'New users start as required' }).check()
  await see(page.getByText('Not saved yet.'))
  assert.deepEqual(await stored(), { ...startingPolicy, mode: 'opt-in', newUsersRequired: false }, 'nothing is stored before the button')

  // S1.4 S1.5 S2.5: the button, the message, and the value as it is stored now.
  await update(page)
  await see(page.getByText('Saved.', { exact: true }))
  await see(page.getByText('Two-Factor Authentication is ON, required of those marked Required 2FA; new users start as required.'))
  assert.deepEqual(await stored(), { ...startingPolicy, enabled: true })
  await page.reload()
  await see(options[0] as Locator)
  assert.equal(await page.getByRole('radio', { name: 'Chosen users' }).isChecked(), true)

  // S0.12: switched off, after a question with figures, the values are kept for the day it is on again.
  await master.click()
  await gone(options[0] as Locator)
  await update(page)
  const question = page.getByRole('dialog', { name: 'Switch Two-Factor Authentication off for everybody?' })
  await see(question.getByText('nobody has an authenticator set up'))
  await question.getByRole('button', { name: 'Switch it off' }).click()
  await see(page.getByText('Two-Factor Authentication is OFF.'))
  assert.equal((await stored()).enabled, false)
  await page.reload()
  await master.click()
  assert.equal(await page.getByRole('radio', { name: 'Chosen users' }).isChecked(), true)
  assert.equal(await page.getByRole('checkbox', { name: 'New users start as required' }).isChecked(), true)
})

test('S0.62 S0.63 "Force All Users On 2FA": off, a user signs in without; on, the same user does not get in without a factor', async () => {
  const { site, page } = await desk('security-admin', { mode: 'opt-in' }, settings)
  const user = await at.kit.person(site.id)

  // S0.63: opt-in. The user is in with the password alone, and is offered to switch it on.
  const free = await at.open('/sign-in')
  await givePassword(free, user)
  await see(heading(free, 'User Settings'))
  await see((await accountMenu(free, user)).getByRole('menuitem', { name: 'Enable 2FA' }))

  // S0.62: forced, with the consequence in figures before the click.
  await page.reload()
  await page.getByRole('radio', { name: 'Force All Users On 2FA' }).check()
  await see(page.getByText('2 people will set up an authenticator at their next sign-in.'))
  await update(page)
  const forced = await at.open('/sign-in')
  await givePassword(forced, user)
  await see(heading(forced, 'Set up Two-Factor Authentication'))
  await see(forced.getByText(`${site.name} requires Two-Factor Authentication from everyone.`))
  await forced.goto('/settings')
  await see(heading(forced, 'Set up Two-Factor Authentication'))
  assert.equal((await forced.request.get('/api/v1/session')).status(), 401)
})

test('S1.1 S2.5 a plain admin sees the setting read-only, with whom to ask, and the API answers 403', async () => {
  const { site, page, client } = await desk('admin', { mode: 'opt-in' }, settings)
  await see(page.getByText(`You can look, not change. A Security Admin of ${site.name} can change this.`))
  assert.equal(await page.getByRole('switch', { name: 'Enable 2FA' }).isDisabled(), true)
  for (const radio of await page.getByRole('radio').all()) assert.equal(await radio.isDisabled(), true)
  for (const box of await page.getByRole('checkbox').all()) assert.equal(await box.isDisabled(), true)
  for (const field of await page.getByRole('textbox').all()) assert.equal(await field.isDisabled(), true)
  assert.equal(await page.getByRole('button', { name: 'Update' }).count(), 0)
  const policy = await rulesOf(client, site.id)
  const refused = await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...policy, enabled: false })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
  assert.equal((await client.call('GET', `/api/v1/organizations/${site.id}/policy`)).json.enabled, true)
})

test('S2.8 a user has no Admin menu, gets the forbidden page at the address itself, and 403 from the API', async () => {
  const { site, page, client, person } = await desk('user', { mode: 'opt-in' }, '/settings')
  await see(heading(page, 'User Settings'))
  assert.equal(await page.getByRole('button', { name: 'Admin' }).count(), 0)
  const menu = await accountMenu(page, person)
  assert.equal(await menu.getByRole('menuitem', { name: /Team|Users|Company/ }).count(), 0)
  await page.goto(settings)
  await see(page.getByText('This page is not open to you'))
  await see(page.getByText(`Only a Security Admin of ${site.name} can see Company Settings.`))
  assert.equal(await page.getByRole('switch').count(), 0)
  await page.goto('/users')
  await see(page.getByText('This page is not open to you'))
  await page.goto(`/users/${person.id}`)
  await see(page.getByText('This page is not open to you'))
  for (const path of ['policy', 'users', `users/${person.id}`]) {
    const refused = await client.call('GET', `/api/v1/organizations/${site.id}/${path}`)
    assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'], path)
  }
  const put = await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...startingPolicy, version: 1 })
  assert.equal(put.status, 403)
})

test('S1.6 S1.10 S1.11 S1.12 S1.15 S4.20 an admin finds each user in the list with their state; a Security Admin enables and disables one of them by the three dots', async () => {
  const { site, page, client } = await desk('security-admin', { mode: 'chosen' }, '/settings')
  const [free, due, safe] = [
    await at.kit.person(site.id),
    await at.kit.person(site.id, { required: true }),
    await at.kit.person(site.id, { required: true }),
  ]
  await at.kit.signIn(safe)

  // S1.10: Admin, Users. S1.6: available, required, and set up.
  await (await adminMenu(page)).getByRole('menuitem', { name: 'Users' }).click()
  await see(heading(page, 'Users'))
  await see(row(page, free).getByText('NOT SET UP', { exact: true }))
  await see(row(page, due).getByText('REQUIRED', { exact: true }))
  await see(row(page, safe).getByText('SECURED', { exact: true }))
  await see(page.getByText('4 people', { exact: true }))

  // The search narrows the list to one, and says so when there is nobody.
  await page.getByRole('searchbox', { name: 'Search users' }).fill(due.email)
  await gone(row(page, free))
  await see(row(page, due))
  await page.getByRole('searchbox', { name: 'Search users' }).fill('nobody of this name')
  await see(page.getByText('Nobody matches', { exact: true }))
  await page.getByRole('button', { name: 'Clear the search' }).first().click()

  // S1.11 S1.12: the three dots in the column "Actions", and "Enable Two-Factor Authentication".
  await see(page.getByRole('columnheader', { name: 'Actions' }))
  const menu = await actionsMenu(page, free)
  assert.equal(await said(menu.getByRole('menuitem').first()), 'Edit User')
  await menu.getByRole('menuitem', { name: 'Enable Two-Factor Authentication' }).click()
  await see(page.getByText(`Two-Factor Authentication is now required of ${free.name}`))
  await see(row(page, free).getByText('REQUIRED', { exact: true }))
  assert.ok((await at.kit.mailsTo(free.email)).some(({ subject }) => subject === `${site.name} requires Two-Factor Authentication`))

  // S1.15: "Disable Two-Factor Authentication" for one user, after a question with the consequence.
  await (await actionsMenu(page, safe)).getByRole('menuitem', { name: 'Disable Two-Factor Authentication' }).click()
  const question = page.getByRole('dialog', { name: `Disable Two-Factor Authentication for ${safe.name}?` })
  await see(question.getByText('from then on the password alone opens the account'))
  await question.getByRole('button', { name: 'Disable Two-Factor Authentication' }).click()
  await see(page.getByText(`Two-Factor Authentication is off for ${safe.name}`))
  await see(row(page, safe).getByText('NOT SET UP', { exact: true }))
  const later = await at.open('/sign-in')
  await givePassword(later, safe)
  await see(heading(later, 'User Settings'))

  // S4.20: a click on the name opens the page of that user.
  await row(page, due).getByRole('link', { name: due.name, exact: true }).click()
  await see(heading(page, due.name))
  await see(page.getByText(due.email))

  // A plain admin may enable and not disable: the entry says why, and the API refuses.
  const admin = await at.kit.person(site.id, { role: 'admin' })
  const { page: other, client: plain } = await at.openAs(admin, '/users')
  const entry = (await actionsMenu(other, due)).getByRole('menuitem', { name: 'Disable Two-Factor Authentication' })
  await see(entry.getByText('Only a Security Admin can do this'))
  assert.equal(await entry.getAttribute('data-disabled'), 'true')
  const path = `/api/v1/organizations/${site.id}/users/${due.id}/two-factor`
  assert.equal((await plain.call('POST', path, { action: 'disable' })).status, 403)
  assert.equal((await client.call('GET', `/api/v1/organizations/${site.id}/users/${due.id}`)).json.required, true)
})

test('S1.6 S1.16 S1.17 while it is off, each user is NOT AVAILABLE and the entry is greyed, with the link for a Security Admin and the one to ask for an admin', async () => {
  const { site, page, client } = await desk('security-admin', { enabled: false }, '/users')
  const user = await at.kit.person(site.id)
  await page.reload()
  await see(row(page, user).getByText('NOT AVAILABLE', { exact: true }))
  const menu = await actionsMenu(page, user)

  // S1.16: greyed, with that text, and no entry that could be chosen instead.
  const entry = menu.getByRole('menuitem', { name: 'Two-Factor Authentication not available' })
  assert.equal(await entry.getAttribute('data-disabled'), 'true')
  assert.equal(await menu.getByRole('menuitem', { name: /^(En|Dis)able Two-Factor/ }).count(), 0)
  const refused = await client.call('POST', `/api/v1/organizations/${site.id}/users/${user.id}/two-factor`, { action: 'enable' })
  assert.deepEqual([refused.status, refused.json.code], [409, 'two-factor-not-available'])

  // S1.17: it leads to the setting.
  await menu.getByRole('menuitem', { name: 'Switch it on in Company Settings' }).click()
  await see(page.getByRole('switch', { name: 'Enable 2FA' }))

  const admin = await at.kit.person(site.id, { role: 'admin' })
  const { page: other } = await at.openAs(admin, '/users')
  const plain = await actionsMenu(other, user)
  await see(plain.getByRole('menuitem', { name: 'Two-Factor Authentication not available' }).getByText('A Security Admin can switch it on'))
  assert.equal(await plain.getByRole('menuitem', { name: 'Switch it on in Company Settings' }).count(), 0)
})

test('S4.18 S4.21 S4.22 S4.23 an admin ticks "Required 2FA" for another administrator, who must then set up an app and cannot disable it', async () => {
  const { site, page, client } = await desk('admin', { mode: 'chosen' }, '/users')
  const colleague = await at.kit.person(site.id, { role: 'admin' })
  await page.reload()
  await (await actionsMenu(page, colleague)).getByRole('menuitem', { name: 'Edit User' }).click()
  await see(heading(page, 'Edit User'))

  // S4.18 S4.21: a check box of that name on the user's page.
  const box = page.getByRole('checkbox', { name: 'Required 2FA' })
  assert.equal(await box.isChecked(), false)
  await box.check()
  await update(page)
  await see(page.getByText('Saved.', { exact: true }))
  await see(page.getByText('REQUIRED', { exact: true }))

  // An admin cannot take it back: greyed with the reason, and refused.
  await see(page.getByText('Only a Security Admin can take the requirement away.'))
  assert.equal(await box.isDisabled(), true)
  const refused = await client.call('PATCH', `/api/v1/organizations/${site.id}/users/${colleague.id}`, { required: false })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])

  // S4.23: without an app the colleague is led to the set-up at the next sign-in.
  const theirs = await at.open('/sign-in')
  await givePassword(theirs, colleague)
  await see(heading(theirs, 'Set up Two-Factor Authentication'))
  await see(theirs.getByText(`${site.name} requires Two-Factor Authentication from you.`))

  // S4.22: once it is set up, there is no way to switch it off.
  const { page: own, client: theirClient } = await at.openAs(colleague, '/settings')
  const menu = await accountMenu(own, colleague)
  await see(menu.getByText(`Required by ${site.name}`))
  assert.equal(await menu.getByRole('menuitem', { name: 'Disable 2FA' }).count(), 0)
  const disable = await theirClient.call('POST', '/api/v1/me/sign-ins', { intent: 'disable' })
  assert.deepEqual([disable.status, disable.json.code], [409, 'two-factor-required'])
})

test('an admin sees no Security Admin within reach: the menu says who stands above, and the API refuses a reset', async () => {
  const { site, page, client } = await desk('admin', { mode: 'everyone' }, '/users')
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  await at.kit.signIn(head)
  await page.reload()
  const menu = await actionsMenu(page, head)
  await see(menu.getByText('The role Security Admin stands above yours.'))
  assert.equal(await menu.getByRole('menuitem', { name: 'Reset', exact: true }).getAttribute('data-disabled'), 'true')
  const refused = await client.call('POST', `/api/v1/organizations/${site.id}/users/${head.id}/two-factor`, { action: 'reset' })
  assert.equal(refused.status, 403)
})
