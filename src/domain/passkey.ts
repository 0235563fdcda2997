import type { Json } from './json.ts'

/** What is kept of a passkey. It is sealed like every other secret, although none of it would let anybody in. */
export interface PasskeyRecord {
  /** base64url, as the browser gives it. */
  readonly credentialId: string
  /** COSE key in base64url. */
  readonly publicKey: string
  /** The host that it was set up at, and is good for. */
  readonly rpId: string
  /** How a browser reaches the key: usb, nfc, ble, internal, hybrid. */
  readonly transports: readonly string[]
  /** Whether it may be copied to other devices of its owner (WebAuthn: backup eligible). It never changes. */
  readonly isSynced: boolean
}

/** What became of an answer of the browser once it was checked. `registered` is set up, `signed` was used. */
export type PasskeyJudged =
  | { readonly did: 'registered'; readonly record: PasskeyRecord; readonly counter: number; readonly isVerified: boolean }
  | { readonly did: 'signed'; readonly credentialId: string; readonly counter: number; readonly isVerified: boolean }

/** The record as the memory of an authenticator has it. */
export const toRecord = (secret: Json): PasskeyRecord => secret as unknown as PasskeyRecord

/** Hosts that can have passkeys at all: a name, reached by https, or this very machine (WebAuthn §5.1.3). */
export function canHavePasskeys(origin: string): boolean {
  const { hostname, protocol } = new URL(origin)
  if (hostname === 'localhost') return true
  return protocol === 'https:' && !hostname.startsWith('[') && !/^[0-9.]+$/.test(hostname)
}
