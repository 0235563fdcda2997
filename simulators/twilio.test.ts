import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTwilio } from './twilio.ts'

/** A simulator that takes anything would prove nothing: it refuses what Twilio refuses, with Twilio's codes. */
const server = await startTwilio()
after(() => server.stop())

const right = { To: '+491555000111', From: server.from, Body: 'Hello' }
const ringing = { To: '+491555000111', From: server.from, Twiml: '<Response><Say>Hello</Say></Response>' }
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const own = basic(server.accountSid, server.authToken)

async function ask(
  fields: Readonly<Record<string, string>> | string,
  {
    resource = 'Messages',
    authorization = own,
    method = 'POST',
    account = server.accountSid,
    type = 'application/x-www-form-urlencoded',
  } = {},
): Promise<readonly [number, number | undefined]> {
  const reply = await fetch(`${server.url}/2010-04-01/Accounts/${account}/${resource}.json`, {
    method,
    headers: { authorization, 'content-type': type },
    ...(method === 'GET' ? {} : { body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString() }),
  })
  return [reply.status, ((await reply.json()) as { code?: number }).code]
}

test('what is right is taken, by the account and by its key', async () => {
  assert.deepEqual(await ask(right), [201, undefined])
  assert.deepEqual(await ask(right, { authorization: basic(server.apiKey.sid, server.apiKey.secret) }), [201, undefined])
  assert.deepEqual(await ask({ To: right.To, Body: 'Hello', MessagingServiceSid: `MG${'0'.repeat(32)}` }), [201, undefined])
  assert.deepEqual(await ask(ringing, { resource: 'Calls' }), [201, undefined])
  assert.equal(server.received.length, 4)
})

test('what Twilio refuses is refused with its code, and is not among what was taken', async () => {
  const before = server.received.length
  const table: readonly (readonly [number, number, Parameters<typeof ask>[0], Parameters<typeof ask>[1]?])[] = [
    [401, 20003, right, { authorization: '' }],
    [401, 20003, right, { authorization: basic(server.accountSid, 'x') }],
    [401, 20003, right, { authorization: `Bearer ${server.authToken}` }],
    [404, 20404, right, { account: `AC${'0'.repeat(32)}` }],
    [404, 20404, right, { resource: 'Faxes' }],
    [405, 20004, right, { method: 'GET' }],
    [400, 21601, JSON.stringify(right), { type: 'application/json' }],
    [400, 21211, { ...right, To: '01555' }],
    [400, 21603, { To: right.To, Body: 'Hello' }],
    [400, 21603, { ...right, MessagingServiceSid: `MG${'0'.repeat(32)}` }],
    [400, 21602, { ...right, Body: '' }],
    [400, 21617, { ...right, Body: 'x'.repeat(1601) }],
    [400, 21609, { ...right, StatusCallback: 'nowhere' }],
    [400, 21722, { ...right, ValidityPeriod: '0' }],
    [400, 21722, { ...right, ValidityPeriod: '1.5' }],
    [400, 20001, { ...right, Invented: '1' }],
    [400, 20001, `${new URLSearchParams(right)}&To=%2B1555`],
    [400, 21606, { ...right, From: '+15005550007' }],
    [400, 21611, { ...right, From: '+15005550008' }],
    [400, 21610, { ...right, To: '+15005550004' }],
    [400, 21212, { ...ringing, From: 'Acme' }, { resource: 'Calls' }],
    [400, 12100, { ...ringing, Twiml: '' }, { resource: 'Calls' }],
    [400, 12100, { ...ringing, Twiml: '<Response><Say>Mill & Sons</Say></Response>' }, { resource: 'Calls' }],
    [400, 12100, { ...ringing, Twiml: '<Response><Say>a < b</Say></Response>' }, { resource: 'Calls' }],
    [400, 12100, { ...ringing, Twiml: '<Response><Say>Hello</Response>' }, { resource: 'Calls' }],
    [400, 12100, { ...ringing, Twiml: `<Response><Say>${'x'.repeat(4000)}</Say></Response>` }, { resource: 'Calls' }],
    [400, 21218, { ...ringing, Timeout: '601' }, { resource: 'Calls' }],
  ]
  for (const [status, code, fields, how] of table) assert.deepEqual(await ask(fields, how), [status, code], JSON.stringify([fields, how]))
  assert.equal(server.received.length, before)
})
