import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { authAnvilFaults } from './authanvil.ts'
import { duoFaults } from './duo.ts'

test('README.md names every way to misbehave, and no other', () => {
  const text = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| fault \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)].flatMap(([, table = '']) => table.trim().split('\n'))
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, fault]) => fault))
  assert.deepEqual([...new Set(named)].sort(), [...new Set([...duoFaults, ...authAnvilFaults])].sort())
})
