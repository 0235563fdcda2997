import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { type Artifacts, type OidcApplication, oidcApplication } from '#flows/oidc.ts'
import type { Rooms } from '#flows/rooms.ts'

/** Applications that a request has looked up: it asks for the same one several times. */
const lookedUp = new WeakMap<object, Map<string, Promise<OidcApplication | undefined>>>()

/** The application that calls itself so, looked up once for each request. */
export function applicationOf(rooms: Rooms, clientId: string): Promise<OidcApplication | undefined> {
  const { ctx } = Provider
  if (!ctx) return oidcApplication(rooms, clientId)
  const known = lookedUp.get(ctx) ?? new Map<string, Promise<OidcApplication | undefined>>()
  lookedUp.set(ctx, known)
  const found = known.get(clientId) ?? oidcApplication(rooms, clientId)
  known.set(clientId, found)
  return found
}

/** Kinds that rest on a grant and die with it. */
const tokens: readonly string[] = ['AuthorizationCode', 'AccessToken', 'RefreshToken']

/**
 * Where oidc-provider keeps what it gives out: in our table, by the hash of what the bearer holds. Clients are the applications. Its own
 * sessions are kept nowhere: see `provider.ts`.
 */
export function adapterFor(rooms: Rooms, artifacts: Artifacts): (kind: string) => Adapter {
  return (kind) => ({
    find: async (id) => {
      if (kind === 'Client') {
        const application = await applicationOf(rooms, id)
        return application && toClient(application)
      }
      const found = await artifacts.find(kind, id)
      return found && { ...found.payload, jti: id, ...(found.consumedAt ? { consumed: seconds(found.consumedAt) } : {}) }
    },
    upsert: async (id, payload, expiresIn = 0) => {
      const { jti: _bearer, consumed: _column, ...kept } = payload
      const sessionId = kind === 'Grant' ? Provider.ctx?.oidc.session?.uid : payload.sessionUid
      await artifacts.save({
        kind,
        id,
        ...(payload.clientId === undefined ? {} : { clientId: payload.clientId }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(payload.accountId === undefined ? {} : { userId: payload.accountId }),
        ...(tokens.includes(kind) && payload.grantId !== undefined ? { grantId: payload.grantId } : {}),
        payload: kept,
        expiresAt: new Date(rooms.now().getTime() + expiresIn * 1000),
      })
    },
    // Two requests with one code or one refresh token may both have found it unused: only one of them consumes it. The other one is taken
    // for a thief, as a later one would be, and all that was given out for this grant ends.
    consume: async (id) => {
      if (await artifacts.consume(kind, id)) return
      const found = await artifacts.find(kind, id)
      const grantId = found?.payload.grantId
      if (typeof grantId === 'string') {
        await artifacts.drop('Grant', grantId)
        for (const token of tokens) await artifacts.dropTokensOf(token, grantId)
      }
      throw new errors.InvalidGrant('it was used a moment ago')
    },
    destroy: (id) => artifacts.drop(kind, id),
    revokeByGrantId: (grantId) => artifacts.dropTokensOf(kind, grantId),
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  })
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000)

function toClient({ clientId, name, secretHash, settings }: OidcApplication): AdapterPayload {
  return {
    client_id: clientId,
    client_name: name,
    // Compared with the hash of what is sent: see `provider.ts`.
    client_secret: secretHash,
    redirect_uris: [...settings.redirectUris],
    post_logout_redirect_uris: [...settings.postLogoutRedirectUris],
    ...(settings.backChannelLogoutUri === null ? {} : { backchannel_logout_uri: settings.backChannelLogoutUri }),
    backchannel_logout_session_required: true,
    response_types: ['code'],
    response_modes: ['query'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
    require_auth_time: true,
  }
}
