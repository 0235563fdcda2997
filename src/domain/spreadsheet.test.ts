import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from './spreadsheet.ts'

test('A90 a cell that a spreadsheet would run is shown as text, and every other one is left as it is', () => {
  const formulas = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '\tx',
    ' =1',
    '"=1',
    "'=1",
    '＝1',
    '＋1',
    '－1',
    '＠x',
    '\u200b=1',
  ]
  for (const cell of formulas) assert.ok(csvLine([cell]).startsWith(`"'`), JSON.stringify(cell))
  for (const cell of ['', 'a', '1', 'a=b', 'Ben-Ashworth', 'a@example.org', '2026-06-01T12:00:00Z', "O'Neil"])
    assert.equal(csvLine([cell]), `"${cell}"\r\n`)
})

test('a line is what RFC 4180 says: quoted cells, quotes doubled, CRLF at the end', () => {
  assert.equal(csvLine(['a', 'b, c', 'say "d"', 'two\nlines']), '"a","b, c","say ""d""","two\nlines"\r\n')
})
