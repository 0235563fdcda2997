import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { idsIn, judge, rowsOf, strangers, testsOf } from './acceptance.ts'
import type { TestRecord } from './machine/reporter.ts'

// No id of a row stands in a title here: it would count as a proof.

const tested = (title: string, status: TestRecord['status'] = 'passed'): TestRecord => ({
  title,
  status,
  file: 'test/x.test.ts',
  circle: 'journeys',
  database: 'pglite',
  ms: 1,
})
const rows = [
  { id: 'S1.1', kind: 'R', what: 'one' },
  { id: 'S1.10', kind: 'M', what: 'ten' },
]
const proved = (tests: TestRecord[]) =>
  judge(rows, tests)
    .filter((verdict) => verdict.proved)
    .map(({ row }) => row.id)

test('the list in docs has the 204 rows of the five documents, each once and in order', () => {
  const list = rowsOf(readFileSync(join(import.meta.dirname, '../docs/acceptance.md'), 'utf8'))
  const expected = [65, 30, 49, 36, 24].flatMap((count, document) =>
    Array.from({ length: count }, (_, index) => `S${document}.${index + 1}`),
  )
  assert.deepEqual(
    list.map(({ id }) => id),
    expected,
  )
  assert.equal(list.length, 204)
  assert.deepEqual(
    list.filter(({ kind, what }) => !/[TFBMRNDCWX]/.test(kind) || what.includes('|')),
    [],
  )
})

test('a title may carry several ids, anywhere, and each counts once', () => {
  assert.deepEqual(idsIn('S1.12 S1.18: forced, as S1.12 says (S4.23)'), ['S1.12', 'S1.18', 'S4.23'])
  assert.deepEqual(idsIn('RFC 6238, TLS1.3 and a version 1.10'), [])
})

test('a short id is not found in a longer one', () => {
  assert.deepEqual(proved([tested('S1.10 the list')]), ['S1.10'])
  assert.deepEqual(proved([tested('S1.1. and no more')]), ['S1.1'])
})

test('one failure outweighs any number of passes, in whichever circle it was', () => {
  const elsewhere = { ...tested('S1.1 refused', 'failed'), database: 'postgres' }
  assert.deepEqual(proved([tested('S1.1 refused'), elsewhere, tested('S1.10 list')]), ['S1.10'])
})

test('a skipped test and one that is still to do prove nothing', () => {
  assert.deepEqual(proved([tested('S1.1 x', 'skipped'), tested('S1.10 x', 'todo')]), [])
})

test('the id of a suite counts for the tests in it', () => {
  assert.deepEqual(proved([tested('S1.1 only a Security Admin > the API answers 403')]), ['S1.1'])
})

test('an id that no row has is named', () => {
  assert.deepEqual(strangers(rows, [tested('S1.1 S9.99 slip')]), ['S9.99 in "S1.1 S9.99 slip" (test/x.test.ts)'])
})

test('the head of a run and its counts are not tests', () => {
  const lines = [{ run: { ended: 'now' } }, tested('S1.1 x'), { counts: { tests: 1 } }].map((entry) => JSON.stringify(entry)).join('\n')
  assert.deepEqual(
    testsOf(`${lines}\n`).map(({ title }) => title),
    ['S1.1 x'],
  )
})
