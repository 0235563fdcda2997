import { Type } from 'typebox'
import {
  AcceptInvitation,
  AskPasswordReset,
  CompleteEmailChange,
  ResetPassword,
  SetUp,
  UndoEmailChange,
  UndoneEmailChange,
} from '#contract/links.ts'
import { Step } from '#contract/sign-in.ts'
import { completeEmailChange } from '#flows/email-change.ts'
import { undoChangeOfEmail } from '#flows/email-change-undo.ts'
import { acceptInvitation, askPasswordReset, resetPassword, setUp } from '#flows/recovery.ts'
import type { Reply } from '#flows/sign-in.ts'
import type { Api } from './api.ts'

/** What stands behind the one-time addresses: set-up, invitation, new password, new email. */
export function linkRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['One-time addresses']
  const withProof = ({ step, cookies }: Reply): Step =>
    (step.step === 'done' ? step : { ...step, csrfToken: visits.csrfToken(cookies.signIn ?? '') }) as Step

  app.post(
    '/setup',
    {
      config: { authority: { who: 'anyone' } },
      schema: { tags, summary: 'Found the installation with its first organization and person', body: SetUp, response: { 201: Step } },
    },
    async (request, reply) => {
      const result = await setUp(rooms, visits.of(request), request.body)
      visits.setCookies(reply, result.cookies)
      return reply.code(201).send(withProof(result))
    },
  )

  app.post(
    '/invitations/accept',
    {
      config: { authority: { who: 'anyone' } },
      schema: { tags, summary: 'Accept an invitation', body: AcceptInvitation, response: { 201: Step } },
    },
    async (request, reply) => {
      const result = await acceptInvitation(rooms, visits.of(request), request.body)
      visits.setCookies(reply, result.cookies)
      return reply.code(201).send(withProof(result))
    },
  )

  app.post(
    '/password-resets',
    {
      config: { authority: { who: 'anyone' } },
      schema: {
        tags,
        summary: 'Mail a link for a new password; the answer is the same for an unknown address',
        body: AskPasswordReset,
        response: { 202: Type.Null() },
      },
    },
    async (request, reply) => {
      await askPasswordReset(rooms, visits.of(request), request.body)
      return reply.code(202).send(null)
    },
  )

  app.post(
    '/password-resets/complete',
    {
      config: { authority: { who: 'anyone' } },
      schema: { tags, summary: 'Set the new password', body: ResetPassword, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await resetPassword(rooms, visits.of(request), request.body)
      visits.setCookies(reply, { session: null, signIn: null })
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/email-changes/complete',
    {
      config: { authority: { who: 'anyone' } },
      schema: {
        tags,
        summary: "Change the email, in the person's session or with the password",
        body: CompleteEmailChange,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      // A session counts only with its proof against forgery; without one the password is asked.
      const { session, ...stranger } = visits.of(request)
      const isProved = session !== undefined && request.headers['x-csrf-token'] !== undefined
      await completeEmailChange(rooms, isProved ? changing(request) : stranger, request.body)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/email-changes/undo',
    {
      config: { authority: { who: 'anyone' } },
      schema: {
        tags,
        summary: 'Undo a change of email with the link that the address before it got',
        body: UndoEmailChange,
        response: { 200: UndoneEmailChange },
      },
    },
    async (request, reply) => {
      const passwordResetToken = await undoChangeOfEmail(rooms, visits.of(request), request.body.token)
      visits.setCookies(reply, { session: null, signIn: null })
      return reply.send({ passwordResetToken })
    },
  )
}
