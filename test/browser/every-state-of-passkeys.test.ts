import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourPasskeys } from './tour-passkeys.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ isNamed: true })
})
after(() => at.close())

test('passkeys are free of barriers in each of their states, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourPasskeys(at, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 18, `${seen.size} states`)
  await at.tidy()
})
