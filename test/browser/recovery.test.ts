import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import {
  actionsMenu,
  type BrowserKit,
  giveCode,
  givePassword,
  heading,
  keepCodes,
  linkIn,
  openBrowserKit,
  said,
  scan,
  see,
} from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ supportContact: 'help@provider.example' })
})
afterEach(() => at.tidy())
after(() => at.close())

const passIn = async (email: string) =>
  (await at.kit.mailsTo(email)).flatMap(({ text }) => /: ((?:[A-Z2-7]{5}-){2,3}[A-Z2-7]{5})\n/.exec(text)?.[1] ?? [])[0] ?? ''

test('S3.35 S4.2 a lost phone from end to end: the person asks, the administrator opens the mail, issues a pass out of the menu, and the person sets up anew', async () => {
  const { kit } = at
  const site = await kit.site({ mode: 'everyone' })
  const [admin, person] = [await kit.person(site.id, { role: 'admin' }), await kit.person(site.id)]
  await kit.signIn(person)
  const stuck = await at.open('/sign-in')
  await givePassword(stuck, person)
  await see(heading(stuck, 'Two-Factor Authentication'))
  await stuck.getByText('No phone and no backup codes?').click()
  await stuck.getByRole('button', { name: 'Ask an administrator' }).click()
  await see(heading(stuck, 'An administrator was asked'))
  await see(stuck.getByText(`We mailed the Admins of ${site.name}.`))
  await see(stuck.getByRole('link', { name: 'help@provider.example' }))

  const path = await linkIn(kit, admin.email)
  const { page } = await at.openAs(admin, `${path}?organization=${site.id}`)
  await see(heading(page, person.name))
  const section = page.getByRole('region', { name: 'Help with signing in' })
  await section.getByRole('button', { name: 'Issue one-time pass' }).click()
  const dialog = page.getByRole('dialog', { name: `Issue one-time pass for ${person.name}?` })
  await dialog.getByRole('button', { name: 'Send the pass' }).click()
  await see(dialog.getByText('Say why: it is kept in the audit.'))
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Phone lost; called back')
  await dialog.getByLabel('Good for').selectOption('30 minutes')
  await dialog.getByRole('button', { name: 'Send the pass' }).click()
  await see(page.getByText(`The one-time pass is on its way to ${person.name}.`))
  assert.equal(await page.getByText('Give the last group by voice').count(), 0)

  await stuck.getByRole('link', { name: 'Back to the code' }).click()
  await stuck.getByText('No phone and no backup codes?').click()
  await stuck.getByRole('link', { name: 'Use a one-time pass' }).click()
  await stuck.getByLabel('Authentication Code').fill('AAAAA-BBBBB')
  await stuck.getByRole('button', { name: 'Log In' }).click()
  await see(stuck.getByText('That is not a whole one-time pass.'))
  await stuck.getByLabel('Authentication Code').fill(await passIn(person.email))
  await stuck.getByRole('button', { name: 'Log In' }).click()
  await see(heading(stuck, 'Set up Two-Factor Authentication'))
  person.key = (await scan(stuck)).searchParams.get('secret') ?? ''
  await giveCode(stuck, kit.code(person))
  await keepCodes(stuck, person)
  await see(heading(stuck, 'Set-up is complete'))
})

test('where the password came by mail the administrator sees the last group once and the mail has the others', async () => {
  const { kit } = at
  const site = await kit.site({ mode: 'everyone' })
  const [admin, person] = [await kit.person(site.id, { role: 'admin' }), await kit.person(site.id)]
  await kit.signIn(person)
  await kit.rooms.store.db.updateTable('users').set({ password_mailed: true }).where('id', '=', person.id).execute()
  const { page } = await at.openAs(admin, '/users')
  await (await actionsMenu(page, person)).getByRole('menuitem', { name: 'Issue one-time pass' }).click()
  const dialog = page.getByRole('dialog', { name: `Issue one-time pass for ${person.name}?` })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Phone lost')
  await dialog.getByRole('button', { name: 'Send the pass' }).click()
  const spoken = page.getByRole('dialog', { name: 'Give the last group by voice' })
  await see(spoken)
  const group = await said(spoken.locator('.spelled'))
  assert.match(group, /^[A-Z2-7]{5}$/)
  await spoken.getByRole('button', { name: 'I have told it' }).click()
  const stuck = await at.open('/sign-in')
  await givePassword(stuck, person)
  await stuck.goto('/sign-in?with=one-time-pass')
  await stuck.getByLabel('Authentication Code').fill(`${await passIn(person.email)} ${group}`)
  await stuck.getByRole('button', { name: 'Log In' }).click()
  await see(heading(stuck, 'Set up Two-Factor Authentication'))
})

test('A52 the old address undoes a change of email on a page, and is led to a new password', async () => {
  const { kit } = at
  const site = await kit.site({ mode: 'everyone' })
  const person = await kit.person(site.id)
  const client = await kit.signIn(person)
  const next = `new-${person.email}`
  await client.call('POST', '/api/v1/me/email-change', { email: next })
  const token = (await linkIn(kit, next)).split('/').at(-1)
  await client.call('POST', '/api/v1/email-changes/complete', { token })
  const page = await at.open(await linkIn(kit, person.email))
  await see(heading(page, 'Undo the change of your email'))
  assert.equal(await page.getByLabel('Email', { exact: true }).inputValue(), person.email)
  await page.getByRole('button', { name: 'Put this email back' }).click()
  await see(heading(page, 'Set a new password'))
  await page.getByLabel('New password').fill('five unrelated words for one door')
  await page.getByRole('button', { name: 'Set password' }).click()
  await see(heading(page, 'Your password was changed'))
})
