import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factorName, readAssertion, readRequest, returnAddress, type TokenSubject, tokenClaims } from './second-factor.ts'

const now = new Date('2026-06-01T12:00:00Z')
const at = now.getTime() / 1000
const clientId = 'DI0123456789ABCDEFGH'
const address = 'https://id.example.org/oauth/v1/token'
const assertion = { iss: clientId, sub: clientId, aud: address, exp: at + 300, jti: 'j'.repeat(36) }
const redirect = 'https://portal.example/back'
const request = {
  response_type: 'code',
  scope: 'openid',
  client_id: clientId,
  redirect_uri: redirect,
  state: 's'.repeat(36),
  duo_uname: 'Ana@Example.org',
  exp: at + 300,
  iss: clientId,
  aud: 'https://id.example.org',
  use_duo_code_attribute: true,
}
const read = (more: object, outer = {}) =>
  readRequest({ ...request, ...more }, outer, { clientId, host: 'id.example.org', redirects: [redirect], now })

test('an assertion is remembered until a minute after it has run out, however its time is written', () => {
  const until = new Date(now.getTime() + 360_000)
  for (const exp of [at + 300, `${at + 300}`])
    assert.deepEqual(readAssertion({ ...assertion, exp }, clientId, address, now), { jti: assertion.jti, until })
  assert.ok(typeof readAssertion({ ...assertion, exp: at + 299.5 }, clientId, address, now) === 'object')
  for (const exp of [null, 'soon', '1e99', Number.NaN, Number.POSITIVE_INFINITY, [at + 300], {}, true, -1])
    assert.equal(typeof readAssertion({ ...assertion, exp }, clientId, address, now), 'string', String(exp))
  assert.equal(readAssertion({ ...assertion, nbf: at + 120 }, clientId, address, now), 'from-the-future')
  assert.equal(readAssertion({ ...assertion, iat: 'x' }, clientId, address, now), 'from-the-future')
})

test('a request is read as it was signed: the name letter by letter, the nonce of the signed part before that of the address', () => {
  const whole = read({ nonce: 'n'.repeat(20) }, { nonce: 'o'.repeat(20) })
  assert.ok(typeof whole === 'object')
  assert.deepEqual([whole.userName, whole.nonce, whole.codeParameter], ['Ana@Example.org', 'n'.repeat(20), 'duo_code'])
  const csharp = read({ use_duo_code_attribute: 'True', aud: ['https://id.example.org/oauth/v1/authorize'] })
  assert.ok(typeof csharp === 'object' && csharp.codeParameter === 'duo_code')
  for (const flag of [false, 'false', undefined, 1]) {
    const plain = read({ use_duo_code_attribute: flag })
    assert.ok(typeof plain === 'object' && plain.codeParameter === 'code', String(flag))
  }
  assert.equal(read({ iss: undefined }), 'issuer', 'without both or with both')
  assert.equal(read({ nonce: 'short' }), 'nonce')
  for (const name of ['', 'x'.repeat(321), 7, null, ['a']]) assert.equal(read({ duo_uname: name }), 'user-name', String(name))
})

test('the way back keeps what the address has, and encodes what is added', () => {
  assert.equal(returnAddress('https://p.example/b', { state: 'a b&c' }), 'https://p.example/b?state=a+b%26c')
  assert.equal(returnAddress('https://p.example/b?x=1', { state: 's' }), 'https://p.example/b?x=1&state=s')
  assert.equal(returnAddress('https://p.example/b?', { state: 's' }), 'https://p.example/b?state=s')
})

test('a token says what happened and no more: nothing is true of it that nobody has looked at', () => {
  const passed = { kind: 'totp', at: now, isNew: false, address: '192.0.2.1', browser: '' }
  const subject: TokenSubject = {
    host: 'id.example.org',
    clientId,
    application: 'Portal',
    promptId: 'p',
    userName: 'Ana@Example.org',
    person: { id: 'u', email: 'ana@example.org' },
    passed,
  }
  const claims = tokenClaims(subject, new Date(now.getTime() + 5500)) as Record<string, Record<string, unknown>>
  assert.deepEqual([claims.iat, claims.auth_time, claims.exp, 'nonce' in claims], [at + 5, at, at + 305, false])
  const device = claims.auth_context?.access_device as Record<string, unknown>
  for (const name of ['is_encryption_enabled', 'is_firewall_enabled', 'is_password_set']) assert.equal(device[name], 'unknown')
  assert.deepEqual([device.browser, device.os, claims.auth_context?.reason], [null, null, 'valid_passcode'])
  assert.deepEqual(['totp', 'backup-codes', 'some-new-kind'].map(factorName), ['passcode', 'backup_code', 'some_new_kind'])
})
