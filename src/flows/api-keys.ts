import type { ApiKeys, ApiKey as ApiKeyView, CreatedApiKey, NewApiKey } from '#contract/api-keys.ts'
import { digest, isId, newToken } from '#crypto/random.ts'
import { keyIn, keyOf, keyPrefix, mostKeyDays, mostKeys, mostRequestsAMinute, type Scope, scopes } from '#domain/api-keys.ts'
import { plainLabel } from '#domain/authenticators.ts'
import { Problem } from '#domain/problem.ts'
import { type ApiKey, addApiKey, countRequest, findApiKey, listApiKeys, noteKeyUse, revokeApiKey } from '#store/api-keys.ts'
import { note } from '#store/audit.ts'
import { holdOrganization } from '#store/organizations.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

const right = 'change-applications'

/** The keys of an organization. @throws {Problem} `forbidden`, `not-found` */
export async function apiKeysOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<ApiKeys> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, right)
  return { keys: (await listApiKeys(rooms.store.db, id)).map((one) => view(one, rooms.now())) }
}

/**
 * Makes a key. It is told here and never again: what is kept is its hash.
 *
 * @throws {Problem} `malformed` for a name or a life that no key can have, `too-many-api-keys`, `forbidden`, `proof-required`
 */
export async function createApiKey(rooms: Rooms, visit: Visit, organizationId: string, wish: NewApiKey): Promise<CreatedApiKey> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, right)
  const session = await requireFreshSession(rooms, visit)
  const name = plainLabel(wish.name)
  if (name === undefined) throw new Problem('malformed', { reason: 'name' })
  const asked = scopes.filter((one) => wish.scopes.includes(one))
  if (asked.length === 0) throw new Problem('malformed', { reason: 'scopes' })
  if (wish.days < 1 || wish.days > mostKeyDays) throw new Problem('malformed', { reason: 'days' })
  const now = rooms.now()
  const key = keyOf(newToken())
  await rooms.store.transaction(async (db) => {
    const { id } = await authorize(db, session, organizationId, right)
    if (!(await holdOrganization(db, id))) throw new Problem('not-found')
    if ((await listApiKeys(db, id)).length >= mostKeys) throw new Problem('too-many-api-keys')
    const expiresAt = new Date(now.getTime() + wish.days * 86_400_000)
    const made = { organizationId: id, name, prefix: keyPrefix(key), tokenHash: digest(key), scopes: asked, expiresAt, by: session.userId }
    await addApiKey(db, now, made)
    const detail = { name, prefix: made.prefix, scopes: asked, expiresAt: expiresAt.toISOString() }
    await note(db, now, visit, { action: 'api-key.created', organizationId: id, actorId: session.userId, detail })
  })
  const { keys } = await apiKeysOf(rooms, visit, organizationId)
  const made = keys.find((one) => one.prefix === keyPrefix(key))
  if (!made) throw new Problem('not-found')
  return { apiKey: made, key }
}

/** Revokes a key; it is dead at once. @throws {Problem} `forbidden`, `not-found`, `proof-required` */
export async function revokeApiKeyOf(rooms: Rooms, visit: Visit, organizationId: string, keyId: string): Promise<void> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, right)
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  await rooms.store.transaction(async (db) => {
    const { id } = await authorize(db, session, organizationId, right)
    const revoking = { organizationId: id, id: keyId, by: session.userId }
    const name = isId(keyId) ? await revokeApiKey(db, now, revoking) : undefined
    if (name === undefined) throw new Problem('not-found')
    await note(db, now, visit, { action: 'api-key.revoked', organizationId: id, actorId: session.userId, detail: { name } })
  })
}

/**
 * The key that a program calls with, if it may be used for this. Each call is counted.
 *
 * @throws {Problem} `invalid-api-key` also for one that has expired or was revoked, `scope-missing`, `too-many-attempts`
 */
export async function requireApiKey(rooms: Rooms, authorization: string | undefined, scope: Scope): Promise<ApiKey> {
  const now = rooms.now()
  const typed = keyIn(authorization)
  const key = typed === undefined ? undefined : await findApiKey(rooms.store.db, digest(typed), now)
  if (!key) throw new Problem('invalid-api-key')
  const until = await countRequest(rooms.store.db, now, key.id, mostRequestsAMinute)
  if (until) {
    const seconds = Math.ceil((until.getTime() - now.getTime()) / 1000)
    throw new Problem('too-many-attempts', { reason: 'api-key', retryAfterSeconds: Math.max(1, seconds) })
  }
  if (!key.scopes.includes(scope)) throw new Problem('scope-missing', { scope })
  await noteKeyUse(rooms.store.db, now, key.id)
  return key
}

const view = (key: ApiKey, now: Date): ApiKeyView => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  scopes: [...key.scopes],
  createdBy: key.createdBy,
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt.toISOString(),
  isExpired: key.expiresAt <= now,
  lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
})
