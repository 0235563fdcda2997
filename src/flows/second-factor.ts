import type { Trial } from '#contract/second-factor.ts'
import { claimedIssuer, openHs512, signHs512 } from '#crypto/hs512.ts'
import { digest, isId, newId, newToken } from '#crypto/random.ts'
import { portalEvidence } from '#domain/assurance.ts'
import { plainEmail } from '#domain/email.ts'
import { claimedHost, originOf } from '#domain/host.ts'
import { Problem } from '#domain/problem.ts'
import {
  type AssertionFault,
  factorName,
  promptSeconds,
  type RequestFault,
  readAssertion,
  readRequest,
  tokenClaims,
  tokenSeconds,
} from '#domain/second-factor.ts'
import { type Application, findApplication, findApplicationSecret, findClient, noteUse } from '#store/applications.ts'
import { note } from '#store/audit.ts'
import {
  addPrompt,
  findApplicationOfCode,
  findOrganizationAt,
  findPersonOf,
  findPromptByRequest,
  findPromptOf,
  findSpentCode,
  spendAssertion,
  spendCode,
} from '#store/second-factor.ts'
import { findAccount } from '#store/session.ts'
import { findSignIn } from '#store/sign-in.ts'
import { settingsOfPortal } from './applications-second-factor.ts'
import { authorize } from './organizations.ts'
import type { Cookies, Rooms, Visit } from './rooms.ts'
import { requireSession } from './session.ts'
import { enterForPortal } from './sign-in.ts'

/*
 * The server's side of the Duo Universal Prompt. The portal's server says who it is with a token that it signs with the secret it shares
 * with us; the browser brings the request, signed in the same way, and takes a code back; the portal's server redeems the code.
 */

/** What a portal's server sends, whichever way its library puts it into the request. */
export type Fields = Readonly<Record<string, string>>

/** A portal that is known here, with the secret that it signs with. */
interface Portal {
  readonly application: Application
  readonly secret: string
  /** The host name it calls us by, with the port. */
  readonly host: string
}

/**
 * The portal of a client id, at one of our own host names: that of the installation, or that of the portal's organization. What stands in
 * the request's header is never answered with unless it is one of these.
 */
async function findPortal(rooms: Rooms, hostHeader: string, clientId: string | undefined): Promise<Portal | undefined> {
  const application = clientId === undefined ? undefined : await findClient(rooms.store.db, clientId)
  if (application?.settings.kind !== 'second-factor' || !application.isOn) return undefined
  const host = hostHeader.toLowerCase()
  const isCommon = host === new URL(rooms.publicUrl).host
  if (!isCommon && !(await isOwnHost(rooms, host, application.organizationId))) return undefined
  const secret = await findApplicationSecret(rooms.store.db, rooms.keys, application.id)
  return typeof secret === 'string' ? { application, secret, host } : undefined
}

async function isOwnHost(rooms: Rooms, host: string, organizationId: string): Promise<boolean> {
  const name = claimedHost(host)
  if (name === undefined || host !== new URL(originOf(name, rooms.publicUrl)).host) return false
  return (await findOrganizationAt(rooms.store.db, name)) === organizationId
}

/** Why a portal's server is not believed, in the words of OAuth and for its log. */
export interface Refused {
  readonly error: 'invalid_client' | 'invalid_request' | 'invalid_grant' | 'unsupported_grant_type'
  readonly description: string
}

const faults: Readonly<Record<AssertionFault | 'signature' | 'replay', string>> = {
  signature: 'Failed to verify signature.',
  issuer: 'The iss and sub claims must both be the client id.',
  audience: 'The aud claim is not the address that was called.',
  expired: 'The client_assertion has expired: check the clock of this server.',
  'too-long': 'The exp claim is more than one hour ahead: check the clock of this server.',
  'from-the-future': 'The client_assertion is from the future: check the clock of this server.',
  jti: 'The jti claim is missing, or has not 16 to 256 characters.',
  replay: 'This client_assertion was used before.',
}

const refused = (fault: keyof typeof faults): Refused => ({ error: 'invalid_client', description: faults[fault] })
const isRefused = (one: Portal | Refused): one is Refused => 'error' in one

/** The portal whose server sends this, by its signature. Each assertion counts once. */
async function authenticate(rooms: Rooms, hostHeader: string, path: string, fields: Fields): Promise<Portal | Refused> {
  const assertion = fields.client_assertion ?? ''
  if (assertion === '' || assertion.length > 4096) return { error: 'invalid_request', description: 'client_assertion is missing.' }
  // Some libraries name themselves in the token alone; it is believed once the signature has shown it.
  const clientId = fields.client_id ?? claimedIssuer(assertion)
  const portal = await findPortal(rooms, hostHeader, clientId)
  const claims = portal && (await openHs512(portal.secret, assertion))
  if (!portal || !claims) return refused('signature')
  const { application, host } = portal
  const read = readAssertion(claims, application.clientId, `https://${host}/oauth/v1/${path}`, rooms.now())
  if (typeof read === 'string') return refused(read)
  if (!(await spendAssertion(rooms.store.db, application.id, digest(read.jti), read.until))) return refused('replay')
  return portal
}

/** Whether a portal's server is believed: what it asks before it sends anybody. */
export async function checkHealth(rooms: Rooms, hostHeader: string, fields: Fields): Promise<Refused | undefined> {
  const portal = await authenticate(rooms, hostHeader, 'health_check', fields)
  if (isRefused(portal)) return portal
  await noteUse(rooms.store.db, rooms.now(), portal.application.id)
  return undefined
}

/** Why nobody is asked anything: the browser stays with us and is told, for nothing in such a request says where it may go. */
export type Refusal = RequestFault | 'signature' | 'used' | 'person'

/** What a browser brings from a portal. */
export interface Brought {
  readonly clientId: string
  readonly request: string
  readonly nonce?: string
}

/**
 * Begins what a browser was sent for. The same request counts once, but for the browser that brought it first, which may load the page
 * again.
 *
 * @returns the cookies of the sign-in that it opens
 * @throws {Problem} `second-factor-refused` with a {@link Refusal} as its reason
 */
export async function beginForPortal(rooms: Rooms, visit: Visit, hostHeader: string, brought: Brought): Promise<Cookies> {
  const portal = await findPortal(rooms, hostHeader, brought.clientId)
  const claims = portal && (await openHs512(portal.secret, brought.request))
  if (!portal || !claims) throw refusal('signature')
  const { application, host } = portal
  const now = rooms.now()
  const settings = settingsOfPortal(application)
  const redirects = [...settings.redirectUris, triedAddress(rooms)]
  const read = readRequest(claims, brought, { clientId: application.clientId, host, redirects, now })
  if (typeof read === 'string') throw refusal(read)

  const { organizationId } = application
  const email = plainEmail(read.userName)
  const userId = email === undefined ? undefined : await findPersonOf(rooms.store.db, organizationId, email)
  const account = userId === undefined ? undefined : await findAccount(rooms.store.db, userId)
  if (!account) throw refusal('person')
  const signInId = newId(now)
  // What was signed, without the signature: the bytes of that can be written in more than one way.
  const requestHash = digest(brought.request.slice(0, brought.request.lastIndexOf('.')))
  const { userName, until: _, ...asked } = read
  const added = await addPrompt(rooms.store.db, now, {
    organizationId,
    userId: account.id,
    userName,
    asked: { by: 'application', applicationId: application.id, host, returnsRefusals: settings.returnsRefusals, ...asked },
    signInId,
    requestHash,
    expiresAt: new Date(now.getTime() + promptSeconds * 1000),
  })
  if (added === undefined) return continueAt(rooms, visit, application.id, requestHash)
  await noteUse(rooms.store.db, now, application.id)
  const prompt = await findPromptOf(rooms.store.db, signInId)
  if (!prompt) throw refusal('signature')
  // An authenticator counts in all organizations of a person, so the word of one of them sets up its own people only.
  const isTheirs = prompt.isProviders || account.memberships.every((one) => one.organizationId === organizationId)
  const evidence = portalEvidence(now, settings.opensSetUp && isTheirs)
  return (await enterForPortal(rooms, visit, { account, prompt, evidence })).cookies
}

/** A request that was brought before: its own browser goes on where it stands, another one does not. */
async function continueAt(rooms: Rooms, visit: Visit, applicationId: string, requestHash: Buffer): Promise<Cookies> {
  const prompt = await findPromptByRequest(rooms.store.db, applicationId, requestHash)
  const open = visit.signIn && prompt ? await findSignIn(rooms.store, rooms.keys, digest(visit.signIn)) : undefined
  if (prompt?.state !== 'waiting' || open?.signIn.id !== prompt.signInId) throw refusal('used')
  return {}
}

const refusal = (reason: Refusal) => new Problem('second-factor-refused', { reason })

/** The four values of a token's reply: no more, because one library refuses what it does not know. */
export interface TokenReply {
  readonly id_token: string
  readonly access_token: string
  readonly expires_in: number
  readonly token_type: 'Bearer'
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const badGrant: Refused = { error: 'invalid_grant', description: 'The code is unknown, expired, was used before, or belongs elsewhere.' }

/**
 * Gives a portal's server what its code is worth: a signed token that says who has given their second step, when and how. A code that comes
 * a second time is written into the audit: somebody has seen it who should not have, or the portal is written wrongly.
 */
export async function redeemCode(rooms: Rooms, visit: Visit, hostHeader: string, fields: Fields): Promise<TokenReply | Refused> {
  const portal = await authenticate(rooms, hostHeader, 'token', fields)
  if (isRefused(portal)) return portal
  if (fields.grant_type !== 'authorization_code')
    return { error: 'unsupported_grant_type', description: 'grant_type must be authorization_code.' }
  if (fields.client_assertion_type !== assertionType)
    return { error: 'invalid_request', description: `client_assertion_type must be ${assertionType}.` }
  return redeem(rooms, visit, portal, fields)
}

async function redeem(rooms: Rooms, visit: Visit, { application, secret, host }: Portal, fields: Fields): Promise<TokenReply | Refused> {
  const now = rooms.now()
  const codeHash = digest(fields.code ?? '')
  const redeemed = await spendCode(rooms.store.db, now, application.id, codeHash)
  if (!redeemed) {
    const spent = await findSpentCode(rooms.store.db, application.id, codeHash)
    if (spent) {
      const detail = { name: application.name, prompt: spent.id }
      const event = {
        action: 'second-factor.code-replayed',
        organizationId: application.organizationId,
        subjectId: spent.userId,
        detail,
      } as const
      await note(rooms.store.db, now, visit, event)
    }
    return badGrant
  }
  const { asked, passed } = redeemed
  if (asked.by !== 'application' || !passed || asked.redirectUri !== fields.redirect_uri || asked.host !== host) return badGrant
  const subject = {
    host,
    clientId: application.clientId,
    application: application.name,
    promptId: redeemed.id,
    userName: redeemed.userName,
    ...(asked.nonce === undefined ? {} : { nonce: asked.nonce }),
    person: { id: redeemed.userId, email: redeemed.email },
    passed,
  }
  const token = await signHs512(secret, tokenClaims(subject, now))
  // The access token opens nothing; libraries want one.
  return { id_token: token, access_token: newToken(), expires_in: tokenSeconds, token_type: 'Bearer' }
}

/** Where "Try it" comes back to: a page of ours, which every application may be answered at. */
export const triedAddress = ({ publicUrl }: Rooms): string => `${publicUrl}/second-factor/tried`

/**
 * How "Try it" sends somebody through a portal's door: as the portal would, with a request under its secret.
 *
 * @throws {Problem} `invalid-application` for one of another kind, `forbidden`, `not-found`
 */
export async function tryPortal(rooms: Rooms, visit: Visit, organizationId: string, applicationId: string): Promise<Trial> {
  const session = await requireSession(rooms, visit)
  const organization = await authorize(rooms.store.db, session, organizationId, 'change-applications')
  const application = isId(applicationId) ? await findApplication(rooms.store.db, organization.id, applicationId) : undefined
  if (!application) throw new Problem('not-found')
  if (application.settings.kind !== 'second-factor') throw new Problem('invalid-application', { reason: 'kind' })
  const secret = await findApplicationSecret(rooms.store.db, rooms.keys, application.id)
  if (typeof secret !== 'string') throw new Problem('not-found')
  const { clientId } = application
  const request = await signHs512(secret, {
    response_type: 'code',
    scope: 'openid',
    client_id: clientId,
    iss: clientId,
    aud: `https://${new URL(rooms.publicUrl).host}`,
    exp: Math.floor(rooms.now().getTime() / 1000) + 300,
    redirect_uri: triedAddress(rooms),
    state: newToken(),
    duo_uname: session.email,
    use_duo_code_attribute: true,
  })
  return {
    address: `${rooms.publicUrl}/oauth/v1/authorize?${new URLSearchParams({ response_type: 'code', client_id: clientId, request })}`,
  }
}

/** What a trial came to: its code is redeemed as the portal would redeem it. @throws {Problem} `link-gone` */
export async function triedWith(rooms: Rooms, code: string): Promise<{ readonly application: string; readonly factor: string }> {
  const codeHash = digest(code)
  const applicationId = await findApplicationOfCode(rooms.store.db, codeHash, triedAddress(rooms))
  const redeemed = applicationId === undefined ? undefined : await spendCode(rooms.store.db, rooms.now(), applicationId, codeHash)
  if (!redeemed?.passed) throw new Problem('link-gone')
  return { application: redeemed.askedBy, factor: factorName(redeemed.passed.kind) }
}
