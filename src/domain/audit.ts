import type { Json } from './json.ts'

/** Everything that is written down. An event stands in the transaction of the change it speaks of. */
export type Action =
  | 'organization.founded'
  | 'organization.site-created'
  | 'organization.renamed'
  | 'organization.host-changed'
  | 'organization.suspended'
  | 'organization.reinstated'
  | 'organization.removed'
  | 'organization.look-changed'
  | 'policy.changed'
  | 'gateway.changed'
  | 'gateway.tested'
  | 'sending-rules.changed'
  | 'message.sent-again'
  | 'policy.weaker-accepted'
  | 'sign-in.password-refused'
  | 'sign-in.code-sent'
  | 'sign-in.code-refused'
  | 'sign-in.limit-reached'
  | 'session.started'
  | 'session.confirmed'
  | 'session.ended'
  | 'authenticator.bound'
  | 'authenticator.renamed'
  | 'authenticator.removed'
  | 'backup-codes.drawn'
  | 'backup-codes.used'
  | 'device.remembered'
  | 'device.forgotten'
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
  | 'profile.changed'
  | 'email.change-asked'
  | 'email.changed'
  | 'phone.changed'
  | 'phone.verified'
  | 'one-time-pass.issued'
  | 'one-time-pass.approved'
  | 'one-time-pass.used'
  | 'help.asked'
  | 'email.change-undone'
  | 'audit.exported'
  | 'two-factor.restored'
  | 'reset.proposed'
  | 'reset.withdrawn'
  | 'reset.expired'
  | 'reset.started'
  | 'reset.finished'
  | 'reset.taking-back'
  | 'reset.taken-back'
  | 'reset.closed'
  | 'reset.rules-changed'
  | 'duo.changed'
  | 'duo.checked'
  | 'duo.notice-changed'
  | 'authanvil.changed'
  | 'authanvil.person-changed'
  | 'authanvil.unanswered'
  | 'duo.people-checked'
  | 'duo.alias-added'
  | 'duo.approved'
  | 'duo.refused'
  | 'duo.other-user'
  | 'duo.unanswered'
  | 'duo.push-sent'
  | 'duo.push-denied'
  | 'duo.push-reported'
  | 'duo.user-added'
  | 'duo.user-removed'
  | 'duo.user-left'
  | 'duo.admin-changed'
  | 'application.created'
  | 'application.changed'
  | 'application.switched-on'
  | 'application.switched-off'
  | 'application.secret-renewed'
  | 'application.removed'
  | 'second-factor.passed'
  | 'second-factor.declined'
  | 'second-factor.code-replayed'
  | 'api-key.created'
  | 'api-key.revoked'

/**
 * Who did what to whom, where. A personal event (a sign-in) has no organization: administrators of every organization that the
 * person is a member of at that moment read it, so its detail tells nothing of any of them.
 */
export interface AuditEvent {
  readonly action: Action
  readonly organizationId?: string
  readonly actorId?: string
  readonly subjectId?: string
  readonly detail?: Readonly<Record<string, Json>>
  /** How the actor stood in the organization before the change, where the change itself may alter that; else it is looked up. */
  readonly actsAs?: 'member' | 'provider'
}

/** What a walk along the whole chain of the audit found: each event's hash covers the event and the hash before it. */
export interface Walk {
  readonly events: number
  readonly from?: string
  readonly to?: string
  /** The hash of the last event, which stands for all before it. */
  readonly head: string
  /** The first place where the chain is not what was sealed. */
  readonly broken?: { readonly position: number; readonly why: 'missing' | 'changed' | 'lists' }
  /** Where the head that was noted earlier stands. */
  readonly notedAt?: number
  readonly unsealed: number
}
