import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { withoutOwnCookies } from '#domain/forward-auth.ts'
import { type Checked, type Identity, isOriginOf, openChecks, returnToPortal } from '#flows/forward-auth.ts'
import type { Rooms } from '#flows/rooms.ts'
import { requireAuthorities } from './authority.ts'
import { checkHeaders, forwardedFindings, forwardedTarget, ownCookie, trustedPeers } from './forwarded.ts'
import type { Visits } from './visit.ts'

const ofApplication = Type.Object({ clientId: Type.String({ maxLength: 64, pattern: '^[\\w-]+$' }) })
type OfApplication = { Params: { clientId: string } }

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
  const check = openChecks(rooms, checkMemory)
  let isTold = false
  /** What a trusted proxy says that a browser asked for; of anybody else nothing is believed, and the log says so once. */
  const targetOf = (request: IncomingMessage, header: (name: string) => string | undefined) => {
    if (isTrusted(request)) return forwardedTarget(header)
    const peer = request.socket.remoteAddress
    if (!isTold) app.log.warn({ peer }, 'forward-auth is asked by a peer that TRUSTED_PROXIES does not have')
    isTold = true
    return undefined
  }

  /** Answers a check. It is asked for every request of a portal, so it takes no detour by the framework. */
  const answerCheck = (request: IncomingMessage, response: ServerResponse, clientId: string, redirects: boolean): void => {
    const header = checkHeaders(request)
    const cookies = header('cookie') ?? ''
    const fail = (error: unknown) => {
      app.log.error({ err: error }, 'unexpected')
      if (response.headersSent) response.destroy()
      else response.writeHead(500, always).end()
    }
    try {
      const target = targetOf(request, header)
      const names = cookieNames(clientId, target?.origin.startsWith('https:') === true)
      const way = ownCookie(cookies, names.way)
      const asked = { clientId, target, isNavigation: isNavigation(header), way, portal: ownCookie(cookies, names.portal) }
      const checked = check({ ...asked, session: ownCookie(cookies, visits.sessionName) })
      const answer = (found: Checked) => send(response, found, { cookies, wayName: names.way, redirects })
      if (checked instanceof Promise) checked.then(answer).catch(fail)
      else answer(checked)
    } catch (error) {
      fail(error)
    }
  }

  await app.register(async (scope) => {
    requireAuthorities(scope)
    const options = { config: { authority: { who: 'anyone' } }, schema: { params: ofApplication } } as const

    // For proxies that hand on the answer to the browser: Caddy, Traefik, HAProxy.
    scope.get<OfApplication>('/forward-auth/:clientId', options, (request, reply) => {
      reply.hijack()
      answerCheck(request.raw, reply.raw, request.params.clientId, true)
    })

    // For nginx, which takes 401 or 403 and nothing else; it finds in `Location` where to send the browser.
    scope.get<OfApplication>('/forward-auth/:clientId/status', options, (request, reply) => {
      reply.hijack()
      answerCheck(request.raw, reply.raw, request.params.clientId, false)
    })

    scope.get<OfApplication & { Querystring: Readonly<Record<string, unknown>> }>(
      '/forward-auth/:clientId/return',
      options,
      async (request, reply) => {
        reply.header('cache-control', 'no-store')
        const { clientId } = request.params
        const target = targetOf(request.raw, checkHeaders(request.raw))
        const isSecure = target?.origin.startsWith('https:') === true
        const names = cookieNames(clientId, isSecure)
        const { ticket } = request.query
        // "Try it" in the Console: a page of ours says how the proxy asks; it tells nothing but that.
        if (request.query.try !== undefined) {
          const origin = (await isOriginOf(rooms, clientId, target)) ? 'registered' : 'other'
          const found = isTrusted(request.raw) ? { peer: 'trusted', ...forwardedFindings(request.raw), origin } : { peer: 'stranger' }
          return reply.redirect(`${rooms.publicUrl}/forward-auth/${clientId}/tried?${new URLSearchParams(found)}`, 303)
        }
        const returned =
          typeof ticket === 'string'
            ? await returnToPortal(rooms, { clientId, target, ticket, way: request.cookies[names.way] })
            : undefined
        // Not back to the portal, which would send the browser here again: somebody without cookies would go round and round.
        if (!returned) return reply.redirect(`${rooms.publicUrl}/forward-auth/${clientId}/lost`, 303)
        const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure } as const
        reply.setCookie(names.portal, returned.portal, attributes)
        return reply.redirect(returned.uri, 303)
      },
    )
  })

  // The same answers, before the framework has looked at a request that can be nothing else.
  const [byFramework] = app.server.listeners('request')
  app.server.removeAllListeners('request')
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const [, clientId, status] = request.method === 'GET' ? (checkPath.exec(request.url ?? '') ?? []) : []
    if (clientId === undefined) byFramework?.call(app.server, request, response)
    else answerCheck(request, response, clientId, status === undefined)
  })
}

const checkPath = /^\/forward-auth\/([\w-]{1,64})(\/status)?$/

/** The cookies on the host of a portal; each application has its own, which open nothing but itself. */
function cookieNames(clientId: string, isSecure: boolean) {
  const prefix = isSecure ? '__Host-' : ''
  return { portal: `${prefix}countersign-portal-${clientId}`, way: `${prefix}countersign-way-${clientId}` }
}

/** Whether a browser would show what comes back as a page. */
function isNavigation(header: (name: string) => string | undefined): boolean {
  if (header('x-forwarded-method') !== 'GET') return false
  const mode = header('sec-fetch-mode')
  return mode === undefined ? (header('accept') ?? '').includes('text/html') : mode === 'navigate'
}

/** What every answer to a check says. */
const always = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer', 'content-length', '0']

/** The headers of an identity are the same as long as it is. */
const known = new WeakMap<Identity, readonly string[]>()

function headersOf(identity: Identity): readonly string[] {
  // A header holds bytes: letters beyond ASCII go as UTF-8.
  const make = () => [
    ...always,
    ...Object.entries(identityHeaders).flatMap(([key, name]) => [name, Buffer.from(identity[key as keyof Identity]).toString('latin1')]),
  ]
  const headers = known.get(identity) ?? make()
  known.set(identity, headers)
  return headers
}

interface Sending {
  readonly cookies: string
  readonly wayName: string
  readonly redirects: boolean
}

function send(response: ServerResponse, checked: Checked, { cookies, wayName, redirects }: Sending): void {
  switch (checked.answer) {
    case 'let-in':
      response.writeHead(200, [...headersOf(checked.identity), 'cookie', withoutOwnCookies(cookies)]).end()
      return
    case 'sign-in': {
      const secure = wayName.startsWith('__Host-') ? '; Secure' : ''
      const way = checked.way === undefined ? [] : ['set-cookie', `${wayName}=${checked.way}; Path=/; HttpOnly${secure}; SameSite=Lax`]
      const location = checked.address === undefined ? [] : ['location', checked.address]
      response.writeHead(location.length > 0 && redirects ? 302 : 401, [...always, ...way, ...location]).end()
      return
    }
    case 'refused':
      response.writeHead(403, always).end()
  }
}
