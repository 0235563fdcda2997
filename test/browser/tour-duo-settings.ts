import type { Page } from 'playwright-core'
import { noteDuoTrouble } from '#store/duo.ts'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { type BrowserKit, heading, see } from './browser.ts'
import { applicationsAt } from './duo-kit.ts'
import { cast, type Look, longName, longOrganization } from './tour.ts'

const settings = '/company-settings/general/two-factor'

/** The settings of Duo, the preset, the notice and "2FA Set Up", in their states. */
export async function tourDuoSettings(at: BrowserKit, duo: DuoSimulator, look: Look): Promise<void> {
  const { kit } = at
  const { db } = kit.rooms.store
  const { site, person } = cast(at)
  const organization = await site(longOrganization, { mode: 'opt-in' })
  const head = await person(organization, { name: longName, role: 'security-admin' })
  const admin = await person(organization, { name: 'Ben Ashworth', role: 'admin' })
  await kit.enroll(head, await kit.signIn(head))
  for (const name of ['Chiara Ricci', 'Dmitri Volkov', 'Elif Yilmaz']) await kit.signIn(await person(organization, { name }))
  const owner = await person(kit.provider.id, { name: 'Olga Brandt', role: 'owner' })

  const { page: above } = await at.openAs(owner, `${settings}#duo-notice`)
  const notice = above.getByRole('region', { name: 'Notice about Duo' })
  await notice.getByLabel('Text').fill('50 internal-use licences are waiting for partners who join the MSP programme of Duo.')
  await notice.getByLabel('Label of the button').fill('Claim your licences')
  await notice.getByLabel('Where the button leads').fill('http://provider.example')
  await notice.getByRole('button', { name: 'Save the notice' }).click()
  await see(notice.getByText('Type an address that begins with https://'))
  await look('duo-notice-refused', above)
  await notice.getByLabel('Where the button leads').fill('https://provider.example/duo')
  await notice.getByRole('button', { name: 'Save the notice' }).click()
  await see(above.getByText('The notice is saved.'))
  const ofProvider = applicationsAt(duo)
  const duoAbove = above.getByRole('region', { name: 'Duo', exact: true })
  await duoAbove.getByRole('switch', { name: 'Use Duo' }).check()
  await fill(above, ofProvider)
  await duoAbove.getByRole('switch', { name: 'Let sites without an account use this one' }).check()
  await duoAbove.getByRole('button', { name: 'Save', exact: true }).click()
  await see(above.getByText('Duo took both pairs of keys, and the settings are saved.'))
  await look('duo-of-the-provider', above)

  const { page } = await at.openAs(head, `${settings}#duo`)
  const card = page.getByRole('region', { name: 'Duo', exact: true })
  await see(card.getByText('50 internal-use licences'))
  await look('duo-off', page)
  await card.getByRole('switch', { name: 'Use Duo' }).check()
  await see(card.getByRole('heading', { name: 'To Use Your Existing Duo Integration' }))
  await card.getByRole('switch', { name: "Let Duo's bypass count as a second step" }).check()
  await look('duo-own-account', page)
  const keys = applicationsAt(duo)
  await fill(page, { ...keys, auth: { ...keys.auth, host: 'duo.example' } })
  await card.getByRole('button', { name: 'Save', exact: true }).click()
  await see(card.getByText('Nothing was saved.'))
  await look('duo-host-refused', page)
  await fill(page, { prompt: keys.auth, auth: keys.prompt })
  await card.getByRole('button', { name: 'Save', exact: true }).click()
  await see(card.getByText('The two were exchanged.'))
  await look('duo-keys-exchanged', page)
  await card.getByRole('radio', { name: "Our provider's Duo account" }).check()
  await see(card.getByText('Nothing else has to be set up.'))
  await look('duo-provider-account', page)
  await card.getByRole('radio', { name: 'Our own Duo account' }).check()
  await fill(page, keys)
  await card.getByRole('button', { name: 'Save', exact: true }).click()
  await see(page.getByText('Duo took both pairs of keys, and the settings are saved.'))
  await noteDuoTrouble(db, kit.now(), organization, 'timeout')
  await page.reload()
  await see(card.getByText('Duo was away when somebody signed in'))
  await card.getByRole('button', { name: 'Check the keys now' }).click()
  await see(card.getByText('What Duo says now'))
  await look('duo-saved-with-trouble', page)
  await page.getByRole('button', { name: 'Standardize all users on Duo' }).click()
  await see(page.getByRole('dialog').getByText('will set up an authenticator'))
  await look('duo-standardize-question', page)
  const twins = [await person(organization, { name: longName }), await person(organization, { name: 'Gus Lindqvist' })]
  for (const [nth, { id }] of twins.entries())
    await db
      .updateTable('users')
      .set({ email: `alexandra.konstantinopoulos@site-${nth}.example` })
      .where('id', '=', id)
      .execute()
  const reading = { organization_id: organization, prompt: 'simple', auth: 'simple', checked_by: head.id, checked_at: kit.now() } as const
  await db.insertInto('duo_doctor').values(reading).execute()
  await page.getByRole('dialog').getByRole('button', { name: 'Standardize on Duo' }).click()
  await see(page.getByText('Nothing was saved: Duo would take several people for one'))
  await look('duo-would-merge', page)
  await db.deleteFrom('duo_doctor').where('organization_id', '=', organization).execute()

  const { page: theirs } = await at.openAs(admin, `${settings}#duo`)
  await see(theirs.getByText('can set up Duo.'))
  await look('duo-for-another-role', theirs)

  await theirs.goto(`${settings}/set-up`)
  await see(theirs.getByText('Only a Security Admin of'))
  await look('set-up-organization-forbidden', theirs)
  await theirs.goto('/help/duo')
  await see(heading(theirs, 'Settings - Duo'))
  await look('help-duo', theirs)

  await page.goto(`${settings}/set-up`)
  await see(heading(page, '2FA Set Up'))
  await see(page.getByRole('radio', { name: "Duo, with our provider's account" }))
  await look('set-up-organization-choose', page)
  await page.getByRole('radio', { name: "Duo, with our provider's account" }).check()
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(heading(page, 'Connect Duo'))
  await look('set-up-organization-provider', page)
  await page.getByRole('button', { name: 'Back', exact: true }).click()
  await page.getByRole('radio', { name: 'Duo', exact: true }).check()
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(page.getByText('Duo is connected.'))
  await page.getByRole('button', { name: 'Change the keys' }).click()
  await see(page.getByRole('button', { name: 'Save', exact: true }))
  await look('set-up-organization-keys', page)
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(heading(page, 'Who is affected'))
  await see(page.getByText('will set up an authenticator').or(page.getByText('only what is no longer allowed')))
  await look('set-up-organization-who', page)
  await page.getByRole('button', { name: 'FINISH' }).click()
  await see(heading(page, 'Two-Factor Authentication is set up.'))
  await look('set-up-organization-done', page)
  await page.goto(`${settings}/set-up`)
  await page.getByRole('radio', { name: 'AuthAnvil' }).check()
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(page.getByText('Enable Authanvil'))
  await look('set-up-organization-authanvil', page)
}

type Keys = ReturnType<typeof applicationsAt>

/** Types the three values of both applications. */
export async function fill(page: Page, keys: Keys): Promise<void> {
  for (const [which, name] of [
    ['prompt', 'Web SDK application'],
    ['auth', 'Auth API application'],
  ] as const) {
    const group = page.getByRole('group', { name })
    await group.getByLabel('Integration key / Client ID').fill(keys[which].key)
    await group.getByLabel('Secret key / Client secret', { exact: true }).fill(keys[which].secret)
    await group.getByLabel('API hostname').fill(keys[which].host)
  }
}
