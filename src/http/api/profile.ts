import { Type } from 'typebox'
import { EmailChange, PasswordChange, PhoneChange, Profile, ProfileChange } from '#contract/profile.ts'
import { askEmailChange, cancelEmailChange } from '#flows/email-change.ts'
import { changeOwnPassword, changePhone, changeProfileOf, profileOf } from '#flows/profile.ts'
import type { Api } from './api.ts'

/** What a person keeps about themselves: profile, email, password. */
export function profileRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Account']

  app.get(
    '/me/profile',
    { config: { authority: { who: 'session' } }, schema: { tags, summary: '"Edit Profile"', response: { 200: Profile } } },
    (request) => profileOf(rooms, visits.of(request)),
  )

  app.patch(
    '/me/profile',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'Change name or language', body: ProfileChange, response: { 200: Profile } },
    },
    (request) => changeProfileOf(rooms, changing(request), request.body),
  )

  app.put(
    '/me/phone',
    {
      config: { authority: { who: 'session', proof: 'fresh' } },
      schema: { tags, summary: 'Change the phone number, or take it away', body: PhoneChange, response: { 200: Profile } },
    },
    (request) => changePhone(rooms, changing(request), request.body),
  )

  app.post(
    '/me/email-change',
    {
      config: { authority: { who: 'session', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Mail a link to a new email; the answer is the same for one that is in use',
        body: EmailChange,
        response: { 202: Type.Null() },
      },
    },
    async (request, reply) => {
      await askEmailChange(rooms, changing(request), request.body)
      return reply.code(202).send(null)
    },
  )

  app.delete(
    '/me/email-change',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'Call the change of email off', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await cancelEmailChange(rooms, changing(request))
      return reply.code(204).send(null)
    },
  )

  app.put(
    '/me/password',
    {
      config: { authority: { who: 'session', proof: 'any' } },
      schema: { tags, summary: 'Change the password, with the present one', body: PasswordChange, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      visits.setCookies(reply, await changeOwnPassword(rooms, changing(request), request.body))
      return reply.code(204).send(null)
    },
  )
}
