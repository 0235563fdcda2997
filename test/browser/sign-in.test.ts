import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import {
  type BrowserKit,
  giveCode,
  givePassword,
  gone,
  heading,
  keepCodes,
  linkIn,
  openBrowserKit,
  said,
  see,
  setUpApp,
} from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

/** Somebody of whom the second step is required and who has set up an app. */
async function secured() {
  const site = await at.kit.site({ mode: 'everyone' })
  const person = await at.kit.person(site.id)
  await at.kit.signIn(person)
  return { site, person }
}

test('S1.21 S1.24 S1.25 S1.28 S3.1 S3.12 S3.19 S3.22 a user signs in with email, password and six digits; whatever is wrong is told with what to do next', async () => {
  const { site, person } = await secured()
  const page = await at.open('/sign-in')
  const isSignedIn = async () => (await page.request.get('/api/v1/session')).status() === 200

  // S1.21 S3.1: email and password are the first step, and a wrong one opens nothing.
  await givePassword(page, { ...person, password: 'not the right one, by far' })
  await see(page.getByRole('alert').getByText('The email or the password is not right.'))
  assert.equal(await page.getByLabel('Email', { exact: true }).inputValue(), person.email)
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '')
  await givePassword(page, person)

  // S3.19 S3.22 S1.25: one field with that label, for digits, filled in by the phone where it can; the button "Log In".
  await see(heading(page, 'Two-Factor Authentication'))
  await see(page.getByText(`${site.name} requires Two-Factor Authentication from everyone.`))
  assert.equal(await page.getByRole('textbox').count(), 1)
  const field = page.getByLabel('Authentication Code', { exact: true })
  assert.equal(await field.getAttribute('inputmode'), 'numeric')
  assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
  await see(page.getByRole('button', { name: 'Log In', exact: true }))
  assert.equal(await isSignedIn(), false, 'the password alone opens nothing')

  // S1.24 S3.12: fewer than six digits are no code.
  await field.fill('12345')
  await field.press('Enter')
  await see(page.getByText('That is not a whole code.'))
  await see(page.getByText('A code from the app has six digits.'))

  // A used code, a wrong one and one from a clock that is off: each has its sentence, and the field points to it.
  await giveCode(page, at.kit.code(person))
  await see(page.getByText('That code was already used.'))
  await see(page.getByText('Wait for the next one in your app'))
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  const note = page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`)
  assert.match(await said(note), /Wait for the next one/)
  await giveCode(page, at.kit.code(person) === '000000' ? '000001' : '000000')
  await see(page.getByText('That code is not right.'))
  await giveCode(page, at.kit.code(person, -6))
  await see(page.getByText("Your phone's clock is about 3 minutes behind."))
  assert.match(await page.title(), /^Error: /)
  assert.equal(await isSignedIn(), false)

  // S1.25 S1.28: pasted as apps show it, in two groups; six digits go by themselves.
  at.kit.pass(60)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const code = at.kit.code(person)
  await page.evaluate(`navigator.clipboard.writeText('${code.slice(0, 3)} ${code.slice(3)}')`)
  await field.focus()
  await page.keyboard.press('ControlOrMeta+V')
  await see(heading(page, 'User Settings'))
  assert.equal(await isSignedIn(), true)

  // S1.28: at the next sign-in, on the same device, the code is asked again.
  await page.getByRole('button', { name: person.name, exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await see(heading(page, 'Log in'))
  assert.equal(await isSignedIn(), false)
  at.kit.pass(30)
  await givePassword(page, person)
  await see(heading(page, 'Two-Factor Authentication'))
  await giveCode(page, at.kit.code(person))
  await see(heading(page, 'User Settings'))
})

test('a sign-in that was left for more than ten minutes says so and begins again', async () => {
  const { person } = await secured()
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Two-Factor Authentication'))
  at.kit.pass(601)
  await giveCode(page, at.kit.code(person))
  await see(page.getByText('That took too long, so we ended it.'))
  await see(page.getByText('a sign-in lasts 10 minutes'))
  await givePassword(page, person)
  await see(heading(page, 'Two-Factor Authentication'))
})

test('a backup code opens the door once, on a page that is made for it', async () => {
  const { person } = await secured()
  const [code = ''] = person.backupCodes ?? []
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await page.getByRole('link', { name: 'Use a backup code' }).click()
  const field = page.getByLabel('Authentication Code', { exact: true })
  assert.equal(await field.getAttribute('inputmode'), 'text')
  await field.fill('ABCD')
  await field.press('Enter')
  await see(page.getByText('That is not a whole backup code.'))
  await see(page.getByText('A backup code has four groups of four characters'))
  await giveBackupCode(code.toLowerCase())
  await see(heading(page, 'User Settings'))
  await see(page.getByText('Backup codes: 9 left'))

  const again = await at.open('/sign-in?with=backup-code')
  await givePassword(again, person)
  await again.getByRole('link', { name: 'Use a backup code' }).click()
  await again.getByLabel('Authentication Code', { exact: true }).fill(code)
  await again.getByRole('button', { name: 'Log In' }).click()
  await see(again.getByText('That backup code was already used.'))
  await see(again.getByText('Cross it out and type the next one'))
  assert.equal((await again.request.get('/api/v1/session')).status(), 401)

  async function giveBackupCode(value: string) {
    await field.fill(value)
    await page.getByRole('button', { name: 'Log In' }).click()
  }
})

test('S0.41 S1.18 S1.22 S1.23 S1.26 S1.27 S4.23 a required user without JavaScript is led through the set-up: key, wrong code, code, backup codes, in', async () => {
  const site = await at.kit.site({ mode: 'chosen' })
  const person = await at.kit.person(site.id, { required: true })
  const page = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(page, person)

  // S0.41 S1.18 S4.23: nothing else opens before it is done.
  await see(heading(page, 'Set up Two-Factor Authentication'))
  await see(page.getByText(`${site.name} requires Two-Factor Authentication from you.`))
  await page.goto('/settings')
  assert.equal((await page.request.get('/api/v1/session')).status(), 401)
  await page.goto('/sign-in')
  await see(page.getByRole('img', { name: 'QR code' }))
  assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0, 'a button that needs a script is not shown without one')

  // S1.22: the key is this person's alone, and another set-up gets another.
  const key = await said(page.getByLabel('Setup key'))
  const other = await at.kit.person(site.id, { required: true })
  const elsewhere = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(elsewhere, other)
  assert.notEqual(await said(elsewhere.getByLabel('Setup key')), key)
  for (const mail of await at.kit.mailsTo(person.email)) assert.ok(!mail.text.includes(key.replaceAll(' ', '')), 'the key is never mailed')

  // S1.23 S1.26: any app computes the code from the key; "Verify" confirms it, and a wrong one binds nothing.
  person.key = key.replaceAll(' ', '')
  const right = at.kit.code(person)
  await page.getByLabel('Authentication Code').fill(right === '123456' ? '654321' : '123456')
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await see(page.getByText('That code is not right.'))
  assert.equal(await said(page.getByLabel('Setup key')), key, 'the key stays, or the scan would be for nothing')
  await page.getByLabel('Authentication Code').fill(right)
  await page.getByRole('button', { name: 'Verify', exact: true }).click()

  // S1.27: the end is said, and leads on.
  await see(heading(page, 'Save your backup codes'))
  await keepCodes(page, person)
  await see(heading(page, 'Set-up is complete'))
  await see(page.getByRole('link', { name: 'Continue' }))
  assert.equal((await page.request.get('/api/v1/session')).status(), 200)

  // At the next sign-in the code is asked for, still without a script.
  at.kit.pass(30)
  const later = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(later, person)
  await later.getByLabel('Authentication Code').fill(at.kit.code(person))
  await later.getByRole('button', { name: 'Log In', exact: true }).click()
  await later.waitForURL((url) => url.pathname === '/')
  assert.equal((await later.request.get('/api/v1/session')).status(), 200)
})

test('a user signs in by keyboard alone, and sees where the focus is', async () => {
  const { person } = await secured()
  at.kit.pass(30)
  const page = await at.open('/sign-in')
  const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent.trim()')
  const outline = () => page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
  assert.equal(await focused(), 'email')
  assert.equal(await outline(), 'solid')
  await page.keyboard.type(person.email)
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'password')
  await page.keyboard.type(person.password)
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Show password')
  assert.equal(await outline(), 'solid')
  await page.keyboard.press('Space')
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text')
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Log In')
  assert.equal(await outline(), 'solid')
  await page.keyboard.press('Enter')
  await see(heading(page, 'Two-Factor Authentication'))
  assert.equal(await focused(), 'code')
  await page.keyboard.type(at.kit.code(person))
  await see(heading(page, 'User Settings'))

  // In the Console the first stop leads past the frame, and the menu opens and closes by key.
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the content')
  await page.getByRole('button', { name: person.name, exact: true }).focus()
  await page.keyboard.press('Enter')
  await see(page.getByRole('menu').and(page.locator(':focus-within')))
  await page.keyboard.press('Escape')
  await gone(page.getByRole('menu'))
  assert.equal(await page.evaluate<string>('document.activeElement.innerText'), person.name)
})

test('S3.2 "Forgot password?" mails a link that sets a password and never skips the code; the link works once', async () => {
  const { person } = await secured()
  at.kit.pass(30)
  const page = await at.open('/sign-in')
  await page.getByRole('link', { name: 'Forgot password?' }).click()
  await see(heading(page, 'Forgot your password?'))
  await page.getByLabel('Email').fill(person.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await see(heading(page, 'Look into your mail'))
  const sent = await said(page.locator('main'))

  // An address that nobody has gets the same page, word for word.
  const stranger = await at.open('/forgot-password')
  await stranger.getByLabel('Email').fill('nobody-at-all@example.org')
  await stranger.getByRole('button', { name: 'Send the link' }).click()
  await see(heading(stranger, 'Look into your mail'))
  assert.equal(await said(stranger.locator('main')), sent)
  assert.deepEqual(await at.kit.mailsTo('nobody-at-all@example.org'), [])

  const path = await linkIn(at.kit, person.email)
  await page.goto(path)
  await page.getByLabel('New password').fill('short')
  await page.getByRole('button', { name: 'Set password' }).click()
  await see(page.getByText('This password is too short.'))
  await page.getByLabel('New password').fill('seven quiet lighthouses in fog')
  await page.getByRole('button', { name: 'Set password' }).click()
  await see(heading(page, 'Your password was changed'))
  assert.equal((await page.request.get('/api/v1/session')).status(), 401, 'a new password signs nobody in')

  await page.getByRole('link', { name: 'Log In' }).click()
  await givePassword(page, person)
  await see(page.getByText('The email or the password is not right.'))
  await givePassword(page, { ...person, password: 'seven quiet lighthouses in fog' })
  await see(heading(page, 'Two-Factor Authentication'))
  assert.equal((await page.request.get('/api/v1/session')).status(), 401)
  await giveCode(page, at.kit.code(person))
  await see(heading(page, 'User Settings'))

  const used = await at.open(path)
  await see(heading(used, 'This link no longer works'))
  await see(used.getByRole('link', { name: 'Ask for a new link' }))
})

test('an invited person follows the mail, chooses a password, sets up an app and is in; the invitation works once', async () => {
  const site = await at.kit.site({ mode: 'everyone', newUsersRequired: true })
  const admin = await at.kit.person(site.id, { role: 'admin' })
  const { page: desk } = await at.openAs(admin, '/users')
  const invited = { id: '', name: 'Ines Invited', email: 'ines.invited@example.org', password: 'plum harbour ' }
  await desk.getByRole('button', { name: 'Invite user' }).click()
  const dialog = desk.getByRole('dialog', { name: 'Invite user' })
  await dialog.getByRole('button', { name: 'Send invitation' }).click()
  await see(dialog.getByText('Enter a name.'))
  await dialog.getByLabel('Name').fill(invited.name)
  await dialog.getByLabel('Email').fill(invited.email)
  await dialog.getByRole('button', { name: 'Send invitation' }).click()
  await see(desk.getByText(`The invitation was mailed to ${invited.email}`))
  await see(desk.getByRole('row').filter({ hasText: invited.name }).getByText('Invited', { exact: true }))

  const path = await linkIn(at.kit, invited.email)
  const page = await at.open(path)
  await see(heading(page, `Join ${site.name}`))
  assert.equal(await page.getByLabel('Email').getAttribute('readonly'), '')
  await page.getByLabel('Password', { exact: true }).fill('password1')
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await see(page.getByText('This password is too common.'))
  await page.getByLabel('Password', { exact: true }).fill(invited.password)
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await see(heading(page, 'Set up Two-Factor Authentication'))
  await setUpApp(at.kit, page, invited)
  await page.getByRole('link', { name: 'Continue' }).click()
  await see(heading(page, 'User Settings'))
  await see(page.getByText('SECURED', { exact: true }))
  await desk.reload()
  await see(desk.getByRole('row').filter({ hasText: invited.name }).getByText('Active', { exact: true }))

  const used = await at.open(path)
  await see(heading(used, 'This link no longer works'))
})
