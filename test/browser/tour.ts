import type { Page } from 'playwright-core'
import type { Role } from '#contract/account.ts'
import type { Policy } from '#domain/policy.ts'
import { addLink } from '#store/links.ts'
import type { Client, Person } from '../kit.ts'
import { accountMenu, actionsMenu, type BrowserKit, giveCode, givePassword, heading, keepCodes, linkIn, scan, see } from './browser.ts'

/** Looks at a page in the state that the name says. It may change the size and the colours, not the page. */
export type Look = (name: string, page: Page) => Promise<void>

const longName = 'Maximiliane-Alexandra von und zu Hohenstein-Wallenfels de la Fuente y Castellanos'
const longOrganization = 'Gesellschaft für grenzüberschreitende Datenverarbeitung und Telekommunikation mbH & Co. KG'
const longEmail = 'maximiliane-alexandra.hohenstein-wallenfels@datenverarbeitung-und-telekommunikation.example.org'

const colleagues =
  `Ada Okafor, Ben Ashworth, Chiara Ricci, Dmitri Volkov, Elif Yilmaz, Farid Haddad, Grace Mwangi, Hiro Tanaka, Ingrid Solberg,
  Jonas Weber, Katya Petrova, Luca Moretti, Mei Chen, Nadia Rahman, Oscar Lindqvist, Priya Nair, Quentin Dubois, Rosa Delgado, Samuel Osei,
  Tomas Novak, Ursula Keller, Vikram Shah, Wanda Nowak, Yusuf Demir`.split(/,\s+/)

interface Wish {
  readonly name?: string
  readonly email?: string
  readonly role?: Role
  readonly required?: boolean
}

function cast({ kit }: BrowserKit) {
  const { db } = kit.rooms.store
  return {
    site: async (name: string, policy: Partial<Policy>) => {
      const { id } = await kit.site(policy)
      await db.updateTable('organizations').set({ name }).where('id', '=', id).execute()
      return id
    },
    person: async (organizationId: string, { name = 'Ana Castillo', email, ...wish }: Wish = {}): Promise<Person> => {
      const person = await kit.person(organizationId, wish)
      const address =
        email ?? person.email.replace(/^person-\d+-/, `${name.toLowerCase().replace(/[^a-z]+/g, '.')}.`).replace(/\.[^.@]*@/, '@')
      const known = await db.selectFrom('users').select('id').where('email', '=', address).executeTakeFirst()
      const own = known ? person.email : address
      await db.updateTable('users').set({ name, email: own }).where('id', '=', person.id).execute()
      await db.updateTable('memberships').set({ invited_as: name }).where('user_id', '=', person.id).execute()
      return { ...person, name, email: own }
    },
  }
}

/** Every page of the Prompt, in every state. */
export async function tourPrompt(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const northwind = await site('Northwind Logistics', { mode: 'everyone' })
  const ana = await person(northwind)

  const token = await addLink(kit.rooms.store.db, kit.now(), { kind: 'setup', expiresAt: new Date(kit.now().getTime() + 86_400_000) })
  const founding = await at.open(`/setup/${token}`)
  await look('set-up', founding)
  await founding.getByLabel('Organization name').fill('Northwind')
  await founding.getByLabel('Your name').fill('Ana Castillo')
  await founding.getByLabel('Email').fill('ana@example.org')
  await founding.getByLabel('Password', { exact: true }).fill('northwind')
  await founding.getByRole('button', { name: 'Create' }).click()
  await see(founding.getByRole('alert'))
  await look('set-up-refused', founding)

  const first = await at.open('/sign-in')
  await look('sign-in', first)
  await givePassword(first, { ...ana, password: 'something else entirely' })
  await see(first.getByRole('alert'))
  await look('sign-in-refused', first)
  await givePassword(first, ana)
  await see(heading(first, 'Set up Two-Factor Authentication'))
  await look('enroll', first)
  await giveCode(first, '000000')
  await see(first.getByRole('alert'))
  await look('enroll-refused', first)
  ana.key = (await scan(first)).searchParams.get('secret') ?? ''
  await giveCode(first, kit.code(ana))
  await see(heading(first, 'Save your backup codes'))
  await look('backup-codes', first)
  await first.evaluate('document.querySelector("[name=saved]").required = false')
  await first.getByRole('button', { name: 'Continue' }).click()
  await see(first.getByText('Tick the box first.'))
  await look('backup-codes-refused', first)
  await keepCodes(first, ana)
  await see(heading(first, 'Set-up is complete'))
  await look('set-up-complete', first)

  const second = await at.open('/sign-in')
  await givePassword(second, ana)
  await see(heading(second, 'Two-Factor Authentication'))
  await look('code', second)
  await giveCode(second, kit.code(ana))
  await see(second.getByText('That code was already used.'))
  await look('code-refused', second)
  await second.getByText('No phone and no backup codes?').click()
  await look('code-stuck', second)
  await second.getByRole('link', { name: 'Use a backup code' }).click()
  await look('backup-code', second)
  await second.getByLabel('Authentication Code').fill('ABCD-EFGH')
  await second.getByRole('button', { name: 'Log In' }).click()
  await see(second.getByRole('alert'))
  await look('backup-code-refused', second)
  await second.goto('/sign-in')
  for (let wrong = 0; wrong < 6; wrong++) await giveCode(second, '000000')
  await see(second.getByText('Too many attempts.'))
  await look('code-too-many', second)
  kit.pass(601)
  await second.reload()
  await see(second.getByText('That took too long'))
  await look('sign-in-expired', second)

  const forgot = await at.open('/forgot-password')
  await look('forgot-password', forgot)
  await forgot.getByLabel('Email').fill(ana.email)
  await forgot.getByRole('button', { name: 'Send the link' }).click()
  await see(heading(forgot, 'Look into your mail'))
  await look('forgot-password-sent', forgot)
  const reset = await linkIn(kit, ana.email)
  await forgot.goto(reset)
  await look('new-password', forgot)
  await forgot.getByLabel('New password').fill('short')
  await forgot.getByRole('button', { name: 'Set password' }).click()
  await see(forgot.getByRole('alert'))
  await look('new-password-refused', forgot)
  await forgot.getByLabel('New password').fill(ana.password)
  await forgot.getByRole('button', { name: 'Set password' }).click()
  await see(heading(forgot, 'Your password was changed'))
  await look('new-password-done', forgot)
  await forgot.goto(reset)
  await look('link-gone', forgot)
  await forgot.goto('/nowhere')
  await look('not-found', forgot)
  await forgot.goto('/problems/code-not-accepted')
  await look('problem', forgot)

  const provider = await kit.signIn(await person(kit.provider.id, { name: 'Olive Owner', role: 'owner', required: true }))
  const invite = async (organizationId: string, name: string, email: string) =>
    provider.call('POST', `/api/v1/organizations/${organizationId}/users`, { name, email, role: 'user' })
  await invite(kit.provider.id, 'Noor Aziz', 'noor@example.org')
  const invitation = await at.open(await linkIn(kit, 'noor@example.org'))
  await look('invitation', invitation)
  await invitation.getByLabel('Password', { exact: true }).fill('password1')
  await invitation.getByRole('button', { name: 'Accept invitation' }).click()
  await see(invitation.getByRole('alert'))
  await look('invitation-refused', invitation)
  await invite(kit.provider.id, ana.name, ana.email)
  const known = await at.open(await linkIn(kit, ana.email))
  await look('invitation-known', known)
  await known.goto('/inbox')
  await look('inbox', known)

  const volunteer = await person(await site(longOrganization, { mode: 'everyone' }), { name: longName, email: longEmail })
  const long = await at.open('/sign-in')
  await givePassword(long, volunteer)
  await see(heading(long, 'Set up Two-Factor Authentication'))
  await look('enroll-long-names', long)
  await kit.signIn(volunteer)
  await long.goto('/sign-in')
  await givePassword(long, volunteer)
  await see(heading(long, 'Two-Factor Authentication'))
  await look('code-long-names', long)

  const free = await person(await site('Blue Harbor', { mode: 'opt-in' }))
  await kit.enroll(free, await kit.signIn(free))
  const { page, client } = await at.openAs(free, '/settings')
  const start = async (intent: 'disable' | 'confirm') => {
    await client.call('GET', '/api/v1/session')
    await client.call('POST', '/api/v1/me/sign-ins', { intent })
    await page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: at.origin })))
    await page.goto('/sign-in')
  }
  await start('disable')
  await see(heading(page, 'Disable 2FA'))
  await look('disable', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await see(heading(page, 'User Settings'))
  await start('confirm')
  await see(heading(page, 'Confirm that it is you'))
  await look('confirm', page)
}

async function tourAudit(page: Page, client: Client, organizationId: string, look: Look): Promise<void> {
  const at = `/api/v1/organizations/${organizationId}`
  const { people: _people, ...policy } = (await client.call('GET', `${at}/policy`)).json
  await client.call('PUT', `${at}/policy`, { ...policy, newUsersRequired: !policy.newUsersRequired, rememberDays: 7 })
  const { users } = (await client.call('GET', `${at}/users?search=maximiliane`)).json
  await client.call('PATCH', `${at}/users/${users[0].id}`, { required: !users[0].required })
  await page.goto('/audit')
  await see(page.getByRole('row').nth(5))
  await look('audit', page)
  await page.getByRole('button', { name: 'changed the rules' }).first().click()
  await see(page.getByRole('dialog').getByText('Place in the chain'))
  await look('audit-details', page)
  await page.goto('/audit?search=nothing+like+this')
  await see(page.getByText('Nothing matches', { exact: true }))
  await look('audit-no-match', page)
  await page.route('**/audit?*', (route) =>
    route.request().resourceType() === 'document' ? route.continue() : route.fulfill({ status: 400, body: '' }),
  )
  await page.goto('/audit?search=failing')
  await see(page.getByRole('button', { name: 'Retry' }))
  await look('audit-failed', page)
}

/** Every page of the Console, in every state. */
export async function tourConsole(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const northwind = await site('Northwind Logistics', { mode: 'chosen' })
  const head = await person(northwind, { name: 'Helen Marsh', role: 'security-admin' })
  await kit.enroll(head, await kit.signIn(head))
  for (const [index, name] of colleagues.entries()) {
    const member = await person(northwind, { name, required: index % 4 === 1 || index % 3 === 0, role: index % 8 === 2 ? 'admin' : 'user' })
    if (index % 3 === 0) await kit.signIn(member)
  }
  await person(northwind, { name: longName, email: `office.${longEmail}` })
  const { page, client } = await at.openAs(head, '/settings')
  await see(page.getByText('SECURED', { exact: true }))
  await look('settings', page)
  await accountMenu(page, head)
  await look('account-menu', page)
  await page.getByRole('menuitem', { name: 'Disable 2FA' }).click()
  await see(page.getByRole('dialog').getByText('We strongly advise'))
  await look('disable-dialog', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Reset QR Code' }).click()
  await see(page.getByRole('dialog').getByText('stop working at once'))
  await look('reset-dialog', page)

  await page.goto('/users')
  await see(page.getByRole('row').nth(20))
  await look('users', page)
  await actionsMenu(page, { name: 'Ada Okafor' })
  await see(page.getByRole('menuitem', { name: 'Edit User' }))
  await look('users-actions', page)
  await page.getByRole('menuitem', { name: 'Reset', exact: true }).click()
  await see(page.getByRole('dialog'))
  await look('users-reset-question', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByLabel('Choose Ada Okafor').check()
  await page.getByLabel('Choose Elif Yilmaz').check()
  await look('users-chosen', page)
  await page.getByRole('button', { name: 'Actions for the chosen' }).click()
  await see(page.getByRole('menuitem', { name: 'Suspend' }))
  await look('users-chosen-actions', page)
  await page.getByRole('menuitem', { name: 'Enable Two-Factor Authentication' }).click()
  await look('users-bulk-question', page)
  await page.getByRole('button', { name: 'Require it of 2 people' }).click()
  await see(page.getByText('Done for 2 people.'))
  await look('users-bulk-done', page)
  await page.getByRole('dialog').getByText('Close', { exact: true }).click()
  await actionsMenu(page, { name: 'Dmitri Volkov' })
  await page.getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  await look('users-suspend-question', page)
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend', exact: true }).click()
  await see(page.getByRole('row').filter({ hasText: 'Dmitri Volkov' }).getByText('Suspended', { exact: true }))
  await look('users-suspended', page)
  await page.getByLabel('Status', { exact: true }).selectOption('suspended')
  await page.getByLabel('Protection').selectOption('required')
  await see(page.getByText('Nobody matches', { exact: true }))
  await look('users-no-match-filters', page)
  await page.goto('/users/import')
  await see(page.getByRole('button', { name: 'Check' }))
  await look('import', page)
  await page.getByLabel('Or paste the lines here').fill('who,where\nAda,ada@example.org')
  await page.getByRole('button', { name: 'Check' }).click()
  await see(page.getByText('The first line must name the columns'))
  await look('import-refused', page)
  await page
    .getByLabel('Or paste the lines here')
    .fill(
      `name,email,role\nZoë Adler,zoe@example.org,\nBo Li,nobody at all,user\n${longName},${longEmail},wizard\nHelen Marsh,${head.email},user`,
    )
  await page.getByRole('button', { name: 'Check' }).click()
  await see(page.getByRole('button', { name: 'Invite 1 person' }))
  await look('import-checked', page)
  await page.goto('/users')
  await page.getByRole('searchbox').fill('nobody of this name')
  await see(page.getByText('Nobody matches', { exact: true }))
  await look('users-no-match', page)
  await page.getByRole('button', { name: 'Invite user' }).click()
  await see(page.getByRole('dialog', { name: 'Invite user' }))
  await look('invite', page)
  await page.getByRole('button', { name: 'Send invitation' }).click()
  await see(page.getByText('Enter a name.'))
  await look('invite-refused', page)
  await page.goto('/users?search=maximiliane')
  await page.getByRole('link', { name: longName, exact: true }).click()
  await see(heading(page, 'Edit User'))
  await look('user-long-names', page)
  await page.goto('/users?search=ben')
  await page.getByRole('link', { name: 'Ben Ashworth', exact: true }).click()
  await see(page.getByRole('checkbox', { name: 'Required 2FA' }))
  await page.getByRole('checkbox', { name: 'Required 2FA' }).click()
  await look('user', page)

  await tourAudit(page, client, northwind, look)
  await page.goto('/company-settings')
  await see(page.getByRole('switch', { name: 'Enable 2FA' }))
  await look('company-settings', page)
  await page.getByRole('radio', { name: 'Force All' }).check()
  await see(page.getByText('will set up an authenticator at their next sign-in.'))
  await look('company-settings-unsaved', page)
  const {
    people: _people,
    availableMethods: _methods,
    ...rules
  } = (await client.call('GET', `/api/v1/organizations/${northwind}/policy`)).json
  await client.call('PUT', `/api/v1/organizations/${northwind}/policy`, { ...rules, mode: 'opt-in', strictTotp: true })
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByRole('button', { name: 'Drop my draft' }))
  await look('company-settings-overtaken', page)
  kit.pass(301)
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByRole('dialog', { name: 'Confirm that it is you' }))
  await look('proof', page)
  await page.goto('/company-settings/general/password-rules')
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('2fa')
  await see(page.getByRole('list', { name: 'Settings found' }))
  await look('settings-found', page)
  await page.getByRole('searchbox', { name: 'Find a setting' }).fill('')
  await see(heading(page, 'PASSWORD SECURITY RULES'))
  await look('password-rules', page)
  await page.goto('/help/two-factor')
  await see(heading(page, 'Settings - Two-Factor Authentication (2FA)'))
  await look('help', page)
  await page.goto('/settings/nowhere')
  await see(page.getByText('There is nothing at this address').first())
  await look('nothing-here', page)
  await page.route('**/api/v1/me/**', (route) => route.fulfill({ status: 400, body: '' }))
  await page.goto('/settings')
  await see(page.getByRole('button', { name: 'Retry' }))
  await look('settings-failed', page)
  await client.call('DELETE', '/api/v1/session')

  const small = await site('Blue Harbor', { mode: 'opt-in' })
  const alone = await person(small, { name: 'Bo Li', role: 'admin' })
  const { page: quiet } = await at.openAs(alone, '/settings')
  await see(quiet.getByText('NOT SET UP', { exact: true }))
  await look('settings-not-set-up', quiet)
  await (await accountMenu(quiet, alone)).getByRole('menuitem', { name: 'Enable 2FA' }).click()
  await see(quiet.getByRole('dialog').getByText('Keep the backup codes'))
  await look('enable-dialog', quiet)
  await quiet.goto('/users')
  await see(quiet.getByText('1 person', { exact: true }))
  await look('users-alone', quiet)
  await quiet.goto('/company-settings')
  await see(quiet.getByText('You can look, not change.'))
  await look('company-settings-read-only', quiet)

  const off = await site('Old Mill Press', { enabled: false })
  const { page: bare } = await at.openAs(await person(off, { name: 'Rita Sol', role: 'security-admin' }), '/settings')
  await see(bare.getByText('NOT AVAILABLE', { exact: true }))
  await look('settings-not-available', bare)
  await bare.goto('/users')
  await actionsMenu(bare, { name: 'Rita Sol' })
  await see(bare.getByText('Two-Factor Authentication not available'))
  await look('users-not-available', bare)
  await bare.goto('/company-settings')
  await see(bare.getByRole('switch', { name: 'Enable 2FA' }))
  await look('company-settings-off', bare)

  await tourSites(at, look)

  const long = await site(longOrganization, { mode: 'everyone' })
  const named = await person(long, { name: longName })
  const { page: wide, client: their } = await at.openAs(named, '/settings')
  await see(wide.getByText('SECURED', { exact: true }))
  await look('settings-required-long-names', wide)
  await wide.goto('/company-settings')
  await see(wide.getByText('This page is not open to you'))
  await look('forbidden', wide)
  await their.call('POST', '/api/v1/me/two-factor/reset')
  await wide.goto('/settings')
  await see(wide.getByText('REQUIRED', { exact: true }))
  await look('settings-required', wide)

  const keeper = await person(northwind, { name: 'Nils Berg', role: 'admin', required: true })
  const theirClient = await kit.signIn(keeper)
  kit.pass(30)
  const second = (await theirClient.call('POST', '/api/v1/me/sign-ins', { intent: 'enroll' })).json
  const label = 'The phone that lies in the drawer of the desk at home'
  await theirClient.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code({ ...keeper, key: second.key }), label })
  kit.pass(30)
  const kept = await at.open('/sign-in')
  await givePassword(kept, keeper)
  await kept.getByRole('checkbox', { name: 'Remember this device for 30 days' }).check()
  await look('code-remember', kept)
  await giveCode(kept, kit.code(keeper))
  await see(kept.getByText(label))
  await look('settings-remembered', kept)
  await kept.getByRole('button', { name: `Rename ${label}` }).click()
  await look('rename-dialog', kept)
  await kept.getByRole('button', { name: 'Cancel' }).click()
  await kept.getByRole('button', { name: `Remove ${label}` }).click()
  await look('remove-dialog', kept)
  await kept.getByRole('button', { name: 'Cancel' }).click()
  await kept.getByRole('button', { name: 'Forget all devices' }).click()
  await look('forget-dialog', kept)
  await kept.context().clearCookies({ name: 'countersign-session' })
  await kept.goto('/sign-in')
  await givePassword(kept, keeper)
  await see(heading(kept, 'User Settings'))
  await kept.goto('/users')
  await see(kept.getByText('This page needs your second step'))
  await look('second-step', kept)
  await kept.goto('/settings')
  await kept.getByRole('button', { name: 'Add another app' }).click()
  await see(heading(kept, 'Two-Factor Authentication').or(heading(kept, 'Confirm that it is you')))
  kit.pass(30)
  await giveCode(kept, kit.code(keeper))
  await see(kept.getByLabel('Name of this app (optional)'))
  await look('enroll-another', kept)
}

/** What the provider sees of its sites. The figures are those of the sites that the tour has made, among others. */
async function tourSites(at: BrowserKit, look: Look): Promise<void> {
  const { kit } = at
  const { site, person } = cast(at)
  const owner = await person(kit.provider.id, { name: 'Olga Provider', role: 'owner', required: true })
  const clients = ['Quarry Street Clinic', 'Quarry & Sons', 'Quarry Bank', `Quarry ${longOrganization}`]
  for (const [index, name] of clients.entries()) {
    const id = await site(name, index === 2 ? { enabled: false } : { mode: 'everyone' })
    for (let one = 0; one <= index; one++) {
      const member = await person(id, { name: colleagues[one] ?? longName })
      if (one % 2 === 1) await kit.signIn(member)
    }
  }
  const { page, client } = await at.openAs(owner, '/sites?search=quarry')
  await see(page.getByRole('row').nth(4))
  const { sites } = (await client.call('GET', `/api/v1/organizations/${kit.provider.id}/sites?search=quarry%20bank`)).json
  await client.call('PATCH', `/api/v1/organizations/${kit.provider.id}/sites/${sites[0].id}`, {
    isSuspended: true,
    host: 'login.quarry-bank.example',
  })
  await page.reload()
  await see(page.getByText('SUSPENDED'))
  await look('sites', page)
  await page.getByRole('button', { name: 'Actions for Quarry Street Clinic' }).click()
  await see(page.getByRole('menuitem', { name: 'Suspend', exact: true }))
  await look('sites-actions', page)
  await page.getByRole('menuitem', { name: 'Suspend', exact: true }).click()
  await see(page.getByRole('dialog'))
  await look('sites-suspend-question', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Actions for Quarry Bank' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove it for good' }).click()
  await see(page.getByText('Enter a name.'))
  await look('sites-remove-question', page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('searchbox').fill('no site of this name')
  await see(page.getByText('No site matches'))
  await look('sites-no-match', page)
  await page.getByRole('button', { name: 'Create site' }).click()
  await see(page.getByRole('dialog', { name: 'Create site' }))
  await look('site-create', page)
  await page.goto('/sites?search=quarry%20gesell')
  await page
    .getByRole('row')
    .nth(1)
    .getByRole('button', { name: `Quarry ${longOrganization}`, exact: true })
    .click()
  await see(page.getByRole('complementary', { name: 'Acting for a site' }))
  await see(page.getByRole('row').nth(1))
  await look('users-acting-for-a-site', page)
  await page.goto('/company-settings/general/appearance')
  await page.getByRole('checkbox', { name: 'An accent color of our own' }).check()
  await page.getByLabel('Accent color', { exact: true }).fill('#ffdd00')
  await page.getByRole('button', { name: 'Update' }).click()
  await see(page.getByText('was darkened or lightened'))
  await look('company-settings-appearance', page)
}
