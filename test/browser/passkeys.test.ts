import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Person } from '../kit.ts'
import { type BrowserKit, givePassword, heading, keepCodes, openBrowserKit, said, see } from './browser.ts'
import { plugIn } from './virtual-authenticator.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ isNamed: true })
})
afterEach(() => at.tidy())
after(() => at.close())

const only = { mode: 'everyone', methods: ['passkey', 'totp'], defaultMethod: 'passkey' } as const

/** Signs in for the first time, which ends with the set-up of a passkey. */
async function setUp(page: Page, person: Person, name?: string): Promise<void> {
  await page.goto('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Set up a passkey'))
  if (name) await page.getByLabel('Name of this passkey').fill(name)
  await page.getByRole('button', { name: 'Create passkey' }).click()
}

/** Keeps the backup codes that come along, to the last screen. */
async function finish(page: Page, person: Person): Promise<void> {
  await keepCodes(page, person)
  await see(page.getByRole('link', { name: 'Continue' }))
}

const signOut = (page: Page) => page.context().clearCookies()

/** Somebody whose passkey is a whole sign-in, in a browser that has it and in which nobody is signed in. */
async function withWholePasskey() {
  const site = await at.kit.site({ ...only, passwordless: true })
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in')
  const key = await plugIn(page, { isInside: true })
  await setUp(page, person)
  await finish(page, person)
  await signOut(page)
  return { page, person, key }
}

test('a passkey is set up in the browser, and signs in as the second step', async () => {
  const site = await at.kit.site(only)
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in')
  await plugIn(page)
  await setUp(page, person, 'Blue key')
  await finish(page, person)
  await signOut(page)
  await page.goto('/sign-in')
  await givePassword(page, person)
  await see(page.getByText('Use your passkey or security key.'))
  await page.getByRole('button', { name: 'Use passkey' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  const { rows } = {
    rows: await at.kit.rooms.store.db.selectFrom('authenticators').select('label').where('user_id', '=', person.id).execute(),
  }
  assert.ok(rows.some(({ label }) => label === 'Blue key'))
})

test('what the browser breaks off says so in place, and the other ways are one link away', async () => {
  const site = await at.kit.site(only)
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in')
  const key = await plugIn(page)
  await setUp(page, person)
  await finish(page, person)
  await signOut(page)
  await key.behave({ isVerified: false })
  await page.goto('/sign-in')
  await givePassword(page, person)
  await page.getByRole('button', { name: 'Use passkey' }).click()
  await see(page.getByText('The browser ended it'))
  await page.getByRole('link', { name: 'Use another way' }).click()
  await see(page.getByLabel('Authentication Code'))
  await page.getByRole('link', { name: 'Use your passkey or security key' }).click()
  await key.behave({})
  await page.getByRole('button', { name: 'Use passkey' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
})

test('a passkey is a whole sign-in where the organization says so: no email, no password', async () => {
  const { page, person } = await withWholePasskey()
  // A browser that cannot offer keys where it fills in the email.
  await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  await see(page.getByText(person.name))
})

test('where the browser fills in the email it offers the passkey, too, and whoever takes it is signed in', async () => {
  const { page, person, key } = await withWholePasskey()
  // The key does not know its owner: what the browser offered comes to nothing, and nothing on the page says so.
  await key.behave({ isVerified: false })
  await page.goto('/sign-in')
  await see(heading(page, 'Log in'))
  assert.equal(await page.getByLabel('Email').getAttribute('autocomplete'), 'username webauthn')
  assert.equal(await said(page.locator('[data-say]')), '')
  // The email and the password go their way beside it, and so does the button.
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await see(page.getByText('The browser ended it'))
  await page.goto('/sign-in')
  await givePassword(page, person)
  await see(page.getByRole('button', { name: 'Use passkey' }))

  await signOut(page)
  await key.behave({})
  // Chromium's own authenticator takes what is offered at once.
  await page.goto('/sign-in')
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  await see(page.getByText(person.name))
})

test('the same key is not set up twice, and the page says why', async () => {
  const site = await at.kit.site(only)
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in')
  await plugIn(page)
  await setUp(page, person)
  await finish(page, person)
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Add another passkey' }).click()
  await see(heading(page, 'Set up a passkey'))
  await page.getByRole('button', { name: 'Create passkey' }).click()
  await see(page.getByText('This key is set up already. Choose another one.'))
})

test('without a script the page says what is missing, and the other ways are there', async () => {
  const site = await at.kit.site(only)
  const person = await at.kit.person(site.id)
  const page = await at.open('/sign-in', { javaScriptEnabled: false })
  await givePassword(page, person)
  await see(heading(page, 'Set up a passkey'))
  assert.match(await said(page.locator('main')), /Passkeys take JavaScript/)
  assert.equal(await page.getByRole('button', { name: 'Create passkey' }).isVisible(), false)
  await see(page.getByRole('button', { name: /Authenticator/ }))
})

test('R071 rules without passkeys say quietly what the strongest choice is, and one click allows it', async () => {
  const site = await at.kit.site({ methods: ['totp'] })
  const { page, client } = await at.openAs(await at.kit.person(site.id, { role: 'security-admin' }), '/company-settings')
  const advice = page.getByText('A passkey is the strongest choice')
  await see(advice)
  await page.getByRole('button', { name: 'Allow passkeys' }).click()
  await see(page.getByRole('checkbox', { name: 'Passkey or security key', checked: true }))
  assert.equal(await advice.isVisible(), false)
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('Saved.', { exact: true }))
  assert.deepEqual((await client.call('GET', `/api/v1/organizations/${site.id}/policy`)).json.methods, ['passkey', 'totp'])
})
