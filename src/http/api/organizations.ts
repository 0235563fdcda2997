import { Type } from 'typebox'
import { NewSite, Organization } from '#contract/organizations.ts'
import { createSite, organizationOf } from '#flows/organizations.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** What administrators see and do about an organization. */
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
}
