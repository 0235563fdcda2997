import { newId } from '#crypto/random.ts'
import { actionsMenu, type BrowserKit, see } from './browser.ts'
import type { cast, Look } from './tour.ts'

/** The rules about methods, and what they look like to an administrator and to the person themselves. */
export async function tourMethods(at: BrowserKit, look: Look, { site, person }: ReturnType<typeof cast>): Promise<void> {
  const { kit } = at
  const { db } = kit.rooms.store
  const bind = async (user_id: string, kind: string, label: string) => {
    const row = { id: newId(kit.now()), user_id, kind, label, secret_sealed: Buffer.alloc(1), counter: 0, hashes: [], used_hashes: [] }
    await db
      .insertInto('authenticators')
      .values({ ...row, bound_at: kit.now(), last_used_at: null, retired_at: null })
      .execute()
  }
  const harbor = await site('Harbor Freight', { mode: 'chosen' })
  const head = await person(harbor, { name: 'Vera Lindt', role: 'security-admin', required: true })
  const people = [await person(harbor, { name: 'Ada Okafor' }), await person(harbor, { name: 'Ben Ashworth' })] as const
  const theirs = await at.openAs(people[0], '/settings')
  const { page } = await at.openAs(head, '/company-settings')
  for (const method of ['Email', 'Text Message', 'Phone Call']) await page.getByRole('checkbox', { name: method, exact: true }).check()
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByRole('dialog', { name: 'Allow weaker methods?' }))
  await look('methods-acceptance', page)
  await page.getByRole('button', { name: 'I accept this' }).click()
  await see(page.getByText('Saved.', { exact: true }))
  await look('methods-allowed', page)
  await page.getByRole('button', { name: 'Standardize on one method' }).click()
  await page.getByRole('menuitem', { name: 'Standardize on Text Message' }).click()
  await see(page.getByText('have no verified number').or(page.getByText('has no verified number')))
  await look('methods-standardized', page)

  for (const kind of ['sms', 'email'] as const) await bind(people[0].id, kind, kind === 'sms' ? 'Text message' : 'Mail')
  await db.updateTable('users').set({ phone: '+4915123454711', phone_verified_at: kit.now() }).where('id', '=', people[0].id).execute()
  await page.goto(`/users/${people[0].id}`)
  await see(page.getByLabel('Cell Phone'))
  await look('user-method-and-number', page)
  await page.getByLabel('Cell Phone').fill('12')
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await see(page.getByText('This is not a phone number'))
  await look('user-number-refused', page)
  await page.goto('/users?method=sms')
  await see(page.getByRole('row').filter({ hasText: 'Ada Okafor' }))
  await actionsMenu(page, { name: 'Ada Okafor' })
  await look('users-by-method', page)

  await theirs.page.reload()
  await see(theirs.page.getByText('•••• 4711'))
  await theirs.page.getByRole('radio', { name: 'Phone Call' }).check()
  await look('settings-methods', theirs.page)
  await theirs.page.getByRole('button', { name: 'Remove', exact: true }).last().click()
  await see(theirs.page.getByRole('dialog', { name: 'Remove the number that your codes go to?' }))
  await look('profile-number-question', theirs.page)
  await db.updateTable('policies').set({ may_change_method: false }).where('organization_id', '=', harbor).execute()
  await db.updateTable('users').set({ phone: '+4915123454712', phone_verified_at: null }).where('id', '=', people[0].id).execute()
  await db.updateTable('memberships').set({ method: 'voice' }).where('user_id', '=', people[0].id).execute()
  await theirs.page.goto('/settings')
  await see(theirs.page.getByText('has chosen the method'))
  await look('settings-method-set-by-organization', theirs.page)
  const other = await at.openAs(people[1], '/settings')
  await db.updateTable('policies').set({ may_change_method: true }).where('organization_id', '=', harbor).execute()
  await other.page.reload()
  await other.page.getByRole('radio', { name: 'Text Message' }).check()
  await other.page.getByRole('button', { name: 'Enable 2FA' }).click()
  await see(other.page.getByRole('dialog').getByText('You may also use'))
  await look('enable-dialog-sent', other.page)
}
