import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { type BrowserKit, heading, openBrowserKit, see } from './browser.ts'
import { crowd, giveDuo } from './duo-doctor-kit.ts'
import { doctorPage } from './tour-duo-doctor.ts'

let at: BrowserKit
let duo: DuoSimulator
before(async () => {
  duo = await startDuo({ now: () => at.kit.now() })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  at = await openBrowserKit({ delivery: { allowedHosts: [new URL(duo.url).hostname] } })
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await duo.stop()
})

const normalization = 'Username normalization of the Web SDK application'

test('S0.25 a Security Admin finds the key doctor, sees whose alias is missing, adds it with the Admin API keys, and takes the result as a file', async () => {
  const site = await at.kit.site()
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const keys = await giveDuo(at.kit, duo, site.id, head)
  const person = await at.kit.person(site.id)
  const theirs = duo.account.addUser(`old-name-${site.id.slice(-6)}`, { email: person.email })
  const { page } = await at.openAs(head, '/company-settings')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('missing alias')
  await page.getByRole('link', { name: 'Duo key doctor' }).click()
  await see(heading(page, 'Duo key doctor'))
  await page.getByRole('button', { name: 'Check 2 people' }).click()
  await see(page.getByRole('row').filter({ hasText: person.email }).getByText('Unknown or not enrolled'))
  await page.getByLabel(normalization).selectOption('None')
  await page.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await page.getByLabel('Integration key').fill(keys.key)
  await page.getByLabel('Secret key').fill(keys.secret)
  await page.getByRole('button', { name: 'Check again' }).click()
  await see(page.getByRole('row').filter({ hasText: person.email }).getByText('Alias missing'))
  await page.getByLabel('Finding').selectOption('Alias missing (1)')
  assert.equal(await page.getByRole('row').count(), 2)
  await page.getByRole('button', { name: 'Add 1 missing alias' }).click()
  await see(page.getByRole('dialog').getByText(`${theirs.username} gets ${person.email}`))
  assert.deepEqual(theirs.aliases, [], 'a preview changes nothing')
  await page.getByRole('dialog').getByRole('button', { name: 'Add 1 missing alias' }).click()
  await see(page.getByText('1 of 1 missing alias added.'))
  await see(page.getByRole('row').filter({ hasText: person.email }).getByText('Alias added.'))
  assert.deepEqual(theirs.aliases, [person.email])
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()])
  const csv = readFileSync(await file.path(), 'utf8')
  assert.match(csv, new RegExp(`"${person.email}","Alias missing","${theirs.username}","","Alias added"`))
  await page.reload()
  assert.equal(await page.getByLabel('Secret key').count(), 0, 'nothing of the keys is kept')
  assert.ok(!JSON.stringify(await page.context().storageState()).includes(keys.secret))
})

test('S0.25 an administrator with another role reads whom to ask', async () => {
  const site = await at.kit.site()
  const { page } = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), doctorPage)
  await see(page.getByText(`Only a Security Admin of ${site.name} can use the Duo key doctor.`))
  assert.equal(await page.getByRole('button', { name: /Check/ }).count(), 0)
})

test('S0.29 A67 the page tells that the applications differ, and in red whom "Simple" would merge; nothing can be added then', async () => {
  const site = await at.kit.site()
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const keys = await giveDuo(at.kit, duo, site.id, head, 'simple')
  const [a, b] = [await at.kit.person(site.id), await at.kit.person(site.id)]
  const { db } = at.kit.rooms.store
  for (const [nth, { id }] of [a, b].entries())
    await db
      .updateTable('users')
      .set({ email: `ana-${site.id.slice(-6)}@company-${nth}.example` })
      .where('id', '=', id)
      .execute()
  duo.account.addUser(head.email)
  const { page } = await at.openAs(head, doctorPage)
  await page.getByLabel(normalization).selectOption('None')
  await page.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await page.getByLabel('Integration key').fill(keys.key)
  await page.getByLabel('Secret key').fill(keys.secret)
  await page.getByRole('button', { name: 'Check 3 people' }).click()
  await see(page.getByText('Simple: Duo takes only what stands before the @.'))
  await see(page.getByText('The two applications read user names differently.'))
  await see(page.getByText(`"Simple" leaves "ana-${site.id.slice(-6)}" of all these names.`))
  assert.equal(await page.getByRole('button', { name: /^Add/ }).count(), 0)
})

test('a check of many people shows how far it is and can be stopped; what was found stays, and the next check may begin', async () => {
  const site = await at.kit.site()
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  await giveDuo(at.kit, duo, site.id, head)
  await crowd(at.kit, site.id, 300)
  const { page } = await at.openAs(head, doctorPage)
  duo.misbehave('slow', { on: '/preauth', seconds: 0.1 })
  await page.getByRole('button', { name: 'Check 301 people' }).click()
  await see(page.getByRole('row').nth(5))
  assert.notEqual(await page.getByRole('progressbar', { name: 'Checking' }).getAttribute('aria-valuenow'), null)
  await page.getByRole('button', { name: 'Stop' }).click()
  await see(page.getByText(/Stopped after \d+ of 301 people/))
  const asked = duo.asked.length
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(duo.asked.length - asked <= 5, 'nobody is asked about after that')
  duo.behave()
  await page.getByRole('button', { name: 'Check again' }).click()
  await page.getByText('Duo knows 0 of 301 people.').waitFor({ timeout: 60_000 })
})
