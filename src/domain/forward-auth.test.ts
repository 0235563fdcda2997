import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrs, acrsOf } from './acr.ts'
import type { ForwardAuthSettings } from './applications-forward-auth.ts'
import { faultOfForwardAuth, plainForwardAuth } from './applications-forward-auth.ts'
import { type Evidence, passwordEvidence } from './assurance.ts'
import {
  comparablePath,
  headerValue,
  judgeEntry,
  originOfHost,
  readAddress,
  readTarget,
  takesPasskey,
  withoutOwnCookies,
} from './forward-auth.ts'
import { type Membership, startingPolicy } from './policy.ts'
import type { Role } from './roles.ts'

const now = new Date('2026-06-01T12:00:00Z')
const second = (minutesAgo: number) =>
  ({ kind: 'totp', proves: ['have'], amr: ['otp'], at: new Date(now.getTime() - minutesAgo * 60_000) }) as const
const member = (organizationId: string, role: Role = 'user'): Membership => ({
  organizationId,
  organizationName: organizationId,
  kind: 'site',
  role,
  required: false,
  policy: startingPolicy,
})
const settings: ForwardAuthSettings = {
  kind: 'forward-auth',
  origins: ['https://portal.example'],
  people: 'own',
  organizations: [],
  rules: [
    { path: '/', roles: ['admin', 'user'], strength: 'any', freshMinutes: 5 },
    { path: '/Admin/', roles: ['admin'], strength: 'second-factor', freshMinutes: 5 },
    { path: '/admin/keys', roles: ['admin'], strength: 'fresh', freshMinutes: 5 },
    { path: '/vault', roles: ['user'], strength: 'phishing-resistant', freshMinutes: 5 },
  ],
}
const portal = { organizationId: 'a', isProviders: false, settings }
const entry = (path: string, role: Role, ...evidence: ReturnType<typeof second>[]) =>
  judgeEntry(portal, { evidence: [passwordEvidence(now), ...evidence], memberships: [member('a', role)] }, path, now).entry

test('rules of a path only add to those above it, however the path is written', () => {
  assert.equal(entry('/', 'user'), 'let-in')
  assert.equal(entry('/', 'security-admin'), 'not-let-in')
  assert.equal(entry('/admin', 'admin'), 'step-up')
  for (const path of ['/admin', '/ADMIN/x', '/%61dmin', '/admin;x=1/y', '/ａdmin', '/admin.', '/administrators'])
    assert.equal(entry(comparablePath(encodeURI(path).replaceAll('%25', '%')) ?? '', 'user'), 'not-let-in', path)
  assert.equal(entry('/admin', 'admin', second(60)), 'let-in')
  assert.equal(entry('/admin/keys', 'admin', second(6)), 'step-up')
  assert.equal(entry('/admin/keys', 'admin', second(5)), 'let-in')
})

test('what takes a passkey is opened by a passkey alone, and only where `phr` may be said of the session', () => {
  const passkey = { kind: 'passkey', proves: ['have', 'are'], amr: ['pop', 'user'], at: new Date(0) } as const
  const bare = { ...passkey, proves: ['have'] } as const
  const judge = (evidence: readonly Evidence[]) => judgeEntry(portal, { evidence, memberships: [member('a')] }, '/vault/x', now).entry
  for (const evidence of [[passkey], [passwordEvidence(now), passkey], [passwordEvidence(now), bare]]) {
    assert.equal(judge(evidence), 'let-in')
    assert.equal(acrsOf(evidence)[0], acrs.phishingResistant)
  }
  for (const evidence of [[], [passwordEvidence(now)], [passwordEvidence(now), second(0)], [bare]]) assert.equal(judge(evidence), 'step-up')
  assert.deepEqual([takesPasskey(settings, '/vault'), takesPasskey(settings, '/admin')], [true, false])
})

test('people of other organizations are let in by the provider alone, who may let in all or some', () => {
  const judge = (isProviders: boolean, people: ForwardAuthSettings['people'], organizations: readonly string[] = []) =>
    judgeEntry(
      { organizationId: 'a', isProviders, settings: { ...settings, people, organizations } },
      { evidence: [], memberships: [member('b')] },
      '/',
      now,
    ).entry
  assert.equal(judge(false, 'own'), 'not-let-in')
  assert.equal(judge(false, 'all'), 'not-let-in')
  assert.equal(judge(false, 'chosen', ['b']), 'not-let-in')
  assert.equal(judge(true, 'own'), 'not-let-in')
  assert.equal(judge(true, 'chosen', ['c']), 'not-let-in')
  assert.equal(judge(true, 'chosen', ['b']), 'let-in')
  assert.equal(judge(true, 'all'), 'let-in')
})

test('A93 a path that servers understand in two ways is no path', () => {
  const odd = [
    '',
    'x',
    '//',
    '/a//b',
    '/./a',
    '/a/..',
    '/..;/a',
    '/;/a',
    '/%2e%2e/a',
    '/%2E/',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/%00',
    '/%0d%0aX',
    '/%7f',
    '/%zz',
    '/%',
    '/%c0%ae',
    '/%ff',
    '/%252e',
    '/%ef%bc%8f',
    '/%e2%80%ae',
    '/%20admin',
    '/admin%20',
    '/%c2%85',
    '/%u0061',
  ]
  for (const path of odd) assert.equal(comparablePath(path), undefined, path)
  for (const path of ['/', '/a', '/a/', '/a/b.c', '/100%25', '/J%C3%B6rg', '/a;v=1', '/a,b', "/a'(b)"])
    assert.ok(comparablePath(path), path)
})

test('A93 a host and a scheme are taken in one form only, and the port counts', () => {
  assert.equal(originOfHost('https', 'portal.example:443'), 'https://portal.example')
  assert.equal(originOfHost('http', 'portal.example:8080'), 'http://portal.example:8080')
  for (const host of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a:0',
    'a:99999',
    'a:',
    'a:80:80',
    'a, b',
    'a b',
    'a@b',
    'a/b',
    '[::1]',
    'a\t',
    'ü.example',
    'a%2eb',
  ])
    assert.equal(originOfHost('https', host), undefined, host)
  for (const scheme of ['', 'HTTPS', 'ftp', 'https,https', 'javascript', 'wss'])
    assert.equal(originOfHost(scheme, 'a.example'), undefined, scheme)
  assert.equal(readTarget('https', 'Portal.Example', '/x?y=//z')?.origin, 'https://portal.example')
  for (const uri of ['', 'x', '*', 'http://a/', '/ü', '/a b', '/a#b', '/a"', '/<', `/${'x'.repeat(8000)}`, '/\t', '/?\u0000'])
    assert.equal(readTarget('https', 'a.example', uri), undefined, uri)
  for (const address of [
    '//a.example/',
    'https:/a',
    'https:a.example/',
    'https://a.example',
    'https://a@b.example/',
    'https://a.example\\@b/',
    'javascript:alert(1)//x/',
    ' https://a.example/',
  ])
    assert.equal(readAddress(address), undefined, address)
})

test('settings are stored in one form, and what cannot be compared is refused', () => {
  const plain = plainForwardAuth({ ...settings, origins: [' https://Portal.example/ ', 'https://portal.example'], organizations: ['x'] })
  assert.deepEqual([plain.origins, plain.organizations], [['https://portal.example'], []])
  assert.equal(faultOfForwardAuth(plain), undefined)
  const fault = (change: Partial<ForwardAuthSettings>) => faultOfForwardAuth({ ...settings, ...change })?.field
  for (const origin of [
    'http://portal.example',
    'https://portal.example:443',
    'https://*.example',
    'https://portal.example/x',
    'portal.example',
    'https://a@b',
  ])
    assert.equal(fault({ origins: [origin] }), 'origins', origin)
  assert.equal(fault({ origins: ['http://localhost:3000'] }), undefined)
  assert.equal(fault({ origins: [] }), 'origins')
  assert.equal(fault({ people: 'chosen' }), 'organizations')
  const [whole] = settings.rules
  assert.ok(whole)
  assert.equal(fault({ rules: [] }), 'rules')
  assert.equal(fault({ rules: [{ ...whole, path: '/a' }] }), 'rules')
  assert.equal(fault({ rules: [whole, { ...whole, path: '/a/../b' }] }), 'rules')
  assert.equal(fault({ rules: [whole, { ...whole, path: '/a' }, { ...whole, path: '/A' }] }), 'rules')
  assert.equal(fault({ rules: [{ ...whole, roles: [] }] }), 'roles')
})

test('what is told to a portal ends no header, and holds none of our cookies', () => {
  assert.equal(headerValue(' Ada\r\nRemote-Role: owner\u0000 '), 'Ada Remote-Role: owner')
  assert.equal(withoutOwnCookies('a=1; __Host-countersign-session=x; COUNTERSIGN-portal-1=y;b=2'), 'a=1; b=2')
  assert.equal(withoutOwnCookies('countersign-session=x'), '')
})
