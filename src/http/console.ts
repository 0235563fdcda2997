import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { messagePage } from './prompt/pages/message.ts'

/** Paths that the Console draws by itself once it is loaded. */
const places = [
  'settings',
  'users',
  'team',
  'user-management',
  'company-settings',
  'client-settings',
  'sites',
  'applications',
  'audit',
  'help',
]
const paths = ['/', ...places.flatMap((place) => [`/${place}`, `/${place}/*`])]

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Serves the built Console: one page for all its paths, its assets under names that change with their content. */
export async function registerConsole(app: FastifyInstance, consoleDir: string): Promise<void> {
  const index = join(consoleDir, 'index.html')
  const page = existsSync(index) ? readFileSync(index, 'utf8') : undefined
  if (page !== undefined) {
    await app.register(fastifyStatic, {
      root: join(consoleDir, 'assets', 'console'),
      prefix: '/assets/console/',
      immutable: true,
      maxAge: '365d',
      index: false,
      preCompressed: true,
    })
  }
  for (const path of paths) {
    app.get(path, { schema: { hide: true } }, (_request, reply) => {
      reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' }).type('text/html; charset=utf-8')
      return page === undefined
        ? reply.code(503).send(
            messagePage({
              title: 'The Console is not built',
              text: 'Run "npm run build" in the folder of Countersign and start it again.',
            }),
          )
        : reply.send(page)
    })
  }
}
