import { duoAway } from '#domain/assurance.ts'
import type { DuoPin } from '#domain/duo.ts'
import type { PolicyInForce } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { duoPin } from '#factors/duo/approvals.ts'
import { type DuoService, findDuoService } from '#store/duo.ts'
import { type Account, type Authenticator, stateOf } from '#store/person.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { duoPushView } from './duo-push-view.ts'
import type { Rooms } from './rooms.ts'
import type { StepView } from './step-view.ts'

const kind = 'duo'

/** The authenticator of Duo that somebody has, with whom it stands for. */
export function boundDuo(rooms: Rooms, account: Account): { readonly authenticator: Authenticator; readonly pin: DuoPin } | undefined {
  const authenticator = account.authenticators.find((one) => one.kind === kind)
  return authenticator && { authenticator, pin: duoPin(stateOf(rooms.keys, account.id, authenticator).secret) }
}

/**
 * Whose Duo is asked: in the account that the authenticator was bound in, or for a set-up that of the organization that allows it.
 * Undefined where that is off.
 */
export async function findServiceOf(rooms: Rooms, { account, signIn }: OpenSignIn): Promise<DuoService | undefined> {
  const wanted = signIn.enrollment?.kind === kind ? undefined : boundDuo(rooms, account)?.pin.accountOf
  const enabled = account.memberships.filter(({ policy }) => policy.enabled)
  const isFor = ({ methods, isDuoShared }: PolicyInForce) => methods.includes(kind) && (enabled.length < 2 || isDuoShared === true)
  for (const { organizationId, policy } of account.memberships) {
    if (wanted === undefined && !(policy.enabled && isFor(policy))) continue
    const service = await findDuoService(rooms.store.db, rooms.keys, organizationId)
    if (service && (wanted === undefined || service.accountOf === wanted)) return service
  }
  return undefined
}

/** @throws {Problem} `duo-unavailable` with the reason `off` */
export async function serviceOf(rooms: Rooms, open: OpenSignIn): Promise<DuoService> {
  const service = await findServiceOf(rooms, open)
  if (!service) throw new Problem('duo-unavailable', { reason: 'off' })
  return service
}

/** A step as the person sees it, where Duo is asked also with what there is to say of it. */
export async function withDuo(rooms: Rooms, open: OpenSignIn, view: StepView): Promise<StepView> {
  const isAsked = (view.step === 'answer' && view.kinds.includes(kind)) || (view.step === 'enroll' && view.kind === kind)
  const service = isAsked ? await findServiceOf(rooms, open) : undefined
  if (!service || (view.step !== 'answer' && view.step !== 'enroll')) return view
  const organization = open.account.memberships.find((one) => one.organizationId === service.organizationId)?.organizationName ?? ''
  const isAway = open.signIn.evidence.some((one) => one.kind === duoAway) ? { isAway: true as const } : {}
  return { ...view, duo: { host: service.prompt.host, organization, ...isAway, ...(await duoPushView(rooms, open, service)) } }
}
