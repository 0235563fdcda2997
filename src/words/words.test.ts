import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsFor } from './words.ts'

test('there is always a language, whatever a browser asks for', () => {
  for (const asked of [
    undefined,
    '',
    '*',
    'en',
    'en-GB;q=0.5, de',
    'de',
    'x'.repeat(10_000),
    'en;q=0',
    ';;,,q=',
    '__proto__',
    'constructor',
  ]) {
    assert.equal(wordsFor(asked).language, 'en')
  }
})
