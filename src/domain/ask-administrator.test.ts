import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedAs, type Candidate, whomToAsk } from './ask-administrator.ts'
import type { Role } from './roles.ts'

const own = (userId: string, role: Role, target: Role = 'user'): Candidate => ({
  userId,
  holds: { organization: 'Acme', role },
  member: { role: target },
  isOwn: true,
})
const above = (userId: string, role: Role, target: Role = 'user'): Candidate => ({
  userId,
  holds: { organization: 'Provider', role },
  member: { role: target },
  isOwn: false,
})
const ids = (candidates: readonly Candidate[]) => whomToAsk(candidates).map(({ userId }) => userId)

test("the organization's own people are asked before the provider's, and the higher roles first", () => {
  assert.deepEqual(ids([above('p', 'owner'), own('a', 'admin'), own('s', 'security-admin')]), ['s', 'a'])
  assert.deepEqual(ids([above('q', 'admin'), above('p', 'owner')]), ['p', 'q'])
  assert.deepEqual(ids([]), [])
})

test('nobody is asked whom the person stands above, and a role of the provider counts in a site as it does there', () => {
  assert.deepEqual(ids([own('a', 'admin', 'security-admin'), above('p', 'owner', 'security-admin')]), ['p'])
  assert.deepEqual(ids([above('p', 'admin', 'security-admin')]), [])
  assert.deepEqual(ids([own('u', 'user')]), [])
  assert.deepEqual(ids([own('s', 'security-admin', 'owner')]), [])
})

test('whoever meets the person in several organizations is asked once, and no more than twenty are', () => {
  assert.deepEqual(ids([own('a', 'admin'), own('a', 'security-admin')]), ['a'])
  assert.equal(ids(Array.from({ length: 50 }, (_, nth) => own(`a${nth}`, 'admin'))).length, 20)
})

test('who was asked is told by role and organization, each once', () => {
  const asked = askedAs([own('a', 'admin'), own('b', 'admin'), own('s', 'security-admin')])
  assert.deepEqual(asked, [
    { organization: 'Acme', role: 'admin' },
    { organization: 'Acme', role: 'security-admin' },
  ])
})
