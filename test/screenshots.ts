import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PNG } from 'pngjs'
import { openBrowserKit } from './browser/browser.ts'
import { cast, type Look, tourConsole, tourPrompt } from './browser/tour.ts'
import { tourApplications } from './browser/tour-applications.ts'
import { tourNames } from './browser/tour-names.ts'
import { tourReset } from './browser/tour-reset.ts'
import { tourSecondFactor } from './browser/tour-second-factor.ts'
import { buildConsole } from './machine/console-build.ts'
import { withPalette } from './machine/palette.ts'

/**
 * Takes a picture of every page in every state, on a desk and on a phone, light and dark: `npm run screenshots`. Words after it
 * narrow the pictures to the pages with one of them in their name. Three of them stand in the README.
 */
const folder = resolve(import.meta.dirname, '../docs/screenshots')
const wanted = process.argv.slice(2)
const forReadme: Readonly<Record<string, string>> = { 'sign-in': 'readme-sign-in', enroll: 'readme-set-up', users: 'readme-console' }
const sizes = [
  { device: 'desk', width: 1280, height: 800 },
  { device: 'phone', width: 390, height: 844 },
] as const

const trouble = buildConsole()
if (trouble) throw new Error(trouble)
if (wanted.length === 0 && existsSync(folder)) {
  for (const file of readdirSync(folder)) if (file.endsWith('.png')) rmSync(join(folder, file))
}
mkdirSync(folder, { recursive: true })

const look: Look = async (name, page) => {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) return
  const hasLayer = (await page.getByRole('dialog').or(page.getByRole('menu')).count()) > 0
  for (const { device, width, height } of sizes) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const options = { fullPage: !hasLayer, animations: 'disabled', caret: 'hide' } as const
      save(`${name}.${device}.${colorScheme}`, await page.screenshot(options))
      const shop = forReadme[name]
      if (shop && device === 'desk' && colorScheme === 'light') save(shop, await page.screenshot({ ...options, fullPage: false }))
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

const at = await openBrowserKit()
try {
  await tourPrompt(at, look)
  await tourConsole(at, look)
  await tourReset(at, look)
  await tourSecondFactor(at, look, cast(at))
  await tourNames(at, look)
  await tourApplications(at, look)
  await at.tidy()
} finally {
  await at.close()
}
const files = readdirSync(folder).filter((file) => file.endsWith('.png'))
const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
console.log(`${files.length} pictures, ${(bytes / 1_000_000).toFixed(1)} MB, in ${folder}`)

function save(name: string, image: Buffer): void {
  writeFileSync(join(folder, `${name}.png`), withPalette(PNG.sync.read(image)))
}
