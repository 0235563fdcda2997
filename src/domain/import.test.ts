import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCsv } from './csv.ts'
import { type Import, importLimits, readImport } from './import.ts'

const fields = (text: string) => {
  const csv = readCsv(text)
  return 'records' in csv ? csv.records.map((record) => [record.line, ...record.fields]) : csv
}
const all = ['owner', 'security-admin', 'admin', 'user'] as const
const problems = (read: Import) => ('lines' in read ? read.lines.map(({ line, problem }) => [line, problem]) : read)

test('values are read as RFC 4180 writes them: quotes, doubled quotes, delimiters and line ends within them', () => {
  assert.deepEqual(fields('a,b\r\n"c ""d""","e,f"\r\n'), [
    [1, 'a', 'b'],
    [2, 'c "d"', 'e,f'],
  ])
  assert.deepEqual(fields('a,b\n"two\nlines",x\nlast,'), [
    [1, 'a', 'b'],
    [2, 'two\nlines', 'x'],
    [4, 'last', ''],
  ])
  assert.deepEqual(fields('""'), [])
  assert.deepEqual(fields('"a",""'), [[1, 'a', '']])
})

test('a byte order mark, semicolons, tabs, any line end and empty lines make no difference', () => {
  const same = [
    [1, 'name', 'email'],
    [3, 'Zoë', 'z@example.org'],
  ]
  for (const text of [
    'name,email\n\nZoë,z@example.org',
    '\uFEFFname;email\r\n\r\nZoë;z@example.org\r\n',
    'name\temail\r\rZoë\tz@example.org\r',
    '"name";"email"\n;\n"Zoë"; z@example.org ',
  ])
    assert.deepEqual(fields(text), same, JSON.stringify(text))
})

test('a quote that is never closed, or text behind a closed one, is told with its line', () => {
  assert.deepEqual(fields('a,b\n"c,d\ne,f'), { brokenAtLine: 2 })
  assert.deepEqual(fields('a,b\nc,d\ne,"f"g'), { brokenAtLine: 3 })
  assert.deepEqual(fields('"'), { brokenAtLine: 1 })
  assert.deepEqual(fields('a\nb"c'), [
    [1, 'a'],
    [2, 'b"c'],
  ])
})

test('columns are found by their names, in any order, and a role that is not given is user', () => {
  const read = readImport('Role;E-Mail;Phone;Full Name\nSecurity Admin;Ada@Example.org;1;Ada Okafor\n;ben@example.org;;Ben', all)
  assert.deepEqual(read, {
    lines: [
      { line: 2, name: 'Ada Okafor', email: 'ada@example.org', role: 'security-admin' },
      { line: 3, name: 'Ben', email: 'ben@example.org', role: 'user' },
    ],
  })
})

test('each line says what is wrong with it, and none costs another', () => {
  const text = [
    'name,email,role',
    'Ada,ada@example.org,user',
    'Ben,not an address,user',
    'Cleo,ADA@example.org,user',
    ',dora@example.org,user',
    '"=HYPERLINK(""https://evil.example"")",eve@example.org,user',
    '"Fay\nFay",fay@example.org,user',
    'Gil,gil@example.org,wizard',
    'Hal,hal@example.org,security-admin',
    `${'x'.repeat(121)},ivy@example.org,user`,
    'Short line',
  ].join('\n')
  assert.deepEqual(problems(readImport(text, ['admin', 'user'])), [
    [2, undefined],
    [3, 'invalid-email'],
    [4, 'twice'],
    [5, 'name-missing'],
    [6, 'invalid-name'],
    [7, 'invalid-name'],
    [9, 'unknown-role'],
    [10, 'role-above-yours'],
    [11, 'invalid-name'],
    [12, 'invalid-email'],
  ])
})

test('a file as a whole is refused when it is empty, has no such columns, is no text, is broken, or is too long', () => {
  const people = (count: number) => `name,email\n${Array.from({ length: count }, (_, nth) => `P,p${nth}@example.org`).join('\n')}`
  assert.deepEqual(readImport('', all), { problem: 'empty' })
  assert.deepEqual(readImport('name,email\n', all), { problem: 'empty' })
  assert.deepEqual(readImport('Ada,ada@example.org\nBen,ben@example.org', all), { problem: 'columns', line: 1 })
  assert.deepEqual(readImport('name,email\nZo\uFFFD,z@example.org', all), { problem: 'not-text' })
  assert.deepEqual(readImport('name,email\n"Ada,ada@example.org', all), { problem: 'quotes', line: 2 })
  assert.deepEqual(readImport(people(importLimits.people + 1), all), { problem: 'too-many-lines' })
  assert.ok('lines' in readImport(people(importLimits.people), all))
})
