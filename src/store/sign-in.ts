import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { Amr, Evidence, Proof } from '#domain/assurance.ts'
import type { Challenge, DuoChallenge } from '#domain/challenge.ts'
import type { Json } from '#domain/json.ts'
import type { RememberedDevice } from '#domain/remembered-devices.ts'
import type { Enrollment, Intent, SignIn } from '#domain/sign-in.ts'
import { type Account, type AccountValues, accountValue, toAccount } from './person.ts'
import { isLiveDevice } from './remembered-devices.ts'
import type { Prompt } from './second-factor.ts'
import type { SignInRow } from './settlement.ts'
import type { Store } from './store.ts'
import type { Database } from './tables.ts'

/** What the password step needs to know, whether the account exists or not. */
export interface Claim {
  readonly account?: Account
  /** The remembered device behind the cookie, if it is this account's and still counts. */
  readonly device?: RememberedDevice
  /** The lanes that were asked for, as they stand; one that was never used is not there. */
  readonly lanes: readonly { readonly key: string; readonly failures: number; readonly waitUntil: Date | null }[]
}

/** Lanes are named by what they protect. An account that does not exist has one too, so that nothing tells them apart. */
export const laneKeys = {
  passwordsOf: (emailDigest: string) => `password:${emailDigest}`,
  passwordsFrom: (emailDigest: string, deviceId: string) => `password:${emailDigest}:device:${deviceId}`,
  codesOf: (userId: string) => `code:${userId}`,
  codesFrom: (userId: string, deviceId: string) => `code:${userId}:device:${deviceId}`,
  helpAskedBy: (userId: string) => `help-asked:${userId}`,
} as const

const claimText = `select case when u.id is not null then ${accountValue} end as account, (
    select json_agg(json_build_object('key', t.key, 'failures', t.failures, 'waitUntil', t.wait_until)) from throttles t where t.key = any ($2)) as lanes, (
    select json_build_array(d.id, d.created_at) from remembered_devices d where d.token_hash = $3 and ${isLiveDevice('$4::timestamptz')}) as device
  from (select 1) as one left join users u on u.email = $1`

/**
 * Reads everything that the password step decides on in one statement.
 *
 * @param remembered hash of the cookie of a remembered device
 */
export async function findClaim(
  { read }: Store,
  now: Date,
  email: string,
  laneKeys: readonly string[],
  remembered?: Buffer,
): Promise<Claim> {
  const [row] = await read<{
    account: AccountValues | null
    lanes: readonly { key: string; failures: number; waitUntil: string | null }[] | null
    device: readonly [id: string, rememberedAt: string] | null
  }>(claimText, [email, laneKeys, remembered ?? null, now.toISOString()])
  if (!row) throw new Error('A claim answers with one row.')
  return {
    ...(row.account === null ? {} : { account: toAccount(row.account) }),
    ...(row.device === null ? {} : { device: { id: row.device[0], rememberedAt: new Date(row.device[1]) } }),
    lanes: (row.lanes ?? []).map((one) => ({ ...one, waitUntil: one.waitUntil === null ? null : new Date(one.waitUntil) })),
  }
}

export interface OpenSignIn {
  readonly signIn: SignIn
  readonly account: Account
  /** What a portal has asked, of a sign-in that is about that. */
  readonly prompt?: Prompt
  /** What became of the code that was sent last, as far as the gateway has said. */
  readonly delivery?: Delivery
}

export interface Delivery {
  readonly state: 'delivered' | 'undelivered'
  readonly reason?: string
}

const signInText = `select ${accountValue} as account, json_build_array(s.id, s.intent, s.session_id, s.evidence, s.bound, s.return_to, s.expires_at,
    s.version, s.challenge, (select json_build_array(m.delivery, m.delivery_reason) from messages m
      where m.id = (s.challenge ->> 'messageId')::uuid and m.delivery is not null)) as sign_in, s.enrollment_sealed
  from sign_ins s join users u on u.id = s.user_id
  where s.token_hash = $1`

type SignInValues = readonly [
  id: string,
  intent: Intent,
  sessionId: string | null,
  evidence: unknown,
  bound: readonly string[],
  returnTo: string,
  expiresAt: string,
  version: number,
  challenge: unknown,
  delivery: readonly [Delivery['state'], string | null] | null,
]

/** Reads a sign-in with everything that decides about its next step, in one statement. */
export async function findSignIn({ read }: Store, keys: Keys, tokenHash: Buffer): Promise<OpenSignIn | undefined> {
  const [row] = await read<{ account: AccountValues; sign_in: SignInValues; enrollment_sealed: Uint8Array | null }>(signInText, [tokenHash])
  if (!row) return undefined
  const account = toAccount(row.account)
  const [id, intent, sessionId, evidence, bound, returnTo, expiresAt, version, challenge, delivery] = row.sign_in
  const enrollment = row.enrollment_sealed && unseal(keys.seal, enrollmentAddress(id, account.id), row.enrollment_sealed)
  const signIn: SignIn = {
    id,
    intent,
    userId: account.id,
    ...(sessionId === null ? {} : { sessionId }),
    evidence: toEvidence(evidence),
    ...(enrollment ? { enrollment: enrollment as unknown as Enrollment } : {}),
    ...(challenge === null ? {} : { challenge: toChallenge(challenge) }),
    bound,
    returnTo,
    expiresAt: new Date(expiresAt),
    version,
  }
  const [state, reason] = delivery ?? []
  return {
    signIn,
    account,
    ...(state === undefined ? {} : { delivery: { state, ...(reason == null ? {} : { reason }) } }),
  }
}

/** The row of a sign-in that somebody has been identified in; what is on show is sealed to its row and person. */
export function toSignInRow(keys: Keys, signIn: SignIn): SignInRow {
  const { enrollment, userId, ...rest } = signIn
  if (userId === undefined) throw new Error('A sign-in is stored once somebody is identified.')
  return {
    ...rest,
    userId,
    ...(enrollment ? { enrollmentSealed: seal(keys.seal, enrollmentAddress(signIn.id, userId), enrollment as unknown as Json) } : {}),
  }
}

const enrollmentAddress = (id: string, userId: string) => ({ table: 'sign_ins', row: id, owner: userId })

/** Reads evidence back from its JSON column, where times are text. */
export function toEvidence(stored: unknown): readonly Evidence[] {
  return (stored as readonly { kind: string; proves: Proof[]; amr: Amr[]; at: string }[]).map((one) => ({ ...one, at: new Date(one.at) }))
}

/** Reads a challenge back from its JSON column, where times are text. */
function toChallenge(stored: unknown): Challenge | DuoChallenge {
  const times = ['sentAt', 'lastSentAt', 'expiresAt']
  const fields = Object.entries(stored as Readonly<Record<string, unknown>>)
  return Object.fromEntries(fields.map(([name, value]) => [name, times.includes(name) ? new Date(String(value)) : value])) as unknown as
    | Challenge
    | DuoChallenge
}

/** Forgets wrong answers and waits, those in the lanes of recognized devices too. @returns how many of the lanes bore any */
export async function clearLanes(db: Database, keys: readonly string[]): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('throttles')
    // A lane of a device begins with the key of its person; `;` is what follows `:` in the order of the index.
    .where((one) =>
      one.or([one('key', 'in', keys), ...keys.map((key) => one.and([one('key', '>', `${key}:`), one('key', '<', `${key};`)]))]),
    )
    .where('failures', '>', 0)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function dropSignIn(db: Database, tokenHash: Buffer): Promise<void> {
  await db.deleteFrom('sign_ins').where('token_hash', '=', tokenHash).execute()
}

/** Keeps a password's hash up with today's cost, unless it was changed in the meantime. */
export async function replacePasswordHash(db: Database, userId: string, from: string, to: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: to }).where('id', '=', userId).where('password_hash', '=', from).execute()
}
