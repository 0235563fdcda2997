import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '#domain/problem.ts'
import { completeEmailChange, emailChangeOf } from '#flows/email-change.ts'
import { emailUndoOf, undoChangeOfEmail } from '#flows/email-change-undo.ts'
import {
  acceptInvitation,
  askPasswordReset,
  invitationOf,
  passwordResetOf,
  requireSetUpLink,
  resetPassword,
  setUp,
} from '#flows/recovery.ts'
import type { Reply } from '#flows/sign-in.ts'
import { frameOf, type PromptOptions, textOf, toPageProblem, withStatus, wordsOf } from './page.ts'
import { emailChangeDonePage, emailChangePage } from './pages/email-change.ts'
import { emailChangeUndoPage } from './pages/email-change-undo.ts'
import { forgotPasswordPage, forgotPasswordSentPage } from './pages/forgot-password.ts'
import { invitationPage } from './pages/invitation.ts'
import { messagePage } from './pages/message.ts'
import { passwordResetDonePage, resetPasswordPage } from './pages/reset-password.ts'
import { type SetUpField, setUpPage } from './pages/set-up.ts'

type WithToken = { Params: { token: string } }

/** Pages behind one-time addresses. Opening one uses nothing up, so a mail scanner that looks ahead does no harm. */
export function linkPages(app: FastifyInstance, options: PromptOptions): void {
  const { rooms, visits } = options
  const csrfOf = (request: FastifyRequest, reply: FastifyReply) => visits.csrfToken(visits.signInCookie(request, reply))
  const requireCsrf = (request: FastifyRequest) => visits.requireCsrf(visits.of(request).signIn, textOf(request.body, 'csrf'))
  const go = (reply: FastifyReply, { step, cookies }: Reply) => {
    visits.setCookies(reply, cookies)
    return reply.redirect(step.step === 'done' ? step.returnTo : '/sign-in', 303)
  }
  /** Draws the form again with the problem beside its field; what no form can show goes on to the page of its own. */
  const again = async (reply: FastifyReply, error: unknown, draw: (problem: Problem) => Promise<string> | string) => {
    if (!(error instanceof Problem) || error.code === 'link-gone' || error.code === 'forged-request') throw error
    return withStatus(reply, error).send(await draw(error))
  }

  app.get<WithToken>('/setup/:token', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const { token } = request.params
    await requireSetUpLink(rooms, token)
    return reply.send(setUpPage({ csrf: csrfOf(request, reply), token, minLength: 8 }, wordsOf(request)))
  })

  app.post('/setup', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const read = (name: string) => textOf(request.body, name)
    const values = {
      organizationName: read('organizationName').slice(0, 120),
      name: read('name').slice(0, 120),
      email: read('email').slice(0, 320),
    }
    const token = read('token')
    try {
      return go(reply, await setUp(rooms, visits.of(request), { token, ...values, password: read('password') }))
    } catch (error) {
      return again(reply, error, (problem) => {
        const fields: Partial<Record<Problem['code'], SetUpField>> = { 'invalid-email': 'email', 'password-too-weak': 'password' }
        const field = problem.code === 'malformed' ? (problem.details.reason as SetUpField) : (fields[problem.code] ?? 'form')
        return setUpPage(
          { csrf: csrfOf(request, reply), token, values, problems: { [field]: toPageProblem(problem) }, minLength: 8 },
          wordsOf(request),
        )
      })
    }
  })

  app.get<WithToken>('/invitation/:token', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const { token } = request.params
    return reply.send(await drawInvitation(request, reply, token))
  })

  /** An invitation looks like the organization that invites. */
  const drawInvitation = async (request: FastifyRequest, reply: FastifyReply, token: string, problem?: Problem) => {
    const invitation = await invitationOf(rooms, token)
    const frame = await frameOf(options, request, invitation.organizationId)
    const view = { csrf: csrfOf(request, reply), token, ...invitation, ...frame, ...(problem ? { problem: toPageProblem(problem) } : {}) }
    return invitationPage(view, wordsOf(request))
  }

  app.post('/invitation', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const token = textOf(request.body, 'token')
    try {
      return go(reply, await acceptInvitation(rooms, visits.of(request), { token, password: textOf(request.body, 'password') }))
    } catch (error) {
      return again(reply, error, (problem) => drawInvitation(request, reply, token, problem))
    }
  })

  /** A link that is gone leads back to where another one is asked for. */
  const emailLinkGone = async (request: FastifyRequest, reply: FastifyReply, error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'link-gone') throw error
    const words = wordsOf(request)
    return withStatus(reply, error).send(messagePage({ ...words.pages.emailChange.gone, ...(await frameOf(options, request)) }, words))
  }

  app.get<WithToken>('/email-change/:token', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const { token } = request.params
    try {
      const change = await emailChangeOf(rooms, visits.of(request), token)
      const frame = await frameOf(options, request)
      return reply.send(emailChangePage({ csrf: csrfOf(request, reply), token, ...change, ...frame }, wordsOf(request)))
    } catch (error) {
      return emailLinkGone(request, reply, error)
    }
  })

  app.post('/email-change', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const token = textOf(request.body, 'token')
    try {
      const visit = visits.of(request)
      const change = await emailChangeOf(rooms, visit, token)
      const frame = await frameOf(options, request)
      try {
        await completeEmailChange(rooms, visit, { token, password: textOf(request.body, 'password') })
      } catch (error) {
        return await again(reply, error, (problem) =>
          emailChangePage({ csrf: csrfOf(request, reply), token, ...change, problem: toPageProblem(problem), ...frame }, wordsOf(request)),
        )
      }
      return reply.send(emailChangeDonePage({ email: change.email, ...frame }, wordsOf(request)))
    } catch (error) {
      return emailLinkGone(request, reply, error)
    }
  })

  const undoLinkGone = async (request: FastifyRequest, reply: FastifyReply, error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'link-gone') throw error
    const words = wordsOf(request)
    return withStatus(reply, error).send(messagePage({ ...words.pages.recovery.undo.gone, ...(await frameOf(options, request)) }, words))
  }

  app.get<WithToken>('/email-change-undo/:token', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const { token } = request.params
    try {
      const view = { csrf: csrfOf(request, reply), token, ...(await emailUndoOf(rooms, token)), ...(await frameOf(options, request)) }
      return reply.send(emailChangeUndoPage(view, wordsOf(request)))
    } catch (error) {
      return undoLinkGone(request, reply, error)
    }
  })

  app.post('/email-change-undo', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const token = textOf(request.body, 'token')
    try {
      const { email } = await emailUndoOf(rooms, token)
      const frame = await frameOf(options, request)
      try {
        const reset = await undoChangeOfEmail(rooms, visits.of(request), token)
        visits.setCookies(reply, { session: null, signIn: null })
        return reply.redirect(`/reset-password/${reset}`, 303)
      } catch (error) {
        return await again(reply, error, (problem) =>
          emailChangeUndoPage({ csrf: csrfOf(request, reply), token, email, problem: toPageProblem(problem), ...frame }, wordsOf(request)),
        )
      }
    } catch (error) {
      return undoLinkGone(request, reply, error)
    }
  })

  app.get('/forgot-password', { config: { authority: { who: 'anyone' } } }, async (request, reply) =>
    reply.send(forgotPasswordPage({ csrf: csrfOf(request, reply), ...(await frameOf(options, request)) }, wordsOf(request))),
  )

  app.post('/forgot-password', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const email = textOf(request.body, 'email').slice(0, 320)
    try {
      await askPasswordReset(rooms, visits.of(request), { email })
      return reply.send(forgotPasswordSentPage(await frameOf(options, request), wordsOf(request)))
    } catch (error) {
      const frame = await frameOf(options, request)
      return again(reply, error, (problem) =>
        forgotPasswordPage({ csrf: csrfOf(request, reply), email, problem: toPageProblem(problem), ...frame }, wordsOf(request)),
      )
    }
  })

  app.get<WithToken>('/reset-password/:token', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    const { token } = request.params
    const view = { csrf: csrfOf(request, reply), token, ...(await passwordResetOf(rooms, token)), ...(await frameOf(options, request)) }
    return reply.send(resetPasswordPage(view, wordsOf(request)))
  })

  app.post('/reset-password', { config: { authority: { who: 'anyone' } } }, async (request, reply) => {
    requireCsrf(request)
    const token = textOf(request.body, 'token')
    try {
      await resetPassword(rooms, visits.of(request), { token, password: textOf(request.body, 'password') })
      visits.setCookies(reply, { session: null, signIn: null })
      return reply.send(passwordResetDonePage(await frameOf(options, request), wordsOf(request)))
    } catch (error) {
      return again(reply, error, async (problem) =>
        resetPasswordPage(
          {
            csrf: csrfOf(request, reply),
            token,
            ...(await passwordResetOf(rooms, token)),
            problem: toPageProblem(problem),
            ...(await frameOf(options, request)),
          },
          wordsOf(request),
        ),
      )
    }
  })
}
