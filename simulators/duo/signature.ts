import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Asked } from '../server.ts'

/** Only letters, digits and `_ . ~ -` stand for themselves; everything else is escaped, in upper case. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** The parameters as Duo reads them: decoded, encoded again, and sorted by name and then value, whatever order they came in. */
export function canonicalParameters(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, v], [b, w]) => (a < b ? -1 : a > b ? 1 : v < w ? -1 : v > w ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const sha512 = (text: string) => createHash('sha512').update(text).digest('hex')

/** The texts that may have been signed: version 2 over the parameters, versions 4 and 5 over query and body. */
function canonicalTexts(asked: Asked, date: string): string[] {
  const host = asked.host.replace(/:\d+$/, '').toLowerCase()
  const head = [date, asked.method.toUpperCase(), host, asked.path]
  const hasForm = (asked.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  const version2 = [...head, canonicalParameters(asked.method === 'POST' ? asked.form : asked.query)].join('\n')
  if (hasForm) return [version2]
  const version4 = [...head, canonicalParameters(asked.query), sha512(asked.body)].join('\n')
  const additional = Object.entries(asked.headers)
    .filter(([name]) => name.startsWith('x-duo-') && name !== 'x-duo-date')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat()
    .join('\0')
  return [...(asked.body === '' ? [version2] : []), version4, `${version4}\n${sha512(additional)}`]
}

/** What comes of a signed request: whose key it is, or Duo's code and words for what is wrong with it. */
export type Signed = { readonly key: string } | { readonly code: number; readonly message: string }

/**
 * Checks the `Authorization` and the date of a request to the Auth or Admin API. `secretOf` knows the secrets of the keys that may
 * be used at this API. A date that is more than five minutes away from `now` is refused.
 */
export function checkSignature(asked: Asked, secretOf: (key: string) => string | undefined, now: Date): Signed {
  const date = asked.headers['x-duo-date'] ?? asked.headers.date
  if (!date) return { code: 40101, message: 'Missing request credentials' }
  const authorization = /^Basic ([A-Za-z0-9+/=]+)$/.exec(asked.headers.authorization ?? '')?.[1]
  if (!authorization) return { code: 40101, message: 'Missing request credentials' }
  const [key = '', signature = ''] = Buffer.from(authorization, 'base64').toString().split(':')
  const secret = secretOf(key)
  if (secret === undefined) return { code: 40102, message: 'Invalid integration key in request credentials' }
  const given = Buffer.from(signature)
  const isRight = canonicalTexts(asked, date).some((text) =>
    ['sha512', 'sha1'].some((hash) => {
      const right = Buffer.from(createHmac(hash, secret).update(text).digest('hex'))
      return right.length === given.length && timingSafeEqual(right, given)
    }),
  )
  if (!isRight) return { code: 40103, message: 'Invalid signature in request credentials' }
  const at = Date.parse(date)
  if (!(Math.abs(at - now.getTime()) <= 5 * 60_000)) return { code: 40105, message: 'Bad request timestamp' }
  return { key }
}
