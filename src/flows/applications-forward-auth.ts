import { newToken } from '#crypto/random.ts'
import { type ForwardAuthSettings, faultOfForwardAuth, plainForwardAuth } from '#domain/applications-forward-auth.ts'
import { endPortalSessions } from '#store/forward-auth.ts'
import type { ApplicationDoor } from './applications.ts'

/** Applications behind a reverse proxy: believed by the address of the proxy, so there is no secret. */
export const forwardAuthDoor: ApplicationDoor<ForwardAuthSettings> = {
  plain: plainForwardAuth,
  faultOf: faultOfForwardAuth,
  newClientId: () => newToken().slice(0, 22),
  kept: () => null,
  end: (db, _now, { id }) => endPortalSessions(db, id),
}
