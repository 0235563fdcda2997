import type { Asked, Reply } from '../server.ts'
import type { Account, Application, User } from './account.ts'
import { fail, ok, parametersOf } from './auth.ts'

const slots = [0, 1, 2, 3]

const shown = (user: User) => ({
  user_id: user.id,
  username: user.username,
  ...Object.fromEntries(slots.map((slot) => [`alias${slot + 1}`, user.aliases[slot] ?? null])),
  aliases: Object.fromEntries(slots.flatMap((slot) => (user.aliases[slot] ? [[`alias${slot + 1}`, user.aliases[slot]]] : []))),
  email: user.email,
  realname: user.realname,
  status: user.status,
  is_enrolled: user.phones.some(({ isActivated }) => isActivated),
  phones: user.phones.map((phone) => ({
    phone_id: phone.id,
    number: phone.number,
    platform: phone.platform,
    activated: phone.isActivated,
  })),
})

/** The parts of the Admin API that are about users, their aliases and their phones. */
export function admin(asked: Asked, account: Account, { rights }: Application): Reply {
  const [, , , kind = '', id, part] = asked.path.split('/')
  const isRead = asked.method === 'GET'
  if (isRead ? !rights.read : !rights.write) return fail(40301, 'Access forbidden')
  if (kind === 'phones' && id && part === 'activation_url' && asked.method === 'POST') return newActivation(asked, account, id)
  if (kind !== 'users') return fail(40401, 'Resource not found')
  if (id === undefined)
    return isRead ? list(asked, account) : asked.method === 'POST' ? add(asked, account) : fail(40501, 'Method not allowed')
  const user = account.users.find((one) => one.id === id)
  if (!user || part !== undefined) return fail(40401, 'Resource not found')
  if (isRead) return ok(shown(user))
  if (asked.method === 'DELETE') {
    account.users.splice(account.users.indexOf(user), 1)
    return ok('')
  }
  return asked.method === 'POST' ? change(asked, account, user) : fail(40501, 'Method not allowed')
}

function list({ query }: Asked, account: Account): Reply {
  const [name, email] = [query.get('username')?.toLowerCase(), query.get('email')?.toLowerCase()]
  const found = account.users.filter(
    (user) =>
      (name === undefined || user.username === name || user.aliases.includes(name)) &&
      (email === undefined || user.email.toLowerCase() === email),
  )
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 100)
  if (!Number.isInteger(offset) || offset < 0) return fail(40002, 'Invalid request parameters', 'offset')
  if (!Number.isInteger(limit) || limit < 1 || limit > 300) return fail(40002, 'Invalid request parameters', 'limit')
  const next = offset + limit
  return ok(found.slice(offset, next).map(shown), {
    total_objects: found.length,
    ...(next < found.length ? { next_offset: next } : {}),
    ...(offset > 0 ? { prev_offset: Math.max(0, offset - limit) } : {}),
  })
}

function add(asked: Asked, account: Account): Reply {
  const username = parametersOf(asked).get('username')
  if (!username) return fail(40001, 'Missing required request parameters', 'username')
  if (account.find(username)) return fail(40003, 'Duplicate resource', 'username')
  const user = account.addUser(username, { phones: [] })
  return change(asked, account, user)
}

function change(asked: Asked, account: Account, user: User): Reply {
  const fields = parametersOf(asked)
  for (const slot of slots) {
    const alias = fields.get(`alias${slot + 1}`)?.toLowerCase()
    if (alias === undefined) continue
    const owner = alias === '' ? undefined : account.find(alias)
    if (owner && owner !== user && account.keepsAliasesApart) return fail(40003, 'Duplicate resource', `alias${slot + 1}`)
    user.aliases[slot] = alias === '' ? undefined : alias
  }
  user.email = fields.get('email') ?? user.email
  user.realname = fields.get('realname') ?? user.realname
  const status = fields.get('status')
  if (status !== null) {
    if (!['active', 'bypass', 'disabled'].includes(status)) return fail(40002, 'Invalid request parameters', 'status')
    user.status = status as User['status']
  }
  return ok(shown(user))
}

function newActivation(asked: Asked, account: Account, id: string): Reply {
  const user = account.users.find(({ phones }) => phones.some((phone) => phone.id === id))
  const phone = user?.phones.find((one) => one.id === id)
  if (!user || !phone) return fail(40401, 'Resource not found')
  const seconds = Number(parametersOf(asked).get('valid_secs') ?? 86_400)
  phone.isActivated = false
  const code = account.newActivation(user, seconds, phone)
  const value = code.slice('duo://'.length)
  return ok({
    activation_barcode: `https://${asked.host}/frame/qr?value=${encodeURIComponent(value)}`,
    activation_url: `https://${asked.host}/activate/${value}`,
    valid_secs: seconds,
  })
}
