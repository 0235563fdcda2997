import { createHmac, timingSafeEqual } from 'node:crypto'

export type Claims = Record<string, unknown>

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const digests: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }
const mac = (alg: string, text: string, secret: string) =>
  digests[alg] ? createHmac(digests[alg], secret).update(text).digest('base64url') : ''

/** A token in compact form (RFC 7515), by our own hand so that it can also be wrong: `none` and HS256 are possible. */
export function signed(claims: Claims, secret: string, alg = 'HS512'): string {
  const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
  return `${text}.${mac(alg, text, secret)}`
}

/** What a token says before anybody believes it. */
export function unverified(token: string): Claims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Claims) : undefined
  } catch {
    return undefined
  }
}

/** The claims of a token that was signed with HS512 and this secret, and with nothing else. */
export function verified(token: string, secret: string): Claims | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return undefined
  try {
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: unknown }
    if (alg !== 'HS512') return undefined
  } catch {
    return undefined
  }
  const [given, right] = [Buffer.from(signature), Buffer.from(mac('HS512', `${head}.${body}`, secret))]
  return given.length === right.length && timingSafeEqual(given, right) ? unverified(token) : undefined
}
