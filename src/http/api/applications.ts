import { Type } from 'typebox'
import {
  Application,
  ApplicationChange,
  ApplicationSecret,
  Applications,
  CreatedApplication,
  NewApplication,
} from '#contract/applications.ts'
import { ForwardAuthPreview, ForwardAuthSettings } from '#contract/applications-forward-auth.ts'
import {
  applicationOf,
  applicationsOf,
  changeApplicationOf,
  createApplication,
  removeApplicationOf,
  renewSecretOf,
} from '#flows/applications.ts'
import { previewForwardAuth } from '#flows/applications-forward-auth.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const ofApplication = Type.Object({ organizationId: Type.String(), applicationId: Type.String() })

/** What signs its people in through Countersign. */
export function applicationRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Applications']
  const reads = { authority: { who: 'security-admin' } } as const
  const changes = { authority: { who: 'security-admin', proof: 'fresh' } } as const

  app.get(
    '/organizations/:organizationId/applications',
    { config: reads, schema: { tags, summary: 'The applications', params: ofOrganization, response: { 200: Applications } } },
    (request) => applicationsOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.post(
    '/organizations/:organizationId/applications',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Add an application; its secret is told this once',
        params: ofOrganization,
        body: NewApplication,
        response: { 201: CreatedApplication },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await createApplication(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.get(
    '/organizations/:organizationId/applications/:applicationId',
    { config: reads, schema: { tags, summary: 'An application', params: ofApplication, response: { 200: Application } } },
    (request) => applicationOf(rooms, visits.of(request), request.params.organizationId, request.params.applicationId),
  )

  app.patch(
    '/organizations/:organizationId/applications/:applicationId',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Rename an application, set it up anew, switch it off or on',
        params: ofApplication,
        body: ApplicationChange,
        response: { 200: Application },
      },
    },
    (request) => changeApplicationOf(rooms, changing(request), request.params.organizationId, request.params.applicationId, request.body),
  )

  app.post(
    '/organizations/:organizationId/applications/:applicationId/secret',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Give an application another secret; the one before is dead at once',
        params: ofApplication,
        response: { 200: ApplicationSecret },
      },
    },
    (request) => renewSecretOf(rooms, changing(request), request.params.organizationId, request.params.applicationId),
  )

  app.delete(
    '/organizations/:organizationId/applications/:applicationId',
    {
      config: changes,
      schema: { tags, summary: 'Remove an application', params: ofApplication, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await removeApplicationOf(rooms, changing(request), request.params.organizationId, request.params.applicationId)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/organizations/:organizationId/forward-auth/preview',
    {
      config: { authority: { who: 'security-admin', proof: 'any' } },
      schema: {
        tags,
        summary: 'Whom an application behind a reverse proxy would let in; nothing is stored',
        params: ofOrganization,
        body: ForwardAuthSettings,
        response: { 200: ForwardAuthPreview },
      },
    },
    (request) => previewForwardAuth(rooms, changing(request), request.params.organizationId, request.body),
  )
}
