import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HangingDuo, hanging, openHangingDuo } from '../hanging-duo.ts'

let at: HangingDuo
before(async () => {
  at = await openHangingDuo()
})
after(() => at.close())

test(`A66 while ${hanging} people wait for a Duo that hangs, others sign in, through another Duo and without`, async () => {
  const { kit } = at.duoKit
  const plain = await kit.site({ mode: 'everyone' })
  const people = await Promise.all(Array.from({ length: 3 }, () => kit.person(plain.id)))
  for (const person of people) await kit.signIn(person)
  const withDuo = await kit.person((await at.duoKit.site()).id)
  at.duoKit.user(withDuo)
  await at.duoKit.bind(withDuo)
  const { ended, over } = await at.hang()
  for (const person of people) await kit.signIn(person)
  assert.equal((await at.duoKit.through(kit.client(), withDuo)).headers.location, '/')
  // None of them is waited for. How many have given up by themselves after their five seconds is a matter of the machine.
  assert.ok(ended() < hanging, 'some still hang')
  await over
  assert.equal(ended(), hanging)
})
