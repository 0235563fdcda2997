import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type AuthAnvilSimulator, start as startAuthAnvil } from '../../simulators/authanvil.ts'
import { refused, rulesOf } from '../kit.ts'
import { actionsMenu, type BrowserKit, givePassword, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
let server: AuthAnvilSimulator
before(async () => {
  server = await startAuthAnvil()
  setDefaultCACertificates([...getCACertificates('default'), server.ca])
  at = await openBrowserKit({ delivery: { allowedHosts: [new URL(server.url).hostname] } })
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await server.stop()
})

test('S0.48 S0.49 S0.50 S0.51 S0.52 S0.53 S0.54 S0.55 a Security Admin finds "AuthAnvil SAS URL", is told what is wrong, and saves after a sign of life', async () => {
  const site = await at.kit.site()
  const admin = await at.kit.person(site.id, { role: 'security-admin' })
  await at.kit.enroll(admin, await at.kit.signIn(admin))
  const { page } = await at.openAs(admin, '/company-settings')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('AuthAnvil SAS URL')
  await page.getByRole('link', { name: 'AuthAnvil' }).click()
  const card = page.getByRole('region', { name: 'AuthAnvil' })
  await card.getByRole('switch', { name: 'Enable Authanvil' }).check()
  await see(card.getByText('https://<host>/AuthAnvil/sas.asmx'))
  await see(card.getByText('left over from on-premise AuthAnvil'))
  assert.equal(await card.getByLabel('Default Pin', { exact: true }).inputValue(), '1111')
  assert.deepEqual(await card.getByLabel('Where the Pin goes').locator('option').allTextContents(), [
    'Pin first, then the one-time password',
    'Pin last, after the one-time password',
    'Try both: first, and if that fails, last',
    'No Pin',
  ])
  await card.getByLabel('AuthAnvil SAS URL').fill('https://example.org/another.asmx')
  await card.getByRole('button', { name: 'Save' }).click()
  await see(card.getByText('Type the address of your AuthAnvil'))
  await card.getByLabel('AuthAnvil SAS URL').fill(`${server.sasUrl}?wsdl`)
  await card.getByLabel('AuthAnvil Site ID').fill('one')
  await card.getByRole('button', { name: 'Save' }).click()
  await see(card.getByText('Type a whole number.'))
  await card.getByLabel('AuthAnvil Site ID').fill('1')
  server.misbehave('wsdl-other-product', { times: 1 })
  await card.getByRole('button', { name: 'Save' }).click()
  await see(card.getByText('Something answers there, but it is not AuthAnvil'))
  await card.getByRole('button', { name: 'Save' }).click()
  await see(page.getByText('AuthAnvil answered, and its settings are saved.'))
  await see(card.getByText('changed this last'))
  assert.equal(await card.getByLabel('AuthAnvil SAS URL').inputValue(), server.sasUrl)
})

test('S0.48 an administrator with another role reads whom to ask, and sees no field', async () => {
  const site = await at.kit.site()
  const { page } = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), '/company-settings/general/two-factor')
  const card = page.getByRole('region', { name: 'AuthAnvil' })
  await see(card.getByText('Only a Security Admin of'))
  assert.equal(await card.getByText('Enable Authanvil').count(), 0)
})

test('S0.3 S0.53 S0.55 a person sets AuthAnvil up with the passcode of their token, reads that it is away, and logs in with it', async () => {
  const site = await at.kit.site({ mode: 'everyone' })
  const admin = await at.kit.person(site.id, { role: 'security-admin' })
  const client = await at.kit.signIn(admin)
  const path = `/api/v1/organizations/${site.id}`
  const settings = { isOn: true, url: server.sasUrl, siteId: '1', pinOrder: 'before', showsPin: false, version: 0 }
  assert.equal((await client.call('PUT', `${path}/authanvil`, settings)).status, 200)
  const { people: _people, availableMethods: _methods, weakerAccepted: _by, ...rules } = (await client.call('GET', `${path}/policy`)).json
  const wanted = { ...rules, methods: ['authanvil'], defaultMethod: 'authanvil' }
  assert.equal((await client.call('PUT', `${path}/policy`, wanted)).status, 200)
  const person = await at.kit.person(site.id)
  server.addUser({ name: person.email, passwords: ['12345678', '23456789'], pinPlace: 'before' })
  const page = await at.open('/sign-in')
  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Log In' }).click()
  await see(page.getByText('If AuthAnvil takes it, this is your second step'))
  assert.equal(await page.getByLabel('Pin').count(), 0)
  await page.getByLabel('Code').fill('00000000')
  await page.getByRole('button', { name: 'Verify' }).click()
  await see(page.getByText('That code is not right.'))
  await page.getByLabel('Code').fill('12345678')
  await page.getByRole('button', { name: 'Verify' }).click()
  await see(page.getByText('Save your backup codes'))
  const again = await at.open('/sign-in')
  await again.getByLabel('Email').fill(person.email)
  await again.getByLabel('Password', { exact: true }).fill(person.password)
  await again.getByRole('button', { name: 'Log In' }).click()
  await see(again.getByText('Type the passcode that your AuthAnvil token shows.'))
  server.misbehave('reset', { times: 1 })
  await again.getByLabel('Code').fill('00000000')
  await again.getByRole('button', { name: 'Log In' }).click()
  await see(again.getByText('AuthAnvil does not answer.'))
  await again.getByLabel('Code').fill('23456789')
  await again.getByRole('button', { name: 'Log In' }).click()
  await see(again.getByRole('button', { name: person.name }))
})

test('S0.53 a Security Admin sets the name and the PIN of one user under Actions, and that user gets in by them', async () => {
  const site = await at.kit.site({ mode: 'everyone' })
  const admin = await at.kit.person(site.id, { role: 'security-admin' })
  const client = await at.kit.signIn(admin)
  const path = `/api/v1/organizations/${site.id}`
  const settings = { isOn: true, url: server.sasUrl, siteId: '1', pinOrder: 'before', showsPin: false, version: 0 }
  assert.equal((await client.call('PUT', `${path}/authanvil`, settings)).status, 200)
  const wanted = { ...(await rulesOf(client, site.id)), methods: ['totp', 'authanvil'], defaultMethod: 'authanvil' }
  assert.equal((await client.call('PUT', `${path}/policy`, wanted)).status, 200)
  const person = await at.kit.person(site.id)
  server.addUser({ name: 'ana.elsewhere', pin: '7788', passwords: ['12345678'], pinPlace: 'before' })
  const { page } = await at.openAs(admin, '/users')
  await (await actionsMenu(page, person)).getByRole('menuitem', { name: 'AuthAnvil name and PIN' }).click()
  const dialog = page.getByRole('dialog', { name: `AuthAnvil name and PIN of ${person.name}` })
  await dialog.getByLabel('Name at AuthAnvil').fill('ana.elsewhere')
  await dialog.getByLabel('PIN', { exact: true }).selectOption('A PIN of their own')
  await dialog.getByLabel('New PIN', { exact: true }).fill('7788')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(page.getByText(`What AuthAnvil knows ${person.name} by is saved.`))
  await page.goto(`/users/${person.id}`)
  await page.getByRole('region', { name: 'AuthAnvil' }).getByRole('button', { name: 'AuthAnvil name and PIN' }).click()
  assert.equal(await dialog.getByLabel('Name at AuthAnvil').inputValue(), 'ana.elsewhere')
  assert.equal(await dialog.getByLabel('PIN', { exact: true }).inputValue(), 'kept')
  assert.ok(!(await page.content()).includes('7788'), 'the PIN is never shown again')
  const theirs = await at.open('/sign-in')
  await givePassword(theirs, person)
  await theirs.getByLabel('Code').fill('12345678')
  await theirs.getByRole('button', { name: 'Verify' }).click()
  await see(theirs.getByText('Save your backup codes'))
})

test('S0.53 another administrator sees the entry with whom to ask, and the API refuses it', async () => {
  const site = await at.kit.site({ mode: 'everyone' })
  const admin = await at.kit.person(site.id, { role: 'security-admin' })
  const client = await at.kit.signIn(admin)
  const path = `/api/v1/organizations/${site.id}`
  const settings = { isOn: true, url: server.sasUrl, siteId: '1', pinOrder: 'before', showsPin: false, version: 0 }
  assert.equal((await client.call('PUT', `${path}/authanvil`, settings)).status, 200)
  const person = await at.kit.person(site.id)
  const { page, client: theirs } = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), '/users')
  const entry = (await actionsMenu(page, person)).getByRole('menuitem', { name: 'AuthAnvil name and PIN' })
  await see(entry.getByText('A Security Admin sets this.'))
  assert.equal(await entry.isDisabled(), true)
  refused(await theirs.call('PUT', `${path}/users/${person.id}/authanvil`, { userName: 'x' }), 403, 'forbidden', {
    right: 'change-authanvil',
  })
})
