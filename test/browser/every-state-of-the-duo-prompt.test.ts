import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DuoKit, openWithDuo } from '../duo-kit.ts'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourDuoPrompt } from './tour-duo-prompt.ts'

let at: BrowserKit
let duoKit: DuoKit
before(async () => {
  const opened = await openWithDuo(
    (delivery) => openBrowserKit({ delivery }),
    ({ kit }) => kit,
  )
  at = opened.opened
  duoKit = opened.duoKit
  Object.assign(at.kit.rooms, { publicUrl: at.origin })
})
after(() => Promise.all([at.close(), duoKit.duo.stop()]))

test('the pages that lead to Duo are free of barriers in each of their states, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourDuoPrompt(at, duoKit, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 8, `${seen.size} states`)
  await at.tidy()
})
