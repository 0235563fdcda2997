import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { digest, keyedDigest, newId, newToken } from '#crypto/random.ts'
import { type Evidence, passwordEvidence } from '#domain/assurance.ts'
import type { Role } from '#domain/roles.ts'
import { freshProofSeconds } from '#domain/session.ts'
import { addApiKey } from '#store/api-keys.ts'
import { addApplication } from '#store/applications.ts'
import { enqueue } from '#store/messages.ts'
import { addMembership, findOrAddUser } from '#store/people.ts'
import { type Answered, type Client, contentsOf, openKit, start } from '../kit.ts'
import { anApplication, type ExampleRequest, exampleRequests } from '../requests.ts'

/** Every cell of `docs/authority.md`: each kind of request, as each visitor, at each place where its target can be. */
const kit = await openKit()
after(() => kit.close())
const { db } = kit.rooms.store
const requests = exampleRequests(kit.app.authorities)

/** Who asks: whose staff they are, and as what. */
const visitors = {
  nobody: undefined,
  'half signed in': undefined,
  'a user of a site': { of: 'site', role: 'user' },
  'an admin of a site': { of: 'site', role: 'admin' },
  'a security admin of a site': { of: 'site', role: 'security-admin' },
  'a user of the provider': { of: 'provider', role: 'user' },
  'an admin of the provider': { of: 'provider', role: 'admin' },
  'a security admin of the provider': { of: 'provider', role: 'security-admin' },
  'an owner': { of: 'provider', role: 'owner' },
} as const satisfies Record<string, { readonly of: 'site' | 'provider'; readonly role: Role } | undefined>
type Visitor = keyof typeof visitors

/** Where the target is, as seen by the one who asks, and whose organization stands in the path. */
const places = {
  oneself: 'own',
  'a colleague': 'own',
  'a stranger under the own organization': 'own',
  'a stranger in another organization': 'another',
  'somebody where one can have no role': 'closed',
  'nobody in an organization that does not exist': 'closed',
} as const
type Place = keyof typeof places

/** The role that staff of the provider have in its sites. */
const roleBelow: Readonly<Record<Role, Role | undefined>> = {
  user: undefined,
  admin: 'admin',
  'security-admin': 'security-admin',
  owner: 'security-admin',
}

interface Target {
  readonly organizationId: string
  readonly userId: string
}

const addUser = async (organizationId: string, role: Role): Promise<Target> => {
  const email = `${newId(kit.now())}@example.org`
  const userId = await findOrAddUser(db, kit.now(), { email, name: role })
  await addMembership(db, kit.now(), { organizationId, userId, role, required: false, name: role, hasJoined: true })
  return { organizationId, userId }
}

/** A session row as a complete sign-in leaves it, so that thousands of cells need not compute a password each. */
async function addSession(userId: string, secondsOld: number): Promise<{ readonly id: string; readonly client: Client }> {
  const token = newToken()
  const at = new Date(kit.now().getTime() - secondsOld * 1000)
  const totp: Evidence = { kind: 'totp', proves: ['have'], amr: ['otp'], at }
  const id = newId(kit.now())
  await db
    .insertInto('sessions')
    .values({
      token_hash: digest(token),
      id,
      user_id: userId,
      evidence: JSON.stringify([passwordEvidence(at), totp]),
      started_at: at,
      last_seen_at: kit.now(),
      address: '192.0.2.1',
      browser: '',
    })
    .execute()
  const client = Object.assign(kit.client(), { csrf: keyedDigest(kit.rooms.keys.csrf, token) })
  client.cookies.set('countersign-session', token)
  return { id, client }
}

/** A remembered device of somebody's. */
async function addDevice(userId: string): Promise<string> {
  const [id, now] = [newId(kit.now()), kit.now()]
  await db
    .insertInto('remembered_devices')
    .values({
      id,
      token_hash: digest(newToken()),
      user_id: userId,
      epoch: 0,
      browser: '',
      address: '192.0.2.1',
      created_at: now,
      last_used_at: now,
      expires_at: new Date(now.getTime() + 86_400_000),
    })
    .execute()
  return id
}

/** The last but one of somebody's authenticators. */
async function addAuthenticator(userId: string): Promise<string> {
  const ids = [newId(kit.now()), newId(kit.now())]
  const rest = { user_id: userId, kind: 'totp', label: '', secret_sealed: Buffer.alloc(0), counter: 0, hashes: [], used_hashes: [] }
  const rows = ids.map((id) => ({ id, ...rest, bound_at: kit.now(), last_used_at: null, retired_at: null }))
  await db.insertInto('authenticators').values(rows).execute()
  return ids[0] ?? ''
}

/** What people have from the beginning, so that a refusal can be seen to change nothing; who does not exist has nothing. */
const things = new Map<string, { readonly deviceId: string; readonly authenticatorId: string }>()

/** The last message of each organization that did not arrive. */
const failed = new Map<string, string>()

/** A message of an organization that did not arrive. */
async function addFailed(organizationId: string): Promise<string> {
  const to = `${newId(kit.now())}@example.org`
  await enqueue(db, kit.rooms.keys, kit.now(), { to, template: 'password-changed', values: {}, organizationId })
  const refused = { failed_at: kit.now(), attempts: 1, last_error: 'refused' }
  return (await db.updateTable('messages').set(refused).where('to_address', '=', to).returning('id').executeTakeFirstOrThrow()).id
}

/** An application of each organization. */
const applications = new Map<string, string>()

async function addClient(organizationId: string, by: string): Promise<string> {
  const [clientId, settings] = [newToken(), { ...anApplication }]
  const application = { organizationId, name: 'Portal', clientId, secret: 'hash', settings, by }
  return addApplication(db, kit.rooms.keys, kit.now(), application)
}

/** A key of each organization; each world has its own, because one that was revoked is gone. */
const keys = new Map<string, string>()

async function addKey({ organizationId, userId }: Target): Promise<string> {
  const expiresAt = new Date(kit.now().getTime() + 86_400_000)
  const made = {
    organizationId,
    name: 'VPN',
    prefix: '',
    tokenHash: digest(newToken()),
    scopes: ['prompts'],
    expiresAt,
    by: userId,
  } as const
  return addApiKey(db, kit.now(), made)
}

async function isMember({ organizationId, userId }: Target): Promise<boolean> {
  const own = db.selectFrom('memberships').select('user_id').where('organization_id', '=', organizationId).where('user_id', '=', userId)
  return (await own.executeTakeFirst()) !== undefined
}

/** The id of a thing of somebody's, for each parameter of a path that names one. */
const thingOf: Readonly<Record<string, (target: Target) => string | Promise<string>>> = {
  organizationId: ({ organizationId }) => organizationId,
  userId: ({ userId }) => userId,
  // A site of the provider's for whoever stands in their own organization, none for a stranger to it.
  siteId: async (target) => {
    if (!(await isMember(target))) return newId(kit.now())
    const site = db.selectFrom('organizations').select('id').where('parent_id', '=', kit.provider.id).where('removed_at', 'is', null)
    return (await site.executeTakeFirstOrThrow()).id
  },
  sessionId: async ({ userId }) => (await addSession(userId, 0)).id,
  deviceId: ({ userId }) => things.get(userId)?.deviceId ?? newId(kit.now()),
  authenticatorId: ({ userId }) => things.get(userId)?.authenticatorId ?? newId(kit.now()),
  channel: () => 'mail',
  // One of the organization; each world has its own, and who looks from elsewhere finds none.
  applicationId: async (target) => ((await isMember(target)) ? applications.get(target.organizationId) : undefined) ?? newId(kit.now()),
  promptId: () => newId(kit.now()),
  apiKeyId: async (target) => ((await isMember(target)) ? keys.get(target.organizationId) : undefined) ?? newId(kit.now()),
  // One of the organization for whoever stands in it, none for a stranger to it.
  messageId: async (target) => ((await isMember(target)) ? failed.get(target.organizationId) : undefined) ?? newId(kit.now()),
}

/** Organizations and people enough for one visitor and all places. */
async function makeWorld(visitor: Visitor) {
  const who = visitors[visitor] ?? { of: 'site', role: 'user' }
  const [site, other] = [await kit.site(), await kit.site()]
  const home = who.of === 'site' ? site.id : kit.provider.id
  const self = await addUser(home, who.role)
  const stranger = await addUser(other.id, 'user')
  const nowhere = newId(kit.now())
  const targets: Record<Place, Target> = {
    oneself: self,
    'a colleague': await addUser(home, 'user'),
    'a stranger in another organization': stranger,
    'somebody where one can have no role':
      who.of === 'site'
        ? { organizationId: kit.provider.id, userId: kit.provider.owner.id }
        : { organizationId: nowhere, userId: stranger.userId },
    'a stranger under the own organization': { organizationId: home, userId: stranger.userId },
    'nobody in an organization that does not exist': { organizationId: nowhere, userId: nowhere },
  }
  for (const { userId } of Object.values(targets)) {
    if (userId !== nowhere && !things.has(userId))
      things.set(userId, { deviceId: await addDevice(userId), authenticatorId: await addAuthenticator(userId) })
  }
  for (const target of Object.values(targets)) {
    if (target.organizationId === nowhere) continue
    applications.set(target.organizationId, await addClient(target.organizationId, target.userId))
    keys.set(target.organizationId, await addKey(target))
  }
  // One that was sent again has arrived: each world has its own.
  for (const { organizationId } of Object.values(targets)) failed.set(organizationId, await addFailed(organizationId))
  return { self, targets }
}
type World = Awaited<ReturnType<typeof makeWorld>>

type Outcome = 'allowed' | 401 | 403 | 404

const height = ['user', 'admin', 'security-admin', 'owner'] as const

/** What the declaration means for one cell; undefined where the place means nothing to the route. */
function expected({ who, path, only }: ExampleRequest, visitor: Visitor, place: Place): Outcome | undefined {
  const namesSomebody = [...path.matchAll(/:(\w+)/g)].some(([, name = '']) => !['organizationId', 'channel'].includes(name))
  const actor = visitors[visitor]
  if (who === 'anyone' || who === 'sign-in') {
    if (place !== 'oneself') return undefined
    return who === 'anyone' || visitor === 'half signed in' ? 'allowed' : 401
  }
  if (who === 'api-key') return place === 'oneself' ? 401 : undefined
  if (who === 'session') {
    if (place !== 'oneself' && !namesSomebody) return undefined
    return !actor ? 401 : place === 'oneself' ? 'allowed' : 404
  }
  const isStray = place === 'a stranger under the own organization'
  if (!namesSomebody && (place === 'oneself' || isStray)) return undefined
  if (!actor) return 401
  const isOwn = places[place] === 'own'
  const role = isOwn ? actor.role : places[place] === 'another' && actor.of === 'provider' ? roleBelow[actor.role] : undefined
  if (!role) return 404
  const exists = only === undefined || (isOwn && actor.of === only)
  if (!exists || height.indexOf(role) < height.indexOf(who)) return 403
  return isStray ? 404 : 'allowed'
}

/** `allowed` is a success, or a refusal by a rule of the matter itself. */
function outcomeOf({ status, json }: Answered): Outcome | string {
  const told = `${status} ${json?.code ?? ''}`
  if (status < 400 || [409, 410, 422, 429].includes(status)) return 'allowed'
  if (['401 not-signed-in', '401 sign-in-gone', '401 invalid-api-key'].includes(told)) return 401
  if (told === '403 forbidden') return json.right && json.role ? 403 : '403 without its reason'
  if (told === '404 not-found') return 404
  return `${told} ${json?.reason ?? ''}`
}

const halfSignedIn = await kit.person((await kit.site({ mode: 'everyone' })).id)
await kit.signIn(halfSignedIn)

async function clientOf(visitor: Visitor, { self }: World, secondsOld = 0): Promise<Client> {
  if (visitor === 'nobody') return kit.client()
  if (visitor !== 'half signed in') return (await addSession(self.userId, secondsOld)).client
  const client = kit.client()
  assert.equal((await start(client, halfSignedIn)).json?.step, 'answer')
  return client
}

async function send(client: Client, { method, path, body }: ExampleRequest, target: Target): Promise<Answered> {
  let filled = path
  for (const [whole, name = ''] of path.matchAll(/:(\w+)/g)) {
    const thing = thingOf[name]
    assert.ok(thing, `this test does not know what ${whole} of ${path} is: add it to thingOf`)
    filled = filled.replace(whole, await thing(target))
  }
  return client.call(method, filled, body)
}

const nameOf = ({ method, path, kind }: ExampleRequest) => `${method} ${path.replace('/api/v1', '')}${kind ? ` (${kind})` : ''}`
const cells = requests.flatMap((request) =>
  (Object.keys(visitors) as Visitor[]).flatMap((visitor) =>
    (Object.keys(places) as Place[]).flatMap((place) => {
      const outcome = expected(request, visitor, place)
      return outcome === undefined ? [] : [{ request, visitor, place, outcome }]
    }),
  ),
)

test('every refusal of the matrix is the one that is declared, says the same whether the target exists or not, and changes nothing', async () => {
  const wrong: string[] = []
  const refusals = cells.filter(({ outcome }) => outcome !== 'allowed')
  const worlds = new Map<Visitor, { readonly world: World; readonly client: Client }>()
  for (const visitor of Object.keys(visitors) as Visitor[]) {
    const world = await makeWorld(visitor)
    worlds.set(visitor, { world, client: await clientOf(visitor, world) })
  }
  const ignored = ['sessions']
  const before = await contentsOf(kit, ignored)
  for (const { request, visitor, place, outcome } of refusals) {
    const { world, client } = worlds.get(visitor) ?? assert.fail()
    const reply = await send(client, request, world.targets[place])
    const seen = outcomeOf(reply)
    if (seen !== outcome) wrong.push(`${nameOf(request)} by ${visitor}, ${place}: ${seen}, not ${outcome}`)
    if (outcome === 404) assert.deepEqual(Object.keys(reply.json).toSorted(), ['code', 'instance', 'status', 'title', 'type'])
  }
  assert.deepEqual(wrong, [])
  assert.equal(await contentsOf(kit, ignored), before)
  assert.ok(refusals.length > 400, `${refusals.length} refusals`)
})

test('whoever may, can: every cell that is declared open is answered by the matter itself', async () => {
  const wrong: string[] = []
  for (const { request, visitor, place } of cells.filter(({ outcome }) => outcome === 'allowed')) {
    const world = await makeWorld(visitor)
    const seen = outcomeOf(await send(await clientOf(visitor, world), request, world.targets[place]))
    // Nobody has asked this visitor for a passkey before: that is the matter itself.
    if (seen === 401 && nameOf(request) === 'POST /sign-ins/passkey') continue
    if (seen !== 'allowed') wrong.push(`${nameOf(request)} by ${visitor}, ${place}: ${seen}`)
  }
  assert.deepEqual(wrong, [])
})

test('each change refuses a proof older than five minutes where that is declared, and takes it where it is not', async () => {
  const wrong: string[] = []
  for (const request of requests.filter(({ proof }) => proof !== undefined)) {
    const world = await makeWorld('an owner')
    const target = world.targets[request.who === 'session' ? 'oneself' : 'a colleague']
    const reply = await send(await clientOf('an owner', world, freshProofSeconds + 1), request, target)
    const isRefused = reply.status === 403 && reply.json?.code === 'proof-required'
    const isRight = request.proof === 'fresh' ? isRefused : outcomeOf(reply) === 'allowed'
    if (!isRight) wrong.push(`${nameOf(request)}: ${reply.status} ${reply.json?.code ?? ''}, declared ${request.proof}`)
  }
  assert.deepEqual(wrong, [])
})

test('a session on a remembered device is refused wherever a role above that of a user or a fresh proof is asked, and nowhere else', async () => {
  const wrong: string[] = []
  for (const request of requests.filter(({ who }) => who !== 'anyone' && who !== 'sign-in' && who !== 'api-key')) {
    const world = await makeWorld('an owner')
    const { id, client } = await addSession(world.self.userId, 0)
    await db
      .updateTable('sessions')
      .set({ device_id: things.get(world.self.userId)?.deviceId } as never)
      .where('id', '=', id)
      .execute()
    const reply = await send(client, request, world.targets[request.who === 'session' ? 'oneself' : 'a colleague'])
    const isRefused = reply.status === 403 && reply.json?.code === 'second-step-required'
    const isRight =
      (request.who !== 'session' && request.who !== 'user') || request.proof === 'fresh' ? isRefused : outcomeOf(reply) === 'allowed'
    if (!isRight) wrong.push(`${nameOf(request)}: ${reply.status} ${reply.json?.code ?? ''}`)
  }
  assert.deepEqual(wrong, [])
})

test('each change by a cookie refuses a request without its proof against forgery', async () => {
  const wrong: string[] = []
  for (const request of requests.filter(({ method, who }) => method !== 'GET' && who !== 'anyone' && who !== 'api-key')) {
    const visitor = request.who === 'sign-in' ? 'half signed in' : 'an owner'
    const world = await makeWorld(visitor)
    for (const csrf of ['', 'x'.repeat(43)]) {
      const client = Object.assign(await clientOf(visitor, world), { csrf })
      const { status, json } = await send(client, request, world.targets['a colleague'])
      if (status !== 403 || json?.code !== 'forged-request') wrong.push(`${nameOf(request)}: ${status} ${json?.code ?? ''}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a form of the Prompt that acts on a sign-in sends whoever has none back to the password, with no cookie of a session', async () => {
  // What servers post is no form: it has a signature, and no cookie.
  const isForm = ({ method, path }: { method: string; path: string }) => method === 'POST' && !/^\/(api|oauth|oidc)\//.test(path)
  const forms = kit.app.authorities.filter(isForm)
  assert.ok(forms.length >= 7)
  for (const { path, who } of forms) {
    const stranger = kit.client()
    const page = await stranger.call('GET', '/sign-in')
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    assert.equal((await stranger.call('POST', path, 'csrf=', type)).status, 403, path)
    const reply = await stranger.call('POST', path, new URLSearchParams({ csrf, code: '000000', saved: 'yes' }).toString(), type)
    if (who !== 'anyone')
      assert.ok(
        reply.status === 401 || (reply.status === 303 && /^\/(sign-in)?$/.test(String(reply.headers.location))),
        `${path}: ${reply.status}`,
      )
    assert.ok(!stranger.cookies.has('countersign-session'), path)
  }
})
