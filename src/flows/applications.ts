import type {
  ApplicationChange,
  ApplicationSecret,
  Applications,
  Application as ApplicationView,
  CreatedApplication,
  NewApplication,
} from '#contract/applications.ts'
import { isId } from '#crypto/random.ts'
import { type ApplicationFault, type ApplicationKind, type ApplicationSettings, mostApplications } from '#domain/applications.ts'
import type { AuditEvent } from '#domain/audit.ts'
import type { Json } from '#domain/json.ts'
import { Problem } from '#domain/problem.ts'
import {
  type Application,
  addApplication,
  changeApplication,
  findApplication,
  listApplications,
  removeApplication,
  renewApplicationSecret,
} from '#store/applications.ts'
import { note } from '#store/audit.ts'
import type { Standing } from '#store/organizations.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { forwardAuthDoor } from './applications-forward-auth.ts'
import { oidcDoor } from './applications-oidc.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/** What applications of one kind have of their own. */
export interface ApplicationDoor<Settings extends ApplicationSettings> {
  /** Settings in the one form in which they are stored. */
  readonly plain: (settings: Settings) => Settings
  /** The first thing that is wrong with them. */
  readonly faultOf: (settings: Settings) => ApplicationFault | undefined
  readonly newClientId: () => string
  /** Absent for a kind that has no secret. */
  readonly newSecret?: () => string
  /** What is kept of a secret, sealed: its hash where that is enough. */
  readonly kept: (secret: string) => Json
  /** Ends in the transaction of the change what rests on an application that is switched off, gets another secret, or is removed. */
  readonly end?: (db: Database, now: Date, application: Application) => Promise<void>
}

type SettingsOf<Kind extends ApplicationKind> = { readonly [One in Kind]: Extract<ApplicationSettings, { readonly kind: One }> }[Kind]

/** All doors; one line for each. */
const doors: { readonly [Kind in ApplicationKind]: ApplicationDoor<SettingsOf<Kind>> } = {
  oidc: oidcDoor,
  'forward-auth': forwardAuthDoor,
}

const right = 'change-applications'

/** The applications of an organization. @throws {Problem} `forbidden`, `not-found` */
export async function applicationsOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<Applications> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, right)
  return { applications: (await listApplications(rooms.store.db, id)).map(view), issuer: rooms.publicUrl }
}

/** One of them. @throws {Problem} `forbidden`, `not-found` */
export async function applicationOf(rooms: Rooms, visit: Visit, organizationId: string, applicationId: string): Promise<ApplicationView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, right)
  return view(await requireApplication(rooms.store.db, id, applicationId))
}

/**
 * Adds an application, switched on. Its secret is told here and never again.
 *
 * @throws {Problem} `invalid-application` with the field, `too-many-applications`, `forbidden`, `proof-required`
 */
export async function createApplication(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  { name, settings: written }: NewApplication,
): Promise<CreatedApplication> {
  const plainTitle = plainName(name)
  const settings = settingsOf(written)
  const { newClientId, newSecret, kept } = doors[settings.kind]
  const secret = newSecret?.()
  const id = await change(rooms, visit, organizationId, async ({ db, now, organization, session }) => {
    if ((await listApplications(db, organization.id)).length >= mostApplications) throw new Problem('too-many-applications')
    const applicationId = await addApplication(db, rooms.keys, now, {
      organizationId: organization.id,
      name: plainTitle,
      clientId: newClientId(),
      secret: secret === undefined ? undefined : kept(secret),
      settings,
      by: session.userId,
    })
    return { answer: applicationId, events: [{ action: 'application.created', detail: noted({ name: plainTitle, settings }) }] }
  })
  return { application: await applicationOf(rooms, visit, organizationId, id), secret: secret ?? null }
}

/**
 * Renames an application, sets it up anew, switches it off or on. What its people have open in it ends when it is switched off.
 *
 * @throws {Problem} `invalid-application` with the field, `moved-on` with who was faster, `forbidden`, `not-found`, `proof-required`
 */
export async function changeApplicationOf(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  applicationId: string,
  { version, name, isOn, settings: written }: ApplicationChange,
): Promise<ApplicationView> {
  await change(rooms, visit, organizationId, async ({ db, now, organization, session }) => {
    const before = await requireApplication(db, organization.id, applicationId)
    if (written && written.kind !== before.settings.kind) throw new Problem('invalid-application', { reason: 'kind' })
    const next = {
      name: name === undefined ? before.name : plainName(name),
      isOn: isOn ?? before.isOn,
      settings: written ? settingsOf(written) : before.settings,
    }
    const changing = { organizationId: organization.id, id: before.id, version, by: session.userId }
    if (!(await changeApplication(db, now, changing, next)))
      throw new Problem('moved-on', before.changedBy === null ? {} : { changedBy: [before.changedBy] })
    if (before.isOn && !next.isOn) await doors[before.settings.kind].end?.(db, now, before)
    const [from, to] = [noted(before), noted(next)]
    const events: Event[] = []
    if (JSON.stringify(from) !== JSON.stringify(to)) events.push({ action: 'application.changed', detail: { name: before.name, from, to } })
    if (before.isOn !== next.isOn)
      events.push({ action: next.isOn ? 'application.switched-on' : 'application.switched-off', detail: { name: next.name } })
    return { answer: undefined, events }
  })
  return applicationOf(rooms, visit, organizationId, applicationId)
}

/**
 * Gives an application another secret; the one before is dead at once. It is told here and never again.
 *
 * @throws {Problem} `not-found`, also for a kind that has no secret, `forbidden`, `proof-required`
 */
export async function renewSecretOf(rooms: Rooms, visit: Visit, organizationId: string, applicationId: string): Promise<ApplicationSecret> {
  return change(rooms, visit, organizationId, async ({ db, now, organization, session }) => {
    const { id, name, settings } = await requireApplication(db, organization.id, applicationId)
    const { newSecret, kept } = doors[settings.kind]
    const secret = newSecret?.()
    if (secret === undefined) throw new Problem('not-found')
    const changing = { organizationId: organization.id, id, by: session.userId }
    if (!(await renewApplicationSecret(db, rooms.keys, now, changing, kept(secret)))) throw new Problem('not-found')
    return { answer: { secret }, events: [{ action: 'application.secret-renewed', detail: { name } }] }
  })
}

/** Removes an application for good; nobody gets into it with Countersign any more. @throws {Problem} `forbidden`, `not-found`, `proof-required` */
export async function removeApplicationOf(rooms: Rooms, visit: Visit, organizationId: string, applicationId: string): Promise<void> {
  await change(rooms, visit, organizationId, async ({ db, now, organization }) => {
    const application = await requireApplication(db, organization.id, applicationId)
    if (!(await removeApplication(db, organization.id, application.id))) throw new Problem('not-found')
    await doors[application.settings.kind].end?.(db, now, application)
    return { answer: undefined, events: [{ action: 'application.removed', detail: noted(application) }] }
  })
}

type Event = Pick<AuditEvent, 'action' | 'detail'>

interface Act {
  readonly db: Database
  readonly now: Date
  readonly organization: Standing
  readonly session: OpenSession
}

/** One change to applications: the right, the fresh proof, the right once more where the change is made, the audit. */
async function change<Answer>(
  rooms: Rooms,
  visit: Visit,
  organizationId: string,
  make: (act: Act) => Promise<{ readonly answer: Answer; readonly events: readonly Event[] }>,
): Promise<Answer> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, right)
  const session = await requireFreshSession(rooms, visit)
  const now = rooms.now()
  return rooms.store.transaction(async (db) => {
    const organization = await authorize(db, session, organizationId, right)
    const { answer, events } = await make({ db, now, organization, session })
    const acting = { organizationId: organization.id, actorId: session.userId }
    await note(db, now, visit, ...events.map((event) => ({ ...event, ...acting })))
    return answer
  })
}

async function requireApplication(db: Database, organizationId: string, id: string): Promise<Application> {
  const found = isId(id) ? await findApplication(db, organizationId, id) : undefined
  if (!found) throw new Problem('not-found')
  return found
}

/** Settings as they are stored. @throws {Problem} `invalid-application` with the field that is wrong */
function settingsOf<Kind extends ApplicationKind>(written: SettingsOf<Kind>): SettingsOf<Kind> {
  const door: ApplicationDoor<SettingsOf<Kind>> = doors[written.kind as Kind]
  const settings = door.plain(written)
  const fault = door.faultOf(settings)
  if (fault) throw new Problem('invalid-application', { reason: fault.field, ...(fault.value === undefined ? {} : { said: fault.value }) })
  return settings
}

function plainName(text: string): string {
  const name = text.trim()
  if (name === '') throw new Problem('invalid-application', { reason: 'name' })
  return name
}

/** What the audit keeps of an application: all but the secret. */
const noted = ({ name, settings }: Pick<Application, 'name' | 'settings'>): Record<string, Json> => ({ name, ...(settings as object) })

function view({ createdAt, changedAt, lastUsedAt, organizationId: _, ...application }: Application): ApplicationView {
  return {
    ...application,
    settings: application.settings as ApplicationView['settings'],
    createdAt: createdAt.toISOString(),
    changedAt: changedAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}
