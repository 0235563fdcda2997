import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { Problem } from '#domain/problem.ts'
import { oidcApplication, oidcSessionOf } from '#flows/oidc.ts'
import { signOut } from '#flows/session.ts'
import { requireAuthorities } from '../authority.ts'
import { asPage, frameOf, type PromptOptions, textOf, wordsOf } from '../prompt/page.ts'
import { messagePage } from '../prompt/pages/message.ts'
import { onwardPage } from '../prompt/pages/onward.ts'
import { signOutPage } from '../prompt/pages/sign-out.ts'
import { requireSameOrigin } from '../visit.ts'

/** Where somebody goes who was signed out for an application. */
interface Onward {
  readonly clientId: string | undefined
  readonly address: string | undefined
  readonly state: string | undefined
}

const hrefOf = ({ address, state }: Onward): string | undefined => {
  if (address === undefined || state === undefined) return address
  const url = new URL(address)
  url.searchParams.set('state', state)
  return url.href
}

/**
 * Signs somebody out for an application (OpenID Connect RP-Initiated Logout 1.0). An ID token of this very session says that the person
 * asked for it there; without one they are asked here, so that no other site signs anybody out.
 */
export async function signOutFor(options: PromptOptions, ctx: KoaContextWithOIDC, request: FastifyRequest): Promise<void> {
  const { rooms, visits } = options
  const { params, client, session, entities } = ctx.oidc
  const visit = visits.of(request)
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const onward = { clientId: client?.clientId, address: text(params?.post_logout_redirect_uri), state: text(params?.state) }
  const hint = entities.IdTokenHint?.payload
  const isOfThisSession =
    client !== undefined && hint !== undefined && hint.sub === session?.accountId && hint.sid === session?.sidFor(client.clientId)
  const words = wordsOf(request)
  const frame = await frameOf(options, request)
  // What it would keep is a session of its own.
  if (session) Object.assign(session, { destroyed: true })
  const isNobody = session?.accountId === undefined
  if (isOfThisSession || isNobody) {
    if (!isNobody) await signOut(rooms, visit)
    const href = hrefOf(onward)
    if (href !== undefined) {
      ctx.status = 303
      ctx.redirect(href)
      return
    }
    ctx.type = 'html'
    ctx.body = messagePage({ title: words.oidc.signedOut, text: words.oidc.signedOutText, ...frame }, words)
    return
  }
  ctx.type = 'html'
  const csrf = visits.csrfToken(visit.session ?? '')
  ctx.body = signOutPage({ ...onward, csrf, application: client?.clientName, ...frame }, words)
}

/** The answer to the question whether to sign out. */
export function endSessionPages(app: FastifyInstance, options: PromptOptions): void {
  const { rooms, visits } = options
  void app.register(async (scope) => {
    requireAuthorities(scope)
    await scope.register(formbody)
    scope.addHook('onRequest', async (request, reply) => {
      asPage(reply)
      if (request.method === 'POST') requireSameOrigin(request, rooms.publicUrl, 'form')
    })
    scope.post('/oidc/signed-out', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
      const visit = visits.of(request)
      const words = wordsOf(request)
      const frame = await frameOf(options, request)
      const isSignedIn = (await oidcSessionOf(rooms, visit)) !== undefined
      if (isSignedIn) {
        visits.requireCsrf(visit.session, textOf(request.body, 'csrf'))
        if (textOf(request.body, 'answer') !== 'yes') return reply.redirect('/', 303)
        await signOut(rooms, visit)
        visits.setCookies(reply, { session: null })
      }
      const [clientId, address, state] = ['client_id', 'post_logout_redirect_uri', 'state'].map((name) => textOf(request.body, name))
      const application = clientId ? await oidcApplication(rooms, clientId) : undefined
      if (!application || !address)
        return reply.send(messagePage({ title: words.oidc.signedOut, text: words.oidc.signedOutText, ...frame }, words))
      if (!application.settings.postLogoutRedirectUris.includes(address)) throw new Problem('malformed')
      const href = hrefOf({ clientId, address, state: state || undefined }) ?? address
      return reply.send(onwardPage({ href, application: application.name, ...frame }, words))
    })
  })
}
