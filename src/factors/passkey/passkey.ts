import type { Amr, Proof } from '#domain/assurance.ts'
import type { Factor } from '#domain/factor.ts'
import type { Json } from '#domain/json.ts'
import { toRecord } from '#domain/passkey.ts'

/** `pop`: a key was used; `user`: somebody was there (RFC 8176 §2). `hwk` would take an attestation that nobody here asks for. */
const amr: readonly Amr[] = ['pop', 'user']

/** A key that has asked for a PIN or a finger has shown both: it is held, and it is unlocked. Which of the two it asked for it does not tell. */
const provesOf = (isVerified: boolean): readonly Proof[] => (isVerified ? ['have', 'know'] : ['have'])

/**
 * Passkeys and security keys (WebAuthn). Nothing is typed: whoever holds the sign-in has the browser's signature checked
 * (`ceremony.ts`) and hands over what has come of it. A yes is paid with a higher signature count, or, of keys that do not count, with
 * the challenge, which the version of the sign-in has paid before anybody looked.
 */
export const passkey: Factor = {
  kind: 'passkey',
  enrollment: {
    begin: () => ({ show: { form: 'passkey' }, keep: null }),
    answer: (_kept, _answer, { passkey: judged }) => {
      if (judged?.did !== 'registered') return { verdict: 'rejected', reason: 'malformed' }
      const { record, counter, isVerified } = judged
      const state = { secret: record as unknown as Json, counter, hashes: [], usedHashes: [] }
      return { verdict: 'accepted', state, proves: provesOf(isVerified), amr }
    },
  },
  authentication: {
    fits: () => false,
    answer: ({ secret, counter }, _answer, { passkey: judged }) => {
      if (judged?.did !== 'signed') return { verdict: 'rejected', reason: 'malformed' }
      if (judged.credentialId !== toRecord(secret).credentialId) return { verdict: 'rejected', reason: 'mismatch' }
      // A count that stands still or falls is that of a copy (WebAuthn §6.1.1); 0 is that of a key which does not count.
      if ((counter > 0 || judged.counter > 0) && judged.counter <= counter) return { verdict: 'rejected', reason: 'replayed' }
      const cost = judged.counter > 0 ? { counter: judged.counter } : { challenge: judged.credentialId }
      return { verdict: 'accepted', cost, proves: provesOf(judged.isVerified), amr }
    },
  },
}
