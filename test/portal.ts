import assert from 'node:assert/strict'
import * as client from 'openid-client'
import type { Answered, Client, Kit, Person } from './kit.ts'
import { anApplication } from './requests.ts'

/** An application as its server keeps it: the client of OpenID Connect that portals use, over the kit instead of a socket. */
export interface Portal {
  readonly id: string
  readonly clientId: string
  readonly secret: string
  readonly config: client.Configuration
  /** Where the browser is sent to begin, and what is kept for its return. */
  begin(parameters?: Readonly<Record<string, string>>): Promise<Begun>
  /** Changes the code for tokens, with all the checks of the client. */
  finish(
    begun: Begun,
    returned: URL,
    checks?: Partial<client.AuthorizationCodeGrantChecks>,
  ): ReturnType<typeof client.authorizationCodeGrant>
}

export interface Begun {
  readonly url: URL
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

export const redirectUri = 'https://portal.example.org/signed-in'

/** Requests of an application's server, answered by the kit. */
export function fetchFrom(kit: Kit): client.CustomFetch {
  return async (url, options) => {
    const { pathname, search } = new URL(url)
    const reply = await kit.app.inject({
      method: options.method as 'GET',
      url: `${pathname}${search}`,
      headers: Object.fromEntries(new Headers(options.headers as Record<string, string>)),
      ...(options.body ? { payload: String(options.body) } : {}),
    })
    const headers = new Headers()
    for (const [name, value] of Object.entries(reply.headers)) if (value !== undefined) headers.set(name, String(value))
    return new Response(reply.statusCode === 204 ? null : reply.payload, { status: reply.statusCode, headers })
  }
}

/** Adds an application to an organization by its Security Admin, and discovers Countersign for it. */
export async function addPortal(
  kit: Kit,
  organizationId: string,
  admin: Client,
  settings: Readonly<Record<string, unknown>> = {},
  authentication = client.ClientSecretPost,
): Promise<Portal> {
  const body = { name: 'Portal', settings: { ...anApplication, redirectUris: [redirectUri], ...settings } }
  const created = await admin.call('POST', `/api/v1/organizations/${organizationId}/applications`, body)
  assert.equal(created.status, 201, created.text)
  const { application, secret } = created.json
  const config = await client.discovery(new URL(kit.rooms.publicUrl), application.clientId, undefined, authentication(secret), {
    [client.customFetch]: fetchFrom(kit),
    execute: [client.allowInsecureRequests],
  })
  return {
    id: application.id,
    clientId: application.clientId,
    secret,
    config,
    begin: async (parameters = {}) => {
      const verifier = client.randomPKCECodeVerifier()
      const [state, nonce] = [client.randomState(), client.randomNonce()]
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email organizations roles',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...parameters,
      })
      return { url, verifier, state, nonce }
    },
    finish: (begun, returned, checks = {}) =>
      client.authorizationCodeGrant(config, returned, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
        ...checks,
      }),
  }
}

/** Goes from page to page as a browser does by itself, until it stands on a page of ours or has left. */
export async function follow(browser: Client, from: string | URL): Promise<Answered & { readonly at: URL }> {
  let at = new URL(String(from), 'http://127.0.0.1:8080')
  const { origin } = at
  for (let round = 0; ; round++) {
    assert.ok(round < 12, `${at.href}: redirects that never end`)
    const reply = await browser.call('GET', `${at.pathname}${at.search}`, undefined, { accept: 'text/html' })
    const onward = /<meta http-equiv="refresh" content="0;url=([^"]+)">/.exec(reply.text)?.[1]?.replaceAll('&amp;', '&')
    const to = typeof reply.headers.location === 'string' ? reply.headers.location : onward
    if (to === undefined) return { ...reply, at }
    at = new URL(to, at)
    if (at.origin !== origin) return { ...reply, at }
  }
}

/** Answers the pages of the Prompt as an honest person does, until the browser stands elsewhere. Tells what was asked. */
export async function prove(
  kit: Kit,
  browser: Client,
  first: Answered & { readonly at: URL },
  person: Person,
): Promise<{ readonly page: Answered & { readonly at: URL }; readonly asked: readonly string[] }> {
  let page = first
  const asked: string[] = []
  for (let round = 0; page.at.pathname === '/sign-in' && page.at.origin === kit.rooms.publicUrl; round++) {
    assert.ok(round < 8, 'a sign-in that never ends')
    const [what, action, fields] = answerTo(kit, page.text, person)
    asked.push(what)
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const reply = await browser.call('POST', action, new URLSearchParams({ csrf, ...fields }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    // The last page of a set-up is gone on from by its button.
    const button = what === 'codes' ? /class="button button-main" href="([^"]+)"/.exec(reply.text)?.[1] : undefined
    assert.ok(reply.status === 303 || button !== undefined, `${what}: ${reply.text.replaceAll(/<[^>]+>/g, ' ')}`)
    page = await follow(browser, new URL(button ?? String(reply.headers.location), page.at))
  }
  return { page, asked }
}

function answerTo(kit: Kit, text: string, person: Person): readonly [string, string, Readonly<Record<string, string>>] {
  const returnTo = /name="returnTo" value="([^"]*)"/.exec(text)?.[1] ?? ''
  const key = /data-text="([A-Z2-7]{32})"/.exec(text)?.[1]
  if (text.includes('name="password"')) {
    const isFirst = /name="email"(?![^>]*readonly)/.test(text)
    return isFirst
      ? ['password', '/sign-in', { email: person.email, password: person.password, returnTo }]
      : ['password', '/sign-in/answer', { password: person.password }]
  }
  if (text.includes('name="saved"')) return ['codes', '/sign-in/answer', { saved: 'yes' }]
  if (key !== undefined) {
    person.key = key
    return ['enroll', '/sign-in/answer', { code: kit.code(person) }]
  }
  kit.pass(30)
  return ['code', '/sign-in/answer', { code: kit.code(person) }]
}
