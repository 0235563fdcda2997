import type { ApplicationFault } from './applications.ts'
import { isPlainAddress } from './applications-oidc.ts'

/** A portal that keeps its own passwords and asks for the second step only. */
export interface SecondFactorSettings {
  readonly kind: 'second-factor'
  /** Where the browser may be sent back to with a code: compared letter by letter. */
  readonly redirectUris: readonly string[]
  /** Whether somebody without an authenticator may set up their first one on the portal's word alone. */
  readonly opensSetUp: boolean
  /** Whether the portal is told when somebody cancels, by `error=access_denied`; else they stay on our page. */
  readonly returnsRefusals: boolean
}

/** Settings in the one form in which they are stored: without blanks around addresses, and each address once. */
export function plainSecondFactor(settings: SecondFactorSettings): SecondFactorSettings {
  const redirectUris = [...new Set(settings.redirectUris.map((one) => one.trim()).filter((one) => one !== ''))]
  return { kind: 'second-factor', redirectUris, opensSetUp: settings.opensSetUp, returnsRefusals: settings.returnsRefusals }
}

/** The first thing that is wrong with settings. */
export function faultOfSecondFactor({ redirectUris }: SecondFactorSettings): ApplicationFault | undefined {
  if (redirectUris.length === 0) return { field: 'redirectUris' }
  const value = redirectUris.find((one) => !isPlainAddress(one))
  return value === undefined ? undefined : { field: 'redirectUris', value }
}
