import { mkdirSync } from 'node:fs'
import { openBrowserKit } from './browser/browser.ts'
import { tourNames } from './browser/tour-names.ts'

mkdirSync('/tmp/rest-shots', { recursive: true })
const at = await openBrowserKit()
await tourNames(at, async (name, page) => {
  const hasLayer = (await page.getByRole('dialog').or(page.getByRole('menu')).count()) > 0
  for (const [device, width, height, colorScheme] of [
    ['desk', 1280, 800, 'light'],
    ['phone', 390, 844, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `/tmp/rest-shots/${name}.${device}.png`, fullPage: !hasLayer, animations: 'disabled' })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
})
await at.close()
