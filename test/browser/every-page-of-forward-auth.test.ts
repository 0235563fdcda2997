import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourForwardAuth } from './tour-forward-auth.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('the pages of a portal behind a reverse proxy are free of barriers, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourForwardAuth(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 12, `${seen.size} pages`)
  await at.tidy()
})
