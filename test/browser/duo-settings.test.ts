import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { findPolicy } from '#store/policy.ts'
import type { DuoSimulator } from '../../simulators/duo.ts'
import { answer, refused, start } from '../kit.ts'
import { actionsMenu, type BrowserKit, gone, heading, see } from './browser.ts'
import { applicationsAt, openDuoBrowser } from './duo-kit.ts'
import { fill } from './tour-duo-settings.ts'

let at: BrowserKit
let duo: DuoSimulator
before(async () => {
  ;({ at, duo } = await openDuoBrowser())
})
afterEach(() => at.tidy())
after(() => Promise.all([at.close(), duo.stop()]))

const settings = '/company-settings/general/two-factor'
const cardOf = (page: Page): Locator => page.getByRole('region', { name: 'Duo', exact: true })
const save = (page: Page | Locator) => page.getByRole('button', { name: 'Save', exact: true })
const taken = 'Duo took both pairs of keys, and the settings are saved.'

async function headOf(siteId: string) {
  const head = await at.kit.person(siteId, { role: 'security-admin' })
  await at.kit.enroll(head, await at.kit.signIn(head))
  return head
}

/** A site whose Security Admin has connected Duo and looks at its settings. */
async function connected() {
  const site = await at.kit.site({ mode: 'opt-in' })
  const head = await headOf(site.id)
  const { page, client } = await at.openAs(head, `${settings}#duo`)
  await cardOf(page).getByRole('switch', { name: 'Use Duo' }).check()
  const keys = applicationsAt(duo)
  await fill(page, keys)
  await save(cardOf(page)).click()
  await see(page.getByText(taken))
  return { site, head, page, client, keys, rules: () => findPolicy(at.kit.rooms.store.db, site.id) }
}

test('S0.13 S0.22 S0.23 S0.24 S0.26 S0.27 S0.28 S0.30 S0.31 S0.32 S2.14 S2.15 S2.16 S2.20 S2.21 a Security Admin connects their own Duo account by the checklist, is told what is wrong of which application, and sees no secret again', async () => {
  const site = await at.kit.site({ mode: 'opt-in' })
  const { page } = await at.openAs(await headOf(site.id), '/company-settings')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('existing Duo integration')
  await page.getByRole('link', { name: 'Duo', exact: true }).click()
  const card = cardOf(page)
  assert.equal(await page.getByRole('checkbox', { name: 'Duo', exact: true }).isDisabled(), true, 'not before it is connected')
  await card.getByRole('switch', { name: 'Use Duo' }).check()
  const section = card.getByRole('region', { name: 'To Use Your Existing Duo Integration' })
  await see(section.getByText('a part of this cannot be undone'))
  await see(section.getByText('What can be undone: you can switch Duo off'))
  await see(section.getByText('What cannot: aliases and users'))
  for (const [step, id] of [
    ['Aliases', 'aliases'],
    ['Applications', 'applications'],
    ['Username Normalization', 'normalization'],
  ] as const) {
    const link = section.getByRole('link', { name: `Need help? ${step}` })
    assert.equal(await link.getAttribute('href'), `/help/duo#${id}`)
    assert.equal(await link.textContent(), 'Need help?')
  }
  await see(section.getByText('one of the type Web SDK and one of the type Auth API'))
  await see(section.getByText('Set Username Normalization to Simple in both applications.'))
  assert.equal(
    await section.getByRole('link', { name: "Duo's documentation of the Web SDK" }).getAttribute('href'),
    'https://duo.com/docs/duoweb',
  )
  const groups = {
    web: page.getByRole('group', { name: 'Web SDK application' }),
    api: page.getByRole('group', { name: 'Auth API application' }),
  }
  for (const group of Object.values(groups)) assert.equal(await group.locator('input').count(), 3)
  const keys = applicationsAt(duo)
  await fill(page, { ...keys, prompt: { ...keys.prompt, host: 'duo.evil.example' } })
  await save(card).click()
  await see(groups.web.getByText('An API hostname looks like api-xxxxxxxx.duosecurity.com.'))
  await fill(page, { ...keys, auth: { ...keys.auth, secret: applicationsAt(duo).auth.secret } })
  await save(card).click()
  await see(groups.web.getByText('Web SDK application: Duo took these keys.'))
  await see(groups.api.getByText('Auth API application: The secret is wrong.'))
  await see(card.getByText('Nothing was saved.'))
  duo.misbehave('html-ok')
  await save(card).click()
  await see(groups.api.getByText('Something answers there, but it is not Duo'))
  duo.behave()
  await fill(page, {
    prompt: { ...keys.prompt, key: ` ${keys.prompt.key} `, host: ` https://${keys.prompt.host}/ ` },
    auth: { ...keys.auth, secret: `${keys.auth.secret}\t` },
  })
  await save(card).click()
  await see(page.getByText(taken))
  await page.reload()
  await see(card.getByText('Duo last took both pairs of keys'))
  const secret = groups.web.getByLabel('Secret key / Client secret', { exact: true })
  assert.deepEqual(
    [await secret.inputValue(), await secret.getAttribute('placeholder'), await secret.getAttribute('type')],
    ['', '•••••••• stored', 'password'],
  )
  assert.equal(await groups.web.getByLabel('Integration key / Client ID').inputValue(), keys.prompt.key)
  assert.ok(!(await page.content()).includes(keys.prompt.secret))
  assert.ok(!(await page.evaluate<string>('JSON.stringify({ ...sessionStorage, ...localStorage })')).includes(keys.auth.secret))
  await card.getByRole('button', { name: 'Check the keys now' }).click()
  await see(card.getByText('What Duo says now'))
  assert.equal(await page.getByRole('checkbox', { name: 'Duo', exact: true }).isDisabled(), false)
  await page.getByRole('checkbox', { name: 'Duo', exact: true }).check()
  assert.deepEqual(await page.getByRole('combobox', { name: '2FA Communication Method' }).locator('option').allTextContents(), [
    'Google / Microsoft Authenticator',
    'Duo',
  ])
})

test('S0.26 S0.28 S0.30 S2.18 S2.19 S2.23 the help at each step has the names of the Duo Admin Panel, and people read how Duo Mobile begins', async () => {
  const site = await at.kit.site()
  const { page } = await at.openAs(await at.kit.person(site.id), '/help/duo#applications')
  await see(heading(page, 'Settings - Duo'))
  const part = (name: string) => page.getByRole('region', { name })
  await see(part('Create the two applications').getByText('Open Applications, then Application Catalog.'))
  await see(part('Create the two applications').getByText('"Protect an Application"'))
  await see(part('Create the two applications').getByText("Search for 'Web SDK'"))
  await see(part('Names and aliases').getByText('Add a username alias'))
  await see(part('Username Normalization').getByText('Set the same value in both applications'))
  await see(part('Set Duo up on your phone').getByText('On the welcome screen tap "Get Started", and accept what it asks for'))
  await see(part('Set Duo up on your phone').getByRole('link', { name: 'App Store' }))
  await see(part('Make the push strong').getByText('Verified Duo Push'))
})

test('people read how they log in with Duo: its page, the push and what "Deny" does, a passcode, the account of the provider; the search leads there', async () => {
  const site = await at.kit.site()
  const { page } = await at.openAs(await at.kit.person(site.id), '/help/questions')
  const question = page.getByRole('region', { name: 'What do I do when Duo asks me on my phone?' })
  await see(question.getByText('no more pushes are sent'))
  await question.getByRole('link', { name: 'Help: Duo' }).click()
  const part = (name: string) => page.getByRole('region', { name })
  await see(part('Approve a push on your phone').getByText('Approve only what you began.'))
  await see(part('Approve a push on your phone').getByText('After "Deny" nobody gets in'))
  await see(part("Log in with Duo's page").getByText('"Continue to Duo"').first())
  await see(part('Type a passcode of Duo').getByText('It needs no network for that.'))
  await see(part("Set Duo up with your provider's account").getByText('"Show the QR code"'))
  await page.goto('/help/two-factor')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('deny a push')
  await page.getByRole('link', { name: 'Approve a push on your phone' }).click()
  await see(part('Approve a push on your phone'))
  assert.equal(new URL(page.url()).hash, '#approve')
})

test('S0.16 S0.17 the provider writes a notice with a button, which administrators of its sites see at this place and nobody else can change', async () => {
  const { owner } = at.kit.provider
  const { page } = await at.openAs(owner, `${settings}#duo`)
  const notice = page.getByRole('region', { name: 'Notice about Duo' })
  await notice.getByLabel('Text').fill('50 free internal-use licences for partners who join the MSP programme.')
  await notice.getByLabel('Label of the button').fill('Claim your licences')
  await notice.getByLabel('Where the button leads').fill('javascript:alert(1)')
  await notice.getByRole('button', { name: 'Save the notice' }).click()
  await see(notice.getByText('Type an address that begins with https://'))
  await notice.getByLabel('Where the button leads').fill('https://provider.example/duo')
  await notice.getByRole('button', { name: 'Save the notice' }).click()
  await see(page.getByText('The notice is saved.'))
  const site = await at.kit.site()
  for (const role of ['security-admin', 'admin'] as const) {
    const { page: theirs, client } = await at.openAs(await at.kit.person(site.id, { role }), `${settings}#duo`)
    await see(cardOf(theirs).getByText('50 free internal-use licences'))
    const button = cardOf(theirs).getByRole('link', { name: 'Claim your licences' })
    assert.deepEqual([await button.getAttribute('href'), await button.getAttribute('rel')], ['https://provider.example/duo', 'noreferrer'])
    assert.equal(await theirs.getByRole('region', { name: 'Notice about Duo' }).count(), 0)
    const path = `/api/v1/organizations/${site.id}/duo/notice`
    refused(await client.call('PUT', path, { text: 'x', label: null, url: null, version: 1 }), 403, 'forbidden')
  }
})

test('S0.18 a site without an account chooses that of its provider, once the provider offers it', async () => {
  const { page } = await at.openAs(at.kit.provider.owner, `${settings}#duo`)
  const above = cardOf(page)
  const site = await at.kit.site({ mode: 'opt-in' })
  const head = await headOf(site.id)
  const { page: theirs } = await at.openAs(head, `${settings}#duo`)
  const card = cardOf(theirs)
  await card.getByRole('switch', { name: 'Use Duo' }).check()
  assert.equal(await card.getByRole('radio', { name: "Our provider's Duo account" }).count(), 0)
  await above.getByRole('switch', { name: 'Use Duo' }).check()
  await fill(page, applicationsAt(duo))
  await above.getByRole('switch', { name: 'Let sites without an account use this one' }).check()
  await save(above).click()
  await see(page.getByText(taken))
  await theirs.reload()
  await card.getByRole('switch', { name: 'Use Duo' }).check()
  await card.getByRole('radio', { name: "Our provider's Duo account" }).check()
  await see(card.getByText('gets a QR code after their next login'))
  assert.equal(await card.getByRole('group', { name: 'Web SDK application' }).count(), 0)
  await save(card).click()
  await see(theirs.getByText('The settings of Duo are saved.'))
  await theirs.getByRole('checkbox', { name: 'Duo', exact: true }).check()
  await theirs.getByRole('combobox', { name: '2FA Communication Method' }).selectOption({ label: 'Duo' })
  await theirs.getByRole('button', { name: 'Update', exact: true }).click()
  await see(theirs.getByText('Saved.', { exact: true }))
  assert.equal((await findPolicy(at.kit.rooms.store.db, site.id)).defaultMethod, 'duo')
  await above.getByRole('switch', { name: 'Let sites without an account use this one' }).uncheck()
  await save(above).click()
  await see(above.getByText('1 site relies on this account'))
})

test('S0.24 S0.33 S0.34 S0.35 S0.36 the preset puts everybody on Duo, whatever they had chosen, after it has said whom it concerns; what they had is kept until Duo has worked', async () => {
  const { site, page, rules } = await connected()
  const person = await at.kit.person(site.id)
  await at.kit.enroll(person, await at.kit.signIn(person))
  await page.reload()
  await page.getByRole('button', { name: 'Standardize all users on Duo' }).click()
  const question = page.getByRole('dialog', { name: 'Standardize all users on Duo?' })
  await see(question.getByText('Allow Users to Change Method of 2FA Communication: Off.'))
  await see(question.getByText('Force All Users On 2FA: On.'))
  await see(question.getByText('2 people have only what is no longer allowed to them'))
  await see(question.getByText(person.name))
  await question.getByRole('button', { name: 'Cancel' }).click()
  await gone(question)
  assert.deepEqual((await rules()).methods, ['totp'])
  await page.getByRole('button', { name: 'Standardize all users on Duo' }).click()
  await question.getByRole('button', { name: 'Standardize on Duo' }).click()
  await see(page.getByText('All users are standardized on Duo.'))
  await see(page.getByText('Everybody uses Duo already'))
  const { methods, defaultMethod, mayChangeMethod, mode } = await rules()
  assert.deepEqual([methods, defaultMethod, mayChangeMethod, mode], [['duo'], 'duo', false, 'everyone'])
  at.kit.pass(60)
  const client = at.kit.client()
  assert.equal((await start(client, person)).json.step, 'answer')
  const next = await answer(client, { code: at.kit.code(person) })
  assert.deepEqual([next.json.step, next.json.kind], ['enroll', 'duo'], next.text)
  at.kit.pass(60)
  assert.equal((await start(at.kit.client(), person)).json.step, 'answer', 'the app is still there')
  const newcomer = at.kit.client()
  const first = await start(newcomer, await at.kit.person(site.id))
  assert.deepEqual([first.json.step, first.json.kind], ['enroll', 'duo'])
  await save(cardOf(page)).waitFor()
  await cardOf(page).getByRole('switch', { name: 'Use Duo' }).uncheck()
  await save(cardOf(page)).click()
  await see(cardOf(page).getByText('The methods above still allow Duo.'))
})

test('S0.37 S0.38 without the preset one person after the other is put on Duo by Actions, Edit User, "Two Factor Type", and the audit says so', async () => {
  const { site, page } = await connected()
  await page.getByRole('checkbox', { name: 'Duo', exact: true }).check()
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await see(page.getByText('Saved.', { exact: true }))
  const person = await at.kit.person(site.id)
  await page.goto('/users')
  await (await actionsMenu(page, person)).getByRole('menuitem', { name: 'Edit User' }).click()
  await page.getByLabel('Two Factor Type').selectOption({ label: 'Duo' })
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await see(page.getByText('Saved.', { exact: true }))
  await page.goto('/audit')
  await see(page.getByRole('button', { name: `changed the details of ${person.name}` }))
  const row = await at.kit.rooms.store.db
    .selectFrom('audit_events')
    .select('detail')
    .where('action', '=', 'user.changed')
    .where('subject_id', '=', person.id)
    .executeTakeFirstOrThrow()
  assert.match(JSON.stringify(row.detail), /"duo"/)
  const client = at.kit.client()
  const { json } = await start(client, person)
  assert.ok(json.step === 'done' || json.kind === 'duo', json.step)
})

// "SET UP ORGANIZATION 2FA" with Duo is walked in the installation of the demo: demo-duo.ts.

test('S2.1 S2.11 the wizard sets up what is weaker only with an acceptance', async () => {
  const site = await at.kit.site({ mode: 'opt-in' })
  const { page } = await at.openAs(await headOf(site.id), `${settings}/set-up`)
  await page.getByRole('radio', { name: 'Email', exact: true }).check()
  await page.getByRole('button', { name: 'NEXT' }).click()
  await see(page.getByText('Nothing has to be connected for Email.'))
  await page.getByRole('button', { name: 'NEXT' }).click()
  await page.getByRole('button', { name: 'FINISH' }).click()
  const question = page.getByRole('dialog', { name: 'Allow weaker methods?' })
  await question.getByRole('button', { name: 'Cancel' }).click()
  assert.deepEqual((await findPolicy(at.kit.rooms.store.db, site.id)).methods, ['totp'])
  await page.getByRole('radio', { name: 'Those marked Required 2FA' }).check()
  await page.getByRole('button', { name: 'FINISH' }).click()
  await question.getByRole('button', { name: 'I accept this' }).click()
  await see(heading(page, 'Two-Factor Authentication is set up.'))
  const { enabled, methods, mode, mayChangeMethod } = await findPolicy(at.kit.rooms.store.db, site.id)
  assert.deepEqual([enabled, methods, mode, mayChangeMethod], [true, ['email'], 'chosen', false])
})

test('S0.23 S0.33 S2.10 an admin reads whom to ask, sees no button and no key, and the API refuses them', async () => {
  const { site, keys } = await connected()
  const { page, client } = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), `${settings}#duo`)
  await see(cardOf(page).getByText('can set up Duo.'))
  for (const name of ['SET UP ORGANIZATION 2FA', 'Standardize all users on Duo', 'Save', 'Check the keys now'])
    assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name)
  assert.ok(!(await page.content()).includes(keys.prompt.key))
  await page.goto(`${settings}/set-up`)
  await see(page.getByText('Only a Security Admin of'))
  assert.equal(await page.getByRole('radio').count(), 0)
  refused(await client.call('GET', `/api/v1/organizations/${site.id}/duo`), 403, 'forbidden', { right: 'change-duo' })
})
