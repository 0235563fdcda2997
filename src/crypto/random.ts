import { createHmac, hash, type KeyObject, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'

/** A bearer secret of 256 random bits, for cookies and one-time addresses. Only its {@link digest} is stored. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** So many letters out of an alphabet, each as likely as the others. */
export function drawn(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** SHA-256. Enough for what carries 256 random bits; passwords and short codes go through a keyed hash instead. */
export function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** HMAC-SHA-256 in base64url: for short codes and proofs that must not be found by trying without the key. */
export function keyedDigest(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Equality in constant time; unequal lengths are unequal. */
export function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a text from an address can name a row at all. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}

/** The least id that {@link newId} can make at a moment, so that ids can be compared with times. */
export function idAt(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-0000-000000000000`
}

let lastMoment = 0
let turn = 0

/**
 * UUID version 7 (RFC 9562 §5.7): rows made one after another stand side by side in the index. Those that one process makes in the same
 * millisecond are in the order in which they were made, up to 4,096 of them (§6.2, method 1).
 */
export function newId(now: Date): string {
  const moment = now.getTime()
  turn = moment === lastMoment ? (turn + 1) % 4096 : 0
  lastMoment = moment
  const time = moment.toString(16).padStart(12, '0')
  // Node draws the chance for these many at a time.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${turn.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`
}
