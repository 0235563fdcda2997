import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'

/** What the portal has to be told, as Admin > Applications shows it. */
export interface PortalSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly port: number
}

/** Somebody who is signed in to the portal. */
interface Session {
  readonly sub: string
  /** What Countersign calls the session, for the day when it ends. */
  readonly sid: string | undefined
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
  readonly acr: string
  readonly amr: readonly string[]
  readonly idToken: string
}

/** Somebody who is on the way to Countersign and back. */
interface Leaving {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly returnTo: string
}

/** Two different factors. What the invoices ask for. */
const twoFactors = 'urn:countersign:acr:2'

/**
 * A small portal whose people sign in with Countersign: a start page, a page of invoices that asks for two factors, signing out, and the
 * address that Countersign tells of ended sessions. It keeps its own sessions in memory, so one process and no more.
 */
export async function startPortal(settings: PortalSettings): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { issuer, clientId, clientSecret, port } = settings
  const isLocal = new URL(issuer).protocol === 'http:'
  const config = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
    // Only while everything runs on this machine.
    ...(isLocal ? { execute: [client.allowInsecureRequests] } : {}),
  })
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''))
  const url = `http://127.0.0.1:${port}`
  const redirectUri = `${url}/auth/callback`
  const sessions = new Map<string, Session>()
  const leaving = new Map<string, Leaving>()

  const leave = async (response: ServerResponse, returnTo: string, asks: Readonly<Record<string, string>> = {}) => {
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
    const id = newId()
    leaving.set(id, { verifier, state, nonce, returnTo })
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile email roles',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...asks,
    })
    redirect(response, to.href, [cookie('portal-leaving', id)])
  }

  const arrive = async (request: IncomingMessage, response: ServerResponse) => {
    const id = cookieOf(request, 'portal-leaving')
    const known = leaving.get(id)
    leaving.delete(id)
    if (!known) return redirect(response, '/')
    const { verifier, state, nonce, returnTo } = known
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const tokens = await client.authorizationCodeGrant(config, new URL(request.url ?? '', url), checks)
    const claims = tokens.claims()
    if (!claims) throw new Error('The answer has no ID token.')
    const session = newId()
    sessions.set(session, {
      sub: claims.sub,
      sid: typeof claims.sid === 'string' ? claims.sid : undefined,
      name: String(claims.name ?? ''),
      email: String(claims.email ?? ''),
      roles: Array.isArray(claims.roles) ? claims.roles.map(String) : [],
      acr: String(claims.acr ?? ''),
      amr: (claims.amr as readonly string[] | undefined) ?? [],
      idToken: tokens.id_token ?? '',
    })
    sessions.delete(cookieOf(request, 'portal-session'))
    redirect(response, returnTo, [cookie('portal-session', session), cookie('portal-leaving', '')])
  }

  /** OpenID Connect Back-Channel Logout 1.0, §2.6: what a logout token must be before it is believed. */
  const hearOfLogout = async (request: IncomingMessage, response: ServerResponse) => {
    const token = new URLSearchParams(await bodyOf(request)).get('logout_token') ?? ''
    const { payload } = await jwtVerify(token, keys, { issuer, audience: clientId, typ: 'logout+jwt' })
    const events = payload.events as Readonly<Record<string, unknown>> | undefined
    if (!events?.['http://schemas.openid.net/event/backchannel-logout'] || 'nonce' in payload) throw new Error('This is no logout token.')
    for (const [id, session] of sessions) if (session.sid === payload.sid && session.sub === payload.sub) sessions.delete(id)
    response.writeHead(200, { 'cache-control': 'no-store' }).end()
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    const session = sessions.get(cookieOf(request, 'portal-session'))
    const error = searchParams.get('error')
    if (request.method === 'POST' && pathname === '/auth/backchannel-logout') return hearOfLogout(request, response)
    if (pathname === '/auth/callback' && error === null) return arrive(request, response)
    if (pathname === '/auth/callback')
      return send(response, 'You were not signed in', [`Countersign says: ${error}.`], [['/', 'Back to the start']])
    if (pathname === '/login') return leave(response, '/')
    if (pathname === '/logout') {
      sessions.delete(cookieOf(request, 'portal-session'))
      if (!session) return redirect(response, '/')
      const to = client.buildEndSessionUrl(config, { id_token_hint: session.idToken, post_logout_redirect_uri: `${url}/` })
      return redirect(response, to.href, [cookie('portal-session', '')])
    }
    if (pathname === '/invoices') {
      if (!session) return leave(response, '/invoices', { acr_values: twoFactors })
      if (session.acr === 'urn:countersign:acr:1') return leave(response, '/invoices', { acr_values: twoFactors })
      return send(
        response,
        'Invoices',
        [`Shown to ${session.name}, who proved two factors: ${session.amr.join(', ')}.`],
        [['/', 'Back to the start']],
      )
    }
    if (!session) return send(response, 'Example portal', ['You are not signed in.'], [['/login', 'Sign in with Countersign']])
    const facts = [
      `You are ${session.name}, ${session.email}.`,
      `Roles: ${session.roles.join(', ')}.`,
      `Proved: ${session.amr.join(', ')}.`,
    ]
    send(response, 'Example portal', facts, [
      ['/invoices', 'Invoices'],
      ['/logout', 'Sign out'],
    ])
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error)
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end('This did not work. Go back and start again.\n')
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    url,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const newId = () => randomBytes(32).toString('base64url')
const cookie = (name: string, value: string) => `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${value === '' ? '; Max-Age=0' : ''}`

function cookieOf({ headers }: IncomingMessage, name: string): string {
  const pairs = (headers.cookie ?? '').split('; ').map((pair) => pair.split('='))
  return pairs.find(([key]) => key === name)?.[1] ?? ''
}

function redirect(response: ServerResponse, to: string, cookies: readonly string[] = []): void {
  response.writeHead(303, { location: to, 'set-cookie': [...cookies], 'cache-control': 'no-store' }).end()
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > 16_384) throw new Error('The body is too long.')
  }
  return text
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)

function send(response: ServerResponse, title: string, lines: readonly string[], links: readonly (readonly [string, string])[]): void {
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<link rel="icon" href="data:,"></head>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>${escaped(title)}</h1>
${lines.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<ul>${links.map(([href, label]) => `<li><a href="${href}">${escaped(label)}</a></li>`).join('')}</ul>
</body></html>
`
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(page)
}
