import type { Answer } from '#contract/sign-in.ts'
import { Problem } from '#domain/problem.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import type { Rooms, Visit } from './rooms.ts'
import type { Reply } from './settling.ts'

type Opening = Extract<Answer, { readonly open: 'duo' }>
type Returned = Extract<Answer, { readonly returned: object }>['returned']

export async function openDuoPrompt(_rooms: Rooms, _visit: Visit, _open: OpenSignIn, _wish: Opening): Promise<Reply> {
  throw new Problem('step-not-open')
}

export async function returnFromDuo(_rooms: Rooms, _visit: Visit, _open: OpenSignIn, _returned: Returned): Promise<Reply> {
  throw new Problem('step-not-open')
}
