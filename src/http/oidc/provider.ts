import Provider, { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { knownAcrs } from '#domain/acr.ts'
import { knownOf, meets, namesOf, noteApplicationUse, type OidcSession, oidcPerson, oidcSessionById, openArtifacts } from '#flows/oidc.ts'
import { openClientSecrets } from '#flows/oidc-clients.ts'
import type { Rooms } from '#flows/rooms.ts'
import { pagePolicy } from '../prompt/page.ts'
import { adapterFor, applicationOf } from './adapter.ts'
import { oidcPaths } from './paths.ts'

export const scopes = ['openid', 'profile', 'email', 'organizations', 'roles', 'offline_access'] as const

/** What people see of the protocol: drawn by the Prompt. */
export interface OidcPages {
  /** Something is wrong with the request, and there is no address to send the browser back to. */
  problem(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): Promise<void>
  /** Somebody was sent to be signed out; the request is sound. */
  signOut(ctx: KoaContextWithOIDC): Promise<void>
}

export interface ProviderOptions {
  readonly rooms: Rooms
  /** Private keys as JWKs, the one that signs first. */
  readonly jwks: readonly object[]
  /** The Countersign session behind a request. */
  readonly sessionOf: (ctx: KoaContextWithOIDC) => Promise<OidcSession | undefined>
  /** Where a request comes from, as far as it is to be believed. */
  readonly addressOf: (ctx: KoaContextWithOIDC) => string
  readonly pages: OidcPages
}

const hour = 3600

/**
 * Speaks OpenID Connect. Who is signed in, and how surely, is asked of Countersign's session on every request and is kept nowhere else:
 * the session of oidc-provider is a view of it, made anew each time, that cannot be saved.
 */
export function openProvider({ rooms, jwks, sessionOf, addressOf, pages }: ProviderOptions): Provider {
  const isSecure = rooms.publicUrl.startsWith('https:')
  const cookie = (name: string) => `${isSecure ? '__Secure-' : ''}countersign-${name}`
  const configuration: Configuration = {
    adapter: adapterFor(rooms, openArtifacts(rooms)),
    jwks: { keys: [...jwks] as never },
    routes: { ...oidcPaths },
    responseTypes: ['code'],
    pkce: { required: () => true },
    enableHttpPostMethods: true,
    scopes: [...scopes],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'locale'],
      email: ['email', 'email_verified'],
      organizations: ['organizations'],
      roles: ['roles'],
    },
    // Frameworks look for name, mail and roles in the ID token.
    conformIdTokenClaims: false,
    acrValues: [...knownAcrs],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    ttl: {
      AuthorizationCode: 60,
      AccessToken: 600,
      IdToken: hour,
      Interaction: 1800,
      RefreshToken: 24 * hour,
      Grant: 24 * hour,
      Session: 24 * hour,
    },
    rotateRefreshToken: true,
    // A refresh token lasts as long as the session, so there is nothing to agree to: decision 0034.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => true,
    cookies: {
      names: { interaction: cookie('interaction'), resume: cookie('resume'), session: cookie('oidc') },
      short: { httpOnly: true, sameSite: 'lax', secure: isSecure, signed: false, overwrite: true },
      // Never set, because no session of its own is ever saved; taking requests by POST asks for it.
      long: { httpOnly: true, sameSite: 'none', secure: isSecure, signed: false, overwrite: true },
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: true },
      claimsParameter: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx) => pages.signOut(ctx) },
      backchannelLogout: { enabled: true },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
    },
    interactions: { url: (_ctx, { uid }) => `/oidc/interaction/${uid}`, policy: policyFor(rooms) },
    findAccount: async (ctx, userId) => {
      const clientId = ctx.oidc.client?.clientId
      const application = clientId === undefined ? undefined : await applicationOf(rooms, clientId)
      const person = application && (await oidcPerson(rooms, application, userId))
      if (!person) return undefined
      const { name, email, isEmailVerified, language, memberships } = person
      const roles = [...new Set(memberships.map(({ role }) => role))]
      const locale = language === null ? {} : { locale: language }
      return {
        accountId: userId,
        claims: async () => ({
          sub: userId,
          name,
          ...locale,
          email,
          email_verified: isEmailVerified,
          organizations: [...memberships],
          roles,
        }),
      }
    },
    // Applications belong to the organization whose people sign in to them, so nobody is asked whether they agree.
    loadExistingGrant: async (ctx) => {
      const [client, session] = [ctx.oidc.client, ctx.oidc.session]
      if (!client || session?.accountId === undefined) return undefined
      const { grantId } = namesOf(rooms, session.uid, client.clientId)
      const known = await ctx.oidc.provider.Grant.find(grantId)
      if (known) return known
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.jti = grantId
      grant.addOIDCScope(scopes.join(' '))
      grant.addOIDCClaims(['sub', 'acr', 'amr', 'auth_time', 'name', 'locale', 'email', 'email_verified', 'organizations', 'roles'])
      await grant.save()
      return grant
    },
    renderError: (ctx, _out, error) => pages.problem(ctx, error as errors.OIDCProviderError),
  }
  const provider = new Provider(rooms.publicUrl, configuration)
  provider.proxy = true
  provider.use(async (ctx, next) => {
    await next()
    const { oidc } = ctx as Partial<KoaContextWithOIDC>
    const signedIn = oidc?.entities.AuthorizationCode && oidc.route !== 'token' ? oidc.client?.clientId : undefined
    const used = signedIn === undefined ? undefined : await applicationOf(rooms, signedIn)
    if (used) await noteApplicationUse(rooms, used.id)
    // Both would be pages with a script in them that posts a form by itself: to say that this may not be asked for, and to sign nobody out.
    const isPosted = oidc?.params?.response_mode === 'form_post'
    const isNobody = oidc?.route === 'end_session' && ctx.status === 200 && oidc.session?.accountId === undefined
    if (!isPosted && !isNobody) return
    ctx.set('content-security-policy', pagePolicy())
    if (isNobody) {
      ctx.remove('set-cookie')
      return pages.signOut(ctx as KoaContextWithOIDC)
    }
    const error = new errors.InvalidRequest('response_mode has to be query')
    ctx.status = error.statusCode
    await pages.problem(ctx as KoaContextWithOIDC, error)
  })
  viewSessions(provider, rooms, sessionOf)
  provider.Client.prototype.includeSid = () => true
  judgeSecrets(provider, rooms, addressOf)
  return provider
}

/** Makes oidc-provider judge secrets as we do: against a hash, and only so many wrong ones. */
function judgeSecrets(provider: Provider, rooms: Rooms, addressOf: ProviderOptions['addressOf']): void {
  const judge = openClientSecrets(rooms)
  provider.Client.prototype.compareClientSecret = async function compare(
    this: { readonly clientId: string; readonly clientSecret?: string },
    given: string,
  ) {
    const { ctx } = Provider
    if (this.clientSecret === undefined || !ctx) return false
    const found = await judge({ clientId: this.clientId, secretHash: this.clientSecret, given, address: addressOf(ctx) })
    if (found.verdict !== 'too-many') return found.verdict === 'right'
    ctx.set('retry-after', String(found.retryAfterSeconds))
    const refusal = new errors.OIDCProviderError(429, 'temporarily_unavailable')
    refusal.error_description = `too many wrong secrets of this client; try again in ${found.retryAfterSeconds} seconds`
    throw refusal
  }
}

/** Makes oidc-provider's sessions a view of ours: read anew for each request, never saved, and named without being kept. */
function viewSessions(provider: Provider, rooms: Rooms, sessionOf: ProviderOptions['sessionOf']): void {
  const { Session } = provider
  const viewOf = (known: OidcSession, wanted: () => readonly string[]) => {
    const view = Reflect.construct(Session, [{ jti: known.id, uid: known.id }]) as InstanceType<typeof Session>
    Object.assign(view, {
      accountId: known.userId,
      loginTs: Math.floor(known.authenticatedAt.getTime() / 1000),
      amr: [...known.amr],
    })
    // What was asked for and is so, or else the most that is so.
    Object.defineProperty(view, 'acr', { get: () => known.acrs.find((one) => wanted().includes(one)) ?? known.acrs[0] })
    return view
  }
  const nothing = async () => undefined
  Object.assign(Session.prototype, {
    save: nothing,
    persist: nothing,
    resetIdentifier: () => undefined,
    loginAccount: () => undefined,
    ensureClientContainer: () => undefined,
    past(this: InstanceType<typeof Session>, age: number) {
      return rooms.now().getTime() / 1000 - (this.loginTs ?? 0) > age
    },
    sidFor(this: InstanceType<typeof Session>, clientId: string) {
      return namesOf(rooms, this.uid, clientId).sid
    },
    grantIdFor(this: InstanceType<typeof Session>, clientId: string) {
      return namesOf(rooms, this.uid, clientId).grantId
    },
  })
  Object.assign(Session, {
    get: async (ctx: KoaContextWithOIDC) => {
      const known = await sessionOf(ctx)
      const session = known ? viewOf(known, () => acrsWanted(ctx)) : new Session()
      Object.defineProperty(session, 'new', { value: true })
      ctx.oidc.entity('Session', session)
      return session
    },
    findByUid: async (id: string) => {
      const known = await oidcSessionById(rooms, id)
      return known && viewOf(known, () => [])
    },
  })
}

/** The classes that a request asks for, by `acr_values` or as an essential claim; those that nobody knows count only in the claim. */
export function acrsWanted({ oidc: { params, claims } }: KoaContextWithOIDC): readonly string[] {
  const asked = (claims?.id_token?.acr ?? undefined) as { essential?: boolean; value?: string; values?: readonly string[] } | undefined
  if (asked?.essential) return asked.values ?? (asked.value === undefined ? [] : [asked.value])
  return knownOf(String(params?.acr_values ?? '').split(' '))
}

/** When somebody must be asked: oidc-provider's own reasons, and ours. */
function policyFor(rooms: Rooms): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base()
  const login = policy.get('login')
  if (!login) throw new Error('The policy of oidc-provider has no prompt "login".')
  login.checks.add(
    new interactionPolicy.Check('not_a_member', 'this person may not use this application', 'access_denied', ({ oidc }) =>
      Boolean(oidc.session?.accountId && !oidc.account),
    ),
  )
  login.checks.add(
    new interactionPolicy.Check('acr_not_met', 'more has to be shown', 'unmet_authentication_requirements', async (ctx) => {
      const { session } = ctx.oidc
      const wanted = acrsWanted(ctx)
      if (wanted.length === 0 || session?.accountId === undefined) return false
      const known = await oidcSessionById(rooms, session.uid)
      return !known || !meets(rooms, known, { acrs: wanted, isAnew: false }).acr
    }),
  )
  return policy
}
