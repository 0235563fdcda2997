import { Type } from 'typebox'
import { Organization } from '#contract/organizations.ts'
import { NewSite, SiteChange, SiteOrder, SiteRemoval, Sites } from '#contract/sites.ts'
import { changeSiteOf, createSite, removeSiteOf, sitesOf } from '#flows/sites.ts'
import type { Api } from './api.ts'

const ofProvider = Type.Object({ organizationId: Type.String() })
const ofSite = Type.Object({ organizationId: Type.String(), siteId: Type.String() })

/** What the provider sees and does about its client organizations. */
export function siteRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Sites']

  app.get(
    '/organizations/:organizationId/sites',
    {
      config: { authority: { who: 'security-admin', only: 'provider' } },
      schema: {
        tags,
        summary: 'Client organizations, with how well each is covered',
        params: ofProvider,
        querystring: Type.Object(
          {
            search: Type.Optional(Type.String({ maxLength: 200 })),
            order: Type.Optional(SiteOrder),
            cursor: Type.Optional(Type.String({ maxLength: 1000 })),
            limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', description: '1 to 200; 50 when absent' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Sites },
      },
    },
    (request) => {
      const { limit, search, order, cursor } = request.query
      const filter = {
        ...(search ? { search } : {}),
        ...(order ? { order } : {}),
        ...(cursor ? { cursor } : {}),
        ...(limit ? { limit: Number(limit) } : {}),
      }
      return sitesOf(rooms, visits.of(request), request.params.organizationId, filter)
    },
  )

  app.post(
    '/organizations/:organizationId/sites',
    {
      config: { authority: { who: 'owner', proof: 'fresh', only: 'provider' } },
      schema: { tags, summary: 'Create a client organization', params: ofProvider, body: NewSite, response: { 201: Organization } },
    },
    async (request, reply) => reply.code(201).send(await createSite(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.patch(
    '/organizations/:organizationId/sites/:siteId',
    {
      config: { authority: { who: 'owner', proof: 'fresh', only: 'provider' } },
      schema: {
        tags,
        summary: "Change a site's name or host name, suspend or reinstate it",
        params: ofSite,
        body: SiteChange,
        response: { 200: Organization },
      },
    },
    (request) => changeSiteOf(rooms, changing(request), request.params.organizationId, request.params.siteId, request.body),
  )

  app.post(
    '/organizations/:organizationId/sites/:siteId/removal',
    {
      config: { authority: { who: 'owner', proof: 'fresh', only: 'provider' } },
      schema: {
        tags,
        summary: 'Remove a suspended site; its name is given once more',
        params: ofSite,
        body: SiteRemoval,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await removeSiteOf(rooms, changing(request), request.params.organizationId, request.params.siteId, request.body)
      return reply.code(204).send(null)
    },
  )
}
