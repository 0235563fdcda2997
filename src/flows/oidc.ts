import { digest, isSame, keyedDigest } from '#crypto/random.ts'
import { type Acr, acrs, acrsOf, authenticatedAt, knownAcrs } from '#domain/acr.ts'
import type { OidcSettings } from '#domain/applications-oidc.ts'
import { assuranceOf, isPhishingResistant } from '#domain/assurance.ts'
import { requirementFor } from '#domain/policy.ts'
import { Problem } from '#domain/problem.ts'
import { type Application, findClientWithSecret, hasApplicationOf, noteUse } from '#store/applications.ts'
import {
  type Artifact,
  consumeArtifact,
  dropArtifact,
  dropTokensOf,
  findArtifact,
  findOidcPerson,
  type NewArtifact,
  type OidcPerson,
  saveArtifact,
} from '#store/oidc.ts'
import { findAccount, type OpenSession } from '#store/session.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireSession, sessionById } from './session.ts'
import { maySetUpPasskey } from './sign-in.ts'

/** An application as OpenID Connect knows it. */
export interface OidcApplication extends Pick<Application, 'id' | 'organizationId' | 'name' | 'clientId'> {
  readonly settings: OidcSettings
  /** The hash of its secret. */
  readonly secretHash: string
}

/** Whether any application speaks OpenID Connect. */
export const hasOidcApplications = ({ store }: Pick<Rooms, 'store'>): Promise<boolean> => hasApplicationOf(store.db, 'oidc')

/** The application that calls itself so, while it is switched on and its organization is open. */
export async function oidcApplication(rooms: Rooms, clientId: string): Promise<OidcApplication | undefined> {
  const found = await findClientWithSecret(rooms.store.db, rooms.keys, clientId)
  if (!found?.application.isOn || found.application.settings.kind !== 'oidc' || typeof found.secret !== 'string') return undefined
  return { ...found.application, settings: found.application.settings, secretHash: found.secret }
}

/** Whether a text is the secret that this is the hash of. */
export function isApplicationSecret(secretHash: string, text: string): boolean {
  return isSame(digest(text).toString('base64url'), secretHash)
}

/** Writes down that somebody signed in to an application. */
export async function noteApplicationUse(rooms: Rooms, applicationId: string): Promise<void> {
  await noteUse(rooms.store.db, rooms.now(), applicationId)
}

/** What a session says to applications: who, what was shown, and since when. Nothing but what has happened. */
export interface OidcSession {
  readonly id: string
  readonly userId: string
  /** All classes that it reaches, strongest first. */
  readonly acrs: readonly Acr[]
  readonly amr: readonly string[]
  readonly authenticatedAt: Date
}

const toOidcSession = ({ id, userId, evidence }: OpenSession): OidcSession => ({
  id,
  userId,
  acrs: acrsOf(evidence),
  amr: assuranceOf(evidence).amr,
  authenticatedAt: authenticatedAt(evidence),
})

/** The session of whoever asks; undefined without one. */
export async function oidcSessionOf(rooms: Rooms, visit: Visit): Promise<OidcSession | undefined> {
  const session = await requireSession(rooms, visit).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'not-signed-in') return undefined
    throw error
  })
  return session && toOidcSession(session)
}

/** The session with this id, while it is alive and still enough by the rules. */
export async function oidcSessionById(rooms: Rooms, id: string): Promise<OidcSession | undefined> {
  const session = await sessionById(rooms, id)
  return session && toOidcSession(session)
}

/** What a session is called towards one application, and the grant that its tokens belong to: derived, so that nothing has to be kept. */
export function namesOf(
  { keys }: Pick<Rooms, 'keys'>,
  sessionId: string,
  clientId: string,
): { readonly sid: string; readonly grantId: string } {
  const name = (what: string) => keyedDigest(keys.oidc, JSON.stringify([what, sessionId, clientId]))
  return { sid: name('sid'), grantId: name('grant') }
}

/** Somebody as an application may know them; undefined for who does not belong to its organization, or to one below it. */
export async function oidcPerson(
  rooms: Rooms,
  { organizationId }: Pick<OidcApplication, 'organizationId'>,
  userId: string,
): Promise<OidcPerson | undefined> {
  return findOidcPerson(rooms.store.db, organizationId, userId)
}

/** What an application asks of whoever signs in to it. */
export interface Wish {
  /** Classes of which one is to be reached; empty where none is asked for. */
  readonly acrs: readonly string[]
  /** The most seconds that may have passed since everything was shown. */
  readonly maxAgeSeconds?: number
  /** Whether everything is to be shown anew, in any case after {@link since}. */
  readonly isAnew: boolean
  /** Since when the person has been asked. */
  readonly since?: Date
}

/** Whether a session has shown what is asked for. */
export function meets({ now }: Pick<Rooms, 'now'>, session: OidcSession, wish: Wish): { readonly acr: boolean; readonly age: boolean } {
  const { acrs: wanted, maxAgeSeconds, isAnew, since } = wish
  const isSince = since !== undefined && session.authenticatedAt >= since
  const age = (now().getTime() - session.authenticatedAt.getTime()) / 1000
  const isYoung = !isAnew && (maxAgeSeconds === undefined || age <= maxAgeSeconds)
  return { acr: wanted.length === 0 || session.acrs.some((one) => wanted.includes(one)), age: isYoung || isSince }
}

/** What is to happen next with somebody who signs in to an application. */
export type Next =
  | { readonly next: 'sign-in' }
  | { readonly next: 'step-up'; readonly isAnew: boolean; readonly passkey?: boolean }
  | { readonly next: 'unmet' }
  | { readonly next: 'stranger'; readonly email: string }
  | { readonly next: 'enter'; readonly session: OidcSession }

/** Looks at who asks, and at what the application asks of them. */
export async function nextFor(rooms: Rooms, visit: Visit, application: OidcApplication, wish: Wish): Promise<Next> {
  const session = await oidcSessionOf(rooms, visit)
  if (!session) return { next: 'sign-in' }
  const account = await findAccount(rooms.store.db, session.userId)
  if (!account) return { next: 'sign-in' }
  if (!(await oidcPerson(rooms, application, session.userId))) return { next: 'stranger', email: account.email }
  const met = meets(rooms, session, wish)
  if (met.acr && met.age) return { next: 'enter', session }
  if (met.acr) return { next: 'step-up', isAnew: true }
  const { secondStep, methods = [] } = requirementFor(account.memberships, account.setUpDue)
  const kinds = account.authenticators.map(({ kind }) => kind)
  const reachable = new Set<string>()
  if (secondStep !== 'never' && [...(kinds.length > 0 ? kinds : methods)].some((kind) => kind !== 'email')) reachable.add(acrs.twoFactors)
  const hasPasskey = secondStep !== 'never' && kinds.some(isPhishingResistant)
  if (hasPasskey || maySetUpPasskey(account)) reachable.add(acrs.phishingResistant)
  if (!wish.acrs.some((one) => reachable.has(one))) return { next: 'unmet' }
  // Where something else is enough, too, nobody has to set up a passkey.
  const isOnly = wish.acrs.every((one) => one === acrs.phishingResistant || !reachable.has(one))
  return { next: 'step-up', isAnew: !met.age, ...(isOnly && !hasPasskey ? { passkey: true } : {}) }
}

/** The classes among what an application wrote that there are. */
export const knownOf = (values: readonly string[]): readonly string[] =>
  values.filter((one) => (knownAcrs as readonly string[]).includes(one))

/** Codes, tokens and grants, kept for the room that speaks the protocol. */
export interface Artifacts {
  save(artifact: NewArtifact): Promise<void>
  find(kind: string, id: string): Promise<Artifact | undefined>
  /** @returns whether this call was the first, and so the only one */
  consume(kind: string, id: string): Promise<boolean>
  drop(kind: string, id: string): Promise<void>
  dropTokensOf(kind: string, grantId: string): Promise<void>
}

export function openArtifacts({ store: { db }, now }: Pick<Rooms, 'store' | 'now'>): Artifacts {
  return {
    save: (artifact) => saveArtifact(db, artifact),
    find: (kind, id) => findArtifact(db, now(), kind, id),
    consume: (kind, id) => consumeArtifact(db, now(), kind, id),
    drop: (kind, id) => dropArtifact(db, kind, id),
    dropTokensOf: (kind, grantId) => dropTokensOf(db, kind, grantId),
  }
}
