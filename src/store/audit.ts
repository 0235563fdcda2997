import { sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Origin } from './settlement.ts'
import type { Database } from './tables.ts'

/**
 * Writes down what happened. Call it with the transaction of the change it speaks of. What somebody of the provider did in a
 * site that they are no member of says so in its detail.
 */
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
        detail:
          organizationId === undefined || actorId === undefined
            ? JSON.stringify(detail ?? {})
            : withStanding(organizationId, actorId, detail ?? {}),
      })),
    )
    .execute()
}

const withStanding = (organizationId: string, actorId: string, detail: NonNullable<AuditEvent['detail']>) => sql<string>`
  ${JSON.stringify(detail)}::jsonb || case when exists (
    select from organizations o join memberships above on above.organization_id = o.parent_id and above.user_id = ${actorId} and above.joined_at is not null
    where o.id = ${organizationId} and not exists (
      select from memberships own where own.organization_id = o.id and own.user_id = ${actorId} and own.joined_at is not null))
  then '{"actsAs": "provider"}'::jsonb else '{}'::jsonb end`
