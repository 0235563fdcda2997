import type { HelpPage, Help as HelpView, HelpVote } from '#contract/help.ts'
import { addHelpVote, listHelpVotes } from '#store/help.ts'
import { findMailLook } from '#store/look.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'

/**
 * What the help says that is not the same everywhere: whom to ask, by what the person's only organization has set, else the operator; and
 * how useful its pages were.
 */
export async function helpOf(rooms: Rooms, visit: Visit): Promise<HelpView> {
  const { email } = await requireSession(rooms, visit)
  const own = await findMailLook(rooms.store.db, email, undefined)
  const votes = await listHelpVotes(rooms.store.db)
  const of = (page: HelpPage, useful: boolean) => votes.find((one) => one.page === page && one.useful === useful)?.votes ?? 0
  const both = (page: HelpPage) => ({ yes: of(page, true), no: of(page, false) })
  return {
    supportContact: own?.supportContact ?? rooms.supportContact ?? null,
    votes: { 'two-factor': both('two-factor'), questions: both('questions'), duo: both('duo'), applications: both('applications') },
  }
}

/** "Was this useful?": a count, for which one must be signed in and by which nobody is known. */
export async function voteOnHelp(rooms: Rooms, visit: Visit, { page, useful }: HelpVote): Promise<void> {
  await requireSession(rooms, visit)
  await addHelpVote(rooms.store.db, page, useful)
}
