import type { Aal, Evidence } from './assurance.ts'
import { isPhishingResistant, isWhole } from './assurance.ts'
import { methods } from './methods.ts'

/** One way to become signed in, and what it is worth. */
export interface Way {
  readonly way: string
  /** What was given, in words. */
  readonly given: string
  readonly aal: Aal
  readonly phishingResistant: boolean
  /** Where it is a way at all. */
  readonly where: string
}

const onlyMailbox: readonly string[] = ['email']

const withMethod = (kind: string): Way => ({
  way: `password and ${kind}`,
  given: 'The password, and an answer of this method, given or set up in this sign-in',
  aal: onlyMailbox.includes(kind) ? 1 : 2,
  phishingResistant: isPhishingResistant(kind),
  where: isPhishingResistant(kind) ? 'Everywhere it is set up' : 'Not for whom the rules leave nothing but passkeys',
})

/**
 * Every way to become signed in. A session whose evidence is none of these is not opened: `wayOf` is asked where sessions are born, and
 * `docs/ways-to-be-signed-in.md` is compared with this list.
 */
export const ways: readonly Way[] = [
  {
    way: 'password',
    given: 'The password alone',
    aal: 1,
    phishingResistant: false,
    where: 'Where no rule asks for a second step and nothing is set up, or two-factor authentication is off',
  },
  {
    way: 'password on a remembered device',
    given: 'The password, on a browser that gave both steps before and was remembered',
    aal: 1,
    phishingResistant: false,
    where: 'Where the rules remember devices; never for whom they leave nothing but passkeys',
  },
  ...methods.map(withMethod),
  {
    way: 'password and backup-codes',
    given: 'The password, and one of the backup codes',
    aal: 2,
    phishingResistant: false,
    where: 'Not for whom the rules leave nothing but passkeys',
  },
  {
    way: 'passkey alone',
    given: 'A passkey that has asked for a PIN or a finger',
    aal: 2,
    phishingResistant: true,
    where: 'Where every organization of the person says that a passkey is a whole sign-in',
  },
]

/** Evidence that opens a set-up, or says why something is asked: by itself it is no way in. */
const besides: readonly string[] = ['password', 'set-up-passcode', 'one-time-pass', 'duo-away']

/** Which way a sign-in came, by what was proved in it. Undefined is none that there is. */
export function wayOf(evidence: readonly Evidence[], isOnDevice: boolean): string | undefined {
  const hasPassword = evidence.some((one) => one.kind === 'password')
  const seconds = evidence.map(({ kind }) => kind).filter((kind) => !besides.includes(kind))
  if (!hasPassword) return evidence.some(isWhole) ? 'passkey alone' : undefined
  const way = isOnDevice ? 'password on a remembered device' : seconds.length === 0 ? 'password' : `password and ${bestOf(seconds)}`
  return ways.some((one) => one.way === way) ? way : undefined
}

/** What counts of several: the strongest method, and a backup code where there is nothing else. */
const bestOf = (kinds: readonly string[]): string | undefined => methods.find((kind) => kinds.includes(kind)) ?? kinds[0]
