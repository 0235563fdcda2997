import { Type } from 'typebox'
import { AuthenticatorChange, RememberedDevices, Session, Sessions, TwoFactor } from '#contract/account.ts'
import { removeOwnAuthenticator, renameOwnAuthenticator } from '#flows/authenticators.ts'
import { devicesOf, forgetAllDevices, forgetDevice } from '#flows/remembered-devices.ts'
import { checkSession, endOtherSessions, endSession, resetOwnTwoFactor, sessionsOf, signOut, twoFactorOf } from '#flows/session.ts'
import type { Api } from './api.ts'

/** What a person sees and does about their own account. */
export function accountRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Account']

  app.get(
    '/session',
    {
      config: { authority: { who: 'session' } },
      schema: { tags, summary: 'Who is signed in, and how surely', response: { 200: Session } },
    },
    async (request) => {
      const visit = visits.of(request)
      return { ...(await checkSession(rooms, visit)), csrfToken: visits.csrfToken(visit.session ?? '') }
    },
  )

  app.delete(
    '/session',
    { config: { authority: { who: 'session', proof: 'any' } }, schema: { tags, summary: 'Sign out', response: { 204: Type.Null() } } },
    async (request, reply) => {
      await signOut(rooms, changing(request))
      visits.setCookies(reply, { session: null, signIn: null })
      return reply.code(204).header('clear-site-data', '"cache", "storage"').send(null)
    },
  )

  app.get(
    '/me/two-factor',
    {
      config: { authority: { who: 'session' } },
      schema: { tags, summary: 'The card "Two-Factor Authentication"', response: { 200: TwoFactor } },
    },
    (request) => twoFactorOf(rooms, visits.of(request)),
  )

  app.post(
    '/me/two-factor/reset',
    {
      config: { authority: { who: 'session', proof: 'fresh' } },
      schema: { tags, summary: '"Reset QR Code": set up again at the next sign-in', response: { 200: TwoFactor } },
    },
    (request) => resetOwnTwoFactor(rooms, changing(request)),
  )

  const ofAuthenticator = Type.Object({ authenticatorId: Type.String() })

  app.patch(
    '/me/authenticators/:authenticatorId',
    {
      config: { authority: { who: 'session', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Rename an authenticator',
        params: ofAuthenticator,
        body: AuthenticatorChange,
        response: { 200: TwoFactor },
      },
    },
    (request) => renameOwnAuthenticator(rooms, changing(request), request.params.authenticatorId, request.body.label),
  )

  app.delete(
    '/me/authenticators/:authenticatorId',
    {
      config: { authority: { who: 'session', proof: 'fresh' } },
      schema: { tags, summary: 'Remove one of several authenticators', params: ofAuthenticator, response: { 200: TwoFactor } },
    },
    (request) => removeOwnAuthenticator(rooms, changing(request), request.params.authenticatorId),
  )

  app.get(
    '/me/devices',
    { config: { authority: { who: 'session' } }, schema: { tags, summary: 'Remembered devices', response: { 200: RememberedDevices } } },
    (request) => devicesOf(rooms, visits.of(request)),
  )

  app.delete(
    '/me/devices',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'Forget all remembered devices', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await forgetAllDevices(rooms, changing(request))
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/me/devices/:deviceId',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: {
        tags,
        summary: 'Forget one remembered device',
        params: Type.Object({ deviceId: Type.String() }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await forgetDevice(rooms, changing(request), request.params.deviceId)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/me/sessions',
    { config: { authority: { who: 'session' } }, schema: { tags, summary: 'Where one is signed in', response: { 200: Sessions } } },
    (request) => sessionsOf(rooms, visits.of(request)),
  )

  app.delete(
    '/me/sessions',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'End all other sessions', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await endOtherSessions(rooms, changing(request))
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/me/sessions/:sessionId',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'End one session', params: Type.Object({ sessionId: Type.String() }), response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await endSession(rooms, changing(request), request.params.sessionId)
      return reply.code(204).send(null)
    },
  )
}
