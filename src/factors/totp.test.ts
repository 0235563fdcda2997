import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { base32, fromBase32 } from './base32.ts'
import { hotp, keyUri, stepAt, totp } from './totp.ts'

const rfcKey = Buffer.from('12345678901234567890')

test('HOTP gives the values of RFC 4226, appendix D, always six digits', () => {
  const expected = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  assert.deepEqual(
    expected.map((_code, counter) => hotp(rfcKey, counter)),
    expected,
  )
})

test('TOTP gives the values of RFC 6238, appendix B, cut to six digits', () => {
  const vectors = {
    59: '287082',
    1111111109: '081804',
    1111111111: '050471',
    1234567890: '005924',
    2000000000: '279037',
    20000000000: '353130',
  }
  for (const [seconds, code] of Object.entries(vectors)) assert.equal(hotp(rfcKey, stepAt(new Date(Number(seconds) * 1000))), code)
})

const oathtool = spawnSync('oathtool', ['--version'])

test('100,000 random pairs of key and time agree with oathtool', {
  skip: oathtool.error ? 'oathtool is not on this machine' : false,
}, () => {
  const perKey = 1000
  for (let round = 0; round < 100; round++) {
    const key = randomBytes(20)
    const step = randomInt(0, 2 ** 40)
    const lines = execFileSync('oathtool', ['--hotp', '--counter', String(step), '--window', String(perKey - 1), key.toString('hex')], {
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
    assert.equal(lines.length, perKey)
    for (const [away, code] of lines.entries()) assert.equal(hotp(key, step + away), code)
  }
})

test('trap 9: the address in the QR code is what every app honours: SHA1, 6 digits, 30 seconds, a 160-bit key', () => {
  const { show } = totp({ now: () => new Date(), random: randomBytes, issuer: 'Acme: Portal & Co' }).enrollment.begin({
    id: '1',
    name: 'Ada',
    email: 'ada+x@example.org',
  })
  assert.ok(show.form === 'secret')
  if (show.form !== 'secret') return
  const uri = new URL(show.uri)
  assert.equal(uri.protocol, 'otpauth:')
  assert.equal(uri.host, 'totp')
  assert.equal(decodeURIComponent(uri.pathname), '/Acme  Portal & Co:ada+x@example.org')
  assert.deepEqual(Object.fromEntries(uri.searchParams), {
    secret: show.key,
    issuer: 'Acme  Portal & Co',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  assert.match(show.key, /^[A-Z2-7]{32}$/)
  assert.ok(!show.uri.includes('+'))
})

test('a code is good for its own step and one either side, to the second', () => {
  let at = 0
  const factor = totp({ now: () => new Date(at), random: randomBytes, issuer: 'Acme' })
  const key = base32(rfcKey)
  const base = 1_700_000_010_000
  const code = hotp(rfcKey, stepAt(new Date(base)))
  const start = stepAt(new Date(base)) * 30_000
  for (let seconds = -120; seconds <= 150; seconds++) {
    at = start + seconds * 1000
    const { verdict } = factor.authentication.answer({ secret: key, counter: -1, hashes: [], usedHashes: [] }, code, { tolerance: 'usual' })
    assert.equal(verdict, seconds >= -30 && seconds < 60 ? 'accepted' : 'rejected', `${seconds} s`)
  }
})

test('strictly, a code is good for its own step and the first ten seconds after it, to the second; what comes later is called late', () => {
  let at = 0
  const factor = totp({ now: () => new Date(at), random: randomBytes, issuer: 'Acme' })
  const key = base32(rfcKey)
  const step = stepAt(new Date(1_700_000_010_000))
  const code = hotp(rfcKey, step)
  for (let seconds = -120; seconds <= 150; seconds++) {
    at = (step * 30 + seconds) * 1000
    const verdict = factor.authentication.answer({ secret: key, counter: -1, hashes: [], usedHashes: [] }, code, { tolerance: 'strict' })
    assert.equal(verdict.verdict, seconds >= 0 && seconds < 40 ? 'accepted' : 'rejected', `${seconds} s`)
    const binding = factor.enrollment.answer(key, code, { tolerance: 'strict' })
    assert.equal(binding.verdict, verdict.verdict, `set-up at ${seconds} s`)
    if (seconds >= 40 && seconds < 60) assert.deepEqual(verdict, { verdict: 'rejected', reason: 'late' })
    if (seconds < 0 && seconds >= -30) assert.deepEqual(verdict, { verdict: 'rejected', reason: 'clock', clockOffBySeconds: 30 })
  }
})

test('an accepted step and every earlier one is dead, a later one is not', () => {
  const at = 1_700_000_010_000
  const factor = totp({ now: () => new Date(at), random: randomBytes, issuer: 'Acme' })
  const current = stepAt(new Date(at))
  const judge = (counter: number, step: number) =>
    factor.authentication.answer({ secret: base32(rfcKey), counter, hashes: [], usedHashes: [] }, hotp(rfcKey, step), {
      tolerance: 'usual',
    })
  assert.deepEqual(judge(current, current), { verdict: 'rejected', reason: 'replayed' })
  assert.deepEqual(judge(current, current - 1), { verdict: 'rejected', reason: 'replayed' })
  assert.deepEqual(judge(current, current + 1), { verdict: 'accepted', cost: { counter: current + 1 }, proves: ['have'], amr: ['otp'] })
})

test('a phone whose clock is off is told by how much, and not let in', () => {
  const at = 1_700_000_010_000
  const factor = totp({ now: () => new Date(at), random: randomBytes, issuer: 'Acme' })
  const current = stepAt(new Date(at))
  const judge = (step: number) =>
    factor.authentication.answer({ secret: base32(rfcKey), counter: -1, hashes: [], usedHashes: [] }, hotp(rfcKey, step), {
      tolerance: 'usual',
    })
  assert.deepEqual(judge(current - 6), { verdict: 'rejected', reason: 'clock', clockOffBySeconds: -180 })
  assert.deepEqual(judge(current + 4), { verdict: 'rejected', reason: 'clock', clockOffBySeconds: 120 })
  assert.deepEqual(judge(current - 100), { verdict: 'rejected', reason: 'mismatch' })
})

test('digits may be typed in two groups', () => {
  const at = 1_700_000_010_000
  const factor = totp({ now: () => new Date(at), random: randomBytes, issuer: 'Acme' })
  const code = hotp(rfcKey, stepAt(new Date(at)))
  const state = { secret: base32(rfcKey), counter: -1, hashes: [], usedHashes: [] }
  assert.equal(factor.authentication.answer(state, `${code.slice(0, 3)} ${code.slice(3)}`, { tolerance: 'usual' }).verdict, 'accepted')
})

test('Base32 gives the values of RFC 4648 §10 without padding, and back', () => {
  const vectors = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' }
  for (const [text, encoded] of Object.entries(vectors)) {
    assert.equal(base32(Buffer.from(text)), encoded)
    assert.equal(Buffer.from(fromBase32(encoded)).toString(), text)
  }
  for (let round = 0; round < 1000; round++) {
    const bytes = randomBytes(round % 40)
    assert.deepEqual(Buffer.from(fromBase32(base32(bytes))), bytes)
  }
  assert.throws(() => fromBase32('abc1'), RangeError)
})

test('a name with a colon cannot take over the label', () => {
  assert.ok(
    !decodeURIComponent(keyUri('Evil:Bank', 'a:b', 'AAAA'))
      .slice('otpauth://totp/'.length)
      .split('?')[0]
      ?.match(/:.*:/),
  )
})
