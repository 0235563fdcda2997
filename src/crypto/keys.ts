import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/**
 * Keys for the several purposes, all drawn from the one in the key file, so that no two uses share a key. Key objects, because
 * a key that Node has to import anew for each use costs several times the work itself; argon2 takes bytes.
 */
export interface Keys {
  readonly seal: KeyObject
  readonly password: Buffer
  readonly code: KeyObject
  /** For codes that are sent. */
  readonly sent: KeyObject
  readonly csrf: KeyObject
  readonly lane: KeyObject
  readonly device: KeyObject
  readonly audit: KeyObject
  /** For what passkeys sign. */
  readonly challenge: KeyObject
  /** For what OpenID Connect derives: the names of sign-ins to applications. */
  readonly oidc: KeyObject
  /** Says which key file a database belongs to, without telling the key. */
  readonly fingerprint: string
}

/** A new key file's content: 256 random bits in base64url. */
export function newKey(): string {
  return randomBytes(32).toString('base64url')
}

/** @throws {RangeError} when the text is not 32 bytes of base64url */
export function keysFrom(text: string): Keys {
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== 32) throw new RangeError('A key is 32 bytes in base64url.')
  const bytes = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', `countersign ${purpose} 1`, 32))
  const derive = (purpose: string) => createSecretKey(bytes(purpose))
  return {
    seal: derive('seal'),
    password: bytes('password'),
    code: derive('code'),
    sent: derive('sent code'),
    csrf: derive('csrf'),
    lane: derive('lane'),
    device: derive('device'),
    audit: derive('audit'),
    challenge: derive('challenge'),
    oidc: derive('oidc'),
    fingerprint: createHmac('sha256', key).update('countersign fingerprint').digest('hex').slice(0, 32),
  }
}
