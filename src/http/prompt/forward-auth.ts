import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '#domain/problem.ts'
import { type Entered, type Entering, enterPath, enterPortal, portalOf, stepUp } from '#flows/forward-auth.ts'
import { signOut } from '#flows/session.ts'
import { frameOf, type PromptOptions, textOf, wordsOf } from './page.ts'
import { goOnPage, signOutPage, stepUpPage, triedPage } from './pages/forward-auth.ts'
import { messagePage } from './pages/message.ts'

type OfApplication = { Params: { clientId: string } }

/** The pages between a portal and the sign-in: on the way in, where more is asked, where somebody is not let in, and on the way out. */
export function forwardAuthPages(app: FastifyInstance, options: PromptOptions): void {
  const { rooms, visits } = options
  const config = { authority: { who: 'anyone' } } as const
  const enteringOf = ({ params }: FastifyRequest<OfApplication>, fields: unknown): Entering => ({
    clientId: params.clientId,
    to: textOf(fields, 'to'),
    way: textOf(fields, 'way'),
  })

  const drawStepUp = async (
    request: FastifyRequest<OfApplication>,
    reply: FastifyReply,
    { passkey, hindrance, back, portal, organizationId }: Extract<Entered, { readonly go: 'step-up' }>,
  ) => {
    const words = wordsOf(request)
    const frame = await frameOf(options, request, organizationId)
    if (hindrance) {
      const { title, text, back: label } = words.forwardAuth.barred
      const action = back === undefined ? {} : { action: { href: back, label: label(portal) } }
      return reply.code(403).send(messagePage({ title, text: text[hindrance](portal), ...action, ...frame }, words))
    }
    const csrf = visits.csrfToken(visits.of(request).session ?? '')
    const entering = enteringOf(request, request.method === 'GET' ? request.query : request.body)
    return reply.send(stepUpPage({ ...entering, passkey, portal, csrf, ...frame }, words))
  }

  app.get<OfApplication>('/forward-auth/:clientId/enter', { config }, async (request, reply) => {
    const entering = enteringOf(request, request.query)
    const entered = await enterPortal(rooms, visits.of(request), entering)
    switch (entered.go) {
      case 'portal':
        if (textOf(request.query, 'page') === '') return reply.redirect(entered.address, 303)
        reply.header('refresh', `0;url=${entered.address}`)
        return reply.send(goOnPage({ ...entered, ...(await frameOf(options, request, entered.organizationId)) }, wordsOf(request)))
      case 'sign-in': {
        const back = new URLSearchParams({ return: enterPath(entering, 'page') })
        return reply.redirect(`/sign-in?${back}`, 303)
      }
      case 'step-up':
        return drawStepUp(request, reply, entered)
      case 'not-let-in': {
        const words = wordsOf(request)
        const { title, text } = words.forwardAuth.notLetIn
        const frame = await frameOf(options, request, entered.organizationId)
        return reply.code(403).send(messagePage({ title, text: text(entered.portal), ...frame }, words))
      }
    }
  })

  app.post<OfApplication>('/forward-auth/:clientId/step-up', { config }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.session, textOf(request.body, 'csrf'))
    const entering = enteringOf(request, request.body)
    try {
      const { step, cookies } = await stepUp(rooms, visit, entering)
      visits.setCookies(reply, cookies)
      return reply.redirect(step.step === 'done' ? step.returnTo : '/sign-in', 303)
    } catch (error) {
      if (!(error instanceof Problem && (error.code === 'two-factor-not-available' || error.code === 'passkey-not-available'))) throw error
      // The same page as whoever comes anew now sees.
      const entered = await enterPortal(rooms, visit, entering)
      if (entered.go === 'step-up') return drawStepUp(request, reply, entered)
      return reply.redirect(enterPath(entering, 'page'), 303)
    }
  })

  app.get<OfApplication>('/forward-auth/:clientId/lost', { config }, async (request, reply) => {
    const { name, address, organizationId } = await portalOf(rooms, request.params.clientId)
    const words = wordsOf(request)
    const { title, text, back } = words.forwardAuth.lost
    const frame = await frameOf(options, request, organizationId)
    return reply.code(410).send(messagePage({ title, text, action: { href: address, label: back(name) }, ...frame }, words))
  })

  app.get<OfApplication>('/forward-auth/:clientId/tried', { config }, async (request, reply) => {
    const { name, address, organizationId } = await portalOf(rooms, request.params.clientId)
    const frame = await frameOf(options, request, organizationId)
    const found = (part: string) => textOf(request.query, part)
    return reply.send(triedPage({ portal: name, address, found, ...frame }, wordsOf(request)))
  })

  const signedOut = async (request: FastifyRequest<OfApplication>, reply: FastifyReply) => {
    const { name, address, organizationId } = await portalOf(rooms, request.params.clientId)
    const words = wordsOf(request)
    const { title, text, back } = words.forwardAuth.signedOut
    const frame = await frameOf(options, request, organizationId)
    return reply.send(messagePage({ title, text, action: { href: address, label: back(name) }, ...frame }, words))
  }

  app.get<OfApplication>('/forward-auth/:clientId/sign-out', { config }, async (request, reply) => {
    const { session } = visits.of(request)
    if (!session) return signedOut(request, reply)
    const { clientId } = request.params
    const { name, organizationId } = await portalOf(rooms, clientId)
    const frame = await frameOf(options, request, organizationId)
    return reply.send(signOutPage({ portal: name, clientId, csrf: visits.csrfToken(session), ...frame }, wordsOf(request)))
  })

  app.post<OfApplication>('/forward-auth/:clientId/sign-out', { config }, async (request, reply) => {
    const visit = visits.of(request)
    visits.requireCsrf(visit.session, textOf(request.body, 'csrf'))
    await signOut(rooms, visit)
    visits.setCookies(reply, { session: null })
    return signedOut(request, reply)
  })
}
