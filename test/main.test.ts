import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { newKey } from '#crypto/keys.ts'
import { openStore } from '#store/store.ts'
import { freePort, runMain, serve, visitor } from './machine/server.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-main-'))
  folders.push(folder)
  return folder
}

/** Starts in vain: one sentence on the error stream, no stack, an exit code that tells. */
async function inVain(settings: Readonly<Record<string, string>>, expected: RegExp, command = 'serve'): Promise<void> {
  const { code, stdout, stderr } = await runMain(command, { DATA_DIR: newFolder(), LOG_LEVEL: 'warn', ...settings }).ended
  assert.match(stderr, expected)
  assert.notEqual(code, 0)
  assert.doesNotMatch(stderr, /^\s+at |node:internal|\.ts:\d+/m, 'no stack trace')
  assert.ok(!stdout.includes('is ready'), stdout)
}

test('a setting that cannot be used is named with what it takes, before anything is opened', async () => {
  const table: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ PORT: 'eighty' }, /^PORT is "eighty", but must be a whole number from 0 to 65535\.\n$/],
    [{ PUBLIC_URL: 'id.example.org' }, /^PUBLIC_URL is "id\.example\.org"/],
    [{ DATABASE_URL: 'mysql://localhost' }, /^DATABASE_URL must start with postgres:/],
    [{ SMTP_URL: 'mail.example.org' }, /^SMTP_URL must start with smtp:/],
    [{ TWILIO_AUTH_TOKEN: 'to-hide' }, /^TWILIO_ACCOUNT_SID is missing beside the other settings of Twilio\.\n$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL is "loud"/],
    [{ INBOX: 'on', PUBLIC_URL: 'https://id.example.org' }, /^INBOX=on shows everybody/],
    [{ INBOX: 'on', NODE_ENV: 'production' }, /^INBOX=on shows everybody/],
  ]
  for (const [settings, expected] of table) {
    const folder = join(newFolder(), 'data')
    await inVain({ DATA_DIR: folder, ...settings }, expected)
    assert.equal(existsSync(folder), false)
  }
  await inVain({}, /^There is no command "dance"\./, 'dance')
})

test('a database that does not answer is said so', async () => {
  await inVain(
    { DATABASE_URL: `postgres://nobody@127.0.0.1:${await freePort()}/none` },
    /^The database does not answer: .*ECONNREFUSED.*\.\n$/,
  )
})

test('a data folder that cannot be written is said so', async () => {
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  await inVain({ DATA_DIR: join(file, 'data') }, /^The data folder .* cannot be written: /)
})

test('one life after the other: set up once, found again, never with another key, never twice at once, never by an older version', {
  timeout: 300_000,
}, async () => {
  const dataDir = newFolder()
  const settings = { DATA_DIR: dataDir, INBOX: 'on' }
  const keyFile = join(dataDir, 'countersign.key')

  // The first life: an address to set it up, which founds the installation.
  const first = await serve(settings)
  const token = await first.says(/\/setup\/([A-Za-z0-9_-]{43})/)
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  for (const [path, status] of [
    ['/healthz', 'alive'],
    ['/readyz', 'ready'],
  ] as const) {
    const reply = await visitor(() => first.url).call('GET', path)
    assert.deepEqual([reply.status, reply.json.status], [200, status])
  }
  const password = 'five unrelated words for one door'
  const email = 'olive@example.org'
  const founded = await visitor(() => first.url).call('POST', '/api/v1/setup', {
    token,
    organizationName: 'Provider',
    name: 'Olive',
    email,
    password,
  })
  assert.equal(founded.json.step, 'enroll')

  // Nobody else gets the folder meanwhile.
  await inVain({ ...settings }, /^The data folder .* is in use by another Countersign \(process \d+\)\. Stop it, or set DATA_DIR\.\n$/)

  // A request that runs is finished, then it ends; what comes later is turned away.
  const unused = connect(Number(new URL(first.url).port), '127.0.0.1').on('error', () => undefined)
  const running = visitor(() => first.url).call('POST', '/api/v1/sign-ins', { email, password })
  await new Promise((passed) => setTimeout(passed, 15))
  const asked = performance.now()
  first.kill('SIGTERM')
  assert.equal((await running).json.step, 'enroll')
  const ended = await first.ended
  assert.ok(performance.now() - asked < 10_000, 'it waits for requests, not for connections that are kept alive or were never used')
  unused.destroy()
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  assert.equal(existsSync(join(dataDir, 'countersign.pid')), false)

  // The key belongs to the database.
  const key = join(newFolder(), 'kept.key')
  await inVain({ ...settings, KEY_FILE: key }, /^The key file .* is missing, and this database was sealed with it\./)
  assert.equal(existsSync(key), false, 'no new key is made for an old database')
  writeFileSync(key, newKey())
  await inVain({ ...settings, KEY_FILE: key }, /^The key file .* does not belong to this database\./)
  writeFileSync(key, 'not a key')
  await inVain({ ...settings, KEY_FILE: key }, /^The key file .* cannot be read: it must hold 32 bytes/)

  // The second life finds everything and offers no set-up.
  const second = await serve(settings)
  await second.says(/not sent but shown at .*\/inbox/)
  assert.doesNotMatch(second.output(), /\/setup\//)
  assert.equal(
    (await visitor(() => second.url).call('POST', '/api/v1/setup', { token, organizationName: 'X', name: 'X', email, password })).status,
    410,
  )
  assert.equal((await visitor(() => second.url).call('POST', '/api/v1/sign-ins', { email, password })).json.step, 'enroll')
  second.kill('SIGTERM')
  assert.equal((await second.ended).code, 0)

  // The audit is one chain over both lives, until somebody changes it behind our back.
  const whole = await runMain('verify', settings).ended
  assert.match(whole.stdout, /^The chain holds: \d+ events?, sealed in one line, from .*\nHead: [\w-]{43}\n/)
  assert.equal(whole.code, 0)
  const ours = await openStore({ dataDir })
  await sql`alter table audit_events disable trigger user`.execute(ours.db)
  await sql`update audit_events set address = '192.0.2.66' where position = 1`.execute(ours.db)
  await ours.close()
  const broken = await runMain('verify', settings).ended
  assert.match(broken.stdout, /^THE AUDIT IS BROKEN\.\nThe event at place 1 is not what was sealed there/)
  assert.equal(broken.code, 1)

  // A newer version has been here.
  const store = await openStore({ dataDir })
  await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')`.execute(store.db)
  await store.close()
  for (const command of ['serve', 'migrate']) {
    await inVain(
      settings,
      /^This database was made by a newer version of Countersign \(it has 9999-from-the-future\)\. Start that version\.\n$/,
      command,
    )
  }
})

test('a key that signs tokens is made by a command, which says from when it signs and where applications find it', {
  timeout: 300_000,
}, async () => {
  const dataDir = newFolder()
  const store = await openStore({ dataDir })
  await store.migrate()
  await store.close()
  const before = Date.now()
  const { code, stdout, stderr } = await runMain('rotate-keys', { DATA_DIR: dataDir }).ended
  assert.equal(code, 0, stderr)
  const [, id, from = ''] = /^The key ([\w-]+) signs from (\S+); applications find it at http:\/\/\S+\/oidc\/jwks\.\n$/.exec(stdout) ?? []
  assert.ok(id, stdout)
  assert.ok(Date.parse(from) >= before && Date.parse(from) <= Date.now(), from)
})

test('a taken port is said so even where something else listens on it', async () => {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  try {
    await inVain({ PORT: String(typeof address === 'object' ? address?.port : 0) }, /^Port \d+ on 127\.0\.0\.1 is taken\./)
  } finally {
    server.close()
  }
})

test('all settings are listed with what they are for', async () => {
  const { code, stdout } = await runMain('settings', {}).ended
  assert.equal(code, 0)
  for (const name of ['PUBLIC_URL', 'DATABASE_URL', 'KEY_FILE']) assert.match(stdout, new RegExp(`^${name} \\(.+\\)\\n {2}\\S`, 'm'))
})
