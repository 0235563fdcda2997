import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { offerSetUp } from '#flows/recovery.ts'
import { type BrowserKit, giveCode, givePassword, heading, keepCodes, openBrowserKit, said, scan, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ founded: false })
})
afterEach(() => at.tidy())
after(() => at.close())

test('S1.27 S3.8 S3.17 S4.1 the first administrator goes from the one-time address to the Console, and gets an authenticator before anything else opens', async () => {
  const owner = { id: '', name: 'Olive Owner', email: 'olive@example.org', password: 'violet ladder in june' }
  const path = new URL((await offerSetUp(at.kit.rooms)) ?? '').pathname
  const page = await at.open(path)
  const step = async () => said(page.getByRole('navigation', { name: 'Progress' }).locator('[aria-current=step]'))
  await see(heading(page, 'Set up Countersign'))
  assert.equal(await step(), 'Organization')

  // What is wrong is told at its field, and what was typed stays.
  await page.getByLabel('Organization name').fill('Northwind')
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('Email').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill('northwind')
  await page.getByRole('button', { name: 'Create' }).click()
  await see(page.getByRole('alert').getByText('This password is too easy to guess.'))
  assert.equal(await page.getByLabel('Organization name').inputValue(), 'Northwind')
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Create' }).click()

  // S4.1 S3.8: the password was given and is not enough.
  await see(heading(page, 'Set up Two-Factor Authentication'))
  assert.equal(await step(), 'Authenticator')
  const founder = { ...owner, key: (await scan(page)).searchParams.get('secret') ?? '' }
  const elsewhere = await page.context().newPage()
  await elsewhere.goto('/users')
  await see(heading(elsewhere, 'Set up Two-Factor Authentication'))
  assert.equal((await page.request.get('/api/v1/session')).status(), 401)
  await giveCode(page, at.kit.code(founder))
  assert.equal(await step(), 'Backup codes')
  await keepCodes(page, founder)

  // S1.27 S3.17: done, and into the Console.
  await see(heading(page, 'Set-up is complete'))
  await page.getByRole('link', { name: 'Continue' }).click()
  await see(heading(page, 'Users'))
  await see(page.getByRole('row').filter({ hasText: owner.email }).getByText('SECURED', { exact: true }))
  const session = await (await page.request.get('/api/v1/session')).json()
  assert.equal(session.aal, 2)
  assert.deepEqual(
    session.memberships.map(({ role, kind, organizationName }: Record<string, string>) => [role, kind, organizationName]),
    [['owner', 'provider', 'Northwind']],
  )

  // The address is dead, and no other is given out.
  const late = await at.open(path)
  await see(heading(late, 'This link no longer works'))
  assert.equal(await offerSetUp(at.kit.rooms), undefined)

  // The next sign-in asks for the code.
  at.kit.pass(30)
  const later = await at.open('/sign-in')
  await givePassword(later, owner)
  await see(heading(later, 'Two-Factor Authentication'))
  await giveCode(later, at.kit.code(founder))
  await see(heading(later, 'User Settings'))
})
