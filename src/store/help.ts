import { sql } from 'kysely'
import type { Database } from './tables.ts'

/** Counts a vote on a page of the help. Nothing is kept of who gave it. */
export async function addHelpVote(db: Database, page: string, useful: boolean): Promise<void> {
  await sql`
    insert into help_votes as v (page, useful, votes) values (${page}, ${useful}, 1)
      on conflict (page, useful) do update set votes = v.votes + 1`.execute(db)
}

export async function listHelpVotes(
  db: Database,
): Promise<readonly { readonly page: string; readonly useful: boolean; readonly votes: number }[]> {
  return db.selectFrom('help_votes').select(['page', 'useful', 'votes']).execute()
}
