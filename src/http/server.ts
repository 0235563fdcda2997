import { type KeyObject, randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { Problem } from '#domain/problem.ts'
import { troubleOf } from '#flows/readiness.ts'
import type { Rooms } from '#flows/rooms.ts'
import { registerApi } from './api/api.ts'
import { registerCallbacks } from './callbacks.ts'
import { registerConsole } from './console.ts'
import { registerForwardAuth } from './forward-auth.ts'
import { registerOidc } from './oidc/oidc.ts'
import { problemFrom, sendProblem } from './problem.ts'
import { type PromptOptions, sendProblemPage } from './prompt/page.ts'
import { registerPrompt } from './prompt/prompt.ts'
import { registerSecondFactor } from './second-factor.ts'
import { compileOnFirstUse } from './validators.ts'
import { openVisits } from './visit.ts'

export interface ServerOptions extends Pick<PromptOptions, 'inbox'> {
  readonly rooms: Rooms
  readonly csrfKey: KeyObject
  readonly logLevel: string
  /** Where the log goes; to the standard output when absent. */
  readonly logTo?: { write(line: string): void }
  /** Addresses or networks whose `X-Forwarded-For` is believed; none when empty. */
  readonly trustedProxies: readonly string[]
  /** How long, in milliseconds, a check of forward-auth may rest on an answer of the database; the usual time when absent. */
  readonly checkMemory?: number
  /** Folder of the built Console. */
  readonly consoleDir: string
}

/** A one-time address is a secret: the log shows where it led and not what it was. */
const withoutSecrets = (url: string) =>
  url.replace(/^(\/(?:setup|invitation|reset-password|email-change|email-change-undo|prompts)\/)[^/?]+/, '$1…').replace(/\?.*$/, '')

/** What the log keeps of an error: never its other fields, where a driver may have put a statement's values. */
const errorRecord = (error: Error & { readonly code?: unknown }) => ({
  type: error.name,
  message: error.message,
  stack: error.stack ?? '',
  ...(typeof error.code === 'string' ? { code: error.code } : {}),
})

/** What every reply says, whatever it is about. */
const headersOf = (requestId: string, isSecure: boolean) => ({
  'x-request-id': requestId,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  // Passkeys are for our own pages and for none that would put one of them in a frame.
  'permissions-policy': 'publickey-credentials-create=(self), publickey-credentials-get=(self)',
  ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
})

/** Text that the database cannot keep: a NUL, or half of a surrogate pair. */
const isBroken = (value: unknown) => typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())

/** Puts both surfaces and the API behind one server. It does not listen yet. */
export async function openServer({
  rooms,
  csrfKey,
  logLevel,
  logTo,
  trustedProxies,
  checkMemory,
  consoleDir,
  inbox,
}: ServerOptions): Promise<FastifyInstance> {
  const isSecure = rooms.publicUrl.startsWith('https:')
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemFrom(error)
    if (problem.code === 'internal') request.log.error({ req: request, err: problem.cause ?? problem }, 'unexpected')
    return isApi(request) ? sendProblem(request, reply, problem, rooms.publicUrl) : sendProblemPage({ rooms }, request, reply, problem)
  }
  const app = Fastify({
    bodyLimit: 65_536,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    genReqId: () => randomUUID(),
    logger: {
      level: logLevel,
      ...(logTo ? { stream: logTo } : {}),
      serializers: {
        req: (request: FastifyRequest) => ({
          id: request.id,
          method: request.method,
          path: withoutSecrets(request.url),
          address: request.ip,
        }),
        err: errorRecord,
      },
    },
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would only repeat its id, which our few lines carry themselves.
    childLoggerFactory: (logger) => logger,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    forceCloseConnections: 'idle',
    // An address that cannot be read never reaches a hook, so its reply gets its headers here.
    frameworkErrors: (error, request, reply) => {
      reply.headers(headersOf(request.id, isSecure))
      void refuse(error, request as FastifyRequest, reply as FastifyReply)
    },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false },
      onCreate: compileOnFirstUse,
    },
  })
  const visits = openVisits({ publicUrl: rooms.publicUrl, csrfKey })

  // One schema says what may come in; what goes out is typed, and checked in the tests.
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headersOf(request.id, isSecure))
    done()
  })
  app.addHook('preHandler', ({ body, query, params }, _reply, done) => {
    const isUnreadable = [body, query, params].some((fields) => Object.values(fields ?? {}).some(isBroken))
    done(isUnreadable ? new Problem('malformed', { reason: 'text' }) : undefined)
  })
  if (['info', 'debug'].includes(logLevel)) {
    app.addHook('onResponse', (request, reply, done) => {
      request.log.info({ req: request, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) }, 'request')
      done()
    })
  }
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((request, reply) => refuse(new Problem('not-found'), request, reply))

  app.decorate('authorities', [])
  await app.register(cookie)
  app.get('/healthz', { logLevel: 'warn' }, async () => ({ status: 'alive' }))
  app.get('/readyz', { logLevel: 'warn' }, async (_request, reply) => {
    const trouble = await troubleOf(rooms)
    return reply.code(trouble === undefined ? 200 : 503).send({ status: trouble ?? 'ready' })
  })
  await registerApi(app, rooms, visits)
  await registerPrompt(app, { rooms, visits, ...(inbox ? { inbox } : {}) })
  await registerSecondFactor(app, { rooms, visits })
  await registerOidc(app, { rooms, visits })
  await registerCallbacks(app, rooms)
  await registerForwardAuth(app, { rooms, visits, trustedProxies, checkMemory })
  await registerConsole(app, consoleDir)
  return app
}

/** Programs call these, and are told of problems as JSON. */
const isApi = ({ url }: FastifyRequest) => url.startsWith('/api/') || url.startsWith('/callbacks/')
