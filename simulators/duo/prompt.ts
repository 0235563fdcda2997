import QRCode from 'qrcode'
import { button, escaped, page, seeOther } from '../html.ts'
import type { Asked, Reply } from '../server.ts'
import type { Account, User } from './account.ts'
import type { OAuth, Prompting } from './oauth.ts'

const kinds = ['Mobile phone', 'Tablet', 'Landline']
const platforms = ['iPhone', 'Android', 'Windows Phone', 'Other']

/** The Universal Prompt's own pages: choose a device, approve or be refused, or set up a first device. */
export async function prompt(asked: Asked, account: Account, oauth: OAuth): Promise<Reply> {
  const [, , id = '', action = ''] = asked.path.split('/')
  const prompting = oauth.promptings.get(id)
  if (!prompting) return page('Start again', '<p>This request is not open any more. Go back to the application.</p>', { status: 404 })
  const at = `/prompt/${id}`
  const who = `<p>${escaped(prompting.application.name)}<br><strong>${escaped(prompting.userName)}</strong></p>`
  const refused = (why: string) => page('You cannot sign in', `${who}<p>${escaped(why)}</p>${button(`${at}/again`, 'Try again', {})}`)

  const { user } = prompting
  if (user?.status === 'disabled' || user?.status === 'locked out') return refused('Your account is disabled. Contact your help desk.')
  if (user?.status === 'bypass') return oauth.grant(prompting, user, 'bypass_user')
  if (!user || !account.isEnrolled(user)) return setUp(asked, account, oauth, prompting, at, who, action)

  if (asked.method === 'POST' && action === 'push') {
    const phone = user.phones.find((one) => one.id === asked.form.get('phone'))
    if (!phone) return refused('This device is not known.')
    const shown = { type: 'Login', name: prompting.userName, application: prompting.application.name, info: '', ip: prompting.ip }
    prompting.txid = account.push(user, phone, shown).txid
    return seeOther(`${at}/wait`)
  }
  if (asked.method === 'POST' && action === 'passcode') {
    const passcode = asked.form.get('passcode') ?? ''
    return account.spend(user, passcode) ? oauth.grant(prompting, user, 'passcode') : refused('Incorrect passcode. Please try again.')
  }
  if (action === 'wait') {
    const push = account.pushes.find(({ txid }) => txid === prompting.txid)
    if (!push) return seeOther(at)
    if (push.result === 'allow') return oauth.grant(prompting, user, 'duo_push', push.phone)
    if (push.result === 'deny') return refused(push.message)
    const link = `<p><a href="/phone/${push.phone.id}" target="_blank">Open the simulated phone</a></p>`
    return page('Check for a Duo Push', `${who}<p>${escaped(push.message)}</p>${link}`, { refreshSeconds: 1 })
  }
  const devices = user.phones
    .filter(({ isActivated }) => isActivated)
    .map((phone) => button(`${at}/push`, `Duo Push to ${phone.name || phone.number}`, { phone: phone.id }))
  const passcode = `<form method="post" action="${at}/passcode"><label>Passcode <input name="passcode" inputmode="numeric" autocomplete="one-time-code"></label><button>Verify</button></form>`
  return page('Choose how to sign in', `${who}${devices.join('')}<section>${passcode}</section>`)
}

/** "Start setup": which device, its number, its system, Duo Mobile installed, the QR code; then on to the push. */
async function setUp(
  asked: Asked,
  account: Account,
  oauth: OAuth,
  prompting: Prompting,
  at: string,
  who: string,
  action: string,
): Promise<Reply> {
  const { application } = prompting
  const form = (step: string, fields: string, label: string) =>
    `<form method="post" action="${at}/${step}">${fields}<button>${label}</button></form>`
  const choice = (name: string, label: string, values: readonly string[]) =>
    `<label>${label} <select name="${name}">${values.map((value) => `<option>${value}</option>`).join('')}</select></label>`
  if (application.newUsers === 'deny') return page('You cannot sign in', `${who}<p>You are not enrolled. Contact your help desk.</p>`)
  if (application.newUsers === 'allow')
    return oauth.grant(prompting, prompting.user ?? account.addUser(prompting.userName, { phones: [] }), 'not_enrolled')
  const chosen = asked.form
  if (asked.method === 'POST' && action === 'start')
    return page('What type of device?', who + form('kind', choice('kind', 'Device', kinds), 'Continue'))
  if (asked.method === 'POST' && action === 'kind') {
    prompting.setUp.kind = chosen.get('kind') ?? ''
    return page(
      'Enter your phone number',
      who + form('number', '<label>Phone number <input name="number" type="tel" required></label>', 'Continue'),
    )
  }
  if (asked.method === 'POST' && action === 'number') {
    prompting.setUp.number = chosen.get('number') ?? ''
    return page('What type of phone is it?', who + form('platform', choice('platform', 'Operating system', platforms), 'Continue'))
  }
  if (asked.method === 'POST' && action === 'platform') {
    prompting.setUp.platform = chosen.get('platform') ?? ''
    return page(
      'Install Duo Mobile',
      who + form('installed', '<p>Install Duo Mobile from your app store.</p>', 'I have Duo Mobile installed'),
    )
  }
  if (asked.method === 'POST' && action === 'installed') {
    const user: User = prompting.user ?? account.addUser(prompting.userName, { phones: [] })
    const { number = '', platform = '', kind = '' } = prompting.setUp
    const phone = account.newPhone({ number, platform, name: kind, isActivated: false })
    user.phones.push(phone)
    prompting.setUp.code = account.newActivation(user, 3600, phone)
    oauth.promptings.set(prompting.id, { ...prompting, user })
    return scan(prompting.setUp.code, at, who)
  }
  if (prompting.setUp.code) return scan(prompting.setUp.code, at, who)
  return page('Protect your account', `${who}<p>Set up a device for signing in.</p>${form('start', '', 'Start setup')}`)
}

async function scan(code: string, at: string, who: string): Promise<Reply> {
  const picture = await QRCode.toString(code, { type: 'svg', margin: 1 })
  const scanned = button('/phone/activate', 'Scan it with the simulated phone', { code, back: at })
  return page('Activate Duo Mobile', `${who}<div style="max-width:14rem">${picture}</div>${scanned}${button(at, 'Continue', {})}`)
}
