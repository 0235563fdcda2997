import { sql } from 'kysely'
import { newId } from '#crypto/random.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Origin } from './settlement.ts'
import type { Database } from './tables.ts'

/**
 * Writes down what happened. Call it with the transaction of the change it speaks of. Where only a role in the provider above
 * the organization gives the actor what they did, the detail says so: here, so that no change can forget it. A change that may take the
 * actor's own role brings along how they stood before it.
 */
export async function note(db: Database, now: Date, origin: Origin, ...events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return
  await db
    .insertInto('audit_events')
    .values(
      events.map(({ action, organizationId, actorId, subjectId, detail, actsAs }) => ({
        id: newId(now),
        at: now,
        action,
        organization_id: organizationId ?? null,
        actor_id: actorId ?? null,
        subject_id: subjectId ?? null,
        address: origin.address,
        request_id: origin.requestId,
        detail:
          organizationId === undefined || actorId === undefined || actsAs !== undefined
            ? JSON.stringify({ ...detail, ...(actsAs === 'provider' ? { actsAs } : {}) })
            : withStanding(organizationId, actorId, detail ?? {}),
      })),
    )
    .execute()
}

/**
 * Writes the same down about many people at once. What the actor's standing adds is asked once for all of them: one question for each
 * would be most of the work.
 */
export async function noteEach(
  db: Database,
  now: Date,
  origin: Origin,
  event: Required<Omit<AuditEvent, 'subjectId' | 'actsAs'>>,
  subjectIds: readonly string[],
): Promise<void> {
  if (subjectIds.length === 0) return
  const rows = subjectIds.map((subject) => ({ id: newId(now), subject }))
  await sql`
    with standing as materialized (select ${withStanding(event.organizationId, event.actorId, event.detail)} as detail)
    insert into audit_events (id, at, action, organization_id, actor_id, subject_id, address, request_id, detail)
    select e.id, ${now}::timestamptz, ${event.action}, ${event.organizationId}::uuid, ${event.actorId}::uuid, e.subject, ${origin.address},
      ${origin.requestId}, standing.detail
    from standing, json_to_recordset(${JSON.stringify(rows)}::json) as e (id uuid, subject uuid)`.execute(db)
}

const withStanding = (organizationId: string, actorId: string, detail: NonNullable<AuditEvent['detail']>) => sql<string>`
  ${JSON.stringify(detail)}::jsonb || case when exists (
    select from organizations o
      join memberships above on above.organization_id = o.parent_id and above.user_id = ${actorId} and above.joined_at is not null
        and above.suspended_at is null and above.role <> 'user'
      left join memberships own on own.organization_id = o.id and own.user_id = ${actorId} and own.joined_at is not null
        and own.suspended_at is null and o.suspended_at is null
    where o.id = ${organizationId} and (own.role is null or own.role = 'user' or (own.role = 'admin' and above.role <> 'admin')))
  then '{"actsAs": "provider"}'::jsonb else '{}'::jsonb end`

/** When the newest event was written, by the clock of whoever wrote it. */
export async function newestEventAt(db: Database): Promise<Date | undefined> {
  return (await db.selectFrom('audit_events').select('at').orderBy('id', 'desc').limit(1).executeTakeFirst())?.at
}
