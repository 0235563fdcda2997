import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ApiKeys, CreatedApiKey, NewApiKey } from '#contract/api-keys.ts'
import { KnownUser, NewPrompt, PromptState, Trial, UserQuestion, Verification, Verified } from '#contract/second-factor.ts'
import { apiKeysOf, createApiKey, revokeApiKeyOf } from '#flows/api-keys.ts'
import { tryPortal } from '#flows/second-factor.ts'
import { type Caller, createPrompt, promptOf, userOf, verifyCode } from '#flows/second-factor-api.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** The second factor for programs that call with an API key, and the keys themselves. */
export function secondFactorRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Second factor']
  const withKey = { authority: { who: 'api-key' } } as const
  const security = [{ apiKey: [] }]
  const caller = (request: FastifyRequest): Caller => {
    // A key is all that counts here: what cookies a browser would send along means nothing.
    const { address, requestId, browser } = visits.of(request)
    return { address, requestId, browser, authorization: request.headers.authorization }
  }

  app.post(
    '/second-factor/verify',
    {
      config: withKey,
      schema: { tags, security, summary: 'Check a code of a person, which spends it', body: Verification, response: { 200: Verified } },
    },
    (request) => verifyCode(rooms, caller(request), request.body),
  )

  app.post(
    '/second-factor/prompts',
    {
      config: withKey,
      schema: {
        tags,
        security,
        summary: 'Ask for a second step in a browser of the person',
        body: NewPrompt,
        response: { 201: PromptState },
      },
    },
    async (request, reply) => reply.code(201).send(await createPrompt(rooms, caller(request), request.body)),
  )

  app.get(
    '/second-factor/prompts/:promptId',
    {
      config: withKey,
      schema: {
        tags,
        security,
        summary: 'What became of it',
        params: Type.Object({ promptId: Type.String() }),
        response: { 200: PromptState },
      },
    },
    (request) => promptOf(rooms, caller(request), request.params.promptId),
  )

  app.get(
    '/second-factor/users',
    {
      config: withKey,
      schema: {
        tags,
        security,
        summary: 'Whether a person can give a second step',
        querystring: UserQuestion,
        response: { 200: KnownUser },
      },
    },
    (request) => userOf(rooms, caller(request), request.query.user),
  )

  const keyTags = ['API keys']
  app.get(
    '/organizations/:organizationId/api-keys',
    {
      config: { authority: { who: 'security-admin' } },
      schema: { tags: keyTags, summary: 'The keys', params: ofOrganization, response: { 200: ApiKeys } },
    },
    (request) => apiKeysOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.post(
    '/organizations/:organizationId/api-keys',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags: keyTags,
        summary: 'Create a key; it is told this once',
        params: ofOrganization,
        body: NewApiKey,
        response: { 201: CreatedApiKey },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await createApiKey(rooms, changing(request), request.params.organizationId, request.body)),
  )

  app.delete(
    '/organizations/:organizationId/api-keys/:apiKeyId',
    {
      config: { authority: { who: 'security-admin', proof: 'fresh' } },
      schema: {
        tags: keyTags,
        summary: 'Revoke a key; it is dead at once',
        params: Type.Object({ organizationId: Type.String(), apiKeyId: Type.String() }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await revokeApiKeyOf(rooms, changing(request), request.params.organizationId, request.params.apiKeyId)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/organizations/:organizationId/applications/:applicationId/trial',
    {
      config: { authority: { who: 'security-admin' } },
      schema: {
        tags: ['Applications'],
        summary: 'Where "Try it" begins, of an application that asks for the second step only',
        params: Type.Object({ organizationId: Type.String(), applicationId: Type.String() }),
        response: { 200: Trial },
      },
    },
    (request) => tryPortal(rooms, visits.of(request), request.params.organizationId, request.params.applicationId),
  )
}
