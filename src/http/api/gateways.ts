import { Type } from 'typebox'
import { Channel, FailedMessages, GatewayChange, Gateways, SendingRulesChange, Statistics, TestOutcome } from '#contract/gateways.ts'
import { failedMessagesOf, sendMessageAgain } from '#flows/dead-letters.ts'
import { changeGatewayOf, changeSendingRulesOf, gatewaysOf, statisticsOf, testGateway } from '#flows/gateways.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })
const ofChannel = Type.Object({ organizationId: Type.String(), channel: Channel })
const ofMessage = Type.Object({ organizationId: Type.String(), messageId: Type.String() })

/** Who sends through what, how much may be sent, and what did not arrive. */
export function gatewayRoutes({ app, rooms, visits, changing }: Api): void {
  const tags = ['Messages']
  const reads = { authority: { who: 'security-admin' } } as const
  const changes = { authority: { who: 'security-admin', proof: 'fresh' } } as const

  app.get(
    '/organizations/:organizationId/gateways',
    {
      config: reads,
      schema: { tags, summary: 'What messages are sent through, and how many may be', params: ofOrganization, response: { 200: Gateways } },
    },
    (request) => gatewaysOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.put(
    '/organizations/:organizationId/gateways/:channel',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Store the gateway of a channel, or take it away',
        params: ofChannel,
        body: GatewayChange,
        response: { 200: Gateways },
      },
    },
    (request) => changeGatewayOf(rooms, changing(request), request.params.organizationId, request.params.channel, request.body),
  )

  app.post(
    '/organizations/:organizationId/gateways/:channel/test',
    {
      config: changes,
      schema: { tags, summary: 'Send a test to oneself through the gateway in force', params: ofChannel, response: { 200: TestOutcome } },
    },
    (request) => testGateway(rooms, changing(request), request.params.organizationId, request.params.channel),
  )

  app.put(
    '/organizations/:organizationId/sending-rules',
    {
      config: changes,
      schema: {
        tags,
        summary: 'Change how much may be sent, and to where',
        params: ofOrganization,
        body: SendingRulesChange,
        response: { 200: Gateways },
      },
    },
    (request) => changeSendingRulesOf(rooms, changing(request), request.params.organizationId, request.body),
  )

  app.get(
    '/organizations/:organizationId/messages/statistics',
    {
      config: reads,
      schema: {
        tags,
        summary: 'What was sent, delivered and entered in the last two weeks',
        params: ofOrganization,
        response: { 200: Statistics },
      },
    },
    (request) => statisticsOf(rooms, visits.of(request), request.params.organizationId),
  )

  app.get(
    '/organizations/:organizationId/messages/failed',
    {
      config: reads,
      schema: {
        tags,
        summary: 'Messages that did not arrive',
        params: ofOrganization,
        querystring: Type.Object({ cursor: Type.Optional(Type.String()) }, { additionalProperties: false }),
        response: { 200: FailedMessages },
      },
    },
    (request) => failedMessagesOf(rooms, visits.of(request), request.params.organizationId, request.query.cursor),
  )

  app.post(
    '/organizations/:organizationId/messages/:messageId/again',
    { config: changes, schema: { tags, summary: 'Send one of them again', params: ofMessage, response: { 204: Type.Null() } } },
    async (request, reply) => {
      await sendMessageAgain(rooms, changing(request), request.params.organizationId, request.params.messageId)
      return reply.code(204).send(null)
    },
  )
}
