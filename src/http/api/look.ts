import { Type } from 'typebox'
import { Look, LookChange } from '#contract/look.ts'
import { changeLookOf, lookOf } from '#flows/look.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** A logo of 64 KB, written as base64, and what else stands in the body. */
const bodyLimit = 98_304

/** How an organization looks to its people. */
export function lookRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Organizations']

  app.get(
    '/organizations/:organizationId/look',
    {
      config: { authority: { who: 'admin' } },
      schema: { tags, summary: 'Logo, accent color and support contact', params: ofOrganization, response: { 200: Look } },
    },
    (request) => lookOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    '/organizations/:organizationId/look',
    {
      bodyLimit,
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: { tags, summary: 'Change them', params: ofOrganization, body: LookChange, response: { 200: Look } },
    },
    (request) => changeLookOf(rooms, changing(request), request.params.organizationId, request.body),
  )
}
