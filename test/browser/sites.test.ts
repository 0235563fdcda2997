import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { type BrowserKit, givePassword, gone, heading, linkIn, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const adminMenu = async (page: Page): Promise<Locator> => {
  await page.getByRole('navigation', { name: 'Admin' }).getByRole('button', { name: 'Admin' }).click()
  return page.getByRole('menu')
}
const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name })
const menuOf = async (page: Page, name: string): Promise<Locator> => {
  await row(page, name)
    .getByRole('button', { name: `Actions for ${name}` })
    .click()
  return page.getByRole('menu')
}

async function desk(path = '/sites') {
  const owner = await at.kit.person(at.kit.provider.id, { role: 'owner', required: true })
  return { owner, ...(await at.openAs(owner, path)) }
}

test('a provider founds a site under Admin > Sites, invites its Security Admin, acts for it under a line that says so, and comes back', async () => {
  const { page, client } = await desk('/settings')
  await (await adminMenu(page)).getByRole('menuitem', { name: 'Sites' }).click()
  await see(heading(page, 'Sites'))
  await page.getByRole('button', { name: 'Create site' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Create site' })
  await dialog.getByRole('button', { name: 'Create site' }).click()
  await see(dialog.getByText('Enter a name.'))
  await dialog.getByLabel('Name').fill('Quarry Street Clinic')
  await dialog.getByRole('button', { name: 'Create site' }).click()
  await see(row(page, 'Quarry Street Clinic'))

  await (await menuOf(page, 'Quarry Street Clinic')).getByRole('menuitem', { name: 'Invite a Security Admin' }).click()
  const invite = page.getByRole('dialog', { name: 'Invite user' })
  assert.equal(await invite.getByLabel('Role').inputValue(), 'security-admin')
  await invite.getByLabel('Name').fill('Quinn Marsh')
  await invite.getByLabel('Email').fill('quinn@quarry.example')
  await invite.getByRole('button', { name: 'Send invitation' }).click()
  await see(page.getByText('The invitation was mailed to quinn@quarry.example'))
  const invited = await at.open(await linkIn(at.kit, 'quinn@quarry.example'))
  await see(invited.getByText('Quarry Street Clinic').first())

  await row(page, 'Quarry Street Clinic').getByRole('button', { name: 'Quarry Street Clinic', exact: true }).click()
  await see(heading(page, 'Users'))
  const line = page.getByRole('complementary', { name: 'Acting for a site' })
  await see(line.getByText('You are acting for Quarry Street Clinic, by your role at Provider.'))
  await see(row(page, 'Quinn Marsh'))
  await (await adminMenu(page)).getByRole('menuitem', { name: 'Company Settings' }).click()
  await see(heading(page, 'Company Settings'))
  await see(line)
  await page.reload()
  await see(line)
  await line.getByRole('button', { name: 'Back to Provider' }).click()
  await see(row(page, 'Quarry Street Clinic'))
  await gone(line)
  const { json } = await client.call('GET', `/api/v1/organizations/${at.kit.provider.id}/sites?search=quarry`)
  assert.equal(json.total, 1)
})

test('a site is renamed, suspended with its consequence said, opened again, and removed once its name is typed', async () => {
  const site = await at.kit.site()
  const person = await at.kit.person(site.id)
  const { page } = await desk(`/sites?search=${encodeURIComponent(site.name)}`)
  await (await menuOf(page, site.name)).getByRole('menuitem', { name: 'Rename' }).click()
  const edit = page.getByRole('dialog', { name: `Edit ${site.name}` })
  await edit.getByLabel('Host name').fill('10.0.0.1')
  await edit.getByRole('button', { name: 'Update' }).click()
  await see(edit.getByText('This is not a host name.'))
  const name = `Renamed ${site.name}`
  await edit.getByLabel('Host name').fill(`login-${site.id}.example.org`)
  await edit.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await edit.getByRole('button', { name: 'Update' }).click()
  await see(row(page, name).getByText(`login-${site.id}.example.org`))

  const first = await menuOf(page, name)
  assert.equal(await first.getByRole('menuitem', { name: 'Remove' }).isDisabled(), true)
  await first.getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  const question = page.getByRole('dialog', { name: `Suspend ${name}?` })
  await see(question.getByText('end at once: 1 person'))
  await question.getByRole('button', { name: 'Suspend it' }).click()
  await see(row(page, name).getByText('SUSPENDED'))
  const visitor = await at.open('/sign-in')
  await givePassword(visitor, person)
  await see(visitor.getByRole('alert').getByText(`${name} is suspended.`))

  await (await menuOf(page, name)).getByRole('menuitem', { name: 'Reinstate' }).click()
  await see(page.getByText(`${name} is open again`))
  await gone(row(page, name).getByText('SUSPENDED'))
  await givePassword(visitor, person)
  await see(heading(visitor, 'User Settings'))

  await (await menuOf(page, name)).getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  await question.getByRole('button', { name: 'Suspend it' }).click()
  await see(row(page, name).getByText('SUSPENDED'))
  await (await menuOf(page, name)).getByRole('menuitem', { name: 'Remove' }).click()
  const removal = page.getByRole('dialog', { name: `Remove ${name}?` })
  await removal.getByLabel(`Type "${name}" to remove it`).fill('something else')
  await removal.getByRole('button', { name: 'Remove it for good' }).click()
  await see(removal.getByText('This is not its name.'))
  await removal.getByLabel(`Type "${name}" to remove it`).fill(name)
  await removal.getByRole('button', { name: 'Remove it for good' }).click()
  await see(page.getByText('No site matches'))
})

test('a Security Admin of the provider sees the sites and may not change them; nobody of a site finds them', async () => {
  const site = await at.kit.site()
  const deputy = await at.kit.person(at.kit.provider.id, { role: 'security-admin', required: true })
  const { page, client } = await at.openAs(deputy, `/sites?search=${encodeURIComponent(site.name)}`)
  const menu = await menuOf(page, site.name)
  await see(menu.getByRole('menuitem', { name: 'Open' }))
  for (const name of ['Rename', 'Suspend', 'Remove']) assert.equal(await menu.getByRole('menuitem', { name }).count(), 0)
  assert.equal(await page.getByRole('button', { name: 'Create site' }).count(), 0)
  const below = `/api/v1/organizations/${at.kit.provider.id}/sites`
  assert.equal((await client.call('PATCH', `${below}/${site.id}`, { isSuspended: true })).status, 403)
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const { page: theirs, client: their } = await at.openAs(head, '/sites')
  await see(theirs.getByText('This page is not open to you'))
  assert.equal(await (await adminMenu(theirs)).getByRole('menuitem', { name: 'Sites' }).count(), 0)
  assert.equal((await their.call('GET', below)).status, 404)
})

test('S3.36 S4.2 a Security Admin gives the sign-in a color, which is darkened where it could not be read, and whom to ask for help', async () => {
  const site = await at.kit.site({ mode: 'everyone' })
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const { page, client } = await at.openAs(head, '/company-settings/general/appearance')
  await page.getByRole('checkbox', { name: 'An accent color of our own' }).check()
  await page.getByLabel('Accent color', { exact: true }).fill('#ffdd00')
  await page.getByLabel('Support contact').fill('help@quarry.example')
  await page.getByLabel('Logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('not an image at all') })
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('This is not a PNG, JPEG or WebP image.'))
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
  await page.getByLabel('Logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from(pixel, 'base64') })
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('#ffdd00 was darkened or lightened'))
  await see(page.getByRole('img', { name: 'The present logo' }))
  const member = await at.kit.person(site.id)
  const visitor = await at.open('/sign-in')
  await givePassword(visitor, member)
  await see(heading(visitor, 'Set up Two-Factor Authentication'))
  await see(visitor.getByRole('link', { name: 'help@quarry.example' }))
  const shown = (await client.call('GET', `/api/v1/organizations/${site.id}/look`)).json.shown.light as string
  const painted = await visitor.evaluate<string>('getComputedStyle(document.querySelector(".button-main")).backgroundColor')
  const hex = painted.match(/\d+/g)?.map((part) => Number(part).toString(16).padStart(2, '0'))
  assert.equal(`#${hex?.join('')}`, shown)
  const admin = await at.kit.person(site.id, { role: 'admin' })
  const { page: reader, client: their } = await at.openAs(admin, '/company-settings/general/appearance')
  await see(reader.getByText('You can look, not change.'))
  assert.equal(
    (await their.call('PUT', `/api/v1/organizations/${site.id}/look`, { version: 1, accent: null, supportContact: null })).status,
    403,
  )
})

test('somebody of several organizations chooses which one is shown, and it stays so after loading again', async () => {
  const [one, other] = [await at.kit.site(), await at.kit.site()]
  const head = await at.kit.person(one.id, { role: 'security-admin' })
  at.kit.pass(1)
  const { addMembership } = await import('#store/people.ts')
  await addMembership(at.kit.rooms.store.db, at.kit.now(), {
    organizationId: other.id,
    userId: head.id,
    role: 'admin',
    required: false,
    name: head.name,
    hasJoined: true,
  })
  const { page } = await at.openAs(head, '/users')
  const choice = page.getByRole('banner').getByLabel('Organization')
  assert.equal(await choice.inputValue(), one.id)
  await choice.selectOption(other.name)
  await page.reload()
  assert.equal(await choice.inputValue(), other.id)
  assert.equal(await page.getByRole('complementary', { name: 'Acting for a site' }).count(), 0)
})
