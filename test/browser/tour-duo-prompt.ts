import type { Page } from 'playwright-core'
import { addMembership } from '#store/people.ts'
import type { DuoKit, DuoWish } from '../duo-kit.ts'
import { type BrowserKit, givePassword, heading, see } from './browser.ts'
import { cast, type Look, longName, longOrganization } from './tour.ts'

const withApp: DuoWish = { policy: { methods: ['duo', 'totp', 'email'], rememberDays: 30 } }

/** The pages of the sign-in that lead to Duo, in every state: setting it up, being asked, refused, away, and for whom it is not. */
export async function tourDuoPrompt(at: BrowserKit, duoKit: DuoKit, look: Look): Promise<void> {
  const { kit } = at
  const { person } = cast(at)
  const site = async (name: string, wish: DuoWish = {}) => {
    const { id } = await duoKit.site(wish)
    await kit.rooms.store.db.updateTable('organizations').set({ name }).where('id', '=', id).execute()
    return id
  }
  const open = async (who: { readonly email: string; readonly password: string }): Promise<Page> => {
    kit.pass(60)
    const page = await at.open('/sign-in', { ignoreHTTPSErrors: true })
    await givePassword(page, who)
    return page
  }
  const goOn = (page: Page) => page.getByRole('button', { name: 'Continue to Duo' }).click()
  const isAway = () => duoKit.duo.misbehave('unavailable', { on: '/health_check', times: 1 })

  const northwind = await site('Northwind Logistics')
  const ana = await person(northwind)
  const setUp = await open(ana)
  await see(heading(setUp, 'Set up Duo'))
  await look('duo-enroll', setUp)
  isAway()
  await goOn(setUp)
  await see(setUp.getByText('Duo does not answer.'))
  await look('duo-enroll-away', setUp)
  const user = duoKit.user(ana)
  await duoKit.bind(ana)

  const only = await open(ana)
  await see(only.getByRole('button', { name: 'Continue to Duo' }))
  await look('duo-answer', only)
  user.status = 'bypass'
  await goOn(only)
  await see(only.getByText('Duo let you through without asking you.'))
  await look('duo-answer-spared', only)
  user.status = 'active'
  await only.goto('/sign-in/duo?state=made-up')
  await see(only.getByText('is not for this login'))
  await look('duo-start-again', only)

  const long = await site(longOrganization, { ...withApp, settings: { whenAway: 'other-factor' } })
  const max = await person(long, { name: longName })
  duoKit.user(max)
  await duoKit.bind(max)
  const many = await open(max)
  await see(many.getByRole('button', { name: 'Continue to Duo' }))
  await look('duo-answer-long', many)

  const other = await kit.site({ mode: 'everyone' })
  const at2 = { organizationId: other.id, userId: ana.id, role: 'user', required: false, name: ana.name, hasJoined: true } as const
  await addMembership(kit.rooms.store.db, kit.now(), at2)
  const several = await open(ana)
  await see(several.getByText('Duo asks you a last time'))
  await look('duo-a-last-time', several)
  await goOn(several)
  await several.getByRole('button', { name: /^Duo Push/ }).click()
  await see(several.getByText('is not for you'))
  await look('duo-not-for-several', several)

  const fabrikam = await kit.site({ mode: 'everyone' })
  const eve = await person(fabrikam.id, { name: 'Eve Lindt' })
  await kit.signIn(eve)
  await duoKit.set(fabrikam.id, { whenAway: 'other-factor' })
  const methods = { methods: ['duo'], default_method: 'duo' }
  await kit.rooms.store.db.updateTable('policies').set(methods).where('organization_id', '=', fabrikam.id).execute()
  const moving = kit.client()
  await moving.call('POST', '/api/v1/sign-ins', { email: eve.email, password: eve.password })
  kit.pass(30)
  await moving.call('POST', '/api/v1/sign-ins/current/answers', { code: kit.code(eve) })
  duoKit.user(eve)
  const opened = await duoKit.open(moving)
  await duoKit.back(moving, await duoKit.approve(opened.json.duo.address))
  const away = await open(eve)
  await see(away.getByRole('button', { name: 'Continue to Duo' }))
  isAway()
  await goOn(away)
  await see(away.getByText('For now'))
  await look('duo-away-other-way', away)

  const head = await person(northwind, { name: 'Hanna Brandt', role: 'security-admin' })
  duoKit.user(head)
  const { cookies } = await duoKit.bind(head)
  const desk = await at.open('', { ignoreHTTPSErrors: true })
  await desk.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: at.origin })))
  await desk.goto('/company-settings/general/two-factor#duo')
  const web = desk.getByRole('group', { name: 'Web SDK application' })
  await web.getByLabel('API hostname').fill('api-87654321.duosecurity.com')
  await see(desk.getByText('bound to the Duo account that you leave'))
  await look('duo-another-account', desk)
}
