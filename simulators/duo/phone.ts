import { button, escaped, page, seeOther } from '../html.ts'
import type { Asked, Reply } from '../server.ts'
import type { Account, Outcome, Push } from './account.ts'

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
  if (asked.method === 'POST') {
    const push = account.pushes.find(({ txid }) => txid === asked.form.get('txid'))
    const outcome = asked.form.get('outcome') as Outcome
    if (!push || push.phone.id !== id || !['approve', 'deny', 'fraud'].includes(outcome))
      return page('Duo Mobile', '<p>Gone.</p>', { status: 404 })
    if (outcome === 'approve' && push.code !== undefined && asked.form.get('number') !== push.code)
      return page('Duo Mobile', '<p>This is not the number on the screen.</p>', { status: 400 })
    account.settle(push, outcome)
    return seeOther(`/phone/${id}`)
  }
  const waiting = account.pushes.filter((push) => push.phone.id === id && push.result === 'waiting')
  const rings = waiting.map((push) => ring(push, `/phone/${id}`))
  return page('Duo Mobile', rings.length > 0 ? rings.join('') : '<p>Nothing waits for an answer.</p>', {
    refreshSeconds: rings.length > 0 ? 0 : 2,
  })
}

function ring({ txid, shown, code }: Push, at: string): string {
  const lines = [`${shown.type} request`, shown.name, shown.application, shown.ip, ...shown.info.split('&').map(decoded)]
  const text = lines.filter(Boolean).map((line) => `<div>${escaped(line)}</div>`)
  const number = '<label>Number on the screen <input name="number" inputmode="numeric" required></label>'
  const approve =
    code === undefined
      ? button(at, 'Approve', { txid, outcome: 'approve' })
      : `<form method="post" action="${at}"><input type="hidden" name="txid" value="${txid}"><input type="hidden" name="outcome" value="approve">${number}<button>Verify</button></form>`
  const others = `${button(at, 'Deny', { txid, outcome: 'deny' })}${button(at, 'I did not request this', { txid, outcome: 'fraud' })}`
  return `<section>${text.join('')}${approve}${others}</section>`
}

function decoded(pair: string): string {
  return [...new URLSearchParams(pair)].map(([name, value]) => `${name}: ${value}`).join('')
}
