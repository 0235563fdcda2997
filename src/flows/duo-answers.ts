import type { Answer } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import type { Step } from '#domain/sign-in.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { openDuoPrompt, returnFromDuo } from './duo-prompt.ts'
import { checkDuoPush, type DuoSend, sendDuoPush } from './duo-push.ts'
import type { Rooms, Visit } from './rooms.ts'
import type { Reply } from './settling.ts'

/** What concerns Duo alone; a passcode of it is a code like all others. */
export type DuoAnswer = Extract<Answer, { readonly open: 'duo' } | { readonly check: 'duo' } | { readonly returned: object }> | DuoSend

export function isForDuo(answer: Answer): answer is Answer & DuoAnswer {
  return 'open' in answer || 'check' in answer || 'returned' in answer || ('send' in answer && answer.send === 'duo')
}

/**
 * Goes to Duo, comes back from it, sends a push or hears what became of it: to sign in, or to set Duo up.
 *
 * @throws {Problem} `step-not-open` where Duo is not waited for, `duo-unavailable`, `duo-refused`, `duo-start-again`, `moved-on`
 */
export async function answerDuo(rooms: Rooms, visit: Visit, open: OpenSignIn, answer: DuoAnswer, step: Step): Promise<Reply> {
  const isSigningIn = step.step === 'answer' && step.kinds.includes('duo')
  const isSettingUp = step.step === 'enroll' && step.kinds.includes('duo') && open.signIn.enrollment?.kind === 'duo'
  if (!isSigningIn && !isSettingUp) throw new Problem('step-not-open')
  if ('open' in answer) return openDuoPrompt(rooms, visit, open, answer)
  if ('returned' in answer) return returnFromDuo(rooms, visit, open, answer.returned)
  if ('check' in answer) return checkDuoPush(rooms, visit, open, step)
  return sendDuoPush(rooms, visit, open, step, answer)
}
