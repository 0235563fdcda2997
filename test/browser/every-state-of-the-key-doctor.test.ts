import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoSimulator, start as startDuo } from '../../simulators/duo.ts'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourDuoDoctor } from './tour-duo-doctor.ts'

let at: BrowserKit
let duo: DuoSimulator
before(async () => {
  duo = await startDuo({ now: () => at.kit.now() })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  at = await openBrowserKit({ delivery: { allowedHosts: [new URL(duo.url).hostname] } })
})
after(async () => {
  await at.close()
  await duo.stop()
})

test('every state of the key doctor of Duo is free of barriers, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourDuoDoctor(at, duo, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 14, `${seen.size} states`)
  await at.tidy()
})
