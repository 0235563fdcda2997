import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { rulesOf } from '../kit.ts'
import {
  accountMenu,
  type BrowserKit,
  giveCode,
  givePassword,
  gone,
  heading,
  keepCodes,
  openBrowserKit,
  said,
  scan,
  see,
} from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const card = (page: Page): Locator => page.getByRole('region', { name: 'Two-Factor Authentication' })
const words = (menu: Locator): Promise<string[]> => menu.getByRole('menuitem').allInnerTexts()

/** Somebody who may switch it on or off as they like. */
async function volunteer() {
  const site = await at.kit.site({ mode: 'opt-in' })
  return { site, person: await at.kit.person(site.id) }
}

/** The same, with an app set up; the session is that of the API. */
async function securedVolunteer(path = '/settings') {
  const { site, person } = await volunteer()
  await at.kit.enroll(person, await at.kit.signIn(person))
  return { site, person, ...(await at.openAs(person, path)) }
}

test('S0.44 S2.33 S2.44 S3.6 S4.4 the menu at the top right is named after the user and leads to profile, settings and 2-Factor Auth', async () => {
  const { person } = await volunteer()
  const { page } = await at.openAs(person, '/')
  await see(heading(page, 'User Settings'))

  // S4.4: it stands at the top right.
  const box = await page.getByRole('banner').getByRole('button', { name: person.name, exact: true }).boundingBox()
  assert.ok(box && box.x + box.width > 1000 && box.y < 64, JSON.stringify(box))
  const menu = await accountMenu(page, person)
  await see(menu.getByRole('menuitem', { name: 'Enable 2FA' }))
  assert.deepEqual(await words(menu), ['Edit Profile', 'User Settings', '2-Factor Auth', 'Enable 2FA', 'Sign out'])

  // S0.44: "Edit Profile" leads to the profile.
  await menu.getByRole('menuitem', { name: 'Edit Profile' }).click()
  await page.waitForURL('**/settings#profile')
  const profile = page.getByRole('region', { name: 'Profile' })
  await see(profile.getByText(person.email))

  // S3.6: "2-Factor Auth" leads to the card.
  await (await accountMenu(page, person)).getByRole('menuitem', { name: '2-Factor Auth' }).click()
  await page.waitForURL('**/settings#two-factor')
  await see(card(page))

  // S2.33 S2.44: "User Settings" leads there from anywhere.
  await page.goto('/help/two-factor')
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'User Settings' }).click()
  await page.waitForURL('**/settings')
  await see(card(page))
})

test('S2.34 the card of a user shows SECURED, NOT SET UP, REQUIRED or NOT AVAILABLE, and says what that means', async () => {
  const badgeOf = async (page: Page, badge: string, meaning: string) => {
    await see(card(page).getByText(badge, { exact: true }))
    await see(card(page).getByText(meaning))
    const others = ['SECURED', 'NOT SET UP', 'REQUIRED', 'NOT AVAILABLE'].filter((other) => other !== badge)
    for (const other of others) assert.equal(await card(page).getByText(other, { exact: true }).count(), 0, other)
  }
  const { site, person } = await volunteer()
  const { page } = await at.openAs(person, '/settings')
  await badgeOf(page, 'NOT SET UP', 'Your password alone opens this account.')

  const head = await at.kit.person(site.id, { role: 'security-admin' })
  const client = await at.kit.signIn(head)
  const decide = async (change: object) => {
    const rules = await rulesOf(client, site.id)
    assert.equal((await client.call('PUT', `/api/v1/organizations/${site.id}/policy`, { ...rules, ...change })).status, 200)
    await page.reload()
  }
  await decide({ enabled: false })
  await badgeOf(page, 'NOT AVAILABLE', 'A Security Admin can switch it on under Company Settings.')
  assert.equal(await card(page).getByRole('switch').count(), 0)

  const secured = await securedVolunteer()
  await badgeOf(secured.page, 'SECURED', 'Your account asks for a second step after the password.')
  assert.equal((await secured.client.call('POST', '/api/v1/me/two-factor/reset')).status, 200)
  await secured.page.reload()
  await badgeOf(secured.page, 'REQUIRED', 'You must set up a second step.')
})

test('S0.4 S3.4 S3.7 S3.8 S3.13 S3.14 S3.15 S3.16 S3.17 S4.10 S4.11 a user turns the switch from OFF to ON, scans, confirms, and keeps ten backup codes', async () => {
  const { person } = await volunteer()
  const { page, client } = await at.openAs(person, '/settings')
  const badge = async () => (await client.call('GET', '/api/v1/me/two-factor')).json.badge

  // S3.7: the switch shows OFF. S3.8: switched, the QR code is there at once, and nothing is active yet.
  const toggle = card(page).getByRole('switch', { name: 'Two-Factor Authentication' })
  assert.equal(await toggle.isChecked(), false)
  await see(card(page).getByText('OFF', { exact: true }))
  await toggle.click()
  await see(heading(page, 'Set up Two-Factor Authentication'))
  const uri = await scan(page)
  assert.equal(await badge(), 'not-set-up')

  // S4.11 S0.4 S3.4: a camera reads a standard address: TOTP with what all apps take, six digits and thirty seconds by default.
  assert.equal(uri.protocol + uri.host, 'otpauth:totp')
  assert.ok(['SHA1', null].includes(uri.searchParams.get('algorithm')))
  assert.ok(['6', null].includes(uri.searchParams.get('digits')))
  assert.ok(['30', null].includes(uri.searchParams.get('period')))
  assert.match(decodeURIComponent(uri.pathname), new RegExp(`Countersign.*${person.email}`))
  for (const app of ['Google Authenticator', 'Microsoft Authenticator', 'Duo Mobile'])
    await see(page.getByRole('listitem').filter({ hasText: app }))

  // S4.10: the same key in groups of four, under its label, with a button that copies it.
  const key = uri.searchParams.get('secret') ?? ''
  const shown = await said(page.getByLabel('Setup key'))
  assert.match(shown.replace(/\s+/g, ' '), /^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/)
  assert.equal(shown.replace(/\s/g, ''), key)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await see(page.getByRole('button', { name: 'Copied' }))
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), key)

  // S3.13 S3.14: a field for the code and a button that confirms it; a wrong code confirms nothing.
  person.key = key
  await see(page.getByLabel('Authentication Code', { exact: true }))
  await see(page.getByRole('button', { name: 'Verify', exact: true }))
  await giveCode(page, at.kit.code(person) === '111111' ? '222222' : '111111')
  await see(page.getByText('That code is not right.'))
  assert.equal(await badge(), 'not-set-up')
  await giveCode(page, at.kit.code(person))

  // S3.15: the warning stands before the codes.
  await see(heading(page, 'Save your backup codes'))
  const warning = page.getByRole('note')
  assert.match(await said(warning), /only this once[\s\S]*apart from your phone/)
  const list = page.getByRole('list', { name: 'Backup codes' })
  const [above, below] = [await warning.boundingBox(), await list.boundingBox()]
  assert.ok(above && below && above.y < below.y)

  // S3.16: ten of them, to copy, download and print, and the way on only with the tick.
  const codes = await list.getByRole('listitem').allInnerTexts()
  assert.equal(new Set(codes).size, 10)
  for (const code of codes) assert.match(code, /^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$/)
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await see(page.getByRole('button', { name: 'Copied' }))
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), codes.join('\n'))
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()])
  assert.equal(file.suggestedFilename(), 'backup-codes.txt')
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer)
  assert.deepEqual(Buffer.concat(chunks).toString().trim().split(/\r?\n/), codes)
  await page.evaluate('window.print = () => { document.title = "printed" }')
  await page.getByRole('button', { name: 'Print' }).click()
  assert.equal(await page.title(), 'printed')
  await page.emulateMedia({ media: 'print' })
  assert.equal(await list.isVisible(), true)
  assert.equal(await page.getByRole('button', { name: 'Continue' }).isVisible(), false)
  await page.emulateMedia({ media: null })
  await page.getByRole('button', { name: 'Continue' }).click()
  await see(heading(page, 'Save your backup codes'))
  await page.evaluate('document.querySelector("[name=saved]").required = false')
  await page.getByRole('button', { name: 'Continue' }).click()
  await see(page.getByText('Tick the box first.'))
  assert.deepEqual(await list.getByRole('listitem').allInnerTexts(), codes, 'nothing was drawn anew')
  await keepCodes(page, person)

  // S3.17: a last page says so; S3.7: back in the settings the switch shows ON, and the codes are shown nowhere again.
  await see(heading(page, 'Set-up is complete'))
  await page.getByRole('link', { name: 'Continue' }).click()
  await see(card(page).getByText('SECURED', { exact: true }))
  assert.equal(await toggle.isChecked(), true)
  await see(card(page).getByText('ON', { exact: true }))
  await see(card(page).getByText('Backup codes: 10 left'))
  assert.equal((await page.request.get('/sign-in/codes.txt')).status(), 401)
  assert.equal((await (await page.request.get('/api/v1/me/two-factor')).json()).badge, 'secured')
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Two-Factor Authentication is on'))
})

test('S0.43 S4.1 S4.5 S4.6 S4.7 S4.8 an administrator chooses "Enable 2FA" in the menu and gets numbered steps, store links and the recommended app', async () => {
  const site = await at.kit.site({ mode: 'opt-in' })
  const person = await at.kit.person(site.id, { role: 'admin' })
  const { page } = await at.openAs(person, '/users')

  // S4.1 S4.5: on the administrator's own account, from wherever they are.
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'Enable 2FA' }).click()
  const dialog = page.getByRole('dialog', { name: 'Enable 2FA' })

  // S4.6: a dialog with numbered steps.
  const steps = dialog.locator('ol > li')
  assert.equal(await steps.count(), 4)
  const titles = ['Get an authenticator app', 'Scan the QR code', 'Type the six digits', 'Keep the backup codes']
  for (const [index, title] of titles.entries()) assert.ok((await said(steps.nth(index))).includes(title), title)

  // S4.7 S0.43: both stores, for Duo Mobile by itself too. S4.8: what is recommended is what this installation is set to.
  for (const app of ['Google Authenticator', 'Microsoft Authenticator', 'Duo Mobile']) {
    const links = [dialog.getByRole('link', { name: `${app}: App Store` }), dialog.getByRole('link', { name: `${app}: Google Play` })]
    assert.match((await links[0]?.getAttribute('href')) ?? '', /^https:\/\/apps\.apple\.com\/app\//)
    assert.match((await links[1]?.getAttribute('href')) ?? '', /^https:\/\/play\.google\.com\/store\/apps\//)
  }
  await see(dialog.getByText('We recommend Google Authenticator.'))
  assert.match(await said(dialog.getByText('(recommended)').locator('..')), /^Google Authenticator/)
  assert.equal(at.kit.rooms.recommendedApp, 'Google Authenticator')

  await dialog.getByRole('button', { name: 'Continue' }).click()
  await see(heading(page, 'Set up Two-Factor Authentication'))
  await page.getByRole('button', { name: 'Cancel' }).click()
  await see(card(page).getByText('NOT SET UP', { exact: true }))
})

test('S4.12 S4.13 S4.15 S4.16 S4.17 a user disables 2FA: the advice against it, a current code, "Confirm", a message and a mail', async () => {
  const { person, page, client } = await securedVolunteer()

  // S4.13: the entry; S4.12: the advice, in the dialog and again on the page.
  await (await accountMenu(page, person)).getByRole('menuitem', { name: 'Disable 2FA' }).click()
  const dialog = page.getByRole('dialog', { name: 'Disable 2FA' })
  await see(dialog.getByText('We strongly advise you to keep it on.'))
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await see(heading(page, 'Disable 2FA'))
  await see(page.getByRole('note').getByText('We strongly advise you to keep it on.'))

  // S4.15 S4.16: a code of the app, although the session has just been proved, and a button of that name.
  await see(page.getByRole('button', { name: 'Confirm', exact: true }))
  await giveCode(page, at.kit.code(person))
  await see(page.getByText('That code was already used.'))
  assert.equal((await client.call('GET', '/api/v1/me/two-factor')).json.badge, 'secured')
  at.kit.pass(30)
  await giveCode(page, at.kit.code(person))

  // S4.17: said on the page and by mail, and true from now on.
  await see(page.getByText('Two-Factor Authentication is off', { exact: true }))
  await see(card(page).getByText('NOT SET UP', { exact: true }))
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Two-Factor Authentication is off'))
  const later = await at.open('/sign-in')
  await givePassword(later, person)
  await see(heading(later, 'User Settings'))
})

test('S4.14 S4.22 a required user finds a line in place of "Disable 2FA", a fixed switch, and a refusal from the API', async () => {
  const site = await at.kit.site({ mode: 'chosen' })
  const person = await at.kit.person(site.id, { required: true })
  const { page, client } = await at.openAs(person, '/settings')
  const menu = await accountMenu(page, person)
  await see(menu.getByText(`Required by ${site.name}`))
  assert.ok(!(await words(menu)).some((word) => /(En|Dis)able 2FA/.test(word)))
  await page.keyboard.press('Escape')
  const toggle = card(page).getByRole('switch', { name: 'Two-Factor Authentication' })
  assert.equal(await toggle.isDisabled(), true)
  await see(card(page).getByText(`Required by ${site.name}, so it cannot be switched off.`))
  const refused = await client.call('POST', '/api/v1/me/sign-ins', { intent: 'disable' })
  assert.deepEqual([refused.status, refused.json.code], [409, 'two-factor-required'])
})

test('S0.45 S0.46 S0.47 "Reset QR Code" asks a user for a fresh proof, says and mails that it happened, and the old secret is dead at once', async () => {
  const { person, page, client } = await securedVolunteer()
  const old = { ...person }
  at.kit.pass(301)

  // S0.45: the button, then the proof, since the last one is older than five minutes.
  await card(page).getByRole('button', { name: 'Reset QR Code' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reset QR Code' })
  await see(dialog.getByText('stop working at once'))
  await dialog.getByRole('button', { name: 'Reset QR Code' }).click()
  await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByRole('button', { name: 'Confirm now' }).click()
  await see(heading(page, 'Confirm that it is you'))
  assert.equal(await page.getByLabel('Email').inputValue(), person.email)
  await page.getByLabel('Password', { exact: true }).fill('not the right one, by far')
  await page.getByRole('button', { name: 'Continue' }).click()
  await see(page.getByText('That password is not right.'))
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await giveCode(page, at.kit.code(person))
  const resume = page.getByRole('dialog', { name: 'Go on where you stopped?' })
  await see(resume.getByText('Reset QR Code: your app and your backup codes stop working at once.'))
  assert.equal((await client.call('GET', '/api/v1/me/two-factor')).status, 401, 'the proof gave the session a new cookie')
  assert.equal((await (await page.request.get('/api/v1/me/two-factor')).json()).badge, 'secured', 'the proof alone resets nothing')
  await resume.getByRole('button', { name: 'Continue' }).click()

  // S0.46: a notice and a mail.
  await see(page.getByText('The QR code has been reset'))
  await see(card(page).getByText('REQUIRED', { exact: true }))
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Your Two-Factor Authentication was reset'))

  // S0.47: set-up is asked at the next sign-in, with another key; what the old one computes is nothing any more.
  at.kit.pass(30)
  const later = await at.open('/sign-in')
  await givePassword(later, person)
  await see(heading(later, 'Set up Two-Factor Authentication again'))
  await later.getByRole('button', { name: 'Email me a code' }).click()
  await see(later.getByText('We sent a code to'))
  await giveCode(later, await at.kit.mailedCode(person.email))
  await see(heading(later, 'Set up Two-Factor Authentication'))
  const key = (await scan(later)).searchParams.get('secret')
  assert.notEqual(key, old.key)
  await giveCode(later, at.kit.code(old))
  await see(later.getByText('That code is not right.'))
})

test('a user ends the session of another browser, and it is out', async () => {
  const { person } = await volunteer()
  const { page: other } = await at.openAs(person, '/settings')
  await see(card(other))
  const { page } = await at.openAs(person, '/settings')
  const sessions = page.getByRole('region', { name: 'Where you are signed in' })
  await see(sessions.getByText('This device'))
  assert.ok((await sessions.getByRole('listitem').count()) >= 2)
  await sessions.getByRole('button', { name: 'End all other sessions' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all other sessions' }).click()
  await see(page.getByText('All other sessions have ended'))
  await gone(sessions.getByRole('button', { name: 'End all other sessions' }))
  await other.reload()
  await see(heading(other, 'Log in'))
  await see(card(page))
})

test('S0.42 S3.5 S3.9 S3.10 S3.11 S4.3 S4.9 help tells a user why, and app by app how', async () => {
  const { person } = await volunteer()
  const { page } = await at.openAs(person, '/settings')
  await page.getByRole('link', { name: 'How it works, app by app' }).click()
  await see(heading(page, 'Settings - Two-Factor Authentication (2FA)'))

  // S4.3: two pieces of evidence, in a line.
  await see(page.getByText('two or more pieces of evidence before it gives access'))

  // S3.5: a short section for each usual app, which the contents lead to.
  const section = (name: string) => page.getByRole('region', { name, exact: true })
  for (const app of ['Google Authenticator', 'Microsoft Authenticator', 'Duo Mobile', 'LastPass Authenticator']) {
    await see(section(app))
    assert.ok((await section(app).getByRole('listitem').count()) >= 3, app)
    await see(page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: app }))
  }

  // S4.9: the plus icon. S3.9 S3.10: Duo Mobile's key icon to scan, check icon to confirm, key icon to see the code.
  await see(section('Google Authenticator').getByText('tap the plus icon'))
  const duo = await said(section('Duo Mobile'))
  assert.match(
    duo,
    /Open the app[\s\S]*key icon[\s\S]*Scan the QR code[\s\S]*check icon to confirm[\s\S]*key icon of the account to see the six digits/,
  )

  // S0.42: without a subscription. S3.11: the picture's code is not the reader's.
  assert.match(duo, /No paid Duo subscription is needed/)
  await see(page.getByRole('figure').getByText('will differ from any you see in pictures'))
})
