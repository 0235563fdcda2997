import { Type } from 'typebox'
import { Invitation, Member, MemberChange, Members, NewSite, Organization, TwoFactorAction } from '#contract/organizations.ts'
import { createSite, organizationOf } from '#flows/organizations.ts'
import { actOnTwoFactor, inviteAgain, inviteMember, memberOf, membersOf, updateMember } from '#flows/people.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const ofMember = Type.Object({ organizationId: Type.String(), userId: Type.String() })

/** What administrators see and do about an organization and its people. */
export function organizationRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Organizations']

  app.get(
    '/organizations/:organizationId',
    {
      config: { authority: { who: 'user' } },
      schema: { tags, summary: 'An organization and what one may do there', params: ofOrganization, response: { 200: Organization } },
    },
    (request) => organizationOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.post(
    '/organizations/:organizationId/sites',
    {
      config: { authority: { who: 'owner', proof: 'fresh', only: 'provider' } },
      schema: { tags, summary: 'Create a client organization', params: ofOrganization, body: NewSite, response: { 201: Organization } },
    },
    async (request, reply) => reply.code(201).send(await createSite(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.get(
    '/organizations/:organizationId/users',
    {
      config: { authority: { who: 'admin' } },
      schema: {
        tags,
        summary: 'Members, by name',
        params: ofOrganization,
        querystring: Type.Object(
          {
            search: Type.Optional(Type.String({ maxLength: 200 })),
            cursor: Type.Optional(Type.String({ maxLength: 1000 })),
            limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', description: '1 to 200; 50 when absent' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Members },
      },
    },
    (request) => {
      const { limit, search, cursor } = request.query
      const filter = { ...(search ? { search } : {}), ...(cursor ? { cursor } : {}), ...(limit ? { limit: Number(limit) } : {}) }
      return membersOf(rooms, visits.of(request), request.params.organizationId, filter)
    },
  )

  app.post(
    '/organizations/:organizationId/users',
    {
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: { tags, summary: 'Invite a person', params: ofOrganization, body: Invitation, response: { 201: Member } },
    },
    async (request, reply) =>
      reply.code(201).send(await inviteMember(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.get(
    '/organizations/:organizationId/users/:userId',
    { config: { authority: { who: 'admin' } }, schema: { tags, summary: 'One member', params: ofMember, response: { 200: Member } } },
    (request) => memberOf(rooms, visits.of(request), request.params.organizationId, request.params.userId),
  )

  app.patch(
    '/organizations/:organizationId/users/:userId',
    {
      config: {
        authority: {
          who: { 'a role': 'security-admin', 'requires 2FA': 'admin', 'no longer requires 2FA': 'security-admin' },
          proof: 'fresh',
        },
      },
      schema: {
        tags,
        summary: 'Change a member\'s role or the tick "Required 2FA"',
        params: ofMember,
        body: MemberChange,
        response: { 200: Member },
      },
    },
    (request) => updateMember(rooms, changing(request), request.params.organizationId, request.params.userId, request.body),
  )

  app.post(
    '/organizations/:organizationId/users/:userId/two-factor',
    {
      config: { authority: { who: { enable: 'admin', disable: 'security-admin', reset: 'admin' }, proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Enable, disable or reset two-factor authentication for a member',
        params: ofMember,
        body: TwoFactorAction,
        response: { 200: Member },
      },
    },
    (request) => actOnTwoFactor(rooms, changing(request), request.params.organizationId, request.params.userId, request.body),
  )

  app.post(
    '/organizations/:organizationId/users/:userId/invitation',
    {
      config: { authority: { who: 'admin', proof: 'fresh' } },
      schema: { tags, summary: 'Mail the invitation again', params: ofMember, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await inviteAgain(rooms, changing(request), request.params.organizationId, request.params.userId)
      return reply.code(204).send(null)
    },
  )
}
