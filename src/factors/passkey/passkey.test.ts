import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { PasskeyJudged, PasskeyRecord } from '#domain/passkey.ts'
import { type Algorithm, Authenticator, type AuthenticatorOptions, type Parts } from '../../../test/authenticator.ts'
import { checkAssertion, checkRegistration, creationOptions, requestOptions, userHandleOf } from './ceremony.ts'
import { passkey } from './passkey.ts'

const place = { rpId: 'id.example.org', origin: 'https://id.example.org' }
const person = { id: '01900000-0000-7000-8000-000000000001', name: 'Ada', email: 'ada@example.org' }
const other = '01900000-0000-7000-8000-000000000002'
const challengeOf = (text: string) => createHash('sha256').update(text).digest('base64url')
const challenge = challengeOf('one')

type Options = Parameters<Authenticator['get']>[0]

async function registered(options: AuthenticatorOptions = {}, wish: Partial<Parts> = {}) {
  const device = new Authenticator(place.origin, options)
  const asked = creationOptions(place, person, challenge, []) as unknown as Options
  const judged = await checkRegistration(device.create(asked, wish), { ...place, challenge })
  assert.ok(judged.did === 'registered')
  return { device, ...judged }
}

const ask = (record: PasskeyRecord, isWhole = false) => requestOptions(place, challenge, [record], isWhole) as unknown as Options

describe('a passkey', () => {
  for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const satisfies readonly Algorithm[])
    for (const format of ['none', 'packed'] as const)
      test(`with ${algorithm} and the attestation ${format} is set up and signs in`, async () => {
        const { device, record, counter } = await registered({ algorithm, format })
        assert.equal(record.rpId, place.rpId)
        const judged = await checkAssertion(device.get(ask(record)), { ...place, challenge }, { record, counter, userId: person.id }, true)
        assert.deepEqual(judged, { did: 'signed', credentialId: device.id, counter: 2, isVerified: true })
      })

  test('is told apart: what was asked for a PIN or a finger proves two things, what was only touched one', async () => {
    for (const verifies of [true, false]) {
      const { device, record, counter } = await registered({ verifies })
      const judged = await checkAssertion(device.get(ask(record)), { ...place, challenge }, { record, counter, userId: person.id }, false)
      const state = { secret: record as never, counter, hashes: [], usedHashes: [] }
      const verdict = passkey.authentication.answer(state, '', { tolerance: 'usual', passkey: judged })
      assert.ok(verdict.verdict === 'accepted')
      assert.deepEqual([verdict.proves, verdict.amr], [verifies ? ['have', 'know'] : ['have'], ['pop', 'user']])
    }
  })

  test('that counts is paid with a higher count, and one that does not with its challenge', async () => {
    for (const isSynced of [false, true]) {
      const { device, record, counter } = await registered({ isSynced })
      assert.equal(record.isSynced, isSynced)
      const judged = await checkAssertion(device.get(ask(record)), { ...place, challenge }, { record, counter, userId: person.id }, false)
      const verdict = passkey.authentication.answer({ secret: record as never, counter, hashes: [], usedHashes: [] }, '', {
        tolerance: 'usual',
        passkey: judged,
      })
      assert.deepEqual(verdict.verdict === 'accepted' && verdict.cost, isSynced ? { challenge: device.id } : { counter: 2 })
    }
  })

  test('is never accepted by typing, by what was said of another key, and by a count that stands still', () => {
    const record: PasskeyRecord = { credentialId: 'a', publicKey: '', rpId: '', transports: [], isSynced: false }
    const answer = (judged: PasskeyJudged | undefined, counter = 5) =>
      passkey.authentication.answer({ secret: record as never, counter, hashes: [], usedHashes: [] }, 'a', {
        tolerance: 'usual',
        ...(judged ? { passkey: judged } : {}),
      }).verdict
    const signed = (credentialId: string, counter: number): PasskeyJudged => ({ did: 'signed', credentialId, counter, isVerified: true })
    assert.ok(!passkey.authentication.fits('000000') && !passkey.authentication.fits(''))
    assert.deepEqual(
      [
        undefined,
        signed('b', 6),
        signed('a', 5),
        signed('a', 4),
        signed('a', 0),
        { ...signed('a', 6), did: 'registered', record } as PasskeyJudged,
      ].map((one) => answer(one)),
      Array.from({ length: 6 }, () => 'rejected'),
    )
    assert.equal(answer(signed('a', 6)), 'accepted')
    assert.equal(answer(signed('a', 0), 0), 'accepted')
  })

  test('is asked for without a word about anybody: the handle is the bare id, and the list is of this person and host', () => {
    const options = creationOptions(place, person, challenge, []) as { user: { id: string }; attestation: string }
    assert.equal(Buffer.from(options.user.id, 'base64url').toString('hex'), person.id.replaceAll('-', ''))
    assert.equal(options.attestation, 'none')
  })
})

const flip =
  (byte: number, bit = 1) =>
  (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    copy[byte] = (copy[byte] ?? 0) ^ bit
    return copy
  }
const client = (more: Record<string, unknown>): Partial<Parts> => ({ client: more })
// biome-ignore lint/suspicious/noExplicitAny: an answer of any shape.
const answer = (change: (one: any) => void): Partial<Parts> => ({
  answer: (one) => {
    change(one)
    return one
  },
})
const text = (change: (json: string) => string): Partial<Parts> => ({ clientBytes: (bytes) => Buffer.from(change(bytes.toString())) })
const longer = (value: string) => `${value}AA`

/** Each turns one thing of a good answer; signed means that the key itself has signed the wrong thing. */
const wrongs: Readonly<Record<string, Partial<Parts>>> = {
  'signed: the type of a set-up': client({ type: 'webauthn.create' }),
  'signed: the type of a payment': client({ type: 'payment.get' }),
  'signed: no type': client({ type: undefined }),
  'signed: another challenge': client({ challenge: challengeOf('two') }),
  'signed: an empty challenge': client({ challenge: '' }),
  'signed: no challenge': client({ challenge: undefined }),
  'signed: the challenge padded': client({ challenge: `${challenge}=` }),
  'signed: another origin': client({ origin: 'https://evil.example' }),
  'signed: the origin in front of another': client({ origin: 'https://id.example.org.evil.example' }),
  'signed: the origin of a sub-domain': client({ origin: 'https://a.id.example.org' }),
  'signed: the origin without TLS': client({ origin: 'http://id.example.org' }),
  'signed: the origin at another port': client({ origin: 'https://id.example.org:8443' }),
  'signed: no origin': client({ origin: undefined }),
  'signed: a page in a frame': client({ crossOrigin: true }),
  'signed: a page in a frame, in words': client({ crossOrigin: 'false' }),
  'signed: a page on top': client({ topOrigin: 'https://evil.example' }),
  'signed: a page in a frame of ours': client({ crossOrigin: true, topOrigin: place.origin }),
  'signed: a token binding of no kind': client({ tokenBinding: { status: 'forged' } }),
  'signed: client data that is no object': text(() => '[]'),
  'signed: client data that is no JSON': text((json) => json.slice(0, -1)),
  'signed: another host': { rpIdHash: createHash('sha256').update('evil.example').digest() },
  'signed: no host': { rpIdHash: Buffer.alloc(32) },
  'signed: nobody was there': { flags: 0x04 },
  'signed: nobody was there and nothing was asked': { flags: 0 },
  'signed: no PIN and no finger': { flags: 0x01 },
  'signed: a key that can be copied now': { flags: 0x0d },
  'signed: a key that was copied now': { flags: 0x1d },
  'signed: a copy of what cannot be copied': { flags: 0x15 },
  'signed: a new credential, which is not there': { flags: 0x45 },
  'signed: an extension, which is not there': { flags: 0x85 },
  'signed: a count that stands still': { counter: 1 },
  'signed: a count of nothing': { counter: 0 },
  'signed: authenticator data cut short': { authData: (bytes) => bytes.subarray(0, 36) },
  'signed: authenticator data with more behind': { authData: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) },
  'the first bit of the signature': { signature: flip(0) },
  'the last bit of the signature': { signature: (bytes) => flip(bytes.length - 1)(bytes) },
  'the middle of the signature': { signature: (bytes) => flip(bytes.length >> 1, 0x10)(bytes) },
  'no signature': { signature: () => Buffer.alloc(0) },
  'the signature cut short': { signature: (bytes) => bytes.subarray(0, -1) },
  'a signature with more behind': { signature: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) },
  'a signature of zeros': { signature: (bytes) => Buffer.alloc(bytes.length) },
  'client data after it was signed': answer((one) => {
    one.response.clientDataJSON = Buffer.from(`${Buffer.from(one.response.clientDataJSON, 'base64url')} `).toString('base64url')
  }),
  'the count after it was signed': answer((one) => {
    one.response.authenticatorData = flip(36, 0x10)(Buffer.from(one.response.authenticatorData, 'base64url')).toString('base64url')
  }),
  'the flags after they were signed': answer((one) => {
    one.response.authenticatorData = flip(32, 0x02)(Buffer.from(one.response.authenticatorData, 'base64url')).toString('base64url')
  }),
  'another id': answer((one) => {
    one.id = one.rawId = challengeOf('another')
  }),
  'another raw id': answer((one) => {
    one.rawId = challengeOf('another')
  }),
  'no id': answer((one) => {
    one.id = one.rawId = ''
  }),
  'the id written otherwise': answer((one) => {
    one.id = one.rawId = `${one.id}=`
  }),
  'another type': answer((one) => {
    one.type = 'password'
  }),
  'the handle of somebody else': answer((one) => {
    one.response.userHandle = userHandleOf(other)
  }),
  'an empty handle': answer((one) => {
    one.response.userHandle = ''
  }),
  'client data written otherwise': answer((one) => {
    one.response.clientDataJSON = `${one.response.clientDataJSON}=`
  }),
  'authenticator data written longer': answer((one) => {
    one.response.authenticatorData = longer(one.response.authenticatorData)
  }),
  'a signature in other letters': answer((one) => {
    one.response.signature = `+/${one.response.signature.slice(2)}`
  }),
  'a set-up in place of a signature': answer((one) => {
    one.response.attestationObject = one.response.authenticatorData
    one.response.authenticatorData = ''
  }),
}

test('A74 R070 of a good assertion every field can be turned, and every one is refused', async () => {
  for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
    const { device, record, counter } = await registered({ algorithm })
    const known = { record, counter, userId: person.id }
    const check = (given: Parameters<typeof checkAssertion>[0]) => checkAssertion(given, { ...place, challenge }, known, true)
    for (const [what, wish] of Object.entries(wrongs)) {
      const accepted = await check(device.get(ask(record, true), wish)).then(
        () => true,
        () => false,
      )
      assert.equal(accepted, false, `${algorithm}: ${what} was accepted`)
    }
    assert.equal((await check(device.get(ask(record, true)))).did, 'signed', 'the good one still is')
  }
  assert.ok(Object.keys(wrongs).length >= 25)
})

test('A74 a good assertion is refused where the key, the person, the host or the count on our side is another', async () => {
  const { device, record, counter } = await registered()
  const foreign = await registered({ algorithm: 'RS256' })
  const good = device.get(ask(record))
  const known = { record, counter, userId: person.id }
  const expected = { ...place, challenge }
  const refused = (one: Promise<PasskeyJudged>) => assert.rejects(one)
  await refused(checkAssertion(good, expected, { ...known, record: { ...record, publicKey: foreign.record.publicKey } }, false))
  await refused(checkAssertion(good, expected, { ...known, record: { ...record, publicKey: '' } }, false))
  await refused(checkAssertion(good, expected, { ...known, record: { ...record, credentialId: foreign.record.credentialId } }, false))
  await refused(checkAssertion(good, expected, { ...known, record: { ...record, rpId: 'other.example.org' } }, false))
  await refused(checkAssertion(good, { ...expected, rpId: 'other.example.org' }, known, false))
  await refused(checkAssertion(good, { ...expected, origin: 'https://other.example.org' }, known, false))
  await refused(checkAssertion(good, { ...expected, challenge: challengeOf('two') }, known, false))
  await refused(checkAssertion(good, expected, { ...known, counter: 99 }, false))
  await refused(checkAssertion(good, expected, { ...known, userId: other }, false))
  assert.equal((await checkAssertion(good, expected, known, false)).did, 'signed')
})

const wrongSetUps: Readonly<Record<string, Partial<Parts>>> = {
  'the type of a use': client({ type: 'webauthn.get' }),
  'another challenge': client({ challenge: challengeOf('two') }),
  'another origin': client({ origin: 'https://evil.example' }),
  'a page in a frame': client({ crossOrigin: true }),
  'a page on top': client({ topOrigin: 'https://evil.example' }),
  'another host': { rpIdHash: createHash('sha256').update('evil.example').digest() },
  'nobody was there': { flags: 0x04 },
  'a copy of what cannot be copied': { flags: 0x15 },
  'a key with more behind': { authData: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) },
  'no key': { authData: (bytes) => bytes.subarray(0, 37) },
  'a key cut short': { authData: (bytes) => bytes.subarray(0, -1) },
  'another algorithm': { authData: (bytes) => Buffer.from(bytes.toString('latin1').replace('\x03\x26', '\x03\x27'), 'latin1') },
  'the signature of the attestation': { format: 'packed', signature: flip(8) },
  'another id': answer((one) => {
    one.id = one.rawId = challengeOf('another')
  }),
  'another format': answer((one) => {
    const bytes = Buffer.from(one.response.attestationObject, 'base64url').toString('latin1')
    one.response.attestationObject = Buffer.from(bytes.replace('dnone', 'dtpmx'), 'latin1').toString('base64url')
  }),
}

test('A74 of a good set-up every field can be turned, and every one is refused', async () => {
  for (const [what, wish] of Object.entries(wrongSetUps)) {
    const accepted = await registered({}, wish).then(
      () => true,
      () => false,
    )
    assert.equal(accepted, false, `${what} was accepted`)
  }
})
