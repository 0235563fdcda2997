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
    SMTP_URL: ['mail.example.org'],
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
