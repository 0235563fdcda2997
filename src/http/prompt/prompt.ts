import { readFileSync } from 'node:fs'
import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { problems } from '#domain/problem.ts'
import { requireAuthorities } from '../authority.ts'
import { requireSameOrigin } from '../visit.ts'
import { registerAssets } from './assets.ts'
import { forwardAuthPages } from './forward-auth.ts'
import { linkPages } from './links.ts'
import { registerLooks } from './look.ts'
import { asPage, type PromptOptions } from './page.ts'
import { inboxPage } from './pages/inbox.ts'
import { problemExplanationPage } from './pages/problem-explanation.ts'
import { signInPages } from './sign-in.ts'

/** The Prompt: everything a person does to prove who they are, or to change how they do. */
export async function registerPrompt(app: FastifyInstance, options: PromptOptions): Promise<void> {
  registerAssets(app)
  registerLooks(app, options)
  const explanations = readExplanations()
  await app.register(async (scope) => {
    requireAuthorities(scope)
    await scope.register(formbody)
    scope.addHook('onRequest', async (request, reply) => {
      asPage(reply)
      if (request.method === 'POST') requireSameOrigin(request, options.rooms.publicUrl, 'form')
    })
    signInPages(scope, options)
    linkPages(scope, options)
    forwardAuthPages(scope, options)
    scope.get<{ Params: { code: string } }>('/problems/:code', { config: { authority: { who: 'anyone' } } }, (request, reply) => {
      const { code } = request.params
      if (!Object.hasOwn(problems, code)) return reply.callNotFound()
      const { status, title } = problems[code as keyof typeof problems]
      return reply.send(problemExplanationPage({ code, status, title, text: explanations.get(code) ?? title }))
    })
    const { inbox } = options
    if (inbox) scope.get('/inbox', { config: { authority: { who: 'anyone' } } }, (_request, reply) => reply.send(inboxPage(inbox())))
  })
}

/** What `docs/errors.md` says of each problem, by its code, without the marks of the document. */
function readExplanations(): ReadonlyMap<string, string> {
  const sections = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
    .split(/^## /m)
    .slice(1)
  return new Map(
    sections.map((section) => {
      const [code = '', ...lines] = section.split('\n')
      const text = lines
        .join('\n')
        .replace(/([^|\s])\n(?=[^|\s])/g, '$1 ')
        .replace(/`|^\d{3}\. /gm, '')
        .trim()
      return [code.trim(), text]
    }),
  )
}
