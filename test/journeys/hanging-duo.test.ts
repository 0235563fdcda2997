import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HangingDuo, hanging, openHangingDuo } from '../hanging-duo.ts'
import { start } from '../kit.ts'

let at: HangingDuo
before(async () => {
  at = await openHangingDuo()
})
after(() => at.close())

test(`A66 while ${hanging} people wait for a Duo that hangs, others sign in, through another Duo and without`, async () => {
  const { kit } = at.duoKit
  const plain = await kit.site({ mode: 'everyone' })
  const people = await Promise.all(Array.from({ length: 6 }, () => kit.person(plain.id)))
  const withDuo = await kit.person((await at.duoKit.site()).id)
  at.duoKit.user(withDuo)
  await at.duoKit.bind(withDuo)
  const { ended, over } = await at.hang()
  await Promise.all(people.map((person) => kit.signIn(person)))
  const client = kit.client()
  assert.equal((await at.duoKit.through(client, withDuo)).headers.location, '/')
  assert.equal((await start(kit.client(), people[0] ?? withDuo)).status, 201)
  assert.equal(ended(), 0, 'all of them still hang')
  await over
  assert.equal(ended(), hanging)
})
