import { byPhone } from '#domain/authenticators.ts'
import type { Asked, Rejection, Verdict } from '#domain/factor.ts'
import { toleranceFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { type Account, type Authenticator, stateOf } from '#store/person.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { factorOf, type Rooms, sendingOf } from './rooms.ts'
import { sentIn } from './sent-codes.ts'

/** What services outside have said: AuthAnvil of an answer, Duo of an attempt. */
export type Heard = Pick<Asked, 'said' | 'duo'>

/** What an answer is judged by in this sign-in, beside the memory of the authenticator. */
export const askedIn = (rooms: Rooms, open: OpenSignIn, heard: Heard = {}): Asked => {
  const sent = sentIn(rooms, open)
  return { tolerance: toleranceFor(open.account.memberships), ...(sent ? { sent } : {}), ...heard }
}

/** What became of a code. */
export interface Judged {
  readonly kind: string
  /** The authenticator that pays; what is sent needs none. */
  readonly authenticator: Authenticator | undefined
  readonly verdict: Verdict
}

/** One that was accepted. */
export interface Accepted extends Judged {
  readonly verdict: Extract<Verdict, { readonly verdict: 'accepted' }>
}

/**
 * Tries a code on every authenticator that it fits and on what was sent; the most telling refusal speaks when none takes it.
 *
 * @param heard what somebody outside has said of it
 * @throws {Problem} `code-not-accepted` for what fits none; it costs no try
 */
export function judgeCode(rooms: Rooms, open: OpenSignIn, code: string, kinds: readonly string[], heard: Heard = {}): Judged {
  const { account } = open
  const asked = askedIn(rooms, open, heard)
  const known = account.authenticators.filter(({ kind }) => kinds.includes(kind) && !sendingOf(rooms, kind))
  const judged = known.flatMap((authenticator): Judged[] => {
    const { kind } = authenticator
    const { authentication } = factorOf(rooms, kind)
    if (!authentication.fits(code)) return []
    return [{ kind, authenticator, verdict: authentication.answer(stateOf(rooms.keys, account.id, authenticator), code, asked) }]
  })
  const kind = asked.sent?.challenge.kind
  if (kind !== undefined && kinds.includes(kind) && factorOf(rooms, kind).authentication.fits(code)) {
    const verdict = factorOf(rooms, kind).authentication.answer(nothingKept, code, asked)
    judged.push({ kind, authenticator: payerOf(account, kind), verdict })
  }
  const rank = ({ verdict }: Judged) => (verdict.verdict === 'accepted' ? 5 : weight[verdict.reason])
  const [first] = judged.sort((one, other) => rank(other) - rank(one))
  if (first) return first
  const isSixDigits = kinds.some((one) => sendingOf(rooms, one) && factorOf(rooms, one).authentication.fits(code))
  throw notAccepted({ reason: isSixDigits ? 'not-sent' : 'malformed' })
}

const weight: Readonly<Record<Rejection['reason'], number>> = {
  malformed: 0,
  'pass-gone': 0,
  'not-sent': 0,
  mismatch: 1,
  clock: 2,
  late: 3,
  expired: 4,
  superseded: 4,
  replayed: 4,
  'used-backup-code': 4,
}
const nothingKept = { secret: null, counter: 0, hashes: [], usedHashes: [] } as const

/** The authenticator that says that a way is the person's; one number serves both texts and calls. */
const payerOf = ({ authenticators }: Account, kind: string): Authenticator | undefined =>
  authenticators.find((one) => one.kind === kind) ??
  (byPhone.includes(kind) ? authenticators.find((one) => byPhone.includes(one.kind)) : undefined)

/** A refusal as whoever answered is told it. */
export function notAccepted(rejection: Rejection): Problem {
  return new Problem(
    'code-not-accepted',
    rejection.reason === 'clock' ? { reason: 'clock', clockOffBySeconds: rejection.clockOffBySeconds } : { reason: rejection.reason },
  )
}
