import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourPrompt } from './tour.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
after(() => at.close())

test('every page of the Prompt is free of barriers, in both colour schemes and on a phone, and breaks no rule of its own security policy', async () => {
  const { look, found, seen } = examine()
  await tourPrompt(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 30, `${seen.size} pages`)
  await at.tidy()
})
