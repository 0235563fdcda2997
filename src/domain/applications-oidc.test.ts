import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOfOidc, isPlainAddress, plainOidc } from './applications-oidc.ts'

test('an address is taken as everybody reads it, or not at all', () => {
  for (const right of [
    'https://a.example',
    'https://a.example/',
    'https://a.example/b?c=d',
    'https://a.example:8443/b',
    'http://localhost:3000/b',
    'http://127.0.0.1/b',
    'http://[::1]:3000/b',
  ])
    assert.ok(isPlainAddress(right), right)
  for (const wrong of [
    'http://a.example/b',
    'https://a.example/../b',
    'https://A.example/b',
    'https://a.example:443/b',
    'https://a@a.example/b',
    'https://a.example/b#c',
    'https://a.example/*',
    'https://a.example./b',
    'https://a.example\\b',
    'https://a.example/ b',
    'ftp://a.example/b',
    'javascript:alert(1)',
    '',
  ])
    assert.ok(!isPlainAddress(wrong), wrong)
})

test('settings lose blanks, empty lines and what stands twice, and the first wrong address is named', () => {
  const typed = {
    kind: 'oidc',
    redirectUris: [' https://a.example/b ', 'https://a.example/b', ''],
    postLogoutRedirectUris: [],
    backChannelLogoutUri: ' ',
    startUri: null,
  } as const
  const settings = plainOidc(typed)
  assert.deepEqual([settings.redirectUris, settings.backChannelLogoutUri], [['https://a.example/b'], null])
  assert.equal(faultOfOidc(settings), undefined)
  assert.deepEqual(faultOfOidc({ ...settings, redirectUris: [] }), { field: 'redirectUris' })
  assert.deepEqual(faultOfOidc({ ...settings, startUri: 'http://a.example' }), { field: 'startUri', value: 'http://a.example' })
})
