import assert from 'node:assert/strict'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { DuoSettings } from '#domain/duo.ts'
import type { Policy } from '#domain/policy.ts'
import { changeDuo, findDuo } from '#store/duo.ts'
import type { User } from '../simulators/duo/account.ts'
import { type DuoSimulator, start as startDuo } from '../simulators/duo.ts'
import { type Answered, answer, type Client, type Kit, type KitOptions, openKit, type Person, start } from './kit.ts'
import { outsideTo, throughPrompt } from './machine/outside.ts'

/** What of a site's Duo a test wants otherwise. */
export interface DuoWish {
  readonly policy?: Partial<Policy>
  readonly settings?: Partial<DuoSettings>
}

export interface DuoKit {
  readonly kit: Kit
  readonly duo: DuoSimulator
  /** A site whose people use a Duo of its own, and by its rules nothing else. */
  site(wish?: DuoWish): Promise<{ readonly id: string; readonly name: string }>
  /** Stores what a site has set about Duo, with applications of its own in the simulated account. */
  set(organizationId: string, settings?: Partial<DuoSettings>): Promise<void>
  /** Duo's user of a person, whose phone approves every push. */
  user(person: Person): User
  /** Asks for the way to Duo, a second later, so that what is written down has an order. */
  open(client: Client, wish?: { readonly remember?: boolean }): Promise<Answered>
  /** Goes to an address of Duo, approves there, and gives the query of the return. */
  approve(address: string): Promise<Record<string, string>>
  /** Comes back from Duo, as a browser does. */
  back(client: Client, returned: Readonly<Record<string, string>>): Promise<Answered>
  /** Password, Duo, and back: all of it. */
  through(client: Client, person: Person): Promise<Answered>
  /** Signs in for the first time, so that Duo is set up. */
  bind(person: Person, client?: Client): Promise<Client>
  close(): Promise<void>
}

/** A kit with a simulated Duo account beside it, on the kit's clock. */
export async function openDuoKit(options: KitOptions = {}): Promise<DuoKit> {
  return (
    await openWithDuo(
      (delivery) => openKit({ ...options, delivery }),
      (kit) => kit,
    )
  ).duoKit
}

/** The same around a kit that is opened otherwise, such as one with a browser. */
export async function openWithDuo<Opened>(
  open: (delivery: NonNullable<KitOptions['delivery']>) => Promise<Opened>,
  kitOf: (opened: Opened) => Kit,
): Promise<{ readonly opened: Opened; readonly duoKit: DuoKit }> {
  let kit: Kit | undefined
  const duo = await startDuo({ now: () => kit?.now() ?? new Date() })
  setDefaultCACertificates([...getCACertificates('default'), duo.ca])
  const opened = await open({ allowedHosts: [new URL(duo.url).hostname] })
  kit = kitOf(opened)
  return { opened, duoKit: duoKitOf(kit, duo) }
}

function duoKitOf(opened: Kit, duo: DuoSimulator): DuoKit {
  const ask = outsideTo(duo.ca)

  const duoKit: DuoKit = {
    kit: opened,
    duo,
    site: async ({ policy = {}, settings = {} } = {}) => {
      const site = await opened.site({ mode: 'everyone', methods: ['duo'], defaultMethod: 'duo', ...policy })
      await duoKit.set(site.id, settings)
      return site
    },
    set: async (organizationId, settings = {}) => {
      const { store, keys } = opened.rooms
      const application = (type: 'websdk' | 'authapi') => {
        const { id: key, secret } = duo.account.addApplication(type, `${type} of a site`)
        return { host: duo.host, key, secret }
      }
      const own: DuoSettings = {
        isOn: true,
        account: 'own',
        prompt: application('websdk'),
        auth: application('authapi'),
        whenAway: 'closed',
        countsBypass: false,
        ...settings,
      }
      const { version } = await findDuo(store.db, keys, organizationId)
      const change = { organizationId, settings: own, version, changedBy: opened.provider.owner.id, provedAt: opened.now() }
      assert.ok(await changeDuo(store.db, keys, opened.now(), change))
    },
    user: ({ email }) => {
      const user = duo.account.addUser(email)
      duo.habit(user, 'approve')
      return user
    },
    open: (client, wish = {}) => {
      opened.pass(1)
      return answer(client, { open: 'duo', ...wish })
    },
    approve: (address) => throughPrompt(ask, address),
    back: (client, returned) => {
      opened.pass(1)
      return client.call('GET', `/sign-in/duo?${new URLSearchParams(returned)}`)
    },
    through: async (client, person) => {
      const first = await start(client, person)
      assert.equal(first.status, 201, first.text)
      const opened = await duoKit.open(client)
      assert.equal(opened.status, 200, opened.text)
      return duoKit.back(client, await duoKit.approve(opened.json.duo.address))
    },
    bind: async (person, client = opened.client()) => {
      const back = await duoKit.through(client, person)
      assert.deepEqual([back.status, back.headers.location], [303, '/sign-in'], back.text)
      const codes = await client.call('GET', '/api/v1/sign-ins/current')
      assert.equal(codes.json.step, 'codes', codes.text)
      person.backupCodes = codes.json.codes
      assert.equal((await answer(client, { saved: true })).json.step, 'done')
      await client.call('GET', '/api/v1/session')
      return client
    },
    close: async () => {
      await opened.close()
      await duo.stop()
    },
  }
  return duoKit
}
