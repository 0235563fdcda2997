import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemCode, problems } from '#domain/problem.ts'

/** What Fastify refuses by itself, in our words. */
const fromFramework: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_VALIDATION: 'malformed',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed',
}

/** Turns whatever was thrown into a {@link Problem}. What nobody expected is `internal`; its cause goes to the log only. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code, validation, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : fromFramework[code]
  if (known) {
    const where = validation?.[0] ? `${validation[0].instancePath || '/'} ${validation[0].message ?? ''}`.trim() : undefined
    return new Problem(known, where ? { reason: where } : {}, { cause: error })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Problem('malformed', {}, { cause: error })
  return new Problem('internal', {}, { cause: error })
}

/** Sends a problem as `application/problem+json` (RFC 9457). */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem, publicUrl: string): FastifyReply {
  const { status, title } = problems[problem.code]
  const retryAfter = problem.details.retryAfterSeconds
  if (typeof retryAfter === 'number') reply.header('retry-after', retryAfter)
  return reply
    .code(status)
    .headers({ 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' })
    .send(
      JSON.stringify({
        type: `${publicUrl}/problems/${problem.code}`,
        title,
        status,
        code: problem.code,
        instance: `/requests/${request.id}`,
        ...problem.details,
      }),
    )
}
