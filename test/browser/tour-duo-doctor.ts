import type { DuoSimulator } from '../../simulators/duo.ts'
import { type BrowserKit, see } from './browser.ts'
import { crowd, giveDuo } from './duo-doctor-kit.ts'
import { cast, type Look, longName, longOrganization } from './tour.ts'

export const doctorPage = '/company-settings/general/two-factor/duo-doctor'

/** The key doctor of Duo: nothing to ask with, nobody missing, every finding, merges, a cure, an outage, two thousand people, and whom it is closed to. */
export async function tourDuoDoctor(at: BrowserKit, duo: DuoSimulator, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const { account } = duo
  const empty = await site('Quarry Street Clinic', { mode: 'opt-in' })
  const without = await at.openAs(await person(empty, { name: 'Helen Marsh', role: 'security-admin' }), doctorPage)
  await see(without.page.getByText('Duo is not set up yet'))
  await look('duo-doctor-not-set-up', without.page)
  const closed = await at.openAs(await person(empty, { name: 'Adam Admin', role: 'admin' }), doctorPage)
  await see(closed.page.getByText('Only a Security Admin of'))
  await look('duo-doctor-forbidden', closed.page)

  const organization = await site(longOrganization, { mode: 'opt-in' })
  const head = await person(organization, { name: longName, role: 'security-admin' })
  const keys = await giveDuo(kit, duo, organization, head)
  const [known, missing, full, twice] = [
    await person(organization, { name: 'Ada Okafor' }),
    await person(organization, { name: 'Ben Ashworth' }),
    await person(organization, { name: 'Chiara Ricci' }),
    await person(organization, { name: 'Dmitri Volkov' }),
  ]
  await person(organization, { name: 'نور الهدى' })
  account.addUser(known.email)
  account.addUser(`b.ashworth-${organization.slice(-6)}`, { email: missing.email })
  account.addUser(`c.ricci-${organization.slice(-6)}`, {
    email: full.email,
    aliases: ['1', '2', '3', '4'].map((nth) => `${nth}-${full.id}`),
  })
  for (const nth of [1, 2]) account.addUser(`volkov-of-a-very-long-department-${nth}-${organization.slice(-6)}`, { email: twice.email })
  const { page } = await at.openAs(head, doctorPage)
  await see(page.getByRole('button', { name: 'Check 6 people' }))
  await look('duo-doctor', page)
  await page.getByRole('button', { name: 'Check 6 people' }).click()
  await see(page.getByText('Duo knows 1 of 6 people.'))
  await look('duo-doctor-asked', page)
  await page.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await page.getByLabel('Integration key').fill('short')
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByText('The integration key has 20'))
  await look('duo-doctor-key-refused', page)
  await page.getByLabel('Integration key').fill(keys.key)
  await page.getByLabel('Secret key').fill('x'.repeat(40))
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByText('The check ended early'))
  await look('duo-doctor-ended', page)
  await page.getByLabel('Secret key').fill(keys.secret)
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByText('Alias missing', { exact: true }))
  await page.getByLabel('Username normalization of the Web SDK').selectOption('Simple')
  await see(page.getByText('The two applications read user names differently.'))
  await look('duo-doctor-differ', page)
  await page.getByLabel('Username normalization of the Web SDK').selectOption('None')
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByRole('button', { name: 'Add 1 missing alias' }))
  await look('duo-doctor-findings', page)
  await page.getByRole('button', { name: 'Add 1 missing alias' }).click()
  await see(page.getByRole('dialog'))
  await look('duo-doctor-aliases', page)
  await page.getByRole('dialog').getByRole('button', { name: 'Add 1 missing alias' }).click()
  await see(page.getByText('1 of 1 missing alias added.'))
  await look('duo-doctor-added', page)

  await kit.rooms.store.db
    .updateTable('users')
    .set({ email: `${known.email.split('@')[0]}@elsewhere.example` })
    .where('id', '=', twice.id)
    .execute()
  await page.getByLabel('Username normalization of the Web SDK').selectOption('I have not looked')
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByText('Duo would take several people for one'))
  await look('duo-doctor-merges', page)

  const large = await site('Harbor Freight', { mode: 'opt-in' })
  const chief = await person(large, { name: 'Vera Lindt', role: 'security-admin' })
  const largeKeys = await giveDuo(kit, duo, large, chief)
  for (const [nth, { id, email }] of (await crowd(kit, large, 2000)).entries())
    if (nth % 3 > 0) account.addUser(nth % 3 === 1 ? email : `u-${id}`, { email })
  const many = (await at.openAs(chief, doctorPage)).page
  duo.misbehave('slow', { on: '/preauth', seconds: 0.2 })
  await many.getByRole('button', { name: 'Check 2,001 people' }).click()
  await see(many.getByRole('row').nth(20))
  await look('duo-doctor-running', many)
  await many.getByRole('button', { name: 'Stop' }).click()
  await see(many.getByText('Stopped after'))
  duo.behave()
  await look('duo-doctor-stopped', many)
  await many.getByLabel('Username normalization of the Web SDK').selectOption('None')
  await many.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await many.getByLabel('Integration key').fill(largeKeys.key)
  await many.getByLabel('Secret key').fill(largeKeys.secret)
  await many.getByRole('button', { name: 'Check again' }).click()
  await see(many.getByRole('button', { name: 'Add 666 missing aliases' }))
  await look('duo-doctor-many', many)
}
