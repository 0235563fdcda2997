import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import type { Json } from '#domain/json.ts'

/** Where a sealed value lives. A value copied to another table, row or owner does not open there. */
export interface Address {
  readonly table: string
  readonly row: string
  readonly owner: string
}

const version = 1
const bind = ({ table, row, owner }: Address) => Buffer.from(JSON.stringify([version, table, row, owner]))

/** AES-256-GCM over the JSON text, with the address as additional data. Layout: version, nonce (12), tag (16), text. */
export function seal(key: KeyObject, address: Address, value: Json): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bind(address))
  const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), text])
}

/** @throws {Error} when the key, the address or a single bit differs */
export function unseal(key: KeyObject, address: Address, sealed: Uint8Array): Json {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes[0] !== version) throw new Error('This value was sealed by a newer version.')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13)).setAAD(bind(address)).setAuthTag(bytes.subarray(13, 29))
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString('utf8')) as Json
}
