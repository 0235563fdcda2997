import { Type } from 'typebox'
import { ResetAnswer, ResetOrder, ResetPreview, ResetRulesChange, ResetStanding } from '#contract/organization-reset.ts'
import { answerReset, changeResetRules, orderReset, previewResetOf, resetOf } from '#flows/organization-reset.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** "Reset Organization 2FA": its consequence, its order, its progress, and the way back. */
export function organizationResetRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Reset of an organization']

  app.get(
    '/organizations/:organizationId/reset',
    {
      config: { authority: { who: 'security-admin' } },
      schema: {
        tags,
        summary: 'The latest reset with its progress, and the rules',
        params: ofOrganization,
        response: { 200: ResetStanding },
      },
    },
    (request) => resetOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.get(
    '/organizations/:organizationId/reset/preview',
    {
      config: { authority: { who: 'security-admin' } },
      schema: { tags, summary: 'Whom a reset would reach, and what would end', params: ofOrganization, response: { 200: ResetPreview } },
    },
    (request) => previewResetOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.post(
    '/organizations/:organizationId/reset',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Reset the authenticators of everybody, or propose it where two must agree',
        params: ofOrganization,
        body: ResetOrder,
        response: { 202: ResetStanding },
      },
    },
    async (request, reply) => reply.code(202).send(await orderReset(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.post(
    '/organizations/:organizationId/reset/answers',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Approve or withdraw a proposal, or take a reset back',
        params: ofOrganization,
        body: ResetAnswer,
        response: { 200: ResetStanding },
      },
    },
    (request) => answerReset(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.put(
    '/organizations/:organizationId/reset/rules',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags,
        summary: 'Whether two must agree, and how long a reset can be taken back',
        params: ofOrganization,
        body: ResetRulesChange,
        response: { 200: ResetStanding },
      },
    },
    (request) => changeResetRules(rooms, changing(request), request.params.organizationId, request.body),
  )
}
