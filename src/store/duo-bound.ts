import { type RawBuilder, sql } from 'kysely'
import type { Keys } from '#crypto/keys.ts'
import { unseal } from '#crypto/seal.ts'
import type { DuoSettings } from '#domain/duo.ts'
import { methods } from '#domain/methods.ts'
import { isSharedFor, retireAll } from './people.ts'
import { authenticatorAddress } from './person.ts'
import type { Database } from './tables.ts'

/** Somebody whose Duo is a user in a certain account. */
export interface BoundToDuo {
  readonly authenticatorId: string
  readonly userId: string
  readonly email: string
  /** Owner of the organization that was asked about. */
  readonly isOwner: boolean
  /** They belong to an organization that whoever asks does not administer. */
  readonly isElsewhere: boolean
  /** An organization of theirs, among those that use the account, asks for two to reset its people. */
  readonly takesTwo: boolean
}

/** Whose account at Duo settings lead to; undefined while there are no keys to it. */
export async function duoAccountOf(db: Database, organizationId: string, settings: DuoSettings | undefined): Promise<string | undefined> {
  if (settings?.account !== 'provider') return settings?.prompt && organizationId
  const site = await db.selectFrom('organizations').select('parent_id').where('id', '=', organizationId).executeTakeFirst()
  return site?.parent_id ?? undefined
}

interface WhoseDuo {
  readonly organizationId: string
  /** Whose account at Duo it is. */
  readonly accountOf: string
  /** Who wants to know. */
  readonly by: string
}

/**
 * Everybody whose Duo would no longer be asked if an organization gave up an account: of its own account all who are bound to it, also
 * those of sites that use it; of the provider's its own people, unless another site of theirs goes on using it.
 */
export async function findBoundToDuo(db: Database, keys: Keys, now: Date, whose: WhoseDuo): Promise<readonly BoundToDuo[]> {
  const { organizationId, accountOf, by } = whose
  const concerned: RawBuilder<unknown> =
    accountOf === organizationId
      ? sql`(o.id = ${organizationId} or o.parent_id = ${organizationId})`
      : sql`o.id = ${organizationId} and not exists (
          select from memberships x join duo d on d.organization_id = x.organization_id join organizations s on s.id = x.organization_id
          where x.user_id = u.id and x.joined_at is not null and x.organization_id <> ${organizationId} and d.is_on
            and (s.id = ${accountOf} or (s.parent_id = ${accountOf} and d.account = 'provider')))`
  const { rows } = await sql<{
    id: string
    user_id: string
    email: string
    secret_sealed: Buffer
    is_owner: boolean
    is_elsewhere: boolean
    takes_two: boolean
  }>`
    select a.id, a.user_id, u.email, a.secret_sealed, bool_or(o.id = ${organizationId} and m.role = 'owner') as is_owner, ${isSharedFor(by)} as is_elsewhere,
      bool_or(coalesce(r.needs_approval or r.lapses_at > ${now}::timestamptz, false)) as takes_two
    from authenticators a join users u on u.id = a.user_id join memberships m on m.user_id = u.id and m.joined_at is not null
      join organizations o on o.id = m.organization_id left join reset_rules r on r.organization_id = o.id
    where a.kind = 'duo' and a.retired_at is null and ${concerned}
    group by a.id, u.id order by u.id`.execute(db)
  // Whose account it is stands sealed in each.
  return rows
    .filter(({ id, user_id, secret_sealed }) => {
      const pin = Object(unseal(keys.seal, authenticatorAddress(id, user_id), secret_sealed))
      return pin.accountOf === accountOf
    })
    .map((row) => ({
      authenticatorId: row.id,
      userId: row.user_id,
      email: row.email,
      isOwner: row.is_owner,
      isElsewhere: row.is_elsewhere,
      takesTwo: row.takes_two,
    }))
}

/**
 * Retires the Duo of these people, and forgets their remembered devices. Who has no other method sets up anew at the next sign-in, as
 * after a reset; the others are asked for what they have left. The people must be locked: {@link lockPeople}.
 *
 * @returns whose set-up is due
 */
export async function retireDuoOf(db: Database, now: Date, bound: readonly BoundToDuo[]): Promise<ReadonlySet<string>> {
  const ids = bound.map(({ userId }) => userId)
  const whose = sql`${ids}::uuid[]`
  await sql`update authenticators set retired_at = ${now}
    where id = any(${bound.map(({ authenticatorId }) => authenticatorId)}::uuid[]) and retired_at is null`.execute(db)
  const { rows } = await sql<{ id: string }>`
    select u.id from users u where u.id = any(${whose}) and not exists (
      select from authenticators a where a.user_id = u.id and a.retired_at is null and a.kind = any(${[...methods]}::text[]))`.execute(db)
  const due = new Set(rows.map(({ id }) => id))
  await retireAll(db, now, [...due], { setUpDue: true })
  const others = sql`${ids.filter((id) => !due.has(id))}::uuid[]`
  await sql`update users set device_epoch = device_epoch + 1 where id = any(${others})`.execute(db)
  await sql`delete from remembered_devices where user_id = any(${others})`.execute(db)
  return due
}
