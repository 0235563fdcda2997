import { type DuoUser, duoName, mostAliases } from '#domain/duo.ts'
import { Failure } from '../outside.ts'
import { type DuoClientOptions, listIn, objectIn, signedApi, textIn } from './signed-api.ts'

/** Puts a question: once, or again where that is of use. */
export type Question = <T>(ask: () => Promise<T>) => Promise<T>

export interface DuoAdmin {
  /** Who has this user name or alias, if anybody. */
  find(name: string): Promise<DuoUser | undefined>
  /** All users, page by page. Each page is asked for by `question`, which may ask again. */
  pages(question?: Question): AsyncGenerator<readonly DuoUser[]>
  /**
   * Gives a user one more alias, in the first place that is free. Saying it twice changes nothing more.
   *
   * `no-room` when all places are taken, `taken` when the alias or that name belongs to somebody else.
   */
  addAlias(key: string, alias: string): Promise<'added' | 'there-already' | 'no-room' | 'taken'>
  /** Takes a user out of Duo; one who is not there counts as taken out. */
  remove(key: string): Promise<void>
}

const pageSize = 300
/** More users than Duo sells; an answer that never ends is ended here. */
const mostPages = 2_000

/**
 * Duo's Admin API, as far as the key doctor and the removal of people need it. Every method throws {@link Failure} for whatever is not
 * an answer.
 */
export function duoAdmin(options: DuoClientOptions): DuoAdmin {
  const api = signedApi(options)
  const path = (key: string) => `/admin/v1/users/${encodeURIComponent(key)}`
  return {
    find: async (name) => {
      const { response } = await api.call('GET', '/admin/v1/users', { username: duoName(name) })
      const [user] = listIn(response)
      return user && userOf(user)
    },
    pages: async function* (question = (ask) => ask()) {
      let offset = 0
      for (let page = 0; page < mostPages; page++) {
        const asked = { limit: String(pageSize), offset: String(offset) }
        const { response, metadata } = await question(() => api.call('GET', '/admin/v1/users', asked))
        yield listIn(response).map(userOf)
        const { next_offset: next } = metadata
        if (next === undefined || next === null) return
        if (typeof next !== 'number' || next <= offset) throw new Failure('reply', 'the next page lies behind')
        offset = next
      }
      throw new Failure('reply', 'the list of users does not end')
    },
    addAlias: async (key, wanted) => {
      const alias = duoName(wanted)
      const user = objectIn((await api.call('GET', path(key))).response)
      const taken = aliasesOf(user)
      if (duoName(textIn(user, 'username')) === alias || taken.some((each) => each !== undefined && duoName(each) === alias))
        return 'there-already'
      const free = taken.indexOf(undefined)
      if (free < 0) return 'no-room'
      const owner = listIn((await api.call('GET', '/admin/v1/users', { username: alias })).response)
      if (owner.length > 0) return 'taken'
      try {
        await api.call('POST', path(key), { [`alias${free + 1}`]: alias })
        return 'added'
      } catch (error) {
        if (error instanceof Failure && error.code === 40003) return 'taken'
        throw error
      }
    },
    remove: async (key) => {
      try {
        await api.call('DELETE', path(key))
      } catch (error) {
        if (!(error instanceof Failure && error.code === 40401)) throw error
      }
    },
  }
}

/** The four places for an alias, each with what is in it. */
function aliasesOf(user: Readonly<Record<string, unknown>>): (string | undefined)[] {
  return Array.from({ length: mostAliases }, (_, place) => {
    const alias = user[`alias${place + 1}`]
    return typeof alias === 'string' && alias !== '' ? alias : undefined
  })
}

function userOf(user: Readonly<Record<string, unknown>>): DuoUser {
  return {
    key: textIn(user, 'user_id'),
    name: textIn(user, 'username'),
    aliases: aliasesOf(user).filter((alias) => alias !== undefined),
    email: typeof user.email === 'string' ? user.email : '',
    isEnrolled: user.is_enrolled === true,
    status: typeof user.status === 'string' ? user.status : '',
  }
}
