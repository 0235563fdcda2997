import assert from 'node:assert/strict'
import type { AuthAnvilSimulator } from '../../simulators/authanvil.ts'
import { rulesOf } from '../kit.ts'
import { actionsMenu, type BrowserKit, givePassword, keepCodes, see } from './browser.ts'
import { cast, type Look, longName } from './tour.ts'

/** AuthAnvil where people meet it, set-up and log-in with and without a field for the PIN and in each trouble; and what it knows a person by. */
export async function tourAuthAnvil(at: BrowserKit, server: AuthAnvilSimulator, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const { db } = kit.rooms.store
  const siteWith = async (name: string, showsPin: boolean) => {
    const id = await site(name, { mode: 'everyone' })
    const head = await person(id, { name: longName, role: 'security-admin' })
    const client = await kit.signIn(head)
    const settings = { isOn: true, url: server.sasUrl, siteId: '1', pinOrder: 'before', showsPin, version: 0 }
    assert.equal((await client.call('PUT', `/api/v1/organizations/${id}/authanvil`, settings)).status, 200)
    const rules = { ...(await rulesOf(client, id)), methods: ['totp', 'authanvil'], defaultMethod: 'authanvil' }
    assert.equal((await client.call('PUT', `/api/v1/organizations/${id}/policy`, rules)).status, 200)
    return { id, head }
  }
  const harbor = await siteWith('Harbor Freight', false)
  const quarry = await siteWith('Quarry Street Clinic', true)
  const [ada, ben] = [await person(harbor.id, { name: 'Ada Okafor' }), await person(quarry.id, { name: 'Ben Ashworth' })]
  for (const { email } of [ada, ben]) server.addUser({ name: email, passwords: ['12345678', '23456789'], pinPlace: 'before' })

  const page = await at.open('/sign-in')
  await givePassword(page, ada)
  await see(page.getByText('If AuthAnvil takes it'))
  await look('authanvil-enroll', page)
  await page.getByLabel('Code').fill('00000000')
  await page.getByRole('button', { name: 'Verify' }).click()
  await see(page.getByText('AuthAnvil did not take it.'))
  await look('authanvil-enroll-mismatch', page)
  server.misbehave('fault', { times: 1 })
  await page.getByLabel('Code').fill('00000000')
  await page.getByRole('button', { name: 'Verify' }).click()
  await see(page.getByText('AuthAnvil does not answer.'))
  await look('authanvil-enroll-unavailable', page)
  await page.getByLabel('Code').fill('12345678')
  await page.getByRole('button', { name: 'Verify' }).click()
  await keepCodes(page, ada)

  const again = await at.open('/sign-in')
  await givePassword(again, ada)
  await see(again.getByText('Type the passcode that your AuthAnvil token shows.'))
  await look('authanvil-answer', again)
  const answer = async (passcode: string) => {
    await again.getByLabel('Code').fill(passcode)
    await again.getByRole('button', { name: 'Log In' }).click()
  }
  await answer('00000000')
  await see(again.getByText('AuthAnvil did not take it.'))
  await look('authanvil-answer-mismatch', again)
  server.misbehave('reset', { times: 1 })
  await answer('00000000')
  await see(again.getByText('AuthAnvil does not answer.'))
  await look('authanvil-answer-unavailable', again)
  await db.updateTable('authanvil').set({ is_on: false }).where('organization_id', '=', harbor.id).execute()
  await answer('23456789')
  await see(again.getByText('AuthAnvil is switched off.'))
  await look('authanvil-answer-off', again)
  await db.updateTable('authanvil').set({ is_on: true }).where('organization_id', '=', harbor.id).execute()

  const withPin = await at.open('/sign-in')
  await givePassword(withPin, ben)
  await see(withPin.getByLabel('Pin', { exact: true }))
  await look('authanvil-enroll-pin', withPin)
  await withPin.getByLabel('Code').fill('12345678')
  await withPin.getByRole('button', { name: 'Verify' }).click()
  await keepCodes(withPin, ben)
  const withPinAgain = await at.open('/sign-in')
  await givePassword(withPinAgain, ben)
  await see(withPinAgain.getByLabel('Pin', { exact: true }))
  await look('authanvil-answer-pin', withPinAgain)

  const { page: admin } = await at.openAs(quarry.head, '/users')
  const menu = await actionsMenu(admin, ben)
  await see(menu.getByRole('menuitem', { name: 'AuthAnvil name and PIN' }))
  await look('authanvil-person-menu', admin)
  await menu.getByRole('menuitem', { name: 'AuthAnvil name and PIN' }).click()
  const dialog = admin.getByRole('dialog')
  await see(dialog.getByLabel('Name at AuthAnvil'))
  await look('authanvil-person', admin)
  await dialog.getByLabel('PIN', { exact: true }).selectOption('A PIN of their own')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(dialog.getByText('Type a PIN'))
  await look('authanvil-person-refused', admin)
  await dialog.getByLabel('New PIN', { exact: true }).fill('7788')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(admin.getByText('What AuthAnvil knows Ben Ashworth by is saved.'))
  await admin.goto(`/users/${ben.id}`)
  await see(admin.getByRole('region', { name: 'AuthAnvil' }))
  await look('authanvil-person-section', admin)
}
