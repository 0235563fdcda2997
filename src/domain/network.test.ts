import assert from 'node:assert/strict'
import { test } from 'node:test'
import { widerNetworkOf } from './network.ts'

test('addresses of one office are one network, however they are written, and others are another', () => {
  assert.equal(widerNetworkOf('192.0.2.17'), '192.0.2.0/24')
  assert.equal(widerNetworkOf('::ffff:192.0.2.200'), '192.0.2.0/24')
  assert.equal(widerNetworkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(widerNetworkOf('2001:0DB8:0001:0002::9'), '2001:db8:1:2::/64')
  assert.equal(widerNetworkOf('2001:db8::9'), '2001:db8:0:0::/64')
  assert.equal(widerNetworkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
  assert.equal(widerNetworkOf('::1'), '0:0:0:0::/64')
  assert.notEqual(widerNetworkOf('192.0.3.17'), widerNetworkOf('192.0.2.17'))
  assert.equal(widerNetworkOf('unknown'), 'unknown')
})
