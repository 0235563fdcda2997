import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { rulesOf } from '../kit.ts'
import { type BrowserKit, givePassword, heading, openBrowserKit, said, scan, see, setUpApp } from './browser.ts'

const supportContact = 'help@provider.example'
let at: BrowserKit
before(async () => {
  at = await openBrowserKit({ supportContact })
})
afterEach(() => at.tidy())
after(() => at.close())

test('S1.30 a page of the help is laid out as the six questions of the document and one about Duo, each with its answer', async () => {
  const site = await at.kit.site()
  const { page } = await at.openAs(await at.kit.person(site.id), '/help/two-factor')
  await page.getByRole('link', { name: 'Two-Factor Authentication: questions and answers' }).click()
  await see(heading(page, 'Two-Factor Authentication: questions and answers'))
  const questions = page.getByRole('region').filter({ has: page.getByRole('heading', { level: 2, name: /\?$/ }) })
  const asked = (await questions.getByRole('heading', { level: 2 }).allInnerTexts()).filter((one) => one !== 'Need more help?')
  const about = [
    /enable Two-Factor Authentication in our organization/,
    /all users automatically/,
    /disable/,
    /not available/,
    /each user set it up/,
    /When is the code asked/,
    /Duo asks me on my phone/,
  ]
  assert.equal(asked.length, about.length)
  for (const [index, pattern] of about.entries()) {
    assert.match(asked[index] ?? '', pattern)
    assert.ok((await said(questions.nth(index))).length > 150, `${pattern} is answered`)
  }
})

test('S1.19 administrators and users have addresses of their own over one set of rules, and a user is refused on the other side', async () => {
  const site = await at.kit.site({ mode: 'opt-in' })
  const [head, person] = [await at.kit.person(site.id, { role: 'security-admin' }), await at.kit.person(site.id)]
  const { page: admin, client } = await at.openAs(head, '/company-settings')
  await see(heading(admin, 'Company Settings'))
  await admin.goto('/users')
  await see(admin.getByRole('row').filter({ hasText: person.name }))
  const { page: user, client: their } = await at.openAs(person, '/settings')
  await see(user.getByText('NOT SET UP', { exact: true }))
  assert.equal(await user.getByRole('button', { name: 'Admin', exact: true }).count(), 0)

  // What is decided on the one side holds on the other at once.
  const address = `/api/v1/organizations/${site.id}/policy`
  assert.equal((await client.call('PUT', address, { ...(await rulesOf(client, site.id)), enabled: false })).status, 200)
  await user.reload()
  await see(user.getByText('NOT AVAILABLE', { exact: true }))
  for (const path of ['/company-settings', '/users']) {
    await user.goto(path)
    await see(user.getByText('This page is not open to you'))
  }
  assert.equal((await their.call('GET', address)).status, 403)
  assert.equal((await their.call('PUT', address, await rulesOf(client, site.id))).status, 403)
})

test('S2.49 S3.36 S4.2 each page of the help names whom to ask and asks whether it was useful, which is only counted', async () => {
  const site = await at.kit.site()
  const person = await at.kit.person(site.id, { role: 'admin' })
  for (const path of ['/help/two-factor', '/help/questions', '/help/applications']) {
    const { page, client } = await at.openAs(person, path)
    const support = page.getByRole('region', { name: 'Need more help?' }).getByRole('link', { name: supportContact })
    assert.equal(await support.getAttribute('href'), `mailto:${supportContact}`)
    const useful = page.getByRole('group', { name: 'Was this useful?' })
    await useful.getByRole('button', { name: 'Yes' }).click()
    await see(useful.getByText('Thank you. 1 of 1 person found this useful.'))
    await page.reload()
    await see(useful.getByText('Thank you.'))
    assert.equal(await useful.getByRole('button').count(), 0, 'a browser votes once')
    assert.deepEqual((await client.call('GET', '/api/v1/help')).json.votes[path.split('/').at(-1) ?? ''], { yes: 1, no: 0 })
  }
  const rows = await at.kit.rooms.store.db.selectFrom('help_votes').selectAll().execute()
  assert.ok(!JSON.stringify(rows).includes(person.id), 'nothing is kept of who voted')
  const stranger = await at.open('/sign-in')
  assert.equal((await stranger.request.post('/api/v1/help/votes', { data: { page: 'questions', useful: true } })).status(), 401)
  await see(stranger.getByRole('link', { name: supportContact }))
})

test('S3.35 somebody locked out cannot change the number, and is led to backup codes, an administrator and the support contact', async () => {
  const site = await at.kit.site({ mode: 'everyone' })
  const person = await at.kit.person(site.id)
  await at.kit.signIn(person)
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Two-Factor Authentication'))
  const refused = await page.request.put('/api/v1/me/phone', { data: { phone: '+4915123456789' } })
  assert.deepEqual([refused.status(), (await refused.json()).code], [401, 'not-signed-in'])
  await see(page.getByRole('link', { name: 'Use a backup code' }))
  await page.getByText('No phone and no backup codes?').click()
  await see(page.getByRole('button', { name: 'Ask an administrator' }))
  await see(page.getByText(`For ${site.name} we mail those who may help you.`))
  assert.equal(await page.getByRole('link', { name: supportContact }).getAttribute('href'), `mailto:${supportContact}`)

  const { page: help } = await at.openAs(await at.kit.person(site.id), '/help/two-factor')
  await see(help.getByText('The number can be changed only by somebody who is signed in'))
})

test('S2.45 S2.46 S2.48 the card of a user has the choice "Third Party Authenticator App", and any app for TOTP codes will do', async () => {
  const site = await at.kit.site({ mode: 'opt-in' })
  const person = await at.kit.person(site.id)
  const { page } = await at.openAs(person, '/settings')
  const card = page.getByRole('region', { name: 'Two-Factor Authentication' })
  const radio = card.getByRole('radio', { name: 'Third Party Authenticator App' })
  assert.equal(await radio.isChecked(), true)
  await see(card.getByText('or any TOTP app'))
  await card.getByRole('button', { name: 'Enable 2FA' }).click()
  await page.getByRole('dialog', { name: 'Enable 2FA' }).getByRole('button', { name: 'Continue' }).click()

  // S2.48: what the QR code says is what every app understands, with the values that those take which read no others.
  await see(heading(page, 'Set up Two-Factor Authentication'))
  await see(page.getByText('Any app for six-digit codes will do.'))
  const uri = await scan(page)
  assert.equal(`${uri.protocol}//${uri.host}`, 'otpauth://totp')
  const asked = Object.fromEntries(uri.searchParams)
  assert.deepEqual([asked.algorithm ?? 'SHA1', asked.digits ?? '6', asked.period ?? '30'], ['SHA1', '6', '30'])
  await setUpApp(at.kit, page, person)
  await see(heading(page, 'Set-up is complete'))
  await page.goto('/help/two-factor')
  await see(page.getByText('The choice is yours. Any app for six-digit codes (TOTP) works'))
})

test('S4.24 the help shows the whole as pictures that follow each other, said in words too, paused and stepped by hand, still where less motion is asked for', async () => {
  const person = await at.kit.person((await at.kit.site()).id)
  const { page } = await at.openAs(person, '/help/two-factor')
  const part = page.getByRole('region', { name: 'The whole, step by step' })
  const steps = part.getByRole('listitem')
  const now = () => said(part.locator('[aria-current=step]'))
  const picture = part.locator('img')
  await picture.scrollIntoViewIfNeeded()
  await see(part.getByText('1 of 8'))
  assert.equal(await steps.count(), 8)
  const first = await now()
  // The browser of the tests asks for less motion.
  await see(part.getByRole('button', { name: 'Play' }))
  const shape = await page.evaluate<number>(
    "document.querySelector('.scene img').decode().then(() => { const { naturalHeight, naturalWidth } = document.querySelector('.scene img'); return naturalHeight / naturalWidth })",
  )
  assert.equal(shape, (8 * 640) / 420, 'one scene for each sentence')
  await page.clock.install()
  await page.clock.runFor(9000)
  assert.equal(await now(), first)
  await part.getByRole('button', { name: 'Next step' }).click()
  await see(part.getByText('2 of 8'))
  assert.notEqual(await now(), first)
  assert.equal(await picture.evaluate((image) => image.style.transform), 'translateY(-12.5%)')
  await part.getByRole('button', { name: 'Step before' }).click()
  await part.getByRole('button', { name: 'Step before' }).click()
  await see(part.getByText('8 of 8'))

  const { page: moving } = await at.openAs(person, '', { reducedMotion: 'no-preference' })
  await moving.clock.install()
  await moving.goto('/help/two-factor')
  const played = moving.getByRole('region', { name: 'The whole, step by step' })
  await see(played.getByRole('button', { name: 'Pause' }))
  await moving.clock.runFor(4100)
  await see(played.getByText('2 of 8'))
  await played.getByRole('button', { name: 'Pause' }).click()
  await moving.clock.runFor(9000)
  await see(played.getByText('2 of 8'))
})
