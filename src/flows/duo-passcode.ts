import type { DuoSaid } from '#domain/duo.ts'
import { Problem } from '#domain/problem.ts'
import type { Account } from '#store/person.ts'
import { settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { askDuo } from './duo-asking.ts'
import { boundDuo, serviceOf } from './duo-service.ts'
import { type BearingLane, shut } from './password.ts'
import { factorOf, type Rooms, type Visit } from './rooms.ts'

const kind = 'duo'

/** Whether what was typed is a matter for Duo: it has the form of a passcode, and is none of the codes that are ours to judge. */
export function isDuoPasscode(rooms: Rooms, { authenticators }: Account, kinds: readonly string[], code: string): boolean {
  const isOurs = ['backup-codes', 'one-time-pass'].some((one) => factorOf(rooms, one).authentication.fits(code))
  const isWaitedFor = kinds.includes(kind) && authenticators.some((one) => one.kind === kind)
  return !isOurs && isWaitedFor && factorOf(rooms, kind).authentication.fits(code)
}

/** What Duo has said of a passcode, if it was right, and the lane with the attempt that was charged for it. */
export interface AskedDuo {
  readonly duo?: DuoSaid
  readonly lane: BearingLane & { readonly charged: number }
}

/**
 * Asks Duo about a passcode. The attempt is charged in a statement of its own before anybody is asked, and no transaction is open
 * meanwhile. Where no answer comes it is given back, and nobody is let in.
 *
 * @throws {Problem} `too-many-attempts`, `password-change-required`, `duo-unavailable`, `duo-refused`
 */
export async function askDuoPasscode(rooms: Rooms, visit: Visit, open: OpenSignIn, code: string, lane: BearingLane): Promise<AskedDuo> {
  const { account } = open
  const bound = boundDuo(rooms, account)
  if (!bound) throw new Problem('step-not-open')
  const service = await serviceOf(rooms, open)
  const charge = { now: rooms.now(), origin: visit, lane: { ...lane, effect: 'charge' }, events: [], messages: [] } as const
  const settled = await settle(rooms.store, charge)
  if (!settled.isOpen) throw shut(charge.now, settled, lane)
  const charged = { ...lane, charged: settled.failures }
  const giveBack = () =>
    settle(rooms.store, { now: rooms.now(), origin: visit, lane: { ...charged, effect: 'keep' }, events: [], messages: [] })
  const who = { key: bound.pin.userKey }
  const outcome = await askDuo(rooms, visit, open, service, (duo) => duo.passcode(who, code, { ip: visit.address })).catch(
    async (error: unknown) => {
      await giveBack()
      throw error
    },
  )
  if (outcome.result === 'allow') {
    if (outcome.isBypass && !service.countsBypass) {
      await giveBack()
      throw new Problem('duo-refused', { reason: 'spared' })
    }
    return {
      duo: { ...bound.pin, attempt: code, factor: outcome.isBypass ? 'bypass' : 'passcode', isSpared: outcome.isBypass },
      lane: charged,
    }
  }
  if (outcome.result === 'deny' && outcome.status === 'locked_out') throw new Problem('duo-refused', { reason: 'locked-out' })
  return { lane: charged }
}
