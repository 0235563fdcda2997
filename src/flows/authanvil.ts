import type {
  AuthAnvilChange,
  AuthAnvilPersonChange,
  AuthAnvilPerson as PersonView,
  AuthAnvil as SettingsView,
} from '#contract/authanvil.ts'
import { type AuthAnvilPerson, type AuthAnvilSettings, fitsAuthAnvil, isPin, sasSiteId, sasUrl, usualPin } from '#domain/authanvil.ts'
import { Problem } from '#domain/problem.ts'
import { authAnvil } from '#factors/authanvil/authanvil.ts'
import { Failure } from '#factors/outside.ts'
import { note } from '#store/audit.ts'
import { changeAuthAnvil, changeAuthAnvilPerson, findAuthAnvil, findAuthAnvilPerson, type StoredAuthAnvil } from '#store/authanvil.ts'
import { findPolicy } from '#store/policy.ts'
import { authorize } from './organizations.ts'
import { act, requireActor, requireMember } from './people.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/** What an organization has set about its AuthAnvil. @throws {Problem} `forbidden`, `not-found` */
export async function authAnvilOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<SettingsView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-authanvil')
  return view(await findAuthAnvil(rooms.store.db, rooms.keys, id))
}

/**
 * Stores the settings after the service has shown that it lives. Nothing is stored when it has not, and no transaction is open while it
 * is asked. Switched off, it is not asked at all.
 *
 * @throws {Problem} `invalid-authanvil` with the field, `authanvil-check-failed` with what is wrong, `method-in-use` when it is switched
 *   off while the rules allow it, `moved-on` with who was faster, `forbidden`, `proof-required`
 */
export async function changeAuthAnvilOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { version, ...written }: AuthAnvilChange,
): Promise<SettingsView> {
  const first = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, first, organizationId, 'change-authanvil')
  const session = await requireFreshSession(rooms, visit)
  const { db, transaction } = rooms.store
  const known = await findAuthAnvil(db, rooms.keys, id)
  const settings = settingsOf(written, known)
  if (known.version !== version) throw overtaken(known)
  const sas = settings.isOn ? await signOfLife(rooms, settings) : known.sas
  await transaction(async (db) => {
    const found = await authorize(db, session, organizationId, 'change-authanvil')
    const before = await findAuthAnvil(db, rooms.keys, found.id)
    if (!settings.isOn && (await findPolicy(db, found.id)).methods.includes('authanvil'))
      throw new Problem('method-in-use', { methods: ['authanvil'] })
    const change = { organizationId: found.id, settings, sas, version, changedBy: session.userId }
    if (!(await changeAuthAnvil(db, rooms.keys, rooms.now(), change))) throw overtaken(before)
    await note(db, rooms.now(), visit, {
      action: 'authanvil.changed',
      organizationId: found.id,
      actorId: session.userId,
      detail: {
        from: before.settings ? noted(before.settings) : null,
        to: noted(settings),
        secretChanged: settings.pin !== (before.settings?.pin ?? usualPin),
      },
    })
  })
  return view(await findAuthAnvil(db, rooms.keys, id))
}

const overtaken = ({ changedBy }: StoredAuthAnvil) => new Problem('moved-on', changedBy === null ? {} : { changedBy: [changedBy] })

/** What the audit keeps of settings: all but the PIN. */
const noted = ({ pin: _secret, ...rest }: AuthAnvilSettings) => rest

/** Settings as they are stored. @throws {Problem} `invalid-authanvil` with the field that is wrong */
function settingsOf(written: Omit<AuthAnvilChange, 'version'>, known: StoredAuthAnvil): AuthAnvilSettings {
  const { isOn, pinOrder, showsPin } = written
  const wrong = (reason: string) => new Problem('invalid-authanvil', { reason })
  const pin = written.pin ?? known.settings?.pin ?? usualPin
  // Whatever was half typed may be switched off.
  const isEmpty = !isOn && written.url.trim() === ''
  const url = isEmpty ? '' : sasUrl(written.url, true)
  if (url === undefined) throw wrong('url')
  const siteId = sasSiteId(written.siteId)
  if (siteId === undefined) throw wrong('siteId')
  if (!isPin(pin)) throw wrong('pin')
  return { isOn, url, siteId, pin, pinOrder, showsPin }
}

/** Asks how the service wants to be asked, and whether it lives. @throws {Problem} `authanvil-check-failed` with what is wrong */
async function signOfLife(rooms: Rooms, { url, siteId }: AuthAnvilSettings): Promise<unknown> {
  const client = authAnvil({ ask: rooms.outside, url, siteId })
  try {
    const sas = await client.discover()
    await client.alive(sas)
    return sas
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const isPlain = url.startsWith('http:') && error.reason === 'host'
    throw new Problem('authanvil-check-failed', {
      reason: isPlain ? 'plain' : error.reason,
      ...(error.detail === undefined ? {} : { said: error.detail.slice(0, 200) }),
    })
  }
}

function view({ settings, version, changedBy, changedAt }: StoredAuthAnvil): SettingsView {
  return {
    isOn: settings?.isOn ?? false,
    url: settings?.url ?? '',
    siteId: settings?.siteId ?? 1,
    isUsualPin: (settings?.pin ?? usualPin) === usualPin,
    pinOrder: settings?.pinOrder ?? 'before',
    showsPin: settings?.showsPin ?? false,
    version,
    changedBy,
    changedAt: changedAt?.toISOString() ?? null,
  }
}

/** What AuthAnvil knows a person by. @throws {Problem} `forbidden`, `not-found` */
export async function authAnvilPersonOf(rooms: Rooms, visit: Visit, organizationId: string, memberId: string): Promise<PersonView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-authanvil')
  const member = await requireMember(rooms.store.db, id, memberId, session.userId)
  return personView(await findAuthAnvilPerson(rooms.store.db, rooms.keys, id, member.id))
}

/** Sets the name or the PIN of one person. @throws {Problem} `invalid-authanvil` with the field, `forbidden`, `not-found`, `proof-required` */
export async function changeAuthAnvilPersonOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  memberId: string,
  written: AuthAnvilPersonChange,
): Promise<PersonView> {
  const rights = ['change-authanvil'] as const
  const session = await requireActor(rooms, visit, organizationId, rights)
  const userName = written.userName?.trim()
  if (userName !== undefined && !fitsAuthAnvil(userName)) throw new Problem('invalid-authanvil', { reason: 'userName' })
  if (typeof written.pin === 'string' && !isPin(written.pin)) throw new Problem('invalid-authanvil', { reason: 'pin' })
  await act(rooms, visit, session, organizationId, memberId, {
    rights,
    change: async ({ db, now, organization, member }) => {
      const before = await findAuthAnvilPerson(db, rooms.keys, organization.id, member.id)
      const next: AuthAnvilPerson = {
        ...kept('userName', written.userName === null ? null : userName, before),
        ...kept('pin', written.pin, before),
      }
      const who = { organizationId: organization.id, userId: member.id, changedBy: session.userId }
      await changeAuthAnvilPerson(db, rooms.keys, now, { ...next, ...who })
      const names = { from: before.userName ?? null, to: next.userName ?? null }
      return [{ action: 'authanvil.person-changed' as const, detail: { userName: names, secretChanged: next.pin !== before.pin } }]
    },
  })
  return authAnvilPersonOf(rooms, visit, organizationId, memberId)
}

/** A field after a change: undefined leaves it as it was, null takes it away. */
function kept(field: keyof AuthAnvilPerson, written: string | null | undefined, before: AuthAnvilPerson): AuthAnvilPerson {
  const next = written === undefined ? before[field] : (written ?? undefined)
  return next === undefined ? {} : { [field]: next }
}

const personView = ({ userName, pin }: AuthAnvilPerson): PersonView => ({ userName: userName ?? null, hasPin: pin !== undefined })
