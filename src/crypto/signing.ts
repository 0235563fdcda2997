import { createPrivateKey, generateKeyPair, hash, type JsonWebKeyInput, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Json } from '#domain/json.ts'

/** A new RSA key of 2048 bits as a private JWK, with its id: the thumbprint of its public part (RFC 7638). */
export async function newSigningKey(): Promise<{ readonly id: string; readonly jwk: Json }> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  const id = hash('sha256', JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }), 'base64url')
  return { id, jwk: { ...jwk, kid: id, alg: 'RS256', use: 'sig' } as Json }
}

/** A JSON Web Token, signed with RS256 (RFC 7515, RFC 7518 §3.3). */
export function signToken(jwk: Json, header: Readonly<Record<string, string>>, claims: Readonly<Record<string, Json>>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ ...header, alg: 'RS256' })}.${encode(claims)}`
  const key = createPrivateKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput)
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
