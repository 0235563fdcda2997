import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { examine } from './barriers.ts'
import type { BrowserKit } from './browser.ts'
import { openDuoBrowser } from './duo-kit.ts'
import { tourDuoPush } from './tour-duo-push.ts'

let at: BrowserKit
let duo: DuoSimulator
before(async () => {
  ;({ at, duo } = await openDuoBrowser())
})
after(() => Promise.all([at.close(), duo.stop()]))

test("the push, its passcode and the set-up in the provider's Duo are free of barriers in each of their states, in both colour schemes and on a phone", async () => {
  const { look, found, seen } = examine()
  await tourDuoPush(at, duo, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 16, `${seen.size} states`)
  await at.tidy()
})
