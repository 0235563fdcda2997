import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { safeReturn } from '#flows/sign-in.ts'
import { type Client, type Kit, openKit, type Person } from '../kit.ts'
import { addPortal, type Portal } from '../portal.ts'

/** One address is registered; whatever could be read as it by somebody who is not exact is tried. */
const registered = 'https://portal.example.org/signed-in'
const [host, path] = ['portal.example.org', '/signed-in']

const hosts = [
  'evil.example',
  `${host}.evil.example`,
  `evil.example.${host}`,
  `evil-${host}`,
  `${host}.`,
  `${host}:443`,
  `${host}:80`,
  `${host}:8443`,
  `${host}:0443`,
  `${host}@evil.example`,
  `evil.example@${host}`,
  `${host}:pass@evil.example`,
  `user:pass@${host}`,
  `${host}%2eevil.example`,
  `${host}%00.evil.example`,
  `${host}\\.evil.example`,
  `evil.example\\@${host}`,
  `${host}\t.evil.example`,
  `PORTAL.example.org`,
  `portal.EXAMPLE.org`,
  'pоrtal.example.org',
  'portal。example.org',
  'xn--prtal-jua.example.org',
  '127.0.0.1',
  '[::1]',
  '0x7f000001',
  'localhost',
  '*.example.org',
  'example.org',
  'www.portal.example.org',
].map((one) => `https://${one}${path}`)

const schemes = [
  'http',
  'HTTPS',
  'ftp',
  'javascript',
  'data',
  'vbscript',
  'file',
  'ws',
  'https ',
  'portal',
  'blob:https',
  'view-source:https',
].flatMap((scheme) => [`${scheme}://${host}${path}`, `${scheme}:${host}${path}`])

const paths = [
  '/',
  '',
  '/signed-in/',
  '/signed-in//',
  '//signed-in',
  '/Signed-In',
  '/SIGNED-IN',
  '/signed-in/other',
  '/signed-in2',
  '/signed-in%2f',
  '/signed-in%00',
  '/signed-in%20',
  '/%73igned-in',
  '/./signed-in',
  '/x/../signed-in',
  '/signed-in/..',
  '/signed-in/../evil',
  '/signed-in/%2e%2e/evil',
  '/signed-in;x',
  '/signed-in?',
  '/signed-in?next=https://evil.example',
  '/signed-in?code=stolen',
  '/signed-in#',
  '/signed-in#x',
  '/signed-in\\',
  '\\signed-in',
  '/signed-in\n',
  '/signed-in\r\nLocation: https://evil.example',
  '/signed-in\t',
  '/signed-in ',
  ' /signed-in',
  '/signed-in\u0000',
  '/signed-in\u202e',
  '/sıgned-in',
  '/signed-in/*',
  '/*',
  '/signed-i',
].map((one) => `https://${host}${one}`)

const shapes = [
  '//portal.example.org/signed-in',
  '///portal.example.org/signed-in',
  '/\\portal.example.org/signed-in',
  '\\\\portal.example.org\\signed-in',
  'portal.example.org/signed-in',
  '/signed-in',
  'signed-in',
  '..',
  '.',
  '#',
  '?',
  'https:',
  'https:/portal.example.org/signed-in',
  'https:///portal.example.org/signed-in',
  'https:\\\\portal.example.org\\signed-in',
  'https://',
  'null',
  'undefined',
  'about:blank',
  'javascript:alert(1)',
  'javascript://portal.example.org/signed-in%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  `${registered},${registered}`,
  `${registered} ${registered}`,
  ` ${registered}`,
  `${registered}${registered}`,
  `"${registered}"`,
  `<${registered}>`,
  encodeURIComponent(registered),
  'x'.repeat(5000),
  'http:portal.example.org/signed-in',
  'https:portal.example.org',
  'https:\t//portal.example.org/signed-in',
  'ht\ntps://portal.example.org/signed-in',
  '\u0001https://portal.example.org/signed-in',
  '\ufeffhttps://portal.example.org/signed-in',
  'https://portal.example.org\u2044signed-in',
  'https://portal.example.org\uff0fsigned-in',
  'https://portal.example.org:443@evil.example/signed-in',
  'https://portal.example.org#@evil.example/signed-in',
  'https://portal.example.org?@evil.example/signed-in',
  'https://portal.example.org;evil.example/signed-in',
  'https://portal.example.org&evil.example/signed-in',
  'https://portal.example.org%23@evil.example/signed-in',
  'https://portal.example.org%40evil.example/signed-in',
  'https://portal.example.org%5c@evil.example/signed-in',
  'https://[portal.example.org]/signed-in',
  'https://evil.example/https://portal.example.org/signed-in',
  'https://evil.example?https://portal.example.org/signed-in',
  'https://evil.example#https://portal.example.org/signed-in',
  'https://evil.example\\https://portal.example.org/signed-in',
  'urn:portal.example.org:signed-in',
  'mailto:ada@portal.example.org',
  'intent://portal.example.org/signed-in#Intent;scheme=https;end',
  'filesystem:https://portal.example.org/signed-in',
  'https://2130706433/signed-in',
  'https://portal.example.org/signed-in%0d%0aset-cookie:a=b',
  'https://portal.example.org/signed-in%3fcode=stolen',
  `${registered}&redirect_uri=https://evil.example`,
  `${registered}%26redirect_uri=https://evil.example`,
]

const corpus = [...hosts, ...schemes, ...paths, ...shapes].filter((one) => one !== registered)

let kit: Kit
let portal: Portal
let browser: Client
let person: Person
before(async () => {
  kit = await openKit({ isRunning: true })
  const site = await kit.site()
  const admin = await kit.signIn(await kit.person(site.id, { role: 'security-admin' }))
  portal = await addPortal(kit, site.id, admin, { postLogoutRedirectUris: [registered] })
  person = await kit.person(site.id)
  browser = await kit.signIn(person)
})
after(() => kit.close())

/** Where a reply leads, by a header or by a page. */
const leadsTo = ({ headers, text }: { readonly headers: Readonly<Record<string, unknown>>; readonly text: string }) =>
  String(headers.location ?? /content="0;url=([^"]+)"/.exec(text)?.[1] ?? '')

test('A80 A94 R120 no address but the registered one, to the letter, is ever gone to with a code, an error, or after signing out', async () => {
  assert.ok(corpus.length >= 150, `${corpus.length} addresses`)
  for (const address of corpus) {
    for (const prompt of [{}, { prompt: 'none' }, { response_type: 'token' }]) {
      const { url } = await portal.begin({ redirect_uri: address, ...prompt })
      const reply = await browser.call('GET', `${url.pathname}${url.search}`, undefined, { accept: 'text/html' })
      assert.ok(reply.status >= 400 && reply.status < 500, `${JSON.stringify(address)}: ${reply.status}`)
      assert.equal(leadsTo(reply), '', address)
    }
    const out = new URLSearchParams({ client_id: portal.clientId, post_logout_redirect_uri: address })
    const left = await browser.call('GET', `/oidc/end-session?${out}`, undefined, { accept: 'text/html' })
    assert.ok(left.status >= 400 && left.status < 500, `${JSON.stringify(address)}: ${left.status}`)
  }
  const { url } = await portal.begin()
  assert.ok(leadsTo(await browser.call('GET', `${url.pathname}${url.search}`)).startsWith(`${registered}?code=`))
})

test('A80 what a sign-in returns to stays on this host, whatever it is written like', () => {
  const { origin } = new URL('https://id.example.org')
  for (const address of [...corpus, ...corpus.map((one) => `/${one}`), ...corpus.map((one) => `/\t${one}`)]) {
    const to = new URL(safeReturn(address), origin)
    assert.equal(to.origin, origin, JSON.stringify(address))
    assert.ok(['https:', 'http:'].includes(to.protocol))
  }
})

test('A80 an interaction of another browser, or none at all, leads nowhere', async () => {
  const { url } = await portal.begin({ prompt: 'login' })
  const begun = await browser.call('GET', `${url.pathname}${url.search}`)
  const interaction = String(begun.headers.location)
  const stranger = kit.client()
  for (const at of [interaction, '/oidc/interaction/nothing', `${interaction}x`, `${interaction}/refusal`]) {
    const reply = await stranger.call('GET', at, undefined, { accept: 'text/html' })
    assert.equal(reply.status, 401, at)
    assert.equal(leadsTo(reply), '')
  }
})
