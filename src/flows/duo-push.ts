import { duoChallenge } from '#domain/challenge.ts'
import { activationIn } from '#domain/duo-push.ts'
import { Problem } from '#domain/problem.ts'
import type { Step } from '#domain/sign-in.ts'
import { findPushes, forgetPushes } from '#store/duo-pushes.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { activate, checkActivation } from './duo-activation.ts'
import { askDuo, duoAuthOf, outcomeOfPush } from './duo-asking.ts'
import { letInByDuo } from './duo-letting-in.ts'
import { endPush } from './duo-push-ends.ts'
import { type DuoSend, pinOf, push } from './duo-pushing.ts'
import { serviceOf } from './duo-service.ts'
import type { Rooms, Visit } from './rooms.ts'
import type { Reply } from './settling.ts'
import { stepViewOf } from './step-view-outside.ts'

export type { DuoSend }

/** Duo's clock and ours need not agree to the second. */
const graceMilliseconds = 5000

/**
 * Sends a push to a phone of the person, or asks which of several shall ring. Where Duo is set up in the provider's account, it begins
 * the set-up, or sends the first push of it.
 *
 * @throws {Problem} `step-not-open`, `duo-unavailable`, `duo-refused`, `duo-push-limit`, `moved-on`
 */
export async function sendDuoPush(rooms: Rooms, visit: Visit, open: OpenSignIn, step: Step, wish: DuoSend): Promise<Reply> {
  const service = await serviceOf(rooms, open)
  if (step.step === 'enroll' && !service.isManaged) throw new Problem('step-not-open')
  const activating = activationIn(open.signIn.enrollment)
  if (step.step === 'enroll' && activating?.state !== 'done') return activate(rooms, visit, open, service)
  return push(rooms, visit, open, service, wish)
}

/**
 * What became of the push, or of the set-up that waits for a phone. Duo holds the question for a few seconds at most. An approval is paid
 * with the version of the sign-in, so that of any number who hear of it one gets in.
 *
 * @throws {Problem} `step-not-open` where nothing hangs open, `duo-unavailable`, `duo-refused`, `duo-push-limit`, `moved-on`
 */
export async function checkDuoPush(rooms: Rooms, visit: Visit, open: OpenSignIn, step: Step): Promise<Reply> {
  const challenge = duoChallenge(open.signIn.challenge)
  const service = await serviceOf(rooms, open)
  if (challenge?.way !== 'push' || challenge.txid === '') {
    const activating = step.step === 'enroll' ? activationIn(open.signIn.enrollment) : undefined
    if (activating?.state !== 'waiting') throw new Problem('step-not-open')
    return checkActivation(rooms, visit, open, service, step, activating)
  }
  const unchanged = async () => ({ step: await stepViewOf(rooms, open, step), cookies: {} })
  if (challenge.ended !== undefined) return unchanged()
  const outcome = await askDuo(rooms, visit, open, service, () =>
    outcomeOfPush(duoAuthOf(rooms, service), service.auth.host, challenge.txid),
  ).catch((error: unknown) => {
    // Duo forgets a push some time after it has stopped ringing.
    const isForgotten = error instanceof Problem && error.code === 'duo-refused' && rooms.now() >= challenge.expiresAt
    if (!isForgotten) throw error
    return { result: 'deny', status: 'timeout', isFraud: false, said: '' } as const
  })
  if (outcome.result === 'waiting') {
    const isRinging = outcome.status === 'busy' || rooms.now().getTime() < challenge.expiresAt.getTime() + graceMilliseconds
    return isRinging ? unchanged() : endPush(rooms, visit, open, challenge, 'timeout')
  }
  if (outcome.result === 'deny') {
    if (outcome.isFraud) return endPush(rooms, visit, open, challenge, 'fraud')
    if (outcome.status === 'deny') return endPush(rooms, visit, open, challenge, 'denied')
    if (outcome.status === 'locked_out') throw new Problem('duo-refused', { reason: 'locked-out' })
    return endPush(rooms, visit, open, challenge, 'timeout')
  }
  if (outcome.isBypass && step.step === 'enroll') throw new Problem('duo-refused', { reason: 'spared' })
  // One that was denied a moment ago takes with it whatever else was on its way.
  if ((await findPushes(rooms.store.db, open.account.id)).stoppedAt) throw new Problem('duo-push-limit', { reason: 'stopped' })
  const { txid: attempt, code, device, remember } = challenge
  const factor = outcome.isBypass ? 'bypass' : code === undefined ? 'duo_push' : 'verified_duo_push'
  const said = { ...pinOf(rooms, open), attempt, factor, isSpared: outcome.isBypass }
  const circumstances = { device: device.name.slice(0, 100), txid: attempt.slice(0, 60) }
  const reply = await letInByDuo(rooms, visit, open, service, said, { remember, circumstances })
  await forgetPushes(rooms.store.db, open.account.id)
  return reply
}
