import { button, escaped, page, seeOther } from '../html.ts'
import type { Asked, Reply } from '../server.ts'
import type { Account, Outcome, Push, User } from './account.ts'

/** The phones of all users: what rings on them, and the buttons a person has. */
export function phone(asked: Asked, account: Account): Reply {
  const [, , id = ''] = asked.path.split('/')
  if (asked.method === 'POST' && id === 'activate') {
    const isDone = account.activate(asked.form.get('code')?.trim() ?? '', { name: 'Simulated phone' })
    const back = asked.form.get('back') ?? '/phone'
    if (!isDone) return page('Duo Mobile', '<p>This code is not known, was used, or has expired.</p>', { status: 400 })
    return seeOther(/^\/[a-z]/.test(back) ? back : '/phone')
  }
  const owner = account.users.find(({ phones }) => phones.some((each) => each.id === id))
  const device = owner?.phones.find((each) => each.id === id)
  if (!owner || !device) {
    const phones = account.users.flatMap((user) =>
      user.phones.map((each) => `<li><a href="/phone/${each.id}">${escaped(`${user.username}: ${each.name || each.number}`)}</a></li>`),
    )
    const field = '<label>Activation code <input name="code" placeholder="duo://…" required></label>'
    return page(
      'Phones',
      `<ul>${phones.join('')}</ul><form method="post" action="/phone/activate">${field}<button>Activate</button></form>`,
    )
  }
  const at = `/phone/${id}`
  if (asked.method === 'POST') {
    if (asked.form.get('show') === 'passcode') {
      account.newPasscode(owner)
      return seeOther(at)
    }
    const push = account.pushes.find(({ txid }) => txid === asked.form.get('txid'))
    const outcome = outcomes.find((one) => one === asked.form.get('outcome'))
    if (!push || push.phone.id !== id || !outcome) return page('Duo Mobile', '<p>Gone.</p>', { status: 404 })
    if (outcome === 'approve' && push.code !== undefined && asked.form.get('number') !== push.code)
      return page('Duo Mobile', '<p>This is not the number on the screen.</p>', { status: 400 })
    account.settle(push, outcome)
    return seeOther(at)
  }
  const waiting = account.pushes.filter((push) => push.phone.id === id && push.result === 'waiting')
  const rings = waiting.map((push) => ring(push, at, account.pushSeconds)).join('')
  const whose = `<p>${escaped(owner.username)}<br><small>${escaped(device.name || device.number)}</small></p>`
  return page('Duo Mobile', whose + (rings || '<p>Nothing waits for an answer.</p>') + (device.isActivated ? passcodes(owner, at) : ''), {
    refreshSeconds: rings === '' ? 2 : 0,
  })
}

const outcomes: readonly Outcome[] = ['approve', 'deny', 'fraud', 'timeout']

/** What Duo Mobile shows to be typed. */
function passcodes({ passcodes: shown }: User, at: string): string {
  const lines = shown.map((one) => `<div><code>${escaped(one)}</code></div>`)
  return `<section aria-label="Passcodes">${lines.join('')}${button(at, 'Show a passcode', { show: 'passcode' })}</section>`
}

function ring({ txid, shown, code }: Push, at: string, seconds: number): string {
  const lines = [`${shown.type} request`, shown.name, shown.application, shown.ip, ...shown.info.split('&').map(decoded)]
  const text = lines.filter(Boolean).map((line) => `<div>${escaped(line)}</div>`)
  const number = '<label>Number on the screen <input name="number" inputmode="numeric" required></label>'
  const approve =
    code === undefined
      ? button(at, 'Approve', { txid, outcome: 'approve' })
      : `<form method="post" action="${at}"><input type="hidden" name="txid" value="${txid}"><input type="hidden" name="outcome" value="approve">${number}<button>Verify</button></form>`
  const others = `${button(at, 'Deny', { txid, outcome: 'deny' })}${button(at, 'I did not request this', { txid, outcome: 'fraud' })}`
  const left = `${button(at, 'Let it ring', { txid, outcome: 'timeout' })}<small>Nobody answers: what ${seconds} seconds do, at once.</small>`
  return `<section aria-label="Request">${text.join('')}${approve}${others}${left}</section>`
}

function decoded(pair: string): string {
  return [...new URLSearchParams(pair)].map(([name, value]) => `${name}: ${value}`).join('')
}
