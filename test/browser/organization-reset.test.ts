import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { start } from '../kit.ts'
import { accountMenu, type BrowserKit, giveCode, gone, heading, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
before(async () => {
  at = await openBrowserKit()
})
afterEach(() => at.tidy())
after(() => at.close())

const twoFactor = '/company-settings/general/two-factor'
const resetPage = `${twoFactor}/reset`
const subject = /Two-Factor Authentication was reset for everybody/

async function desk(size: number, path = twoFactor) {
  const { kit } = at
  const site = await kit.site({ mode: 'everyone' })
  const people = []
  for (let nth = 0; nth < size; nth++) {
    const person = await kit.person(site.id)
    await kit.signIn(person)
    people.push(person)
  }
  const head = await kit.person(site.id, { role: 'security-admin' })
  return { site, people, head, ...(await at.openAs(head, path)) }
}

async function order(page: Page, name: string): Promise<void> {
  await page.getByLabel(`Type "${name}" to confirm`).fill(name)
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
}

test('S2.35 S2.37 Admin > Company Settings has the card, and the card the button "Reset Organization 2FA" for Security Admins, and for nobody else', async () => {
  const { page, site } = await desk(1, '/settings')
  await page.getByRole('button', { name: 'Admin' }).click()
  await page.getByRole('menuitem', { name: 'Company Settings' }).click()
  const card = page.getByRole('region', { name: 'Two-Factor Authentication' })
  await card.getByRole('button', { name: 'Reset Organization 2FA', exact: true }).click()
  await see(heading(page, 'Reset Two-Factor Authentication'))
  const { page: admins } = await at.openAs(await at.kit.person(site.id, { role: 'admin' }), twoFactor)
  await see(heading(admins, 'Company Settings'))
  assert.equal(await admins.getByText('Reset Organization 2FA').count(), 0)
  assert.equal(await admins.getByText('Rules for a reset').count(), 0)
  await admins.goto(resetPage)
  await see(admins.getByText(`Only Security Admins reset everybody at ${site.name}. Ask one of yours.`))
  assert.equal(await admins.getByRole('button', { name: 'Confirm' }).count(), 0)
  // The provider above has it too, acting for the site.
  const { page: owners } = await at.openAs(at.kit.provider.owner, `${resetPage}?organization=${site.id}`)
  await see(owners.getByText(`You are acting for ${site.name}`))
  await see(heading(owners, '3 people will be reset'))
})

test('S2.38 the screen says how many people, which factors, what ends and what happens next', async () => {
  const { page, people, head } = await desk(2, resetPage)
  await at.kit.rooms.store.db
    .updateTable('users')
    .set({ name: 'Ben Ashworth' })
    .where('id', '=', people[0]?.id ?? '')
    .execute()
  await page.reload()
  await see(heading(page, 'Reset Two-Factor Authentication'))
  await see(heading(page, '2 people will be reset'))
  await see(page.getByText('Ben Ashworth', { exact: false }))
  await see(page.getByText('Authenticator apps, with their backup codes: 2 people'))
  await see(page.getByText('2 sessions and every login on its way'))
  await see(page.getByText('a temporary code that is mailed to them. It opens nothing but the set-up.'))
  await see(page.getByText('It can be taken back for 1 hour after it has run.'))
  await see(page.getByText(`${head.name}: begins it, and stays able to take it back.`))
  await see(page.getByText('No device is remembered'))
})

test('S2.39 "Confirm" asks for the second factor of the admin when the last proof is old, and goes on after it', async () => {
  const { page, site, head, people } = await desk(1, resetPage)
  at.kit.pass(301)
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
  await see(page.getByRole('dialog', { name: 'Confirm that it is you' }))
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await order(page, site.name)
  await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByRole('button', { name: 'Confirm now' }).click()
  await see(heading(page, 'Confirm that it is you'))
  await page.getByLabel('Password', { exact: true }).fill(head.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await giveCode(page, at.kit.code(head))
  await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click()
  await see(heading(page, 'The reset is running'))
  await at.kit.resets.drain()
  await see(heading(page, 'Done'))
  assert.equal((await start(at.kit.client(), people[0] ?? assert.fail())).json.opens, 'set-up')
})

test('S2.40 S2.41 the page may be closed while it runs, shows the progress on coming back, and ends with "Done", the counts and the mails', async () => {
  const { page, site, people, head } = await desk(3, resetPage)
  await page.getByLabel('to confirm').fill('another name')
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
  await see(page.getByText('This is not its name.'))
  await order(page, site.name)
  await see(page.getByText('0 of 3 people'))
  await accountMenu(page, head)
  await page.getByRole('menuitem', { name: 'User Settings' }).click()
  await see(heading(page, 'User Settings'))
  await page.goto(resetPage)
  await see(page.getByText('0 of 3 people'))
  await see(page.getByText('You can close this page'))
  await at.kit.resets.drain()
  await see(heading(page, 'Done'))
  await see(page.getByText('3 people were reset.'))
  for (const person of people) assert.equal((await at.kit.mailsTo(person.email)).filter((mail) => subject.test(mail.subject)).length, 1)
  assert.equal((await at.kit.mailsTo(head.email)).filter((mail) => subject.test(mail.subject)).length, 0)
  await page.reload()
  await see(page.getByText('Mails sent'))
  const figures: Record<string, string | null> = {}
  for (const pair of await page.locator('dl.figures > div').all())
    figures[(await pair.locator('dt').textContent()) ?? ''] = await pair.locator('dd').textContent()
  assert.deepEqual(figures, {
    'People reset': '3',
    'Authenticators and lists of backup codes': '6',
    'Sessions ended': '3',
    'Devices forgotten': '0',
    'Mails sent': '3',
    'Mails failed': '0',
  })
  await page.getByRole('link', { name: 'Done', exact: true }).click()
  await see(heading(page, 'Company Settings'))
})

test('within its time the reset is taken back by one click that says what it does, and the page says who has what', async () => {
  const { page, site, people } = await desk(2, resetPage)
  await order(page, site.name)
  await at.kit.resets.drain()
  await see(heading(page, 'Done'))
  const [eager = assert.fail()] = people
  await at.kit.signIn(eager)
  await page.getByRole('button', { name: 'Take back', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Take the reset back?' })
  await see(dialog.getByText('Sessions stay ended'))
  await dialog.getByRole('button', { name: 'Take it back' }).click()
  await see(heading(page, 'The reset is being taken back'))
  await at.kit.resets.drain()
  await see(heading(page, 'The reset was taken back'))
  await see(page.getByText('1 person got their authenticators back and were told. 1 person had set up anew, and keep that.'))
  await gone(page.getByRole('button', { name: 'Take back', exact: true }))
})

test('A55 under the rule of two the first Security Admin proposes, the second comes by the link in the mail, approves with a proof of their own, and the first cannot', async () => {
  const { page, site, people } = await desk(1)
  await page.getByRole('switch', { name: 'A second Security Admin must approve a reset' }).click()
  await page.getByRole('region', { name: 'Rules for a reset' }).getByRole('button', { name: 'Save' }).click()
  await see(page.getByText('The rules for a reset were changed'))
  const second = await at.kit.person(site.id, { role: 'security-admin' })
  const { page: theirs } = await at.openAs(second, '/settings')
  await page.goto(resetPage)
  await see(page.getByText('A second Security Admin must approve', { exact: true }))
  await page.getByLabel(`Type "${site.name}" to confirm`).fill(site.name)
  await page.getByRole('button', { name: 'Propose the reset' }).click()
  await see(heading(page, 'Waiting for a second Security Admin'))
  await see(page.getByText('You proposed it, so somebody else must approve it.'))
  assert.equal(await page.getByRole('button', { name: 'Approve and reset' }).count(), 0)
  const mail = (await at.kit.mailsTo(second.email)).find((one) => /Approve or decline/.test(one.subject))
  const link = /https?:\/\/[^/\s]+(\/company-settings\S+)/.exec(mail?.text ?? '')?.[1]
  await theirs.goto(link ?? assert.fail('a link'))
  await see(heading(theirs, 'Waiting for a second Security Admin'))
  await theirs.getByRole('button', { name: 'Approve and reset' }).click()
  await see(heading(theirs, 'The reset is running'))
  await at.kit.resets.drain()
  await see(heading(theirs, 'Done'))
  for (const person of people) assert.equal((await at.kit.mailsTo(person.email)).filter((one) => subject.test(one.subject)).length, 1)
})
