import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import { findPolicy } from '#store/policy.ts'
import { refused } from '../kit.ts'
import { type BrowserKit, gone, heading, openBrowserKit, said, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

/** A site whose requirement of one person and whose rules somebody of the provider has changed. */
async function eventful() {
  const { kit } = at
  const site = await kit.site({ mode: 'chosen' })
  const chosen = await kit.person(site.id, { required: true })
  const owner = await kit.signIn(kit.provider.owner)
  const { version, ...rules } = await findPolicy(kit.rooms.store.db, site.id)
  const api = `/api/v1/organizations/${site.id}`
  assert.equal((await owner.call('PUT', `${api}/policy`, { ...rules, version, rememberDays: 7, newUsersRequired: true })).status, 200)
  kit.pass(1)
  assert.equal((await owner.call('PATCH', `${api}/users/${chosen.id}`, { required: false })).status, 200)
  kit.pass(1)
  const admin = await kit.person(site.id, { role: 'admin' })
  return {
    site,
    chosen,
    admin,
    undone: `Olive Owner (of the provider) took back that two-factor authentication is required of ${chosen.name}`,
  }
}

test('S1.13 S4.19 an admin finds under Admin > Audit who switched what, reads the detail, and narrows the list to a person, to words, to an action', async () => {
  const { site, chosen, admin, undone } = await eventful()
  const { page } = await at.openAs(admin, '/settings')
  await page.getByRole('navigation', { name: 'Admin' }).getByRole('button', { name: 'Admin' }).click()
  await page.getByRole('menuitem', { name: 'Audit' }).click()
  await see(heading(page, 'Audit'))
  const rows = page.getByRole('row')
  await see(page.getByRole('button', { name: undone }))
  assert.equal(await rows.count(), 4, 'a head, what was done twice, and the sign-in of the one who looks')

  await page.getByRole('button', { name: 'Olive Owner (of the provider) changed the rules for two-factor authentication' }).click()
  const detail = page.getByRole('dialog')
  await see(detail.getByText('Acting as'))
  const changes = (await detail.getByRole('row').allInnerTexts()).map((row) => row.split(/\s*\t\s*/).map((cell) => cell.trim()))
  assert.deepEqual(changes, [
    ['Changed', 'Before', 'After'],
    ['New users start as required', 'OFF', 'ON'],
    ['Remember devices, in days', '30', '7'],
  ])
  assert.match(await said(detail), /192\.0\.2\.1/)
  await page.keyboard.press('Escape')
  await gone(detail)

  await page.getByRole('button', { name: undone }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Everything of ${chosen.name}` })
    .click()
  await see(page.getByText(`Only ${chosen.name}`))
  await gone(page.getByRole('button', { name: 'changed the rules' }))
  assert.equal(await rows.count(), 2)
  await page.getByRole('button', { name: `Remove the filter "Only ${chosen.name}"` }).click()
  await see(page.getByRole('button', { name: 'changed the rules' }))

  await page.getByLabel('Search the audit').fill('olive')
  await gone(page.getByRole('button', { name: `${admin.name} signed in` }))
  assert.equal(await rows.count(), 3)
  await page.getByLabel('Action').selectOption({ label: 'Rules changed' })
  await gone(page.getByRole('button', { name: undone }))
  assert.equal(new URL(page.url()).search, '?search=olive&action=policy.changed')
  await page.reload()
  await see(page.getByRole('button', { name: 'changed the rules' }))
  await page.getByLabel('To', { exact: true }).fill('2020-01-01')
  await see(page.getByText('Nothing matches', { exact: true }))
  await page.getByRole('button', { name: 'Clear all filters' }).click()
  await see(page.getByRole('button', { name: `${admin.name} signed in` }))

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
  assert.match(download.suggestedFilename(), /^audit-site-.*\.csv$/)
  assert.ok(readFileSync(await download.path(), 'utf8').includes(undone))

  // Beside it, the refusal: a user has no such entry, page or answer.
  const user = await at.kit.person(site.id)
  const { page: theirs, client } = await at.openAs(user, '/audit')
  await see(theirs.getByText('This page is not open to you'))
  assert.equal(await theirs.getByRole('navigation', { name: 'Admin' }).count(), 0)
  refused(await client.call('GET', `/api/v1/organizations/${site.id}/audit`), 403, 'forbidden')
})

test('S0.8 the provider reads what was done in its sites, with the name of each, and then everything in one, found in a record or by its name', async () => {
  const { site, undone } = await eventful()
  const wrong = await at.kit.person(site.id)
  at.kit.pass(1)
  await at.kit.signIn(wrong)
  const { page } = await at.openAs(at.kit.provider.owner, '/audit')
  const row = page.getByRole('row').filter({ hasText: undone })
  await see(row.getByText(site.name, { exact: true }))
  assert.equal(await page.getByText(`${wrong.name} signed in`).count(), 0)
  await page.getByRole('button', { name: undone }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Everything in ${site.name}` })
    .click()
  await see(page.getByText(`${wrong.name} signed in`))
  const field = page.getByRole('combobox', { name: 'Site' })
  assert.equal(await field.inputValue(), site.name)
  await field.click()
  await page.getByRole('option', { name: 'All sites' }).click()
  await gone(page.getByText(`${wrong.name} signed in`))

  // The same by the name of the site, among all of them.
  await field.fill(site.name)
  await page.getByRole('option', { name: site.name, exact: true }).click()
  await see(page.getByText(`${wrong.name} signed in`))
  assert.equal(new URL(page.url()).searchParams.get('site'), site.id)
})
