import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoSimulator, start } from '../../simulators/duo.ts'
import { type BrowserKit, openBrowserKit } from './browser.ts'

/** A browser kit beside a simulated Duo that it may ask. */
export async function openDuoBrowser(): Promise<{ readonly at: BrowserKit; readonly duo: DuoSimulator }> {
  let now = () => new Date()
  const duo = await start({ now: () => now() })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  const at = await openBrowserKit({ delivery: { allowedHosts: [duo.host] } })
  now = at.kit.now
  return { at, duo }
}

/** Two applications at Duo, as an administrator creates them. */
export function applicationsAt(duo: DuoSimulator) {
  const keysOf = ({ id, secret }: { id: string; secret: string }) => ({ host: duo.host, key: id, secret })
  return {
    prompt: keysOf(duo.account.addApplication('websdk', 'Portal')),
    auth: keysOf(duo.account.addApplication('authapi', 'Portal')),
  }
}
