import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Page } from 'playwright-core'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type DuoKit, openWithDuo } from '../duo-kit.ts'
import { type BrowserKit, heading, openBrowserKit, see } from './browser.ts'
import { applicationsAt } from './duo-kit.ts'
import { fill } from './tour-duo-settings.ts'

let at: BrowserKit
let duoKit: DuoKit
let other: DuoSimulator
before(async () => {
  const opened = await openWithDuo(
    (delivery) => openBrowserKit({ delivery }),
    ({ kit }) => kit,
  )
  at = opened.opened
  duoKit = opened.duoKit
  other = await startDuo({ now: () => at.kit.now() })
  setDefaultCACertificates([...getCACertificates('default'), other.ca])
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await Promise.all([duoKit.duo.stop(), other.stop()])
})

const settings = '/company-settings/general/two-factor'
const cardOf = (page: Page) => page.getByRole('region', { name: 'Duo', exact: true })

test('S0.22 S0.31 keys of another Duo account: the form says how many people are bound to the old one and what happens, before they are saved', async () => {
  const site = await duoKit.site({ policy: { methods: ['duo', 'totp'] } })
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const { db } = at.kit.rooms.store
  const methodsAre = (methods: string[]) =>
    db
      .updateTable('policies')
      .set({ methods, default_method: methods[0] ?? '' })
      .where('organization_id', '=', site.id)
      .execute()
  for (const person of [await at.kit.person(site.id), await at.kit.person(site.id)]) {
    duoKit.user(person)
    await duoKit.bind(person)
  }
  await methodsAre(['totp'])
  await at.kit.signIn(head)
  await methodsAre(['duo', 'totp'])
  at.kit.pass(60)
  const { page } = await at.openAs(head, `${settings}#duo`)
  const card = cardOf(page)
  const warning = card.getByText('2 people are bound to the Duo account that you leave')
  await see(card.getByRole('button', { name: 'Save', exact: true }))
  assert.equal(await warning.count(), 0)
  await fill(page, applicationsAt(other))
  await see(warning)
  await see(card.getByText('They are logged out, and told by mail.'))
  await card.getByRole('button', { name: 'Save', exact: true }).click()
  await see(page.getByText('Duo took both pairs of keys, and the settings are saved.'))
  await warning.waitFor({ state: 'detached' })
})

test('S0.29 whom "Simple" would merge is named where the rules are saved, in all three places, with the way to the key doctor', async () => {
  const site = await at.kit.site({ mode: 'opt-in', methods: ['totp'] })
  await duoKit.set(site.id)
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  await at.kit.enroll(head, await at.kit.signIn(head))
  const { db } = at.kit.rooms.store
  const emails = [`twin-${site.id}@acme.example`, `twin-${site.id}@globex.example`]
  for (const email of emails) {
    const person = await at.kit.person(site.id)
    await db.updateTable('users').set({ email }).where('id', '=', person.id).execute()
  }
  const reading = { organization_id: site.id, prompt: 'simple', auth: 'simple', checked_by: head.id, checked_at: at.kit.now() } as const
  await db.insertInto('duo_doctor').values(reading).execute()

  at.kit.pass(60)
  const { page } = await at.openAs(head, settings)
  const refused = page.getByRole('status').filter({ hasText: 'Nothing was saved: Duo would take several people for one' })
  const named = async () => {
    await see(refused)
    const said = (await refused.textContent()) ?? ''
    for (const email of emails) assert.ok(said.includes(email), said)
    assert.equal(await refused.getByRole('link', { name: 'Key doctor' }).getAttribute('href'), `${settings}/duo-doctor`)
  }
  await page.getByRole('checkbox', { name: 'Duo', exact: true }).check()
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await named()
  await page.getByRole('button', { name: 'Drop my draft' }).click()
  await refused.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Standardize all users on Duo' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Standardize on Duo' }).click()
  await named()

  await page.goto(`${settings}/set-up`)
  await see(page.getByRole('radio', { name: 'Passkey or security key' }))
  await page.getByRole('radio', { name: 'Duo', exact: true }).check()
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(page.getByText('Duo is connected.'))
  await page.getByRole('button', { name: 'NEXT' }).click()
  await page.getByRole('button', { name: 'FINISH' }).click()
  await named()
  await refused.getByRole('link', { name: 'Key doctor' }).click()
  await see(heading(page, 'Duo key doctor'))
})
