import { drawn } from '#crypto/random.ts'
import { faultOfSecondFactor, plainSecondFactor, type SecondFactorSettings } from '#domain/applications-second-factor.ts'
import type { Application } from '#store/applications.ts'
import type { ApplicationDoor } from './applications.ts'

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const letters = `${capitals}abcdefghijklmnopqrstuvwxyz`

/**
 * Portals that ask for the second step only. Client id and secret have the form that Duo's libraries ask for. Both sides sign with the
 * secret, so it is kept as it is, sealed; it has 238 random bits.
 */
export const secondFactorDoor: ApplicationDoor<SecondFactorSettings> = {
  plain: plainSecondFactor,
  faultOf: faultOfSecondFactor,
  newClientId: () => `DI${drawn(18, capitals)}`,
  newSecret: () => drawn(40, letters),
  kept: (secret) => secret,
}

/** The settings of a portal. @throws {Error} for an application of another kind */
export function settingsOfPortal({ settings }: Application): SecondFactorSettings {
  if (settings.kind !== 'second-factor') throw new Error('This application comes by another door.')
  return settings
}
