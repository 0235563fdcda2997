import type { PasskeyOptions, PasskeySignIn } from '#contract/sign-in.ts'
import { isSame, keyedDigest, newToken } from '#crypto/random.ts'
import { claimedHost } from '#domain/host.ts'
import { canHavePasskeys } from '#domain/passkey.ts'
import { Problem } from '#domain/problem.ts'
import { advance } from '#domain/sign-in.ts'
import { requestOptions } from '#factors/passkey/ceremony.ts'
import { findEntrance, findOwnerOfPasskey, spendAnonymousChallenge } from '#store/passkeys.ts'
import { acceptPasskey, notingRefusal } from './passkey-answers.ts'
import { challengeIn, isPasswordless, judgeAssertion, placeOf } from './passkeys.ts'
import type { Rooms, Visit } from './rooms.ts'
import type { Reply } from './settling.ts'
import { newSignIn, safeReturn } from './sign-in.ts'

/** How long what is to be signed is good before anybody is known: this long, and at most twice. */
const slotSeconds = 300
const randomLength = 22

/**
 * Half of it is drawn, and half is a proof over that, over the cookie of the visitor and over the time: nothing is kept for people who
 * are not known yet, and nobody but us can make one, for another browser or for later.
 */
const proofOf = ({ keys }: Rooms, cookie: string, drawn: string, slot: number) =>
  keyedDigest(keys.challenge, `entrance ${cookie} ${drawn} ${slot}`).slice(0, randomLength)

const slotOf = (now: Date) => Math.floor(now.getTime() / (slotSeconds * 1000))

function newChallenge(rooms: Rooms, cookie: string): string {
  const drawn = Buffer.from(newToken(), 'base64url').subarray(0, 16).toString('base64url')
  const proof = proofOf(rooms, cookie, drawn, slotOf(rooms.now()))
  return Buffer.concat([Buffer.from(drawn, 'base64url'), Buffer.from(proof, 'base64url').subarray(0, 16)]).toString('base64url')
}

/** Whether we gave this to this visitor, a short time ago. */
function isOurs(rooms: Rooms, cookie: string, challenge: string): boolean {
  const bytes = Buffer.from(challenge, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== challenge) return false
  const drawn = bytes.subarray(0, 16).toString('base64url')
  const proof = bytes.subarray(16)
  const slot = slotOf(rooms.now())
  return [slot, slot - 1].some((one) => {
    const wanted = Buffer.from(proofOf(rooms, cookie, drawn, one), 'base64url').subarray(0, 16)
    return isSame(wanted.toString('base64url'), proof.toString('base64url'))
  })
}

/**
 * What a visitor's browser is asked, to sign in with a passkey and nothing else. Undefined where no organization that this host is for
 * lets anybody in so.
 */
export async function entranceOptions(rooms: Rooms, visit: Visit, cookie: string): Promise<PasskeyOptions | undefined> {
  const host = claimedHost(visit.host ?? '')
  const { isOpen, isOwnHost } = await findEntrance(rooms.store.db, host)
  const place = placeOf(rooms, visit, isOwnHost && host !== undefined ? [{ host }] : [])
  return isOpen && canHavePasskeys(place.origin) ? requestOptions(place, newChallenge(rooms, cookie), [], true) : undefined
}

/**
 * Signs in with a passkey and nothing else: it says whose it is, and has asked for a PIN or a finger. What was signed is used up before
 * anybody looks whose it is.
 *
 * @throws {Problem} `sign-in-gone` for what was not asked of this visitor a short time ago, `moved-on` for what was answered already,
 *   `passkey-not-accepted` with a `reason`: `not-whole` where an organization of the person asks for the password, too
 */
export async function startWithPasskey(rooms: Rooms, visit: Visit, { passkey, returnTo }: PasskeySignIn): Promise<Reply> {
  const challenge = challengeIn(passkey)
  if (visit.signIn === undefined || challenge === undefined || !isOurs(rooms, visit.signIn, challenge)) throw new Problem('sign-in-gone')
  const expiresAt = new Date(rooms.now().getTime() + 3 * slotSeconds * 1000)
  if (!(await spendAnonymousChallenge(rooms.store.db, challenge, expiresAt))) throw new Problem('moved-on')
  const account = await findOwnerOfPasskey(rooms.store.db, passkey.id)
  if (!account || account.memberships.length === 0) throw new Problem('passkey-not-accepted', { reason: 'mismatch' })
  return notingRefusal(rooms, visit, account, async () => {
    const { authenticator, judged } = await judgeAssertion(rooms, visit, account, passkey, challenge, true)
    if (!isPasswordless(account)) throw new Problem('passkey-not-accepted', { reason: 'not-whole' })
    const signIn = advance(newSignIn(rooms, 'enter', safeReturn(returnTo ?? '/')), { event: 'identified', userId: account.id })
    return acceptPasskey(rooms, visit, { account, signIn }, undefined, authenticator, judged, false)
  })
}
