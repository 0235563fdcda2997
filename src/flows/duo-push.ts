import { Problem } from '#domain/problem.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import type { Rooms, Visit } from './rooms.ts'
import type { Reply } from './settling.ts'

/** Sends a push to a phone of the person. @throws {Problem} `step-not-open` */
export async function sendDuoPush(_rooms: Rooms, _visit: Visit, _open: OpenSignIn, _device: string | undefined): Promise<Reply> {
  throw new Problem('step-not-open')
}

/** What became of the push. @throws {Problem} `step-not-open` */
export async function checkDuoPush(_rooms: Rooms, _visit: Visit, _open: OpenSignIn): Promise<Reply> {
  throw new Problem('step-not-open')
}
