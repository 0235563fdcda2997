import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { errors, KoaContextWithOIDC } from 'oidc-provider'
import { hasOidcApplications, oidcSessionOf } from '#flows/oidc.ts'
import { signingKeys } from '#flows/oidc-keys.ts'
import { requireAuthorities } from '../authority.ts'
import { asPage, frameOf, type PromptOptions, wordsOf } from '../prompt/page.ts'
import { messagePage } from '../prompt/pages/message.ts'
import { endSessionPages, signOutFor } from './end-session.ts'
import { interactionPages } from './interaction.ts'
import { oidcPaths } from './paths.ts'

const discoveryPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

/** How long a process goes on with the keys that it has read: much shorter than two sets overlap. */
const keysGoodMilliseconds = 60_000

/** By far the largest that there is to load: only where an application needs it, and then before anybody waits for it. */
const protocol = () => import('./provider.ts')

/** The endpoints of OpenID Connect, and the pages between an application and the Prompt. */
export async function registerOidc(app: FastifyInstance, options: PromptOptions): Promise<void> {
  const { rooms, visits } = options
  if (await hasOidcApplications(rooms)) await protocol()
  const requests = new WeakMap<object, FastifyRequest>()
  const requestOf = ({ req }: KoaContextWithOIDC): FastifyRequest => {
    const request = requests.get(req)
    if (!request) throw new Error('This request did not come in by our routes.')
    return request
  }
  const pages = {
    problem: async (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
      const request = requestOf(ctx)
      const words = wordsOf(request)
      const { refused, refusedText } = words.oidc
      const text = refusedText(error.error_description ?? error.message)
      ctx.type = 'html'
      ctx.body = messagePage({ title: refused, text, ...(await frameOf(options, request)) }, words)
    },
    signOut: (ctx: KoaContextWithOIDC) => signOutFor(options, ctx, requestOf(ctx)),
  }

  let current: { readonly provider: Provider; readonly keyIds: string; readonly at: number } | undefined
  const provider = async (): Promise<Provider> => {
    const at = rooms.now().getTime()
    if (current && Math.abs(at - current.at) < keysGoodMilliseconds) return current.provider
    const keys = await signingKeys(rooms)
    const keyIds = keys.map(({ id }) => id).join(' ')
    const sessionOf = (ctx: KoaContextWithOIDC) => oidcSessionOf(rooms, visits.of(requestOf(ctx)))
    const addressOf = (ctx: KoaContextWithOIDC) => visits.of(requestOf(ctx)).address
    const jwks = keys.map(({ jwk }) => jwk as object)
    const { openProvider } = await protocol()
    const opened = current?.keyIds === keyIds ? current.provider : openProvider({ rooms, jwks, sessionOf, addressOf, pages })
    if (opened !== current?.provider) opened.on('server_error', (_ctx, error) => app.log.error({ err: error }, 'OpenID Connect failed'))
    current = { provider: opened, keyIds, at }
    return opened
  }

  await app.register(async (scope) => {
    requireAuthorities(scope)
    // Bodies are read by who speaks the protocol.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const { host, protocol: scheme } = new URL(rooms.publicUrl)
    const speak = async (request: FastifyRequest, reply: FastifyReply) => {
      const { raw } = request
      const callback = (await provider()).callback()
      requests.set(raw, request)
      // Where we are is what the operator has set, and never what a request says.
      raw.headers.host = host
      raw.headers['x-forwarded-proto'] = scheme.slice(0, -1)
      delete raw.headers['x-forwarded-host']
      asPage(reply)
      reply.removeHeader('content-type')
      copyHeaders(reply, reply.raw)
      reply.hijack()
      await callback(raw, reply.raw)
    }
    for (const path of [...Object.values(oidcPaths), `${oidcPaths.authorization}/:uid`, ...discoveryPaths]) {
      const isRead = path === oidcPaths.jwks || discoveryPaths.includes(path) || path.endsWith(':uid')
      const methods = path === oidcPaths.token || path === oidcPaths.revocation ? (['POST'] as const) : (['GET', 'POST'] as const)
      for (const method of isRead ? (['GET'] as const) : methods)
        scope.route({ method, url: path, config: { authority: { who: 'anyone' } }, handler: speak })
    }
  })
  interactionPages(app, options, provider)
  endSessionPages(app, options)
}

/** The headers that every reply has, for one that is written without Fastify. */
function copyHeaders(reply: FastifyReply, raw: ServerResponse): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
}
