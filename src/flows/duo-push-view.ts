import type { DuoView } from '#contract/sign-in.ts'
import { duoChallenge } from '#domain/challenge.ts'
import { activationIn } from '#domain/duo-push.ts'
import type { DuoService } from '#store/duo.ts'
import type { OpenSignIn } from '#store/sign-in.ts'
import { pageLook } from './look.ts'
import type { Rooms } from './rooms.ts'

type Shown = Pick<DuoView, 'devices' | 'push' | 'activation' | 'isManaged'>

/** What there is to say about pushes and phones on the page of a step. */
export async function duoPushView(rooms: Rooms, open: OpenSignIn, service: DuoService): Promise<Shown> {
  const managed = service.isManaged ? { isManaged: true as const } : {}
  return { ...managed, ...pushOf(open), ...(await activationOf(rooms, open, service)) }
}

function pushOf({ signIn }: OpenSignIn): Shown {
  const challenge = duoChallenge(signIn.challenge)
  if (!challenge || challenge.way === 'prompt' || (challenge.way === 'push' && challenge.txid === '')) return {}
  const devices = challenge.devices.map(({ id, name }) => ({ id, name }))
  if (challenge.way === 'device') return { devices }
  const { ended, device, sentAt, expiresAt, code } = challenge
  return {
    devices,
    push: {
      state: ended ?? 'waiting',
      device: device.name,
      sentAt: sentAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      ...(code === undefined || ended !== undefined ? {} : { code }),
    },
  }
}

/** Where Duo is the provider's: what to scan, and who looks after it. */
async function activationOf(rooms: Rooms, { signIn }: OpenSignIn, service: DuoService): Promise<Shown> {
  if (!service.isManaged || signIn.enrollment?.kind !== 'duo') return {}
  const activating = activationIn(signIn.enrollment)
  const look = await pageLook(rooms, new URL(rooms.publicUrl).hostname)
  const contact = look?.supportContact ?? rooms.supportContact
  return {
    activation: {
      state: activating?.state ?? 'none',
      ...(activating?.state === 'waiting' ? { uri: activating.code, address: activating.link, expiresAt: activating.expiresAt } : {}),
      administrator: look?.name ?? '',
      ...(contact === undefined ? {} : { contact }),
    },
  }
}
