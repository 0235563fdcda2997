import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { withoutOwnCookies } from '#domain/forward-auth.ts'
import { type Checked, checkForward, type Identity, isOriginOf, rememberingFind, returnToPortal } from '#flows/forward-auth.ts'
import type { Rooms } from '#flows/rooms.ts'
import { requireAuthorities } from './authority.ts'
import { forwardedFindings, forwardedTarget, onlyHeader, trustedPeers } from './forwarded.ts'
import type { Visits } from './visit.ts'

const ofApplication = Type.Object({ clientId: Type.String({ maxLength: 64, pattern: '^[\\w-]+$' }) })
type OfApplication = { Params: { clientId: string } }

/** Whether an address is asked by proxies and not by browsers. */
export const isForwardAuthCheck = (url: string) => /^\/forward-auth\/[^/?]*(\/status)?\/?(\?|$)/.test(url)

/** The headers in which a portal is told who somebody is. Each is in every answer that lets somebody in, so that none of the browser's survives. */
const identityHeaders: Readonly<Record<keyof Identity, string>> = {
  user: 'remote-user',
  email: 'remote-email',
  name: 'remote-name',
  organization: 'remote-organization',
  organizationId: 'remote-organization-id',
  role: 'remote-role',
  acr: 'remote-acr',
}

interface Options {
  readonly rooms: Rooms
  readonly visits: Visits
  readonly trustedProxies: readonly string[]
  /** How long an answer of the database may serve further checks; the usual time when absent. */
  readonly checkMemory?: number | undefined
}

/**
 * What reverse proxies ask about every request, and the way back to a portal with a ticket. Headers are believed of peers in
 * `TRUSTED_PROXIES` alone, and whatever is odd about a request is refused: nothing here is ever answered with 200 but "let in".
 */
export async function registerForwardAuth(app: FastifyInstance, { rooms, visits, trustedProxies, checkMemory }: Options): Promise<void> {
  const isTrusted = trustedPeers(trustedProxies)
  const find = rememberingFind(rooms, checkMemory)
  let isTold = false
  /** What a trusted proxy says that a browser asked for; of anybody else nothing is believed, and the log says so once. */
  const targetOf = (request: FastifyRequest) => {
    if (isTrusted(request)) return forwardedTarget(request)
    if (!isTold)
      request.log.warn(
        { req: request, peer: request.raw.socket.remoteAddress },
        'forward-auth is asked by a peer that TRUSTED_PROXIES does not have',
      )
    isTold = true
    return undefined
  }
  const check = (request: FastifyRequest<OfApplication>) => {
    const { clientId } = request.params
    const target = targetOf(request)
    const names = cookieNames(clientId, target?.origin.startsWith('https:') === true)
    const asked = {
      clientId,
      target,
      isNavigation: isNavigation(request),
      portal: request.cookies[names.portal],
      way: request.cookies[names.way],
    }
    return checkForward(rooms, visits.of(request), asked, find).then((checked) => ({
      checked,
      names,
      isSecure: names.portal.startsWith('__Host-'),
    }))
  }

  await app.register(async (scope) => {
    requireAuthorities(scope)
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store')
      done()
    })
    const options = { config: { authority: { who: 'anyone' } }, schema: { params: ofApplication } } as const

    // For proxies that hand on the answer to the browser: Caddy, Traefik, HAProxy.
    scope.get<OfApplication>('/forward-auth/:clientId', options, async (request, reply) => {
      const { checked, names, isSecure } = await check(request)
      return answer(request, reply, checked, { names, isSecure, redirects: true })
    })

    // For nginx, which takes 401 or 403 and nothing else; it finds in `Location` where to send the browser.
    scope.get<OfApplication>('/forward-auth/:clientId/status', options, async (request, reply) => {
      const { checked, names, isSecure } = await check(request)
      return answer(request, reply, checked, { names, isSecure, redirects: false })
    })

    scope.get<OfApplication & { Querystring: Readonly<Record<string, unknown>> }>(
      '/forward-auth/:clientId/return',
      options,
      async (request, reply) => {
        const { clientId } = request.params
        const target = targetOf(request)
        const isSecure = target?.origin.startsWith('https:') === true
        const names = cookieNames(clientId, isSecure)
        const { ticket } = request.query
        // "Try it" in the Console: a page of ours says how the proxy asks; it tells nothing but that.
        if (request.query.try !== undefined) {
          const found = isTrusted(request)
            ? {
                peer: 'trusted',
                ...forwardedFindings(request),
                origin: (await isOriginOf(rooms, clientId, target)) ? 'registered' : 'other',
              }
            : { peer: 'stranger' }
          return reply.redirect(`${rooms.publicUrl}/forward-auth/${clientId}/tried?${new URLSearchParams(found)}`, 303)
        }
        const returned =
          typeof ticket === 'string'
            ? await returnToPortal(rooms, { clientId, target, ticket, way: request.cookies[names.way] })
            : undefined
        // Not back to the portal, which would send the browser here again: somebody without cookies would go round and round.
        if (!returned) return reply.redirect(`${rooms.publicUrl}/forward-auth/${clientId}/lost`, 303)
        reply.setCookie(names.portal, returned.portal, attributes(isSecure))
        return reply.redirect(returned.uri, 303)
      },
    )
  })
}

/** The cookies on the host of a portal; each application has its own, which open nothing but itself. */
function cookieNames(clientId: string, isSecure: boolean) {
  const prefix = isSecure ? '__Host-' : ''
  return { portal: `${prefix}countersign-portal-${clientId}`, way: `${prefix}countersign-way-${clientId}` }
}

const attributes = (secure: boolean) => ({ path: '/', httpOnly: true, sameSite: 'lax', secure }) as const

/** Whether a browser would show what comes back as a page. */
function isNavigation(request: FastifyRequest): boolean {
  const mode = onlyHeader(request, 'sec-fetch-mode')
  if (onlyHeader(request, 'x-forwarded-method') !== 'GET') return false
  return mode === undefined ? (request.headers.accept ?? '').includes('text/html') : mode === 'navigate'
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  checked: Checked,
  {
    names,
    isSecure,
    redirects,
  }: { readonly names: ReturnType<typeof cookieNames>; readonly isSecure: boolean; readonly redirects: boolean },
): FastifyReply {
  switch (checked.answer) {
    case 'let-in':
      for (const [key, name] of Object.entries(identityHeaders)) {
        // A header holds bytes: letters beyond ASCII go as UTF-8.
        reply.header(name, Buffer.from(checked.identity[key as keyof Identity], 'utf8').toString('latin1'))
      }
      return reply
        .header('cookie', withoutOwnCookies(request.headers.cookie ?? ''))
        .code(200)
        .send()
    case 'sign-in':
      if (checked.way !== undefined) reply.setCookie(names.way, checked.way, attributes(isSecure))
      if (checked.address === undefined) return reply.code(401).send()
      return reply
        .header('location', checked.address)
        .code(redirects ? 302 : 401)
        .send()
    case 'refused':
      return reply.code(403).send()
  }
}
