import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Answer, AskedAdministrators, PasskeySignIn, PasskeyStart, PasswordAnswer, StartFromSession, Step } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import { askAdministrator } from '#flows/ask-administrator.ts'
import { entranceOptions, startWithPasskey } from '#flows/passkey-entrance.ts'
import { answerSignIn, cancelSignIn, currentStep, type Reply, startFromSession, startSignIn } from '#flows/sign-in.ts'
import type { Api } from './api.ts'

/** The sign-in as programs see it: the same steps as the pages, as JSON. */
export function signInRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Sign-in']
  const withProof = (step: Reply['step'], cookie: string | null | undefined): Step =>
    (step.step === 'done' ? step : { ...step, csrfToken: visits.csrfToken(cookie ?? '') }) as Step

  const answering = (request: FastifyRequest) => {
    const visit = visits.of(request)
    if (!visit.signIn) throw new Problem('sign-in-gone')
    visits.requireCsrf(visit.signIn, request.headers['x-csrf-token'])
    return visit
  }

  app.post(
    '/sign-ins',
    {
      config: { authority: { who: 'anyone' } },
      schema: { tags, summary: 'Start a sign-in with an email and a password', body: PasswordAnswer, response: { 201: Step } },
    },
    async (request, reply) => {
      const { step, cookies } = await startSignIn(rooms, visits.of(request), request.body)
      visits.setCookies(reply, cookies)
      return reply.code(201).send(withProof(step, cookies.signIn))
    },
  )

  app.get(
    '/sign-ins/passkey',
    {
      config: { authority: { who: 'anyone' } },
      schema: {
        tags,
        summary: 'What a passkey signs to be a whole sign-in, where an organization allows that',
        response: { 200: PasskeyStart },
      },
    },
    async (request, reply) => {
      const cookie = visits.signInCookie(request, reply)
      const passkey = await entranceOptions(rooms, visits.of(request), cookie)
      if (!passkey) throw new Problem('step-not-open')
      return { passkey, csrfToken: visits.csrfToken(cookie) }
    },
  )

  app.post(
    '/sign-ins/passkey',
    {
      config: { authority: { who: 'anyone' } },
      schema: { tags, summary: 'Sign in with a passkey and nothing else', body: PasskeySignIn, response: { 201: Step } },
    },
    async (request, reply) => {
      const { step, cookies } = await startWithPasskey(rooms, answering(request), request.body)
      visits.setCookies(reply, cookies)
      return reply.code(201).send(withProof(step, cookies.signIn))
    },
  )

  app.get(
    '/sign-ins/current',
    { config: { authority: { who: 'sign-in' } }, schema: { tags, summary: 'What the sign-in waits for', response: { 200: Step } } },
    async (request) => {
      const visit = visits.of(request)
      return withProof(await currentStep(rooms, visit), visit.signIn)
    },
  )

  app.post(
    '/sign-ins/current/answers',
    {
      config: { authority: { who: 'sign-in' } },
      schema: {
        tags,
        summary: 'Answer: a password, a code, or that the backup codes are saved; or have a code sent, or choose what to set up',
        body: Answer,
        response: { 200: Step },
      },
    },
    async (request, reply) => {
      const visit = answering(request)
      const { step, cookies } = await answerSignIn(rooms, visit, request.body)
      visits.setCookies(reply, cookies)
      return withProof(step, cookies.signIn ?? visit.signIn)
    },
  )

  app.post(
    '/sign-ins/current/administrators',
    {
      config: { authority: { who: 'sign-in' } },
      schema: {
        tags,
        summary: 'Ask an administrator to help: for whoever gave the right password and has no second step',
        response: { 202: AskedAdministrators },
      },
    },
    async (request, reply) => reply.code(202).send(await askAdministrator(rooms, answering(request))),
  )

  app.delete(
    '/sign-ins/current',
    { config: { authority: { who: 'sign-in' } }, schema: { tags, summary: 'Drop the sign-in', response: { 204: Type.Null() } } },
    async (request, reply) => {
      await cancelSignIn(rooms, answering(request))
      visits.setCookies(reply, { signIn: null })
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/me/sign-ins',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: {
        tags,
        summary: 'Start from a session: confirm, enroll, draw backup codes, disable',
        body: StartFromSession,
        response: { 201: Step },
      },
    },
    async (request, reply) => {
      const { step, cookies } = await startFromSession(rooms, changing(request), request.body)
      visits.setCookies(reply, cookies)
      return reply.code(201).send(withProof(step, cookies.signIn))
    },
  )
}
