import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asked, Cost, Factor, Form, State } from '#domain/factor.ts'

const garbage = [
  '',
  ' ',
  '0',
  '00000',
  '0000000',
  'x'.repeat(10_000),
  '000000\u0000',
  '１２３４５６',
  '12345\n',
  "' or 1=1 --",
  '😀😀😀😀😀😀',
  '-00001',
  '1e5',
]
const person = { id: '0197-person', name: 'Ada', email: 'ada@example.org', phone: '+4930901820' }

export interface Claimant {
  readonly factor: Factor
  /** What an honest person answers to what is shown at set-up. */
  enrolling(show: Form): string
  /** What they answer later; `nth` tells the occasions apart. */
  answering(show: Form, nth: number): string
  /** Lets time pass where the kind needs it between two answers. */
  wait(): void
  /** What a sign-in knows beside the answer: of kinds that send something, what it has sent for this occasion. */
  asked?(nth: number): Asked
  /** Such a kind keeps no secret, and what it sent is gone once it was answered. */
  readonly keepsNoSecret?: boolean
}

/** What every factor owes the sign-in, whatever its kind. */
export function factorContract(make: () => Claimant): void {
  const usual: Asked = { tolerance: 'usual' }
  const enroll = () => {
    const claimant = make()
    const asked = claimant.asked ?? (() => usual)
    const { show, keep } = claimant.factor.enrollment.begin(person)
    const binding = claimant.factor.enrollment.answer(JSON.parse(JSON.stringify(keep)), claimant.enrolling(show), asked(-1))
    assert.equal(binding.verdict, 'accepted')
    if (binding.verdict !== 'accepted') throw new Error('unreachable')
    const state = JSON.parse(JSON.stringify(binding.state)) as State
    claimant.wait()
    return { ...claimant, asked, show, keep, state, binding }
  }
  const spend = (state: State, cost: Cost): State => ({
    ...state,
    counter: 'counter' in cost ? cost.counter : state.counter,
    hashes: 'hash' in cost ? state.hashes.filter((one) => one !== cost.hash) : state.hashes,
    usedHashes: 'hash' in cost ? [...state.usedHashes, cost.hash] : state.usedHashes,
  })
  /** What is still asked once a price was paid: a sent code goes with its sign-in's version. */
  const left = (asked: Asked, cost: Cost): Asked => ('challenge' in cost ? usual : asked)
  const { factor } = make()

  test(`${factor.kind}: an honest claimant enrolls and then signs in twice`, () => {
    const { answering, show, wait, ...kit } = enroll()
    const first = kit.factor.authentication.answer(kit.state, answering(show, 0), kit.asked(0))
    assert.equal(first.verdict, 'accepted')
    if (first.verdict !== 'accepted') return
    assert.ok(first.proves.length > 0 && first.amr.length > 0)
    wait()
    const second = kit.factor.authentication.answer(spend(kit.state, first.cost), answering(show, 1), kit.asked(1))
    assert.equal(second.verdict, 'accepted')
  })
  test(`${factor.kind}: an answer is refused once its price is paid`, () => {
    const { answering, show, ...kit } = enroll()
    const answer = answering(show, 0)
    const first = kit.factor.authentication.answer(kit.state, answer, kit.asked(0))
    assert.equal(first.verdict, 'accepted')
    if (first.verdict !== 'accepted') return
    const again = kit.factor.authentication.answer(spend(kit.state, first.cost), answer, left(kit.asked(0), first.cost))
    assert.equal(again.verdict, 'rejected')
  })
  test(`${factor.kind}: garbage is refused, never thrown, at set-up and later`, () => {
    const { state, keep, ...kit } = enroll()
    for (const text of garbage) {
      const verdict = kit.factor.authentication.answer(state, text, kit.asked(0))
      assert.equal(verdict.verdict, 'rejected', JSON.stringify(text))
      const isMalformed = verdict.verdict === 'rejected' && verdict.reason === 'malformed'
      assert.equal(kit.factor.authentication.fits(text), !isMalformed, 'what fits is judged, what does not is malformed')
      assert.equal(kit.factor.enrollment.answer(keep, text, kit.asked(-1)).verdict, 'rejected', JSON.stringify(text))
    }
  })
  test(`${factor.kind}: no two enrollments share a secret`, () => {
    const states = Array.from({ length: 200 }, () => enroll().state)
    if (make().keepsNoSecret) assert.ok(states.every(({ secret, hashes }) => secret === null && hashes.length === 0))
    else assert.equal(new Set(states.map(({ secret }) => JSON.stringify(secret))).size, 200)
  })
  test(`${factor.kind}: the answer of one authenticator is nothing to another`, () => {
    const [one, other] = [enroll(), enroll()]
    assert.equal(other.factor.authentication.answer(other.state, one.answering(one.show, 0), other.asked(0)).verdict, 'rejected')
  })
}
