import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { SecondFactorSettings } from '#domain/applications-second-factor.ts'
import { secondFactorDoor } from '#flows/applications-second-factor.ts'
import { addApplication } from '#store/applications.ts'
import { type Answered, type Client, confirm, type Kit, type Person } from './kit.ts'

/** A portal that keeps its own passwords, made by hand, so that it can also do what no library does. */
export interface Portal {
  readonly id: string
  readonly clientId: string
  readonly secret: string
  readonly redirectUri: string
  readonly host: string
  /** The claims with which the portal's server says who it is. */
  assertion(path: 'health_check' | 'token', more?: Claims): Claims
  /** The claims of the request for somebody. */
  request(userName: string, more?: Claims): Claims
  sign(claims: Claims, how?: { readonly secret?: string; readonly algorithm?: string }): Promise<string>
  /** The fields that redeem a code. */
  token(code: string, more?: Readonly<Record<string, string | undefined>>): Promise<Record<string, string>>
  /** Sends a browser for somebody's second step. */
  send(client: Client, userName: string, more?: Claims, outer?: Readonly<Record<string, string>>): Promise<Answered>
}

export type Claims = JWTPayload & Record<string, unknown>

export const redirectUri = 'https://portal.example/duo-callback'
export const form = { 'content-type': 'application/x-www-form-urlencoded' }
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export async function addPortal(kit: Kit, organizationId: string, wish: Partial<SecondFactorSettings> = {}): Promise<Portal> {
  const settings: SecondFactorSettings = {
    kind: 'second-factor',
    redirectUris: [redirectUri],
    opensSetUp: false,
    returnsRefusals: false,
    ...wish,
  }
  const [clientId, secret] = [secondFactorDoor.newClientId(), secondFactorDoor.newSecret?.() ?? '']
  const application = { organizationId, name: 'Old Portal', clientId, secret, settings, by: kit.provider.owner.id }
  const id = await addApplication(kit.rooms.store.db, kit.rooms.keys, kit.now(), application)
  const { host } = new URL(kit.rooms.publicUrl)
  const seconds = () => Math.floor(kit.now().getTime() / 1000)
  const clean = (claims: object) => Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Claims
  const portal: Portal = {
    id,
    clientId,
    secret,
    redirectUri: settings.redirectUris[0] ?? '',
    host,
    assertion: (path, more = {}) =>
      clean({
        iss: clientId,
        sub: clientId,
        aud: `https://${host}/oauth/v1/${path}`,
        exp: seconds() + 300,
        jti: randomBytes(18).toString('hex'),
        ...more,
      }),
    request: (userName, more = {}) =>
      clean({
        response_type: 'code',
        scope: 'openid',
        client_id: clientId,
        redirect_uri: portal.redirectUri,
        state: randomBytes(18).toString('hex'),
        duo_uname: userName,
        exp: seconds() + 300,
        iss: clientId,
        aud: `https://${host}`,
        use_duo_code_attribute: true,
        ...more,
      }),
    sign: (claims, { secret: other = secret, algorithm: alg = 'HS512' } = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(new TextEncoder().encode(other)),
    token: async (code, more = {}) =>
      clean({
        grant_type: 'authorization_code',
        code,
        redirect_uri: portal.redirectUri,
        client_id: clientId,
        client_assertion_type: assertionType,
        client_assertion: await portal.sign(portal.assertion('token')),
        ...more,
      }) as Record<string, string>,
    send: async (client, userName, more = {}, outer = {}) => {
      const request = await portal.sign(portal.request(userName, more))
      const query = new URLSearchParams({ response_type: 'code', client_id: clientId, request, ...outer })
      return client.call('GET', `/oauth/v1/authorize?${query}`, undefined, { host })
    },
  }
  return portal
}

/** Posts fields as a form. */
export function post(client: Client, path: string, fields: Readonly<Record<string, string>>, host?: string): Promise<Answered> {
  const headers = { ...form, ...(host === undefined ? {} : { host }) }
  return client.call('POST', `/oauth/v1/${path}`, new URLSearchParams(fields).toString(), headers)
}

/** Gives the second step on the page; ends with the address that the browser is sent to. */
export async function giveSecondStep(kit: Kit, person: Person, client: Client, code?: string): Promise<URL> {
  if (code === undefined) kit.pass(30)
  const reply = await client.submit('/sign-in', '/sign-in/answer', { code: code ?? kit.code(person) })
  assert.equal(reply.status, 303, reply.text)
  return new URL(String(reply.headers.location), kit.rooms.publicUrl)
}

/** From the portal and back to it. @returns what it is sent back with */
export async function through(
  kit: Kit,
  portal: Portal,
  person: Person,
  client = kit.client(),
  more: Claims = {},
): Promise<URLSearchParams> {
  const sent = await portal.send(client, person.email, more)
  assert.equal(sent.status, 303, sent.text)
  const back = await giveSecondStep(kit, person, client)
  assert.equal(`${back.origin}${back.pathname}`, portal.redirectUri.split('?')[0])
  return back.searchParams
}

/** Somebody with an authenticator. */
export async function enrolled(kit: Kit, organizationId: string, wish: Parameters<Kit['person']>[1] = {}): Promise<Person> {
  const person = await kit.person(organizationId, wish)
  await kit.enroll(person, await kit.signIn(person))
  return person
}

/** Somebody who may set up applications, with a proof that is fresh. */
export async function adminOf(kit: Kit, organizationId: string): Promise<{ readonly admin: Person; readonly client: Client }> {
  const admin = await kit.person(organizationId, { role: 'security-admin' })
  const client = await kit.signIn(admin)
  await kit.enroll(admin, client)
  await confirm(kit, admin, client)
  return { admin, client }
}
