import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, isSender, keepsSecret, plainServer, type SmtpSettings } from './gateways.ts'
import { networkOf } from './network.ts'
import { bucketAt, ruleFor, type Sending, windowsFor } from './sending-limits.ts'

const now = new Date('2026-06-01T12:34:56Z')
const none = { countries: null, dailyMost: null, siteDailyMost: null }

test('a text is charged to person, number, network, prefix, country, organization and installation; a mail to fewer', () => {
  const text: Sending = {
    purpose: 'code',
    channel: 'text',
    address: 'digest',
    userId: 'u',
    organizationId: 'o',
    network: '192.0.2.1',
    phone: { country: 'DE', prefix: '+49151' },
  }
  const windows = windowsFor(text, now, { organization: 300, installation: 1000 })
  assert.deepEqual(
    [...new Set(windows.map(({ reason }) => reason))],
    ['person', 'address', 'network', 'prefix', 'country', 'organization', 'installation'],
  )
  assert.equal(new Set(windows.map(({ key }) => key)).size, windows.length)
  for (const { startsAt, endsAt } of windows) assert.ok(startsAt <= now && now < endsAt)
  assert.equal(windows.find(({ reason }) => reason === 'country')?.most, 250)
  const { phone: _phone, ...mail } = { ...text, channel: 'mail' as const, purpose: 'password-reset' as const }
  assert.deepEqual(
    [...new Set(windowsFor(mail, now, { organization: 0, installation: 0 }).map(({ reason }) => reason))],
    ['address', 'network'],
  )
})

test('a site narrows what the installation allows and never widens it', () => {
  const installation = { ...none, countries: ['DE', 'FR'], dailyMost: 500, siteDailyMost: 100 }
  const site = (countries: readonly string[] | null, dailyMost: number | null) => ruleFor(installation, { countries, dailyMost }, ['US'])
  assert.deepEqual(site(null, null), { countries: ['DE', 'FR'], most: { organization: 100, installation: 500 } })
  assert.deepEqual(site(['FR', 'US'], 900), { countries: ['FR'], most: { organization: 100, installation: 500 } })
  assert.deepEqual(site([], 0), { countries: [], most: { organization: 0, installation: 500 } })
  assert.deepEqual(ruleFor(none, undefined, ['US']), { countries: ['US'], most: { organization: 300, installation: 1000 } })
  assert.deepEqual(ruleFor(none, undefined, []).countries, [])
})

test('one network is an IPv4 address, or 64 bits of an IPv6 address however it is written', () => {
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('2001:db8:0:1::5'), networkOf('2001:0db8:0000:0001:ffff:ffff:ffff:ffff'))
  assert.notEqual(networkOf('2001:db8:0:1::5'), networkOf('2001:db8:0:2::5'))
  assert.equal(networkOf('::1'), '0:0:0:0')
})

test('the breaker looks at six buckets before the present one', () => {
  const { startsAt, endsAt, since } = bucketAt(now)
  assert.deepEqual(
    [startsAt, endsAt, since].map((at) => at.toISOString().slice(11, 16)),
    ['12:30', '12:40', '11:30'],
  )
})

test('a server is a host name or an address written the usual way, a sender one address', () => {
  assert.equal(plainServer(' Mail.Example.ORG. '), 'mail.example.org')
  assert.equal(plainServer('10.0.0.7'), '10.0.0.7')
  for (const text of ['', '10.0.0', '010.0.0.7', '10.0.0.256', '0x0a.0.0.7', 'mail', 'a..b', 'a.b:25'])
    assert.equal(plainServer(text), undefined, text)
  for (const text of ['a@b.example', 'A B <a@b.example>', 'Müller & Söhne <a@b.example>']) assert.ok(isSender(text), text)
  for (const text of ['a', 'a@b@c', 'a b@c.example', 'x <a@b.example> y', '"A" <a@b.example>']) assert.ok(!isSender(text), text)
})

test('a secret is kept only for the very place that it was written for', () => {
  const one: SmtpSettings = {
    kind: 'smtp',
    host: 'a.example',
    port: 587,
    security: 'starttls',
    username: 'u',
    secret: 's',
    from: 'a@b.example',
  }
  assert.equal(faultOf('mail', one), undefined)
  assert.ok(keepsSecret(one, { ...one, from: 'other@b.example' }))
  for (const change of [{ host: 'b.example' }, { port: 25 }, { security: 'tls' as const }, { username: 'v' }])
    assert.ok(!keepsSecret(one, { ...one, ...change }))
  assert.ok(!keepsSecret(one, { kind: 'webhook', url: 'https://a.example', secret: null }))
})
