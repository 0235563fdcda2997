import { digest, newToken } from '#crypto/random.ts'
import { faultOfOidc, type OidcSettings, plainOidc } from '#domain/applications-oidc.ts'
import { endArtifactsOf } from '#store/oidc.ts'
import type { ApplicationDoor } from './applications.ts'

/** Applications that come by OpenID Connect: of a secret of 256 random bits the hash is all that is kept. */
export const oidcDoor: ApplicationDoor<OidcSettings> = {
  plain: plainOidc,
  faultOf: faultOfOidc,
  newClientId: () => newToken().slice(0, 22),
  newSecret: newToken,
  kept: (secret) => digest(secret).toString('base64url'),
  end: (db, _now, { clientId }) => endArtifactsOf(db, clientId),
}
