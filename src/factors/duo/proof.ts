import type { DuoApplication } from '#domain/duo.ts'
import { Failure, type FailureReason } from '../outside.ts'
import { duoAuth } from './duo-auth.ts'
import { duoPrompt } from './duo-prompt.ts'
import type { DuoClientOptions } from './signed-api.ts'

/**
 * What came of trying one pair of keys: right, or what is wrong. `other-application` means that the keys are good ones, but those of
 * the other application, so that somebody has exchanged the two.
 */
export type DuoProof =
  | { readonly proof: 'right' }
  | { readonly proof: 'wrong'; readonly because: FailureReason | 'other-application'; readonly detail?: string }

/** How far Duo's clock may be from ours before tokens and signatures fail by turns. */
const mostSecondsOff = 60

type Options = Omit<DuoClientOptions, 'application'>
const nowhere = 'https://localhost/'

async function tried(attempt: () => Promise<number>): Promise<DuoProof> {
  try {
    const secondsOff = Math.round(await attempt())
    if (Math.abs(secondsOff) <= mostSecondsOff) return { proof: 'right' }
    return { proof: 'wrong', because: 'clock', detail: `Duo's clock is ${secondsOff} seconds ahead of this one` }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { proof: 'wrong', because: error.reason, ...(error.detail === undefined ? {} : { detail: error.detail }) }
  }
}

/**
 * Tries the keys of both applications at Duo before they are saved: the Web SDK's by a health check, the Auth API's first without a
 * key, which proves the host, and then with it. Nobody is asked anything by it.
 */
export async function proveDuo(applications: { readonly prompt: DuoApplication; readonly auth: DuoApplication }, options: Options) {
  const asPrompt = (application: DuoApplication) => tried(() => duoPrompt({ ...options, application, redirectUri: nowhere }).health())
  const asAuth = (application: DuoApplication) =>
    tried(async () => {
      const client = duoAuth({ ...options, application })
      const off = ((await client.ping()).getTime() - options.now().getTime()) / 1000
      if (Math.abs(off) <= mostSecondsOff) await client.check()
      return off
    })
  const exchanged = async (proof: DuoProof, application: DuoApplication, asOther: typeof asAuth): Promise<DuoProof> => {
    const mayBe = proof.proof === 'wrong' && proof.because === 'application'
    return mayBe && (await asOther(application)).proof === 'right' ? { proof: 'wrong', because: 'other-application' } : proof
  }
  const [prompt, auth] = await Promise.all([asPrompt(applications.prompt), asAuth(applications.auth)])
  return {
    prompt: await exchanged(prompt, applications.prompt, asAuth),
    auth: await exchanged(auth, applications.auth, asPrompt),
  }
}
