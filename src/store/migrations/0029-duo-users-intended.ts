import { type Kysely, sql } from 'kysely'

/**
 * A user in the provider's Duo is written down before Duo is asked to make it, by its name alone. So whoever dies between the two, or never
 * hears Duo's answer, leaves somebody whom the clean-up looks for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table duo_users alter column user_key drop not null`.execute(db)
}
