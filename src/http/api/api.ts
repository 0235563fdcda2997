import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Problem } from '#domain/problem.ts'
import type { Rooms, Visit } from '#flows/rooms.ts'
import { requireAuthorities } from '../authority.ts'
import { requireSameOrigin, type Visits } from '../visit.ts'
import { accountRoutes } from './account.ts'
import { applicationRoutes } from './applications.ts'
import { auditRoutes } from './audit.ts'
import { authAnvilRoutes } from './authanvil.ts'
import { duoRoutes } from './duo.ts'
import { duoDoctorRoutes } from './duo-doctor.ts'
import { duoUsersRoutes } from './duo-users.ts'
import { gatewayRoutes } from './gateways.ts'
import { helpRoutes } from './help.ts'
import { linkRoutes } from './links.ts'
import { lookRoutes } from './look.ts'
import { organizationResetRoutes } from './organization-reset.ts'
import { organizationRoutes } from './organizations.ts'
import { peopleRoutes } from './people.ts'
import { policyRoutes } from './policy.ts'
import { profileRoutes } from './profile.ts'
import { secondFactorRoutes } from './second-factor.ts'
import { signInRoutes } from './sign-in.ts'
import { siteRoutes } from './sites.ts'

type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>

/** What the routes of the API are given. */
export interface Api {
  readonly app: App
  readonly rooms: Rooms
  readonly visits: Visits
  /** The visit behind a change that a session makes; its proof against forgery was right. */
  readonly changing: (request: FastifyRequest) => Visit
}

/** The JSON API: the one that the Console uses and customers script against. */
export async function registerApi(parent: FastifyInstance, rooms: Rooms, visits: Visits): Promise<void> {
  await parent.register(
    async (scope) => {
      const app = scope.withTypeProvider<TypeBoxTypeProvider>()
      requireAuthorities(scope)
      await app.register(swagger, {
        openapi: {
          openapi: '3.1.0',
          info: { title: 'Countersign', version: '1' },
          servers: [{ url: '/api/v1' }],
          components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of an organization' } } },
        },
        hideUntagged: true,
      })
      // JSON and nothing else: what a plain form of another site can send is never understood here.
      app.removeContentTypeParser(['text/plain', 'application/x-www-form-urlencoded'])
      app.addHook('onRequest', (request, reply, done) => {
        reply.header('cache-control', 'no-store')
        if (request.method !== 'GET' && request.method !== 'HEAD') requireSameOrigin(request, rooms.publicUrl, 'call')
        done()
      })
      const changing = (request: FastifyRequest) => {
        const visit = visits.of(request)
        if (!visit.session) throw new Problem('not-signed-in')
        visits.requireCsrf(visit.session, request.headers['x-csrf-token'])
        return visit
      }
      const api: Api = { app, rooms, visits, changing }
      signInRoutes(api)
      accountRoutes(api)
      profileRoutes(api)
      organizationRoutes(api)
      policyRoutes(api)
      organizationResetRoutes(api)
      peopleRoutes(api)
      siteRoutes(api)
      auditRoutes(api)
      lookRoutes(api)
      linkRoutes(api)
      helpRoutes(api)
      gatewayRoutes(api)
      authAnvilRoutes(api)
      duoDoctorRoutes(api)
      duoRoutes(api)
      duoUsersRoutes(api)
      secondFactorRoutes(api)
      applicationRoutes(api)
      app.get('/openapi.json', { config: { authority: { who: 'anyone' } }, schema: { hide: true } }, () => app.swagger())
    },
    { prefix: '/api/v1' },
  )
}
