import type { DuoChange, DuoCheck, Duo as DuoView, DuoProof as ProofView, WrittenDuoApplication } from '#contract/duo.ts'
import { type DuoApplication, type DuoSettings, duoHost, duoId, duoSecret } from '#domain/duo.ts'
import { Problem } from '#domain/problem.ts'
import { type DuoProof, proveDuo } from '#factors/duo/proof.ts'
import { note } from '#store/audit.ts'
import { changeDuo, findDuo, findDuoService, hasDuo, isDuoOffered, noteDuoProved, type StoredDuo, sitesUsingDuoOf } from '#store/duo.ts'
import { duoAccountOf, findBoundToDuo } from '#store/duo-bound.ts'
import type { Standing } from '#store/organizations.ts'
import { findPolicy } from '#store/policy.ts'
import type { OpenSession } from '#store/session.ts'
import type { Database } from '#store/tables.ts'
import { leftByDuo, retireLeft } from './duo-leaving.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

type Pair = { readonly prompt: DuoApplication; readonly auth: DuoApplication }

/** What an organization has set about Duo, without any secret. @throws {Problem} `forbidden`, `not-found` */
export async function duoOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<DuoView> {
  const session = await requireSession(rooms, visit)
  return view(rooms, session, await authorize(rooms.store.db, session, organizationId, 'change-duo'))
}

/**
 * Stores the settings, new keys only after Duo has taken both pairs. Nothing is stored when it has not, and no transaction is open while
 * it is asked. A secret that is not sent stays as it was, and only while host and key stay the same: nobody leads it elsewhere. Whoever
 * is bound to an account that is given up sets up anew: in another one they would be somebody else.
 *
 * @throws {Problem} `invalid-duo` with the field, `duo-check-failed` with what is wrong about which application, `duo-not-offered`,
 *   `duo-account-in-use` when its people may not be reset like this, `method-in-use` when it is switched off while rules allow it, here or in sites that use this account, `moved-on` with who was
 *   faster, `forbidden`, `proof-required`
 */
export async function changeDuoOf(rooms: Rooms, visit: Visit, organizationId: string, change: DuoChange): Promise<DuoView> {
  const first = await requireSession(rooms, visit)
  const organization = await authorize(rooms.store.db, first, organizationId, 'change-duo')
  const session = await requireFreshSession(rooms, visit)
  const { db, keys, transaction } = { ...rooms.store, keys: rooms.keys }
  const { version } = change
  const known = await findDuo(db, keys, organization.id)
  if (known.version !== version) throw overtaken(known)
  const settings = settingsOf(rooms, organization, change, known.settings)
  const isProved = await proved(rooms, settings, known)
  await transaction(async (db) => {
    const found = await authorize(db, session, organizationId, 'change-duo')
    const before = await findDuo(db, keys, found.id)
    await requireSpared(db, found, settings)
    const left = await leftByDuo(rooms, db, { organization: found, by: session.userId, before: before.settings, next: settings })
    const provedAt = isProved ? rooms.now() : isSamePair(settings, before.settings) ? before.provedAt : null
    const next = { organizationId: found.id, settings, version, changedBy: session.userId, provedAt }
    if (!(await changeDuo(db, keys, rooms.now(), next))) throw overtaken(before)
    await retireLeft(rooms, visit, db, { organization: found, session, left })
    await note(db, rooms.now(), visit, {
      action: 'duo.changed',
      organizationId: found.id,
      actorId: session.userId,
      detail: {
        from: before.settings ? noted(before.settings) : null,
        to: noted(settings),
        secretChanged:
          settings.prompt?.secret !== before.settings?.prompt?.secret || settings.auth?.secret !== before.settings?.auth?.secret,
        ...(left.length > 0 ? { retired: left.length } : {}),
      },
    })
  })
  rooms.onMessage()
  return view(rooms, session, organization)
}

/**
 * Tries the keys that are in use once more: one's own, also while Duo is switched off, or those of the provider.
 *
 * @throws {Problem} `method-not-available` where there are none, `forbidden`, `not-found`
 */
export async function checkDuoOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<DuoCheck> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'change-duo')
  const { db } = rooms.store
  const { settings } = await findDuo(db, rooms.keys, id)
  const service = await findDuoService(db, rooms.keys, id)
  const pair = (settings?.account === 'own' ? pairOf(settings) : undefined) ?? service
  if (!pair) throw new Problem('method-not-available', { methods: ['duo'], reason: 'duo-off' })
  const accountOf = service?.accountOf ?? id
  const { prompt, auth } = await proofsOf(rooms, pair)
  const now = rooms.now()
  const isRight = prompt.proof === 'right' && auth.proof === 'right'
  await rooms.store.transaction(async (db) => {
    if (isRight && accountOf === id) await noteDuoProved(db, now, id)
    await note(db, now, visit, {
      action: 'duo.checked',
      organizationId: id,
      actorId: session.userId,
      detail: { webSdk: result(prompt), authApi: result(auth) },
    })
  })
  // What Duo answers about somebody else's account is theirs to read.
  const shown = (proof: DuoProof) => proofView(proof, accountOf === id)
  return { at: now.toISOString(), prompt: shown(prompt), auth: shown(auth) }
}

const overtaken = ({ changedBy }: StoredDuo) => new Problem('moved-on', changedBy === null ? {} : { changedBy: [changedBy] })

/** What the audit keeps of settings: all but the secrets. */
function noted({ prompt, auth, ...rest }: DuoSettings) {
  const shown = (application: DuoApplication | undefined) => application?.key ?? null
  return { ...rest, host: prompt?.host ?? null, webSdk: shown(prompt), authApi: shown(auth) }
}

function pairOf({ prompt, auth }: Pick<DuoSettings, 'prompt' | 'auth'>): Pair | undefined {
  return prompt && auth && { prompt, auth }
}

const isSame = (one: DuoApplication | undefined, other: DuoApplication | undefined) =>
  one?.host === other?.host && one?.key === other?.key && one?.secret === other?.secret

const isSamePair = (one: DuoSettings, other: DuoSettings | undefined) => isSame(one.prompt, other?.prompt) && isSame(one.auth, other?.auth)

/** Settings as they are stored. @throws {Problem} `invalid-duo` with the field that is wrong */
function settingsOf(rooms: Rooms, { kind }: Standing, written: DuoChange, known: DuoSettings | undefined): DuoSettings {
  const { isOn, account, whenAway, countsBypass } = written
  const servesSites = written.servesSites ?? known?.servesSites ?? false
  if (account === 'provider' && kind === 'provider') throw new Problem('invalid-duo', { reason: 'account' })
  if (servesSites && kind !== 'provider') throw new Problem('invalid-duo', { reason: 'servesSites' })
  const prompt = applicationOf(rooms, 'prompt', written.prompt, known?.prompt)
  const auth = applicationOf(rooms, 'auth', written.auth, known?.auth)
  // Every application of one account has the same host: two hosts are two accounts, where one person is two users.
  if (prompt && auth && prompt.host !== auth.host) throw new Problem('invalid-duo', { reason: 'auth.host-other' })
  if (isOn && account === 'own') {
    if (!prompt) throw new Problem('invalid-duo', { reason: 'prompt.key' })
    if (!auth) throw new Problem('invalid-duo', { reason: 'auth.key' })
  }
  return {
    isOn,
    account,
    ...(prompt ? { prompt } : {}),
    ...(auth ? { auth } : {}),
    whenAway,
    countsBypass,
    servesSites: servesSites && isOn,
  }
}

function applicationOf(
  { listedHosts }: Rooms,
  which: 'prompt' | 'auth',
  written: WrittenDuoApplication | null | undefined,
  known: DuoApplication | undefined,
): DuoApplication | undefined {
  if (written === undefined) return known
  if (written === null) return undefined
  const wrong = (field: string) => new Problem('invalid-duo', { reason: `${which}.${field}` })
  const key = duoId(written.key)
  if (key === undefined) throw wrong('key')
  const host = duoHost(written.host, listedHosts)
  if (host === undefined) throw wrong('host')
  if (written.secret === undefined || written.secret.trim() === '') {
    if (!known) throw wrong('secret')
    if (known.host !== host || known.key !== key) throw wrong('secret-again')
    return known
  }
  const secret = duoSecret(written.secret)
  if (secret === undefined) throw wrong('secret')
  return { host, key, secret }
}

/**
 * Tries keys that are new, or that are switched on. @returns whether Duo was asked and took both
 * @throws {Problem} `duo-check-failed` with what is wrong about which application
 */
async function proved(rooms: Rooms, settings: DuoSettings, { settings: known }: StoredDuo): Promise<boolean> {
  const pair = pairOf(settings)
  const isSwitchedOn = settings.isOn && settings.account === 'own' && !(known?.isOn && known.account === 'own')
  if (!isSwitchedOn && isSamePair(settings, known)) return false
  if (!pair) {
    // One alone cannot be tried, so it is not kept either.
    if (settings.prompt || settings.auth) throw new Problem('invalid-duo', { reason: settings.prompt ? 'auth.key' : 'prompt.key' })
    return false
  }
  const { prompt, auth } = await proofsOf(rooms, pair)
  if (prompt.proof === 'right' && auth.proof === 'right') return true
  const said = [prompt, auth].flatMap((proof) => (proof.proof === 'wrong' && proof.detail ? [proof.detail] : []))
  throw new Problem('duo-check-failed', {
    prompt: result(prompt),
    auth: result(auth),
    ...(said[0] === undefined ? {} : { said: said[0].slice(0, 200) }),
  })
}

const proofsOf = ({ outside, now }: Rooms, pair: Pair) => proveDuo({ prompt: pair.prompt, auth: pair.auth }, { ask: outside, now })

const result = (proof: DuoProof): string => (proof.proof === 'right' ? 'right' : proof.because)

function proofView(proof: DuoProof, isOwn: boolean): ProofView {
  if (proof.proof === 'right') return { proof: 'right' }
  const { because, detail } = proof
  return { proof: 'wrong', because, ...(detail === undefined || !isOwn ? {} : { said: detail.slice(0, 200) }) }
}

/**
 * Refuses what would leave rules that allow Duo without one, here or in sites that use this account.
 *
 * @throws {Problem} `duo-not-offered`, `method-in-use`
 */
async function requireSpared(db: Database, { id, kind }: Standing, settings: DuoSettings): Promise<void> {
  if (settings.isOn && settings.account === 'provider' && !(await isDuoOffered(db, id))) throw new Problem('duo-not-offered')
  if (!settings.isOn && (await findPolicy(db, id)).methods.includes('duo')) throw new Problem('method-in-use', { methods: ['duo'] })
  if (kind !== 'provider' || settings.servesSites) return
  const sites = await sitesUsingDuoOf(db, id)
  if (sites > 0) throw new Problem('method-in-use', { methods: ['duo'], reason: 'sites', sites })
}

async function view(rooms: Rooms, { userId }: OpenSession, { id, kind }: Standing): Promise<DuoView> {
  const { db } = rooms.store
  const { settings, version, changedBy, changedAt, provedAt, lastTrouble } = await findDuo(db, rooms.keys, id)
  const shown = (application: DuoApplication | undefined) => (application ? { host: application.host, key: application.key } : null)
  const accountOf = await duoAccountOf(db, id, settings)
  const whose = { organizationId: id, accountOf: accountOf ?? id, by: userId }
  return {
    isOn: settings?.isOn ?? false,
    account: settings?.account ?? 'own',
    prompt: shown(settings?.prompt),
    auth: shown(settings?.auth),
    whenAway: settings?.whenAway ?? 'closed',
    countsBypass: settings?.countsBypass ?? false,
    servesSites: settings?.servesSites ?? false,
    isUsable: await hasDuo(db, id),
    isOffered: await isDuoOffered(db, id),
    sitesUsing: kind === 'provider' ? await sitesUsingDuoOf(db, id) : 0,
    bound: accountOf === undefined ? 0 : (await findBoundToDuo(db, rooms.keys, rooms.now(), whose)).length,
    provedAt: provedAt?.toISOString() ?? null,
    lastTrouble: lastTrouble ? { reason: lastTrouble.reason, at: lastTrouble.at.toISOString() } : null,
    version,
    changedBy,
    changedAt: changedAt?.toISOString() ?? null,
  }
}
