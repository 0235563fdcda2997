import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type DuoSimulator, start as startDuo } from '../simulators/duo.ts'
import { type DuoKit, openDuoKit } from './duo-kit.ts'
import { answer, type Client, type KitOptions, start } from './kit.ts'

/** So many people wait for a Duo that never answers. One host holds no more than 32, so they are spread over several. */
export const hanging = 200
const hosts = 7

export interface HangingDuo {
  readonly duoKit: DuoKit
  /** Sends everybody to Duo, and resolves once all of them hang there; `ended` counts those that hang no more. */
  hang(): Promise<{ readonly ended: () => number; readonly over: Promise<unknown> }>
  close(): Promise<void>
}

/** Sites with Duo accounts of their own that take every question and never answer, and their people at the step that asks for it. */
export async function openHangingDuo(options: KitOptions = {}): Promise<HangingDuo> {
  const duoKit = await openDuoKit({ ...options })
  const { kit } = duoKit
  const simulators: DuoSimulator[] = []
  const clients: Client[] = []
  for (let nth = 0; nth < hosts; nth++) {
    const duo = await startDuo({ now: kit.now })
    simulators.push(duo)
    const [prompt, auth] = (['websdk', 'authapi'] as const).map((type) => {
      const { id: key, secret } = duo.account.addApplication(type, 'Hanging')
      return { host: duo.host, key, secret }
    })
    if (!prompt || !auth) throw new Error('Two applications were made.')
    const site = await duoKit.site({ settings: { prompt, auth } })
    while (clients.length < Math.ceil((hanging * (nth + 1)) / hosts)) {
      const client = kit.client()
      await start(client, await kit.person(site.id))
      clients.push(client)
    }
    duo.misbehave('hang', { on: '/health_check' })
  }
  setDefaultCACertificates([...getCACertificates('default'), ...simulators.map(({ ca }) => ca)])
  return {
    duoKit,
    hang: async () => {
      const before = simulators.map(({ asked }) => asked.length)
      let ended = 0
      const over = Promise.all(
        clients.map(async (client) => {
          await answer(client, { open: 'duo' })
          ended += 1
        }),
      )
      const arrived = () => simulators.reduce((sum, { asked }, nth) => sum + asked.length - (before[nth] ?? 0), 0)
      while (arrived() < hanging && ended === 0) await new Promise((done) => setTimeout(done, 10))
      return { ended: () => ended, over }
    },
    close: async () => {
      await duoKit.close()
      await Promise.all(simulators.map((each) => each.stop()))
    },
  }
}
