import type { LookChange, Look as LookView } from '#contract/look.ts'
import { isId } from '#crypto/random.ts'
import { plainHost } from '#domain/host.ts'
import { accentOf, type LogoType, logoType } from '#domain/look.ts'
import type { Message } from '#domain/message.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { changeLook, findLogo, findLook, findMailLook, findPageLook, type StoredLook } from '#store/look.ts'
import { authorize } from './organizations.ts'
import { movedOn } from './policy.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

const longestLogo = 65_536

/** What stands around a page of the Prompt. */
export interface PageLook {
  readonly name: string
  readonly accent?: string
  readonly logo?: string
  readonly supportContact?: string
}

/**
 * The look of a page: of the organization whose host name was asked; else of the one that the person belongs to; at the
 * provider's own address of the provider; and nobody's where a request names a host that we do not know.
 */
export async function pageLook({ store, publicUrl }: Rooms, hostname: string, organizationId?: string): Promise<PageLook | undefined> {
  const isProviders = hostname === new URL(publicUrl).hostname
  const host = isProviders ? undefined : plainHost(hostname)
  const look = await findPageLook(store.db, { isProviders, ...(host ? { host } : {}), ...(organizationId ? { organizationId } : {}) })
  if (!look) return undefined
  return {
    name: look.name,
    ...(look.accent === null ? {} : { accent: look.accent }),
    ...(look.logoHash === null ? {} : { logo: logoPath(look, look.logoHash) }),
    ...(look.supportContact === null ? {} : { supportContact: look.supportContact }),
  }
}

/** In whose look a mail goes out, ready for the catalogue of words. */
export interface MailLook {
  readonly name: string
  readonly accent?: string
  readonly support?: string
  readonly logo?: { readonly type: LogoType; readonly bytes: Buffer }
}

/**
 * The look of a mail: of the organization that it invites to, or of its reader's only one. Whoever is only invited has not chosen
 * this organization, so nothing that it wrote becomes an address in the mail.
 */
export async function mailLook({ store }: Rooms, { to, values }: Message): Promise<MailLook | undefined> {
  const { organizationId } = values
  const look = await findMailLook(store.db, to, organizationId)
  if (!look) return undefined
  const bytes = look.logoHash === null ? undefined : await findLogo(store.db, look.organizationId, look.logoHash)
  const type = bytes && logoType(bytes)
  return {
    name: look.name,
    ...(look.accent === null ? {} : { accent: accentOf(look.accent).light.fill }),
    ...(look.supportContact === null || organizationId !== undefined ? {} : { support: look.supportContact }),
    ...(type ? { logo: { type, bytes } } : {}),
  }
}

/** A logo and what it is. @throws {Problem} `not-found` also for an earlier one */
export async function logoOf(
  { store }: Rooms,
  organizationId: string,
  hash: string,
): Promise<{ readonly type: LogoType; readonly bytes: Buffer }> {
  const bytes = isId(organizationId) ? await findLogo(store.db, organizationId, hash) : undefined
  const type = bytes && logoType(bytes)
  if (!type) throw new Problem('not-found')
  return { type, bytes }
}

export async function lookOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<LookView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-policy')
  return view(await findLook(rooms.store.db, id))
}

/**
 * Changes accent color, support contact and logo.
 *
 * @throws {Problem} `invalid-logo`, `forbidden`, `proof-required`, `moved-on` with who changed what when somebody else saved in the meantime
 */
export async function changeLookOf(rooms: Rooms, visit: Visit, organizationId: string, change: LookChange): Promise<LookView> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-policy')
  const session = await requireFreshSession(rooms, visit)
  const supportContact = change.supportContact?.trim() || null
  const logo = typeof change.logo === 'string' ? requireLogo(change.logo) : change.logo
  const next = { accent: change.accent, supportContact, ...(logo === undefined ? {} : { logo }) }
  const look = await rooms.store.transaction(async (db) => {
    const { id } = await authorize(db, session, organizationId, 'change-policy')
    const before = await findLook(db, id)
    if (before.version !== change.version || !(await changeLook(db, id, next, change.version)))
      throw await movedOn(db, id, 'organization.look-changed', change.version)
    const after = await findLook(db, id)
    const facts = (one: StoredLook) => ({ accent: one.accent, supportContact: one.supportContact, logo: one.logoHash })
    await note(db, rooms.now(), visit, {
      action: 'organization.look-changed',
      organizationId: id,
      actorId: session.userId,
      detail: { from: facts(before), to: facts(after), version: after.version },
    })
    return after
  })
  return view(look)
}

function requireLogo(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > longestLogo) throw new Problem('invalid-logo', { reason: 'size' })
  if (!logoType(bytes)) throw new Problem('invalid-logo', { reason: 'type' })
  return bytes
}

const logoPath = ({ organizationId }: StoredLook, hash: string) => `/logos/${organizationId}/${hash}`

function view(look: StoredLook): LookView {
  const shades = look.accent === null ? undefined : accentOf(look.accent)
  return {
    version: look.version,
    accent: look.accent,
    shown: shades ? { light: shades.light.fill, dark: shades.dark.fill } : null,
    logo: look.logoHash === null ? null : logoPath(look, look.logoHash),
    supportContact: look.supportContact,
  }
}
