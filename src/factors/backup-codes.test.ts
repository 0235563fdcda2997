import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { State } from '#domain/factor.ts'
import { backupCodes, backupCodesPerSet } from './backup-codes.ts'

const factor = backupCodes({ random: randomBytes, key: createSecretKey(randomBytes(32)) })
const draw = () => {
  const { show, keep } = factor.enrollment.begin({ id: '1', name: 'Ada', email: 'ada@example.org' })
  const binding = factor.enrollment.answer(keep, 'saved', { tolerance: 'usual' })
  assert.ok(show.form === 'list' && binding.verdict === 'accepted')
  if (show.form !== 'list' || binding.verdict !== 'accepted') throw new Error('unreachable')
  return { codes: show.codes, state: binding.state }
}

test('A16 R030 a set is ten codes of 80 bits, and no two of 10,000 are alike', () => {
  const codes = Array.from({ length: 1000 }, () => draw().codes).flat()
  assert.equal(codes.length, 1000 * backupCodesPerSet)
  assert.equal(new Set(codes).size, codes.length)
  for (const code of codes) assert.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
})

test('only hashes are kept, and another key makes nothing of them', () => {
  const { codes, state } = draw()
  const stranger = backupCodes({ random: randomBytes, key: createSecretKey(randomBytes(32)) })
  const stored = JSON.stringify(state)
  for (const code of codes) {
    assert.ok(!stored.includes(code.replaceAll('-', '')))
    assert.equal(stranger.authentication.answer(state, code, { tolerance: 'usual' }).verdict, 'rejected')
  }
})

test('a backup code is taken however it is typed: lower case, without dashes, 0 for O, 1 for I, 8 for B', () => {
  const { codes, state } = draw()
  for (const code of codes) {
    for (const typed of [
      code,
      code.toLowerCase(),
      code.replaceAll('-', ' '),
      code.replaceAll('-', ''),
      ` ${code} `,
      code.replaceAll('O', '0').replaceAll('I', '1').replaceAll('B', '8'),
    ]) {
      assert.equal(factor.authentication.answer(state, typed, { tolerance: 'usual' }).verdict, 'accepted', typed)
    }
  }
})

test('a used code says that it was used, and the others still work', () => {
  const { codes, state } = draw()
  const [first = '', second = ''] = codes
  const verdict = factor.authentication.answer(state, first, { tolerance: 'usual' })
  assert.ok(verdict.verdict === 'accepted' && 'hash' in verdict.cost)
  if (verdict.verdict !== 'accepted' || !('hash' in verdict.cost)) return
  const { hash } = verdict.cost
  const spent: State = { ...state, hashes: state.hashes.filter((one) => one !== hash), usedHashes: [hash] }
  assert.deepEqual(factor.authentication.answer(spent, first, { tolerance: 'usual' }), { verdict: 'rejected', reason: 'used-backup-code' })
  assert.equal(factor.authentication.answer(spent, second, { tolerance: 'usual' }).verdict, 'accepted')
})
