import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainLabel } from './authenticators.ts'

test('a name of an authenticator is one line of at most sixty characters, and what is none is refused', () => {
  assert.equal(plainLabel('  Work\tphone \n 2 '), 'Work phone 2')
  assert.equal(plainLabel('A\u030angstro\u0308m'), 'Ångström')
  assert.equal(plainLabel('\u0000'), undefined)
  assert.equal(plainLabel(' '), undefined)
  assert.equal(plainLabel('🦉'.repeat(60)), '🦉'.repeat(60))
  assert.equal(plainLabel('x'.repeat(61)), undefined)
})
