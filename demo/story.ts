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
}

const hour = 3600
const day = 24 * hour

/**
 * Three days in the life of a provider and its two sites, told through the API as anybody could: at the end there is somebody in every
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
  note(olive, 'Harbor Hosting', 'Owner', 'protected; acts for both sites')

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
  note(theo, 'Tailspin Toys', 'User', 'chosen: required, and not set up yet')
  return { roles, hosts: ['northwind.localhost', 'tailspin.localhost'], invitation: open }
}
