import type { Person } from '../kit.ts'
import { accountMenu, actionsMenu, type BrowserKit, givePassword, heading, linkIn, see } from './browser.ts'
import type { Look } from './tour.ts'

const hospital = 'مستشفى النور (عمّان)'
const people = { noa: 'נועה כהן-לוי', layla: 'ليلى حداد', omar: 'عمر بن عبد العزيز 2', mixed: 'Dr. משה Klein (IT)' }

/** Pages on which names are written from right to left: of people, an organization, a site, an app. */
export async function tourNames(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { db } = kit.rooms.store
  const { id } = await kit.site({ mode: 'chosen', leastPasswordLength: 20 })
  await db.updateTable('organizations').set({ name: hospital }).where('id', '=', id).execute()
  const person = async (name: string, role: 'security-admin' | 'user' = 'user'): Promise<Person> => {
    const made = await kit.person(id, { role })
    await db.updateTable('users').set({ name }).where('id', '=', made.id).execute()
    return { ...made, name }
  }
  const head = await person(people.noa, 'security-admin')
  await kit.enroll(head, await kit.signIn(head))
  await db
    .updateTable('authenticators')
    .set({ label: 'הטלפון של נועה, 2' })
    .where('user_id', '=', head.id)
    .where('kind', '=', 'totp')
    .execute()
  const [layla] = [await person(people.layla), await person(people.omar), await person(people.mixed)]
  const { page, client } = await at.openAs(head, '/settings')
  await see(page.getByText('SECURED', { exact: true }))
  await look('names-settings', page)
  await accountMenu(page, head)
  await look('names-account-menu', page)
  await page.keyboard.press('Escape')
  const path = `/api/v1/organizations/${id}`
  await client.call('PATCH', `${path}/users/${layla.id}`, { required: true })
  await client.call('POST', `${path}/users`, { name: 'רות (חדשה)', email: 'ruth@example.org', role: 'user' })
  await page.goto('/users')
  await see(page.getByRole('row').nth(5))
  await look('names-users', page)
  await actionsMenu(page, layla)
  await page.getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  await see(page.getByRole('dialog'))
  await look('names-question', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('link', { name: people.layla, exact: true }).click()
  await see(heading(page, 'Edit User'))
  await look('names-user', page)
  await page.goto('/audit')
  await see(page.getByRole('row').nth(2))
  await look('names-audit', page)
  await page.getByRole('button', { name: 'required of' }).first().click()
  await see(page.getByRole('dialog').getByText('Place in the chain'))
  await look('names-audit-details', page)
  await page.goto('/company-settings')
  await page.getByRole('radio', { name: 'Force All' }).check()
  await see(page.getByText('at their next sign-in.'))
  await look('names-preview', page)

  const invited = await at.open(await linkIn(kit, 'ruth@example.org'))
  await look('names-invitation', invited)
  await invited.getByLabel('Password', { exact: true }).fill('short')
  await invited.getByRole('button', { name: 'Accept invitation' }).click()
  await see(invited.getByRole('alert'))
  await look('names-invitation-refused', invited)
  const entering = await at.open('/sign-in')
  await givePassword(entering, layla)
  await see(heading(entering, 'Set up Two-Factor Authentication'))
  await look('names-enroll', entering)
  await entering.goto('/inbox')
  await look('names-inbox', entering)

  const owner = await kit.person(kit.provider.id, { role: 'owner', required: true })
  await db.updateTable('users').set({ name: people.mixed }).where('id', '=', owner.id).execute()
  const { page: above } = await at.openAs(owner, `/sites?search=${encodeURIComponent(hospital.slice(0, 6))}`)
  await see(above.getByRole('row').nth(1))
  await look('names-sites', above)
  await above.goto('/audit')
  await above.getByRole('combobox', { name: 'Site' }).fill(hospital.slice(0, 6))
  await see(above.getByRole('listbox').getByRole('option', { name: hospital }))
  await look('names-audit-of-a-site', above)
  await above.goto('/sites?search=%D9%85')
  await above.getByRole('button', { name: hospital, exact: true }).click()
  await see(above.getByRole('complementary', { name: 'Acting for a site' }))
  await see(above.getByRole('row').nth(1))
  await look('names-acting', above)
}
