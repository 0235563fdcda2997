import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourReset } from './tour-reset.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('the reset of an organization is free of barriers in each of its states, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourReset(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 14, `${seen.size} states`)
  await at.tidy()
})
