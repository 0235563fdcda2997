import type { Answer } from '#contract/sign-in.ts'
import { duoChallenge } from '#domain/challenge.ts'
import { originOf, plainHost } from '#domain/host.ts'
import { Problem } from '#domain/problem.ts'
import { advance, signInLifetimeSeconds } from '#domain/sign-in.ts'
import { type DuoPrompt, duoPrompt } from '#factors/duo/duo-prompt.ts'
import type { DuoService } from '#store/duo.ts'
import { isHostOfSite } from '#store/organizations.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { inLane } from './code-answers.ts'
import { away, unanswered } from './duo-away.ts'
import { alarm, letInByDuo, refuseDuo, takeUp } from './duo-letting-in.ts'
import { boundDuo, serviceOf } from './duo-service.ts'
import type { Rooms, Visit } from './rooms.ts'
import { type Reply, take } from './settling.ts'

type Opening = Extract<Answer, { readonly open: 'duo' }>
type Returned = Extract<Answer, { readonly returned: object }>['returned']

/**
 * Sends a browser to Duo, after Duo has said that it is there and takes the keys. No attempt is charged, for nobody guesses anything;
 * what hung open in the sign-in before is spent first, so that one sign-in asks Duo one thing at a time.
 *
 * @returns the step with the address to go to; or, where Duo is away and the organization wants that, without one and with other kinds
 * @throws {Problem} `step-not-open` for a set-up in the provider's account, `duo-unavailable` with a `reason`, `moved-on`, `too-many-attempts`, `password-change-required`
 */
export async function openDuoPrompt(rooms: Rooms, visit: Visit, open: OpenSignIn, { remember = false }: Opening): Promise<Reply> {
  const service = await serviceOf(rooms, open)
  // In the provider's account nobody is known by their mail address: Duo's own set-up would make users whom "Simple" takes for one.
  if (service.isManaged && open.signIn.enrollment?.kind === 'duo') throw new Problem('step-not-open')
  const signIn = await inLane(rooms, visit, open.account, (lane) => takeUp(rooms, visit, open, lane))
  const taken = { ...open, signIn }
  const prompt = await promptOf(rooms, visit, service)
  try {
    await prompt.health()
  } catch (error) {
    return away(rooms, visit, taken, service, error)
  }
  const known = signIn.enrollment?.kind === 'duo' ? undefined : boundDuo(rooms, open.account)?.pin
  const { url, pending } = await prompt.begin(known?.userName ?? open.account.email, known?.userKey)
  const until = Math.min(rooms.now().getTime() + signInLifetimeSeconds * 1000, signIn.expiresAt.getTime())
  const challenge = { kind: 'duo', way: 'prompt', pending, remember, expiresAt: new Date(until) } as const
  const { step, ...reply } = await take(
    rooms,
    visit,
    { ...taken, signIn: advance(signIn, { event: 'sent', challenge }) },
    signIn.version,
    {},
  )
  if ((step.step !== 'answer' && step.step !== 'enroll') || !step.duo) throw new Problem('moved-on')
  return { ...reply, step: { ...step, duo: { ...step.duo, address: url } } }
}

/**
 * What a browser came back with from Duo. The question is spent before the answer is looked at, whatever it is, and Duo is asked with no
 * transaction open. Once somebody was sent to Duo nothing but its clear "allow" for this very person and sign-in lets them in.
 *
 * @throws {Problem} `duo-start-again`, `duo-refused`, `duo-unavailable`, each with a `reason`; `moved-on`
 */
export async function returnFromDuo(rooms: Rooms, visit: Visit, open: OpenSignIn, returned: Returned): Promise<Reply> {
  const challenge = duoChallenge(open.signIn.challenge)
  if (challenge?.way !== 'prompt') throw new Problem('duo-start-again', { reason: 'state' })
  const taken = { ...open, signIn: await takeUp(rooms, visit, open) }
  const service = await serviceOf(rooms, open)
  const { pending, remember } = challenge
  const prompt = await promptOf(rooms, visit, service)
  const answer = await prompt.finish(returned, pending).catch(async (error: unknown) => {
    throw await unanswered(rooms, visit, taken, service, error)
  })
  switch (answer.answer) {
    case 'start-again':
      throw new Problem('duo-start-again', { reason: answer.because })
    case 'denied':
      throw await refuseDuo(rooms, visit, open.account, 'duo.refused', { reason: 'denied', status: answer.status.slice(0, 60) })
    case 'other-user':
      throw await alarm(rooms, visit, open, service, 'other-user')
    case 'passed': {
      const { userKey, factor, isSpared, txid, device, ip } = answer
      const { userName, stateDigest: attempt } = pending
      const said = { attempt, accountOf: service.accountOf, userKey, userName, factor: factor.slice(0, 60), isSpared }
      const circumstances = { device: device.slice(0, 100), txid: txid.slice(0, 60), ip: ip.slice(0, 60) }
      return letInByDuo(rooms, visit, taken, service, said, { remember, circumstances })
    }
  }
}

async function promptOf(rooms: Rooms, visit: Visit, { prompt: application }: DuoService): Promise<DuoPrompt> {
  const redirectUri = `${await originAsked(rooms, visit)}/sign-in/duo`
  return duoPrompt({ ask: rooms.outside, now: rooms.now, application, redirectUri })
}

/** Where the browser is, if that is a host name of a site: its cookies are of that host, so it has to come back there. */
async function originAsked({ store, publicUrl }: Rooms, { host: asked }: Visit): Promise<string> {
  const host = asked === undefined || asked === new URL(publicUrl).hostname ? undefined : plainHost(asked)
  return host !== undefined && (await isHostOfSite(store.db, host)) ? originOf(host, publicUrl) : publicUrl
}
