import { digest, keyedDigest } from '#crypto/random.ts'
import { widerNetworkOf } from '#domain/network.ts'
import { wrongSecrets } from '#domain/oidc-clients.ts'
import { countSecret, uncountSecret } from '#store/oidc-clients.ts'
import { isApplicationSecret } from './oidc.ts'
import type { Rooms } from './rooms.ts'

/** A secret that came with a request, from where, and whose it is said to be. */
export interface GivenSecret {
  readonly clientId: string
  /** Of the secret that the application has. */
  readonly secretHash: string
  readonly given: string
  readonly address: string
}

export type SecretVerdict =
  | { readonly verdict: 'right' | 'wrong' }
  /** Nobody has looked at the secret. */
  | { readonly verdict: 'too-many'; readonly retryAfterSeconds: number }

/** How long a process spares the count to a secret that was right. */
const knownMilliseconds = 60_000
/** As many are known at once; beyond that more is counted, and nothing else. */
const mostKnown = 10_000

/**
 * Judges the secrets of applications. An attempt is counted for its application and its network before anybody looks at the secret, and
 * given back where the secret was right. What the same network has shown to be right a short time ago is not counted at all: an honest
 * application pays two statements once in a minute, and is never kept out by wrong attempts of others, from its own network either.
 */
export function openClientSecrets(rooms: Rooms): (secret: GivenSecret) => Promise<SecretVerdict> {
  const known = new Map<string, number>()
  /** Attempts on their way, so that many right ones at once are counted as one. */
  const underWay = new Map<string, Promise<unknown>>()
  const isKnown = (key: string) => rooms.now().getTime() - (known.get(key) ?? Number.NEGATIVE_INFINITY) < knownMilliseconds

  const judge = async (key: string, lane: string, { secretHash, given }: GivenSecret): Promise<SecretVerdict> => {
    const { db } = rooms.store
    const until = await countSecret(db, rooms.now(), lane, wrongSecrets)
    if (until) return { verdict: 'too-many', retryAfterSeconds: Math.max(1, Math.ceil((until.getTime() - rooms.now().getTime()) / 1000)) }
    if (!isApplicationSecret(secretHash, given)) return { verdict: 'wrong' }
    if (known.size >= mostKnown) known.clear()
    known.set(key, rooms.now().getTime())
    await uncountSecret(db, lane)
    return { verdict: 'right' }
  }

  return async (secret) => {
    const { clientId, secretHash, given, address } = secret
    const network = widerNetworkOf(address)
    const key = digest(JSON.stringify([clientId, network, secretHash, given])).toString('base64url')
    await underWay.get(key)?.catch(() => undefined)
    if (isKnown(key)) return { verdict: 'right' }
    const judging = judge(key, `client-secret:${keyedDigest(rooms.keys.lane, JSON.stringify([clientId, network]))}`, secret)
    underWay.set(key, judging)
    return judging.finally(() => {
      if (underWay.get(key) === judging) underWay.delete(key)
    })
  }
}
