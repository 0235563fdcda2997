import type { Keys } from '#crypto/keys.ts'
import { seal, unseal } from '#crypto/seal.ts'
import type { Json } from '#domain/json.ts'
import type { Database } from './tables.ts'

/** A key that signs tokens, from a moment on until a later one does. */
export interface SigningKey {
  readonly number: number
  readonly id: string
  /** The private key as a JWK. */
  readonly jwk: Json
  readonly signsFrom: Date
}

const address = (number: number) => ({ table: 'oidc_keys', row: String(number), owner: '' })

/** All of them, newest first. */
export async function listSigningKeys(db: Database, keys: Keys): Promise<readonly SigningKey[]> {
  const rows = await db.selectFrom('oidc_keys').selectAll().orderBy('number', 'desc').execute()
  return rows.map((row) => ({
    number: row.number,
    id: row.key_id,
    jwk: unseal(keys.seal, address(row.number), row.private_sealed),
    signsFrom: row.signs_from,
  }))
}

/** Adds a key under its number, unless another process has added that number a moment ago. */
export async function addSigningKey(db: Database, keys: Keys, { number, id, jwk, signsFrom }: SigningKey): Promise<void> {
  await db
    .insertInto('oidc_keys')
    .values({ number, key_id: id, private_sealed: seal(keys.seal, address(number), jwk), signs_from: signsFrom })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function dropSigningKey(db: Database, number: number): Promise<void> {
  await db.deleteFrom('oidc_keys').where('number', '=', number).execute()
}
