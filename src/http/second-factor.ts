import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '#domain/problem.ts'
import { beginForPortal, checkHealth, type Fields, redeemCode } from '#flows/second-factor.ts'
import { requireAuthorities } from './authority.ts'
import { asPage, type PromptOptions, sendProblemPage, textOf } from './prompt/page.ts'
import { refusedForPortal } from './prompt/pages/second-factor.ts'

const isSigned = { config: { authority: { who: 'anyone', isSigned: true } } } as const

/**
 * The server's side of the Duo Universal Prompt, at the addresses that the libraries of Duo build: two for the portal's server, one for the
 * browser. Each library writes its fields where it likes: into the body, as a form or in parts, or into the address.
 */
export async function registerSecondFactor(app: FastifyInstance, options: PromptOptions): Promise<void> {
  const { rooms, visits } = options
  await app.register(async (scope) => {
    requireAuthorities(scope)
    scope.removeAllContentTypeParsers()
    await scope.register(formbody, { bodyLimit: 32_768 })
    await scope.register(multipart, {
      attachFieldsToBody: 'keyValues',
      limits: { fieldNameSize: 64, fieldSize: 8192, fields: 20, parts: 20, files: 0, fileSize: 1, headerPairs: 20 },
    })
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    scope.setErrorHandler(async (error, request, reply) => {
      const isServers = request.method === 'POST'
      const problem = error instanceof Problem ? error : undefined
      if (!isServers && problem?.code === 'second-factor-refused') return sendRefusal(options, request, reply, problem)
      if (!isServers && problem) return sendProblemPage(options, request, reply, problem)
      const { statusCode = 500 } = error as { readonly statusCode?: number }
      if (isServers && (problem?.code === 'malformed' || (statusCode >= 400 && statusCode < 500)))
        return reply.code(400).send({ error: 'invalid_request', error_description: 'The fields of the request cannot be read.' })
      throw error
    })

    scope.post('/oauth/v1/health_check', isSigned, async (request, reply) => {
      const timestamp = Math.floor(rooms.now().getTime() / 1000)
      const refused = await checkHealth(rooms, request.host, fieldsOf(request))
      if (!refused) return reply.send({ stat: 'OK', response: { timestamp } })
      // Even a refusal comes with the status of a success: one library reads no body of another.
      return reply.send({ stat: 'FAIL', code: 40002, message: refused.error, message_detail: refused.description, timestamp })
    })

    scope.post('/oauth/v1/token', isSigned, async (request, reply) => {
      const given = await redeemCode(rooms, visits.of(request), request.host, fieldsOf(request))
      if ('error' in given) return reply.code(400).send({ error: given.error, error_description: given.description })
      return reply.header('pragma', 'no-cache').send(given)
    })

    scope.get('/oauth/v1/authorize', isSigned, async (request, reply) => {
      asPage(reply)
      const read = (name: string) => textOf(request.query, name)
      const [clientId, signed, nonce] = [read('client_id'), read('request'), read('nonce')]
      const brought = { clientId, request: signed.slice(0, 16_384), ...(nonce === '' ? {} : { nonce }) }
      visits.setCookies(reply, await beginForPortal(rooms, visits.of(request), request.host, brought))
      return reply.redirect('/sign-in', 303)
    })
  })
}

const names = ['client_id', 'client_assertion', 'client_assertion_type', 'grant_type', 'code', 'redirect_uri'] as const

/** The fields that are known, from the body and from the address. @throws {Problem} `malformed` where one has two values */
function fieldsOf({ body, query }: FastifyRequest): Fields {
  const fields: Record<string, string> = {}
  for (const name of names) {
    for (const from of [body, query]) {
      const has = typeof from === 'object' && from !== null && Object.hasOwn(from, name)
      const value = has ? (from as Record<string, unknown>)[name] : undefined
      if (value === undefined) continue
      if (typeof value !== 'string' || (fields[name] !== undefined && fields[name] !== value))
        throw new Problem('malformed', { reason: name })
      fields[name] = value
    }
  }
  return fields
}

/** Why nobody is asked anything. The browser stays here. */
async function sendRefusal(options: PromptOptions, request: FastifyRequest, reply: FastifyReply, { details }: Problem) {
  asPage(reply)
  return reply.code(400).send(await refusedForPortal(options, request, String(details.reason ?? '')))
}
