import { Type } from 'typebox'
import { DuoAdminChange, DuoUsers } from '#contract/duo-users.ts'
import { changeDuoUsersOf, duoUsersOf } from '#flows/duo-users.ts'
import type { Api } from './api.ts'

/** Who is left behind in an account at Duo, and what takes them out. */
export function duoUsersRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Duo']
  const params = Type.Object({ organizationId: Type.String() })
  const path = '/organizations/:organizationId/duo/users'

  app.get(
    path,
    {
      config: { authority: { who: 'security-admin' } },
      schema: { tags, summary: 'Users in this Duo account who are used by nobody any more', params, response: { 200: DuoUsers } },
    },
    (request) => duoUsersOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    path,
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Try the keys of an Admin API application at Duo, then store them; or forget them',
        params,
        body: DuoAdminChange,
        response: { 200: DuoUsers },
      },
    },
    (request) => changeDuoUsersOf(rooms, changing(request), request.params.organizationId, request.body),
  )
}
