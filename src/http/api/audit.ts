import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { AuditExport, AuditFilter, AuditRecords } from '#contract/audit.ts'
import { auditOf, exportAudit } from '#flows/audit.ts'
import { requireSameOrigin } from '../visit.ts'
import type { Api } from './api.ts'

const ofOrganization = Type.Object({ organizationId: Type.String() })

/** What administrators read of what happened. */
export function auditRoutes({ app, rooms, visits }: Api): void {
  const tags = ['Audit']
  const audit = '/organizations/:organizationId/audit'

  app.get(
    audit,
    {
      config: { authority: { who: 'admin' } },
      schema: {
        tags,
        summary: 'What happened, newest first',
        params: ofOrganization,
        querystring: AuditFilter,
        response: { 200: AuditRecords },
      },
    },
    (request) => auditOf(rooms, visits.of(request), request.params.organizationId, request.query),
  )

  app.get(
    `${audit}/export` as const,
    {
      config: { authority: { who: 'admin' } },
      schema: {
        tags,
        summary: 'All that a filter matches, as CSV or as JSON lines',
        params: ofOrganization,
        querystring: AuditExport,
        response: { 200: Type.Unsafe<Readable>({ type: 'string' }) },
      },
    },
    async (request, reply) => {
      // It leaves a line in the audit, so no link from elsewhere may start it.
      requireSameOrigin(request, rooms.publicUrl, 'call')
      const { fileName, type, chunks } = await exportAudit(rooms, visits.of(request), request.params.organizationId, request.query)
      return reply
        .headers({ 'content-type': type, 'content-disposition': `attachment; filename="${fileName}"` })
        .send(Readable.from(chunks, { objectMode: false }))
    },
  )
}
