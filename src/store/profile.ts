import type { Database } from './tables.ts'

/** What a person keeps about themselves. */
export interface Profile {
  readonly name: string
  /** E.164: a plus and up to fifteen digits. */
  readonly phone: string | null
  readonly phoneVerifiedAt: Date | null
  /** BCP 47 tag; null means as the browser says. */
  readonly language: string | null
}

export interface ProfileChange {
  readonly name?: string
  readonly phone?: string | null
  readonly language?: string | null
}

const columns = ['name', 'phone', 'phone_verified_at as phoneVerifiedAt', 'language'] as const

export async function findProfile(db: Database, userId: string): Promise<Profile> {
  return db.selectFrom('users').select(columns).where('id', '=', userId).executeTakeFirstOrThrow()
}

/** Changes a profile and gives the one before, its row locked until the transaction ends. Another number is not verified. */
export async function changeProfile(db: Database, userId: string, { name, phone, language }: ProfileChange): Promise<Profile> {
  const before = await db.selectFrom('users').select(columns).where('id', '=', userId).forNoKeyUpdate().executeTakeFirstOrThrow()
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(language === undefined ? {} : { language }),
    ...(phone === undefined || phone === before.phone ? {} : { phone, phone_verified_at: null }),
  }
  if (Object.keys(change).length > 0) await db.updateTable('users').set(change).where('id', '=', userId).execute()
  return before
}
