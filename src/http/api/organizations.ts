import { Type } from 'typebox'
import { Organization } from '#contract/organizations.ts'
import { organizationOf } from '#flows/organizations.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** What administrators see and do about an organization. */
export function organizationRoutes({ app, rooms, visits }: Api): void {
  const tags = ['Organizations']

  app.get(
    '/organizations/:organizationId',
    {
      config: { authority: { who: 'user' } },
      schema: { tags, summary: 'An organization and what one may do there', params: ofOrganization, response: { 200: Organization } },
    },
    (request) => organizationOf(rooms, visits.of(request), request.params.organizationId),
  )
}
