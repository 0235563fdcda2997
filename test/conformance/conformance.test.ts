import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import Provider from 'oidc-provider'
import { openKit } from '../kit.ts'
import { freePort } from '../machine/free-port.ts'
import { anApplication } from '../requests.ts'
import { basic, configuration, logouts } from './modules.ts'
import { afterLogout, type Browser, type Op, type Page, redirectUri } from './op.ts'

/** The certified oidc-provider with nothing of ours: what the modules say must hold there first. */
async function bare(): Promise<Op> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const clients = [0, 1].map((nth) => ({ id: `client-${nth}`, secret: randomBytes(32).toString('base64url') }))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(issuer, {
    clients: clients.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterLogout],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] as never },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    enableHttpPostMethods: true,
    cookies: { long: { sameSite: 'none' } },
    features: { claimsParameter: { enabled: true }, pushedAuthorizationRequests: { enabled: false } },
    findAccount: async (_ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: 'Ada', email: 'ada@example.org', email_verified: true }),
    }),
  })
  const server = createServer(provider.callback())
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    issuer,
    clients: clients as unknown as Op['clients'],
    signIn: async (browser, first) => {
      let [page, asked] = [first, 0]
      for (; page.url.origin === issuer && /name="prompt" value="(login|consent)"/.test(page.text); asked++) {
        const prompt = /name="prompt" value="(login|consent)"/.exec(page.text)?.[1] ?? ''
        const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? page.url.href
        page = await browser.open(new URL(action, page.url), { prompt, login: 'ada', password: 'x' })
      }
      return { page, asked }
    },
    pass: () => undefined,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function countersign(): Promise<Op> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const kit = await openKit({ publicUrl: issuer, isRunning: true })
  await kit.app.listen({ host: '127.0.0.1', port })
  const site = await kit.site({ mode: 'everyone' })
  const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
  const add = async () => {
    const settings = { ...anApplication, redirectUris: [redirectUri], postLogoutRedirectUris: [afterLogout] }
    const { json } = await admin.call('POST', `/api/v1/organizations/${site.id}/applications`, { name: 'Client', settings })
    return { id: json.application.clientId as string, secret: json.secret as string }
  }
  const person = await kit.person(site.id)
  await kit.signIn(person)
  return {
    issuer,
    clients: [await add(), await add()],
    signIn: async (browser: Browser, first: Page) => {
      let [page, asked] = [first, 0]
      for (; page.url.origin === issuer && page.url.pathname === '/sign-in'; asked++) {
        assert.ok(asked < 6)
        const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
        const returnTo = /name="returnTo" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
        const isPassword = page.text.includes('name="password"')
        const isFirst = isPassword && /action="\/sign-in"/.test(page.text)
        if (!isPassword) kit.pass(30)
        const answer = isFirst
          ? { email: person.email, password: person.password, returnTo }
          : isPassword
            ? { password: person.password }
            : { code: kit.code(person) }
        page = await browser.open(`${issuer}${isFirst ? '/sign-in' : '/sign-in/answer'}`, { csrf, ...answer })
      }
      return { page, asked }
    },
    pass: kit.pass,
    close: () => kit.close(),
  }
}

for (const [name, open] of Object.entries({ 'a bare oidc-provider': bare, Countersign: countersign })) {
  describe(name, () => {
    let op: Op
    before(async () => {
      op = await open()
    })
    after(() => op.close())
    for (const [plan, modules] of Object.entries({ 'Basic OP': basic, 'Config OP': configuration, 'RP-initiated logout': logouts }))
      for (const [module, run] of Object.entries(modules)) test(`${plan}: ${module} passes on ${name}`, () => run(op))
  })
}

test('there are all 38 modules of the Basic OP profile', () => {
  assert.equal(Object.keys(basic).length, 38)
})
