import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { type BrowserKit, giveCode, givePassword, gone, heading, openBrowserKit, said, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const card = (page: Page): Locator => page.getByRole('region', { name: 'Two-Factor Authentication' })
const devices = (page: Page): Locator => page.getByRole('region', { name: 'Remembered devices' })
const box = (page: Page): Locator => page.getByRole('checkbox', { name: /^Remember this device for/ })

/** Somebody with an app, whose next code is good. */
async function secured(policy: Partial<Policy> = {}, role: Role = 'user') {
  const site = await at.kit.site({ mode: 'everyone', ...policy })
  const person = await at.kit.person(site.id, { role })
  await at.kit.signIn(person)
  at.kit.pass(30)
  return { site, person }
}

/** Signs in with both steps and ticks the box. */
async function remember(person: Awaited<ReturnType<typeof secured>>['person']): Promise<Page> {
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await box(page).check()
  await giveCode(page, at.kit.code(person))
  await see(heading(page, 'User Settings'))
  return page
}

async function signOut(page: Page, { name }: { readonly name: string }): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name, exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await see(page.getByText('You are logged out.'))
}

test('S3.20 S3.21 S1.28 a user ticks "Remember this device for 30 days", is asked no code there any more, and takes it back in the settings', async () => {
  const { person } = await secured()

  // S3.21: offered with thirty days by default, and not ticked.
  const first = await at.open('/sign-in')
  await givePassword(first, person)
  await see(first.getByText('Remember this device for 30 days', { exact: true }))
  assert.equal(await box(first).isChecked(), false)
  await giveCode(first, at.kit.code(person))
  await see(devices(first).getByText('None. Tick "Remember this device for 30 days"'))
  await signOut(first, person)
  await givePassword(first, person)
  await see(heading(first, 'Two-Factor Authentication'))

  // S3.20: ticked, also across a wrong code; from then on the password is enough on this device, and on no other.
  at.kit.pass(30)
  await box(first).check()
  await giveCode(first, '000000')
  await see(first.getByRole('alert'))
  assert.equal(await box(first).isChecked(), true)
  await giveCode(first, at.kit.code(person))
  await see(devices(first).getByText('This device'))
  await signOut(first, person)
  await givePassword(first, person)
  await see(heading(first, 'User Settings'))
  const session = await (await first.request.get('/api/v1/session')).json()
  assert.deepEqual([session.aal, session.amr, session.onRememberedDevice], [1, ['pwd'], true])
  const other = await at.open('/sign-in')
  await givePassword(other, person)
  await see(heading(other, 'Two-Factor Authentication'))

  // The list says which device it is, and forgetting it ends the session that rests on it.
  assert.match(await said(devices(first).getByRole('listitem')), /This device.*Remembered .* from 127\.0\.0\.1 · last used .* · until /)
  await devices(first)
    .getByRole('button', { name: /^Forget (?!all)/ })
    .click()
  await see(first.getByText('You are logged out.'))
  await givePassword(first, person)
  await see(heading(first, 'Two-Factor Authentication'))
})

test('S3.20 where the policy says never, or not for this role, there is no box', async () => {
  for (const { person } of [await secured({ rememberDays: 0 }), await secured({ remembers: 'users' }, 'admin')]) {
    const page = await at.open('/sign-in')
    await givePassword(page, person)
    await see(heading(page, 'Two-Factor Authentication'))
    assert.equal(await box(page).count(), 0)
    await giveCode(page, at.kit.code(person))
    await see(devices(page).getByText('None. Your organization asks for a code at every sign-in.'))
  }
  const { person } = await secured({ rememberDays: 1 })
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await see(page.getByText('Remember this device for 1 day', { exact: true }))
})

test('an admin on a remembered device finds the way to the second step in place of the list of users, and the list after it', async () => {
  const { person, site } = await secured({}, 'admin')
  const page = await remember(person)
  await signOut(page, person)
  await givePassword(page, person)
  await see(heading(page, 'User Settings'))
  await page.goto('/users')
  await see(page.getByText('This page needs your second step'))
  const refused = await page.request.get(`/api/v1/organizations/${site.id}/users`)
  assert.deepEqual([refused.status(), (await refused.json()).code], [403, 'second-step-required'])
  await page.getByRole('button', { name: 'Confirm now' }).click()
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  at.kit.pass(30)
  assert.equal(await box(page).count(), 0, 'not where somebody confirms')
  await giveCode(page, at.kit.code(person))
  await see(page.getByRole('row').filter({ hasText: person.email }))
})

test('"Forget all devices" asks once and ends them all', async () => {
  const { person } = await secured()
  const page = await remember(person)
  at.kit.pass(30)
  const other = await remember(person)
  await page.reload()
  await see(devices(page).getByRole('listitem').nth(1))
  assert.equal(await devices(page).getByRole('listitem').count(), 2)
  await devices(page).getByRole('button', { name: 'Forget all devices' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Forget all devices' }).click()
  await see(page.getByText('All devices were forgotten'))
  await gone(devices(page).getByRole('listitem'))
  await signOut(other, person)
  await givePassword(other, person)
  await see(heading(other, 'Two-Factor Authentication'))
})

test('a user adds a second app with a name, renames it, and removes it; the last one has no such button', async () => {
  const { person } = await secured()
  const { page } = await at.openAs(person, '/settings')
  assert.equal(
    await card(page)
      .getByRole('button', { name: /^Remove/ })
      .count(),
    0,
  )
  await card(page).getByRole('button', { name: 'Add another app' }).click()
  await page.getByLabel('Name of this app (optional)').fill('Work phone')
  const key = (await page.locator('#setup-key').getAttribute('data-text')) ?? ''
  await giveCode(page, at.kit.code({ ...person, key }))
  await see(card(page).getByText('Work phone'))
  await card(page).getByRole('button', { name: 'Rename Work phone' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(' ')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await see(dialog.getByText('Enter a name.'))
  await dialog.getByLabel('Name').fill('Old phone')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await see(page.getByText('It is called Old phone now'))
  await card(page).getByRole('button', { name: 'Remove Old phone' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await see(page.getByText('Old phone was removed'))
  await gone(card(page).getByText('Old phone'))
  assert.equal(
    await card(page)
      .getByRole('button', { name: /^Remove/ })
      .count(),
    0,
  )
})

test('the card offers the methods of the policy, and says whose rule it is where there is no choice', async () => {
  for (const mayChangeMethod of [true, false]) {
    const { person, site } = await secured({ mayChangeMethod, methods: ['totp', 'email'] })
    const { page } = await at.openAs(person, '/settings')
    await see(card(page).getByText('Third Party Authenticator App'))
    assert.equal(await card(page).getByRole('radio').count(), mayChangeMethod ? 2 : 0)
    const rule = card(page).getByText(`${site.name} has chosen the method`)
    assert.equal(await rule.count(), mayChangeMethod ? 0 : 1)
  }
})

test('S1.29 one page of help says when no code is asked', async () => {
  const { person } = await secured()
  const { page } = await at.openAs(person, '/help/two-factor')
  await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'When no code is asked' }).click()
  const section = page.getByRole('region', { name: 'When no code is asked' })
  await see(section.getByText('There is one second step for everything: these pages, the API'))
  for (const exception of ['remembered', 'switched off', 'your own choice', 'Between a reset'])
    await see(section.getByRole('listitem').filter({ hasText: exception }))
})
