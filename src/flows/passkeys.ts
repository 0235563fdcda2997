import type { PasskeyAssertion, PasskeyOptions, PasskeyRegistration } from '#contract/sign-in.ts'
import { isSame, keyedDigest } from '#crypto/random.ts'
import { claimedHost, originOf } from '#domain/host.ts'
import { canHavePasskeys, type PasskeyJudged, type PasskeyRecord, toRecord } from '#domain/passkey.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { advance, type SignIn, type Step } from '#domain/sign-in.ts'
import { checkAssertion, checkRegistration, creationOptions, type Place, requestOptions, webAuthn } from '#factors/passkey/ceremony.ts'
import { type Account, type Authenticator, stateOf } from '#store/person.ts'
import { settle } from '#store/settlement.ts'
import { type OpenSignIn, toSignInRow } from '#store/sign-in.ts'
import type { Rooms, Visit } from './rooms.ts'

export const passkeyKind = 'passkey'

/**
 * Where the person is, as far as passkeys are concerned: at a host of one of their organizations, or at the common address. What the
 * request says is looked up among these, so that nobody has a key made for a host of their own.
 */
export function placeOf({ publicUrl }: Rooms, { host }: Visit, memberships: readonly { readonly host?: string | null }[]): Place {
  const claimed = claimedHost(host ?? '')
  const own = memberships.find((one) => one.host != null && one.host === claimed)?.host
  const origin = own ? originOf(own, publicUrl) : publicUrl
  return { origin, rpId: new URL(origin).hostname }
}

/**
 * What is to be signed: derived from the sign-in and its version, so it is kept nowhere, no two are alike, and it is used up with the
 * version.
 */
export const challengeOf = ({ keys }: Rooms, { id, version }: Pick<SignIn, 'id' | 'version'>): string =>
  keyedDigest(keys.challenge, `sign-in ${id} ${version}`)

/** The challenge that a browser says it has had signed. It is a claim until the signature is checked, and only tells answers apart. */
export function challengeIn({ response }: PasskeyRegistration | PasskeyAssertion): string | undefined {
  try {
    const { challenge } = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString('utf8')) as { readonly challenge?: unknown }
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}

/** A passkey of a person with what is kept of it. */
interface Held {
  readonly authenticator: Authenticator
  readonly record: PasskeyRecord
}

export function heldPasskeys(rooms: Rooms, account: Account): readonly Held[] {
  return account.authenticators
    .filter(({ kind }) => kind === passkeyKind)
    .map((authenticator) => ({ authenticator, record: toRecord(stateOf(rooms.keys, account.id, authenticator).secret) }))
}

export interface PasskeyView {
  readonly passkey?: PasskeyOptions
  readonly passkeyHosts?: string[]
}

/** What a step says of passkeys: the options for the browser where one can be used or made here, and where else there are some. */
export function passkeyView(rooms: Rooms, visit: Visit, { signIn, account }: OpenSignIn, step: Step): PasskeyView {
  const isSetUp = step.step === 'enroll' && signIn.enrollment?.kind === passkeyKind
  const isAsked = step.step === 'answer' && step.kinds.includes(passkeyKind)
  const isWhole = step.step === 'password' && isPasswordless(account)
  if (!isSetUp && !isAsked && !isWhole) return {}
  const place = placeOf(rooms, visit, account.memberships)
  if (!canHavePasskeys(place.origin)) return {}
  const challenge = challengeOf(rooms, signIn)
  const held = heldPasskeys(rooms, account).map(({ record }) => record)
  if (isSetUp) return { passkey: creationOptions(place, account, challenge, held) }
  const here = held.filter(({ rpId }) => rpId === place.rpId)
  const elsewhere = isAsked ? [...new Set(held.map(({ rpId }) => rpId))].filter((rpId) => rpId !== place.rpId) : []
  return {
    ...(here.length > 0 ? { passkey: requestOptions(place, challenge, here, isWhole) } : {}),
    ...(elsewhere.length > 0 ? { passkeyHosts: elsewhere } : {}),
  }
}

export const isPasswordless = ({ memberships, setUpDue }: Account): boolean => requirementFor(memberships, setUpDue).isPasswordless === true

/**
 * Uses up what was to be signed, before anybody looks at the answer: of several at once one goes on.
 *
 * @returns the sign-in with its next version
 * @throws {Problem} `moved-on`
 */
export async function spendChallenge(rooms: Rooms, visit: Visit, open: OpenSignIn, tokenHash: Buffer): Promise<OpenSignIn> {
  const now = rooms.now()
  const signIn = advance(open.signIn, { event: 'challenge-spent' })
  const { isDone } = await settle(rooms.store, {
    now,
    origin: visit,
    signIn: { change: 'advance', tokenHash, from: open.signIn.version, row: toSignInRow(rooms.keys, signIn) },
    events: [],
    messages: [],
  })
  if (!isDone) throw new Problem('moved-on')
  return { ...open, signIn }
}

/** What a browser has answered to a set-up. @throws {Problem} `passkey-not-accepted` */
export async function judgeRegistration(
  rooms: Rooms,
  visit: Visit,
  { signIn, account }: OpenSignIn,
  response: PasskeyRegistration | PasskeyAssertion,
): Promise<PasskeyJudged> {
  if (!('attestationObject' in response.response)) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  const place = placeOf(rooms, visit, account.memberships)
  return orNo(() => checkRegistration(response as PasskeyRegistration, { ...place, challenge: challengeOf(rooms, signIn) }))
}

/** A key of the person that has signed, and what the check came to. */
export interface Used {
  readonly authenticator: Authenticator
  readonly judged: PasskeyJudged
}

/** Which key of the person has signed. @throws {Problem} `passkey-not-accepted` */
export async function judgeAssertion(
  rooms: Rooms,
  visit: Visit,
  account: Account,
  response: PasskeyRegistration | PasskeyAssertion,
  challenge: string,
  isWhole: boolean,
): Promise<Used> {
  const held = heldPasskeys(rooms, account).find(({ record }) => isSame(record.credentialId, response.id))
  if (!held || !('signature' in response.response)) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  const { authenticator, record } = held
  const expected = { ...placeOf(rooms, visit, account.memberships), challenge }
  const known = { record, counter: authenticator.counter, userId: account.id }
  return { authenticator, judged: await orNo(() => checkAssertion(response as PasskeyAssertion, expected, known, isWhole)) }
}

/** Whatever the check throws is a no. @throws {Problem} `passkey-not-accepted` */
async function orNo(check: () => Promise<PasskeyJudged>): Promise<PasskeyJudged> {
  await webAuthn()
  try {
    return await check()
  } catch (cause) {
    throw new Problem('passkey-not-accepted', { reason: 'mismatch' }, { cause })
  }
}
