import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { enqueue } from '#store/messages.ts'
import { type SmtpSimulator, startSmtp } from '../../simulators/smtp.ts'
import { confirm, type Person } from '../kit.ts'
import { type BrowserKit, gone, heading, openBrowserKit, said, see } from './browser.ts'

let at: BrowserKit
let smtp: SmtpSimulator
const credentials = { user: 'mailer', password: 'correct horse' }
before(async () => {
  smtp = await startSmtp({ credentials })
  at = await openBrowserKit({ delivery: { allowedHosts: ['127.0.0.1'] } })
})
afterEach(() => at.tidy())
after(async () => {
  await at.close()
  await smtp.stop()
})

const tab = '/company-settings/general/messages'

async function securityAdmin(organizationId: string): Promise<Person> {
  const person = await at.kit.person(organizationId, { role: 'security-admin', required: organizationId === at.kit.provider.id })
  if (organizationId !== at.kit.provider.id) await at.kit.enroll(person, await at.kit.signIn(person))
  return person
}

test('S0.5 a Security Admin finds "SMTP" by search, stores a mail server, tries it, and is told precisely when the password is wrong', async () => {
  const person = await securityAdmin(at.kit.provider.id)
  const { page } = await at.openAs(person, '/company-settings')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('SMTP')
  await page.getByRole('link', { name: 'Email gateway' }).click()
  const card = page.getByRole('region', { name: 'Email', exact: true })
  await see(card.getByText('As the server is set up'))
  assert.ok(page.url().endsWith(`${tab}#gateway-mail`))
  await card.getByRole('button', { name: 'Set up your own gateway' }).click()
  const dialog = page.getByRole('dialog', { name: 'Gateway for Email' })
  await dialog.getByLabel('SMTP host').fill('127.0.0.1')
  await dialog.getByLabel('Port').fill(new URL(smtp.url).port)
  await dialog.getByLabel('User name').fill(credentials.user)
  await dialog.getByLabel('Password', { exact: true }).fill('wrong horse')
  await dialog.getByLabel('Sender').fill('nobody')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(dialog.getByText('Write the sender like'))
  await dialog.getByLabel('Sender').fill('Provider <no-reply@provider.example>')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await gone(dialog)
  await see(card.getByText('Own gateway'))
  await card.getByRole('button', { name: 'Send a test' }).click()
  await see(card.getByText('Wrong credentials'))

  await card.getByRole('button', { name: 'Change' }).click()
  assert.equal(await dialog.getByLabel('Password', { exact: true }).inputValue(), '', 'it is not shown again')
  await see(dialog.getByText('•••• set.'))
  await dialog.getByLabel('Password', { exact: true }).fill(credentials.password)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await gone(dialog)
  await gone(card.getByText('Wrong credentials'))
  await card.getByRole('button', { name: 'Send a test' }).click()
  await see(card.getByText('The gateway took the test'))
  assert.deepEqual(
    smtp.received.map(({ to, from }) => [to, from]),
    [[[person.email], 'no-reply@provider.example']],
  )
  await card.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await see(card.getByText('As the server is set up'))
})

test('an old proof is renewed first, and what was typed with a password in it is not kept in the browser meanwhile', async () => {
  const person = await securityAdmin(at.kit.provider.id)
  const { page, client } = await at.openAs(person, tab)
  at.kit.pass(301)
  const card = page.getByRole('region', { name: 'Email', exact: true })
  await card.getByRole('button', { name: 'Set up your own gateway' }).click()
  const dialog = page.getByRole('dialog', { name: 'Gateway for Email' })
  await dialog.getByLabel('SMTP host').fill('mail.example.org')
  await dialog.getByLabel('User name').fill('x')
  await dialog.getByLabel('Password', { exact: true }).fill('a very secret password')
  await dialog.getByLabel('Sender').fill('a@b.example')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await see(proof.getByText('so it is not kept'))
  await proof.getByRole('button', { name: 'Confirm now' }).click()
  await see(heading(page, 'Confirm that it is you'))
  assert.doesNotMatch(await page.evaluate<string>('JSON.stringify({ ...sessionStorage, ...localStorage })'), /secret password/)
  await confirm(at.kit, person, client)
})

test('of two who edit the same gateway the second is told, and a plain admin sees whom to ask', async () => {
  const site = await at.kit.site()
  const [one, admin] = [await securityAdmin(at.kit.provider.id), await at.kit.person(site.id, { role: 'admin' })]
  const { page, client } = await at.openAs(one, tab)
  const card = page.getByRole('region', { name: 'Phone Call', exact: true })
  await card.getByRole('button', { name: 'Set up your own gateway' }).click()
  const dialog = page.getByRole('dialog', { name: 'Gateway for Phone Call' })
  const path = `/api/v1/organizations/${at.kit.provider.id}/gateways`
  const { channels } = (await client.call('GET', path)).json
  const webhook = { kind: 'webhook', url: 'https://gate.example.org/x', secret: 'x'.repeat(32) }
  assert.equal((await client.call('PUT', `${path}/call`, { version: channels[2].version, settings: webhook })).status, 200)
  await dialog.getByLabel('Account SID').fill(`AC${'0'.repeat(32)}`)
  await dialog.getByLabel('Auth token, or secret of the API key', { exact: true }).fill('y')
  await dialog.getByLabel('Sender number').fill('+15005550006')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(dialog.getByText(`${one.name} changed this in the meantime`))
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await see(card.getByText('https://gate.example.org/x'))

  await at.kit.enroll(admin, await at.kit.signIn(admin))
  const { page: closed } = await at.openAs(admin, tab)
  await see(closed.getByText(`Only a Security Admin of ${site.name} can see what messages are sent through.`))
  assert.equal(await closed.getByRole('button', { name: 'Send a test' }).count(), 0)
})

test('the provider chooses countries and lets sites bring gateways; a message that did not arrive is sent again from the list', async () => {
  const { db } = at.kit.rooms.store
  const site = await at.kit.site()
  const [owner, head] = [await securityAdmin(at.kit.provider.id), await securityAdmin(site.id)]
  const { page } = await at.openAs(owner, tab)
  const limits = page.getByRole('region', { name: 'HOW MUCH MAY BE SENT' })
  await limits.getByRole('combobox', { name: 'Countries that are written to and called' }).fill('icel')
  await page.getByRole('option', { name: 'Iceland (+354)' }).click()
  await limits.getByLabel('Texts and calls a day, all together').fill('50')
  await limits.getByRole('switch', { name: 'Sites may bring gateways of their own' }).click()
  await limits.getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('Saved.', { exact: true }))
  const { rules } = (await (await at.kit.signIn(owner)).call('GET', `/api/v1/organizations/${at.kit.provider.id}/gateways`)).json
  assert.ok(rules.inForce.countries.includes('IS') && rules.inForce.countries.includes('DE'))
  assert.deepEqual([rules.inForce.dailyMost, rules.sitesBringGateways], [50, true])

  const member = await at.kit.person(site.id)
  await enqueue(db, at.kit.rooms.keys, at.kit.now(), {
    to: member.email,
    template: 'password-changed',
    values: {},
    organizationId: site.id,
  })
  const lost = {
    failed_at: at.kit.now(),
    attempts: 7,
    last_error: 'The mail server could not be used (ETIMEDOUT).',
    delivery_reason: 'gateway',
    delivery: 'undelivered',
  } as const
  await db.updateTable('messages').set(lost).where('to_address', '=', member.email).execute()
  const { page: theirs } = await at.openAs(head, tab)
  await see(theirs.getByRole('region', { name: 'Email', exact: true }).getByRole('button', { name: 'Set up your own gateway' }))
  const list = theirs.getByRole('region', { name: 'NOT DELIVERED' })
  await see(list.getByText('before it was too late'))
  assert.ok(!(await said(list)).includes(member.email), 'the address is masked')
  await list.getByRole('button', { name: /^Send again: Password changed/ }).click()
  await see(theirs.getByText('It is in the queue again.'))
  await see(list.getByText('Everything arrived'))
  assert.equal((await at.kit.mailsTo(member.email)).length, 1)
})
