import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '#domain/problem.ts'
import { keysFrom, newKey } from './keys.ts'
import { openPasswords } from './password.ts'
import { digest, isSame, keyedDigest, newId, newToken } from './random.ts'
import { seal, unseal } from './seal.ts'

const newSecret = () => createSecretKey(randomBytes(32))
const address = { table: 'authenticators', row: '1', owner: 'ada' }

test('what is sealed opens at its own address only, and not with a bit changed', () => {
  const key = newSecret()
  const sealed = seal(key, address, { secret: 'JBSWY3DP' })
  assert.deepEqual(unseal(key, address, sealed), { secret: 'JBSWY3DP' })
  assert.ok(!sealed.toString('latin1').includes('JBSWY3DP'))
  for (const elsewhere of [
    { ...address, table: 'messages' },
    { ...address, row: '2' },
    { ...address, owner: 'bob' },
  ]) {
    assert.throws(() => unseal(key, elsewhere, sealed))
  }
  assert.throws(() => unseal(newSecret(), address, sealed))
  for (let position = 0; position < sealed.length; position++) {
    const changed = Buffer.from(sealed)
    changed[position] = (changed[position] ?? 0) ^ 1
    assert.throws(() => unseal(key, address, changed))
  }
  assert.notDeepEqual(seal(key, address, 'x'), seal(key, address, 'x'))
})

test('a key file is 32 bytes of base64url, and each purpose has a key of its own', () => {
  const text = newKey()
  const keys = keysFrom(`${text}\n`)
  assert.equal(keysFrom(text).fingerprint, keys.fingerprint)
  const all = [keys.seal, keys.code, keys.csrf, keys.lane, keys.device].map((one) => one.export().toString('hex'))
  assert.equal(new Set([...all, keys.password.toString('hex')]).size, 6)
  for (const bad of ['', 'short', `${text}AAAA`]) assert.throws(() => keysFrom(bad), RangeError)
})

test('ids of one moment are in the order in which they were made, and all of them differ', () => {
  const made = Array.from({ length: 4000 }, () => newId(new Date(1000)))
  assert.deepEqual(made.toSorted(), made)
  assert.equal(new Set(made.map((id) => id.slice(19))).size, made.length)
})

test('tokens carry 256 bits, ids are version 7 in the order of time', () => {
  assert.equal(Buffer.from(newToken(), 'base64url').length, 32)
  assert.equal(new Set(Array.from({ length: 1000 }, newToken)).size, 1000)
  const [earlier, later] = [newId(new Date(1000)), newId(new Date(2000))]
  assert.match(earlier, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(earlier < later)
  assert.equal(digest('a').length, 32)
})

test('equality in constant time is still equality', () => {
  assert.ok(isSame('abc', 'abc'))
  for (const [a, b] of [
    ['abc', 'abd'],
    ['abc', 'ab'],
    ['', 'a'],
    ['é', 'e'],
  ] as const)
    assert.ok(!isSame(a, b))
  assert.notEqual(keyedDigest(newSecret(), 'a'), keyedDigest(newSecret(), 'a'))
})

test('a password is right in any form of the same characters, and wrong with another secret', async () => {
  const secret = randomBytes(32)
  const passwords = openPasswords({ secret })
  const hash = await passwords.hash('\u212Bngstr\u00F6m of the unit')
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await passwords.verify(hash, '\u00C5ngstro\u0308m of the unit', 'unknown'), true)
  assert.equal(await passwords.verify(hash, '\u00C5ngstro\u0308m of the unit ', 'unknown'), false)
  assert.equal(await openPasswords({ secret: randomBytes(32) }).verify(hash, '\u212Bngstr\u00F6m of the unit', 'unknown'), false)
  assert.notEqual(await passwords.hash('same'), await passwords.hash('same'))
  assert.equal(passwords.isOutdated(hash), false)
  assert.equal(passwords.isOutdated(hash.replace('t=2', 't=1')), true)
})

test('an unknown account costs the same work and is never right', async () => {
  const passwords = openPasswords({ secret: randomBytes(32) })
  assert.equal(await passwords.verify(undefined, 'nobody has this password', 'unknown'), false)
})

test('every character of a long password counts', async () => {
  const passwords = openPasswords({ secret: randomBytes(32) })
  const long = '🔐'.repeat(255)
  const hash = await passwords.hash(`${long}a`)
  assert.equal(await passwords.verify(hash, `${long}b`, 'unknown'), false)
  assert.equal(await passwords.verify(hash, `${long}a`, 'unknown'), true)
})

test('the queue is bounded, and recognised devices go first and have room of their own', async () => {
  const passwords = openPasswords({ secret: randomBytes(32), atOnce: 1, waiting: 3 })
  const order: string[] = []
  const ask = (precedence: 'recognized' | 'unknown', name: string) =>
    passwords.verify(undefined, 'x', precedence).then(() => order.push(name))
  const strangers = [0, 1, 2, 3].map((nth) => ask('unknown', `stranger ${nth}`))
  await assert.rejects(ask('unknown', 'one too many'), (error) => error instanceof Problem && error.code === 'busy')
  const owner = ask('recognized', 'owner')
  await Promise.all([...strangers, owner])
  assert.deepEqual(order, ['stranger 0', 'owner', 'stranger 1', 'stranger 2', 'stranger 3'])
})
