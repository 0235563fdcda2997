import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simpleName } from './duo.ts'
import { activationIn, managedName, pushLimits, pushRefusal } from './duo-push.ts'

const now = new Date('2026-06-01T12:00:00Z')
const ago = (...seconds: readonly number[]) => seconds.map((one) => new Date(now.getTime() - one * 1000))
const waitOf = (sent: readonly Date[]) => {
  const { reason, until } = pushRefusal({ sent }, now)
  return [reason, until && (until.getTime() - now.getTime()) / 1000]
}

test('R061 after three pushes the first of them must be ten minutes old, in whatever order they are kept', () => {
  assert.deepEqual(waitOf(ago(30, 500, 100)), ['often', 100])
  assert.deepEqual(waitOf(ago(5000, 30, 500, 100)), ['often', 100])
})

test('R061 after ten in a day the oldest of them must be a day old, and that is told before the shorter wait', () => {
  const ten = Array.from({ length: pushLimits.mostInDay }, (_, nth) => 700 * nth)
  assert.deepEqual(waitOf(ago(...ten)), ['day', 86_400 - 6300])
})

test('one who was stopped is told so, and of no wait: waiting does not help', () => {
  assert.deepEqual(pushRefusal({ sent: ago(1, 2, 3), stoppedAt: now }, now), { reason: 'stopped' })
})

test('A67 the name of a user whom we make tells people apart however Duo reads names, and can be recognized', () => {
  const name = managedName(' Ana.Lee@Acme.Example ', 'x7k2p9qa')
  assert.equal(name, 'ana.lee.at.acme.example.x7k2p9qa')
  assert.equal(simpleName(name), name, '"Simple" cuts nothing off')
  assert.notEqual(simpleName(managedName('ana@x.example', 'a')), simpleName(managedName('ana@y.example', 'a')))
  for (const odd of ['ACME\\ana@x.example', '"a b"@x.example', 'zo\u00eb@x.example', `${'a'.repeat(300)}@x.example`]) {
    const made = managedName(odd, 'drawn')
    assert.doesNotMatch(made, /[@\\\s"]/)
    assert.ok(made.endsWith('.drawn') && made.length <= 90, made)
  }
})

test('a set-up is known of Duo alone, and only once it was begun', () => {
  assert.equal(activationIn(undefined), undefined)
  assert.equal(activationIn({ kind: 'duo', keep: {} }), undefined)
  assert.equal(activationIn({ kind: 'totp', keep: { activating: { id: 'x' } } }), undefined)
})
