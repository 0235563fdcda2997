import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../machine/chromium.ts'
import { freePort } from '../machine/server.ts'
import { giveCode, givePassword, heading, see } from './browser.ts'

const root = resolve(import.meta.dirname, '../..')
const main = join(root, 'demo/main.ts')
const node = ['--disable-warning=ExperimentalWarning', main]
const foldersLeft = () => readdirSync(tmpdir()).filter((name) => name.startsWith('countersign-demo-') && !name.endsWith('.json'))

let demo: ChildProcess
let port: number
let browser: Browser
let said = ''
const foldersBefore = foldersLeft()
before(async () => {
  port = await freePort()
  demo = spawn(process.execPath, node, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PORT: String(port) } })
  const ready = new Promise<void>((done, failed) => {
    const listen = (part: Buffer) => {
      said += part.toString()
      if (said.includes('Ctrl+C ends it')) done()
    }
    demo.stdout?.on('data', listen)
    demo.stderr?.on('data', listen)
    demo.once('exit', (code) => failed(new Error(`The demo ended with ${code}: ${said}`)))
  })
  browser = await chromium.launch({ executablePath: findChromium().path })
  await ready
})
after(async () => {
  await browser?.close()
  if (demo?.exitCode === null) demo.kill('SIGTERM')
})

const password = () => /Everybody's password: (.*)/.exec(said)?.[1] ?? ''
const codeOf = (email: string) => {
  const { stdout, status, stderr } = spawnSync(process.execPath, [...node, 'code', email], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PORT: String(port) },
  })
  assert.equal(status, 0, stderr)
  return /^\d{6}/.exec(stdout)?.[0] ?? ''
}
/** The page at the question for the password, in the look of a host. */
async function at(host = 'localhost'): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ignoreHTTPSErrors: true })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  await page.goto(`http://${host}:${port}/sign-in`)
  return page
}

test('the demo prints who to sign in as, and whoever is protected signs in with the code that it shows', async () => {
  for (const state of [
    'protected',
    'not set up yet',
    'invited',
    'suspended',
    'locked',
    'remembered device',
    'owes a set-up',
    'shared by two',
    'by Text Message',
    'by Phone Call',
    'by Email',
    'by Duo',
    'by an AuthAnvil token',
  ])
    assert.ok(said.includes(state), `${state} is missing: ${said}`)
  const page = await at('northwind.localhost')
  await see(page.getByText('Northwind Freight', { exact: true }))
  await givePassword(page, { email: 'sana@northwind.example', password: password() })
  await see(heading(page, 'Two-Factor Authentication'))
  await giveCode(page, codeOf('sana@northwind.example'))
  await see(heading(page, 'User Settings'))
  await page.goto(`http://northwind.localhost:${port}/users`)
  await see(page.getByRole('row').filter({ hasText: 'Ines Duarte' }).getByText('Invited'))
  await see(page.getByRole('row').filter({ hasText: 'Sven Olafsen' }).getByText('Suspended'))
  await page.goto(`http://northwind.localhost:${port}/audit`)
  await see(page.getByRole('row').nth(10))
})

test('whoever has codes sent is offered it by name, and finds the code in the inbox', async () => {
  for (const [email, button, to] of [
    ['tess@northwind.example', 'Send SMS Code', '+4915123456701'],
    ['cora@northwind.example', 'Call me', '+4915123456702'],
    ['ella@northwind.example', 'Email me a code', 'ella@northwind.example'],
  ] as const) {
    const page = await at('northwind.localhost')
    await givePassword(page, { email, password: password() })
    await page.getByRole('button', { name: button }).click()
    await see(page.getByRole('button', { name: 'Resend' }))
    const inbox = await page.context().newPage()
    await inbox.goto(`http://localhost:${port}/inbox`)
    const [newest] = await inbox.getByRole('article').filter({ hasText: to }).allInnerTexts()
    const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    const code =
      email === 'cora@northwind.example'
        ? await inbox.getByRole('article').filter({ hasText: to }).first().locator('[data-speak]').getAttribute('data-speak')
        : newest
    const typed = (code ?? '').replaceAll(new RegExp(`(${digits.join('|')})( – )?`, 'g'), (_, digit) => String(digits.indexOf(digit)))
    await giveCode(page, /(?<![0-9])[0-9]{6}(?![0-9])/.exec(typed)?.[0] ?? assert.fail(`no code in: ${typed}`))
    await see(heading(page, 'User Settings'))
  }
})

test('who uses Duo goes to the simulated Duo, approves on the simulated phone, and comes back signed in', async () => {
  const page = await at('fabrikam.localhost')
  await givePassword(page, { email: 'felix@fabrikam.example', password: password() })
  await page.getByRole('button', { name: 'Continue to Duo' }).click()
  await page.getByRole('button', { name: /^Duo Push to/ }).click()
  const [phone] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Open the simulated phone' }).click()])
  await phone.getByRole('button', { name: 'Approve' }).click()
  await see(heading(page, 'User Settings'))
})

test('whom the provider serves with its Duo is shown the QR code, and whoever has an AuthAnvil token logs in with it', async () => {
  const served = await at('wingtip.localhost')
  await givePassword(served, { email: 'will@wingtip.example', password: password() })
  await served.getByRole('button', { name: 'Show the QR code' }).click()
  await see(served.getByRole('img', { name: 'QR code' }))
  const page = await at('contoso.localhost')
  await givePassword(page, { email: 'carl@contoso.example', password: password() })
  await page.getByLabel('Authentication Code').fill(codeOf('carl@contoso.example'))
  await page.getByRole('button', { name: 'Log In' }).click()
  await see(heading(page, 'User Settings'))
})

test('the key doctor finds whose alias is missing in the simulated Duo, with the keys that the demo prints', async () => {
  const [, key = '', secret = ''] = /for the key doctor: (\S+) {2}(\S+)/.exec(said) ?? []
  const page = await at('fabrikam.localhost')
  await givePassword(page, { email: 'fatima@fabrikam.example', password: password() })
  await giveCode(page, codeOf('fatima@fabrikam.example'))
  await see(heading(page, 'User Settings'))
  await page.goto(`http://fabrikam.localhost:${port}/company-settings/general/two-factor/duo-doctor`)
  await page.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await page.getByLabel('Integration key').fill(key)
  await page.getByLabel('Secret key').fill(secret)
  await page.getByRole('button', { name: 'Check 3 people' }).click()
  await see(page.getByRole('row').filter({ hasText: 'frida@fabrikam.example' }).getByText('Alias missing'))
})

test('each of them is in the state that the table says', async () => {
  const ends: readonly (readonly [email: string, sees: string | RegExp])[] = [
    ['rami@northwind.example', 'Set up Two-Factor Authentication'],
    ['theo@tailspin.example', 'Set up Two-Factor Authentication'],
    ['mira@example.org', 'Two-Factor Authentication'],
  ]
  for (const [email, sees] of ends) {
    const page = await at()
    await givePassword(page, { email, password: password() })
    await see(heading(page, sees))
  }
  const locked = await at()
  await givePassword(locked, { email: 'lars@northwind.example', password: password() })
  await giveCode(locked, codeOf('lars@northwind.example'))
  await see(locked.getByText('Too many attempts.'))
  const suspended = await at()
  await givePassword(suspended, { email: 'sven@northwind.example', password: password() })
  await see(suspended.getByRole('alert'))
  const owing = await at()
  await givePassword(owing, { email: 'owen@northwind.example', password: password() })
  await see(owing.getByRole('heading', { name: /^Set up Two-Factor Authentication again$/ }))
  const invited = await at()
  await invited.goto(/http:\/\/localhost:\d+\/invitation\/\S+/.exec(said)?.[0] ?? '')
  await see(heading(invited, 'Join Northwind Freight'))
})

test('it ends without leaving anything behind', async () => {
  const ended = new Promise((done) => demo.once('exit', done))
  demo.kill('SIGINT')
  assert.equal(await ended, 0)
  assert.deepEqual(
    foldersLeft().filter((name) => !foldersBefore.includes(name)),
    [],
  )
  assert.equal(existsSync(join(tmpdir(), `countersign-demo-${process.getuid?.() ?? 0}-${port}.json`)), false)
  const late = spawnSync(process.execPath, [...node, 'code', 'sana@northwind.example'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PORT: String(port) },
  })
  assert.deepEqual([late.status, late.stderr.trim()], [1, 'No demo is running. Start one with npm run demo.'])
})
