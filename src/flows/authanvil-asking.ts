import type { Step as ContractStep } from '#contract/sign-in.ts'
import { type AuthAnvilSettings, fitsAuthAnvil, isPin, type Said, sasPasscodes } from '#domain/authanvil.ts'
import { Problem } from '#domain/problem.ts'
import { authAnvil } from '#factors/authanvil/authanvil.ts'
import { boundBy } from '#factors/authanvil/passcodes.ts'
import type { Sas } from '#factors/authanvil/wsdl.ts'
import { Failure } from '#factors/outside.ts'
import { findAuthAnvil, findAuthAnvilPerson } from '#store/authanvil.ts'
import { type Account, stateOf } from '#store/person.ts'
import { settle } from '#store/settlement.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { notAccepted } from './judging.ts'
import { type BearingLane, shut } from './password.ts'
import { eventRow, factorOf, type Rooms, type Visit } from './rooms.ts'
import type { StepView } from './step-view.ts'

const kind = 'authanvil'

/** What AuthAnvil has said, and the lane with the attempt that was charged for it. */
export interface Asked {
  readonly said: Said
  readonly lane: BearingLane & { readonly charged: number }
}

/**
 * Whether what was typed is a matter for AuthAnvil: a passcode of it is waited for, and the text is no backup code and no pass, which are
 * ours to judge and nobody else's to see.
 */
export function isForAuthAnvil(rooms: Rooms, { authenticators }: Account, kinds: readonly string[], code: string): boolean {
  const isOurs = ['backup-codes', 'one-time-pass'].some((one) => factorOf(rooms, one).authentication.fits(code))
  return !isOurs && kinds.includes(kind) && authenticators.some((one) => one.kind === kind)
}

/**
 * Asks AuthAnvil about a passcode. The attempt is charged in a statement of its own before anybody is asked, and no transaction is open
 * meanwhile. Where no answer comes it is given back, and nobody is let in.
 *
 * @throws {Problem} `too-many-attempts`, `password-change-required`, `authanvil-unavailable` with a `reason`, `code-not-accepted` for what
 *   cannot be sent
 */
export async function askAuthAnvil(
  rooms: Rooms,
  visit: Visit,
  open: OpenSignIn,
  { code, pin: typed }: { readonly code: string; readonly pin?: string },
  lane: BearingLane,
): Promise<Asked> {
  const { account } = open
  const service = await serviceOf(rooms, open)
  if (!service?.settings.isOn || service.sas === undefined) throw new Problem('authanvil-unavailable', { reason: 'off' })
  const { settings, organizationId } = service
  const person = await findAuthAnvilPerson(rooms.store.db, rooms.keys, organizationId, account.id)
  const hasTypedPin = settings.showsPin && settings.pinOrder !== 'none' && typed !== undefined && typed !== ''
  const pin = hasTypedPin ? typed : (person.pin ?? settings.pin)
  const passcodes = sasPasscodes(code, pin, settings.pinOrder)
  if (!isPin(pin) || ![code, ...passcodes].every(fitsAuthAnvil)) throw notAccepted({ reason: 'malformed' })

  const charge = { now: rooms.now(), origin: visit, lane: { ...lane, effect: 'charge' }, events: [], messages: [] } as const
  const { isOpen, failures, ...settled } = await settle(rooms.store, charge)
  if (!isOpen) throw shut(charge.now, { isOpen, failures, ...settled }, lane)
  const charged = { ...lane, charged: failures }
  try {
    const client = authAnvil({ ask: rooms.outside, url: settings.url, siteId: settings.siteId })
    const userName = person.userName ?? account.email
    const { answer } = await client.authenticate(service.sas, { userName, password: code, pin, pinOrder: settings.pinOrder })
    return { said: { answer: code, isRight: answer === 'right', organizationId, hasTypedPin }, lane: charged }
  } catch (error) {
    const now = rooms.now()
    const reason = error instanceof Failure ? error.reason : 'internal'
    const unanswered = eventRow(now, { action: 'authanvil.unanswered', subjectId: account.id, detail: { reason } })
    await settle(rooms.store, { now, origin: visit, lane: { ...charged, effect: 'keep' }, events: [unanswered], messages: [] })
    if (error instanceof Failure) throw new Problem('authanvil-unavailable', { reason }, { cause: error })
    throw error
  }
}

interface Service {
  readonly organizationId: string
  readonly settings: AuthAnvilSettings
  readonly sas: Sas | undefined
}

/** Whose AuthAnvil judges: the one that the authenticator was bound by, or that of the organization that allows it to be set up. */
async function serviceOf(rooms: Rooms, { account, signIn }: OpenSignIn): Promise<Service | undefined> {
  const bound = account.authenticators.find((one) => one.kind === kind)
  const isSetUp = signIn.enrollment?.kind === kind
  const wanted = bound && !isSetUp ? boundBy(stateOf(rooms.keys, account.id, bound).secret) : undefined
  const found = account.memberships.find(({ organizationId, policy }) =>
    wanted === undefined ? policy.enabled && policy.methods.includes(kind) : organizationId === wanted,
  )
  if (!found) return undefined
  const { settings, sas } = await findAuthAnvil(rooms.store.db, rooms.keys, found.organizationId)
  return settings && { organizationId: found.organizationId, settings, sas: sas as Sas | undefined }
}

/** A step as the person sees it, where AuthAnvil is asked also with whether a PIN may be typed. */
export async function pinned(rooms: Rooms, open: OpenSignIn, view: StepView): Promise<StepView> {
  const isAsked = (view.step === 'answer' && view.kinds.includes(kind)) || (view.step === 'enroll' && view.kind === kind)
  if (!isAsked) return view
  const settings = (await serviceOf(rooms, open))?.settings
  return settings?.showsPin === true && settings.pinOrder !== 'none' ? ({ ...view, asksPin: true } satisfies Pinned) : view
}

type Pinned = StepView & { readonly asksPin?: Extract<ContractStep, { readonly step: 'answer' }>['asksPin'] }
