import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { giveCode, givePassword, heading, see } from './browser.ts'
import { duoWalks } from './demo-duo.ts'
import { askCode, type Demo, openDemo } from './demo-kit.ts'

const foldersLeft = () => readdirSync(tmpdir()).filter((name) => name.startsWith('countersign-demo-') && !name.endsWith('.json'))

let demo: Demo
const foldersBefore = foldersLeft()
before(async () => {
  demo = await openDemo()
})
after(() => demo?.close())

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
    assert.ok(demo.said.includes(state), `${state} is missing: ${demo.said}`)
  const page = await demo.at('northwind.localhost')
  await see(page.getByText('Northwind Freight', { exact: true }))
  await givePassword(page, { email: 'sana@northwind.example', password: demo.password })
  await see(heading(page, 'Two-Factor Authentication'))
  await giveCode(page, demo.codeOf('sana@northwind.example'))
  await see(heading(page, 'User Settings'))
  await page.goto(`http://northwind.localhost:${demo.port}/users`)
  await see(page.getByRole('row').filter({ hasText: 'Ines Duarte' }).getByText('Invited'))
  await see(page.getByRole('row').filter({ hasText: 'Sven Olafsen' }).getByText('Suspended'))
  await page.goto(`http://northwind.localhost:${demo.port}/audit`)
  await see(page.getByRole('row').nth(10))
})

test('whoever has codes sent is offered it by name, and finds the code in the inbox', async () => {
  for (const [email, button, to] of [
    ['tess@northwind.example', 'Send SMS Code', '+4915123456701'],
    ['cora@northwind.example', 'Call me', '+4915123456702'],
    ['ella@northwind.example', 'Email me a code', 'ella@northwind.example'],
  ] as const) {
    const page = await demo.at('northwind.localhost')
    await givePassword(page, { email, password: demo.password })
    await page.getByRole('button', { name: button }).click()
    await see(page.getByRole('button', { name: 'Resend' }))
    const inbox = await page.context().newPage()
    await inbox.goto(`http://localhost:${demo.port}/inbox`)
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
  const page = await demo.enter('felix@fabrikam.example')
  await page.getByRole('button', { name: 'Continue to Duo' }).click()
  await page.getByRole('button', { name: /^Duo Push to/ }).click()
  const [phone] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Open the simulated phone' }).click()])
  await phone.getByRole('button', { name: 'Approve' }).click()
  await see(heading(page, 'User Settings'))
})

test('whoever has an AuthAnvil token logs in with it', async () => {
  const page = await demo.enter('carl@contoso.example')
  await page.getByLabel('Authentication Code').fill(demo.codeOf('carl@contoso.example'))
  await page.getByRole('button', { name: 'Log In' }).click()
  await see(heading(page, 'User Settings'))
})

duoWalks(() => demo)

test('the key doctor finds whose alias is missing in the simulated Duo, with the keys that the demo prints', async () => {
  const [, key = '', secret = ''] = /for the key doctor: (\S+) {2}(\S+)/.exec(demo.said) ?? []
  const page = await demo.signIn('fatima@fabrikam.example')
  await page.goto(`http://fabrikam.localhost:${demo.port}/company-settings/general/two-factor/duo-doctor`)
  await page.getByRole('switch', { name: 'Use Admin API keys' }).check()
  await page.getByLabel('Integration key').fill(key)
  await page.getByLabel('Secret key').fill(secret)
  await page.getByRole('button', { name: 'Check 4 people' }).click()
  await see(page.getByRole('row').filter({ hasText: 'frida@fabrikam.example' }).getByText('Alias missing'))
})

test('each of them is in the state that the table says', async () => {
  const ends: readonly (readonly [email: string, sees: string | RegExp])[] = [
    ['rami@northwind.example', 'Set up Two-Factor Authentication'],
    ['theo@tailspin.example', 'Set up Two-Factor Authentication'],
    ['mira@example.org', 'Two-Factor Authentication'],
  ]
  for (const [email, sees] of ends) {
    const page = await demo.at()
    await givePassword(page, { email, password: demo.password })
    await see(heading(page, sees))
  }
  const locked = await demo.at()
  await givePassword(locked, { email: 'lars@northwind.example', password: demo.password })
  await giveCode(locked, demo.codeOf('lars@northwind.example'))
  await see(locked.getByText('Too many attempts.'))
  const suspended = await demo.at()
  await givePassword(suspended, { email: 'sven@northwind.example', password: demo.password })
  await see(suspended.getByRole('alert'))
  const owing = await demo.at()
  await givePassword(owing, { email: 'owen@northwind.example', password: demo.password })
  await see(owing.getByRole('heading', { name: /^Set up Two-Factor Authentication again$/ }))
  const invited = await demo.at()
  await invited.goto(/http:\/\/localhost:\d+\/invitation\/\S+/.exec(demo.said)?.[0] ?? '')
  await see(heading(invited, 'Join Northwind Freight'))
})

test('it ends without leaving anything behind', async () => {
  assert.equal(await demo.end(), 0)
  assert.deepEqual(
    foldersLeft().filter((name) => !foldersBefore.includes(name)),
    [],
  )
  assert.equal(existsSync(join(tmpdir(), `countersign-demo-${process.getuid?.() ?? 0}-${demo.port}.json`)), false)
  const late = askCode(demo.port, 'sana@northwind.example')
  assert.deepEqual([late.status, late.stderr.trim()], [1, 'No demo is running. Start one with npm run demo.'])
})
