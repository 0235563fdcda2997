import type { Amr, Proof } from '#domain/assurance.ts'
import { fitsAuthAnvil, type Said } from '#domain/authanvil.ts'
import type { Factor, Rejection } from '#domain/factor.ts'

interface Accepted {
  readonly proves: readonly Proof[]
  readonly amr: readonly Amr[]
  readonly organizationId: string
}

/** The PIN that the organization has stored proves nothing of the person; one that they typed is something they know. */
function judge(answer: string, said: Said | undefined): Accepted | Rejection {
  if (!fitsAuthAnvil(answer)) return { reason: 'malformed' }
  if (said?.answer !== answer || !said.isRight) return { reason: 'mismatch' }
  return { proves: said.hasTypedPin ? ['have', 'know'] : ['have'], amr: ['otp'], organizationId: said.organizationId }
}

/**
 * Passcodes of an organization's AuthAnvil. This factor asks nobody: whoever holds the sign-in has asked, and hands over what was said
 * of this very answer. The authenticator remembers whose service it was bound by, and no other one's yes counts for it. AuthAnvil keeps
 * what was used; here a yes is paid with the version of the sign-in.
 */
export const authAnvilPasscodes: Factor = {
  kind: 'authanvil',
  enrollment: {
    begin: () => ({ show: { form: 'passcode' }, keep: {} }),
    answer: (_kept, answer, { said }) => {
      const judged = judge(answer, said)
      if ('reason' in judged) return { verdict: 'rejected', ...judged }
      const { organizationId, ...proved } = judged
      return { verdict: 'accepted', state: { secret: { organizationId }, counter: 0, hashes: [], usedHashes: [] }, ...proved }
    },
  },
  authentication: {
    fits: fitsAuthAnvil,
    answer: ({ secret }, answer, { said }) => {
      const judged = judge(answer, said)
      if ('reason' in judged) return { verdict: 'rejected', ...judged }
      const { organizationId, ...proved } = judged
      if (organizationId !== boundBy(secret)) return { verdict: 'rejected', reason: 'mismatch' }
      return { verdict: 'accepted', cost: { challenge: organizationId }, ...proved }
    },
  },
}

/** The organization whose AuthAnvil an authenticator was bound by. */
export const boundBy = (secret: unknown): string => (secret as { readonly organizationId: string }).organizationId
