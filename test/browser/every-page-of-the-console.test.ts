import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourConsole } from './tour.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('every page of the Console is free of barriers, in both colour schemes and on a phone, and breaks no rule of its own security policy', async () => {
  const { look, found, seen } = examine()
  await tourConsole(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 25, `${seen.size} pages`)
  await at.tidy()
})
