import { sql } from 'kysely'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { type DuoPerson, type DuoSite, duoKit } from '../duo-push-kit.ts'
import { type BrowserKit, givePassword, heading, see } from './browser.ts'
import { type Look, longName, longOrganization } from './tour.ts'

const settings = '/company-settings/general/two-factor'

/** The push, its passcode, Duo of the provider, and who left it, in their states. */
export async function tourDuoPush(at: BrowserKit, duo: DuoSimulator, look: Look): Promise<void> {
  const { kit } = at
  const { db } = kit.rooms.store
  const made = duoKit(kit, duo)
  const site = await made.site()
  await db.updateTable('organizations').set({ name: longOrganization }).where('id', '=', site.id).execute()
  const person = await made.person(site, { passcodes: ['1234567'] })
  const ringing = () => {
    const push = duo.account.pushes.at(-1)
    if (!push) throw new Error('No phone rang.')
    return push
  }
  const begin = async (who: DuoPerson) => {
    const page = await at.open('/sign-in')
    await givePassword(page, who)
    await see(heading(page, 'Two-Factor Authentication'))
    return page
  }
  const send = 'Send a push to my phone'

  const page = await begin(person)
  await look('duo-before-the-push', page)
  await page.getByRole('button', { name: send }).click()
  await see(heading(page, 'Approve it on your phone'))
  await look('duo-waiting', page)
  duo.account.settle(ringing(), 'timeout')
  await see(page.getByText('Nobody answered on the phone in time.'))
  await look('duo-timeout', page)
  await page.getByRole('link', { name: 'Type a Duo passcode instead' }).click()
  await see(page.getByText('Type the passcode that Duo Mobile shows'))
  await look('duo-passcode', page)
  await page.getByLabel('Authentication Code').fill('9999999')
  await page.getByRole('button', { name: 'Log In' }).click()
  await see(page.getByText('Duo did not take it.'))
  await look('duo-passcode-refused', page)
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Send it again' }).click()
  await see(page.getByText('Waiting for your answer'))
  duo.account.settle(ringing(), 'deny')
  await see(page.getByText('The request was denied on your phone.'))
  await look('duo-denied', page)
  const stopped = await begin(person)
  await stopped.getByRole('button', { name: send }).click()
  await see(stopped.getByText('No more pushes are sent to your phone.'))
  await look('duo-stopped', stopped)

  const phones = [duo.account.newPhone({ platform: longName }), duo.account.newPhone({ platform: 'Google Android' })]
  const other = await made.person(site, { phones })
  site.application.verifiedPush = true
  const choosing = await begin(other)
  await choosing.getByRole('button', { name: send }).click()
  await see(heading(choosing, 'Which device?'))
  await look('duo-devices', choosing)
  await choosing.getByRole('button', { name: longName }).click()
  await see(choosing.getByText('Type this number on your phone'))
  await look('duo-verified-push', choosing)
  site.application.verifiedPush = false

  const unlucky = await begin(await made.person(site))
  duo.misbehave('html', { times: 1 })
  await unlucky.getByRole('button', { name: send }).click()
  await see(unlucky.getByText('Duo does not answer.'))
  await look('duo-away', unlucky)
  await managed(at, duo, look)
}

/** Duo in the provider's account: the set-up of a person, and who left. */
async function managed(at: BrowserKit, duo: DuoSimulator, look: Look): Promise<void> {
  const { kit } = at
  const made = duoKit(kit, duo)
  await made.offer()
  await kit.rooms.store.db
    .updateTable('organizations')
    .set({ name: longOrganization, support_contact: 'https://help.provider.example/who-looks-after-duo' })
    .where('id', '=', kit.provider.id)
    .execute()
  const site: DuoSite = await made.site({ account: 'provider' })
  const person = await kit.person(site.id)
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Set up Duo'))
  await look('duo-set-up', page)
  await page.getByRole('button', { name: 'Show the QR code' }).click()
  await see(page.getByRole('img', { name: 'QR code' }))
  await look('duo-set-up-code', page)
  const [activation] = [...duo.account.activations.values()].slice(-1)
  if (activation) activation.until = 0
  await see(page.getByText('This QR code has run out.'))
  await look('duo-set-up-expired', page)
  await page.getByRole('button', { name: 'Show a fresh QR code' }).click()
  await see(page.getByRole('img', { name: 'QR code' }))
  duo.activate([...duo.account.activations.keys()].at(-1) ?? '', { name: 'Phone' })
  await see(heading(page, 'Approve it on your phone'))
  await look('duo-set-up-first-push', page)

  await sql`update duo_users set activation_expires_at = ${new Date(kit.now().getTime() - 3_600_000)}`.execute(kit.rooms.store.db)
  await sql`update duo_users set user_key = null where id in (select id from duo_users order by id limit 1)`.execute(kit.rooms.store.db)
  const { page: above } = await at.openAs(kit.provider.owner, `${settings}#duo-users`)
  const card = above.getByRole('region', { name: 'People who left' })
  await see(card.getByText('to be taken out of Duo'))
  await see(card.getByText('perhaps nobody is there'))
  await look('duo-people-who-left', above)
  const { id, secret } = duo.account.addApplication('adminapi', 'Clean-up', { rights: { read: true, write: false } })
  await card.getByLabel('Integration key').fill(id)
  await card.getByLabel('Secret key of').first().fill(secret)
  await card.getByLabel('API hostname').fill(duo.host)
  await card.getByRole('button', { name: 'Save these keys' }).click()
  await see(card.getByText('This application may not do it.'))
  await look('duo-people-who-left-refused', above)
  const allowed = duo.account.addApplication('adminapi', 'Clean-up')
  await card.getByLabel('Integration key').fill(allowed.id)
  await card.getByLabel('Secret key of').first().fill(allowed.secret)
  await kit.rooms.store.db.deleteFrom('duo').where('organization_id', '=', kit.provider.id).execute()
  await card.getByRole('button', { name: 'Save these keys' }).click()
  await see(card.getByText('There is no Duo account of your own here any more.'))
  await look('duo-people-who-left-no-account', above)
}
