import assert from 'node:assert/strict'
import { newId } from '#crypto/random.ts'
import { seal } from '#crypto/seal.ts'
import { authenticatorAddress } from '#store/person.ts'
import type { User } from '../simulators/duo/account.ts'
import type { DuoSimulator } from '../simulators/duo.ts'
import { type Client, type Kit, type Person, rulesOf } from './kit.ts'

/** Organizations and people whose second step is Duo, against the simulated Duo. */
export interface DuoKit {
  /** Applications of an account at Duo, as they are pasted. */
  applications(more?: {
    readonly verifiedPush?: boolean
  }): Readonly<Record<'prompt' | 'auth', { host: string; key: string; secret: string }>>
  /** A site with an account of its own that allows Duo, or with that of the provider. */
  site(settings?: Readonly<Record<string, unknown>>, policy?: Readonly<Record<string, unknown>>): Promise<DuoSite>
  /** The provider's own account, open to sites. */
  offer(): Promise<void>
  /** A person whom Duo knows, with what an earlier sign-in through Duo has bound. */
  person(site: DuoSite, more?: Parameters<DuoSimulator['account']['addUser']>[1]): Promise<DuoPerson>
}

export interface DuoSite {
  readonly id: string
  readonly admin: Person
  readonly client: Client
  readonly application: ReturnType<DuoSimulator['account']['addApplication']>
}

export interface DuoPerson extends Person {
  readonly user: User
}

const at = (organizationId: string) => `/api/v1/organizations/${organizationId}`

export function duoKit(kit: Kit, duo: DuoSimulator): DuoKit {
  const add = (verifiedPush = false) => ({
    web: duo.account.addApplication('websdk', 'Portal'),
    api: duo.account.addApplication('authapi', 'Portal', { verifiedPush }),
  })
  const pasted = ({ id, secret }: { id: string; secret: string }) => ({ host: duo.host, key: id, secret })
  const changed = { isOn: true, account: 'own', whenAway: 'closed', countsBypass: false, version: 0 }
  return {
    applications: ({ verifiedPush } = {}) => {
      const { web, api } = add(verifiedPush)
      return { prompt: pasted(web), auth: pasted(api) }
    },
    site: async (settings = {}, policy = {}) => {
      const site = await kit.site({ mode: 'everyone' })
      const admin = await kit.person(site.id, { role: 'security-admin' })
      const client = await kit.signIn(admin)
      const { web, api } = add()
      const own = settings.account === 'provider' ? {} : { prompt: pasted(web), auth: pasted(api) }
      const stored = await client.call('PUT', `${at(site.id)}/duo`, { ...changed, ...own, ...settings })
      assert.equal(stored.status, 200, stored.text)
      const rules = await rulesOf(client, site.id)
      const allowed = { ...rules, methods: ['duo'], defaultMethod: 'duo', ...policy }
      const put = await client.call('PUT', `${at(site.id)}/policy`, allowed)
      assert.equal(put.status, 200, put.text)
      return { id: site.id, admin, client, application: api }
    },
    offer: async () => {
      const { web, api } = add()
      const { id, owner } = kit.provider
      const client = await kit.signIn(owner)
      const settings = { ...changed, prompt: pasted(web), auth: pasted(api), servesSites: true }
      const stored = await client.call('PUT', `${at(id)}/duo`, settings)
      assert.equal(stored.status, 200, stored.text)
    },
    person: async ({ id }, more = {}) => {
      const person = await kit.person(id)
      const user = duo.account.addUser(person.email, more)
      const row = newId(kit.now())
      const secret = { accountOf: id, userKey: user.id, userName: person.email }
      await kit.rooms.store.db
        .insertInto('authenticators')
        .values({
          id: row,
          user_id: person.id,
          kind: 'duo',
          label: 'Duo',
          secret_sealed: seal(kit.rooms.keys.seal, authenticatorAddress(row, person.id), secret),
          counter: 0,
          hashes: [],
          used_hashes: [],
          bound_at: kit.now(),
          last_used_at: null,
          retired_at: null,
        })
        .execute()
      return Object.assign(person, { user })
    },
  }
}
