import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourApplications } from './tour-applications.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('the pages about applications are free of barriers in each of their states, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourApplications(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 10, `${seen.size} states`)
  await at.tidy()
})
