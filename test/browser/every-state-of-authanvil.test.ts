import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type AuthAnvilSimulator, start as startAuthAnvil } from '../../simulators/authanvil.ts'
import { examine } from './barriers.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'
import { tourAuthAnvil } from './tour-authanvil.ts'

let at: BrowserKit
let server: AuthAnvilSimulator
before(async () => {
  server = await startAuthAnvil()
  setDefaultCACertificates([...getCACertificates('default'), server.ca])
  at = await openBrowserKit({ delivery: { allowedHosts: [new URL(server.url).hostname] } })
})
after(async () => {
  await at.close()
  await server.stop()
})

test('every state of AuthAnvil is free of barriers, in both colour schemes and on a phone', async () => {
  const { look, found, seen } = examine()
  await tourAuthAnvil(at, server, look)
  assert.deepEqual(found, [])
  assert.ok(seen.size >= 12, `${seen.size} states`)
  await at.tidy()
})
