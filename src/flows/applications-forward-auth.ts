import type { ForwardAuthPreview } from '#contract/applications-forward-auth.ts'
import { isId, newToken } from '#crypto/random.ts'
import { type ForwardAuthSettings, faultOfForwardAuth, plainForwardAuth } from '#domain/applications-forward-auth.ts'
import { comparablePath, rulesFor, strengthOf } from '#domain/forward-auth.ts'
import { Problem } from '#domain/problem.ts'
import { countLetIn, endPortalSessions } from '#store/forward-auth.ts'
import type { ApplicationDoor } from './applications.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'

/** Applications behind a reverse proxy: believed by the address of the proxy, so there is no secret. */
export const forwardAuthDoor: ApplicationDoor<ForwardAuthSettings> = {
  plain: plainForwardAuth,
  faultOf: faultOfForwardAuth,
  newClientId: () => newToken().slice(0, 22),
  kept: () => null,
  end: (db, _now, { id }) => endPortalSessions(db, id),
}

/** Whom a draft would let in; nothing is stored. @throws {Problem} `invalid-application` with the field, `forbidden`, `not-found` */
export async function previewForwardAuth(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  draft: ForwardAuthSettings,
): Promise<ForwardAuthPreview> {
  const session = await requireSession(rooms, visit)
  const { db } = rooms.store
  const { id, kind } = await authorize(db, session, organizationId, 'change-applications')
  const settings = plainForwardAuth(draft)
  const fault = faultOfForwardAuth(settings)
  if (fault && fault.field !== 'origins') throw new Problem('invalid-application', { reason: fault.field })
  const organizations =
    settings.people === 'own'
      ? [id]
      : kind === 'provider'
        ? settings.people === 'all'
          ? 'all'
          : settings.organizations.filter(isId)
        : settings.people === 'all' || settings.organizations.includes(id)
          ? [id]
          : []
  const counted = settings.rules.map(async ({ path }) => {
    const compared = comparablePath(path) ?? ''
    const rules = rulesFor(settings, compared)
    const asks = strengthOf(settings, compared)
    const [first, ...others] = rules.map((rule) => rule.roles)
    const roles = (first ?? []).filter((role) => others.every((list) => list.includes(role)))
    return { path, asks, ...(await countLetIn(db, organizations, roles, asks)) }
  })
  return { rules: await Promise.all(counted) }
}
