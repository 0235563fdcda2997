import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { givePassword, gone, heading, keepCodes, said, scan, see } from './browser.ts'
import type { Demo } from './demo-kit.ts'
import { fill } from './tour-duo-settings.ts'

/**
 * What people and administrators do with Duo, in the demo's installation: with the keys that its simulated Duo shows, on the simulated
 * phones, and in the order in which an organization comes to it.
 */
export function duoWalks(demoOf: () => Demo): void {
  const settings = '/company-settings/general/two-factor'
  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()
  const isIn = (page: Page) => page.waitForURL((url) => url.hostname.endsWith('localhost') && url.pathname === '/')
  const panel = () => demoOf().open(`${demoOf().duo}/panel`)
  /** The phone of somebody, found in the list of phones as a person finds it. */
  const phoneOf = async (name: string | RegExp) => {
    const page = await demoOf().open(`${demoOf().duo}/phone`)
    await page.getByRole('link', { name }).first().click()
    return page
  }
  const applicationIn = async (page: Page, name: string) => {
    const section = page.getByRole('region', { name, exact: true })
    const [key = '', secret = '', host = ''] = await section.locator('code').allInnerTexts()
    return { key, secret, host }
  }
  /** In Duo's prompt: has a push sent, opens the phone that the page links to, and answers there. */
  const answerAtDuo = async (page: Page, button: string) => {
    await press(page, /^Duo Push to/)
    const link = page.getByRole('link', { name: 'Open the simulated phone' })
    const [phone] = await Promise.all([page.waitForEvent('popup'), link.click()])
    await press(phone, button)
    await phone.close()
  }
  const sendPush = async (page: Page) => {
    await press(page, 'Send a push to my phone')
    await see(heading(page, 'Approve it on your phone'))
  }

  test('S2.1 S2.6 S2.10 S2.11 S2.12 S2.13 S2.17 a Security Admin goes through "SET UP ORGANIZATION 2FA" with the keys of a Duo account: told which secret is wrong, then led to whom it concerns', async () => {
    const page = await demoOf().enter('lena@lucerne.example')
    await see(page.getByRole('button', { name: 'Lena Hofer' }))
    await page.goto(new URL(settings, page.url()).href)
    await press(page, 'SET UP ORGANIZATION 2FA')
    await see(heading(page, '2FA Set Up'))
    const needed = page.getByRole('region', { name: 'What you need' })
    await see(needed.getByText('A valid account here with the role Security Admin.'))
    await see(needed.getByText('a valid account at Duo'))
    await see(page.getByText('Step 1 of 3'))
    const choice = page.getByRole('region', { name: 'Choose the provider of 2FA' })
    for (const name of ['Duo', 'Google / Microsoft Authenticator', 'AuthAnvil', 'Email', 'Text Message', 'Phone Call'])
      await see(choice.getByRole('radio', { name, exact: true }))
    await choice.getByRole('radio', { name: 'Duo', exact: true }).check()
    await choice.getByRole('button', { name: 'NEXT' }).click()

    await see(heading(page, 'Connect Duo'))
    const checklist = page.getByRole('list', { name: 'Before you save' })
    assert.deepEqual(
      (await checklist.getByRole('listitem').allInnerTexts()).map((text) => text.split(':')[0]),
      ['Aliases', 'Applications', 'Username Normalization', 'Keys', 'Save'],
    )
    const groups = ['Web SDK', 'Auth API'].map((name) => page.getByRole('group', { name: `${name} application` }))
    const [web = page.getByRole('group'), auth = page.getByRole('group')] = groups
    for (const label of ['Integration key / Client ID', 'Secret key / Client secret', 'API hostname'])
      for (const group of groups) await see(group.getByLabel(label, { exact: true }))
    assert.equal(await page.getByRole('button', { name: 'NEXT' }).isDisabled(), true, 'not before Duo is connected')

    // In another tab: the panel of the Duo account. What was typed here meanwhile stays, but for secrets.
    const duo = await panel()
    const keys = {
      prompt: await applicationIn(duo, 'Lucerne Optics: Web SDK'),
      auth: await applicationIn(duo, 'Lucerne Optics: Auth API'),
    }
    await duo.close()
    await fill(page, keys)
    await page.reload()
    await see(page.getByText('Step 2 of 3'))
    assert.equal(await web.getByLabel('Integration key / Client ID').inputValue(), keys.prompt.key)
    assert.equal(await web.getByLabel('API hostname').inputValue(), keys.prompt.host)
    assert.equal(await web.getByLabel('Secret key / Client secret', { exact: true }).inputValue(), '')
    await fill(page, { ...keys, auth: { ...keys.auth, secret: keys.prompt.secret } })
    const connect = page.getByRole('region', { name: 'Connect Duo' })
    await connect.getByRole('button', { name: 'Save', exact: true }).click()
    await see(web.getByText('Web SDK application: Duo took these keys.'))
    await see(auth.getByText('Auth API application: The secret is wrong.'))
    await see(page.getByText('Nothing was saved.'))
    await fill(page, keys)
    await connect.getByRole('button', { name: 'Save', exact: true }).click()

    await see(heading(page, 'Who is affected'))
    await see(page.getByText('What happens at the next login'))
    await see(page.getByText('scan the QR code with Duo Mobile'))
    await page.getByRole('radio', { name: /^Everyone/ }).check()
    await see(page.getByText('you are asked to log in again at once'))
    await press(page, 'FINISH')
    // Nobody here is in without Duo from now on, the Security Admin included.
    await givePassword(page, { email: 'lena@lucerne.example', password: demoOf().password })
    await see(heading(page, 'Set up Duo'))
    await press(page, 'Continue to Duo')
    await answerAtDuo(page, 'Approve')
    await keepCodes(page, {})
    await page.getByRole('link', { name: 'Continue' }).click()
    await see(heading(page, 'Two-Factor Authentication is set up.'))
  })

  test('S0.15 S2.2 S2.22 S2.26 S2.27 S2.28 S2.29 S2.30 S2.31 S2.32 a person signs in with Duo for the first time: set up in its own dialog, then let in by its prompt and by a push', async () => {
    const page = await demoOf().enter('lotte@lucerne.example')
    await see(heading(page, 'Set up Duo'))
    assert.match((await page.getByRole('link', { name: /App Store/ }).getAttribute('href')) ?? '', /apps\.apple\.com/)
    assert.match((await page.getByRole('link', { name: /Google Play/ }).getAttribute('href')) ?? '', /play\.google\.com/)
    await see(page.getByText('Choose "Start setup".'))
    await press(page, 'Continue to Duo')
    await see(heading(page, 'Protect your account'))
    assert.equal(new URL(page.url()).origin, demoOf().duo)
    await see(page.getByText('lotte@lucerne.example'))
    await press(page, 'Start setup')
    await page.getByLabel('Device').selectOption('Mobile phone')
    await press(page, 'Continue')
    await page.getByLabel('Phone number').fill('+4930901820')
    await press(page, 'Continue')
    const systems = await page.getByLabel('Operating system').locator('option').allTextContents()
    assert.deepEqual(systems, ['iPhone', 'Android', 'Windows Phone', 'Other'])
    await press(page, 'Continue')
    await press(page, 'I have Duo Mobile installed')
    await see(page.locator('svg'))
    await press(page, 'Scan it with the simulated phone')
    await answerAtDuo(page, 'Approve')
    await keepCodes(page, {})
    await see(heading(page, 'Set-up is complete'))
    await page.context().close()

    const later = await demoOf().enter('lotte@lucerne.example')
    await see(later.getByRole('button', { name: 'Continue to Duo' }))
    assert.equal(await later.locator('button:focus').textContent(), 'Continue to Duo', 'first and focused')
    await sendPush(later)
    await press(await phoneOf(/^lotte@lucerne/), 'Approve')
    await isIn(later)
    await see(later.getByRole('button', { name: 'Lotte Graf' }))
  })

  test('S2.23 S2.24 S2.25 whoever has an app gives its code a last time; it stays until Duo has let them in once, and only then it is gone', async () => {
    const page = await demoOf().enter('luca@lucerne.example')
    await see(page.getByLabel('Authentication Code'))
    assert.equal(await page.getByRole('button', { name: 'Continue to Duo' }).count(), 0, 'the old one comes first')
    await page.getByLabel('Authentication Code').fill(demoOf().codeOf('luca@lucerne.example'))
    await see(heading(page, 'Set up Duo'))
    await see(page.getByText('stays until Duo has let you in once'))
    await see(page.getByText('Get Started'))
    await press(page, 'Continue to Duo')
    await see(heading(page, 'Choose how to sign in'))
    await answerAtDuo(page, 'Deny')
    await see(page.getByText('Login request denied.'))
    const meanwhile = await demoOf().enter('luca@lucerne.example')
    await see(meanwhile.getByLabel('Authentication Code'))
    assert.equal(await meanwhile.getByRole('button', { name: 'Continue to Duo' }).count(), 0, 'Duo has let nobody in, so the app counts')
    await meanwhile.context().close()
    await press(page, 'Try again')
    await answerAtDuo(page, 'Approve')
    await isIn(page)

    const later = await demoOf().enter('luca@lucerne.example')
    await see(later.getByRole('button', { name: 'Continue to Duo' }))
    assert.equal(await later.getByLabel('Authentication Code').count(), 0)
    await page.goto(new URL('/settings', page.url()).href)
    const card = page.getByRole('region', { name: 'Two-Factor Authentication' })
    await see(card.getByText('Duo').first())
    assert.equal(await card.getByText('Third Party Authenticator App').count(), 0, 'the app is gone')
  })

  test('S0.2 S0.14 S2.3 a push is approved on the phone, which shows what the page shows; another one is denied, and a passcode is taken instead', async () => {
    const phone = await phoneOf(/^felix@fabrikam/)
    const page = await demoOf().enter('felix@fabrikam.example')
    await sendPush(page)
    await see(page.getByText('Approve only what shows this:'))
    for (const text of ['Login request', 'Address: 127.0.0.1', 'Organization: Fabrikam Clinic'])
      await see(phone.getByRole('region', { name: 'Request' }).getByText(text))
    await press(phone, 'Approve')
    await isIn(page)
    await page.context().close()
    await see(phone.getByText('Nothing waits for an answer.'))

    const next = await demoOf().enter('felix@fabrikam.example')
    await sendPush(next)
    await press(phone, 'Deny')
    await see(next.getByText('The request was denied on your phone.'))
    await see(next.getByText('no more pushes are sent until you have logged in another way'))
    assert.equal(await next.getByRole('button', { name: 'Send it again' }).count(), 0)
    await next.getByRole('link', { name: 'Type a Duo passcode instead' }).click()
    await next.getByLabel('Authentication Code').fill('765432')
    await press(next, 'Log In')
    await see(next.getByText('Duo did not take it.'))
    await press(phone, 'Show a passcode')
    await next.getByLabel('Authentication Code').fill(await said(phone.getByRole('region', { name: 'Passcodes' }).locator('code')))
    await press(next, 'Log In')
    await isIn(next)
  })

  test('S0.14 a push rings to its end and is sent again; that one is reported, and the Security Admin reads of it', async () => {
    const phone = await phoneOf(/^freya@fabrikam/)
    const page = await demoOf().enter('freya@fabrikam.example')
    await sendPush(page)
    await press(phone, 'Let it ring')
    await see(page.getByText('Nobody answered on the phone in time.'))
    await press(page, 'Send it again')
    await see(page.getByText('Approve only what shows this:'))
    await press(phone, 'I did not request this')
    await see(page.getByText('You reported that this was not you.'))
    await page.goto(`http://localhost:${demoOf().port}/inbox`)
    for (const email of ['freya@fabrikam.example', 'fatima@fabrikam.example'])
      await see(
        page
          .getByRole('article')
          .filter({ hasText: email })
          .filter({ hasText: /reported/ }),
      )
  })

  test("S0.18 S0.19 S0.20 S0.21 S2.32 at a site that uses the provider's Duo a person scans our QR code with the phone, approves the first push, and is set up; whom the administrator removes is out of Duo at once", async () => {
    const page = await demoOf().enter('will@wingtip.example')
    await see(heading(page, 'Set up Duo'))
    await see(page.getByText('Who looks after Duo here: Harbor Hosting.'))
    for (const store of ['App Store', 'Google Play']) await see(page.getByRole('link', { name: store }))
    await press(page, 'Show the QR code')
    const { href } = await scan(page)
    const phone = await demoOf().open(`${demoOf().duo}/phone`)
    await phone.getByLabel('Activation code').fill(href)
    await press(phone, 'Activate')
    await see(heading(page, 'Approve it on your phone'))
    const own = phone.getByRole('link', { name: /^will\.at\.wingtip\.example\./ })
    await own.click()
    await press(phone, 'Approve')
    await keepCodes(page, {})
    await see(heading(page, 'Set-up is complete'))
    const duo = await panel()
    const user = duo.getByRole('region', { name: /^will\.at\.wingtip\.example\./ })
    await see(user.getByText('active'))

    const desk = await demoOf().signIn('wanda@wingtip.example')
    await desk.goto(new URL('/users', desk.url()).href)
    await desk.getByRole('row').filter({ hasText: 'Will Grant' }).getByRole('button', { name: 'Actions' }).click()
    await desk.getByRole('menuitem', { name: 'Remove' }).click()
    await desk.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await gone(desk.getByRole('row').filter({ hasText: 'Will Grant' }))
    for (const end = Date.now() + 10_000; (await user.count()) > 0 && Date.now() < end; await duo.reload());
    assert.equal(await user.count(), 0, 'Duo knows him no more')
    await phone.goto(`${demoOf().duo}/phone`)
    assert.equal(await own.count(), 0)

    const above = await demoOf().signIn('olive@provider.example')
    await above.goto(`http://localhost:${demoOf().port}${settings}#duo-users`)
    const card = above.getByRole('region', { name: 'People who left' })
    await see(card.getByText('Countersign takes them out by itself.'))
    await see(card.getByText('Nobody is left behind in Duo.'))
    await above.goto(`http://localhost:${demoOf().port}/audit`)
    await see(above.getByText('The user of Will Grant was taken out of Duo'))
  })
}
