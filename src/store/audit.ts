import { newId } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Origin } from './settlement.ts'
import type { Database } from './tables.ts'

/** Writes down what happened. Call it with the transaction of the change it speaks of. */
export async function note(db: Database, now: Date, origin: Origin, ...events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return
  await db
    .insertInto('audit_events')
    .values(
      events.map(({ action, organizationId, actorId, subjectId, detail }) => ({
        id: newId(now),
        at: now,
        action,
        organization_id: organizationId ?? null,
        actor_id: actorId ?? null,
        subject_id: subjectId ?? null,
        address: origin.address,
        request_id: origin.requestId,
        detail: JSON.stringify(detail ?? {}),
      })),
    )
    .execute()
}
