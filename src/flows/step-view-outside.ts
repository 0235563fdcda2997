import type { Step } from '#domain/sign-in.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { pinned } from './authanvil-asking.ts'
import { withDuo } from './duo-service.ts'
import { passkeyView } from './passkeys.ts'
import type { Rooms, Visit } from './rooms.ts'
import { type StepView, viewOf } from './step-view.ts'

/** What the person sees of a step, with what there is to say of services outside that are asked in it, and what a browser is asked. */
export async function stepViewOf(rooms: Rooms, visit: Visit, open: OpenSignIn, step: Step): Promise<StepView> {
  const view = await withDuo(rooms, open, await pinned(rooms, open, viewOf(rooms, open, step)))
  return { ...view, ...passkeyView(rooms, visit, open, step) }
}
