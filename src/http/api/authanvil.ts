import { Type } from 'typebox'
import { AuthAnvil, AuthAnvilChange, AuthAnvilPerson, AuthAnvilPersonChange } from '#contract/authanvil.ts'
import { authAnvilOf, authAnvilPersonOf, changeAuthAnvilOf, changeAuthAnvilPersonOf } from '#flows/authanvil.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const ofUser = Type.Object({ organizationId: Type.String(), userId: Type.String() })

/** The AuthAnvil of an organization, and what it knows a person by. */
export function authAnvilRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['AuthAnvil']
  const reads = { authority: { who: 'security-admin' } } as const
  const changes = { authority: { who: 'security-admin', proof: 'fresh' } } as const

  app.get(
    '/organizations/:organizationId/authanvil',
    { config: reads, schema: { tags, summary: 'The settings of AuthAnvil', params: ofOrganization, response: { 200: AuthAnvil } } },
    (request) => authAnvilOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    '/organizations/:organizationId/authanvil',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Ask AuthAnvil for a sign of life, then store its settings',
        params: ofOrganization,
        body: AuthAnvilChange,
        response: { 200: AuthAnvil },
      },
    },
    (request) => changeAuthAnvilOf(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.get(
    '/organizations/:organizationId/users/:userId/authanvil',
    { config: reads, schema: { tags, summary: 'What AuthAnvil knows a person by', params: ofUser, response: { 200: AuthAnvilPerson } } },
    (request) => authAnvilPersonOf(rooms, visits.of(request), request.params.organizationId, request.params.userId),
  )

  app.put(
    '/organizations/:organizationId/users/:userId/authanvil',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Set the name or the PIN that AuthAnvil knows a person by',
        params: ofUser,
        body: AuthAnvilPersonChange,
        response: { 200: AuthAnvilPerson },
      },
    },
    (request) => changeAuthAnvilPersonOf(rooms, changing(request), request.params.organizationId, request.params.userId, request.body),
  )
}
