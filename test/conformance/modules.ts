import assert from 'node:assert/strict'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterLogout, Browser, type Op, type Page, RelyingParty, type Run, redirectUri } from './op.ts'

/** The modules of the OpenID Foundation's plan for the Basic OP profile, and those for its configuration and for logout, by their names. */
export type Module = (op: Op) => Promise<void>

const errorOf = ({ url }: Page) => url.searchParams.get('error')
const codeOf = ({ page }: Run) => page.url.searchParams.get('code') ?? ''
const grantOf = (run: Run) => ({
  grant_type: 'authorization_code',
  code: codeOf(run),
  redirect_uri: redirectUri,
  code_verifier: run.verifier,
})
/** A refusal that goes to no address that was not registered. */
const refusedHere = (page: Page) => {
  assert.ok(page.status >= 400 && page.status < 500, `${page.status}`)
  assert.ok(!page.url.hostname.endsWith('example.org'))
}
const unsignedRequest = (claims: object) => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode(claims)}.`
}

const succeeds =
  (parameters: Readonly<Record<string, string | undefined>>, method: 'GET' | 'POST' = 'GET'): Module =>
  async (op) => {
    const rp = await RelyingParty.of(op)
    const { claims } = await rp.tokens(await rp.authorize(parameters, method))
    assert.ok(claims.sub)
  }

const scopeGives =
  (scope: string, claims: readonly string[]): Module =>
  async (op) => {
    const rp = await RelyingParty.of(op)
    const { tokens } = await rp.tokens(await rp.authorize({ scope: `openid ${scope}` }))
    const { status, json } = await rp.userinfo(tokens.access_token)
    assert.equal(status, 200)
    const supported = (rp.config.serverMetadata().claims_supported ?? []) as readonly string[]
    for (const claim of claims) if (supported.includes(claim)) assert.ok(claim in json, claim)
  }

const userinfoBy =
  (how: 'get' | 'post-header' | 'post-body'): Module =>
  async (op) => {
    const rp = await RelyingParty.of(op)
    const { tokens, claims } = await rp.tokens(await rp.authorize())
    const { status, json } = await rp.userinfo(tokens.access_token, how)
    assert.deepEqual([status, json.sub], [200, claims.sub])
  }

async function codeReuse(op: Op, seconds: number): Promise<void> {
  const rp = await RelyingParty.of(op)
  const run = await rp.authorize()
  const first = await rp.exchange(grantOf(run))
  assert.equal(first.status, 200)
  op.pass(seconds)
  const second = await rp.exchange(grantOf(run))
  assert.deepEqual([second.status, second.json.error], [400, 'invalid_grant'])
  assert.equal((await rp.userinfo(first.json.access_token)).status, 401)
}

export const basic: Readonly<Record<string, Module>> = {
  'oidcc-server': succeeds({}),
  'oidcc-response-type-missing': async (op) => {
    const rp = await RelyingParty.of(op)
    const { page } = await rp.authorize({ response_type: undefined })
    assert.ok(errorOf(page) === 'invalid_request' || page.status === 400)
  },
  'oidcc-idtoken-signature': async (op) => {
    const rp = await RelyingParty.of(op)
    const { tokens } = await rp.tokens(await rp.authorize())
    const keys = createRemoteJWKSet(new URL(rp.config.serverMetadata().jwks_uri ?? ''))
    const { protectedHeader } = await jwtVerify(tokens.id_token ?? '', keys, { issuer: op.issuer, audience: rp.client.id })
    assert.equal(protectedHeader.alg, 'RS256')
    assert.ok(protectedHeader.kid)
  },
  'oidcc-idtoken-unsigned': async (op) => {
    const rp = await RelyingParty.of(op)
    const { tokens } = await rp.tokens(await rp.authorize())
    assert.notEqual(decodeProtectedHeader(tokens.id_token ?? '').alg, 'none')
  },
  'oidcc-userinfo-get': userinfoBy('get'),
  'oidcc-userinfo-post-header': userinfoBy('post-header'),
  'oidcc-userinfo-post-body': userinfoBy('post-body'),
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': succeeds({ nonce: undefined }),
  'oidcc-scope-profile': scopeGives('profile', ['name']),
  'oidcc-scope-email': scopeGives('email', ['email', 'email_verified']),
  'oidcc-scope-address': scopeGives('address', ['address']),
  'oidcc-scope-phone': scopeGives('phone', ['phone_number']),
  'oidcc-scope-all': scopeGives('profile email address phone', ['name', 'email']),
  'oidcc-ensure-other-scope-order-succeeds': succeeds({ scope: 'email openid' }),
  'oidcc-display-page': succeeds({ display: 'page' }),
  'oidcc-display-popup': succeeds({ display: 'popup' }),
  'oidcc-prompt-login': async (op) => {
    const rp = await RelyingParty.of(op)
    const first = await rp.tokens(await rp.authorize())
    await new Promise((done) => setTimeout(done, 1100))
    const again = await rp.authorize({ prompt: 'login' })
    assert.ok(again.asked > 0)
    const second = await rp.tokens(again, 10_000)
    assert.equal(second.claims.sub, first.claims.sub)
    assert.ok(Number(second.claims.auth_time) > Number(first.claims.auth_time ?? 0))
  },
  'oidcc-prompt-none-not-logged-in': async (op) => {
    const rp = await RelyingParty.of(op)
    assert.equal(errorOf((await rp.authorize({ prompt: 'none' })).page), 'login_required')
  },
  'oidcc-prompt-none-logged-in': async (op) => {
    const rp = await RelyingParty.of(op)
    const first = await rp.tokens(await rp.authorize({ max_age: '10000' }), 10_000)
    const silent = await rp.authorize({ prompt: 'none', max_age: '10000' })
    assert.equal(silent.asked, 0)
    const second = await rp.tokens(silent, 10_000)
    assert.deepEqual([second.claims.sub, second.claims.auth_time], [first.claims.sub, first.claims.auth_time])
  },
  'oidcc-max-age-1': async (op) => {
    const rp = await RelyingParty.of(op)
    const first = await rp.tokens(await rp.authorize({ max_age: '10000' }), 10_000)
    await new Promise((done) => setTimeout(done, 2100))
    const again = await rp.authorize({ max_age: '1' })
    assert.ok(again.asked > 0)
    const second = await rp.tokens(again)
    assert.ok(Number(second.claims.auth_time) > Number(first.claims.auth_time))
  },
  'oidcc-max-age-10000': async (op) => {
    const rp = await RelyingParty.of(op)
    const first = await rp.tokens(await rp.authorize({ max_age: '10000' }), 10_000)
    const again = await rp.authorize({ max_age: '10000' })
    assert.equal(again.asked, 0)
    assert.equal((await rp.tokens(again, 10_000)).claims.auth_time, first.claims.auth_time)
  },
  'oidcc-ensure-request-with-unknown-parameter-succeeds': succeeds({ extra: 'foobar' }),
  'oidcc-id-token-hint': async (op) => {
    const rp = await RelyingParty.of(op)
    const first = await rp.tokens(await rp.authorize())
    const silent = await rp.tokens(await rp.authorize({ prompt: 'none', id_token_hint: first.tokens.id_token }))
    assert.equal(silent.claims.sub, first.claims.sub)
  },
  'oidcc-login-hint': succeeds({ login_hint: 'somebody@example.org' }),
  'oidcc-ui-locales': succeeds({ ui_locales: 'se' }),
  'oidcc-claims-locales': succeeds({ claims_locales: 'se' }),
  'oidcc-ensure-request-with-acr-values-succeeds': succeeds({ acr_values: '1 2' }),
  'oidcc-codereuse': (op) => codeReuse(op, 0),
  'oidcc-codereuse-30seconds': (op) => codeReuse(op, 30),
  'oidcc-ensure-registered-redirect-uri': async (op) => {
    const rp = await RelyingParty.of(op)
    refusedHere((await rp.authorize({ redirect_uri: `${redirectUri}/other` })).page)
  },
  'oidcc-ensure-post-request-succeeds': succeeds({}, 'POST'),
  'oidcc-server-client-secret-post': async (op) => {
    const rp = await RelyingParty.of(op)
    const { status, json } = await rp.exchange(grantOf(await rp.authorize()))
    assert.equal(status, 200)
    assert.ok(json.id_token)
  },
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': async (op) => {
    const rp = await RelyingParty.of(op)
    const { page } = await rp.authorize({ request_uri: 'https://client.example.org/request.jwt' })
    assert.equal(errorOf(page), 'request_uri_not_supported')
  },
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': async (op) => {
    const rp = await RelyingParty.of(op)
    const { page } = await rp.authorize({ request: unsignedRequest({ scope: 'openid' }) })
    assert.equal(errorOf(page), 'request_not_supported')
  },
  'oidcc-claims-essential': async (op) => {
    const rp = await RelyingParty.of(op)
    const wanted = JSON.stringify({ userinfo: { name: { essential: true } } })
    const { tokens } = await rp.tokens(await rp.authorize({ claims: wanted }))
    assert.ok((await rp.userinfo(tokens.access_token)).json.name)
  },
  'oidcc-ensure-request-object-with-redirect-uri': async (op) => {
    const rp = await RelyingParty.of(op)
    const { page } = await rp.authorize({ request: unsignedRequest({ redirect_uri: 'https://evil.example.org/' }) })
    assert.equal(errorOf(page), 'request_not_supported')
    assert.ok(page.url.href.startsWith(redirectUri))
  },
  'oidcc-refresh-token': async (op) => {
    const rp = await RelyingParty.of(op)
    const run = await rp.authorize({ scope: 'openid offline_access', prompt: 'consent' })
    const { tokens, claims } = await rp.tokens(run)
    const refreshed = await rp.exchange({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })
    assert.equal(refreshed.status, 200)
    assert.equal(decodeJwt(refreshed.json.id_token).sub, claims.sub)
    const second = await RelyingParty.of(op, { nth: 1 })
    const other = await second.exchange({ grant_type: 'refresh_token', refresh_token: refreshed.json.refresh_token })
    assert.deepEqual([other.status, other.json.error], [400, 'invalid_grant'])
  },
  'oidcc-ensure-request-with-valid-pkce-succeeds': succeeds({}),
}

export const configuration: Readonly<Record<string, Module>> = {
  'oidcc-discovery-endpoint-verification': async (op) => {
    const reply = await fetch(`${op.issuer}/.well-known/openid-configuration`)
    assert.equal(reply.status, 200)
    assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
    const found = (await reply.json()) as Readonly<Record<string, readonly string[] & string>>
    assert.equal(found.issuer, op.issuer)
    const addresses = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'end_session_endpoint']
    for (const name of addresses) assert.ok(found[name]?.startsWith(`${op.issuer}/`), name)
    assert.ok(found.response_types_supported?.includes('code'))
    assert.ok(found.subject_types_supported?.includes('public'))
    assert.ok(found.id_token_signing_alg_values_supported?.includes('RS256'))
    assert.ok(found.scopes_supported?.includes('openid'))
    const { keys } = (await (await fetch(found.jwks_uri ?? '')).json()) as { readonly keys: readonly Readonly<Record<string, string>>[] }
    assert.ok(keys.length > 0)
    for (const key of keys) {
      assert.ok(key.kid && key.use === 'sig')
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(secret in key), secret)
    }
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
  },
}

/** Signs in, and goes to be signed out; `answers` says yes where the provider asks. */
async function logout(op: Op, wish: (hint: string, rp: RelyingParty) => Readonly<Record<string, string>>) {
  const browser = new Browser()
  const rp = await RelyingParty.of(op, { browser })
  const { tokens } = await rp.tokens(await rp.authorize())
  const endpoint = new URL(rp.config.serverMetadata().end_session_endpoint ?? '')
  endpoint.search = new URLSearchParams(wish(tokens.id_token ?? '', rp)).toString()
  const first = await browser.open(endpoint)
  const form = /<form[^>]*action="([^"]*(?:end-session|session\/end|signed-out)[^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(first.text)
  if (!form) return { rp, page: first, isAsked: false }
  const fields = [...(first.text.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g) ?? [])]
  const filled = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]))
  const page = await browser.open(new URL((form[1] ?? '').replaceAll('&amp;', '&'), first.url), { ...filled, logout: 'yes', answer: 'yes' })
  return { rp, page, isAsked: true }
}

async function isOut(rp: RelyingParty): Promise<void> {
  assert.equal(errorOf((await rp.authorize({ prompt: 'none' })).page), 'login_required')
}

export const logouts: Readonly<Record<string, Module>> = {
  'oidcc-rp-initiated-logout': async (op) => {
    const { rp, page } = await logout(op, (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: afterLogout, state: 'x' }))
    assert.equal(page.url.href, `${afterLogout}?state=x`)
    await isOut(rp)
  },
  'oidcc-rp-initiated-logout-no-state': async (op) => {
    const { rp, page } = await logout(op, (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: afterLogout }))
    assert.equal(page.url.href, afterLogout)
    await isOut(rp)
  },
  'oidcc-rp-initiated-logout-no-params': async (op) => {
    const { rp, isAsked } = await logout(op, () => ({}))
    assert.ok(isAsked)
    await isOut(rp)
  },
  'oidcc-rp-initiated-logout-only-state': async (op) => {
    const { page } = await logout(op, () => ({ state: 'x' }))
    assert.ok(!page.url.hostname.endsWith('example.org'))
  },
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': async (op) => {
    const { rp, page } = await logout(op, (hint) => ({ id_token_hint: hint }))
    assert.ok(!page.url.hostname.endsWith('example.org'))
    await isOut(rp)
  },
  'oidcc-rp-initiated-logout-no-id-token-hint': async (op) => {
    const { isAsked } = await logout(op, (_hint, rp) => ({ client_id: rp.client.id, post_logout_redirect_uri: afterLogout }))
    assert.ok(isAsked)
  },
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': async (op) => {
    const { page } = await logout(op, (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: `${afterLogout}/other` }))
    refusedHere(page)
  },
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': async (op) => {
    const { page } = await logout(op, (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: `${afterLogout}?foo=bar` }))
    refusedHere(page)
  },
  'oidcc-rp-initiated-logout-modified-id-token-hint': async (op) => {
    const { page } = await logout(op, (hint) => ({ id_token_hint: `${hint.slice(0, -5)}AAAAA`, post_logout_redirect_uri: afterLogout }))
    refusedHere(page)
  },
  'oidcc-rp-initiated-logout-bad-id-token-hint': async (op) => {
    const { page } = await logout(op, () => ({ id_token_hint: 'bad', post_logout_redirect_uri: afterLogout }))
    refusedHere(page)
  },
}
