import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '#domain/problem.ts'
import { hear } from '#flows/deliveries.ts'
import type { Rooms } from '#flows/rooms.ts'
import { requireAuthorities } from './authority.ts'

const ofMessage = Type.Object({ messageId: Type.String({ maxLength: 100 }) })
const signatures = ['x-twilio-signature', 'countersign-signature', 'countersign-timestamp']

/**
 * Where gateways report what became of a message. Whoever has no account here may call, and is believed by their signature alone, which
 * goes over the body as it came: so the body is read as text here, and by whoever checks the signature.
 */
export async function registerCallbacks(app: FastifyInstance, rooms: Rooms): Promise<void> {
  await app.register(async (scope) => {
    requireAuthorities(scope)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(['application/x-www-form-urlencoded', 'application/json'], { parseAs: 'string' }, (_request, raw, done) =>
      done(null, { raw }),
    )
    for (const path of ['/callbacks/twilio/:messageId', '/callbacks/twilio/:messageId/key', '/callbacks/webhook/:messageId']) {
      scope.post<{ Params: { messageId: string }; Body: { raw?: string } | null }>(
        path,
        { config: { authority: { who: 'anyone', isSigned: true } }, schema: { params: ofMessage } },
        async (request, reply) => {
          const headers = Object.fromEntries(signatures.map((name) => [name, [request.headers[name]].flat()[0]]))
          if (!headers['x-twilio-signature'] && !headers['countersign-signature']) throw new Problem('forged-request')
          const { messageId } = request.params
          const callback = { path: path.replace(':messageId', messageId), headers, body: request.body?.raw ?? '' }
          const spoken = await hear(rooms, messageId, callback)
          reply.header('cache-control', 'no-store')
          return spoken ? reply.type(spoken.type).send(spoken.body) : reply.code(204).send()
        },
      )
    }
  })
}
