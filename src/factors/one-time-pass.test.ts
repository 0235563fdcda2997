import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { State } from '#domain/factor.ts'
import { backupCodes } from './backup-codes.ts'
import { oneTimePass } from './one-time-pass.ts'

const key = createSecretKey(randomBytes(32))
const factor = oneTimePass({ random: randomBytes, key })
const person = { id: '0197-person', name: 'Ada', email: 'ada@example.org' }

function issue(): { readonly pass: string; readonly state: State } {
  const { show, keep } = factor.enrollment.begin(person)
  const binding = factor.enrollment.answer(JSON.parse(JSON.stringify(keep)), 'sent', { tolerance: 'usual' })
  if (show.form !== 'list' || binding.verdict !== 'accepted') assert.fail('a pass is a list of one')
  return { pass: show.codes[0] ?? '', state: binding.state }
}
const verdictOf = (state: State, answer: string) => factor.authentication.answer(state, answer, { tolerance: 'usual' })

test('A15 a pass is taken as it is mailed and as people write it, costs its hash, and is refused once that is paid', () => {
  for (let nth = 0; nth < 100; nth++) {
    const { pass, state } = issue()
    assert.match(pass, /^([A-Z2-7]{5}-){3}[A-Z2-7]{5}$/)
    const misread = pass.replaceAll('O', '0').replaceAll('I', '1').replaceAll('B', '8')
    for (const written of [pass, pass.toLowerCase(), pass.replaceAll('-', ''), ` ${pass.replaceAll('-', ' ')} `, misread]) {
      const verdict = verdictOf(state, written)
      assert.deepEqual(verdict, { verdict: 'accepted', cost: { hash: state.hashes[0] }, proves: ['have'], amr: ['otp'] }, written)
    }
    assert.deepEqual(verdictOf({ ...state, hashes: [] }, pass), { verdict: 'rejected', reason: 'mismatch' })
  }
})

test('a pass of somebody else, with another key, or with one letter wrong is none; garbage is refused and never thrown', () => {
  const [one, other] = [issue(), issue()]
  assert.equal(verdictOf(other.state, one.pass).verdict, 'rejected')
  const stranger = oneTimePass({ random: randomBytes, key: createSecretKey(randomBytes(32)) })
  assert.equal(stranger.authentication.answer(one.state, one.pass, { tolerance: 'usual' }).verdict, 'rejected')
  const letter = one.pass.endsWith('A') ? 'C' : 'A'
  assert.deepEqual(verdictOf(one.state, one.pass.slice(0, -1) + letter), { verdict: 'rejected', reason: 'mismatch' })
  for (const text of [
    '',
    ' ',
    '000000',
    'x'.repeat(10_000),
    '-'.repeat(10_000),
    one.pass.slice(0, -1),
    `${one.pass}A`,
    "' or 1=1 --",
    '😀'.repeat(20),
  ]) {
    assert.equal(factor.authentication.fits(text), false, text.slice(0, 30))
    assert.deepEqual(verdictOf(one.state, text), { verdict: 'rejected', reason: 'malformed' })
    assert.equal(factor.enrollment.answer({ salt: '', hash: '' }, text, { tolerance: 'usual' }).verdict, 'rejected')
  }
})

test('neither a pass nor the part of it that is mailed alone is ever taken for a backup code, or a backup code for a pass', () => {
  const codes = backupCodes({ random: randomBytes, key })
  const { pass } = issue()
  for (const text of [pass, pass.slice(0, pass.lastIndexOf('-'))]) assert.equal(codes.authentication.fits(text), false)
  const { show } = codes.enrollment.begin(person)
  for (const code of show.form === 'list' ? show.codes : assert.fail()) assert.equal(factor.authentication.fits(code), false)
})

test('no two passes are alike, and each letter of the alphabet comes up', () => {
  const passes = Array.from({ length: 500 }, () => issue().pass)
  assert.equal(new Set(passes).size, 500)
  assert.equal(new Set(passes.join('').replaceAll('-', '')).size, 32)
})
