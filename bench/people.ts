/**
 * The people of the benchmark, made from their number alone, so that the servers' databases and the load generator agree on
 * them without exchanging a list.
 */
import { createHash, createHmac, createSecretKey } from 'node:crypto'

/** One password for everybody: the work of verifying it does not depend on whose it is, and hashing it once seeds in seconds. */
export const password = 'seventeen quiet lanterns'

/** OWASP's second recommendation, as Countersign has it: 19 MiB, two passes, one lane. */
export const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const stepSeconds = 30

export function emailOf(person: number): string {
  return `person-${person}@bench.example`
}

export function totpSecretOf(person: number): Buffer {
  return createHash('sha1').update(`authenticator of person ${person}`).digest()
}

export function stepAt(milliseconds: number): number {
  return Math.floor(milliseconds / 1000 / stepSeconds)
}

/** RFC 6238 with SHA-1 and six digits. */
export function totpCode(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  // A key object costs a third of the bare bytes, on Node 24.
  const mac = createHmac('sha1', createSecretKey(secret)).update(counter).digest()
  const offset = (mac[mac.length - 1] as number) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
