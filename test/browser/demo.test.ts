import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { giveCode, givePassword, heading, see } from './browser.ts'
import { duoWalks } from './demo-duo.ts'
import { type Demo, openDemo } from './demo-kit.ts'

let demo: Demo
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
  const { stdout, status, stderr } = demo.askCode('sana@northwind.example')
  assert.equal(status, 0, stderr)
  await giveCode(page, /^\d{6}/.exec(stdout)?.[0] ?? '')
  await see(heading(page, 'User Settings'))
  await page.goto(`http://northwind.localhost:${demo.port}/users`)
  await see(page.getByRole('row').filter({ hasText: 'Ines Duarte' }).getByText('Invited'))
  await see(page.getByRole('row').filter({ hasText: 'Sven Olafsen' }).getByText('Suspended'))
  await page.goto(`http://northwind.localhost:${demo.port}/audit`)
  await see(page.getByRole('row').nth(10))
})

test('whoever has codes sent is offered it by name, and finds the code in the inbox', async () => {
  const reads = async (email: string, button: string, to: string) => {
    const page = await demo.enter(email)
    await page.getByRole('button', { name: button }).click()
    await see(page.getByRole('button', { name: 'Resend' }))
    const inbox = await page.context().newPage()
    await inbox.goto(`http://localhost:${demo.port}/inbox`)
    const newest = inbox.getByRole('article').filter({ hasText: to })
    const code =
      button === 'Call me' ? await newest.first().locator('[data-speak]').getAttribute('data-speak') : (await newest.allInnerTexts())[0]
    const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    const typed = (code ?? '').replaceAll(new RegExp(`(${digits.join('|')})( – )?`, 'g'), (_, digit) => String(digits.indexOf(digit)))
    await giveCode(page, /(?<![0-9])[0-9]{6}(?![0-9])/.exec(typed)?.[0] ?? assert.fail(`no code in: ${typed}`))
    await see(heading(page, 'User Settings'))
  }
  await Promise.all([
    reads('tess@northwind.example', 'Send SMS Code', '+4915123456701'),
    reads('cora@northwind.example', 'Call me', '+4915123456702'),
    reads('ella@northwind.example', 'Email me a code', 'ella@northwind.example'),
  ])
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
  const meets = async (email: string, sees: string | RegExp) => see(heading(await demo.enter(email), sees))
  const locked = async () => {
    const page = await demo.enter('lars@northwind.example')
    await giveCode(page, demo.codeOf('lars@northwind.example'))
    await see(page.getByText('Too many attempts.'))
  }
  const invited = await demo.open(/http:\/\/localhost:\d+\/invitation\/\S+/.exec(demo.said)?.[0] ?? '')
  await Promise.all([
    meets('rami@northwind.example', 'Set up Two-Factor Authentication'),
    meets('theo@tailspin.example', 'Set up Two-Factor Authentication'),
    meets('mira@example.org', 'Two-Factor Authentication'),
    meets('owen@northwind.example', 'Set up Two-Factor Authentication again'),
    demo.enter('sven@northwind.example').then((page) => see(page.getByRole('alert'))),
    locked(),
    see(heading(invited, 'Join Northwind Freight')),
  ])
})

test('it ends without leaving anything behind', async () => {
  assert.equal(await demo.end(), 0)
  assert.deepEqual(demo.leftBehind(), [])
  const late = demo.askCode('sana@northwind.example')
  assert.deepEqual([late.status, late.stderr.trim()], [1, 'No demo is running. Start one with npm run demo.'])
})
