import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { examine } from './barriers.ts'
import type { BrowserKit } from './browser.ts'
import { openDuoBrowser } from './duo-kit.ts'
import { tourDuoSettings } from './tour-duo-settings.ts'

let at: BrowserKit
let duo: DuoSimulator
before(async () => {
  ;({ at, duo } = await openDuoBrowser())
})
after(() => Promise.all([at.close(), duo.stop()]))

test('the settings of Duo and "2FA Set Up" are free of barriers in each of their states, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourDuoSettings(at, duo, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 17, `${seen.size} states`)
  await at.tidy()
})
