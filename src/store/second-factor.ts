import { newId } from '#crypto/random.ts'
import type { Passed } from '#domain/second-factor.ts'
import type { Database } from './tables.ts'

/** What a portal has asked: by a signed request, whose answer goes back with the browser, or with an API key, which looks for it. */
export type Asked =
  | {
      readonly by: 'application'
      readonly applicationId: string
      readonly redirectUri: string
      readonly state: string
      readonly nonce?: string
      readonly codeParameter: 'duo_code' | 'code'
      /** The host name that the portal calls us by. */
      readonly host: string
      /** Whether the portal is told of a refusal. */
      readonly returnsRefusals: boolean
    }
  | {
      readonly by: 'key'
      readonly apiKeyId: string
      /** Why, as the key's program says it to the person. */
      readonly reason?: string
    }

/** Somebody's second step, asked for by a portal. */
export interface Prompt {
  readonly id: string
  readonly organizationId: string
  readonly organizationName: string
  /** Whether that is the provider, who asks the people of its sites as well. */
  readonly isProviders: boolean
  readonly userId: string
  /** The name of the person, letter by letter as the portal has sent it. */
  readonly userName: string
  /** Name of the application, or of the key, that asks. */
  readonly askedBy: string
  readonly signInId?: string
  readonly state: 'waiting' | 'approved' | 'denied'
  readonly asked: Asked
  readonly passed?: Passed
  readonly createdAt: Date
  readonly expiresAt: Date
}

interface Request {
  readonly userName: string
  readonly asked: Omit<Extract<Asked, { by: 'application' }>, 'applicationId'> | Omit<Extract<Asked, { by: 'key' }>, 'apiKeyId'>
}

function selected(db: Database) {
  return (
    db
      .selectFrom('prompts as p')
      .innerJoin('organizations as o', 'o.id', 'p.organization_id')
      .leftJoin('applications as a', 'a.id', 'p.application_id')
      .leftJoin('api_keys as k', 'k.id', 'p.api_key_id')
      .selectAll('p')
      .select(['o.name as organization_name', 'o.parent_id', 'a.name as application_name', 'k.name as key_name'])
      .where('o.removed_at', 'is', null)
      .where('o.suspended_at', 'is', null)
      // Whatever is switched off, revoked or removed meanwhile asks nothing any more.
      .where((row) => row.or([row('a.is_on', '=', true), row.and([row('k.id', 'is not', null), row('k.revoked_at', 'is', null)])]))
  )
}

type Row = Awaited<ReturnType<ReturnType<typeof selected>['executeTakeFirstOrThrow']>>

function toPrompt(row: Row): Prompt {
  const { userName, asked } = row.request as Request
  const passed = row.passed as (Omit<Passed, 'at'> & { readonly at: string }) | null
  return {
    id: row.id,
    organizationId: row.organization_id,
    organizationName: row.organization_name,
    isProviders: row.parent_id === null,
    userId: row.user_id,
    userName,
    askedBy: row.application_name ?? row.key_name ?? '',
    ...(row.sign_in_id === null ? {} : { signInId: row.sign_in_id }),
    state: row.state,
    asked:
      asked.by === 'application' ? { ...asked, applicationId: row.application_id ?? '' } : { ...asked, apiKeyId: row.api_key_id ?? '' },
    ...(passed === null ? {} : { passed: { ...passed, at: new Date(passed.at) } }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

export interface NewPrompt extends Pick<Prompt, 'organizationId' | 'userId' | 'userName' | 'asked' | 'expiresAt'> {
  readonly signInId?: string
  /** SHA-256 of the signed request, which counts once. */
  readonly requestHash?: Buffer
  /** SHA-256 of the one-time address that opens it. */
  readonly linkHash?: Buffer
}

/** Keeps what a portal asks. @returns its id, or undefined when the same signed request was brought before */
export async function addPrompt(db: Database, now: Date, prompt: NewPrompt): Promise<string | undefined> {
  const id = newId(now)
  const { asked } = prompt
  const { applicationId, apiKeyId, ...rest } = { applicationId: null, apiKeyId: null, ...asked }
  const request = { userName: prompt.userName, asked: rest }
  const added = await db
    .insertInto('prompts')
    .values({
      id,
      organization_id: prompt.organizationId,
      user_id: prompt.userId,
      application_id: applicationId,
      api_key_id: apiKeyId,
      sign_in_id: prompt.signInId ?? null,
      state: 'waiting',
      request: JSON.stringify(request),
      request_hash: prompt.requestHash ?? null,
      link_hash: prompt.linkHash ?? null,
      created_at: now,
      expires_at: prompt.expiresAt,
    })
    .onConflict((conflict) => conflict.columns(['application_id', 'request_hash']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return added?.id
}

/** What a sign-in was asked for. */
export async function findPromptOf(db: Database, signInId: string): Promise<Prompt | undefined> {
  const row = await selected(db).where('p.sign_in_id', '=', signInId).executeTakeFirst()
  return row && toPrompt(row)
}

/** What the same signed request has opened before. */
export async function findPromptByRequest(db: Database, applicationId: string, requestHash: Buffer): Promise<Prompt | undefined> {
  const row = await selected(db).where('p.application_id', '=', applicationId).where('p.request_hash', '=', requestHash).executeTakeFirst()
  return row && toPrompt(row)
}

/** What a one-time address opens, whether somebody has opened it or not. */
export async function findPromptByLink(db: Database, linkHash: Buffer, now: Date): Promise<Prompt | undefined> {
  const row = await selected(db).where('p.link_hash', '=', linkHash).where('p.expires_at', '>', now).executeTakeFirst()
  return row && toPrompt(row)
}

/** What a key has asked for. */
export async function findPromptOfKey(db: Database, apiKeyId: string, id: string): Promise<Prompt | undefined> {
  const row = await selected(db).where('p.api_key_id', '=', apiKeyId).where('p.id', '=', id).executeTakeFirst()
  return row && toPrompt(row)
}

/** How many of a key's prompts wait for a person. */
export async function countWaiting(db: Database, apiKeyId: string, userId: string, now: Date): Promise<number> {
  const counted = db
    .selectFrom('prompts')
    .select((row) => row.fn.countAll<string>().as('count'))
    .where('api_key_id', '=', apiKeyId)
    .where('user_id', '=', userId)
    .where('state', '=', 'waiting')
    .where('expires_at', '>', now)
  return Number((await counted.executeTakeFirstOrThrow()).count)
}

/** Ties a prompt to the sign-in of the browser that opened its address first. @returns false when another was faster */
export async function openPrompt(db: Database, now: Date, linkHash: Buffer, signInId: string): Promise<boolean> {
  const opened = db
    .updateTable('prompts')
    .set({ sign_in_id: signInId })
    .where('link_hash', '=', linkHash)
    .where('sign_in_id', 'is', null)
    .where('state', '=', 'waiting')
    .where('expires_at', '>', now)
  return (await opened.executeTakeFirst()).numUpdatedRows === 1n
}

/** The person says no. @returns false when it was answered already */
export async function denyPrompt(db: Database, signInId: string): Promise<boolean> {
  const denied = db.updateTable('prompts').set({ state: 'denied' }).where('sign_in_id', '=', signInId).where('state', '=', 'waiting')
  return (await denied.executeTakeFirst()).numUpdatedRows === 1n
}

/** What a code was given for. */
export interface Redeemed extends Prompt {
  readonly email: string
}

/**
 * Spends a code: of all who bring it at once, one gets what it was given for. It counts for the application it was given to, and while
 * that and the person's membership still stand.
 */
export async function spendCode(db: Database, now: Date, applicationId: string, codeHash: Buffer): Promise<Redeemed | undefined> {
  const spent = await db
    .updateTable('prompts')
    .set({ code_used_at: now })
    .where('code_hash', '=', codeHash)
    .where('application_id', '=', applicationId)
    .where('state', '=', 'approved')
    .where('code_used_at', 'is', null)
    .where('code_expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  if (!spent) return undefined
  const row = await selected(db)
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select('u.email')
    .where('p.id', '=', spent.id)
    .where((one) =>
      one.exists(
        one
          .selectFrom('memberships as m')
          .innerJoin('organizations as home', 'home.id', 'm.organization_id')
          .select('m.user_id')
          .whereRef('m.user_id', '=', 'p.user_id')
          .where('m.joined_at', 'is not', null)
          .where('m.suspended_at', 'is', null)
          .where('home.suspended_at', 'is', null)
          .where((member) =>
            member.or([member('m.organization_id', '=', member.ref('p.organization_id')), member('o.parent_id', 'is', null)]),
          ),
      ),
    )
    .executeTakeFirst()
  return row && { ...toPrompt(row), email: row.email }
}

/** Whom a code was given for that was brought a second time. */
export async function findSpentCode(
  db: Database,
  applicationId: string,
  codeHash: Buffer,
): Promise<{ readonly id: string; readonly userId: string } | undefined> {
  const row = await db
    .selectFrom('prompts')
    .select(['id', 'user_id'])
    .where('code_hash', '=', codeHash)
    .where('application_id', '=', applicationId)
    .where('code_used_at', 'is not', null)
    .executeTakeFirst()
  return row && { id: row.id, userId: row.user_id }
}

/** Which application a code was given to, if it goes back to this address. */
export async function findApplicationOfCode(db: Database, codeHash: Buffer, redirectUri: string): Promise<string | undefined> {
  const row = await db.selectFrom('prompts').select(['application_id', 'request']).where('code_hash', '=', codeHash).executeTakeFirst()
  const { asked } = (row?.request ?? {}) as Partial<Request>
  return asked?.by === 'application' && asked.redirectUri === redirectUri ? (row?.application_id ?? undefined) : undefined
}

/** Takes note that an assertion was shown. @returns false when it was before */
export async function spendAssertion(db: Database, applicationId: string, jtiHash: Buffer, until: Date): Promise<boolean> {
  const added = db.insertInto('spent_assertions').values({ application_id: applicationId, jti_hash: jtiHash, expires_at: until })
  return (await added.onConflict((conflict) => conflict.doNothing()).executeTakeFirst()).numInsertedOrUpdatedRows === 1n
}

/** The organization that a host name belongs to, as long as it is open. */
export async function findOrganizationAt(db: Database, host: string): Promise<string | undefined> {
  const found = db.selectFrom('organizations').select('id').where('host', '=', host)
  return (await found.where('removed_at', 'is', null).where('suspended_at', 'is', null).executeTakeFirst())?.id
}

/** A person of an organization, by their address; the provider has those of its sites too. */
export async function findPersonOf(db: Database, organizationId: string, email: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('users as u')
    .innerJoin('memberships as m', 'm.user_id', 'u.id')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .select('u.id')
    .where('u.email', '=', email)
    .where('m.joined_at', 'is not', null)
    .where('m.suspended_at', 'is', null)
    .where('o.suspended_at', 'is', null)
    .where((row) => row.or([row('o.id', '=', organizationId), row('o.parent_id', '=', organizationId)]))
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

/** Removes what has run out; what a portal may still look for stays a day. */
export async function sweepPrompts(db: Database, now: Date): Promise<void> {
  await db
    .deleteFrom('prompts')
    .where('expires_at', '<', new Date(now.getTime() - 86_400_000))
    .execute()
  await db.deleteFrom('spent_assertions').where('expires_at', '<', now).execute()
}
