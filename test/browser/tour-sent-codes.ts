import type { Policy } from '#domain/policy.ts'
import type { Person } from '../kit.ts'
import { type BrowserKit, giveCode, givePassword, heading, keepCodes, see } from './browser.ts'
import type { Look } from './tour.ts'

const methods: Partial<Policy> = { mode: 'everyone', methods: ['totp', 'sms', 'voice', 'email'] }
const longName = 'Gesellschaft für grenzüberschreitende Datenverarbeitung und Telekommunikation mbH & Co. KG'

/** The pages of codes that are sent, in every state: setting one up, being asked, being reset. */
export async function tourSentCodes(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { db } = kit.rooms.store
  const site = async (name: string, policy: Partial<Policy> = methods) => {
    const { id } = await kit.site(policy)
    await db.updateTable('organizations').set({ name }).where('id', '=', id).execute()
    return id
  }
  const number = '+4930901820'
  const textCode = async () => /[0-9]{6}/.exec((await kit.textsTo(number))[0]?.text ?? '')?.[0] ?? ''

  const northwind = await site('Northwind Logistics')
  const ana = await kit.person(northwind)
  const page = await at.open('/sign-in')
  await givePassword(page, ana)
  await see(heading(page, 'Another way'))
  await look('enroll-choice', page)
  await page.getByRole('button', { name: 'Use Email' }).click()
  await see(page.getByText('Email: When you log in'))
  await look('enroll-mail', page)
  await page.getByRole('button', { name: 'Use Phone Call' }).click()
  await see(page.getByLabel('Cell Phone'))
  await look('enroll-call', page)
  await page.getByRole('button', { name: 'Use Text Message' }).click()
  await page.getByLabel('Cell Phone').fill('0800')
  await page.getByRole('button', { name: 'Send SMS Code' }).click()
  await see(page.getByText('This number cannot be used.'))
  await look('enroll-text-refused', page)
  await page.getByLabel('Cell Phone').fill(number)
  await page.getByRole('button', { name: 'Send SMS Code' }).click()
  await see(page.getByLabel('Authentication Code'))
  await look('enroll-text-code', page)
  await giveCode(page, (await textCode()) === '000000' ? '000001' : '000000')
  await see(page.getByRole('alert'))
  await look('enroll-text-code-refused', page)
  await giveCode(page, await textCode())
  await keepCodes(page, ana)
  await see(heading(page, 'Set-up is complete'))
  kit.pass(60)

  const ways = await at.open('/sign-in')
  await givePassword(ways, ana)
  await see(ways.getByRole('button', { name: 'Send SMS Code' }))
  await look('code-ways', ways)
  await ways.getByRole('button', { name: 'Send SMS Code' }).click()
  await see(ways.getByText('We sent a text message to'))
  await look('code-sent', ways)
  await giveCode(ways, (await textCode()) === '000000' ? '000001' : '000000')
  await see(ways.getByText('That code is not right.'))
  await look('code-sent-refused', ways)
  await ways.getByRole('button', { name: 'Resend' }).click()
  await see(ways.getByText('No more codes for now.'))
  await look('code-resent-too-soon', ways)
  const delivered = (delivery: 'delivered' | 'undelivered') =>
    db.updateTable('messages').set({ delivery, delivery_at: kit.now() }).where('to_address', '=', number).execute()
  await delivered('delivered')
  await ways.goto('/sign-in')
  await look('code-delivered', ways)
  await delivered('undelivered')
  await ways.goto('/sign-in')
  await see(ways.getByRole('alert'))
  await look('code-undelivered', ways)
  kit.pass(300)
  await ways.goto('/sign-in')
  await see(ways.getByText('has run out'))
  await see(ways.getByRole('button', { name: 'Send SMS Code' }))
  await look('code-run-out', ways)

  const both = await kit.person(await site(longName))
  const client = await kit.signIn(both)
  await kit.enroll(both, client)
  await db.updateTable('users').set({ phone: number, phone_verified_at: kit.now() }).where('id', '=', both.id).execute()
  const app = await at.open('/sign-in')
  await givePassword(app, both)
  await see(app.getByText('Or have a code sent to you'))
  await look('code-app-and-ways', app)

  await tourReset(at, look, await kit.person(await site('Fabrikam', { mode: 'everyone' })))
}

async function tourReset({ kit, open }: BrowserKit, look: Look, person: Person): Promise<void> {
  const { db } = kit.rooms.store
  await db.updateTable('users').set({ set_up_due: true }).where('id', '=', person.id).execute()
  const page = await open('/sign-in')
  await givePassword(page, person)
  await see(heading(page, 'Set up Two-Factor Authentication again'))
  await look('set-up-again', page)
  await page.getByRole('button', { name: 'Email me a code' }).click()
  await see(page.getByLabel('Authentication Code'))
  await look('set-up-again-sent', page)
  await giveCode(page, await kit.mailedCode(person.email))
  await see(heading(page, 'Set up Two-Factor Authentication'))

  await db.updateTable('users').set({ password_mailed: true }).where('id', '=', person.id).execute()
  const stuck = await open('/sign-in')
  await givePassword(stuck, person)
  await see(heading(stuck, 'Ask your administrator'))
  await look('ask-administrator', stuck)
}
