import type { Json } from './json.ts'

/** Everything that is written down. An event stands in the transaction of the change it speaks of. */
export type Action =
  | 'organization.founded'
  | 'organization.site-created'
  | 'policy.changed'
  | 'sign-in.password-refused'
  | 'sign-in.code-refused'
  | 'sign-in.limit-reached'
  | 'session.started'
  | 'session.confirmed'
  | 'session.ended'
  | 'authenticator.bound'
  | 'backup-codes.drawn'
  | 'backup-codes.used'
  | 'two-factor.disabled'
  | 'two-factor.reset'
  | 'requirement.set'
  | 'requirement.removed'
  | 'role.changed'
  | 'user.invited'
  | 'user.joined'
  | 'user.changed'
  | 'user.suspended'
  | 'user.reinstated'
  | 'user.removed'
  | 'user.unlocked'
  | 'password.set'
  | 'password.reset-asked'

/** Who did what to whom, where. A personal event (a sign-in) has no organization: it belongs to all of the person's. */
export interface AuditEvent {
  readonly action: Action
  readonly organizationId?: string
  readonly actorId?: string
  readonly subjectId?: string
  readonly detail?: Readonly<Record<string, Json>>
}
