import { addPortal, enrolled } from '../second-factor.ts'
import { type BrowserKit, see } from './browser.ts'
import { type cast, type Look, longName, longOrganization } from './tour.ts'

/** What a portal's people see of us, and what a Security Admin sees of portals and API keys. */
export async function tourSecondFactor(at: BrowserKit, look: Look, { site, person }: ReturnType<typeof cast>): Promise<void> {
  const { kit } = at
  const harbor = await site('Harbor Freight', { mode: 'chosen' })
  const head = await person(harbor, { name: 'Vera Lindt', role: 'security-admin', required: true })
  await kit.enroll(head, await kit.signIn(head))
  const portal = await addPortal(kit, harbor)
  const known = await enrolled(kit, harbor)
  const addressFor = async (name: string, more = {}, from = portal) => {
    const request = await from.sign(from.request(name, more))
    return `/oauth/v1/authorize?client_id=${from.clientId}&request=${request}`
  }
  const open = (address: string) => at.open(address)

  const asked = await open(await addressFor(known.email))
  await look('portal-asks', asked)
  await asked.getByLabel('Authentication Code').fill(kit.wrongCode(known))
  await see(asked.getByText('That code is not right.'))
  await look('portal-asks-again', asked)
  await look('portal-set-up-by-mail', await open(await addressFor((await person(harbor, { name: 'Ben Ashworth' })).email)))
  await look('portal-person-unknown', await open(await addressFor('nobody@example.org')))
  await look('portal-request-refused', await open(await addressFor(known.email, { redirect_uri: 'https://elsewhere.example/' })))
  await look('portal-approved', await at.open('/second-factor/approved'))
  await look('portal-tried-in-vain', await at.open('/second-factor/tried'))
  await asked.getByRole('button', { name: 'Cancel' }).click()
  await see(asked.getByRole('heading', { name: 'Cancelled' }))
  await look('portal-cancelled', asked)
  const late = await open(await addressFor(known.email))
  kit.pass(601)
  await late.goto('/sign-in')
  await look('portal-gone', late)

  const { page } = await at.openAs(head, '/applications')
  await see(page.getByText('No API keys yet'))
  await look('applications-and-no-keys', page)
  await page.getByRole('button', { name: 'Create API key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create API key' })
  await dialog.getByLabel('Check a code').uncheck()
  await dialog.getByRole('button', { name: 'Create API key' }).click()
  await see(dialog.getByText('Tick at least one.'))
  await look('api-key-refused', page)
  await dialog.getByLabel('Name').fill(longName.slice(0, 60))
  for (const scope of ['Check a code', 'Ask for a second step in a browser', 'See whether somebody has set up 2FA'])
    await dialog.getByLabel(scope).check()
  await dialog.getByRole('button', { name: 'Create API key' }).click()
  await see(page.getByRole('dialog', { name: 'Your new API key' }))
  await look('api-key-shown-once', page)
  const key = await page.getByRole('dialog').getByRole('textbox').inputValue()
  await page.getByRole('button', { name: 'I have copied it' }).click()
  await look('applications-and-keys', page)
  await page.getByRole('button', { name: 'Revoke the key' }).click()
  await see(page.getByRole('button', { name: 'Revoke', exact: true }))
  await look('api-key-revoke-question', page)
  await page.getByRole('button', { name: 'Cancel' }).click()

  const headers = { authorization: `Bearer ${key}` }
  const wish = { user: known.email, reason: `Call 4711: ${longOrganization}`.slice(0, 120) }
  const { json } = await kit.client().call('POST', '/api/v1/second-factor/prompts', wish, headers)
  const prompt = await at.open(new URL(json.address).pathname)
  await look('prompt-to-open', prompt)
  await prompt.getByRole('button', { name: 'It is me' }).click()
  await see(prompt.getByLabel('Authentication Code'))
  await look('prompt-asks', prompt)

  await page.getByRole('button', { name: 'Add application' }).first().click()
  const adding = page.getByRole('dialog', { name: 'Add application' })
  await adding.getByLabel('How it signs people in').selectOption({ label: 'Second factor only' })
  await adding.getByLabel('Name').fill('Old portal')
  await adding.getByLabel('Redirect addresses').fill('http://portal.example.com/back')
  await adding.getByRole('button', { name: 'Add application' }).click()
  await see(adding.getByText('This one is wrong'))
  await look('application-second-factor-refused', page)
  await page.goto(`/applications/${portal.id}`)
  await see(page.getByLabel('API hostname'))
  await look('application-second-factor', page)
  await page.getByLabel('Library').selectOption({ label: 'C# (DuoUniversal)' })
  await look('application-second-factor-library', page)
}
