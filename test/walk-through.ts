import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'
import { giveCode, givePassword, heading, keepCodes, openBrowserKit, scan, see } from './browser/browser.ts'
import { buildConsole } from './machine/console-build.ts'
import { withPalette } from './machine/palette.ts'

/**
 * Makes the walk-through of the help out of the real pages: `npm run walk-through`. Its scenes stand below each other in one
 * picture, in the order of the sentences in `src/words/en/walk-through.ts`.
 */
const size = { width: 420, height: 640 }
const place = join(import.meta.dirname, '../docs/walk-through.png')

const trouble = buildConsole()
if (trouble) throw new Error(trouble)
const scenes: PNG[] = []
const take = async (page: Page) =>
  scenes.push(PNG.sync.read(await page.screenshot({ clip: { x: 0, y: 0, ...size }, animations: 'disabled', caret: 'hide' })))

const at = await openBrowserKit()
const { kit } = at
try {
  const { id } = await kit.site({ mode: 'everyone', rememberDays: 30 })
  const { db } = kit.rooms.store
  await db.updateTable('organizations').set({ name: 'Northwind' }).where('id', '=', id).execute()
  const named = async (name: string, email: string, role: 'user' | 'security-admin') => {
    const person = await kit.person(id, { role })
    await db.updateTable('users').set({ name, email }).where('id', '=', person.id).execute()
    return { ...person, name, email }
  }
  const wish = { viewport: size }
  const { page: head } = await at.openAs(await named('Helen Marsh', 'helen@example.org', 'security-admin'), '/company-settings', wish)
  await see(head.getByRole('switch', { name: 'Enable 2FA' }))
  await head.getByRole('radio', { name: 'Force All' }).scrollIntoViewIfNeeded()
  await head.evaluate('scrollBy(0, 160)')
  await take(head)

  const ana = await named('Ana Castillo', 'ana@example.org', 'user')
  const page = await at.open('/sign-in', wish)
  await page.getByLabel('Email', { exact: true }).fill(ana.email)
  await page.getByLabel('Password', { exact: true }).fill(ana.password)
  await take(page)
  await givePassword(page, ana)
  await see(heading(page, 'Set up Two-Factor Authentication'))
  const code = await scan(page)
  await page.getByRole('img', { name: 'QR code' }).evaluate((image) => image.scrollIntoView({ block: 'center' }))
  await take(page)
  Object.assign(ana, { key: code.searchParams.get('secret') ?? '' })
  await page.getByLabel('Authentication Code').evaluate((field) => field.scrollIntoView({ block: 'center' }))
  await page.getByLabel('Authentication Code').evaluate((field, shown) => Object.assign(field, { value: shown }), kit.code(ana))
  await take(page)
  await giveCode(page, kit.code(ana))
  await see(heading(page, 'Save your backup codes'))
  await take(page)
  await keepCodes(page, ana)
  await see(heading(page, 'Set-up is complete'))
  await take(page)
  await page
    .getByRole('button', { name: 'Continue' })
    .or(page.getByRole('link', { name: 'Continue' }))
    .click()
  await see(page.getByText('SECURED', { exact: true }))
  await take(page)
  kit.pass(30)
  const again = await at.open('/sign-in', wish)
  await givePassword(again, ana)
  await see(heading(again, 'Two-Factor Authentication'))
  await again.getByRole('checkbox', { name: 'Remember this device' }).check()
  await again.getByLabel('Authentication Code').evaluate((field, shown) => Object.assign(field, { value: shown }), kit.code(ana))
  await take(again)
} finally {
  await at.close()
}
const strip = new PNG({ width: size.width, height: size.height * scenes.length })
for (const [nth, scene] of scenes.entries()) PNG.bitblt(scene, strip, 0, 0, size.width, size.height, 0, nth * size.height)
const bytes = withPalette(strip)
writeFileSync(place, bytes)
console.log(`${scenes.length} scenes, ${Math.round(bytes.length / 1000)} kB, in ${place}`)
