import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startSmtp } from '../../simulators/smtp.ts'
import { openInbox } from './inbox.ts'
import { type DeliverySettings, openGateways } from './settings.ts'

const now = () => new Date()
const inbox = openInbox(now)
const twilio = { accountSid: `AC${'0'.repeat(32)}`, authToken: 't', from: '+15005550006' }
const webhook = { url: 'https://gateway.example', secret: 's', callbackUrl: 'https://id.example.org', channels: ['text'] as const }
const channelsOf = (settings: Partial<DeliverySettings>, caught = false) =>
  Object.entries(openGateways({ allowedHosts: [], ...settings }, caught ? inbox : undefined, now)).map(
    ([channel, gateway]) => `${channel}${gateway === inbox ? ' caught' : ''}`,
  )

test('each channel has the gateway that is set for it, the inbox where there is one, or none', () => {
  assert.deepEqual(channelsOf({}), [])
  assert.deepEqual(channelsOf({}, true), ['mail caught', 'text caught', 'call caught'])
  assert.deepEqual(channelsOf({ twilio }, true), ['mail caught', 'text', 'call'])
  assert.deepEqual(channelsOf({ webhook }), ['text'])
  // A name and a messaging service can write, and cannot ring.
  assert.deepEqual(channelsOf({ twilio: { ...twilio, from: 'Acme' } }), ['text'])
  assert.deepEqual(channelsOf({ twilio: { ...twilio, from: 'Acme' }, webhook: { ...webhook, channels: ['call', 'mail'] } }), [
    'mail',
    'text',
    'call',
  ])
})

test("the operator's own mail server may be in the own network, and is open to nobody else's gateway by that", async () => {
  const server = await startSmtp()
  after(server.stop)
  const settings = { allowedHosts: [], smtp: { url: server.url, from: 'a@example.org' } }
  const mail = { channel: 'mail', id: '1', to: 'b@example.org', subject: 's', text: 't', html: 'h' } as const
  await openGateways(settings, undefined, now).mail?.send(mail)
  assert.equal(server.received.length, 1)
  const { hostname, port } = new URL(server.url)
  const both = openGateways({ ...settings, webhook: { ...webhook, url: `https://${hostname}:${port}` } }, undefined, now)
  await assert.rejects(both.text?.send({ channel: 'text', id: '2', to: '+1', text: 't' }) ?? Promise.resolve(), /ALLOWED_HOSTS/)
})
