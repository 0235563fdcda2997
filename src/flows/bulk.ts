import type { BulkAction, BulkOutcome } from '#contract/people.ts'
import { Problem, problems } from '#domain/problem.ts'
import { invitingAgain } from './invitations.ts'
import { suspension } from './membership.ts'
import { act, type MemberAction, requireActor, twoFactorActions } from './people.ts'
import type { Rooms, Visit } from './rooms.ts'

const actions: Readonly<Record<BulkAction['action'], MemberAction>> = {
  enable: twoFactorActions.enable,
  disable: twoFactorActions.disable,
  'invite-again': invitingAgain,
  suspend: suspension,
}

/**
 * The same action on several people, one after another, each in a transaction of its own with the rules, the audit and the
 * mail of the single action. A refusal is that person's result and stops nobody else's. If the process dies on the way, whoever
 * was done stays done, and to send the same again does nothing to them but mail an invitation twice.
 */
export async function actOnMembers(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { action, users }: BulkAction,
): Promise<BulkOutcome> {
  const chosen = actions[action]
  const session = await requireActor(rooms, visit, organizationId, chosen.rights)
  const results: BulkOutcome['results'] = []
  for (const userId of users) {
    try {
      await act(rooms, visit, session, organizationId, userId, chosen)
      results.push({ userId, refused: null })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      results.push({ userId, refused: { code: error.code, title: problems[error.code].title } })
    }
  }
  rooms.onMessage()
  rooms.onLeft?.()
  return { results }
}
