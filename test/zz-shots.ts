import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { start as startDuo } from '../simulators/duo.ts'
import { type BrowserKit, openBrowserKit } from './browser/browser.ts'
import { tourDuoDoctor } from './browser/tour-duo-doctor.ts'

let at: BrowserKit
const duo = await startDuo({ now: () => at.kit.now() })
setDefaultCACertificates([...getCACertificates('default'), duo.ca])
at = await openBrowserKit({ delivery: { allowedHosts: [new URL(duo.url).hostname] } })
try {
  await tourDuoDoctor(at, duo, async (name, page) => {
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: `/tmp/shots/${name}.${width}.png`, fullPage: true, clip: { x: 0, y: 0, width, height: 1800 } })
    }
  })
} finally {
  await at.close()
  await duo.stop()
}
