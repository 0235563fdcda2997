import { randomBytes } from 'node:crypto'
import { base32 } from '#factors/base32.ts'
import { Browser, type Player, type Stage } from './client.ts'

/** Everybody's password in the demo. */
export const password = 'seven quiet otters at noon'

/** What the table of the demo says of one person. */
export interface Role {
  readonly player: Player
  readonly where: string
  readonly as: string
  readonly state: string
}

export interface Story {
  readonly roles: readonly Role[]
  readonly hosts: readonly string[]
  /** The invitation that waits to be accepted. */
  readonly invitation: string
  /** Keys of the Admin API of the simulated Duo, for the key doctor. */
  readonly duoAdmin: { readonly key: string; readonly secret: string }
}

const hour = 3600
const day = 24 * hour

/**
 * Three days in the life of a provider and its sites, told through the API as anybody could: at the end there is somebody in every
 * state that the Console knows, with the audit and the mails that led there.
 *
 * @param setUpToken the last part of the address that a new installation prints
 */
export async function tell(stage: Stage, setUpToken: string): Promise<Story> {
  const roles: Role[] = []
  const player = (name: string, email: string): Player => ({ name, email, password })
  const note = (one: Player, where: string, as: string, state: string) => roles.push({ player: one, where, as, state })

  // ---- three days ago: the provider

  const olive = player('Olive Owner', 'olive@provider.example')
  const owner = new Browser(stage)
  const founding = { token: setUpToken, organizationName: 'Harbor Hosting', name: olive.name, email: olive.email, password }
  await owner.goOn(olive, await owner.call('POST', '/setup', founding))
  const provider: string = (await owner.call('GET', '/session')).memberships[0].organizationId
  note(olive, 'Harbor Hosting', 'Owner', 'protected; acts for all sites')

  const makeSite = async (name: string, host: string, accent: string, supportContact: string, rules: object): Promise<string> => {
    const { id } = await owner.call('POST', `/organizations/${provider}/sites`, { name })
    await owner.call('PATCH', `/organizations/${provider}/sites/${id}`, { host })
    const { version } = await owner.call('GET', `/organizations/${id}/look`)
    const look = { accent, supportContact, ...(version === undefined ? {} : { version }) }
    await owner.call('PUT', `/organizations/${id}/look`, look)
    const {
      people: _people,
      availableMethods: _methods,
      weakerAccepted: _accepted,
      ...stored
    } = await owner.call('GET', `/organizations/${id}/policy`)
    await owner.call('PUT', `/organizations/${id}/policy`, { ...stored, enabled: true, ...rules })
    return id
  }
  const northwind = await makeSite('Northwind Freight', 'northwind.localhost', '#0b7a75', 'help@northwind.example', {
    mode: 'everyone',
    rememberDays: 14,
    methods: ['totp', 'email', 'sms', 'voice'],
    acceptsWeaker: true,
  })
  const tailspin = await makeSite('Tailspin Toys', 'tailspin.localhost', '#b3261e', '+49 30 5550 1234', {
    mode: 'chosen',
    rememberDays: 0,
    strictTotp: true,
    newUsersRequired: false,
  })

  // ---- two days ago: people

  const seen = new Set<string>()
  /** The newest invitation that nobody has taken out of the inbox yet. */
  const invitation = async (): Promise<string> => {
    for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const page = await (await fetch(`${stage.origin}/inbox`, { signal: AbortSignal.timeout(30_000) })).text()
      const token = [...page.matchAll(/\/invitation\/([A-Za-z0-9_-]{43})/g)].map(([, one = '']) => one).find((one) => !seen.has(one))
      if (token !== undefined) {
        seen.add(token)
        return token
      }
    }
    throw new Error('The invitation did not arrive in the inbox.')
  }
  const invite = async (by: Browser, organizationId: string, one: Player, role: string): Promise<string> => {
    await by.call('POST', `/organizations/${organizationId}/users`, { name: one.name, email: one.email, role })
    return invitation()
  }
  /** Accepts, and goes on to the session where that is wanted; else stops at whatever is asked next. */
  const join = async (token: string, one: Player, goesOn = true): Promise<Browser> => {
    const browser = new Browser(stage)
    const step = await browser.call('POST', '/invitations/accept', { token, password })
    if (goesOn) await browser.goOn(one, step)
    return browser
  }
  const find = async (by: Browser, organizationId: string, one: Player): Promise<string> =>
    `/organizations/${organizationId}/users/${(await by.call('GET', `/organizations/${organizationId}/users?search=${encodeURIComponent(one.email)}`)).users[0].id}`

  await stage.pass(day)
  const sana = player('Sana Brandt', 'sana@northwind.example')
  const adam = player('Adam Reyes', 'adam@northwind.example')
  const petra = player('Petra Lindgren', 'petra@northwind.example')
  const rami = player('Rami Haddad', 'rami@northwind.example')
  const sven = player('Sven Olafsen', 'sven@northwind.example')
  const lars = player('Lars Winter', 'lars@northwind.example')
  const dana = player('Dana Kim', 'dana@northwind.example')
  const owen = player('Owen Clarke', 'owen@northwind.example')
  const tess: Player = { ...player('Tess Moreau', 'tess@northwind.example'), sent: { kind: 'sms', phone: '+4915123456701' } }
  const cora: Player = { ...player('Cora Blum', 'cora@northwind.example'), sent: { kind: 'voice', phone: '+4915123456702' } }
  const ella: Player = { ...player('Ella Fischer', 'ella@northwind.example'), sent: { kind: 'email' } }
  await owner.signIn(olive)
  const security = await join(await invite(owner, northwind, sana, 'security-admin'), sana)
  await join(await invite(security, northwind, adam, 'admin'), adam)
  for (const one of [petra, sven, lars, dana, owen, tess, cora, ella]) await join(await invite(security, northwind, one, 'user'), one)
  await join(await invite(security, northwind, rami, 'user'), rami, false)

  const tara = player('Tara Novak', 'tara@tailspin.example')
  const theo = player('Theo Marsh', 'theo@tailspin.example')
  await owner.signIn(olive)
  const toys = await join(await invite(owner, tailspin, tara, 'security-admin'), tara)
  await toys.goOn(tara, await toys.call('POST', '/me/sign-ins', { intent: 'enroll' }))
  await join(await invite(toys, tailspin, theo, 'user'), theo)
  const mira = player('Mira Castellanos', 'mira@example.org')
  await join(await invite(security, northwind, mira, 'user'), mira)
  await join(await invite(toys, tailspin, mira, 'user'), mira)

  // ---- Duo of a site, Duo of the provider, and AuthAnvil

  const { duo, authAnvil } = stage.services
  const ruled = async (by: Browser, id: string, changed: object) => {
    const {
      people: _people,
      availableMethods: _methods,
      weakerAccepted: _accepted,
      ...rules
    } = await by.call('GET', `/organizations/${id}/policy`)
    await by.call('PUT', `/organizations/${id}/policy`, { ...rules, ...changed })
  }
  const first = (method: string) => ({ methods: ['totp', method], defaultMethod: method })
  const applications = (name: string) => {
    const keysOf = ({ id: key, secret }: { readonly id: string; readonly secret: string }) => ({ host: duo.host, key, secret })
    return {
      prompt: keysOf(duo.account.addApplication('websdk', name)),
      auth: keysOf(duo.account.addApplication('authapi', name)),
    }
  }
  const duoSettings = { isOn: true, whenAway: 'closed', countsBypass: false, version: 0 }
  const required = { mode: 'everyone', rememberDays: 0 }
  await owner.signIn(olive)
  const fabrikam = await makeSite('Fabrikam Clinic', 'fabrikam.localhost', '#5b3fa0', 'it@fabrikam.example', required)
  const wingtip = await makeSite('Wingtip Legal', 'wingtip.localhost', '#8a4b08', 'office@wingtip.example', required)
  const contoso = await makeSite('Contoso Insurance', 'contoso.localhost', '#1f5fd1', 'it@contoso.example', required)
  const fatima = player('Fatima Zahra', 'fatima@fabrikam.example')
  const wanda = player('Wanda Ortiz', 'wanda@wingtip.example')
  const clara = player('Clara Voss', 'clara@contoso.example')
  const clinic = await join(await invite(owner, fabrikam, fatima, 'security-admin'), fatima)
  const legal = await join(await invite(owner, wingtip, wanda, 'security-admin'), wanda)
  const insurance = await join(await invite(owner, contoso, clara, 'security-admin'), clara)

  const { id: key, secret } = duo.account.addApplication('adminapi', 'Fabrikam Clinic')
  await clinic.call('PUT', `/organizations/${fabrikam}/duo`, { ...duoSettings, account: 'own', ...applications('Fabrikam Clinic') })
  await ruled(clinic, fabrikam, first('duo'))
  const felix: Player = { ...player('Felix Braun', 'felix@fabrikam.example'), with: 'duo' }
  const frida: Player = { ...player('Frida Holm', 'frida@fabrikam.example'), with: 'duo' }
  const phone = (name: string) => duo.account.newPhone({ name })
  const freya: Player = { ...player('Freya Lund', 'freya@fabrikam.example'), with: 'duo' }
  const inDuo = [felix, freya].map(({ name, email }) =>
    duo.account.addUser(email, { phones: [phone(`Phone of ${name.split(' ')[0]}`)], habit: 'approve' }),
  )
  duo.account.addUser('f.holm', { email: frida.email, phones: [phone('Phone of Frida')] })
  for (const one of [felix, freya]) await join(await invite(clinic, fabrikam, one, 'user'), one)
  await join(await invite(clinic, fabrikam, frida, 'user'), frida, false)
  for (const user of inDuo) duo.habit(user, 'ignore')

  await owner.signIn(olive)
  await owner.call('PUT', `/organizations/${provider}/duo`, {
    ...duoSettings,
    account: 'own',
    ...applications('Harbor Hosting'),
    servesSites: true,
  })
  const { id: cleaner, secret: cleanerSecret } = duo.account.addApplication('adminapi', 'Harbor Hosting')
  await owner.call('PUT', `/organizations/${provider}/duo/users`, { admin: { host: duo.host, key: cleaner, secret: cleanerSecret } })
  await legal.signIn(wanda)
  await legal.call('PUT', `/organizations/${wingtip}/duo`, { ...duoSettings, account: 'provider' })
  await ruled(legal, wingtip, first('duo'))
  const will: Player = { ...player('Will Grant', 'will@wingtip.example'), with: 'duo' }
  await join(await invite(legal, wingtip, will, 'user'), will, false)

  // A site that was protected by apps, has switched them off, and is to be set up with Duo by whoever tries the demo.
  await owner.signIn(olive)
  const lucerne = await makeSite('Lucerne Optics', 'lucerne.localhost', '#8e2452', 'it@lucerne.example', { mode: 'opt-in' })
  const lena = player('Lena Hofer', 'lena@lucerne.example')
  const luca = player('Luca Meier', 'luca@lucerne.example')
  const lotte = player('Lotte Graf', 'lotte@lucerne.example')
  const optics = await join(await invite(owner, lucerne, lena, 'security-admin'), lena)
  const opticsOfLuca = await join(await invite(optics, lucerne, luca, 'user'), luca)
  await opticsOfLuca.goOn(luca, await opticsOfLuca.call('POST', '/me/sign-ins', { intent: 'enroll' }))
  await join(await invite(optics, lucerne, lotte, 'user'), lotte)
  await ruled(optics, lucerne, { enabled: false })
  applications('Lucerne Optics')
  for (const { name, email } of [lena, luca]) duo.account.addUser(email, { phones: [phone(`Phone of ${name.split(' ')[0]}`)] })

  const sas = { isOn: true, url: authAnvil.sasUrl, siteId: '1', pinOrder: 'before', showsPin: false, version: 0 }
  await insurance.signIn(clara)
  await insurance.call('PUT', `/organizations/${contoso}/authanvil`, sas)
  await ruled(insurance, contoso, first('authanvil'))
  const carl: Player = { ...player('Carl Jensen', 'carl@contoso.example'), with: 'authanvil', key: base32(randomBytes(20)) }
  stage.services.giveToken(carl.email, carl.key ?? '', stage.now())
  await join(await invite(insurance, contoso, carl, 'user'), carl)

  // ---- yesterday: what happens to people

  await stage.pass(day)
  await new Browser(stage).signIn(dana, { remember: true })
  await security.signIn(sana)
  await security.call('POST', `${await find(security, northwind, sven)}/suspension`)
  await security.call('POST', `${await find(security, northwind, owen)}/two-factor`, { action: 'reset' })
  delete owen.key
  await toys.signIn(tara)
  await toys.call('PATCH', await find(toys, tailspin, theo), { required: true })
  const ines = player('Ines Duarte', 'ines@northwind.example')
  const open = await invite(security, northwind, ines, 'user')
  await new Browser(stage).attempt('POST', '/sign-ins', { email: petra.email, password: 'not her password' })
  await new Browser(stage).signIn(petra)

  // ---- the last hours: somebody guesses codes, each time after the right password

  await stage.pass(day - 7 * hour)
  const guesser = new Browser(stage)
  for (let wrong = 0; wrong < 11; wrong++) {
    await guesser.call('POST', '/sign-ins', { email: lars.email, password })
    await guesser.attempt('POST', '/sign-ins/current/answers', { code: String(wrong).repeat(6).slice(0, 6) })
    // Longer than each wait; the last wrong code is of this moment, and the hour after it still lasts.
    if (wrong < 9) await stage.pass(33 * 60)
    else await stage.catchUp()
  }

  note(sana, 'Northwind Freight', 'Security Admin', 'protected')
  note(adam, 'Northwind Freight', 'Admin', 'protected')
  note(petra, 'Northwind Freight', 'User', 'protected')
  note(dana, 'Northwind Freight', 'User', 'protected, with a remembered device')
  note(tess, 'Northwind Freight', 'User', 'protected by Text Message: the code is in the inbox')
  note(cora, 'Northwind Freight', 'User', 'protected by Phone Call')
  note(ella, 'Northwind Freight', 'User', 'protected by Email')
  note(rami, 'Northwind Freight', 'User', 'required, and not set up yet: sign in and do it')
  note(owen, 'Northwind Freight', 'User', 'was reset: owes a set-up')
  note(lars, 'Northwind Freight', 'User', 'locked for an hour: somebody guessed codes')
  note(sven, 'Northwind Freight', 'User', 'suspended')
  note(ines, 'Northwind Freight', 'User', 'invited, has not accepted')
  note(mira, 'Northwind Freight and Tailspin Toys', 'User', 'shared by two organizations, protected')
  note(tara, 'Tailspin Toys', 'Security Admin', 'protected, by her own choice')
  note(fatima, 'Fabrikam Clinic', 'Security Admin', "protected by an app; has set up the clinic's own Duo")
  note(felix, 'Fabrikam Clinic', 'User', 'protected by Duo: approve on his simulated phone')
  note(frida, 'Fabrikam Clinic', 'User', 'Duo knows her by another name: the key doctor adds the alias')
  note(freya, 'Fabrikam Clinic', 'User', 'protected by Duo: let her phone ring, or report the push')
  note(wanda, 'Wingtip Legal', 'Security Admin', "protected by an app; whom she removes leaves the provider's Duo")
  note(will, 'Wingtip Legal', 'User', 'Duo of the provider: required, and not set up yet')
  note(lena, 'Lucerne Optics', 'Security Admin', 'switched off: press SET UP ORGANIZATION 2FA, choose Duo')
  note(luca, 'Lucerne Optics', 'User', 'has an app, asked a last time before Duo takes over')
  note(lotte, 'Lucerne Optics', 'User', 'nothing set up: once Duo is, it begins at the login')
  note(clara, 'Contoso Insurance', 'Security Admin', 'protected by an app; has set up AuthAnvil')
  note(carl, 'Contoso Insurance', 'User', 'protected by an AuthAnvil token')
  note(theo, 'Tailspin Toys', 'User', 'chosen: required, and not set up yet')
  const hosts = ['northwind', 'tailspin', 'fabrikam', 'wingtip', 'lucerne', 'contoso'].map((name) => `${name}.localhost`)
  return { roles, hosts, invitation: open, duoAdmin: { key, secret } }
}
