import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '#domain/problem.ts'
import { triedWith } from '#flows/second-factor.ts'
import { openPromptAt, promptBehind } from '#flows/second-factor-api.ts'
import { frameOf, type PromptOptions, textOf, withStatus, wordsOf } from './page.ts'
import { messagePage } from './pages/message.ts'
import { openPromptPage } from './pages/second-factor.ts'

const anyone = { config: { authority: { who: 'anyone' } } } as const

/** The pages around a second step that a portal or a program has asked for; the step itself is a sign-in like any other. */
export function secondFactorPages(app: FastifyInstance, options: PromptOptions): void {
  const { rooms, visits } = options
  const say = async (request: FastifyRequest, reply: FastifyReply, title: string, text: string, action?: { href: string; label: string }) =>
    reply.send(messagePage({ title, text, action, ...(await frameOf(options, request)) }, wordsOf(request)))
  const gone = (request: FastifyRequest, reply: FastifyReply, error: unknown, title: string, text: string) => {
    if (!(error instanceof Problem) || (error.code !== 'link-gone' && error.code !== 'sign-in-gone')) throw error
    withStatus(reply, new Problem('link-gone'))
    return say(request, reply, title, text)
  }

  app.get<{ Params: { token: string } }>('/prompts/:token', anyone, async (request, reply) => {
    const words = wordsOf(request)
    const { token } = request.params
    try {
      const { asked, askedBy, organizationName, organizationId } = await promptBehind(rooms, token)
      const frame = await frameOf(options, request, organizationId)
      const csrf = visits.csrfToken(visits.signInCookie(request, reply))
      const reason = asked.by === 'key' ? asked.reason : undefined
      return reply.send(openPromptPage({ csrf, token, name: askedBy, organization: organizationName, reason, ...frame }, words))
    } catch (error) {
      return gone(request, reply, error, words.secondFactor.goneTitle, words.secondFactor.gone)
    }
  })

  app.post('/prompts', anyone, async (request, reply) => {
    const words = wordsOf(request)
    const visit = visits.of(request)
    visits.requireCsrf(visit.signIn, textOf(request.body, 'csrf'))
    try {
      visits.setCookies(reply, (await openPromptAt(rooms, visit, textOf(request.body, 'token'))).cookies)
      return reply.redirect('/sign-in', 303)
    } catch (error) {
      return gone(request, reply, error, words.secondFactor.goneTitle, words.secondFactor.gone)
    }
  })

  app.get('/second-factor/approved', anyone, async (request, reply) => {
    const { secondFactor } = wordsOf(request)
    return say(request, reply, secondFactor.approvedTitle, secondFactor.approved)
  })

  app.get('/second-factor/cancelled', anyone, async (request, reply) => {
    const { secondFactor } = wordsOf(request)
    return say(request, reply, secondFactor.cancelledTitle, secondFactor.cancelled)
  })

  app.get('/second-factor/tried', anyone, async (request, reply) => {
    const { tried } = wordsOf(request).secondFactor
    try {
      const { application, factor } = await triedWith(rooms, textOf(request.query, 'duo_code'))
      return await say(request, reply, tried.title, tried.text(application, factor), tried.back)
    } catch (error) {
      return gone(request, reply, error, tried.failedTitle, tried.failed)
    }
  })
}
