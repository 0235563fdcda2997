import type { Amr, Proof } from '#domain/assurance.ts'
import type { DuoPin, DuoSaid } from '#domain/duo.ts'
import type { Factor, Rejection } from '#domain/factor.ts'

/** What of RFC 8176 is true of what Duo names; nothing is claimed of what is not in the list. */
const shown: Readonly<Record<string, readonly Amr[] | undefined>> = {
  // Approved on the phone, which is another way than the browser's. The key that Duo checked there it has not shown to us.
  duo_push: ['mca'],
  verified_duo_push: ['mca'],
  phone_call: ['tel', 'mca'],
  passcode: ['otp'],
  duo_mobile_passcode: ['otp'],
  hardware_token: ['otp'],
  yubikey_passcode: ['otp'],
  yubikey_code: ['otp'],
  bypass_code: ['otp'],
  sms_passcode: ['otp', 'sms'],
  sms: ['otp', 'sms'],
  u2f_token: ['hwk'],
  webauthn_security_key: ['hwk'],
  webauthn_credential: ['pop'],
  webauthn_platform_authenticator: ['pop'],
}

/** Passcodes of phones and tokens, by text message, of an administrator at Duo; and those of a YubiKey. */
const passcode = /^(?:[0-9]{6,10}|[cbdefghijklnrtuv]{44})$/

/** As people type it: in groups. */
const bare = (typed: string) => typed.replace(/[\s-]/g, '')
const fits = (typed: string) => passcode.test(bare(typed))

interface Accepted {
  readonly proves: readonly Proof[]
  readonly amr: readonly Amr[]
  readonly pin: DuoPin
}

function judge(answer: string, duo: DuoSaid | undefined): Accepted | Rejection {
  if (answer === '' || duo?.attempt !== answer) return { reason: fits(answer) ? 'mismatch' : 'malformed' }
  const { accountOf, userKey, userName } = duo
  const pin = { accountOf, userKey, userName }
  return duo.isSpared ? { proves: [], amr: [], pin } : { proves: ['have'], amr: shown[duo.factor] ?? [], pin }
}

/**
 * Whoever Duo lets in. This factor asks nobody: whoever holds the sign-in has asked Duo, and hands over what it said about this very
 * attempt; `answer` is what the attempt is told from others by, or a passcode that was typed. The authenticator keeps whom Duo knew the
 * person as at first, and no other user of Duo's counts for it, nor the same one in another account. Paid with the version of the sign-in.
 */
export const duoApprovals: Factor = {
  kind: 'duo',
  enrollment: {
    begin: () => ({ show: { form: 'duo' }, keep: {} }),
    answer: (_kept, answer, { duo }) => {
      const judged = judge(answer, duo)
      if ('reason' in judged) return { verdict: 'rejected', ...judged }
      const { pin, ...proved } = judged
      return { verdict: 'accepted', state: { secret: { ...pin }, counter: 0, hashes: [], usedHashes: [] }, ...proved }
    },
  },
  authentication: {
    fits,
    answer: ({ secret }, answer, { duo }) => {
      const judged = judge(answer, duo)
      if ('reason' in judged) return { verdict: 'rejected', ...judged }
      const { pin, ...proved } = judged
      const { accountOf, userKey } = duoPin(secret)
      if (pin.accountOf !== accountOf || pin.userKey !== userKey) return { verdict: 'rejected', reason: 'mismatch' }
      return { verdict: 'accepted', cost: { challenge: answer }, ...proved }
    },
  },
}

/** Whom an authenticator of Duo stands for. */
export const duoPin = (secret: unknown): DuoPin => secret as DuoPin
