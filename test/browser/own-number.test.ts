import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type BrowserKit, giveCode, keepCodes, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ remembersHashes: true })
})
afterEach(() => at.tidy())
after(() => at.close())

const profile = (page: Page) => page.getByRole('region', { name: 'Profile', exact: true })
const sentTo = async (number: string): Promise<string> => {
  const [text] = await at.kit.textsTo(number)
  return /\d{6}/.exec(text?.text ?? '')?.[0] ?? assert.fail(`nothing was sent to ${number}`)
}

test('S3.34 a user saves a new number, which counts once a code sent to it is typed; a further one replaces it only then, and the mailbox is told', async () => {
  const site = await at.kit.site({ mode: 'opt-in', methods: ['totp', 'sms'] })
  const person = await at.kit.person(site.id)
  const { page } = await at.openAs(person, '/settings')
  const phone = async () => {
    const { phone: number, phone_verified_at: at1 } = await at.kit.rooms.store.db
      .selectFrom('users')
      .select(['phone', 'phone_verified_at'])
      .where('id', '=', person.id)
      .executeTakeFirstOrThrow()
    return [number, at1 !== null]
  }
  await profile(page).getByRole('combobox', { name: 'Country Code' }).fill('germ')
  await page.getByRole('option', { name: 'Germany (+49)' }).click()
  await profile(page).getByLabel('Cell Phone').fill('01512 3456789')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  await see(page.getByText('Saved.'))
  assert.deepEqual(await phone(), ['+4915123456789', false])
  assert.ok((await at.kit.mailsTo(person.email)).some(({ subject }) => subject === 'Your phone number was changed'))

  await profile(page).getByRole('button', { name: 'Verify this number' }).click()
  await page
    .getByRole('button', { name: 'Send SMS Code' })
    .or(page.getByLabel('Authentication Code', { exact: true }))
    .first()
    .waitFor()
  if ((await at.kit.textsTo('+4915123456789')).length === 0) await page.getByRole('button', { name: 'Send SMS Code' }).click()
  await giveCode(page, await sentTo('+4915123456789'))
  assert.deepEqual(await phone(), ['+4915123456789', true])
  await keepCodes(page, person)
  await page.goto('/settings')
  await see(profile(page).getByText('Verified: a code has proved'))

  // Another one: nothing changes before it is proved.
  await profile(page).getByLabel('Cell Phone').fill('01512 3456780')
  await profile(page).getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Prove the new number' }).click()
  await page.getByLabel('Authentication Code', { exact: true }).waitFor()
  assert.deepEqual(await phone(), ['+4915123456789', true])
  await giveCode(page, await sentTo('+4915123456780'))
  assert.deepEqual(await phone(), ['+4915123456780', true])
})
