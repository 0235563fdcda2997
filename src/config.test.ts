import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig, SettingUnusable } from './config.ts'

test('without any setting it listens on this machine only, with the embedded database and the inbox', () => {
  const config = readConfig({})
  assert.deepEqual(
    [config.host, config.port, config.publicUrl, config.databaseUrl, config.inbox],
    ['127.0.0.1', 8080, 'http://127.0.0.1:8080', undefined, true],
  )
  assert.equal(config.keyFile, 'data/countersign.key')
})

test('a setting that cannot be used is refused in one sentence that names it', () => {
  const wrong = {
    PORT: ['http', '-1', '70000', '80.5'],
    PUBLIC_URL: ['example.org', 'ftp://x', 'https://x/path', 'https://u:p@x'],
    DATABASE_URL: ['mysql://x'],
    DATABASE_POOL: ['0', 'many'],
    SMTP_URL: ['mail.example.org', 'smtp://', 'smtp://mail.example.org/?ignoreTLS=true', 'smtp://a%zz@mail.example.org'],
    SMTP_TLS: ['off'],
    TWILIO_CALLBACKS: ['maybe'],
    WEBHOOK_CHANNELS: ['fax', ','],
    ALLOWED_HOSTS: ['https://mail.internal', 'mail.internal:x', '10.0.0.0/8'],
    INBOX: ['yes'],
    LOG_LEVEL: ['loud'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values)
      assert.throws(
        () => readConfig({ [name]: value }),
        (error) => error instanceof SettingUnusable && error.message.includes(name),
        `${name}=${value}`,
      )
  }
})

test('the inbox exists neither in production nor on a public address', () => {
  assert.equal(readConfig({ NODE_ENV: 'production' }).inbox, false)
  assert.equal(readConfig({ PUBLIC_URL: 'https://id.example.org' }).inbox, false)
  assert.equal(readConfig({ SMTP_URL: 'smtp://mail.example.org' }).inbox, false)
  assert.throws(() => readConfig({ INBOX: 'on', NODE_ENV: 'production' }), SettingUnusable)
  assert.throws(() => readConfig({ INBOX: 'on', PUBLIC_URL: 'https://id.example.org' }), SettingUnusable)
})

const sid = (prefix: string) => prefix + '0'.repeat(32)
const account = {
  PUBLIC_URL: 'https://id.example.org',
  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_AUTH_TOKEN: 'a-token-to-hide',
  TWILIO_FROM: '+15005550006',
}
const hook = { WEBHOOK_URL: 'https://gateway.example/messages', WEBHOOK_SECRET: 'a secret of thirty-two characters' }

test('gateways are read whole or not at all, and no sentence about them has a secret in it', () => {
  assert.deepEqual(readConfig(account).delivery.twilio, {
    accountSid: sid('AC'),
    authToken: 'a-token-to-hide',
    from: '+15005550006',
    callbackUrl: 'https://id.example.org',
  })
  assert.deepEqual(readConfig(hook).delivery.webhook?.channels, ['text', 'call'])
  const key = { ...account, TWILIO_AUTH_TOKEN: '', TWILIO_API_KEY: sid('SK'), TWILIO_API_SECRET: 'a-secret-to-hide' }
  assert.equal(readConfig({ ...key, TWILIO_CALLBACKS: 'off' }).delivery.twilio?.callbackUrl, undefined)
  const simulator = { ...account, TWILIO_API_URL: 'http://127.0.0.1:9999', PUBLIC_URL: 'http://127.0.0.1:8080' }
  assert.equal(readConfig({ ...simulator, ALLOWED_HOSTS: '127.0.0.1:9999' }).delivery.twilio?.apiUrl, 'http://127.0.0.1:9999')
  const wrong: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['TWILIO_ACCOUNT_SID', { ...account, TWILIO_ACCOUNT_SID: '' }],
    ['TWILIO_ACCOUNT_SID', { ...account, TWILIO_ACCOUNT_SID: 'AC1/../x' }],
    ['TWILIO_AUTH_TOKEN', { ...account, TWILIO_AUTH_TOKEN: '' }],
    ['TWILIO_AUTH_TOKEN', key],
    ['TWILIO_API_SECRET', { ...key, TWILIO_API_SECRET: '' }],
    ['TWILIO_API_KEY', { ...key, TWILIO_API_KEY: 'a-token-to-hide' }],
    ['TWILIO_FROM', { ...account, TWILIO_FROM: '' }],
    ['TWILIO_FROM', { ...account, TWILIO_FROM: '0151' }],
    ['TWILIO_MESSAGING_SERVICE', { ...account, TWILIO_MESSAGING_SERVICE: 'MG1' }],
    ['PUBLIC_URL', { ...account, PUBLIC_URL: 'http://127.0.0.1:8080' }],
    ['TWILIO_API_URL', simulator],
    ['TWILIO_API_URL', { ...simulator, ALLOWED_HOSTS: '127.0.0.1:9998' }],
    ['TWILIO_API_URL', { ...account, TWILIO_API_URL: 'https://twilio.evil.example' }],
    ['WEBHOOK_SECRET', { WEBHOOK_URL: hook.WEBHOOK_URL }],
    ['WEBHOOK_URL', { WEBHOOK_SECRET: hook.WEBHOOK_SECRET }],
    ['WEBHOOK_SECRET', { ...hook, WEBHOOK_SECRET: 'a-secret-to-hide' }],
    ['WEBHOOK_URL', { ...hook, WEBHOOK_URL: 'http://gateway.example' }],
    ['WEBHOOK_URL', { ...hook, WEBHOOK_URL: 'https://user:a-secret-to-hide@gateway.example' }],
    ['WEBHOOK_URL', { ...hook, WEBHOOK_URL: 'gateway' }],
  ]
  for (const [name, environment] of wrong)
    assert.throws(
      () => readConfig(environment),
      (error: Error) => error instanceof SettingUnusable && error.message.includes(name) && !/to-hide|thirty-two/.test(error.message),
      JSON.stringify(environment),
    )
})
