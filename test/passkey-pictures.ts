import { mkdirSync, writeFileSync } from 'node:fs'
import { openBrowserKit } from './browser/browser.ts'
import { tourPasskeys } from './browser/tour-passkeys.ts'
mkdirSync('/tmp/pk', { recursive: true })
const at = await openBrowserKit({ isNamed: true })
try {
  await tourPasskeys(at, async (name, page) => {
    for (const [device, width] of [['desk', 1280], ['phone', 390]] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        if ((device === 'desk') !== (colorScheme === 'light')) continue
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        writeFileSync(`/tmp/pk/${name}.${device}.png`, await page.screenshot({ fullPage: true, animations: 'disabled' }))
      }
    await page.setViewportSize({ width: 1280, height: 800 })
  })
} finally { await at.close() }
