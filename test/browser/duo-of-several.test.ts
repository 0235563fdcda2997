import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { addMembership } from '#store/people.ts'
import { type DuoKit, openWithDuo } from '../duo-kit.ts'
import { type BrowserKit, giveCode, givePassword, heading, openBrowserKit, see } from './browser.ts'

let at: BrowserKit
let duoKit: DuoKit
before(async () => {
  const opened = await openWithDuo(
    (delivery) => openBrowserKit({ delivery }),
    ({ kit }) => kit,
  )
  at = opened.opened
  duoKit = opened.duoKit
  Object.assign(at.kit.rooms, { publicUrl: at.origin })
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await duoKit.duo.stop()
})

test('S2.4 somebody in several organizations is told on every page why Duo is not offered, types a code instead, and the administrator reads it, too', async () => {
  const site = await duoKit.site()
  const other = await at.kit.site({ mode: 'everyone' })
  const person = await at.kit.person(site.id)
  const into = { organizationId: other.id, userId: person.id, role: 'user', required: false, name: person.name, hasJoined: true } as const
  await addMembership(at.kit.rooms.store.db, at.kit.now(), into)

  // The person: no Duo at the set-up, the reason, and an app as the way out.
  await at.kit.signIn(person)
  at.kit.pass(60)
  const page = await at.open('/sign-in')
  await givePassword(page, person)
  await see(page.getByLabel('Authentication Code'))
  await see(page.getByText(`Duo of ${site.name} is not for you: an account at Duo is for one organization`))
  assert.equal(await page.getByRole('button', { name: 'Continue to Duo' }).count(), 0, 'a code is typed, and nothing else is asked')
  await giveCode(page, at.kit.code(person))
  await page.waitForURL(`${at.origin}/`)
  await page.goto('/settings')
  const card = page.getByRole('region', { name: 'Two-Factor Authentication' })
  const why = card.getByText('is not offered to you: an account at Duo is for one organization, and you belong to several.')
  await see(why)
  const said = (await why.textContent()) ?? ''
  assert.ok(said.includes(site.name), said)
  assert.match(said, /Instead you type a code: Third Party Authenticator App\.$/)
  assert.equal(await card.getByRole('radio', { name: 'Duo' }).count(), 0)

  // Who administers the organization that has Duo.
  const head = await at.kit.person(site.id, { role: 'security-admin' })
  duoKit.user(head)
  const theirs = await duoKit.bind(head)
  const desk = await at.open('/sign-in', { ignoreHTTPSErrors: true })
  await desk.context().addCookies([...theirs.cookies].map(([name, value]) => ({ name, value, url: at.origin })))
  await desk.goto(`/users/${person.id}`)
  await see(heading(desk, person.name))
  const type = desk.getByLabel('Two Factor Type')
  await see(
    desk.getByText('Duo is not offered to this person: an account at Duo is for one organization, and they belong to another one, too.'),
  )
  assert.ok((await type.locator('option').allTextContents()).includes('Duo (not offered to this person)'))

  // Somebody of this organization alone has it.
  const alone = await at.kit.person(site.id)
  await desk.goto(`/users/${alone.id}`)
  await see(heading(desk, alone.name))
  assert.equal(await desk.getByText('Duo is not offered to this person').count(), 0)
  assert.ok((await type.locator('option').allTextContents()).includes('Duo'))
})
