import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startingPolicy } from '#domain/policy.ts'
import { audit, type Told } from './audit.ts'

const told: Told = { who: 'Helen Marsh', whom: 'Ben Ashworth', isSelf: false, detail: {} }

test('every action has a name and a sentence that names whoever it is about, and no two are alike', () => {
  const detail = { name: 'Northwind', from: 'user', to: 'admin', role: 'user', format: 'csv' }
  const sentences = audit.actions.map((action) => audit.sentence(action, { ...told, detail }))
  for (const [nth, sentence] of sentences.entries()) {
    assert.match(sentence, /Helen Marsh|Ben Ashworth/, audit.actions[nth])
    assert.doesNotMatch(sentence, /undefined|null|\[object| {2}|\.$/, sentence)
    assert.match(audit.label(audit.actions[nth] ?? ''), /^[A-Z][a-z -]+$/)
  }
  assert.equal(new Set(sentences).size, sentences.length)
  assert.equal(new Set(audit.actions.map(audit.label)).size, audit.actions.length)
})

test('sentences also stand without a name, without a detail, and about oneself', () => {
  for (const action of audit.actions) {
    assert.doesNotMatch(audit.sentence(action, { isSelf: false, detail: {} }), /undefined/, action)
    const own = audit.sentence(action, { who: 'Helen Marsh', whom: 'Helen Marsh', isSelf: true, detail: {} })
    assert.doesNotMatch(own, /undefined/, action)
  }
  assert.equal(audit.sentence('two-factor.reset', told), 'Helen Marsh reset the authenticators of Ben Ashworth')
  assert.equal(audit.sentence('two-factor.reset', { ...told, isSelf: true }), 'Helen Marsh reset their authenticators')
  assert.equal(
    audit.sentence('two-factor.reset', { ...told, detail: { actsAs: 'provider' } }),
    'Helen Marsh (of the provider) reset the authenticators of Ben Ashworth',
  )
  assert.equal(audit.sentence('something.newer', told), 'something.newer')
})

test('a change of the rules tells what was different before, in the words of Company Settings', () => {
  const to = { ...startingPolicy, enabled: true, methods: ['totp'], leastPasswordLength: 20 }
  assert.deepEqual(audit.details({ from: startingPolicy as never, to }), [
    { what: 'Enable 2FA', before: 'OFF', value: 'ON' },
    { what: 'Least length of passwords', before: 'none', value: '20' },
  ])
  for (const name of Object.keys(startingPolicy)) {
    const [one] = audit.details({ from: { [name]: 'x' }, to: { [name]: 'y' } })
    assert.match(one?.what ?? '', /^(2FA )?[A-Z]/, name)
  }
  assert.deepEqual(audit.details({ from: 'user', to: 'security-admin' }), [{ what: 'Change', before: 'User', value: 'Security Admin' }])
  assert.deepEqual(audit.details({ someNewThing: [1, 'a'] }), [{ what: 'some new thing', value: '1, a' }])
})

test('the walk along the chain is told in sentences, and what is broken is told first', () => {
  const walk = { events: 2, from: '2026-06-01T12:00:00.000000Z', to: '2026-06-02T12:00:00.000000Z', head: 'abc', unsealed: 1 }
  assert.equal(audit.verified(walk).isWhole, true)
  assert.ok(audit.verified(walk).sentences.includes('Head: abc'))
  for (const why of ['missing', 'changed', 'lists'] as const) {
    const { isWhole, sentences } = audit.verified({ ...walk, broken: { position: 2, why } })
    assert.deepEqual([isWhole, sentences[0]], [false, 'THE AUDIT IS BROKEN.'])
    assert.match(sentences[1] ?? '', /place 2\b/)
  }
  assert.equal(audit.verified(walk, 'another').isWhole, false)
  assert.equal(audit.verified({ ...walk, notedAt: 1 }, 'another').isWhole, true)
  assert.equal(audit.verified({ events: 0, head: '', unsealed: 0 }).isWhole, true)
})
