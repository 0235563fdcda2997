import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Problem, problems } from '#domain/problem.ts'
import { type PageLook, pageLook } from '#flows/look.ts'
import type { Rooms } from '#flows/rooms.ts'
import type { PageProblem } from '#words/problem.ts'
import { type Words, wordsFor } from '#words/words.ts'
import type { Visits } from '../visit.ts'
import type { InboxView } from './pages/inbox.ts'
import { messagePage } from './pages/message.ts'

export interface PromptOptions {
  readonly rooms: Rooms
  readonly visits: Visits
  /** Messages caught for development; without it the page /inbox does not exist. */
  readonly inbox?: () => InboxView
}

const policy = (targets: readonly string[]) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action ${["'self'", ...targets].join(' ')}; base-uri 'none'; frame-ancestors 'none'`

/**
 * What is the same for all pages: never stored, nothing from elsewhere, never in a frame.
 *
 * @param targets where its forms may lead beside this host, also by the redirect that answers them
 */
export function asPage(reply: FastifyReply, targets: readonly string[] = []): FastifyReply {
  return reply.headers({ 'content-security-policy': policy(targets), 'cache-control': 'no-store' }).type('text/html; charset=utf-8')
}

/** One field of a posted form or of a query; what came twice is no text and so is empty. */
export function textOf(fields: unknown, name: string): string {
  const value =
    typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : ''
}

/** What stands around a page: the look of the organization that the host or the person leads to, and whom to ask for help. */
export async function frameOf(
  { rooms }: Pick<PromptOptions, 'rooms'>,
  request: FastifyRequest,
  organizationId?: string,
): Promise<{ readonly look: PageLook | undefined; readonly support: string | undefined }> {
  const look = await pageLook(rooms, request.hostname, organizationId)
  return { look, support: look?.supportContact ?? rooms.supportContact }
}

/** The language that the person chose, if that is known, else the one that the request asks for. */
export function wordsOf(request: FastifyRequest, chosen?: string): Words {
  return wordsFor(chosen ?? request.headers['accept-language'])
}

/** A problem as pages take it. */
export function toPageProblem({ code, details }: Problem): PageProblem {
  return { code, ...details }
}

/** The status of a problem, and how long to wait where that is the advice. */
export function withStatus(reply: FastifyReply, { code, details }: Problem): FastifyReply {
  if (typeof details.retryAfterSeconds === 'number') reply.header('retry-after', details.retryAfterSeconds)
  return reply.code(problems[code].status)
}

/** Problems that may come from a database that does not answer: their page asks it nothing. */
const withoutLook: readonly Problem['code'][] = ['internal', 'busy']

/**
 * A problem that no form can show beside a field: a page of its own that says what to do next, whom to ask for help, and in the look
 * of the organization whose host name was asked.
 */
export async function sendProblemPage(
  options: Pick<PromptOptions, 'rooms'>,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): Promise<FastifyReply> {
  const words = wordsOf(request)
  const plain = { look: undefined, support: options.rooms.supportContact }
  const frame = withoutLook.includes(problem.code) ? plain : await frameOf(options, request).catch(() => plain)
  const known: Readonly<Record<string, Pick<Parameters<typeof messagePage>[0], 'title' | 'text' | 'action'>>> = words.pages.messages
  const message = known[problem.code] ?? { title: problems[problem.code].title, text: words.pages.explain(toPageProblem(problem)).advice }
  const requestId = problem.code === 'internal' ? request.id : undefined
  return asPage(withStatus(reply, problem)).send(messagePage({ ...message, requestId, ...frame }, words))
}
