import { anApplication } from '../requests.ts'
import { type BrowserKit, see } from './browser.ts'
import { cast, type Look } from './tour.ts'

const longName = 'Kundenportal der Donaudampfschifffahrtsgesellschaft und ihrer Tochterunternehmen in Niederösterreich'

/** Admin > Applications in its states, and the pages between an application and the Prompt. */
export async function tourApplications(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const organizationId = await site('Northwind Portals', { mode: 'opt-in' })
  const admin = await person(organizationId, { name: 'Nora Castillo', role: 'security-admin' })
  await kit.enroll(admin, await kit.signIn(admin))
  const stranger = await person(await site('Quarry Neighbours', { mode: 'opt-in' }), { name: 'Quentin Stone' })
  const { page, client } = await at.openAs(admin, '/settings')
  const path = `/api/v1/organizations/${organizationId}/applications`
  await page.goto('/applications')
  await see(page.getByText('No applications yet'))
  await look('applications-empty', page)
  await page.getByRole('button', { name: 'Add application' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Add application' })
  await see(dialog)
  await look('application-add', page)
  await dialog.getByLabel('Name').fill(longName)
  await dialog.getByLabel('Redirect addresses').fill('https://portal.example.org/*')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  await see(dialog.getByText('This one is wrong'))
  await look('application-add-refused', page)
  const address = `https://kundenportal.donaudampfschifffahrtsgesellschaft.example.org/${'a-long-path/'.repeat(8)}callback`
  await dialog.getByLabel('Redirect addresses').fill(address)
  await dialog.getByLabel('Where people begin').fill('https://portal.example.org/')
  await dialog.getByRole('button', { name: 'Add application' }).click()
  const told = page.getByRole('dialog', { name: 'The secret of this application' })
  await see(told)
  await look('application-secret', page)
  await told.getByRole('button', { name: 'I have copied it' }).click()
  await see(page.getByRole('region', { name: 'Settings for Node: openid-client' }))
  await look('application', page)
  await page.getByRole('button', { name: 'Remove' }).click()
  await see(page.getByRole('dialog', { name: `Remove ${longName}?` }))
  await look('application-remove', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Switch off' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click()
  await see(page.getByRole('button', { name: 'Switch on' }))
  const created = await client.call('POST', path, { name: 'Portal', settings: anApplication })
  const clientId: string = created.json.application.clientId
  await page.goto('/applications')
  await see(page.getByText('Portal', { exact: true }))
  await look('applications', page)

  await page.getByRole('link', { name: 'Which one fits?' }).first().click()
  await see(page.getByRole('region', { name: 'Forward-auth' }))
  await look('help-applications', page)

  const request = new URLSearchParams({
    client_id: clientId,
    redirect_uri: anApplication.redirectUris[0],
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const { page: theirs } = await at.openAs(stranger, `/oidc/authorize?${request}`)
  await see(theirs.getByText('You have no access to Portal'))
  await look('application-no-access', theirs)
  await theirs.goto(`/oidc/end-session?client_id=${clientId}`)
  await see(theirs.getByText('Sign out?'))
  await look('application-sign-out', theirs)
  await theirs.goto('/oidc/authorize?client_id=nobody')
  await see(theirs.getByText('This sign-in cannot go on'))
  await look('application-refused', theirs)
}
