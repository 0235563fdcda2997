import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { cast } from './tour.ts'
import { tourSecondFactor } from './tour-second-factor.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('every page of a portal that asks for the second step is free of barriers, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourSecondFactor(at, look, cast(at))
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 19, `${seen.size} pages`)
  await at.tidy()
})
