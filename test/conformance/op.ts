import assert from 'node:assert/strict'
import * as client from 'openid-client'

/** An OpenID provider as the modules see it: over HTTP, with one person and two clients. */
export interface Op {
  readonly issuer: string
  readonly clients: readonly [Client, Client]
  /** Answers the pages of the provider until the browser leaves them; tells how often it was asked to prove anything. */
  signIn(browser: Browser, page: Page): Promise<{ readonly page: Page; readonly asked: number }>
  /** Lets time pass for what the provider keeps. */
  pass(seconds: number): void
  close(): Promise<void>
}

export interface Client {
  readonly id: string
  readonly secret: string
}

export const redirectUri = 'https://client.example.org/callback'
export const afterLogout = 'https://client.example.org/signed-out'

export interface Page {
  readonly status: number
  readonly url: URL
  readonly text: string
}

/** Keeps cookies by their path, and goes where it is sent; what it would load it does not. */
export class Browser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>()

  async open(address: string | URL, form?: Readonly<Record<string, string>>): Promise<Page> {
    let url = new URL(address)
    let body = form && new URLSearchParams(form)
    for (let round = 0; round < 15; round++) {
      if (url.hostname.endsWith('example.org')) return { status: 0, url, text: '' }
      const reply = await fetch(url, {
        method: body ? 'POST' : 'GET',
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.#cookiesFor(url) },
        ...(body ? { body } : {}),
      })
      for (const line of reply.headers.getSetCookie()) this.#keep(line, url)
      const text = await reply.text()
      const onward = /<meta http-equiv="refresh" content="0;url=([^"]+)">/.exec(text)?.[1]?.replaceAll('&amp;', '&')
      const to = reply.headers.get('location') ?? onward
      if (to === null || to === undefined) return { status: reply.status, url, text }
      url = new URL(to, url)
      body = undefined
    }
    throw new Error(`${url.href}: redirects that never end`)
  }

  #cookiesFor({ pathname }: URL): string {
    return [...this.#cookies]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name.split(' ')[0]}=${value}`)
      .join('; ')
  }

  #keep(line: string, { pathname }: URL): void {
    const [pair = '', ...attributes] = line.split(/;\s*/)
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? pathname
    if (value === '') this.#cookies.delete(`${name} ${path}`)
    else this.#cookies.set(`${name} ${path}`, { value, path })
  }
}

/** A request that was made, and what came back. */
export interface Run {
  readonly page: Page
  readonly asked: number
  readonly verifier: string
  readonly state: string
  readonly nonce: string | undefined
}

/** What an endpoint for programs answered. */
export interface Replied {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: modules look into replies of every shape.
  readonly json: any
}

/** A relying party that a module drives. */
export class RelyingParty {
  readonly op: Op
  readonly config: client.Configuration
  readonly client: Client
  readonly browser: Browser

  constructor(op: Op, config: client.Configuration, one: Client, browser: Browser) {
    this.op = op
    this.config = config
    this.client = one
    this.browser = browser
  }

  static async of(
    op: Op,
    { nth = 0, browser = new Browser() }: { readonly nth?: 0 | 1; readonly browser?: Browser } = {},
  ): Promise<RelyingParty> {
    const one = op.clients[nth]
    const config = await client.discovery(new URL(op.issuer), one.id, undefined, client.ClientSecretBasic(one.secret), {
      execute: [client.allowInsecureRequests],
    })
    return new RelyingParty(op, config, one, browser)
  }

  /** Sends the browser to the provider; undefined takes a parameter away. */
  async authorize(parameters: Readonly<Record<string, string | undefined>> = {}, method: 'GET' | 'POST' = 'GET'): Promise<Run> {
    const verifier = client.randomPKCECodeVerifier()
    const all: Record<string, string | undefined> = {
      client_id: this.client.id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      state: client.randomState(),
      nonce: client.randomNonce(),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    }
    const sent = Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined))
    const endpoint = new URL(this.config.serverMetadata().authorization_endpoint ?? '')
    if (method === 'GET') endpoint.search = new URLSearchParams(sent).toString()
    const first = await this.browser.open(endpoint, method === 'POST' ? sent : undefined)
    const { page, asked } =
      first.url.origin === endpoint.origin && first.status === 200 ? await this.op.signIn(this.browser, first) : { page: first, asked: 0 }
    return { page, asked, verifier, state: sent.state ?? '', nonce: sent.nonce }
  }

  /** Changes the code for tokens with the checks of the client. */
  async tokens(run: Run, maxAge?: number) {
    assert.equal(run.page.url.searchParams.get('error'), null, run.page.url.href)
    const tokens = await client.authorizationCodeGrant(this.config, run.page.url, {
      pkceCodeVerifier: run.verifier,
      expectedState: run.state,
      ...(run.nonce === undefined ? {} : { expectedNonce: run.nonce }),
      ...(maxAge === undefined ? {} : { maxAge }),
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    assert.ok(claims)
    return { tokens, claims }
  }

  /** A request to the token endpoint as it stands. */
  async exchange(fields: Readonly<Record<string, string>>): Promise<Replied> {
    const reply = await fetch(this.config.serverMetadata().token_endpoint ?? '', {
      method: 'POST',
      body: new URLSearchParams({ client_id: this.client.id, client_secret: this.client.secret, ...fields }),
    })
    return { status: reply.status, json: await reply.json() }
  }

  async userinfo(token: string, how: 'get' | 'post-header' | 'post-body' = 'get'): Promise<Replied> {
    const endpoint = this.config.serverMetadata().userinfo_endpoint ?? ''
    const authorization = { authorization: `Bearer ${token}` }
    const reply = await (how === 'get'
      ? fetch(endpoint, { headers: authorization })
      : how === 'post-header'
        ? fetch(endpoint, { method: 'POST', headers: authorization })
        : fetch(endpoint, { method: 'POST', body: new URLSearchParams({ access_token: token }) }))
    return { status: reply.status, json: await reply.json() }
  }
}
