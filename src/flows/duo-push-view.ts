import type { DuoView } from '#contract/sign-in.ts'
import type { DuoService } from '#store/duo.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import type { Rooms } from './rooms.ts'

/** What there is to say about pushes and phones on the page of a step. */
export async function duoPushView(
  _rooms: Rooms,
  _open: OpenSignIn,
  _service: DuoService,
): Promise<Pick<DuoView, 'devices' | 'push' | 'activation'>> {
  return {}
}
