import { Type } from 'typebox'
import { Duo, DuoChange, DuoCheck, DuoNotice, DuoNoticeChange } from '#contract/duo.ts'
import { changeDuoOf, checkDuoOf, duoOf } from '#flows/duo.ts'
import { changeDuoNoticeOf, duoNoticeOf } from '#flows/duo-notice.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** The Duo of an organization, and what the provider says beside it. */
export function duoRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Duo']
  const params = ofOrganization
  const path = '/organizations/:organizationId/duo'

  app.get(
    path,
    { config: { authority: { who: 'security-admin' } }, schema: { tags, summary: 'The settings of Duo', params, response: { 200: Duo } } },
    (request) => duoOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    path,
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: { tags, summary: 'Try new keys at Duo, then store its settings', params, body: DuoChange, response: { 200: Duo } },
    },
    (request) => changeDuoOf(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.post(
    `${path}/check`,
    {
      config: { authority: { who: 'security-admin', proof: 'any' } },
      schema: { tags, summary: 'Try the keys that are in use at Duo', params, response: { 200: DuoCheck } },
    },
    (request) => checkDuoOf(rooms, changing(request), request.params.organizationId),
  )

  app.get(
    `${path}/notice`,
    {
      config: { authority: { who: 'admin' } },
      schema: { tags, summary: 'What the provider says beside the settings of Duo', params, response: { 200: DuoNotice } },
    },
    (request) => duoNoticeOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    `${path}/notice`,
    {
      config: { authority: { who: 'security-admin', proof: 'fresh', only: 'provider' } },
      schema: { tags, summary: 'Write it', params, body: DuoNoticeChange, response: { 200: DuoNotice } },
    },
    (request) => changeDuoNoticeOf(rooms, changing(request), request.params.organizationId, request.body),
  )
}
