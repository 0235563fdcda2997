import assert from 'node:assert/strict'
import { type BrowserKit, heading, see } from './browser.ts'
import { cast, type Look, longName, longOrganization } from './tour.ts'

const longPortal = 'Zeiterfassung, Reisekostenabrechnung und Personalverwaltung der Donaudampfschifffahrtsgesellschaft'

/** An application behind a reverse proxy in the Console, and the pages between a portal and the sign-in. */
export async function tourForwardAuth(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const organization = await site(longOrganization, { mode: 'opt-in' })
  const head = await person(organization, { name: longName, role: 'security-admin' })
  await kit.enroll(head, await kit.signIn(head))
  const { page, client } = await at.openAs(head, '/applications')
  await page.getByRole('button', { name: 'Add application' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add application' })
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill(longPortal)
  await dialog.getByLabel('How it signs people in').selectOption('forward-auth')
  await see(dialog.getByText('1 person is let in.'))
  await look('forward-auth-new', page)
  await dialog.getByLabel('Addresses of the portal').fill('https://portal.example/with/a/path/that/is/longer/than/any/telephone/is/wide')
  await dialog.getByRole('button', { name: 'Add a stricter part' }).click()
  await dialog.getByLabel('Path begins with').fill('/payroll/and/everything/else/that/is/confidential')
  await dialog.getByLabel('How surely they must have signed in').nth(1).selectOption('fresh')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(dialog.getByText('This one is wrong'))
  await look('forward-auth-new-refused', page)
  await dialog.getByLabel('Addresses of the portal').fill('https://portal.example')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(heading(page, longPortal))
  await see(page.getByText('Who is let in'))
  await look('forward-auth-application', page)

  const clientId = await page.getByLabel('Client ID', { exact: true }).inputValue()
  const query = (to: string) => new URLSearchParams({ to, way: 'w'.repeat(43) })
  const member = await person(organization, { name: 'Ines Duarte' })
  const { page: own } = await at.openAs(member, `/forward-auth/${clientId}/enter?${query('https://portal.example/payroll')}`)
  await see(heading(own, 'One more step'))
  await look('forward-auth-step-up', own)
  const vault = { path: '/vault', roles: ['security-admin', 'admin', 'user'], strength: 'phishing-resistant', freshMinutes: 5 }
  const listed = (await client.call('GET', `/api/v1/organizations/${organization}/applications`)).json.applications[0]
  const stricter = { ...listed.settings, rules: [...listed.settings.rules, vault] }
  const path = `/api/v1/organizations/${organization}/applications/${listed.id}`
  assert.equal((await client.call('PATCH', path, { version: listed.version, settings: stricter })).status, 200)
  await own.goto(`/forward-auth/${clientId}/enter?${query('https://portal.example/vault')}`)
  await see(own.getByText('You can set up no passkey'))
  assert.equal(await own.getByRole('button', { name: 'Go on' }).count(), 0)
  await look('forward-auth-no-passkey', own)
  const methods = ['totp', 'passkey']
  await kit.rooms.store.db.updateTable('policies').set({ methods }).where('organization_id', '=', organization).execute()
  await own.reload()
  await see(own.getByText('Use yours, or set one up'))
  await look('forward-auth-step-up-passkey', own)
  await own.goto(`/forward-auth/${clientId}/sign-out`)
  await see(heading(own, 'Log out?'))
  await look('forward-auth-sign-out', own)
  await own.getByRole('button', { name: 'Log out' }).click()
  await see(heading(own, 'You are logged out'))
  await look('forward-auth-signed-out', own)
  await own.goto(`/forward-auth/${clientId}/lost`)
  await look('forward-auth-lost', own)
  await own.goto(`/forward-auth/${clientId}/tried?peer=stranger`)
  await look('forward-auth-tried-stranger', own)
  await own.goto(`/forward-auth/${clientId}/tried?peer=trusted&scheme=twice&host=fine&uri=missing&method=missing&origin=other`)
  await look('forward-auth-tried-wrong', own)
  await own.goto(`/forward-auth/${clientId}/tried?peer=trusted&scheme=fine&host=fine&uri=fine&method=fine&origin=registered`)
  await look('forward-auth-tried', own)

  const stranger = await person(await site('Harbor Street Dental', { mode: 'opt-in' }), { name: 'Jonas Weber' })
  const { page: other } = await at.openAs(stranger, `/forward-auth/${clientId}/enter?${query('https://portal.example/')}`)
  await see(heading(other, 'You are not let in here'))
  await look('forward-auth-not-let-in', other)

  const [{ id, version }] = (await client.call('GET', `/api/v1/organizations/${organization}/applications`)).json.applications
  const rules = [{ path: '/', roles: ['user'], strength: 'any', freshMinutes: 5 }]
  const settings = { kind: 'forward-auth', origins: ['https://portal.example'], people: 'own', organizations: [], rules }
  const changed = await client.call('PATCH', `/api/v1/organizations/${organization}/applications/${id}`, { version, settings })
  assert.equal(changed.status, 200, changed.text)
  const { page: going } = await at.openAs(await person(organization, { name: 'Kofi Mensah' }), '')
  // It goes on by itself, so it is looked at without the header that says so.
  await going.route('**/enter?*', async (route) => {
    const response = await route.fetch()
    const { refresh = '', ...headers } = response.headers()
    assert.match(refresh, /^0;url=https:\/\/portal\.example\//)
    await route.fulfill({ response, headers })
  })
  await going.goto(`/forward-auth/${clientId}/enter?${query('https://portal.example/')}&page=1`)
  await see(heading(going, 'You are logged in'))
  await look('forward-auth-go-on', going)
}
