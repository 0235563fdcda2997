import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { accountMenu, type BrowserKit, giveCode, gone, heading, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ remembersHashes: true })
})
afterEach(() => at.tidy())
after(() => at.close())

async function desk(role: Role, policy: Partial<Policy>, path: string) {
  const site = await at.kit.site(policy)
  const person = await at.kit.person(site.id, { role })
  return { site, person, users: `/api/v1/organizations/${site.id}/users`, ...(await at.openAs(person, path)) }
}

const row = (page: Page, { name }: { readonly name: string }): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
const entry = async (page: Page, person: { readonly name: string }, name: string): Promise<Locator> =>
  (await menuOf(page, person)).getByRole('menuitem', { name, exact: true })
const menuOf = async (page: Page, person: { readonly name: string }): Promise<Locator> => {
  await row(page, person).getByRole('button', { name: 'Actions' }).click()
  return page.getByRole('menu')
}

test('S0.37 S0.38 S3.29 S3.30 S3.31 an admin opens Team from the own name, finds the own row marked, and saves the Two Factor Type of another by the edit icon; a user may not', async () => {
  const { site, person, page, users, client } = await desk('admin', { mode: 'chosen' }, '/settings')
  const other = await at.kit.person(site.id)
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'Team' }).click()
  await see(heading(page, 'Users'))

  // S3.30: one's own row says "You", and no other does.
  await see(row(page, person).getByText('(You)'))
  assert.equal(await row(page, other).getByText('(You)').count(), 0)

  // S3.31: the edit icon, in the accent colour.
  const icon = row(page, other).getByRole('link', { name: `Edit ${other.name}` })
  type Style = { getComputedStyle(of: unknown): { color: string } }
  const colorOf = (link: Locator): Promise<string> => link.evaluate((one) => (globalThis as unknown as Style).getComputedStyle(one).color)
  const [color, accent] = [await colorOf(icon), await colorOf(row(page, other).getByRole('link', { name: other.name, exact: true }))]
  assert.equal(color, accent)
  await icon.click()

  // S0.37 S0.38: Edit User, "Two Factor Type", and what is stored and audited.
  await see(heading(page, 'Edit User'))
  await page.getByLabel('Two Factor Type').selectOption({ label: 'Google / Microsoft Authenticator' })
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await see(page.getByText('Saved.', { exact: true }))
  assert.equal((await client.call('GET', `${users}/${other.id}`)).json.method, 'totp')
  const audited = await at.kit.rooms.store.db
    .selectFrom('audit_events')
    .select('actor_id')
    .where('subject_id', '=', other.id)
    .where('action', '=', 'user.changed')
    .execute()
  assert.deepEqual(audited, [{ actor_id: person.id }])
  await page.reload()
  assert.equal(await page.getByLabel('Two Factor Type').inputValue(), 'totp')

  // The same menu leads there as well, and a user is refused.
  await page.goto('/users')
  await (await entry(page, other, 'Edit User')).click()
  await see(heading(page, 'Edit User'))
  const plain = await at.kit.signIn(other)
  const refused = await plain.call('PATCH', `${users}/${person.id}`, { method: 'totp' })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
})

test('S1.6 the list narrows by status, protection and role, keeps that in its address, and says so when nobody is left', async () => {
  const { site, page } = await desk('admin', { mode: 'chosen' }, '/users')
  const due = await at.kit.person(site.id, { required: true })
  const free = await at.kit.person(site.id)
  await page.getByLabel('Protection').selectOption({ label: 'Required, not set up' })
  await see(row(page, due))
  await gone(row(page, free))
  await page.reload()
  await see(page.getByText('1 person', { exact: true }))
  assert.equal(await page.getByLabel('Protection').inputValue(), 'required')
  await page.getByLabel('Role', { exact: true }).selectOption('owner')
  await see(page.getByText('Nobody matches', { exact: true }))
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await see(row(page, free))
  assert.equal(new URL(page.url()).search, '')
})

test('S1.8 a Security Admin requires it of everybody who matches at once, after a question and a proof asked once, and sees each refusal with its reason; a plain admin may not disable in bulk', async () => {
  const { site, person, page, users, client } = await desk('security-admin', { mode: 'chosen' }, '/users')
  await at.kit.enroll(person, client)
  const crowd = await Promise.all(Array.from({ length: 61 }, () => at.kit.person(site.id)))
  const { page: fresh } = await at.openAs(person, '/users')
  await page.close()
  at.kit.pass(301)
  await fresh.getByLabel('Choose all that are shown').check()
  await see(fresh.getByText('50 people chosen'))
  await fresh.getByRole('button', { name: 'Choose all 62 that match' }).click()
  await see(fresh.getByText('62 people chosen'))
  await fresh.getByRole('button', { name: 'Actions for the chosen' }).click()
  await fresh.getByRole('menuitem', { name: 'Enable Two-Factor Authentication' }).click()
  const question = fresh.getByRole('dialog', { name: 'Require Two-Factor Authentication of 62 people?' })
  await question.getByRole('button', { name: 'Require it of 62 people' }).click()

  // The proof is asked once, and the work goes on where it stood.
  const work = fresh.getByRole('dialog', { name: 'Enable Two-Factor Authentication' })
  await see(work.getByText('Your last proof is older than five minutes.'))
  await work.getByRole('button', { name: 'Confirm now' }).click()
  await see(heading(fresh, 'Confirm that it is you'))
  await fresh.getByLabel('Password', { exact: true }).fill(person.password)
  await fresh.getByRole('button', { name: 'Continue' }).click()
  await see(fresh.getByLabel('Authentication Code'))
  at.kit.pass(30)
  await giveCode(fresh, at.kit.code(person))
  const resumed = fresh.getByRole('dialog', { name: 'Require Two-Factor Authentication of 62 people?' })
  await resumed.getByRole('button', { name: 'Require it of 62 people' }).click()
  await see(work.getByText('Done for 62 people.'))
  await work.getByText('Close', { exact: true }).click()
  const { db } = at.kit.rooms.store
  const required = await db
    .selectFrom('memberships')
    .select('user_id')
    .where('organization_id', '=', site.id)
    .where('required', '=', true)
    .execute()
  assert.equal(required.length, 62)

  // Chosen one by one: oneself is refused, with the reason, and the other is done.
  const [other] = crowd
  assert.ok(other)
  await fresh.getByRole('searchbox').fill(other.email)
  await see(fresh.getByText('1 person', { exact: true }))
  await fresh.goto(`/users?search=${encodeURIComponent('example.org')}&role=security-admin`)
  await fresh.getByLabel(`Choose ${person.name}`, { exact: true }).check()
  await fresh.getByRole('button', { name: 'Actions for the chosen' }).click()
  await fresh.getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  await fresh.getByRole('button', { name: 'Suspend 1 person' }).click()
  await see(fresh.getByText(`${person.name}: Nobody does this to themselves.`))

  const admin = await at.kit.person(site.id, { role: 'admin', required: true })
  const { page: plain, client: theirs } = await at.openAs(admin, '/users?role=security-admin')
  await plain.getByLabel(`Choose ${person.name}`, { exact: true }).check()
  await plain.getByRole('button', { name: 'Actions for the chosen' }).click()
  const disable = plain.getByRole('menuitem', { name: 'Disable Two-Factor Authentication' })
  await see(disable.getByText('Only a Security Admin can do this'))
  assert.equal(await disable.getAttribute('data-disabled'), 'true')
  const refused = await theirs.call('POST', `${users}/actions`, { action: 'disable', users: [other.id] })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
})

test('S1.8 S1.16 S1.17 where it is off, the menu for the chosen says so and leads to the switch', async () => {
  const { page, person } = await desk('security-admin', { enabled: false }, '/users')
  await page.getByLabel(`Choose ${person.name}`, { exact: true }).check()
  await page.getByRole('button', { name: 'Actions for the chosen' }).click()
  const off = page.getByRole('menuitem', { name: 'Two-Factor Authentication not available' })
  assert.equal(await off.getAttribute('data-disabled'), 'true')
  assert.equal(await page.getByRole('menuitem', { name: /able Two-Factor/ }).count(), 0)
  await page.getByRole('menuitem', { name: 'Switch it on in Company Settings' }).click()
  await see(page.getByRole('switch', { name: 'Enable 2FA' }))
})

test('a Security Admin suspends, reinstates, unlocks and removes a person by the three dots, each with its consequence; an admin sees who may remove', async () => {
  const { site, page } = await desk('security-admin', { mode: 'chosen' }, '/users')
  const person = await at.kit.person(site.id)
  await page.reload()
  await (await entry(page, person, 'Suspend')).click()
  const question = page.getByRole('dialog', { name: `Suspend ${person.name}?` })
  await see(question.getByText(`loses access to ${site.name} at once`))
  await question.getByRole('button', { name: 'Suspend', exact: true }).click()
  await see(row(page, person).getByText('Suspended', { exact: true }))
  await (await entry(page, person, 'Reinstate')).click()
  await see(row(page, person).getByText('Active', { exact: true }))
  await (await entry(page, person, 'Unlock')).click()
  await see(page.getByText(`Nothing holds ${person.name} back from signing in any more`))

  const admin = await at.kit.person(site.id, { role: 'admin' })
  const { page: plain } = await at.openAs(admin, '/users')
  const menu = await menuOf(plain, person)
  await see(menu.getByRole('menuitem', { name: /^Remove/ }).getByText('Only a Security Admin can do this'))

  await row(page, person).getByRole('link', { name: person.name, exact: true }).click()
  await see(heading(page, person.name))
  await page.getByRole('button', { name: `Actions for ${person.name}` }).click()
  await page.getByRole('menuitem', { name: 'Remove', exact: true }).click()
  await see(page.getByText('this cannot be undone'))
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await see(heading(page, 'Users'))
  await see(page.getByText(`${person.name} is removed`))
  await gone(row(page, person))
})

test('S1.9 an admin imports people out of a file: first what would happen, line by line, then those that are right, as required', async () => {
  const { site, person, page, users, client } = await desk('admin', { mode: 'chosen', newUsersRequired: true }, '/users')
  await page.getByRole('link', { name: 'Import' }).click()
  await see(heading(page, 'Import users'))

  const choose = (name: string, buffer: Buffer) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer })
  await choose('latin.csv', Buffer.from('name,email\nZo\xeb,z@example.org', 'latin1'))
  await see(page.getByText('This file is not UTF-8 text.'))
  await page.getByLabel('Or paste the lines here').fill('name,email\n"Ada,ada@example.org')
  await page.getByRole('button', { name: 'Check' }).click()
  await see(page.getByText('Line 2: A quote is opened and never closed'))

  const csv = `name;email;role\nZoë Adler;zoe-${site.id}@example.org;\nBo Li;nobody at all;\nMe;${person.email};user\n`
  await choose('people.csv', Buffer.from(csv))
  await see(page.getByText('Read from people.csv'))
  await page.getByRole('button', { name: 'Check' }).click()
  await see(page.getByText('1 person would be invited, 2 lines would be left out.'))
  await see(page.getByRole('row').filter({ hasText: 'Bo Li' }).getByText('Not an address that mail can be sent to'))
  await see(page.getByRole('row').filter({ hasText: person.email }).getByText('A member already'))
  assert.equal((await client.call('GET', `${users}?status=invited`)).json.total, 0, 'nothing is changed before the click')
  await page.getByRole('button', { name: 'Invite 1 person' }).click()
  await see(page.getByText('1 person invited. The mails are on their way.'))
  await see(row(page, { name: 'Zoë Adler' }).getByText('Invited', { exact: true }))
  const [invited] = (await client.call('GET', `${users}?status=invited`)).json.users
  assert.equal(invited.required, true)

  const user = await at.kit.person(site.id)
  const { page: plain, client: theirs } = await at.openAs(user, '/users/import')
  await see(plain.getByText('This page is not open to you'))
  const refused = await theirs.call('POST', `${users}/import`, { csv, isTrial: true })
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
})
