import type { Page } from 'playwright-core'
import { enqueue } from '#store/messages.ts'
import type { Client, Person } from '../kit.ts'
import { type BrowserKit, heading, see } from './browser.ts'
import type { Look } from './tour.ts'

interface Desk {
  readonly organizationId: string
  readonly page: Page
  readonly client: Client
}

const tab = '/company-settings/general/messages'

/** The tab "Messages", of a provider and of a site, in its states. */
export async function tourMessages(
  at: BrowserKit,
  look: Look,
  provider: Desk,
  site: { readonly id: string; readonly head: Person },
): Promise<void> {
  const { page, client } = provider
  const path = `/api/v1/organizations/${provider.organizationId}`
  await fill(at, site.id)
  await page.goto('/company-settings/general/two-factor')
  const anvil = page.getByRole('region', { name: 'AuthAnvil' })
  await anvil.getByRole('switch', { name: 'Enable Authanvil' }).check()
  await look('authanvil', page)
  await anvil.getByLabel('AuthAnvil SAS URL').fill('https://10.11.12.13')
  await anvil.getByRole('button', { name: 'Save' }).click()
  await see(anvil.getByText('Nothing was saved.'))
  await look('authanvil-refused', page)
  await page.goto(tab)
  await see(page.getByRole('region', { name: 'NOT DELIVERED' }).getByRole('row').nth(2))
  await look('messages', page)
  const mail = page.getByRole('region', { name: 'Email', exact: true })
  await mail.getByRole('button', { name: 'Send a test' }).click()
  await see(mail.getByText('The gateway took the test'))
  await look('messages-test-taken', page)
  await mail.getByRole('button', { name: 'Set up your own gateway' }).click()
  const dialog = page.getByRole('dialog', { name: 'Gateway for Email' })
  await see(dialog)
  await look('gateway-dialog', page)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(dialog.getByText('This is not the name of a server.'))
  await look('gateway-dialog-refused', page)
  await dialog.getByLabel('SMTP host').fill('10.11.12.13')
  await dialog.getByLabel('User name').fill('mailer')
  await dialog.getByLabel('Password', { exact: true }).fill('a password of the mail server')
  await dialog
    .getByLabel('Sender')
    .fill(`${'Gesellschaft für Datenverarbeitung '.repeat(2)}<no-reply@datenverarbeitung-und-telekommunikation.example.org>`)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(page.getByText('Saved. Send a test to see that it works.'))
  await mail.getByRole('button', { name: 'Send a test' }).click()
  await see(mail.getByText('Host not allowed'))
  await look('messages-test-refused', page)
  await mail.getByRole('button', { name: 'Change' }).click()
  const { channels } = (await client.call('GET', `${path}/gateways`)).json
  await client.call('PUT', `${path}/gateways/mail`, { version: channels[0].version, settings: null })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await see(dialog.getByText('changed this in the meantime'))
  await look('gateway-dialog-overtaken', page)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  const text = page.getByRole('region', { name: 'Text Message', exact: true })
  await text.getByRole('button', { name: 'Set up your own gateway' }).click()
  await see(page.getByRole('dialog', { name: 'Gateway for Text Message' }))
  await look('gateway-dialog-text', page)
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('combobox', { name: 'Countries that are written to and called' }).fill('ice')
  await see(page.getByRole('option', { name: 'Iceland (+354)' }))
  await look('messages-countries', page)

  const { page: theirs } = await at.openAs(site.head, tab)
  await see(theirs.getByText('Ask the provider to let sites bring gateways of their own.').first())
  await look('messages-site', theirs)
  await theirs.route('**/messages/**', (route) => route.fulfill({ status: 400, body: '' }))
  await theirs.reload()
  await see(theirs.getByRole('button', { name: 'Retry' }))
  await look('messages-failed-to-load', theirs)
}

/** The tab of an organization that has sent nothing, and of somebody whom it is not open to. */
export async function tourMessagesEmpty(at: BrowserKit, look: Look, head: Person, admin: Person): Promise<void> {
  const { page } = await at.openAs(head, tab)
  await see(page.getByText('Nothing was sent yet'))
  await see(page.getByText('Everything arrived'))
  await look('messages-empty', page)
  const { page: closed } = await at.openAs(admin, tab)
  await see(heading(closed, 'Company Settings'))
  await see(closed.getByText('can see what messages are sent through'))
  await look('messages-forbidden', closed)
}

/** Two weeks of messages: sent, delivered, entered, and some that did not arrive. */
async function fill({ kit }: BrowserKit, organizationId: string): Promise<void> {
  const { db } = kit.rooms.store
  const to = (nth: number) => `+49151234567${String(10 + (nth % 90))}`
  for (let day = 0; day < 14; day++) {
    const at = new Date(kit.now().getTime() - day * 86_400_000)
    const many = 4 + ((day * 7) % 9)
    const texts = Array.from({ length: many }, (_, nth) => ({
      to: to(nth),
      template: 'sign-in-code',
      values: {},
      channel: 'text' as const,
      organizationId,
    }))
    await enqueue(db, kit.rooms.keys, at, ...texts)
    const sent = { sent_at: at, attempts: 1 }
    await db.updateTable('messages').set(sent).where('created_at', '=', at).execute()
    const ids = (await db.selectFrom('messages').select('id').where('created_at', '=', at).orderBy('id').execute()).map(({ id }) => id)
    await db.updateTable('messages').set({ delivery: 'delivered', delivery_at: at }).where('id', 'in', ids.slice(1)).execute()
    await db.updateTable('messages').set({ used_at: at }).where('id', 'in', ids.slice(2)).execute()
  }
  const failures = [
    ['unreachable', 'text', '+4915123456789', 'sign-in-code', 'Twilio refused it (400, 30003: unreachable).'],
    [
      'invalid-address',
      'mail',
      `maximiliane-alexandra.hohenstein-wallenfels@${'datenverarbeitung.'.repeat(2)}example.org`,
      'invitation',
      'The mail server refused it (550 5.1.1, at RCPT TO).',
    ],
    ['gateway', 'mail', 'ada@example.org', 'password-changed', 'The mail server could not be used (ETIMEDOUT).'],
  ] as const
  for (const [reason, channel, address, template, said] of failures) {
    const expired = template === 'invitation' ? { expiresAt: '2026-01-01T00:00:00Z' } : {}
    await enqueue(db, kit.rooms.keys, kit.now(), {
      to: address,
      template,
      values: expired as Record<string, string>,
      channel,
      organizationId,
    })
    await db
      .updateTable('messages')
      .set({
        failed_at: kit.now(),
        attempts: 7,
        last_error: said,
        delivery: 'undelivered',
        delivery_reason: reason,
        delivery_at: kit.now(),
      })
      .where('to_address', '=', address)
      .where('sent_at', 'is', null)
      .execute()
  }
}
