import { escaped, page } from '../html.ts'
import type { Account, Application, User } from './account.ts'

const types = { websdk: 'Web SDK', authapi: 'Auth API', adminapi: 'Admin API' } as const

/** What an administrator of this account finds in the Duo Admin Panel: the applications with their keys, and the users. Only to look at. */
export function panel({ applications, users }: Account, host: string) {
  const listed = (things: readonly string[], none: string) => (things.length > 0 ? things.join('') : `<p>${none}</p>`)
  return page(
    'Duo Admin Panel',
    `<p><a href="#users">Users</a></p><h2>Applications</h2>
${listed(
  applications.map((one) => applicationOf(one, host)),
  'No applications.',
)}
<h2 id="users">Users</h2>
${listed(users.map(userOf), 'No users.')}`,
  )
}

/** A part with a heading that it is found by, and its lines of a name and a value. */
function part(title: string, id: string, lines: readonly (readonly [name: string, value: string])[]): string {
  const pairs = lines.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${value}</dd>`)
  return `<section aria-labelledby="${id}"><h3 id="${id}">${escaped(title)}</h3><dl>${pairs.join('')}</dl></section>`
}

function applicationOf({ type, name, id, secret, normalization }: Application, host: string): string {
  const typed = (text: string) => `<code>${escaped(text)}</code>`
  return part(`${name}: ${types[type]}`, id, [
    [type === 'websdk' ? 'Client ID' : 'Integration key', typed(id)],
    [type === 'websdk' ? 'Client secret' : 'Secret key', typed(secret)],
    ['API hostname', typed(host)],
    ['Username normalization', normalization === 'simple' ? 'Simple' : 'None'],
  ])
}

function userOf({ id, username, aliases, status, phones }: User): string {
  const links = phones.map(
    (one) => `<a href="/phone/${one.id}">${escaped(one.name || one.number)}</a>${one.isActivated ? '' : ' (not activated)'}`,
  )
  const known = aliases.filter((alias) => alias !== undefined)
  return part(username, id, [
    ['Status', escaped(status)],
    ...(known.length > 0 ? [['Aliases', escaped(known.join(', '))] as const] : []),
    ['Phones', links.join(', ') || 'none'],
  ])
}
