import type { Step } from '#domain/sign-in.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { pinned } from './authanvil-asking.ts'
import { withDuo } from './duo-service.ts'
import type { Rooms } from './rooms.ts'
import { type StepView, viewOf } from './step-view.ts'

/** What the person sees of a step, with what there is to say of services outside that are asked in it. */
export async function stepViewOf(rooms: Rooms, open: OpenSignIn, step: Step): Promise<StepView> {
  return withDuo(rooms, open, await pinned(rooms, open, viewOf(rooms, open, step)))
}
