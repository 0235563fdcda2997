import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fromBase32 } from '#factors/base32.ts'
import { hotp, stepAt } from '#factors/totp.ts'
import { type AuthAnvilSimulator, start as startAuthAnvil } from '../simulators/authanvil.ts'
import { type DuoSimulator, start as startDuo } from '../simulators/duo.ts'

/** The services outside that the demo plays as well: a Duo account and an AuthAnvil. Their certificates are trusted in the demo, and nowhere else. */
export interface Services {
  readonly duo: DuoSimulator
  readonly authAnvil: AuthAnvilSimulator
  /** Goes to an address of Duo's prompt, has the push approved, and resolves to the query of the return. */
  throughDuo(address: string): Promise<string>
  /** Somebody whose AuthAnvil token shows the codes of this key (Base32), from a moment on and for a week. */
  giveToken(email: string, key: string, from: Date): void
  stop(): Promise<void>
}

const secondsOfWeek = 7 * 86_400

/**
 * @param now the clock of the demo, which Duo goes by
 * @param ports to listen on, where they are free
 */
export async function startServices(now: () => Date, ports: { readonly duo: number; readonly authAnvil: number }): Promise<Services> {
  const duo = await orElsewhere((port) => startDuo({ now, port }), ports.duo)
  const authAnvil = await orElsewhere((port) => startAuthAnvil({ port }), ports.authAnvil)
  setDefaultCACertificates([...getCACertificates('default'), duo.ca, authAnvil.ca])
  return {
    duo,
    authAnvil,
    throughDuo: (address) => approve(address),
    giveToken: (name, key, from) => {
      const first = stepAt(from)
      const passwords = Array.from({ length: secondsOfWeek / 30 }, (_, nth) => hotp(fromBase32(key), first + nth))
      authAnvil.addUser({ name, passwords, pinPlace: 'ignored' })
    },
    stop: async () => {
      await duo.stop()
      await authAnvil.stop()
    },
  }
}

async function orElsewhere<T>(start: (port: number) => Promise<T>, port: number): Promise<T> {
  try {
    return await start(port)
  } catch (error) {
    if (Object(error).code !== 'EADDRINUSE') throw error
    return start(0)
  }
}

/** A person's browser at Duo: presses the first "Duo Push to …", and waits until the phone has answered. */
async function approve(address: string): Promise<string> {
  const { origin } = new URL(address)
  const go = async (path: string, form?: URLSearchParams): Promise<{ readonly url: string; readonly text: string }> => {
    const url = new URL(path, origin)
    if (url.origin !== origin) return { url: url.href, text: '' }
    const init = form ? { method: 'POST', body: form } : {}
    const reply = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(30_000) })
    const location = reply.headers.get('location')
    return location === null ? { url: url.href, text: await reply.text() } : go(location)
  }
  let page = await go(address)
  const [, action = '', phone = ''] = /action="([^"]*\/push)">.*?name="phone" value="([^"]*)"/s.exec(page.text) ?? []
  if (action !== '') page = await go(action, new URLSearchParams({ phone }))
  for (const end = Date.now() + 20_000; page.text !== '' && Date.now() < end; page = await go(page.url))
    await new Promise((resolve) => setTimeout(resolve, 100))
  if (page.text !== '') throw new Error(`Duo's prompt led nowhere: ${page.text}`)
  return new URL(page.url).search
}
